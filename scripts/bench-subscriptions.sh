#!/bin/bash
# usage: bench-subscriptions.sh [options]
#
# Measures subscriptions: latency of pokes, rate of catch-up, memory of idle subscribers, and what
# subscribers cost writers.
#
# Starts the server on an empty file store and prints the median of all rounds with the lowest and
# the highest. Client and server share the machine.
#
#   latency    µs from the acknowledgement of an append to the poke, one append at a time, for 1,
#              100 and 1,000 subscribers to everything: p50 and p99 of all pokes, p50 of the last one
#   catch-up   messages a second of one subscriber that reads what is stored (100-byte payloads):
#              everything and a category with payload, and a category's pokes
#   idle       resident memory that idle subscribers add
#   others     throughput and p99 of appends with 1,000 live subscribers on other streams, against
#              none, in turn
#   hot        the same with 100 subscribers on the category that is written
#
#   --parts "P ..."   which of these                  [all]
#   --rounds N        of each                         [$ROUNDS, 5]
#   --duration D      of a run of the load client     [2s]
#   --messages N      stored for catch-up             [300000]
#   --idle N          idle subscribers                [10000]
#   --durability D    disk or os                      [disk]
#   --build-dir DIR   where the programs are          [build/release]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

PARTS='latency catch-up idle others hot' ROUNDS=${ROUNDS:-5} DURATION=2s MESSAGES=300000 IDLE=10000
DURABILITY=disk

# Sets ACCESS, the flags by which clients reach the server.
start_server() {
  rm -rf "$WORK/data"
  start_eventodb "$BUILD_DIR/eventodb" "$DURABILITY"
  ACCESS=(--url "http://127.0.0.1:$SERVER_PORT" --token "$TOKEN")
}

subscribers() { # $1: what, rest: flags
  "$BUILD_DIR/eventodb-subscribers" "$1" "${ACCESS[@]}" "${@:2}"
}

# Opens subscriptions and leaves them open; HOLDER is their coprocess.
hold() { # flags; HEAD in them becomes the position behind the last message
  local line head
  head=$(($(message_count) + 1))
  coproc HOLDER { subscribers hold "${@//HEAD/$head}"; }
  STARTED_PIDS+=("$HOLDER_PID")
  read -r line <&"${HOLDER[0]}"
  [[ $line == ready ]] || fail "the subscribers are not ready"
}

release() {
  local pid=$HOLDER_PID input=${HOLDER[1]}
  exec {input}>&-
  wait "$pid" || true
}

measure_latency() {
  local count round messages
  echo
  echo "| subscribers | p50 µs | p99 µs | last one p50 µs |"
  echo "|---|---|---|---|"
  start_server
  for count in 1 100 1000; do
    messages=$((count == 1000 ? 200 : 1000))
    : >"$WORK/latency"
    for round in $(seq "$ROUNDS"); do
      subscribers latency --subscribers "$count" --messages "$messages" >>"$WORK/latency"
    done
    echo "| $count | $(cell "$WORK/latency" 1 %.0f) | $(cell "$WORK/latency" 2 %.0f)" \
      "| $(cell "$WORK/latency" 3 %.0f) |"
  done
  stop_program "$SERVER_PID"
}

measure_catch_up() {
  local query round before after
  echo
  echo "| catch-up | messages/s | CPU µs of the server per message |"
  echo "|---|---|---|"
  start_server
  fill_to "$MESSAGES" --workers 64 --pipeline 8 --payload-bytes 100 --duration 1s
  for query in 'all=true&payload=true' 'category=test&payload=true' 'category=test'; do
    : >"$WORK/catch-up"
    for round in $(seq "$ROUNDS"); do
      before=$(cpu_us "$SERVER_PID")
      subscribers catch-up --query "$query" --messages "$MESSAGES" >"$WORK/rate"
      after=$(cpu_us "$SERVER_PID")
      echo "$(<"$WORK/rate") $((after - before))" |
        awk -v n="$MESSAGES" '{ print $1, $2 / n }' >>"$WORK/catch-up"
    done
    echo "| \`$query\` | $(cell "$WORK/catch-up" 1 %.0f) | $(cell "$WORK/catch-up" 2 %.2f) |"
  done
  stop_program "$SERVER_PID"
}

measure_idle() {
  local before after
  start_server
  hold --query all=true --subscribers 10
  release
  before=$(memory_mb VmRSS)
  hold --query 'stream=idle-#' --subscribers "$IDLE"
  after=$(memory_mb VmRSS)
  release
  echo
  echo "$IDLE idle subscribers, each to a stream of its own: $((after - before)) MB above" \
    "the $before MB of the idle server"
  stop_program "$SERVER_PID"
}

load_once() { # $1: number of connections
  load --mix write --workers "$1" --duration "$DURATION"
}

# Appends with subscribers and without, in turn; which goes first changes from round to round.
compare_writers() { # $1: connections, rest: flags of the subscribers
  local round with without
  local workers=$1
  shift
  : >"$WORK/pairs"
  for round in $(seq "$ROUNDS"); do
    start_server
    load_once "$workers" >/dev/null
    if ((round % 2)); then
      hold "$@" && with=$(load_once "$workers") && release
      without=$(load_once "$workers")
    else
      without=$(load_once "$workers")
      hold "$@" && with=$(load_once "$workers") && release
    fi
    stop_program "$SERVER_PID"
    # ops_per_sec p99_ms cpu_us of each
    echo "$with $without" | awk '{ print $1 / $4, $2 / $5, $0 }' >>"$WORK/pairs"
  done
  echo "| $workers | $(cell "$WORK/pairs" 1 %.2f) | $(cell "$WORK/pairs" 2 %.2f)" \
    "| $(cell "$WORK/pairs" 3 %.0f) | $(cell "$WORK/pairs" 6 %.0f) | $(cell "$WORK/pairs" 4 %.2f)" \
    "| $(cell "$WORK/pairs" 7 %.2f) |"
}

writers_heading() { # $1: who subscribes
  echo
  echo "Appends with $1 against none:"
  echo
  echo "| connections | throughput ratio | p99 ratio | ops/s with | without | p99 ms with | without |"
  echo "|---|---|---|---|---|---|---|"
}

measure_others() {
  writers_heading '1,000 live subscribers on other streams'
  compare_writers 10 --query 'stream=other-#' --subscribers 1000
  compare_writers 64 --query 'stream=other-#' --subscribers 1000
}

measure_hot() {
  writers_heading '100 subscribers on the category'
  # From here on: without a position they would begin with what the round has written before.
  compare_writers 10 --query 'category=test&position=HEAD' --subscribers 100
  compare_writers 64 --query 'category=test&position=HEAD' --subscribers 100
}

main() {
  parse_flags "$@"
  local part
  need_built eventodb eventodb-load eventodb-subscribers
  make_work_directory "$BUILD_DIR"
  echo "$(machine_line); $ROUNDS rounds, durability $DURABILITY; median (lowest..highest)"
  for part in $PARTS; do
    case $part in
      latency) measure_latency ;;
      catch-up) measure_catch_up ;;
      idle) measure_idle ;;
      others) measure_others ;;
      hot) measure_hot ;;
      *) fail "unknown part $part" ;;
    esac
  done
}

main "$@"
