#!/bin/bash
# Durable writes beside what Debian ships for the same purpose, in interleaved rounds.
# shellcheck disable=SC2034  # LOAD and LOAD_PIN are for bench-common.sh
set -euo pipefail

# shellcheck source=/dev/null
source "$(dirname "$0")/bench-common.sh"
# shellcheck source=/dev/null
source "$(dirname "$0")/bench-svg.sh"

usage() {
  cat <<'EOF'
usage: bench-peers.sh [options]

Writes the same event (data of 300 bytes, about 330 with its type) over the same number of
connections, one event a request, each on disk before it is answered, to

  eventodb     stream.write, --durability disk, with eventodb-load
  redis        XADD, appendonly yes, appendfsync always, with redis-benchmark
  postgres     INSERT into a table with a unique (stream, position), defaults for durability, with
               pgbench and prepared statements

The stores take turns within a round; each run has an empty store, which was written to for half a
second before. Prints medians of all rounds with their spread (min..max), the ratio of eventodb to
each peer, and the p99. All stores have their files in one temporary directory and listen on
loopback; everything that was started is ended, data is removed.

  --rounds N         rounds                                        [7]
  --seconds N        length of one run                             [2]
  --workers "N ..."  numbers of connections                        ["10 64 256"]
  --data-parent DIR  directory for the data; decides which disk. PostgreSQL's user must be able to
                     reach it when this runs as root               [/var/tmp]
  --build-dir DIR    where the programs are                        [build/release]
  --report NAME      writes profiles/NAME.md and profiles/NAME.svg
  --help
EOF
}

ROUNDS=7 SECONDS_EACH=2 WORKERS='10 64 256' DATA_PARENT=/var/tmp BUILD=$ROOT/build/release REPORT=''
STORES=(eventodb redis postgres)

parse_flags() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --rounds | --seconds | --workers | --data-parent | --build-dir | --report)
        [[ $# -ge 2 ]] || { usage >&2 && exit 2; }
        ;;
      *) usage >&2 && exit 2 ;;
    esac
    case $1 in
      --rounds) ROUNDS=$2 ;;
      --seconds) SECONDS_EACH=$2 ;;
      --workers) WORKERS=$2 ;;
      --data-parent) DATA_PARENT=$2 ;;
      --build-dir) BUILD=$2 ;;
      --report) REPORT=$2 ;;
    esac
    shift 2
  done
}

# A port nobody listens on now.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return 0; }
  done
  fail "no free port"
}

# Waits until a command succeeds; the program just started must stay alive.
wait_for() { # rest: command
  local _
  for _ in $(seq 200); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    kill -0 "$PROGRAM_PID" 2>/dev/null || break
    sleep 0.05
  done
  fail "a store did not start: $*"
}

# --- eventodb ------------------------------------------------------------------------------------

run_eventodb() { # $1: connections; sets OPS and P99
  local cpu
  start_program "$WORK/eventodb.log" "$BUILD/eventodb" serve --port 0 --bind 127.0.0.1 \
    --data-dir "$WORK/eventodb" --durability disk
  TOKEN=$(grep -A1 '^DEFAULT NAMESPACE TOKEN:' "$WORK/eventodb.log" | tail -1)
  local load=(run_load "$PROGRAM_PID" "$PROGRAM_PORT" "$TOKEN" --mix write --workers "$1"
    --payload-bytes 300)
  "${load[@]}" --duration 500ms >/dev/null
  read -r OPS P99 cpu < <("${load[@]}" --duration "${SECONDS_EACH}s")
  stop_program "$PROGRAM_PID"
  rm -rf "$WORK/eventodb"
}

# --- redis ---------------------------------------------------------------------------------------

# Prints "ops p99" of so many XADDs to 100 streams.
redis_load() { # $1: connections, $2: requests
  redis-benchmark -h 127.0.0.1 -p "$PORT" -c "$1" -n "$2" -r 100 --csv \
    XADD test-stream-__rand_int__ '*' type TestEvent data "$DATA" 2>/dev/null |
    tail -1 | tr -d '"' | awk -F, '{ print $(NF - 6), $(NF - 1) }'
}

run_redis() { # $1: connections; sets OPS and P99
  mkdir -p "$WORK/redis"
  PORT=$(free_port)
  redis-server --port "$PORT" --bind 127.0.0.1 --dir "$WORK/redis" --save '' --appendonly yes \
    --appendfsync always >"$WORK/redis.log" 2>&1 &
  PROGRAM_PID=$!
  STARTED_PIDS+=("$PROGRAM_PID")
  wait_for redis-cli -h 127.0.0.1 -p "$PORT" ping
  read -r OPS P99 < <(redis_load "$1" 20000)  # it knows no duration
  local requests
  requests=$(awk -v r="$OPS" -v s="$SECONDS_EACH" 'BEGIN { printf "%d", r * s }')
  read -r OPS P99 < <(redis_load "$1" "$requests")
  stop_program "$PROGRAM_PID"
  rm -rf "$WORK/redis"
}

# --- postgres ------------------------------------------------------------------------------------

# PostgreSQL refuses to run as root. The command takes this process's place or that of a job.
as_postgres() {
  local other_user=()
  if [[ $(id -u) == 0 ]]; then
    other_user=(setpriv --reuid=postgres --regid=postgres --init-groups)
  fi
  cd / # where that user may be
  exec "${other_user[@]}" "$@"
}

make_postgres() {
  PG_BIN=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1)
  chmod 711 "$WORK"
  mkdir "$WORK/pg"
  if [[ $(id -u) == 0 ]]; then chown postgres: "$WORK/pg"; fi
  (as_postgres "$PG_BIN/initdb" -D "$WORK/pg/data" -U bench --auth trust) >"$WORK/initdb.log" ||
    fail "initdb failed: $(tail -3 "$WORK/initdb.log")"
  # Each client counts positions in a stream of its own, so that none is taken twice.
  cat >"$WORK/insert.sql" <<EOF
\\set position :position + 1
INSERT INTO messages (stream, position, type, data)
  VALUES ('test-stream-' || :client_id, :position, 'TestEvent', '$DATA');
EOF
}

psql_do() {
  PGOPTIONS='-c client_min_messages=warning' psql -h 127.0.0.1 -p "$PORT" -U bench -q \
    -v ON_ERROR_STOP=1 postgres -c "$1"
}

pgbench_run() { # $1: connections, $2: first position, $3: seconds, rest: further flags
  local connections=$1 position=$2 seconds=$3
  shift 3
  pgbench -h 127.0.0.1 -p "$PORT" -U bench -n -M prepared -c "$connections" -T "$seconds" \
    -f "$WORK/insert.sql" -D "position=$position" "$@" postgres 2>"$WORK/pgbench.err" ||
    fail "pgbench failed: $(tail -3 "$WORK/pgbench.err")"
}

run_postgres() { # $1: connections; sets OPS and P99
  PORT=$(free_port)
  as_postgres "$PG_BIN/postgres" -D "$WORK/pg/data" -p "$PORT" -k "$WORK/pg" -c max_connections=300 \
    -c listen_addresses=127.0.0.1 -c shared_buffers=1GB -c max_wal_size=8GB \
    >"$WORK/postgres.log" 2>&1 &
  PROGRAM_PID=$!
  STARTED_PIDS+=("$PROGRAM_PID")
  wait_for psql_do 'SELECT 1'
  psql_do "DROP TABLE IF EXISTS messages"
  psql_do "CREATE TABLE messages (
    global_position bigserial PRIMARY KEY,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    stream text NOT NULL, position bigint NOT NULL,
    type text NOT NULL, data json NOT NULL, metadata json,
    time timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream, position))"
  pgbench_run "$1" 0 1 >/dev/null
  rm -f "$WORK"/latency.*
  OPS=$(pgbench_run "$1" 1000000 "$SECONDS_EACH" --log --log-prefix="$WORK/latency" |
    sed -n 's/^tps = \([0-9.]*\) .*/\1/p')
  P99=$(cat "$WORK"/latency.* | awk '{ print $3 }' | sort -n |
    awk '{ v[NR] = $1 } END { print v[int(NR * 0.99)] / 1000 }')
  kill -INT "$PROGRAM_PID"  # a fast shutdown: SIGTERM would wait for clients
  wait "$PROGRAM_PID" 2>/dev/null || true
}

# --- rounds --------------------------------------------------------------------------------------

measure() { # $1: connections
  local round i store
  : >"$WORK/runs"
  for round in $(seq "$ROUNDS"); do
    for i in 0 1 2; do
      store=${STORES[(round + i) % 3]}
      "run_$store" "$1"
      echo "$round $store $OPS $P99" >>"$WORK/runs"
    done
  done
  for store in "${STORES[@]}"; do report_row "$1" "$store"; done
}

column_of() { # $1: store, $2: column
  awk -v store="$1" -v n="$2" '$2 == store { print $n }' "$WORK/runs" | median_and_spread
}

# The ratio of eventodb to the store within each round.
ratio_to() {
  awk -v store="$1" '
    $2 == "eventodb" { ours[$1] = $3 }
    $2 == store { theirs[$1] = $3 }
    END { for (round in ours) print ours[round] / theirs[round] }' "$WORK/runs" | median_and_spread
}

report_row() { # $1: connections, $2: store
  local ops p99 ratio
  ops=$(column_of "$2" 3) p99=$(column_of "$2" 4) ratio=$(ratio_to "$2")
  echo "$1 $2 $ops $p99 $ratio" | awk '{
    printf "| %d | %s | %d (%d..%d) | %.2f (%.2f..%.2f) | %.2f (%.2f..%.2f) |\n",
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 }' | tee -a "$WORK/table.md"
  printf '%s connections\t%s\t%s\n' "$1" "$2" "${ops%% *}" >>"$WORK/bars"
}

main() {
  parse_flags "$@"
  LOAD=$BUILD/eventodb-load LOAD_PIN=()
  [[ -x $BUILD/eventodb && -x $LOAD ]] || fail "the programs in $BUILD are not built"
  local program workers
  for program in redis-server redis-benchmark psql pgbench; do
    command -v "$program" >/dev/null || fail "$program is missing: install-dependencies.sh peers"
  done
  make_work_directory "$DATA_PARENT"
  DATA="{\"serial\":\"000000000000\",\"text\":\"$(printf 'x%.0s' $(seq 265))\"}"
  make_postgres
  {
    echo "$(machine_line); $(redis-server --version | awk '{ print $1, $3 }')," \
      "$(pgbench --version); $ROUNDS rounds of $SECONDS_EACH s; writes a second, median (min..max)"
    echo
    echo "| connections | store | writes a second | p99 ms | eventodb is faster by |"
    echo "|---|---|---|---|---|"
  } | tee "$WORK/table.md"
  for workers in $WORKERS; do measure "$workers"; done
  if [[ -n $REPORT ]]; then
    mkdir -p "$ROOT/profiles"
    cp "$WORK/table.md" "$ROOT/profiles/$REPORT.md"
    svg_bars "Durable writes of one event of 330 bytes" "writes a second, on disk before the answer" \
      <"$WORK/bars" >"$ROOT/profiles/$REPORT.svg"
    echo "wrote profiles/$REPORT.md and profiles/$REPORT.svg"
  fi
}

main "$@"
