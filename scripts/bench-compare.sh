#!/bin/bash
# usage: bench-compare.sh --before DIR [options]
#
# What a change did: the same load on two builds of the server, in turn.
#
# Each round runs both builds, the one that went last before now going first, each with an empty
# store that was written to for half a second. One load client serves both, and both must say that
# they acknowledge writes when they were told to. Prints a Markdown table: requests a second of
# both, the ratio after / before of each round's pair, the p99 and p99.9, and what a request costs
# the server in CPU time, in all and by kind of thread. Everything that was started is ended, data
# is removed.
#
#   --before DIR       build directory with the server as it was
#   --after DIR        build directory with the changed one          [build/release]
#   --rounds N         rounds, each one run of both                  [7]
#   --duration D       length of one run                             [2s]
#   --workers "N ..."  numbers of connections                        ["10 64"]
#   --modes "M ..."    memory (test mode), disk, os (file store)     ["memory disk"]
#   --mixes "M ..."    10:1, write, read, or any W:R                 [write]
#   --pipeline N       requests under way on each connection         [1]
#   --batch N          messages of one write                         [1]
#   --pin HOW          none; same: server and client on one CPU, which repeats best;
#                      split: server on the first CPU, client on the second [none]
#   --slow-syncs US    µs that each sync takes longer than the disk  [0]
#   --data-parent DIR  directory for the stores; decides which disk  [the build directory]
#   --build-dir DIR    where the load client is                      [build/release]
#   --report NAME      writes profiles/NAME.md
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

BEFORE='' AFTER=$ROOT/build/release ROUNDS=7 DURATION=2s WORKERS='10 64' MODES='memory disk'
MIXES=write PIPELINE=1 BATCH=1 SLOW_SYNCS=0 DATA_PARENT=''
KINDS=(all io writer indexer reader) # the names of threads, without their numbers

# CPU time of each kind of thread so far, in microseconds.
cpu_by_kind() { # $1: pid
  local thread name spent
  for thread in /proc/"$1"/task/*; do
    read -r name <"$thread/comm"
    read -r spent _ <"$thread/schedstat" # first the nanoseconds on a CPU
    echo "${name%-*} $spent"
  done | awk -v kinds="${KINDS[*]}" '{ ns[$1] += $2; ns["all"] += $2 }
    END { for (i = 1; i <= split(kinds, kind); ++i) printf "%d ", ns[kind[i]] / 1000 }'
}

# One run; notes "ops p99 p99.9" and the CPU of each kind of thread per operation in $WORK/<which>.
measure() { # $1: before or after, $2: its build directory, $3: mode, rest: flags of eventodb-load
  local which=$1 mode=$3 result row operations cpu_before cpu_after
  rm -rf "$WORK/data"
  start_eventodb "$2/eventodb" "$mode"
  shift 3
  grep -q " durability=$mode " "$WORK/server.log" ||
    fail "the server $which the change does not say durability=$mode"
  load --mix write --workers 64 --duration 500ms >/dev/null
  cpu_before=$(cpu_by_kind "$SERVER_PID")
  load "$@" >/dev/null
  cpu_after=$(cpu_by_kind "$SERVER_PID")
  stop_program "$SERVER_PID"
  result=$WORK/load/load-test-results.json
  row=$(jq -r '"\(.ops_per_sec) \(.p99_ms) \(.p99_9_ms)"' "$result")
  operations=$(jq .total_ops "$result")
  echo "$cpu_before $cpu_after" | awk -v row="$row" -v n="$operations" '{
    kinds = NF / 2
    for (i = 1; i <= kinds; ++i) row = row " " ($(kinds + i) - $i) / n
    print row }' >>"$WORK/$which"
}

measure_all() { # $1: mode, $2: mix, $3: connections
  local round
  local run=("$1" --mix "$2" --workers "$3" --pipeline "$PIPELINE" --batch "$BATCH"
    --duration "$DURATION")
  rm -f "$WORK/before" "$WORK/after"
  for round in $(seq "$ROUNDS"); do
    if ((round % 2)); then
      measure before "$BEFORE" "${run[@]}"
      measure after "$AFTER" "${run[@]}"
    else
      measure after "$AFTER" "${run[@]}"
      measure before "$BEFORE" "${run[@]}"
    fi
  done
}

# "before → after", the medians of a column.
both() { # $1: number of the column, $2: printf format
  echo "$(column "$WORK/before" "$1") $(column "$WORK/after" "$1")" |
    awk -v f="$2" '{ printf f " → " f, $1, $4 }'
}

report_row() { # $1: mode, $2: mix, $3: connections
  local row i
  paste -d' ' "$WORK/after" "$WORK/before" |
    awk '{ print $1 / $(1 + NF / 2) }' >"$WORK/ratios"
  row="| $1 | $2 | $3 | $(both 1 %.0f) | $(cell "$WORK/ratios" 1 %.2f) | $(both 2 %.2f)"
  row+=" | $(both 3 %.2f)"
  for ((i = 4; i < 4 + ${#KINDS[@]}; ++i)); do row+=" | $(both "$i" %.1f)"; done
  echo "$row |" | tee -a "$WORK/table.md"
}

main() {
  parse_flags "$@"
  [[ -n $BEFORE ]] || usage_error
  choose_pinning
  local build mode mix workers
  need_built eventodb-load
  for build in "$BEFORE" "$AFTER"; do
    [[ -x $build/eventodb ]] || fail "$build/eventodb is not built"
  done
  make_work_directory "${DATA_PARENT:-$BUILD_DIR}"
  if ((SLOW_SYNCS != 0)); then
    need_built eventodb-slow-syncs.so
    SERVER_PREFIX+=(env "LD_PRELOAD=$BUILD_DIR/eventodb-slow-syncs.so"
      "EVENTODB_SLOW_SYNCS_US=$SLOW_SYNCS")
  fi
  {
    echo "$(machine_line); $ROUNDS rounds of $DURATION, pin $PIN, pipeline $PIPELINE, messages of a" \
      "write $BATCH, syncs $SLOW_SYNCS µs longer; medians, ratio of each round's pair" \
      "(lowest..highest), p99 and p99.9 in ms, CPU time of the threads in µs per request"
    echo
    echo "| mode | mix | connections | requests a second | after / before | p99 | p99.9 |" \
      "${KINDS[*]/%/ |}"
    echo "|---|---|---|---|---|---|---$(printf '|---%.0s' "${KINDS[@]}")|"
  } | tee "$WORK/table.md"
  for mode in $MODES; do
    for mix in $MIXES; do
      for workers in $WORKERS; do
        measure_all "$mode" "$mix" "$workers"
        report_row "$mode" "$mix" "$workers"
      done
    done
  done
  keep_table
}

main "$@"
