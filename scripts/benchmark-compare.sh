#!/bin/bash
# Compares two results of benchmark-all.sh.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: benchmark-compare.sh --baseline FILE --optimized FILE
       BASELINE=FILE OPTIMIZED=FILE benchmark-compare.sh

Prints for every benchmark in both files the median CPU time, allocations and bytes allocated per
iteration and how they changed. "noise" stands where the repetitions of the two overlap.
EOF
}

BASELINE=${BASELINE:-} OPTIMIZED=${OPTIMIZED:-}
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --baseline | --optimized)
      [[ $# -ge 2 ]] || { usage >&2 && exit 2; }
      if [[ $1 == --baseline ]]; then BASELINE=$2; else OPTIMIZED=$2; fi
      shift 2
      ;;
    *) usage >&2 && exit 2 ;;
  esac
done
for file in "$BASELINE" "$OPTIMIZED"; do
  [[ -s $file ]] || { echo "benchmark-compare.sh: no file '$file'" >&2 && exit 1; }
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
