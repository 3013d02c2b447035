#!/bin/bash
# Bulk ingest: messages a second written in batches, with what one message costs the server.
# shellcheck disable=SC2034  # LOAD and LOAD_PIN are for bench-common.sh
set -euo pipefail

# shellcheck source=/dev/null
source "$(dirname "$0")/bench-common.sh"

usage() {
  cat <<'EOF'
usage: bench-bulk.sh [options]

Writes batches with stream.append to a fresh store, in rounds that take the sizes in turn, and
prints per size the medians of all rounds with their spread (min..max): messages a second, p99 of a
batch, CPU time of the server per message. Everything that was started is ended, data is removed.

  --batches "N ..."  messages of one batch       ["1 10 100 1000"]
  --workers N        connections                 [4]
  --payload-bytes N  JSON text of a message      [300]
  --streams N        streams they go to          [100]
  --rounds N         rounds                      [5]
  --duration D       length of one run           [3s]
  --durability D     disk, os or memory          [disk]
  --build-dir DIR    where the programs are      [build/release]
  --report NAME      writes profiles/NAME.md
  --help
EOF
}

BATCHES='1 10 100 1000' WORKERS=4 PAYLOAD=300 STREAMS=100 ROUNDS=5 DURATION=3s DURABILITY=disk
BUILD=$ROOT/build/release REPORT=''

parse_flags() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --batches | --workers | --payload-bytes | --streams | --rounds | --duration | --durability | \
        --build-dir | --report)
        [[ $# -ge 2 ]] || { usage >&2 && exit 2; }
        ;;
      *) usage >&2 && exit 2 ;;
    esac
    case $1 in
      --batches) BATCHES=$2 ;;
      --workers) WORKERS=$2 ;;
      --payload-bytes) PAYLOAD=$2 ;;
      --streams) STREAMS=$2 ;;
      --rounds) ROUNDS=$2 ;;
      --duration) DURATION=$2 ;;
      --durability) DURABILITY=$2 ;;
      --build-dir) BUILD=$2 ;;
      --report) REPORT=$2 ;;
    esac
    shift 2
  done
}

start_server() {
  local command=("$BUILD/eventodb" serve --port 0 --bind 127.0.0.1)
  rm -rf "$WORK/data"
  case $DURABILITY in
    memory) command+=(--test-mode) ;;
    *) command+=(--data-dir "$WORK/data" --durability "$DURABILITY") ;;
  esac
  start_program "$WORK/server.log" "${command[@]}"
  TOKEN=$(grep -A1 '^DEFAULT NAMESPACE TOKEN:' "$WORK/server.log" | tail -1 || true)
}

# Notes "batch messages_per_second p99_ms cpu_us_per_message" of one run.
measure() { # $1: messages of a batch
  local batches p99 cpu
  local load=(run_load "$PROGRAM_PID" "$PROGRAM_PORT" "$TOKEN" --mix write --workers "$WORKERS"
    --batch "$1" --payload-bytes "$PAYLOAD" --streams "$STREAMS")
  "${load[@]}" --duration 500ms >/dev/null
  read -r batches p99 cpu < <("${load[@]}" --duration "$DURATION")
  awk -v n="$1" -v b="$batches" -v p99="$p99" -v cpu="$cpu" \
    'BEGIN { print n, b * n, p99, cpu / n }' >>"$WORK/runs"
}

column_of() { # $1: batch, $2: column
  awk -v batch="$1" -v n="$2" '$1 == batch { print $n }' "$WORK/runs" | median_and_spread
}

main() {
  parse_flags "$@"
  LOAD=$BUILD/eventodb-load LOAD_PIN=()
  [[ -x $BUILD/eventodb && -x $LOAD ]] || fail "the programs in $BUILD are not built"
  make_work_directory "$BUILD"
  local round batch
  for round in $(seq "$ROUNDS"); do
    for batch in $BATCHES; do
      start_server
      measure "$batch"
      stop_program "$PROGRAM_PID"
    done
  done
  {
    echo "$(machine_line); $WORKERS connections, messages of $PAYLOAD bytes in $STREAMS streams," \
      "durability $DURABILITY, $ROUNDS rounds of $DURATION; median (min..max)"
    echo
    echo "| messages a batch | messages a second | p99 of a batch, ms | server's CPU µs a message |"
    echo "|---|---|---|---|"
    for batch in $BATCHES; do
      echo "$batch $(column_of "$batch" 2) $(column_of "$batch" 3) $(column_of "$batch" 4)" | awk '{
        printf "| %d | %d (%d..%d) | %.2f (%.2f..%.2f) | %.2f (%.2f..%.2f) |\n",
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }'
    done
  } | tee "$WORK/table.md"
  if [[ -n $REPORT ]]; then
    mkdir -p "$ROOT/profiles"
    cp "$WORK/table.md" "$ROOT/profiles/$REPORT.md"
    echo "wrote profiles/$REPORT.md"
  fi
}

main "$@"
