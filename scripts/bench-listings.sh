#!/bin/bash
# usage: bench-listings.sh [options]
#
# What ns.streams, ns.categories, ns.info and ns.list cost on a large file store.
#
# Starts the server on an empty file store, writes messages over 64 connections until there are as
# many as wanted, restarts the server, and prints how long each listing takes: the first call, and
# median and maximum of the others. Exits 1 when a median is above the limit.
#
#   --messages N        how many messages                  [1000000]
#   --streams N         streams they go to                 [10000]
#   --calls N           calls of each listing              [100]
#   --limit-ms N        highest median accepted            [10]
#   --build-dir DIR     where the programs are             [build/release]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

MESSAGES=1000000 STREAMS=10000 CALLS=100 LIMIT_MS=10

milliseconds() { # $1: body; prints the time of one call, connection included
  curl -sS -f -o /dev/null -w '%{time_total}\n' -H "Authorization: Bearer $TOKEN" \
    "http://127.0.0.1:$SERVER_PORT/rpc" -d "$1" | awk '{ print $1 * 1000 }'
}

measure() { # $1: body
  local first median max
  first=$(milliseconds "$1")
  read -r median _ max < <(for _ in $(seq "$CALLS"); do milliseconds "$1"; done | median_and_spread)
  printf '%-58s %8.2f %8.2f %8.2f\n' "$1" "$first" "$median" "$max"
  awk -v m="$median" -v l="$LIMIT_MS" 'BEGIN { exit m > l }' || SLOW=1
}

main() {
  parse_flags "$@"
  SLOW=0
  need_built eventodb eventodb-load
  make_work_directory "$BUILD_DIR"
  start_eventodb "$BUILD_DIR/eventodb" disk
  fill_to "$MESSAGES" --workers 64 --streams "$STREAMS" --duration 2s
  stop_program "$SERVER_PID"
  start_eventodb "$BUILD_DIR/eventodb" disk
  machine_line
  echo "$(message_count) messages in $STREAMS streams; ms over $CALLS calls after a restart"
  printf '%-58s %8s %8s %8s\n' call first median max
  measure '["ns.streams"]'
  measure '["ns.streams",{"limit":1000}]'
  measure '["ns.streams",{"limit":100,"cursor":"test-stream-5"}]'
  measure '["ns.streams",{"limit":100,"prefix":"test-stream-99"}]'
  measure '["ns.categories"]'
  measure '["ns.info","default"]'
  measure '["ns.list"]'
  ((SLOW == 0)) || fail "a median is above $LIMIT_MS ms"
}

main "$@"
