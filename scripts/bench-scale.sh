#!/bin/bash
# usage: bench-scale.sh [options]
#
# Durable writes against the size of the store, reads of cold streams, and the time to start.
#
# Fills a store: first one message for each stream, ten times around (so that a stream's first ten
# lie on ten pages), then batches of 100 to streams in turn. At the beginning and after each step it
# measures single writes over 64 connections to that store and to a copy of what it was at the
# beginning, one message a stream, each with a server of its own; at the full size several times in
# turn. Then it stops and starts the server with none of the store's files in memory and measures
# the time to the first answered read; then, each time with a server just started, reads of ten
# messages from streams in a scattered order over one and ten connections, with none of the files
# in memory and with all of them; beside it random reads of the disk alone. Everything that was
# started is ended, data is removed.
#
#   --messages N       the full size, including the writes that are measured   [10000000]
#   --streams N        streams they go to                                      [100000]
#   --steps N          how often the write rate is measured after the first    [10]
#   --rounds N         pairs of measurements at the full size                  [5]
#   --duration D       length of one measurement                               [2s]
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

MESSAGES=10000000 STREAMS=100000 STEPS=10 ROUNDS=5 DURATION=2s DURABILITY=disk DATA_PARENT=''
NEXT_BATCH=0

# Writes batches until the store has about so many messages.
fill() { # $1: messages
  local count rest
  count=$(message_count)
  while rest=$(($1 - count)) && ((rest > 0)); do
    # Time for what is missing at 100,000 a second across streams and 200,000 in batches to one, so
    # that little is written beyond it.
    if ((count < 10 * STREAMS)); then
      if ((rest > 10 * STREAMS - count)); then rest=$((10 * STREAMS - count)); fi
      load --mix write --batch 100 --across --workers 4 --payload-bytes 300 --streams "$STREAMS" \
        --first-step $((count / 100)) --duration "$((rest / 100 + 100))ms" >/dev/null
    else
      load --mix write --batch 100 --workers 4 --payload-bytes 300 --streams "$STREAMS" \
        --first-step "$NEXT_BATCH" --duration "$((rest / 200 + 100))ms" >/dev/null
      NEXT_BATCH=$((NEXT_BATCH + $(jq .writes "$WORK/load/load-test-results.json")))
    fi
    count=$(message_count)
  done
}

# Single writes; prints "ops p99 cpu". What was written before is on the disk, and the server has
# been writing for half a second.
measure_writes() { # $1: pid, $2: port
  local writes=(--mix write --workers 64 --payload-bytes 300 --streams "$STREAMS")
  sync
  run_load "$1" "$2" "$TOKEN" "${writes[@]}" --duration 500ms >/dev/null
  run_load "$1" "$2" "$TOKEN" "${writes[@]}" --duration "$DURATION"
}

# The same to a copy of the store as it was at the beginning.
measure_small() {
  rm -rf "$WORK/copy"
  cp -r "$WORK/small" "$WORK/copy"
  start_program "$WORK/copy.log" "$BUILD_DIR/eventodb" serve --port 0 --bind 127.0.0.1 \
    --data-dir "$WORK/copy" --durability "$DURABILITY"
  measure_writes "$PROGRAM_PID" "$PROGRAM_PORT"
  stop_program "$PROGRAM_PID"
}

# Both, one after the other; prints and notes a row.
measure_pair() {
  local size
  size=$(message_count)
  measure_small >"$WORK/of_small"
  measure_writes "$SERVER_PID" "$SERVER_PORT" >"$WORK/of_full"
  echo "$size $(<"$WORK/of_full") $(<"$WORK/of_small")" >>"$WORK/points"
  tail -1 "$WORK/points" | awk '{
    printf "| %d | %d | %.2f | %.1f | %d | %.2f | %.1f | %.2f |\n", $1, $2, $3, $4, $5, $6, $7,
      $2 / $5 }' | tee -a "$WORK/table.md"
}

print_ratio() {
  {
    echo
    echo "The last $ROUNDS, against the copy: rate" \
      "$(tail -n "$ROUNDS" "$WORK/points" | awk '{ print $2 / $5 }' >"$WORK/ratio"
      cell "$WORK/ratio" 1 %.2f)," \
      "CPU $(tail -n "$ROUNDS" "$WORK/points" | awk '{ print $4 / $7 }' >"$WORK/ratio"
      cell "$WORK/ratio" 1 %.2f)."
  } | tee -a "$WORK/table.md"
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

# Reads with a server that has just started; prints and notes a row.
measure_reads() { # $1: what the kernel holds of the files, $2: connections
  local ops p99 cpu
  read -r ops p99 cpu < <(load --mix read --workers "$2" --streams "$STREAMS" --scattered \
    --duration "$DURATION")
  awk -v held="$1" -v workers="$2" -v ops="$ops" -v p99="$p99" -v cpu="$cpu" \
    -v p50="$(jq .p50_ms "$WORK/load/load-test-results.json")" \
    'BEGIN { printf "| %s | %d | %d | %.2f | %.2f | %.1f |\n", held, workers, ops, p50, p99, cpu }' |
    tee -a "$WORK/table.md"
}

# The disk alone: random pages of the log, past the kernel's memory. Before anything has read all of
# it, which what lies below the disk may remember.
measure_disk() {
  local log readers
  log=$(find "$WORK/data" -name log.db -size +1M | head -1)
  {
    echo
    echo "| random reads of 8 KiB by the disk alone, at once | reads a second | p50 ms | p99 ms |"
    echo "|---|---|---|---|"
    for readers in 1 10; do
      # A file system without O_DIRECT leaves the row empty.
      { "$BUILD_DIR/eventodb-disk-reads" "$log" "$readers" 1000 || echo; } |
        awk -v n="$readers" '{ printf "| %d | %d | %.2f | %.2f |\n", n, $1, $2 / 1e3, $3 / 1e3 }'
    done
  } | tee -a "$WORK/table.md"
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
    echo "| reads of ten, of the files in memory | connections | reads a second | p50 ms | p99 ms |" \
      "CPU µs of the server |"
    echo "|---|---|---|---|---|---|"
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
  local step
  parse_flags "$@"
  need_built eventodb eventodb-load eventodb-disk-reads
  make_work_directory "${DATA_PARENT:-$BUILD_DIR}"
  start_eventodb "$BUILD_DIR/eventodb" "$DURABILITY"
  fill "$STREAMS"
  stop_program "$SERVER_PID"
  cp -r "$WORK/data" "$WORK/small"
  start_eventodb "$BUILD_DIR/eventodb" "$DURABILITY"
  {
    echo "$(machine_line); $STREAMS streams, durability $DURABILITY, single writes of 300 bytes over" \
      "64 connections for $DURATION, beside them to a store with one message a stream"
    echo
    echo "| messages in the store | writes a second | p99 ms | CPU µs of the server per write |" \
      "beside: writes a second | p99 ms | CPU µs | ratio of rates |"
    echo "|---|---|---|---|---|---|---|---|"
  } | tee "$WORK/table.md"
  measure_pair
  for step in $(seq "$STEPS"); do
    fill $((MESSAGES * step / STEPS))
    measure_pair
  done
  for step in $(seq 2 "$ROUNDS"); do measure_pair; done
  print_ratio
  measure_disk
  measure_cold
  {
    echo
    echo "$(du -sm "$WORK/data" | cut -f1) MB of files, $(message_count) messages," \
      "resident memory of the server at the end $(memory_mb VmRSS) MB"
  } | tee -a "$WORK/table.md"
  keep_table
  if [[ -n $REPORT ]]; then
    awk '{ print $1 / 1e6, $2, $5 }' "$WORK/points" | svg_lines "Durable writes against size" \
      "single writes a second, 64 connections, durability $DURABILITY" \
      "million messages in the store" "this store" "beside it: one message a stream" \
      >"$ROOT/profiles/$REPORT.svg"
    echo "wrote profiles/$REPORT.svg"
  fi
}

main "$@"
