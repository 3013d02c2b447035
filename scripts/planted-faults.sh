#!/bin/bash
# Proof that the tests see what they are there for: plants each fault of tests/faults in a copy of
# the tree and demands that the test it names turns red.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: planted-faults.sh [options] [NAME]...

For every tests/faults/NAME.patch, or for those named: applies it to a copy of the tree, builds the
test that its line "Test: PROGRAM FILTER" names, and runs it. Exits 1 unless every one of these
tests passes without the fault and fails with it.

  --build-dir DIR  for the copy and its build        [build/faults]
  --jobs N         of the compiler                   [$JOBS, or the number of CPUs]
  --limit SECONDS  a test that takes longer failed   [120]
  --help

EVENTODB_CRASH_CYCLES (default 40 here) and EVENTODB_HAND_OVERS (1000) set the length of tests that
are campaigns.
EOF
}

ROOT=$(cd "$(dirname "$0")/.." && pwd)
WORK=$ROOT/build/faults JOBS=${JOBS:-$(nproc)} LIMIT=120 NAMES=()
export EVENTODB_CRASH_CYCLES=${EVENTODB_CRASH_CYCLES:-40}
export EVENTODB_HAND_OVERS=${EVENTODB_HAND_OVERS:-1000}

fail() {
  echo "planted-faults.sh: $*" >&2
  exit 1
}

parse_flags() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --build-dir | --jobs | --limit)
        [[ $# -ge 2 ]] || { usage >&2 && exit 2; }
        case $1 in
          --build-dir) WORK=$2 ;;
          --jobs) JOBS=$2 ;;
          --limit) LIMIT=$2 ;;
        esac
        shift 2
        ;;
      -*) usage >&2 && exit 2 ;;
      *) NAMES+=("$1") && shift ;;
    esac
  done
  if [[ ${#NAMES[@]} == 0 ]]; then
    mapfile -t NAMES < <(cd "$ROOT/tests/faults" && printf '%s\n' *.patch | sed 's/\.patch$//')
  fi
}

# The tree as it is now. Files that did not change keep their times, so that a second run compiles
# little.
copy_tree() {
  mkdir -p "$WORK"
  WORK=$(cd "$WORK" && pwd)
  TREE=$WORK/tree BUILD=$WORK/tree/build/release
  mkdir -p "$TREE"
  (cd "$ROOT" && git ls-files -z --cached --others --exclude-standard) |
    while IFS= read -r -d '' file; do
      if [[ ! -e $ROOT/$file ]]; then continue; fi
      if cmp -s "$ROOT/$file" "$TREE/$file"; then continue; fi
      mkdir -p "$TREE/$(dirname "$file")"
      cp "$ROOT/$file" "$TREE/$file"
    done
}

line_of() { # $1: name of a fault, $2: "Fault" or "Test"
  sed -n "s/^$2: //p" "$TREE/tests/faults/$1.patch"
}

build() { # targets
  cmake --build "$BUILD" -j "$JOBS" --target "$@" >"$WORK/build.log" 2>&1
}

# Runs a test program; the log is $WORK/test.log. Says green, red or none (no such test).
run_test() { # $1: program, $2: filter
  local program status=0
  program=$(find "$BUILD" -type f -name "$1" -perm -u+x)
  (cd "$WORK" && timeout "$LIMIT" "$program" --gtest_filter="$2" --gtest_brief=1) \
    >"$WORK/test.log" 2>&1 || status=$?
  if grep -q '^\[==========\] 0 tests' "$WORK/test.log"; then
    echo none
  elif [[ $status == 0 ]]; then
    echo green
  elif [[ $status == 124 ]]; then
    echo "red (time limit)"
  else
    echo red
  fi
}

plant() { # $1: name, further: -R to take it out
  # The copy is no repository, though it may lie within one.
  (cd "$TREE" && GIT_CEILING_DIRECTORIES=$WORK git apply "${@:2}" "tests/faults/$1.patch")
}

# What is wrong with the fault's test, or nothing.
examine() { # $1: name
  local program filter found
  read -r program filter <<<"$(line_of "$1" Test)"
  build "$program" || fail "$program does not build; see $WORK/build.log"
  found=$(run_test "$program" "$filter")
  if [[ $found != green ]]; then
    echo "without the fault: $found"
    return 0
  fi
  plant "$1"
  if ! build "$program"; then
    echo "with the fault: does not build"
  else
    found=$(run_test "$program" "$filter")
    [[ $found == red* ]] || echo "with the fault: $found"
  fi
  plant "$1" -R
}

main() {
  parse_flags "$@"
  copy_tree
  export CCACHE_BASEDIR=$TREE CCACHE_NOHASHDIR=1
  export EVENTODB_SOURCE_DIR=$TREE EVENTODB_BIN=$BUILD/eventodb
  (cd "$TREE" && cmake --preset release >/dev/null)
  local name wrong bad=0
  for name in "${NAMES[@]}"; do
    [[ -e $TREE/tests/faults/$name.patch ]] || fail "no fault $name"
    wrong=$(examine "$name")
    if [[ -z $wrong ]]; then
      echo "seen      $name: $(line_of "$name" Fault)"
    else
      echo "NOT SEEN  $name: $wrong ($(line_of "$name" Test))"
      bad=$((bad + 1))
    fi
  done
  echo "$((${#NAMES[@]} - bad)) of ${#NAMES[@]} planted faults turn their test red"
  ((bad == 0))
}

main "$@"
