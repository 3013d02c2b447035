#!/bin/bash
# Resident memory of the server after many writes to a file store.
# shellcheck disable=SC2034  # LOAD and LOAD_PIN are for bench-common.sh
set -euo pipefail

# shellcheck source=/dev/null
source "$(dirname "$0")/bench-common.sh"

usage() {
  cat <<'EOF'
usage: bench-memory.sh [options]

Starts the server on an empty file store, writes messages over 64 connections until there are as
many as wanted, and prints the server's resident memory before and after, its peak, and the size of
the files. Exits 1 when the resident memory after the writes is above the limit.

  --messages N        how many writes                    [1000000]
  --streams N         streams they go to                 [1000]
  --limit-mb N        highest resident memory accepted   [60]
  --durability D      disk or os                         [disk]
  --build-dir DIR     where the programs are             [build/release]
  --help
EOF
}

MESSAGES=1000000 STREAMS=1000 LIMIT_MB=60 DURABILITY=disk BUILD=$ROOT/build/release

parse_flags() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --messages | --streams | --limit-mb | --durability | --build-dir)
        [[ $# -ge 2 ]] || { usage >&2 && exit 2; }
        ;;
      *) usage >&2 && exit 2 ;;
    esac
    case $1 in
      --messages) MESSAGES=$2 ;;
      --streams) STREAMS=$2 ;;
      --limit-mb) LIMIT_MB=$2 ;;
      --durability) DURABILITY=$2 ;;
      --build-dir) BUILD=$2 ;;
    esac
    shift 2
  done
}

memory_kb() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$PROGRAM_PID/status"; }

message_count() {
  curl -sS -f -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$PROGRAM_PORT/rpc" \
    -d '["ns.info","default"]' | jq .messageCount
}

main() {
  parse_flags "$@"
  LOAD=$BUILD/eventodb-load LOAD_PIN=()
  [[ -x $BUILD/eventodb && -x $LOAD ]] || fail "the programs in $BUILD are not built"
  make_work_directory "$BUILD"
  start_program "$WORK/server.log" "$BUILD/eventodb" serve --port 0 --bind 127.0.0.1 \
    --data-dir "$WORK/data" --durability "$DURABILITY"
  TOKEN=$(grep -A1 '^DEFAULT NAMESPACE TOKEN:' "$WORK/server.log" | tail -1)
  local count=0 before
  before=$(memory_kb VmRSS)
  while ((count < MESSAGES)); do
    run_load "$PROGRAM_PID" "$PROGRAM_PORT" "$TOKEN" --mix write --workers 64 --streams "$STREAMS" \
      --duration 1s >/dev/null
    count=$(message_count)
  done
  local after_mb=$(($(memory_kb VmRSS) / 1024))
  echo "messages          $count in $STREAMS streams, durability $DURABILITY"
  echo "resident before   $((before / 1024)) MB"
  echo "resident after    $after_mb MB (limit $LIMIT_MB)"
  echo "peak              $(($(memory_kb VmHWM) / 1024)) MB"
  echo "files             $(du -sm "$WORK/data" | cut -f1) MB"
  ((after_mb <= LIMIT_MB)) || fail "resident memory is above the limit"
}

main "$@"
