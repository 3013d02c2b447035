#!/bin/bash
# usage: build-optimized.sh [options]
#
# Builds build/optimized/eventodb by profile-guided optimisation: the server, compiled by GCC for
# what servers do most.
#
# Compiles the server with counters (build/training), runs a training load on it, in test mode and
# on files, and compiles it once more for what was counted. Trains anew when the server or this
# script has changed since, so that what was counted always belongs to what is compiled.
#
#   --jobs N      of the compiler                              [$JOBS, or the number of CPUs]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

JOBS=${JOBS:-$(nproc)}
DURATION=1s # of each part of the training load
SELF=$(realpath "$0")
TRAINED=$ROOT/build/training/eventodb
PROFILE=$ROOT/build/training/profile # as in CMakePresets.json
# For those of its methods that the load client does not know.
REPEATED=20000

compile() { # $1: preset, rest: targets
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1" -j "$JOBS" --target "${@:2}"
}

# --- the load ------------------------------------------------------------------------------------

writes() {
  local workers
  for workers in 1 10 64 256; do
    load --mix write --workers "$workers" --duration "$DURATION"
  done
  load --mix write --workers 10 --ids v7 --duration "$DURATION"
  load --mix write --workers 10 --ids v4 --duration "$DURATION"
  load --mix write --workers 10 --pipeline 16 --duration "$DURATION"
}

batches() {
  local flags=(--mix write --workers 4 --duration "$DURATION")
  load "${flags[@]}" --batch 100 --payload-bytes 300
  load "${flags[@]}" --batch 10 --across
}

reads() {
  load --mix 10:1 --workers 10 --duration "$DURATION"
  load --mix 10:1 --workers 64 --duration "$DURATION"
  load --mix read --workers 10 --duration "$DURATION"
  load --mix read --workers 64 --scattered --duration "$DURATION"
}

# Sends one request again and again over one connection, with the fields of a browser.
repeat() { # $1: body
  local answers
  exec 3<>"/dev/tcp/127.0.0.1/$SERVER_PORT"
  BODY=$1 awk -v n="$REPEATED" -v token="$TOKEN" 'BEGIN {
    body = ENVIRON["BODY"] # as it is: -v would read its escapes
    head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" \
      "Accept: */*\r\nAccept-Language: en\r\nAccept-Encoding: gzip, deflate\r\n" \
      "Content-Type: application/json\r\nAuthorization: Bearer " token "\r\n" \
      "Content-Length: " length(body) "\r\n"
    while (--n > 0) printf "%sConnection: keep-alive\r\n\r\n%s", head, body
    printf "%sConnection: close\r\n\r\n%s", head, body }' >&3 &
  answers=$({ grep -ao 'HTTP/1.1 200 OK' || true; } <&3 | wc -l)
  exec 3>&-
  wait $! || true # it ends badly when the server does not take all; counted below
  [[ $answers == "$REPEATED" ]] || fail "$1 was answered $answers times of $REPEATED"
}

other_methods() {
  repeat '["stream.version","test-stream-1"]'
  repeat '["stream.last","test-stream-1"]'
  repeat '["category.get","test",{"position":100,"batchSize":10}]'
  repeat '["stream.write","order-1",{"type":"Placed",
    "data":{"text":"\u00e9\n","n":[1,2.5,null]},"metadata":{"correlationStreamName":"cart-1"}}]'
  repeat '{"jsonrpc":"2.0","id":1,"method":"stream.get",
    "params":["test-stream-2",{"position":0,"batchSize":10}]}'
}

subscriptions() {
  local client=("$BUILD_DIR/eventodb-subscribers") access=(--url "http://127.0.0.1:$SERVER_PORT")
  if [[ -n $TOKEN ]]; then access+=(--token "$TOKEN"); fi
  "${client[@]}" latency "${access[@]}" --subscribers 20 --messages 1000
  "${client[@]}" catch-up "${access[@]}" --query 'all=true&payload=true' --messages "$REPEATED"
  "${client[@]}" catch-up "${access[@]}" --query 'category=test' --messages "$REPEATED"
}

train() {
  rm -rf "$PROFILE"
  make_work_directory "$ROOT/build/training"
  start_eventodb "$TRAINED" memory
  writes
  batches
  reads
  other_methods
  subscriptions
  stop_program "$SERVER_PID"
  start_eventodb "$TRAINED" disk
  writes
  batches
  reads
  other_methods
  stop_program "$SERVER_PID"
  # Nothing is in memory now: reads come from the files.
  start_eventodb "$TRAINED" disk
  reads
  other_methods
  subscriptions
  stop_program "$SERVER_PID" # the counts are written at an orderly end
  [[ -n $(find "$PROFILE" -name '*.gcda' -print -quit) ]] || fail "the training left no counts"
  STARTED_PIDS=() # all of them have ended
  touch "$PROFILE/complete"
}

main() {
  parse_flags "$@"
  cd "$ROOT"
  compile training eventodb
  compile release eventodb-load eventodb-subscribers
  if [[ ! $PROFILE/complete -nt $TRAINED || ! $PROFILE/complete -nt $SELF ]]; then
    echo "training"
    train >/dev/null # what the clients measured
  fi
  compile optimized eventodb
}

main "$@"
