#!/bin/bash
# usage: bench-ids.sh [options]
#
# What messages with random (v4) ids cost beside ones with ascending (v7) ids, in a large store.
#
# Fills one store with messages that have v7 ids and one with v4 ids, each with a server of its own,
# then writes to them in turn: single writes over 64 connections, and batches of 100 over 4. Each
# run ends when the index has caught up. Prints rates, CPU time and their ratios (median, least and
# largest of the rounds). Everything that was started is ended, data is removed.
#
#   --messages N       messages in each store before the rounds              [10000000]
#   --rounds N         runs of each kind                                      [5]
#   --duration D       length of one run                                      [2s]
#   --streams N        streams they go to                                     [1000]
#   --durability D     disk or os                                             [disk]
#   --server PROGRAM   the server to measure                                  [of the build directory]
#   --data-parent DIR  directory the stores are made in; decides which disk   [the build directory]
#   --build-dir DIR    where the programs are                                 [build/release]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

MESSAGES=10000000 ROUNDS=5 DURATION=2s STREAMS=1000 DURABILITY=disk DATA_PARENT=''
KINDS=(v7 v4)
declare -A PID PORT TOKENS FILL

start_server() { # $1: kind
  local log=$WORK/$1.log
  start_program "$log" "$SERVER" serve --port 0 --bind 127.0.0.1 --data-dir "$WORK/$1" \
    --durability "$DURABILITY"
  PID[$1]=$PROGRAM_PID PORT[$1]=$PROGRAM_PORT
  TOKENS[$1]=$(grep -A1 '^DEFAULT NAMESPACE TOKEN:' "$log" | tail -1)
}

# What bench-common.sh takes for the server.
use_server() { # $1: kind
  SERVER_PID=${PID[$1]} SERVER_PORT=${PORT[$1]} TOKEN=${TOKENS[$1]}
}

# CPU time of the threads that write the index so far, in microseconds.
indexer_us() { # $1: pid
  local task
  for task in /proc/"$1"/task/*; do
    if [[ $(<"$task/comm") == indexer* ]]; then cat "$task/schedstat"; fi
  done | awk '{ ns += $1 } END { printf "%d", ns / 1000 }'
}

# Until the indexer has had nothing to do for half a second.
wait_for_index() { # $1: pid
  local before now
  now=$(indexer_us "$1")
  while before=$now && sleep 0.5 && now=$(indexer_us "$1") && ((now - before > 2000)); do :; done
}

# One run. Prints "messages/s CPU_us indexer_CPU_us", the times of the server per message.
measure() { # $1: kind, rest: flags of eventodb-load
  local kind=$1 pid=${PID[$1]} cpu indexer
  shift
  use_server "$kind"
  cpu=$(cpu_us "$pid") indexer=$(indexer_us "$pid")
  load --mix write --payload-bytes 300 \
    --streams "$STREAMS" --ids "$kind" --duration "$DURATION" "$@" >/dev/null
  wait_for_index "$pid"
  jq -r --argjson cpu "$(($(cpu_us "$pid") - cpu))" \
    --argjson indexer "$(($(indexer_us "$pid") - indexer))" \
    '"\(.messages_per_sec) \($cpu / .messages) \($indexer / .messages)"' \
    "$WORK/load/load-test-results.json"
}

fill() { # $1: kind
  local count rest began=$EPOCHREALTIME
  use_server "$1"
  count=$(message_count)
  while rest=$((MESSAGES - count)) && ((rest > 0)); do
    # Time for what is missing at 400,000 a second, so that little is written beyond it.
    load --mix write --payload-bytes 300 \
      --streams "$STREAMS" --ids "$1" --batch 100 --workers 4 \
      --duration "$((rest / 400 + 100))ms" >/dev/null
    count=$(message_count)
  done
  wait_for_index "${PID[$1]}"
  FILL[$1]=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", b - a }')
}

# "median (least..largest)" of a column of a file, or of its quotients by that of another file.
summary() { # $1: column, $2: format of a number, $3: file, $4: file to divide by, if any
  local numbers
  if [[ $# -eq 4 ]]; then
    numbers=$(paste -d' ' "$3" "$4" | awk -v c="$1" '{ n = NF / 2; print $c / $(c + n) }')
  else
    numbers=$(awk -v c="$1" '{ print $c }' "$3")
  fi
  median_and_spread <<<"$numbers" |
    awk -v f="$2" '{ printf f " (" f ".." f ")", $1, $2, $3 }'
}

print_runs() { # $1: name, $2: file of v7, $3: file of v4
  local column
  local names=('' 'messages a second' "server's CPU µs a message" "indexer's CPU µs a message")
  local formats=('' %d %.2f %.2f)
  for column in 1 2 3; do
    echo "| $1: ${names[column]} | $(summary "$column" "${formats[column]}" "$2") |" \
      "$(summary "$column" "${formats[column]}" "$3") | $(summary "$column" %.2f "$3" "$2") |"
  done
}

print_sizes() {
  local kind rss=() index=()
  for kind in "${KINDS[@]}"; do
    rss+=("$(awk '/^VmRSS:/ { printf "%d", $2 / 1024 }' "/proc/${PID[$kind]}/status")")
    stop_program "${PID[$kind]}"  # which empties the write-ahead logs
    index+=("$(find "$WORK/$kind" -name index.db -printf '%s\n' |
      awk '{ bytes += $1 } END { printf "%d", bytes / 1e6 }')")
  done
  echo "| seconds to fill and index | ${FILL[v7]} | ${FILL[v4]} |" \
    "$(awk -v a="${FILL[v4]}" -v b="${FILL[v7]}" 'BEGIN { printf "%.2f", a / b }') |"
  echo "| MB of index.db | ${index[0]} | ${index[1]} | |"
  echo "| MB of resident memory | ${rss[0]} | ${rss[1]} | |"
}

main() {
  local kind
  parse_flags "$@"
  need_built eventodb-load
  choose_server
  make_work_directory "${DATA_PARENT:-$BUILD_DIR}"
  for kind in "${KINDS[@]}"; do
    start_server "$kind"
    fill "$kind"
  done
  for _ in $(seq "$ROUNDS"); do
    for kind in "${KINDS[@]}"; do
      measure "$kind" --workers 64 >>"$WORK/single.$kind"
      measure "$kind" --workers 4 --batch 100 >>"$WORK/batch.$kind"
    done
  done
  echo "$(machine_line); $MESSAGES messages of 300 bytes in $STREAMS streams, durability" \
    "$DURABILITY, $ROUNDS rounds of $DURATION"
  echo
  echo "| | v7 ids | v4 ids | v4 / v7 |"
  echo "|---|---|---|---|"
  print_runs "single writes" "$WORK/single.v7" "$WORK/single.v4"
  print_runs "batches of 100" "$WORK/batch.v7" "$WORK/batch.v4"
  print_sizes
}

main "$@"
