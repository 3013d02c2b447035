#!/bin/bash
# usage: bench-memory.sh [options]
#
# Resident memory of the server after many writes to a file store.
#
# Starts the server on an empty file store, writes messages over 64 connections until there are as
# many as wanted, and prints the server's resident memory before and after, its peak, and the size
# of the files. Exits 1 when the resident memory after the writes is above the limit.
#
#   --messages N        how many writes                    [1000000]
#   --streams N         streams they go to                 [1000]
#   --limit-mb N        highest resident memory accepted   [60]
#   --durability D      disk or os                         [disk]
#   --build-dir DIR     where the programs are             [build/release]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

MESSAGES=1000000 STREAMS=1000 LIMIT_MB=60 DURABILITY=disk

main() {
  parse_flags "$@"
  need_built eventodb eventodb-load
  make_work_directory "$BUILD_DIR"
  start_eventodb "$BUILD_DIR/eventodb" "$DURABILITY"
  local before_mb after_mb
  before_mb=$(memory_mb VmRSS)
  fill_to "$MESSAGES" --workers 64 --streams "$STREAMS" --duration 1s
  after_mb=$(memory_mb VmRSS)
  echo "messages          $(message_count) in $STREAMS streams, durability $DURABILITY"
  echo "resident before   $before_mb MB"
  echo "resident after    $after_mb MB (limit $LIMIT_MB)"
  echo "peak              $(memory_mb VmHWM) MB"
  echo "files             $(du -sm "$WORK/data" | cut -f1) MB"
  ((after_mb <= LIMIT_MB)) || fail "resident memory is above the limit"
}

main "$@"
