#!/bin/bash
# usage: benchmark-all.sh [options]
#
# Runs all micro-benchmarks and keeps their results.
#
# Runs every Google Benchmark program and keeps the JSON in one file, with allocations, bytes
# allocated and frees per iteration as columns. Prints the table of docs/performance.md: each
# pattern of the program against the way without it.
#
#   --output FILE       where the JSON goes     [profiles/benchmarks/<date>_<time>.json]
#   --filter REGEX      only these benchmarks                          [$FILTER, all]
#   --min-time SECONDS  of each benchmark and repetition               [$MIN_TIME, 0.2]
#   --repetitions N     more than one gives a spread to judge by       [$REPETITIONS, 5]
#   --build-dir DIR     where the programs are                         [build/release]
#   --table FILE        only print the table of an earlier run
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

OUTPUT='' FILTER=${FILTER:-.} MIN_TIME=${MIN_TIME:-0.2}
REPETITIONS=${REPETITIONS:-5} TABLE=''
parse_flags "$@"

# "pattern/variant/size" as rows, each other variant beside "ours". Times are CPU time, medians.
print_table() { # $1: JSON
  jq -r '
    def times: if . >= 100 then round else . * 10 | round / 10 end;
    def nanoseconds: if .time_unit == "us" then .cpu * 1e3 elif .time_unit == "ms" then .cpu * 1e6
      else .cpu end;
    [.benchmarks[] | select(.run_type == "iteration")] |
    group_by(.run_name) | map(.[0] + {cpu: (map(
        if .run_name | contains("manual_time") then .real_time else .cpu_time end) |
        sort | .[length / 2 | floor])}) |
    map(. + {ns: nanoseconds, parts: (.run_name | split("/") | map(select(
        (startswith("iterations") or . == "manual_time") | not)))}) |
    map(select(.parts[1] == "ours" or .parts[1] == "naive" or .parts[1] == "reserved" or
        .parts[1] == "dom")) |
    group_by([.parts[0], .parts[2]]) | .[] |
    (map(select(.parts[1] == "ours"))[0]) as $ours | select($ours) |
    map(select(.parts[1] != "ours"))[] |
    "| \(.parts[0])\(if .parts[2] then " " + .parts[2] else "" end) | \(.parts[1]) | " +
    "\($ours.ns | times) | \(.ns | times) | \(.ns / $ours.ns | times) | " +
    "\($ours.allocs // 0 | times) | \(.allocs // 0 | times) | " +
    "\($ours.alloc_bytes // 0 | times) | \(.alloc_bytes // 0 | times) |"' "$1" |
    sed '1i | pattern | against | ns | ns there | times | allocations | there | bytes | there |\n|---|---|---|---|---|---|---|---|---|'
  jq -r '[.benchmarks[] | select(.resident_full_mb)] | group_by(.run_name)[] | .[0] |
    "\nResident memory, \(.run_name | split("/")[:2] | join(" ")): before " +
    "\(.resident_before_mb | round) MB, full \(.resident_full_mb | round) MB, " +
    "drained \(.resident_after_mb | round) MB"' "$1"
}

if [[ -n $TABLE ]]; then
  print_table "$TABLE"
  exit 0
fi
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
need_built eventodb-micro eventodb-patterns
for program in eventodb-micro eventodb-patterns; do
  "$BUILD_DIR/$program" --benchmark_filter="$FILTER" --benchmark_min_time="$MIN_TIME" \
    --benchmark_repetitions="$REPETITIONS" --benchmark_report_aggregates_only=false \
    --benchmark_out="$WORK/$program.json" --benchmark_out_format=json >&2
  [[ -s $WORK/$program.json ]] || rm -f "$WORK/$program.json" # the filter left nothing
done
OUTPUT=${OUTPUT:-$ROOT/profiles/benchmarks/$(date +%Y%m%d_%H%M%S).json}
mkdir -p "$(dirname "$OUTPUT")"
jq -s '{context: .[0].context, benchmarks: (map(.benchmarks) | add)}' "$WORK"/*.json >"$OUTPUT"
print_table "$OUTPUT"
echo
echo "$OUTPUT"
