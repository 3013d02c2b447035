# shellcheck shell=bash
# Sourced by the benchmarks: starting programs on free ports, one load run, and ending what was
# started. Sets WORK, a directory that goes away with the script. Callers set LOAD, the load client,
# and LOAD_PIN, the command that pins it (or nothing).

# shellcheck disable=SC2034  # used by the scripts that source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
STARTED_PIDS=()

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

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

stop_program() { # $1: pid of a program of start_program
  kill "$1" 2>/dev/null || return 0
  wait "$1" 2>/dev/null || true
}

# User and system time of a process's living threads so far, in microseconds.
cpu_us() { # $1: pid
  # Nanoseconds on a CPU, nanoseconds waiting for one, time slices.
  cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%d", ns / 1000 }'
}

# One run of eventodb-load; prints "ops_per_sec p99_ms cpu_us", the last one being the CPU time the
# server took per operation. Fails when the client reports errors.
run_load() { # $1: pid of the server, $2: port, $3: token or "", rest: flags of eventodb-load
  local pid=$1 token=$3 before after
  local command=("${LOAD_PIN[@]}" "$LOAD" --quiet --url "http://127.0.0.1:$2")
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

# Prints "median min max" of the numbers on standard input.
median_and_spread() {
  sort -g | awk '{ v[NR] = $1 }
    END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; print m, v[1], v[NR] }'
}

machine_line() {
  local cpu
  cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
  echo "$(nproc) x $cpu, Linux $(uname -r), $(date -u +%Y-%m-%d)"
}
