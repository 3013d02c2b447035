#!/bin/bash
# What ns.streams, ns.categories, ns.info and ns.list cost on a large file store.
# shellcheck disable=SC2034  # LOAD and LOAD_PIN are for bench-common.sh
set -euo pipefail

# shellcheck source=/dev/null
source "$(dirname "$0")/bench-common.sh"

usage() {
  cat <<'EOF'
usage: bench-listings.sh [options]

Starts the server on an empty file store, writes messages over 64 connections until there are as
many as wanted, restarts the server, and prints how long each listing takes: the first call, and
median and maximum of the others. Exits 1 when a median is above the limit.

  --messages N        how many messages                  [1000000]
  --streams N         streams they go to                 [10000]
  --calls N           calls of each listing              [100]
  --limit-ms N        highest median accepted            [10]
  --build-dir DIR     where the programs are             [build/release]
  --help
EOF
}

MESSAGES=1000000 STREAMS=10000 CALLS=100 LIMIT_MS=10 BUILD=$ROOT/build/release

parse_flags() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --messages | --streams | --calls | --limit-ms | --build-dir)
        [[ $# -ge 2 ]] || { usage >&2 && exit 2; }
        ;;
      *) usage >&2 && exit 2 ;;
    esac
    case $1 in
      --messages) MESSAGES=$2 ;;
      --streams) STREAMS=$2 ;;
      --calls) CALLS=$2 ;;
      --limit-ms) LIMIT_MS=$2 ;;
      --build-dir) BUILD=$2 ;;
    esac
    shift 2
  done
}

start_server() {
  start_program "$WORK/server.log" "$BUILD/eventodb" serve --port 0 --bind 127.0.0.1 \
    --data-dir "$WORK/data" --token "$TOKEN"
}

call() { # $1: body; prints the answer
  curl -sS -f -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$PROGRAM_PORT/rpc" -d "$1"
}

milliseconds() { # $1: body; prints the time of one call, connection included
  curl -sS -f -o /dev/null -w '%{time_total}\n' -H "Authorization: Bearer $TOKEN" \
    "http://127.0.0.1:$PROGRAM_PORT/rpc" -d "$1" | awk '{ print $1 * 1000 }'
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
  LOAD=$BUILD/eventodb-load LOAD_PIN=() SLOW=0
  TOKEN=ns_ZGVmYXVsdA_$(printf 'a%.0s' {1..64})
  [[ -x $BUILD/eventodb && -x $LOAD ]] || fail "the programs in $BUILD are not built"
  make_work_directory "$BUILD"
  start_server
  local count=0
  while ((count < MESSAGES)); do
    run_load "$PROGRAM_PID" "$PROGRAM_PORT" "$TOKEN" --mix write --workers 64 --streams "$STREAMS" \
      --duration 2s >/dev/null
    count=$(call '["ns.info","default"]' | jq .messageCount)
  done
  stop_program "$PROGRAM_PID"
  start_server
  machine_line
  echo "$count messages in $STREAMS streams; milliseconds over $CALLS calls after a restart"
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
