#!/bin/bash
# usage: profile-compare.sh --baseline DIR --optimized DIR
#
# Compares two directories of profile-baseline.sh and gives a verdict.
#
# Compares the results of two profile runs and prints Markdown: throughput, latency, CPU and
# allocations per operation with the spread of the rounds, the functions whose share of CPU and of
# allocations changed most, and a verdict by the project's criteria. An optimization is worth
# keeping when it brings one of
#   20 % fewer allocations (or bytes) per operation, 10 % throughput, 5 % latency,
# costs no more CPU per operation (3 % is taken as equal), and is nowhere slower: 10 % less
# throughput or 5 % more mean latency is a regression, whatever was gained. A difference that lies
# within the spread of the rounds is called noise and counts as none: take more ROUNDS.
#
#   --baseline DIR   the run to compare with   [$BASELINE]
#   --optimized DIR  the one to judge          [$OPTIMIZED]
#   --help
#
# The exit status is 0 for a comparison, whatever the verdict; 1 when something is missing.
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

BASELINE=${BASELINE:-} OPTIMIZED=${OPTIMIZED:-}
parse_flags "$@"
[[ -n $BASELINE && -n $OPTIMIZED ]] || usage_error
for directory in "$BASELINE" "$OPTIMIZED"; do
  for file in load-test-results.json top-cpu.txt top-allocs.txt; do
    [[ -s $directory/$file ]] || fail "$directory/$file is missing or empty"
  done
done

# Rows and verdict from the two results. Allocations have no rounds; their noise is that of counting
# samples (two standard deviations). A sample of a small object stands for many, so numbers of
# allocations are taken as if all were of 64 bytes, and below one in 20 operations as none.
compare_results() {
  jq -rn --slurpfile a "$BASELINE/load-test-results.json" \
    --slurpfile b "$OPTIMIZED/load-test-results.json" '
    $a[0] as $a | $b[0] as $b |
    def shown: if fabs >= 100 then round elif fabs >= 1 then . * 100 | round / 100
      else . * 10000 | round / 10000 end;
    def change($key): if $a[$key] == 0 then 0 else ($b[$key] - $a[$key]) / $a[$key] * 100 end;
    def overlap($key): ([$a.rounds[][$key]] | [min, max]) as $x |
      ([$b.rounds[][$key]] | [min, max]) as $y | $x[0] <= $y[1] and $y[0] <= $x[1];
    def rounds: [$a.rounds, $b.rounds | length] | min;
    def noise($key):
      if $key | startswith("alloc") then
        (if $key == "allocs_per_op" then [$a, $b] | map(.allocs_counted * 64 / 65536) | min
         else [$a.allocs_sampled, $b.allocs_sampled] | min end) as $n |
        ($n < 1) or (change($key) | fabs) <= 200 * (1 / $n | sqrt) or
        ($key == "allocs_per_op" and $a[$key] < 0.05 and $b[$key] < 0.05)
      else rounds < 2 or overlap($key) end;
    def remark($key): if noise($key) then
        if rounds < 2 and ($key | startswith("alloc") | not) then "one round only: unknown noise"
        else "within the noise" end
      else "" end;
    def row($name; $key): "| \($name) | \($a[$key] | shown) | \($b[$key] | shown) | " +
      "\(change($key) * 10 | round / 10) % | \(remark($key)) |";
    def gain($key; $percent; $sign): (noise($key) | not) and change($key) * $sign >= $percent;
    def check($name; $ok): "* \(if $ok then "yes" else "no" end): \($name)";
    gain("allocs_per_op"; 20; -1) as $allocs |
    gain("alloc_bytes_per_op"; 20; -1) as $bytes |
    gain("ops_per_sec"; 10; 1) as $throughput |
    (gain("avg_latency_ms"; 5; -1) or gain("p99_ms"; 5; -1)) as $latency |
    (gain("cpu_us_per_op"; 3; 1)) as $cpu_worse |
    (gain("ops_per_sec"; 10; -1) or gain("avg_latency_ms"; 5; 1)) as $slower |
    "| | baseline | optimized | change | |", "|---|---|---|---|---|",
    row("operations a second"; "ops_per_sec"), row("mean latency, ms"; "avg_latency_ms"),
    row("p99, ms"; "p99_ms"), row("CPU µs per operation"; "cpu_us_per_op"),
    row("allocations per operation"; "allocs_per_op"),
    row("bytes allocated per operation"; "alloc_bytes_per_op"),
    "",
    (if $a.backend != $b.backend or $a.workers != $b.workers or $a.mix != $b.mix then
      "**The runs are not alike**: backend, workers or mix differ.", "" else empty end),
    "## Verdict", "",
    check("20 % fewer allocations or bytes per operation"; $allocs or $bytes),
    check("10 % more throughput"; $throughput), check("5 % lower latency"; $latency),
    check("no more CPU per operation"; $cpu_worse | not), "",
    (if $cpu_worse or $slower then "**Regression.**"
     elif $allocs or $bytes or $throughput or $latency then "**Worth keeping.**"
     else "**No difference that can be told from noise or meets a criterion.**" end)'
}

# The functions whose own share changed most, by more than chance (two standard deviations of the
# counts of samples). Shares, because the programs and the number of samples differ.
changed_functions() { # $1: table in both directories
  awk '
    function name_of(i, text) {
      text = $6
      for (i = 7; i <= NF; ++i) text = text " " $i
      gsub(/\|/, "\\|", text)
      return text
    }
    $1 == "Total:" {
      samples = $3 == "B" ? $2 / 65536 : $2
      if (FILENAME == ARGV[1]) n_before = samples; else n_after = samples
    }
    $2 ~ /%$/ && $5 ~ /%$/ {
      share = $2 + 0
      name = name_of()
      if (FILENAME == ARGV[1]) before[name] += share; else after[name] += share
      all[name] = 1
    }
    END {
      for (name in all) {
        change = after[name] - before[name]
        size = change < 0 ? -change : change
        p = (before[name] + after[name]) / 200
        if (n_before < 1 || n_after < 1) chance = 100
        else chance = 200 * sqrt(p * (1 - p) * (1 / n_before + 1 / n_after))
        if (size >= 0.1 && size > chance) {
          printf "%.1f\t| %.1f %% | %.1f %% | %+.1f | `%s` |\n", size, before[name], after[name],
            change, name
        }
      }
    }' "$BASELINE/$1" "$OPTIMIZED/$1" | LC_ALL=C sort -t$'\t' -k1,1gr | sed -n '1,15s/^[^\t]*\t//p'
}

functions_table() { # $1: heading, $2: table
  printf '\n## %s\n\n| baseline | optimized | points | function |\n|---|---|---|---|\n' "$1"
  changed_functions "$2"
  echo
  echo 'Functions that are not listed changed by less than chance explains.'
}

echo "# $(basename "$BASELINE") against $(basename "$OPTIMIZED")"
echo
compare_results
functions_table 'CPU: functions that changed most' top-cpu.txt
functions_table 'Allocated bytes: functions that changed most' top-allocs.txt
