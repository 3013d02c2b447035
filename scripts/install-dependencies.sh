#!/bin/bash
# Installs the Debian packages a task needs, only what is missing. Silent when nothing is.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: install-dependencies.sh [--help] [build|test|lint|coverage|profile|docker|budget|peers]...

Installs by apt what the given tasks need on Debian 12 or 13; without a task: build.
Only missing packages are installed; nothing is printed or downloaded when there are none.
Runs as root, or through sudo.

  build     compiler, CMake, Ninja, ccache, the libraries, GoogleTest, curl, jq
  test      node and python3, which run the example consumers
  lint      clang-format, clang-tidy 16 or later, shellcheck
  coverage  gcovr
  profile   google-pprof and graphviz, for the profiling scripts and their tests
  docker    buildah, debootstrap, procps
  budget    perf, with which make bench-budget samples the server
  peers     Redis and PostgreSQL, which make bench-peers compares with; Debian starts both as
            services, make bench-peers uses instances of its own
EOF
}

# A word is a package, or alternatives "a|b" of which the first one the distribution has is taken.
packages_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build ccache 'libboost1.83-dev|libboost1.81-dev' libsimdjson-dev \
        libsqlite3-dev libspdlog-dev libcli11-dev libssl-dev libgoogle-perftools-dev \
        libdw-dev libgtest-dev libbenchmark-dev nlohmann-json3-dev curl jq
      ;;
    test) echo nodejs python3 ;;
    lint) echo clang-format 'clang-tidy-16|clang-tidy-19' shellcheck ;;
    coverage) echo gcovr ;;
    profile) echo google-perftools graphviz binutils curl jq ;;
    docker) echo buildah debootstrap procps curl jq ca-certificates ;;
    budget) echo linux-perf jq ;;
    peers) echo redis-server redis-tools postgresql jq ;;
    *) return 1 ;;
  esac
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

any_installed() {
  local package
  for package in ${1//|/ }; do
    if is_installed "$package"; then return 0; fi
  done
  return 1
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "install-dependencies.sh: not root and no sudo; as root, run: $*" >&2
    return 1
  fi
}

# The first alternative that apt can install.
available() {
  local package policy
  for package in ${1//|/ }; do
    policy=$(apt-cache policy "$package")
    if [[ $policy =~ Candidate:\ [0-9] ]]; then
      echo "$package"
      return 0
    fi
  done
  echo "install-dependencies.sh: no package $1 in this distribution" >&2
  return 1
}

main() {
  local task word missing=() chosen=() package
  for task in "${@:-build}"; do
    if [[ $task == --help || $task == -h ]]; then
      usage
      return 0
    fi
    if ! packages_of "$task" >/dev/null; then
      usage >&2
      return 2
    fi
    for word in $(packages_of "$task"); do
      any_installed "$word" || missing+=("$word")
    done
  done
  if [[ ${#missing[@]} == 0 ]]; then return 0; fi

  echo "installing: ${missing[*]}" >&2
  as_root apt-get update -qq >&2
  for word in "${missing[@]}"; do
    package=$(available "$word")
    chosen+=("$package")
  done
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${chosen[@]}" >&2
}

main "$@"
