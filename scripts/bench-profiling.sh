#!/bin/bash
# usage: bench-profiling.sh [options]
#
# Measures what profiling costs: servers with and without it, in turn.
#
# Starts one server in test mode for each way to run and puts the same load on one after the other
# for a moment, in another order each round: what else happens on the machine then meets all of
# them. Server and client share one CPU, which repeats best. Prints for each way throughput and the
# server's CPU time per operation, median and quartiles of all rounds, and how they differ from
# "off" in the same round: the median of the differences and where it lies with 95 % confidence.
# Ways:
#
#   off       heap and allocation sampling off (TCMALLOC_SAMPLE_PARAMETER=0)
#   sampling  as the server starts without any setting
#   cpu       sampling, and a CPU profile is being taken
#   without   a build without profiling; only with --without-dir
#
#   --rounds N         rounds, each one run of every way; 6 or more [200]
#   --duration D       length of one run, as eventodb-load takes it [100ms]
#   --workers N        connections                                  [16]
#   --build-dir DIR    where the programs are                       [build/release]
#   --without-dir DIR  build of the server with EVENTODB_PROFILING=OFF
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

ROUNDS=200 DURATION=100ms WORKERS=16 WITHOUT_DIR=''
WAYS=(off sampling cpu)
declare -A PID PORT
# A server in test mode keeps all it was ever sent: after so many rounds it is replaced.
ROUNDS_OF_A_SERVER=50

start_server() { # $1: way
  local directory=$BUILD_DIR environment=(-u TCMALLOC_SAMPLE_PARAMETER)
  if [[ $1 == off ]]; then environment=(TCMALLOC_SAMPLE_PARAMETER=0); fi
  if [[ $1 == without ]]; then directory=$WITHOUT_DIR; fi
  SERVER_PREFIX=(taskset -c 0 env "${environment[@]}")
  start_eventodb "$directory/eventodb" memory --io-threads 1
  PID[$1]=$SERVER_PID PORT[$1]=$SERVER_PORT
}

load_way() { # $1: way, $2: duration; prints "ops_per_sec p99_ms cpu_us"
  run_load "${PID[$1]}" "${PORT[$1]}" '' --workers "$WORKERS" --duration "$2"
}

start_servers() {
  local way
  for way in "${WAYS[@]}"; do start_server "$way"; done
  # It lasts as long as the server.
  curl -s --noproxy '*' -o "$WORK/profile" \
    "http://127.0.0.1:${PORT[cpu]}/debug/pprof/profile?seconds=300" &
  PROFILE=$!
  for way in "${WAYS[@]}"; do load_way "$way" 300ms >/dev/null; done
}

stop_servers() {
  local way
  kill -0 "$PROFILE" || fail "the CPU profile ended before the load"
  for way in "${WAYS[@]}"; do stop_program "${PID[$way]}"; done
  wait "$PROFILE" || true
}

measure_round() { # $1: number; appends "ops cpu" to $WORK/<way>
  local i way
  for i in "${!WAYS[@]}"; do
    way=${WAYS[(i + $1) % ${#WAYS[@]}]}
    load_way "$way" "$DURATION" | awk '{ print $1, $3 }' >>"$WORK/$way"
  done
}

# Prints "median lower_quartile upper_quartile" of the numbers on standard input.
median_and_quartiles() {
  sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[int((NR + 3) / 4)],
    v[int((3 * NR + 1) / 4)] }'
}

# Prints "median low high" of the numbers on standard input: the median of all rounds there could be
# lies between low and high with 95 % confidence (order statistics, normal approximation).
median_with_confidence() {
  sort -g | awk '{ v[NR] = $1 }
    END {
      m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
      low = int((NR - 1.96 * sqrt(NR)) / 2)
      if (low < 1) low = 1
      print m, v[low], v[NR + 1 - low]
    }'
}

# Each round's figure of a way against the one of "off", in percent.
differences() { # $1: way, $2: column
  paste -d' ' "$WORK/off" "$WORK/$1" |
    awk -v n="$2" '{ printf "%.3f\n", ($(n + 2) / $n - 1) * 100 }' | median_with_confidence
}

report_row() { # $1: way
  echo "$1 $(cut -d' ' -f1 "$WORK/$1" | median_and_quartiles) $(differences "$1" 1)" \
    "$(cut -d' ' -f2 "$WORK/$1" | median_and_quartiles) $(differences "$1" 2)" |
    awk '{ printf "| %s | %d (%d..%d) | %+.1f %% (%+.1f..%+.1f) | %.2f (%.2f..%.2f) |", $1, $2, $3,
             $4, $5, $6, $7, $8, $9, $10
           printf " %+.1f %% (%+.1f..%+.1f) |\n", $11, $12, $13 }'
}

main() {
  local round way
  parse_flags "$@"
  [[ $ROUNDS =~ ^[0-9]+$ && $ROUNDS -ge 6 ]] || fail "--rounds must be 6 or more"
  need_built eventodb eventodb-load
  if [[ -n $WITHOUT_DIR ]]; then
    [[ -x $WITHOUT_DIR/eventodb ]] || fail "$WITHOUT_DIR/eventodb is not built"
    WAYS+=(without)
  fi
  LOAD_PREFIX=(taskset -c 0)
  make_work_directory "$BUILD_DIR"
  for round in $(seq "$ROUNDS"); do
    if ((round % ROUNDS_OF_A_SERVER == 1)); then
      echo "round $round of $ROUNDS" >&2
      start_servers
    fi
    measure_round "$round"
    if ((round % ROUNDS_OF_A_SERVER == 0 || round == ROUNDS)); then stop_servers; fi
  done
  echo "$(machine_line); test mode, $ROUNDS rounds of $DURATION, $WORKERS connections, one CPU;" \
    "median (quartiles), differences with 95 % confidence"
  echo
  echo '| | operations a second | against off | CPU µs per operation | against off |'
  echo '|---|---|---|---|---|'
  for way in "${WAYS[@]}"; do report_row "$way"; done
}

main "$@"
