# shellcheck shell=bash
# Sourced by the scripts that measure: their flags, starting programs on free ports, one load run,
# the numbers of a table, and ending what was started.

# shellcheck disable=SC2034  # used by the scripts that source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD_DIR=$ROOT/build/release REPORT='' SERVER=''
SERVER_PREFIX=() LOAD_PREFIX=() # commands that pin what they start, or nothing
PIN=none
STARTED_PIDS=()

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# --- flags ---------------------------------------------------------------------------------------

# The usage of a script is the comment at its head.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

usage_error() {
  usage >&2
  exit 2
}

# Sets a variable for each flag: "--io-threads 2" sets IO_THREADS. The flags with a value are those
# that the usage lists at the start of a line.
parse_flags() { # $@: the command line
  local flags name
  flags=$(usage | sed -n 's/^  \(--[a-z-]*\) .*/\1/p')
  while [[ $# -gt 0 ]]; do
    if [[ $1 == --help || $1 == -h ]]; then usage && exit 0; fi
    if [[ $# -lt 2 ]] || ! grep -qxFe "$1" <<<"$flags"; then usage_error; fi
    name=${1#--}
    name=${name//-/_}
    printf -v "${name^^}" %s "$2"
    shift 2
  done
}

# For scripts with a flag --pin.
choose_pinning() {
  case $PIN in
    none) ;;
    same) SERVER_PREFIX=(taskset -c 0) LOAD_PREFIX=(taskset -c 0) ;;
    split) SERVER_PREFIX=(taskset -c 0) LOAD_PREFIX=(taskset -c 1) ;;
    *) usage_error ;;
  esac
}

need_built() { # $@: programs of $BUILD_DIR
  local program
  for program in "$@"; do
    [[ -x $BUILD_DIR/$program ]] || fail "$BUILD_DIR/$program is not built"
  done
}

# For scripts with a flag --server. Sets SERVER, the program to measure.
choose_server() {
  SERVER=${SERVER:-$BUILD_DIR/eventodb}
  [[ -x $SERVER ]] || fail "$SERVER is not built"
}

# --- programs ------------------------------------------------------------------------------------

# Sets WORK, a directory that goes away with the script.
make_work_directory() { # $1: directory to make it in; decides which disk is measured
  mkdir -p "$1"
  WORK=$(mktemp -d "$1/bench.XXXXXX")
  trap end_everything EXIT
  trap 'exit 130' INT TERM
}

end_everything() {
  local pid
  for pid in "${STARTED_PIDS[@]}"; do stop_program "$pid"; done
  rm -rf "$WORK"
}

# Starts a program in the background and waits for its line "... listening on ...:PORT".
# Sets PROGRAM_PID and PROGRAM_PORT.
start_program() { # $1: log file, rest: command
  local log=$1 line
  shift
  : >"$log"
  "$@" >>"$log" 2>&1 &
  PROGRAM_PID=$!
  STARTED_PIDS+=("$PROGRAM_PID")
  for _ in $(seq 200); do
    line=$(grep -m1 ' listening on ' "$log" || true)
    if [[ $line =~ \ listening\ on\ [^\ ]*:([0-9]+) ]]; then
      PROGRAM_PORT=${BASH_REMATCH[1]}
      return 0
    fi
    kill -0 "$PROGRAM_PID" 2>/dev/null || break
    sleep 0.05
  done
  cat "$log" >&2
  fail "$1 did not start"
}

# Starts a server on a free port. Its files are in $WORK/data, with what is there. Sets SERVER_PID,
# SERVER_PORT and TOKEN; a store that was there before keeps its token.
start_eventodb() { # $1: program, $2: memory (test mode), disk or os, rest: further flags
  local command=("${SERVER_PREFIX[@]}" "$1" serve --port 0 --bind 127.0.0.1) token
  case $2 in
    memory) command+=(--test-mode) TOKEN='' ;; # none is needed
    disk | os) command+=(--data-dir "$WORK/data" --durability "$2") ;;
    *) fail "unknown mode $2" ;;
  esac
  start_program "$WORK/server.log" "${command[@]}" "${@:3}"
  SERVER_PID=$PROGRAM_PID SERVER_PORT=$PROGRAM_PORT
  token=$(sed -n '/^DEFAULT NAMESPACE TOKEN:/{ n; p; q; }' "$WORK/server.log")
  if [[ -n $token && $2 != memory ]]; then TOKEN=$token; fi
}

stop_program() { # $1: pid of a program of start_program
  kill "$1" 2>/dev/null || return 0
  wait "$1" 2>/dev/null || true
}

# User and system time of a process's living threads so far, in microseconds.
cpu_us() { # $1: pid
  # Nanoseconds on a CPU, nanoseconds waiting for one, time slices.
  cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%d", ns / 1000 }'
}

memory_mb() { # $1: VmRSS (resident now) or VmHWM (at most so far) of the server
  echo $(($(sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$SERVER_PID/status") / 1024))
}

# --- requests ------------------------------------------------------------------------------------

rpc() { # $1: body; prints the answer
  curl -sS -f -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$SERVER_PORT/rpc" -d "$1"
}

message_count() { rpc '["ns.info","default"]' | jq .messageCount; }

# One run of eventodb-load; prints "ops_per_sec p99_ms cpu_us", the last one being the CPU time the
# server took per operation. Fails when the client reports errors.
run_load() { # $1: pid of the server, $2: port, $3: token or "", rest: flags of eventodb-load
  local pid=$1 token=$3 before after
  local command=("${LOAD_PREFIX[@]}" "$BUILD_DIR/eventodb-load" --quiet
    --url "http://127.0.0.1:$2")
  shift 3
  if [[ -n $token ]]; then command+=(--token "$token"); fi
  before=$(cpu_us "$pid")
  "${command[@]}" --profile-dir "$WORK/load" "$@" >"$WORK/load.log" 2>&1 || {
    cat "$WORK/load.log" >&2
    fail "the load client reports errors"
  }
  after=$(cpu_us "$pid")
  jq -r --argjson cpu_us "$((after - before))" \
    '"\(.ops_per_sec) \(.p99_ms) \($cpu_us / .total_ops)"' "$WORK/load/load-test-results.json"
}

load() { # $@: flags of eventodb-load; the server is that of start_eventodb
  run_load "$SERVER_PID" "$SERVER_PORT" "$TOKEN" "$@"
}

# Writes until the server has about so many messages.
fill_to() { # $1: messages, rest: flags of eventodb-load
  local count
  count=$(message_count)
  while ((count < $1)); do
    load --mix write "${@:2}" >/dev/null
    count=$(message_count)
  done
}

# --- tables --------------------------------------------------------------------------------------

# Prints "median min max" of the numbers on standard input.
median_and_spread() {
  sort -g | awk '{ v[NR] = $1 }
    END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; print m, v[1], v[NR] }'
}

column() { # $1: file, $2: number of the column
  awk -v n="$2" '{ print $n }' "$1" | median_and_spread
}

# "median (lowest..highest)" of a column in this format.
cell() { # $1: file, $2: number of the column, $3: printf format
  column "$1" "$2" | awk -v f="$3" '{ printf f " (" f ".." f ")", $1, $2, $3 }'
}

machine_line() {
  local cpu
  cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
  echo "$(nproc) x $cpu, Linux $(uname -r), $(date -u +%Y-%m-%d)"
}

# Keeps $WORK/table.md, if a report was asked for.
keep_table() {
  if [[ -z $REPORT ]]; then return 0; fi
  mkdir -p "$ROOT/profiles"
  cp "$WORK/table.md" "$ROOT/profiles/$REPORT.md"
  echo "wrote profiles/$REPORT.md"
}
