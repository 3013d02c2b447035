#!/bin/bash
# usage: bench-budget.sh [options]
#
# Where the server spends a request: CPU time by thread and stage.
#
# Puts a load on the server while `perf` takes samples of all its threads, and prints what each kind
# of thread spent on each stage, in µs a request. A sample belongs to the first stage of the list
# below that one of its callers, or itself, is named in. Libraries without frame pointers (SQLite)
# hide their callers. Everything that was started is ended, data is removed.
#
#   --mode M           memory, disk or os                          [disk]
#   --mix M            10:1, write, read, or any W:R               [write]
#   --workers N        connections                                 [64]
#   --duration D       length of the load                          [4s]
#   --server PROGRAM   the server to measure                       [of the build directory]
#   --build-dir DIR    where the programs are                      [build/release]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

MODE=disk MIX=write WORKERS=64 DURATION=4s

# "kind of thread|stage|function, a regular expression"
STAGES='io|send: with the delivery to the client and its wake-up|__x64_sys_(sendto|sendmsg|write|writev)$
io|receive|__x64_sys_recv(from|msg)$
io|wait for events|__x64_sys_epoll_wait$|__x64_sys_epoll_pwait$
io|other calls of the kernel: locks, wake-ups of writers|^do_syscall_64$
io|read the head|parse_head|finish_head|basic_parser|HeadParser|Framing
io|credentials|AccessCache|equal_constant_time|authenticate
io|read and check the JSON|decode_|JsonCursor|Validator|string_end|find_invalid_utf8|unescape_json|simdjson
io|store, in memory|MemoryNamespace|MessageLog
io|render the answer|render|append_head|finish_write|append_json_string
io|leave for a storage thread|leave_at_turn_end|send_leaving|SqliteNamespace::enqueue
io|coroutines, come home, the event loop|.
writer|sync|__x64_sys_fdatasync$
writer|write the log, and the checkpoint|__x64_sys_(pwrite64|pread64)$
writer|sleep, wake up, wake the I/O thread|__x64_sys_(futex|epoll_ctl|write)$
writer|other calls of the kernel|^do_syscall_64$
writer|publish|publish_locked
writer|plan: ids, versions|AppendBatch
writer|SQLite, and the rest|.
indexer|all|.
reader|all|.'

# Prints "samples|kind|stage|place in the list" from the samples' stacks: a sample is of the stage
# that the innermost function with a stage has, and of the last one of its kind when none has. What
# functions are made for (template arguments) says nothing of what they do.
sort_samples() {
  perf script -i "$WORK/perf.data" -F comm,ip,sym 2>"$WORK/perf.log" |
    STAGES=$STAGES awk '
      BEGIN {
        count = split(ENVIRON["STAGES"], lines, "\n")
        for (i = 1; i <= count; ++i) {
          split(lines[i], part, "|")
          kinds[i] = part[1]
          names[i] = part[2]
          patterns[i] = substr(lines[i], length(part[1]) + length(part[2]) + 3)
        }
      }
      function place(i, f, rest) {
        rest = 0
        for (i = 1; i <= count; ++i) if (kinds[i] == kind && patterns[i] == ".") rest = i
        for (f = 1; f <= frames; ++f) {
          for (i = 1; i < rest; ++i) if (kinds[i] == kind && stack[f] ~ patterns[i]) return i
        }
        return rest
      }
      function end_sample() {
        if (frames > 0) ++samples[place()]
        frames = 0
      }
      /^[^ \t]/ { end_sample(); kind = $1; sub(/-[0-9]+$/, "", kind); next }
      NF > 1 {
        $1 = ""
        sub(/^ /, "")
        while (gsub(/<[^<>]*>/, "")) {}
        stack[++frames] = $0
      }
      END {
        end_sample()
        for (i in samples) {
          if (i == 0) print samples[i] "|other|all|999"
          else print samples[i] "|" kinds[i] "|" names[i] "|" i
        }
      }'
}

main() {
  parse_flags "$@"
  need_built eventodb-load
  choose_server
  command -v perf >/dev/null || fail "perf is missing; scripts/install-dependencies.sh budget"
  make_work_directory "$BUILD_DIR"
  start_eventodb "$SERVER" "$MODE"
  local flags=(--mix "$MIX" --workers "$WORKERS") rate p99 cpu
  load "${flags[@]}" --duration 500ms >/dev/null
  perf record -q -e cpu-clock -F 4999 -g -o "$WORK/perf.data" -p "$SERVER_PID" \
    >"$WORK/perf.log" 2>&1 &
  local perf_pid=$!
  STARTED_PIDS+=("$perf_pid")
  while [[ ! -s $WORK/perf.data ]] && kill -0 "$perf_pid" 2>/dev/null; do sleep 0.05; done
  read -r rate p99 cpu < <(load "${flags[@]}" --duration "$DURATION")
  kill -INT "$perf_pid"
  wait "$perf_pid" || true
  stop_program "$SERVER_PID"
  sort_samples | sort -t'|' -k4,4n >"$WORK/samples"
  [[ -s $WORK/samples ]] || fail "no samples; perf said: $(cat "$WORK/perf.log")"
  echo "$(machine_line); $MODE, $MIX, $WORKERS connections, $DURATION:" \
    "$(printf '%.0f a second, p99 %.2f ms, CPU of the server %.1f µs a request' \
      "$rate" "$p99" "$cpu")"
  echo
  echo '| thread | stage | µs a request |'
  echo '|---|---|---|'
  awk -F'|' -v cpu="$cpu" '
    { samples[NR] = $1; thread[NR] = $2; stage[NR] = $3; all += $1 }
    END {
      for (i = 1; i <= NR; ++i) {
        printf "| %s | %s | %.2f |\n", thread[i], stage[i], samples[i] * cpu / all
      }
    }' "$WORK/samples"
}

main "$@"
