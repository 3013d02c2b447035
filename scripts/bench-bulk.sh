#!/bin/bash
# usage: bench-bulk.sh [options]
#
# Bulk ingest: messages a second written in batches, with what one message costs the server.
#
# Writes batches with stream.append to a fresh store, in rounds that take the sizes in turn, and
# prints per size the medians of all rounds with their spread (min..max): messages a second, p99 of
# a batch, CPU time of the server per message. Everything that was started is ended, data is
# removed.
#
#   --batches "N ..."  messages of one batch       ["1 10 100 1000"]
#   --workers N        connections                 [4]
#   --payload-bytes N  JSON text of a message      [300]
#   --streams N        streams they go to          [100]
#   --rounds N         rounds                      [5]
#   --duration D       length of one run           [3s]
#   --durability D     disk, os or memory          [disk]
#   --server PROGRAM   the server to measure       [of the build directory]
#   --build-dir DIR    where the programs are      [build/release]
#   --report NAME      writes profiles/NAME.md
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

BATCHES='1 10 100 1000' WORKERS=4 PAYLOAD_BYTES=300 STREAMS=100 ROUNDS=5 DURATION=3s DURABILITY=disk

# Notes "messages_per_second p99_ms cpu_us_per_message" of one run in $WORK/runs-<batch>.
measure() { # $1: messages of a batch
  local flags=(--mix write --workers "$WORKERS" --batch "$1" --payload-bytes "$PAYLOAD_BYTES"
    --streams "$STREAMS")
  rm -rf "$WORK/data"
  start_eventodb "$SERVER" "$DURABILITY"
  load "${flags[@]}" --duration 500ms >/dev/null
  load "${flags[@]}" --duration "$DURATION" |
    awk -v n="$1" '{ print $1 * n, $2, $3 / n }' >>"$WORK/runs-$1"
  stop_program "$SERVER_PID"
}

main() {
  parse_flags "$@"
  need_built eventodb-load
  choose_server
  make_work_directory "$BUILD_DIR"
  local batch
  for _ in $(seq "$ROUNDS"); do
    for batch in $BATCHES; do measure "$batch"; done
  done
  {
    echo "$(machine_line); $WORKERS connections, messages of $PAYLOAD_BYTES bytes in" \
      "$STREAMS streams, durability $DURABILITY, $ROUNDS rounds of $DURATION; median (min..max)"
    echo
    echo "| messages a batch | messages a second | p99 of a batch, ms | server's CPU µs a message |"
    echo "|---|---|---|---|"
    for batch in $BATCHES; do
      echo "| $batch | $(cell "$WORK/runs-$batch" 1 %d) | $(cell "$WORK/runs-$batch" 2 %.2f)" \
        "| $(cell "$WORK/runs-$batch" 3 %.2f) |"
    done
  } | tee "$WORK/table.md"
  keep_table
}

main "$@"
