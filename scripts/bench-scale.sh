#!/bin/bash
# usage: bench-scale.sh [options]
#
# Durable writes against the size of the store, reads of cold streams, and the time to start.
#
# Starts the server on an empty file store and fills it in steps with batches of 100 messages. After
# each step it measures single writes over 64 connections. With the store at its full size it stops
# and starts the server with none of the store's files in memory and measures the time to the first
# answered read; then, each time with a server just started, reads of ten messages from streams in
# turn over one and ten connections, with none of the files in memory and with all of them.
# Everything that was started is ended, data is removed.
#
#   --messages N       the full size, including the writes that are measured   [10000000]
#   --streams N        streams they go to                                      [100000]
#   --steps N          how often the write rate is measured after the first    [10]
#   --duration D       length of one measurement                               [3s]
#   --durability D     disk or os                                              [disk]
#   --data-parent DIR  directory the store is made in; decides which disk      [the build directory]
#   --build-dir DIR    where the programs are                                  [build/release]
#   --report NAME      writes profiles/NAME.md and profiles/NAME.svg
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"
# shellcheck source=scripts/bench-svg.sh
source "$(dirname "$0")/bench-svg.sh"

MESSAGES=10000000 STREAMS=100000 STEPS=10 DURATION=3s DURABILITY=disk
 DATA_PARENT=''

# Single writes at the store's size as it is; prints and notes "messages ops p99".
measure_writes() {
  local size ops p99 cpu
  size=$(message_count)
  read -r ops p99 cpu < <(load --mix write --workers 64 --payload-bytes 300 --streams "$STREAMS" \
    --duration "$DURATION")
  echo "$size $ops $p99" >>"$WORK/points"
  awk -v n="$size" -v ops="$ops" -v p99="$p99" -v cpu="$cpu" \
    'BEGIN { printf "| %d | %d | %.2f | %.1f |\n", n, ops, p99, cpu }' | tee -a "$WORK/table.md"
}

# What the kernel holds of the store's files goes; dd with nocache and nothing to copy does that.
forget_files() {
  local file
  sync
  while IFS= read -r file; do
    dd if="$file" iflag=nocache count=0 status=none
  done < <(find "$WORK/data" -type f)
}

# Milliseconds from the start of the program to its first answer to a read. Sets START_MS.
measure_start() { # $1: stream to read
  local begin=$EPOCHREALTIME
  "$BUILD_DIR/eventodb" serve --port "$SERVER_PORT" --bind 127.0.0.1 --data-dir "$WORK/data" \
    --durability "$DURABILITY" >>"$WORK/server.log" 2>&1 &
  SERVER_PID=$!
  STARTED_PIDS+=("$SERVER_PID")
  until rpc "[\"stream.get\",\"$1\",{\"batchSize\":1}]" >"$WORK/first" 2>/dev/null; do
    kill -0 "$SERVER_PID" 2>/dev/null || fail "the server did not start again"
    sleep 0.01
  done
  START_MS=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", (b - a) * 1000 }')
  [[ $(jq length "$WORK/first") == 1 ]] || fail "the first read found nothing"
}

# Reads of streams in turn with a server that has just started; prints and notes a row.
measure_reads() { # $1: what the kernel holds of the files, $2: connections
  local ops p99 cpu
  read -r ops p99 cpu < <(load --mix read --workers "$2" --streams "$STREAMS" --duration "$DURATION")
  awk -v held="$1" -v workers="$2" -v ops="$ops" -v p99="$p99" -v cpu="$cpu" \
    'BEGIN { printf "| %s | %d | %d | %.2f | %.1f |\n", held, workers, ops, p99, cpu }' |
    tee -a "$WORK/table.md"
}

measure_cold() {
  local ordered_ms workers
  stop_program "$SERVER_PID"
  forget_files
  measure_start test-stream-7
  ordered_ms=$START_MS
  kill -KILL "$SERVER_PID"
  wait "$SERVER_PID" 2>/dev/null || true
  forget_files
  measure_start test-stream-8
  {
    echo
    echo "Start to the first answered read with none of the files in memory: $ordered_ms ms after" \
      "an orderly end, $START_MS ms after SIGKILL."
    echo
    echo "| reads of ten, of the files in memory | connections | reads a second | p99 ms |" \
      "CPU µs of the server |"
    echo "|---|---|---|---|---|"
  } | tee -a "$WORK/table.md"
  for workers in 1 10; do
    stop_program "$SERVER_PID"
    forget_files
    measure_start test-stream-7
    measure_reads nothing "$workers"
  done
  # One reading brings them in, the program starts anew and holds nothing itself.
  find "$WORK/data" -type f -exec cat {} + >/dev/null
  for workers in 1 10; do
    stop_program "$SERVER_PID"
    measure_start test-stream-7
    measure_reads everything "$workers"
  done
}

main() {
  parse_flags "$@"
  need_built eventodb eventodb-load
  make_work_directory "${DATA_PARENT:-$BUILD_DIR}"
  start_eventodb "$BUILD_DIR/eventodb" "$DURABILITY"
  {
    echo "$(machine_line); $STREAMS streams, durability $DURABILITY, single writes of 300 bytes over" \
      "64 connections for $DURATION"
    echo
    echo "| messages in the store | writes a second | p99 ms | CPU µs of the server per write |"
    echo "|---|---|---|---|"
  } | tee "$WORK/table.md"
  local step
  measure_writes
  for step in $(seq "$STEPS"); do
    fill_to $((MESSAGES * step / STEPS)) --batch 100 --workers 4 --payload-bytes 300 \
      --streams "$STREAMS" --duration 1s
    measure_writes
  done
  measure_cold
  {
    echo
    echo "$(du -sm "$WORK/data" | cut -f1) MB of files, $(message_count) messages," \
      "resident memory of the server at the end $(memory_mb VmRSS) MB"
  } | tee -a "$WORK/table.md"
  keep_table
  if [[ -n $REPORT ]]; then
    awk '{ print $1 / 1e6, $2 }' "$WORK/points" | svg_line "Durable writes against size" \
      "single writes a second, 64 connections, durability $DURABILITY" \
      "million messages in the store" >"$ROOT/profiles/$REPORT.svg"
    echo "wrote profiles/$REPORT.svg"
  fi
}

main "$@"
