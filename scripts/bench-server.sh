#!/bin/bash
# usage: bench-server.sh [options]
#
# Measures the server against the ceiling server: interleaved rounds, medians, ratio.
#
# Starts the server and the ceiling server (bench/ceiling_server.cpp) on free ports and puts the
# same load on one and the other in turn. Prints per storage mode, mix and number of connections the
# medians of all rounds with their spread (min..max), the ratio server/ceiling of each round's pair,
# the p99 of both and their CPU time per operation. Each round has a fresh store, filled for half a
# second first. Everything that was started is ended, data is removed. With durability disk it also
# prints what one synced write takes.
#
#   --rounds N         rounds, each one run on both servers      [$ROUNDS, 7]
#   --duration D       length of one run                         [$DURATION, 2s]
#   --workers "N ..."  numbers of connections                    [$WORKERS, "10 64"]
#   --modes "M ..."    memory (test mode), disk, os (file store) [$MODE, "memory disk os"]
#   --mixes "M ..."    10:1, write, read, or any W:R             [$MIX, "10:1"]
#   --pin HOW          none; same: server and client on one CPU, which repeats best;
#                      split: server on the first CPU, client on the second     [none]
#   --io-threads N     of the server and of the ceiling          [the server's default; ceiling 1]
#   --pipeline N       requests under way on each connection     [1]
#   --build-dir DIR    where the programs are                    [build/release]
#   --server PROGRAM   the server to measure                 [of the build directory]
#   --report NAME      writes profiles/NAME.md and profiles/NAME.json
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

ROUNDS=${ROUNDS:-7} DURATION=${DURATION:-2s} WORKERS=${WORKERS:-10 64}
MODES=${MODE:-memory disk os} MIXES=${MIX:-10:1} IO_THREADS='' PIPELINE=1

# One pair of runs; appends "ratio", then of server and ceiling each "ops p99 cpu", to $WORK/pairs.
# Which of the two goes first changes from round to round.
measure_pair() { # $1: round, rest: flags of eventodb-load
  local round=$1 ours theirs
  shift
  if ((round % 2)); then
    ours=$(load "$@")
    theirs=$(run_load "$CEILING_PID" "$CEILING_PORT" "$TOKEN" "$@")
  else
    theirs=$(run_load "$CEILING_PID" "$CEILING_PORT" "$TOKEN" "$@")
    ours=$(load "$@")
  fi
  echo "$ours $theirs" | awk '{ print $1 / $4, $0 }' >>"$WORK/pairs"
}

report_row() { # $1: mode, $2: mix, $3: workers
  local row="$1 $2 $3" n
  for n in 1 2 3 4 5 6 7; do row+=" $(column "$WORK/pairs" $n)"; done
  echo "$row" | tee -a "$WORK/rows" | awk '{
    printf "| %s | %s | %d | %.2f (%.2f..%.2f) | %d (%d..%d) | %d (%d..%d) ", $1, $2, $3, $4, $5,
      $6, $7, $8, $9, $16, $17, $18
    printf "| %.2f | %.2f | %.1f | %.1f |\n", $10, $19, $13, $22 }' | tee -a "$WORK/table.md"
}

# Appends to $WORK/syncs what one synced write of 4 KiB takes here and now, in milliseconds.
time_a_sync() {
  local file=$WORK/sync
  if [[ ! -e $file ]]; then dd if=/dev/zero of="$file" bs=4096 count=100 conv=fsync status=none; fi
  LC_ALL=C dd if=/dev/zero of="$file" bs=4096 count=100 oflag=dsync conv=notrunc 2>&1 |
    sed -n 's/.* copied, \([^ ]*\) s,.*/\1/p' | awk '{ print $1 * 10 }' >>"$WORK/syncs"
}

report_syncs() {
  [[ -e $WORK/syncs ]] || return 0
  median_and_spread <"$WORK/syncs" |
    awk '{ printf "\nOne synced write of 4 KiB: %.2f ms (%.2f..%.2f)\n", $1, $2, $3 }' |
    tee -a "$WORK/table.md"
}

measure() { # $1: mode, $2: mix, $3: workers
  local round
  : >"$WORK/pairs"
  for round in $(seq "$ROUNDS"); do
    if [[ $1 == disk ]]; then time_a_sync; fi
    rm -rf "$WORK/data"
    start_eventodb "$SERVER" "$1" ${IO_THREADS:+--io-threads "$IO_THREADS"}
    load --mix write --workers 64 --duration 500ms >/dev/null
    measure_pair "$round" --workers "$3" --mix "$2" --pipeline "$PIPELINE" --duration "$DURATION"
    stop_program "$SERVER_PID"
  done
  report_row "$1" "$2" "$3"
}

write_json() {
  jq -Rn --arg machine "$(machine_line)" --arg pin "$PIN" --arg duration "$DURATION" \
    --argjson rounds "$ROUNDS" --argjson pipeline "$PIPELINE" '
    def stat($f; $i): {median: ($f[$i] | tonumber), min: ($f[$i + 1] | tonumber),
                       max: ($f[$i + 2] | tonumber)};
    {machine: $machine, pin: $pin, duration: $duration, rounds: $rounds, pipeline: $pipeline,
     rows: [inputs | split(" ") as $f |
       {mode: $f[0], mix: $f[1], workers: ($f[2] | tonumber), ratio: stat($f; 3),
        server: {ops_per_sec: stat($f; 6), p99_ms: stat($f; 9), cpu_us_per_op: stat($f; 12)},
        ceiling: {ops_per_sec: stat($f; 15), p99_ms: stat($f; 18), cpu_us_per_op: stat($f; 21)}
       }]}' \
    <"$WORK/rows" >"$ROOT/profiles/$REPORT.json"
  echo "wrote profiles/$REPORT.json"
}

main() {
  parse_flags "$@"
  choose_pinning
  local mode mix workers
  need_built eventodb-load eventodb-ceiling
  choose_server
  make_work_directory "$BUILD_DIR"
  start_program "$WORK/ceiling.log" "${SERVER_PREFIX[@]}" "$BUILD_DIR/eventodb-ceiling" \
    --io-threads "${IO_THREADS:-1}"
  CEILING_PID=$PROGRAM_PID CEILING_PORT=$PROGRAM_PORT

  {
    echo "$(machine_line); $ROUNDS rounds of $DURATION, pin $PIN, pipeline $PIPELINE;" \
      "median (min..max), p99 in ms, CPU in µs of the server per operation"
    echo
    echo "| mode | mix | connections | ratio | server ops/s | ceiling ops/s | p99 | ceiling p99" \
      "| CPU | ceiling CPU |"
    echo "|---|---|---|---|---|---|---|---|---|---|"
  } | tee "$WORK/table.md"
  for mode in $MODES; do
    for mix in $MIXES; do
      for workers in $WORKERS; do measure "$mode" "$mix" "$workers"; done
    done
  done
  report_syncs
  keep_table
  if [[ -n $REPORT ]]; then write_json; fi
}

main "$@"
