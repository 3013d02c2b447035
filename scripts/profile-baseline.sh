#!/bin/bash
# usage: profile-baseline.sh [options]
#
# Profiles the server under load and writes everything a comparison needs into one directory.
#
# Starts the server on a free port, puts rounds of load on it, takes profiles before, during and
# after, and writes profiles/<date>_<time>-<backend>/:
#
#   README.md                  commit, machine, command, results, the ten hottest functions
#   load-test-results.json     the median round, all rounds, cost per operation
#   top-cpu.txt top-allocs.txt top-alloc-count.txt top-heap.txt
#                              functions by CPU, by bytes and number allocated, by live heap
#   cpu-graph.svg cpu-flame.svg allocs-graph.svg allocs-flame.svg     to look at
#   threads.txt memstats.json  at the end
#   *.prof                     as fetched, for pprof (not committed)
#   *.symbolized               with names, for google-pprof without the program (not committed)
#
#   --backend B      sqlite-memory (test mode), sqlite (synced), sqlite-os  [$BACKEND, sqlite-memory]
#   --duration D     length of one round in whole seconds, "30s"            [$DURATION, 30s]
#   --workers N      connections                                            [$WORKERS, 10]
#   --rounds N       rounds; more than one gives a spread to judge by       [$ROUNDS, 3]
#   --mix W:R        writes and reads                                       [$MIX, 10:1]
#   --build-dir DIR  where the programs are                                 [build/release]
#   --output DIR     directory to write instead
#   --help
#
# The CPU profile is taken in the middle half of the last round, 250 samples a second.
set -euo pipefail

SCRIPTS=$(dirname "$0")
# shellcheck source=scripts/bench-common.sh
source "$SCRIPTS/bench-common.sh"
# shellcheck source=scripts/profile-common.sh
source "$SCRIPTS/profile-common.sh"

BACKEND=${BACKEND:-sqlite-memory} DURATION=${DURATION:-30s} WORKERS=${WORKERS:-10}
ROUNDS=${ROUNDS:-3} MIX=${MIX:-10:1} OUTPUT='' COMMAND_LINE="$*"

start_server() {
  local mode
  case $BACKEND in
    sqlite-memory | memory) mode=memory ;;
    sqlite) mode=disk ;;
    sqlite-os) mode=os ;;
    *) usage_error ;;
  esac
  # Sampled eight times as often as usual: few allocations must still give a picture.
  SERVER_PREFIX=(env TCMALLOC_SAMPLE_PARAMETER=65536 CPUPROFILE_FREQUENCY=250)
  start_eventodb "$BUILD_DIR/eventodb" "$mode"
}

load_as_told() { # $1: duration; prints "ops_per_sec p99_ms cpu_us"
  load --workers "$WORKERS" --mix "$MIX" --duration "$1"
}

run_rounds() {
  local round
  for round in $(seq "$ROUNDS"); do
    echo "round $round of $ROUNDS" >&2
    load_as_told "${SECONDS_EACH}s" >"$WORK/round" &
    local loading=$!
    if [[ $round == "$ROUNDS" ]]; then
      sleep "$(awk -v s="$SECONDS_EACH" 'BEGIN { print s / 4 }')"
      fetch "pprof/profile?seconds=$(((SECONDS_EACH + 1) / 2))" "$OUTPUT/cpu.prof"
    fi
    wait "$loading" || fail "round $round failed"
    jq -c --argjson cpu "$(cut -d' ' -f3 "$WORK/round")" '. + {cpu_us_per_op: $cpu}' \
      "$WORK/load/load-test-results.json" >>"$WORK/rounds"
  done
}

measure() {
  load_as_told 1s >/dev/null # fills the store and warms up
  fetch pprof/heap "$OUTPUT/heap-before.prof"
  fetch pprof/allocs "$OUTPUT/allocs-before.prof"
  : >"$WORK/rounds"
  run_rounds
  fetch pprof/heap "$OUTPUT/heap-after.prof"
  fetch pprof/allocs "$OUTPUT/allocs-after.prof"
  fetch pprof/threads "$OUTPUT/threads.txt"
  fetch memstats "$WORK/memstats"
  jq . "$WORK/memstats" >"$OUTPUT/memstats.json"
}

# What was allocated between the two profiles, without what taking profiles costs.
pprof_allocated() { # $@: flags for google-pprof
  pprof "$@" --ignore='ProfilerStart|MallocExtension|eventodb::profiling|eventodb::net::Debug' \
    --base=allocs-before.symbolized allocs-after.symbolized
}

write_tables() {
  local name
  for name in cpu heap-before heap-after allocs-before allocs-after; do
    symbolize "$OUTPUT/$name.prof" "$OUTPUT/$name.symbolized"
  done
  stop_program "$SERVER_PID"

  cd "$OUTPUT"
  pprof --text cpu.symbolized >top-cpu.txt
  pprof_allocated --text --alloc_space --show_bytes >top-allocs.txt
  pprof_allocated --text --alloc_objects >top-alloc-count.txt
  pprof --text --inuse_space --show_bytes --base=heap-before.symbolized \
    heap-after.symbolized >top-heap.txt
  pprof --svg --nodecount=60 cpu.symbolized >cpu-graph.svg
  pprof_allocated --svg --nodecount=60 --alloc_space >allocs-graph.svg
  pprof --collapsed cpu.symbolized |
    "$ROOT/scripts/flame-graph.sh" --title "CPU, $BACKEND" --unit samples >cpu-flame.svg
  pprof_allocated --collapsed --alloc_space |
    "$ROOT/scripts/flame-graph.sh" --title "Allocated bytes under load, $BACKEND" --unit bytes \
      >allocs-flame.svg
}

write_results() {
  local objects bytes
  objects=$(awk 'NR == 1 { print $2 }' "$OUTPUT/top-alloc-count.txt")
  bytes=$(awk 'NR == 1 { print $2 }' "$OUTPUT/top-allocs.txt")
  jq -s --argjson objects "$objects" --argjson bytes "$bytes" --arg backend "$BACKEND" \
    --argjson workers "$WORKERS" --arg mix "$MIX" --slurpfile memory "$OUTPUT/memstats.json" '
    (map(.total_ops) | add) as $ops |
    (sort_by(.ops_per_sec) | .[(length - 1) / 2 | floor]) + {
      backend: $backend, workers: $workers, mix: $mix,
      allocs_per_op: ($objects / $ops), alloc_bytes_per_op: ($bytes / $ops),
      allocs_counted: $objects, allocs_sampled: ($bytes / 65536 | round),
      resident_bytes: $memory[0].process.residentBytes,
      rounds: map({ops_per_sec, avg_latency_ms, p99_ms, cpu_us_per_op})}' \
    "$WORK/rounds" >"$OUTPUT/load-test-results.json"
}

write_readme() {
  local results=$OUTPUT/load-test-results.json
  {
    echo "# Profile of $(basename "$OUTPUT")"
    echo
    echo "* commit $(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo unknown)$(
      git -C "$ROOT" diff --quiet HEAD -- 2>/dev/null || echo ' with changes')"
    echo "* machine: $(machine_line), load average $(cut -d' ' -f1 /proc/loadavg)"
    echo "* command: \`BACKEND=$BACKEND DURATION=$DURATION WORKERS=$WORKERS ROUNDS=$ROUNDS MIX=$MIX" \
      "make profile-baseline\`${COMMAND_LINE:+ (\`$COMMAND_LINE\`)}"
    echo
    echo "| | median round | all rounds |"
    echo "|---|---|---|"
    jq -r '
      def shown($digits): . * pow(10; $digits) | round / pow(10; $digits) | tostring;
      def row($name; $key; $digits): "| \($name) | \(.[$key] | shown($digits)) | " +
        ([.rounds[][$key] | shown($digits)] | join(", ")) + " |";
      row("operations a second"; "ops_per_sec"; 0), row("mean latency, ms"; "avg_latency_ms"; 3),
      row("p99, ms"; "p99_ms"; 3), row("CPU of the server, µs per operation"; "cpu_us_per_op"; 2),
      "| allocations per operation | \(.allocs_per_op | shown(3)) | \(.allocs_sampled) samples |",
      "| bytes allocated per operation | \(.alloc_bytes_per_op | shown(0)) | |",
      "| resident at the end, MB | \(.resident_bytes / 1e6 | shown(1)) | |",
      "| errors | \(.errors) | |"' "$results"
    table 'Hottest by CPU' top-cpu.txt
    table 'Hottest by bytes allocated under load' top-allocs.txt
    table 'Hottest by number of allocations under load' top-alloc-count.txt
    echo
    echo 'Graphs: [CPU](cpu-graph.svg), [CPU as flames](cpu-flame.svg),' \
      '[allocations](allocs-graph.svg), [allocations as flames](allocs-flame.svg).'
  } >"$OUTPUT/README.md"
}

table() { # $1: heading, $2: file in $OUTPUT
  echo
  echo "## $1"
  echo
  echo '| itself | with callees | function |'
  echo '|---|---|---|'
  hottest "$OUTPUT/$2" 10
}

main() {
  parse_flags "$@"
  SECONDS_EACH=${DURATION%s}
  [[ $SECONDS_EACH =~ ^[0-9]+$ && $SECONDS_EACH -ge 2 ]] ||
    fail "--duration must be whole seconds, 2s or more"
  [[ $ROUNDS =~ ^[1-9][0-9]*$ ]] || fail "--rounds must be a positive number"
  need_tools curl jq google-pprof dot od
  need_built eventodb eventodb-load
  BUILD_DIR=$(cd "$BUILD_DIR" && pwd) # the tables are made in another directory
  OUTPUT=${OUTPUT:-$ROOT/profiles/$(date +%Y%m%d_%H%M%S)-$BACKEND}
  mkdir -p "$OUTPUT"
  OUTPUT=$(cd "$OUTPUT" && pwd)
  make_work_directory "$BUILD_DIR"
  start_server
  measure
  write_tables
  write_results
  write_readme
  echo "$OUTPUT"
}

main "$@"
