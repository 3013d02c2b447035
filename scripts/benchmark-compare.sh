#!/bin/bash
# usage: benchmark-compare.sh --baseline FILE --optimized FILE
#
# Compares two results of benchmark-all.sh.
#
# Prints for every benchmark in both files the median CPU time, allocations and bytes allocated per
# iteration and how they changed. "noise" stands where the repetitions of the two overlap.
#
#   --baseline FILE   the result to compare with   [$BASELINE]
#   --optimized FILE  the one to judge             [$OPTIMIZED]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

BASELINE=${BASELINE:-} OPTIMIZED=${OPTIMIZED:-}
parse_flags "$@"
for file in "$BASELINE" "$OPTIMIZED"; do
  [[ -s $file ]] || fail "no file '$file'"
done

echo '| benchmark | ns | ns after | change | | allocations | bytes |'
echo '|---|---|---|---|---|---|---|'
jq -rn --slurpfile a "$BASELINE" --slurpfile b "$OPTIMIZED" '
  def time: (if .run_name | contains("manual_time") then .real_time else .cpu_time end) *
    (if .time_unit == "us" then 1e3 elif .time_unit == "ms" then 1e6 else 1 end);
  def summary: [.[0].benchmarks[] | select(.run_type == "iteration")] | group_by(.run_name) |
    map({key: .[0].run_name, value: ((map(time) | sort) as $t | {
      median: $t[($t | length) / 2 | floor], min: $t[0], max: $t[-1],
      allocs: (.[0].allocs // 0), bytes: (.[0].alloc_bytes // 0)})}) | from_entries;
  def shown: if . >= 100 then round else . * 10 | round / 10 end;
  ($a | summary) as $a | ($b | summary) as $b |
  $a | keys_unsorted[] | select($b[.]) | . as $name | $a[$name] as $x | $b[$name] as $y |
  "| \($name) | \($x.median | shown) | \($y.median | shown) | " +
  "\(if $x.median == 0 then 0 else ($y.median / $x.median - 1) * 1000 | round / 10 end) % | " +
  "\(if $x.min <= $y.max and $y.min <= $x.max then "noise" else "" end) | " +
  "\($x.allocs | shown) → \($y.allocs | shown) | \($x.bytes | shown) → \($y.bytes | shown) |"'
