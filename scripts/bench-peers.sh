#!/bin/bash
# usage: bench-peers.sh [options]
#
# Durable writes beside what Debian ships for the same purpose, in interleaved rounds.
#
# Writes the same event (data of 300 bytes, about 330 with its type) over the same number of
# connections, one event a request, each on disk before it is answered, to
#
#   eventodb     stream.write, --durability disk, with eventodb-load
#   redis        XADD, appendonly yes, appendfsync always, with redis-benchmark
#   postgres     INSERT into a table with a unique (stream, position), defaults for durability, with
#                pgbench and prepared statements
#
# The stores take turns within a round; each run has an empty store, which was written to for a
# moment before (half a second, 20,000 requests, one second). Prints medians of all rounds with
# their spread (min..max), the ratio of eventodb to each peer, and the p99. All stores have their
# files in one temporary directory and listen on loopback; everything that was started is ended,
# data is removed.
#
#   --rounds N         rounds                                        [7]
#   --seconds N        length of one run                             [2]
#   --workers "N ..."  numbers of connections                        ["10 64 256"]
#   --data-parent DIR  directory for the data; decides which disk. PostgreSQL's user must be able to
#                      reach it when this runs as root               [/var/tmp]
#   --server PROGRAM   the eventodb to measure                         [of the build directory]
#   --build-dir DIR    where the programs are                        [build/release]
#   --report NAME      writes profiles/NAME.md and profiles/NAME.svg
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"
# shellcheck source=scripts/bench-svg.sh
source "$(dirname "$0")/bench-svg.sh"

unset SECONDS # bash counts in it otherwise
ROUNDS=7 SECONDS=2 WORKERS='10 64 256' DATA_PARENT=/var/tmp
STORES=(eventodb redis postgres)

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
  local flags=(--mix write --workers "$1" --payload-bytes 300)
  start_eventodb "$SERVER" disk
  load "${flags[@]}" --duration 500ms >/dev/null
  read -r OPS P99 _ < <(load "${flags[@]}" --duration "${SECONDS}s")
  stop_program "$SERVER_PID"
  rm -rf "$WORK/data"
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
  requests=$(awk -v r="$OPS" -v s="$SECONDS" 'BEGIN { printf "%d", r * s }')
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
  OPS=$(pgbench_run "$1" 1000000 "$SECONDS" --log --log-prefix="$WORK/latency" |
    sed -n 's/^tps = \([0-9.]*\) .*/\1/p')
  P99=$(cat "$WORK"/latency.* | awk '{ print $3 }' | sort -n |
    awk '{ v[NR] = $1 } END { print v[int(NR * 0.99)] / 1000 }')
  kill -INT "$PROGRAM_PID"  # a fast shutdown: SIGTERM would wait for clients
  wait "$PROGRAM_PID" 2>/dev/null || true
}

# --- rounds --------------------------------------------------------------------------------------

# Notes "ops p99" of each run in $WORK/runs-<store>.
measure() { # $1: connections
  local round i store
  rm -f "$WORK"/runs-*
  for round in $(seq "$ROUNDS"); do
    for i in 0 1 2; do
      store=${STORES[(round + i) % 3]}
      "run_$store" "$1"
      echo "$OPS $P99" >>"$WORK/runs-$store"
    done
  done
  for store in "${STORES[@]}"; do report_row "$1" "$store"; done
}

report_row() { # $1: connections, $2: store
  local runs=$WORK/runs-$2
  # The ratio of eventodb to the store within each round.
  paste -d' ' "$WORK/runs-eventodb" "$runs" | awk '{ print $1 / $3 }' >"$WORK/ratios"
  echo "| $1 | $2 | $(cell "$runs" 1 %d) | $(cell "$runs" 2 %.2f)" \
    "| $(cell "$WORK/ratios" 1 %.2f) |" | tee -a "$WORK/table.md"
  printf '%s connections\t%s\t%s\n' "$1" "$2" "$(column "$runs" 1 | cut -d' ' -f1)" >>"$WORK/bars"
}

main() {
  parse_flags "$@"
  need_built eventodb-load
  choose_server
  local program workers
  for program in redis-server redis-benchmark psql pgbench; do
    command -v "$program" >/dev/null || fail "$program is missing: install-dependencies.sh peers"
  done
  make_work_directory "$DATA_PARENT"
  DATA="{\"serial\":\"000000000000\",\"text\":\"$(printf 'x%.0s' $(seq 265))\"}"
  make_postgres
  {
    echo "$(machine_line); $(redis-server --version | awk '{ print $1, $3 }')," \
      "$(pgbench --version); $ROUNDS rounds of $SECONDS s; writes a second, median (min..max)"
    echo
    echo "| connections | store | writes a second | p99 ms | eventodb is faster by |"
    echo "|---|---|---|---|---|"
  } | tee "$WORK/table.md"
  for workers in $WORKERS; do measure "$workers"; done
  keep_table
  if [[ -n $REPORT ]]; then
    svg_bars "Durable writes of one event of 330 bytes" "writes a second, on disk before the answer" \
      <"$WORK/bars" >"$ROOT/profiles/$REPORT.svg"
    echo "wrote profiles/$REPORT.svg"
  fi
}

main "$@"
