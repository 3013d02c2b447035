#!/bin/bash
# usage: bench-tenants.sh [options]
#
# Many namespaces: durable writes to 64 of them against one, and what 10,000 cost.
#
#   rate   Writes over --tenants connections to one namespace and to as many namespaces, one
#          connection each, in interleaved rounds, and prints the medians with their spread
#          (min..max): writes a second, p99, CPU time of the server per write, and many / one.
#   many   Makes --namespaces namespaces, writes one event to each in turn and reads it back, and
#          prints the highest resident memory, the most open files, and the time it took.
#
# Everything that was started is ended, data is removed.
#
#   --parts "P ..."    which of these                [rate many]
#   --tenants N        namespaces and connections    [64]
#   --namespaces N     of `many`                     [10000]
#   --rounds N         of `rate`                     [7]
#   --duration D       of one run                    [2s]
#   --durability D     disk or os                    [disk]
#   --build-dir DIR    where the programs are        [build/release]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

PARTS='rate many' TENANTS=64 NAMESPACES=10000 ROUNDS=7 DURATION=2s DURABILITY=disk

start_server() {
  rm -rf "$WORK/data"
  start_eventodb "$BUILD_DIR/eventodb" "$DURABILITY"
}

# One request a line of standard input, "TOKEN BODY", over one connection; answers to $1.
send_all() { # $1: file for the answers
  awk -v url="http://127.0.0.1:$SERVER_PORT/rpc" '{
    gsub(/"/, "\\\"", $2)
    if (NR > 1) print "next"
    print "url = \"" url "\"\nheader = \"Authorization: Bearer " $1 "\"\ndata = \"" $2 "\""
  }' >"$WORK/requests"
  curl -sS -f --config "$WORK/requests" | tr '}' '\n' >"$1"
}

make_namespaces() { # $1: how many; writes their tokens to $WORK/tokens
  seq "$1" | awk -v token="$TOKEN" '{ printf "%s [\"ns.create\",\"tenant-%d\"]\n", token, $1 }' |
    send_all "$WORK/made"
  grep -o '"token":"[^"]*"' "$WORK/made" | cut -d'"' -f4 >"$WORK/tokens"
  [[ $(wc -l <"$WORK/tokens") == "$1" ]] || fail "not all namespaces were made"
}

run() { run_load "$SERVER_PID" "$SERVER_PORT" '' --mix write --workers "$TENANTS" "$@"; }

measure_rate() {
  local round token many=() one=() result row name at
  : >"$WORK/pairs"
  for round in $(seq "$ROUNDS"); do
    start_server
    make_namespaces "$TENANTS"
    many=()
    while read -r token; do many+=(--token "$token"); done <"$WORK/tokens"
    one=(--token "$TOKEN")
    run "${one[@]}" --duration 500ms >/dev/null
    run "${many[@]}" --duration 500ms >/dev/null
    if ((round % 2)); then
      result="$(run "${many[@]}" --duration "$DURATION") $(run "${one[@]}" --duration "$DURATION")"
    else
      row=$(run "${one[@]}" --duration "$DURATION")
      result="$(run "${many[@]}" --duration "$DURATION") $row"
    fi
    echo "$result" | awk '{ print $1 / $4, $0 }' >>"$WORK/pairs"
    stop_program "$SERVER_PID"
  done
  echo
  echo "| $TENANTS connections write to | writes a second | p99 ms | server's CPU µs a write |"
  echo "|---|---|---|---|"
  for at in 2 5; do
    name=$([[ $at == 2 ]] && echo "$TENANTS namespaces" || echo 'one namespace')
    echo "| $name | $(cell "$WORK/pairs" "$at" %d) | $(cell "$WORK/pairs" $((at + 1)) %.1f)" \
      "| $(cell "$WORK/pairs" $((at + 2)) %.1f) |"
  done
  echo
  echo "many / one: $(cell "$WORK/pairs" 1 %.2f)"
}

# Prints the number of open files of the server until it is ended.
watch_files() {
  while kill -0 "$SERVER_PID" 2>/dev/null; do
    find "/proc/$SERVER_PID/fd" -type l 2>/dev/null | wc -l
    sleep 0.2
  done
}

measure_many() {
  local begin made end watcher
  start_server
  watch_files >"$WORK/files" &
  watcher=$!
  STARTED_PIDS+=("$watcher")
  begin=$(date +%s%N)
  make_namespaces "$NAMESPACES"
  made=$(date +%s%N)
  awk '{ print $1, "[\"stream.write\",\"a-1\",{\"type\":\"T\",\"data\":{}}]" }' "$WORK/tokens" |
    send_all "$WORK/answers"
  awk '{ print $1, "[\"stream.get\",\"a-1\"]" }' "$WORK/tokens" | send_all "$WORK/answers"
  end=$(date +%s%N)
  [[ $(grep -o '"a-1"\|"T"' "$WORK/answers" | wc -l) -ge $NAMESPACES ]] || fail "events are missing"
  kill "$watcher" 2>/dev/null || true
  echo
  echo "$NAMESPACES namespaces made in $(((made - begin) / 1000000)) ms, one event written to each" \
    "and read in $(((end - made) / 1000000)) ms; highest resident memory" \
    "$(memory_mb VmHWM) MB," \
    "most open files $(sort -n "$WORK/files" | tail -1)"
  stop_program "$SERVER_PID"
}

main() {
  local part
  parse_flags "$@"
  need_built eventodb eventodb-load
  make_work_directory "$BUILD_DIR"
  echo "$(machine_line); durability $DURABILITY, $ROUNDS rounds of $DURATION; median (min..max)"
  for part in $PARTS; do
    case $part in
      rate) measure_rate ;;
      many) measure_many ;;
      *) fail "unknown part $part" ;;
    esac
  done
}

main "$@"
