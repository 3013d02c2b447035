# The front door. `make help` lists what there is; scripts/ and CMakePresets.json do the work.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)
ARGS ?=
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
# For the tests that read the source tree and its documents.
export EVENTODB_SOURCE_DIR := $(CURDIR)

configure = cmake --preset $(1) >/dev/null
compile = $(call configure,$(1)) && cmake --build --preset $(1) -j $(JOBS) $(2)
# Black-box tests of the release build run against the sanitized server: black_box builds them.
sanitized = $(call compile,$(1),--target sanitized) && $(call ctest,$(1),-L sanitized)
ctest = ctest --test-dir build/$(1) -j $(JOBS) --output-on-failure $(2)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

.PHONY: deps
deps:
	@scripts/install-dependencies.sh build

.PHONY: deps-test
deps-test:
	@scripts/install-dependencies.sh build test profile

.PHONY: run
run: build ## Build a release and serve SQLite in ./data on port 8080 (ARGS="-port 9000" adds flags)
	@exec build/release/eventodb serve $(ARGS)

.PHONY: build
build: deps ## Build build/release/eventodb and build/release/eventodb-load
	@$(call compile,release,--target eventodb eventodb-load)

.PHONY: build-optimized
build-optimized: deps ## Build build/optimized/eventodb, compiled for what a training load ran (GCC)
	@scripts/build-optimized.sh --jobs $(JOBS)

.PHONY: debug
debug: deps ## Build everything without optimisation in build/debug
	@$(call compile,debug,)

.PHONY: test
test: test-quick ## Build and run all tests, then those that matter under sanitizers
	@$(call sanitized,asan)
	@$(call sanitized,tsan)

.PHONY: test-quick
test-quick: deps-test ## Build and run all tests of the release build
	@$(call compile,release,)
	@$(call ctest,release,)

.PHONY: test-optimized
test-optimized: deps-test build-optimized ## Run the tests that start a server on build/optimized/eventodb
	@$(call compile,release,--target black_box)
	@$(call ctest,release,-C Optimized -L optimized)

.PHONY: planted-faults
planted-faults: deps-test ## Plant each fault of tests/faults and demand that its test turns red (FAULTS="NAME ...")
	@scripts/planted-faults.sh --jobs $(JOBS) $(FAULTS)

.PHONY: asan
asan: deps-test ## Build with address and undefined-behaviour sanitizers and run the sanitized tests
	@$(call compile,release,--target black_box)
	@$(call sanitized,asan)

.PHONY: tsan
tsan: deps-test ## Build with the thread sanitizer and run the sanitized tests
	@$(call compile,release,--target black_box)
	@$(call sanitized,tsan)

.PHONY: coverage
coverage: deps-test ## Run the tests with coverage and print the lines covered per file
	@scripts/install-dependencies.sh coverage
	@scripts/coverage.sh

.PHONY: lint
lint: deps ## Check format, shell scripts, clang-tidy and the structure of the code
	@scripts/install-dependencies.sh lint
	@scripts/lint.sh

.PHONY: format
format: deps ## Format the code in place
	@scripts/install-dependencies.sh lint
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

.PHONY: bench-server
bench-server: build ## Measure the server against the ceiling server, interleaved
	@$(call compile,release,--target eventodb-ceiling)
	@scripts/bench-server.sh $(ARGS)

.PHONY: bench-compare
bench-compare: build ## Measure two builds of the server in turn (ARGS="--before DIR --after DIR")
	@$(call compile,release,--target eventodb-slow-syncs)
	@scripts/bench-compare.sh $(ARGS)

.PHONY: bench-peers
bench-peers: build ## Measure durable writes beside Redis Streams and PostgreSQL, interleaved
	@scripts/install-dependencies.sh peers
	@scripts/bench-peers.sh $(ARGS)

.PHONY: bench-scale
bench-scale: build ## Measure writes up to ten million messages, cold reads, start-up (ARGS="--messages N")
	@$(call compile,release,--target eventodb-disk-reads)
	@scripts/bench-scale.sh $(ARGS)

.PHONY: bench-ids
bench-ids: build ## Measure random message ids beside ascending ones (ARGS="--messages N")
	@scripts/bench-ids.sh $(ARGS)

.PHONY: bench-budget
bench-budget: build ## Measure where the server spends a request, by thread and stage (ARGS="--mode M --mix M")
	@scripts/install-dependencies.sh budget
	@scripts/bench-budget.sh $(ARGS)

.PHONY: bench-bulk
bench-bulk: build ## Measure durable batches over four connections
	@scripts/bench-bulk.sh $(ARGS)

.PHONY: bench-tenants
bench-tenants: build ## Measure 64 namespaces against one, and what 10,000 of them cost
	@scripts/bench-tenants.sh $(ARGS)

.PHONY: bench-subscriptions
bench-subscriptions: build ## Measure subscriptions: latency, catch-up, memory, cost for writers (ARGS="--parts latency")
	@$(call compile,release,--target eventodb-subscribers)
	@scripts/bench-subscriptions.sh $(ARGS)

.PHONY: profile-baseline
profile-baseline: build ## Profile the server under load into profiles/ (BACKEND, DURATION, WORKERS, ROUNDS)
	@scripts/install-dependencies.sh profile
	@BACKEND='$(BACKEND)' DURATION='$(DURATION)' WORKERS='$(WORKERS)' ROUNDS='$(ROUNDS)' MIX='$(MIX)' \
		scripts/profile-baseline.sh $(ARGS)

.PHONY: profile-compare
profile-compare: ## Compare two profiles (BASELINE=dir OPTIMIZED=dir)
	@scripts/profile-compare.sh --baseline '$(BASELINE)' --optimized '$(OPTIMIZED)'

.PHONY: benchmark-all
benchmark-all: deps ## Run all micro-benchmarks, with allocations; JSON in profiles/benchmarks
	@$(call compile,release,--target eventodb-micro eventodb-patterns)
	@scripts/benchmark-all.sh $(ARGS)

.PHONY: benchmark-compare
benchmark-compare: ## Compare two results of benchmark-all (BASELINE=file OPTIMIZED=file)
	@scripts/benchmark-compare.sh --baseline '$(BASELINE)' --optimized '$(OPTIMIZED)'

.PHONY: docker-check
docker-check: ## Build the Dockerfile without a daemon, run the image, prove that data survives
	@scripts/install-dependencies.sh docker
	@scripts/docker-check.sh

.PHONY: clean
clean: ## Remove everything that was built
	@rm -rf build
