#!/bin/bash
# Checks what tests do not: format, shell scripts, clang-tidy, and the structure of the code.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: lint.sh [--help] [--changed]

Checks clang-format on every source file, shellcheck on every script, clang-tidy on the product's
sources, and runs the structure tests. Exits 1 when one of them complains.

  --changed   clang-tidy only on files with changes that are not committed
EOF
}

# Sources of the product that clang-tidy reads, one a line.
tidy_files() {
  if [[ $1 == changed ]]; then
    git diff --name-only --diff-filter=d HEAD -- 'src/*.cpp'
  else
    git ls-files 'src/*.cpp'
  fi
}

# Coroutines need clang-tidy 16; GCC's own flags in the compile commands are unknown to it.
tidy() {
  local files program
  program=$(command -v clang-tidy-16 || command -v clang-tidy-19)
  mapfile -t files < <(tidy_files "$1")
  if [[ ${#files[@]} == 0 ]]; then return 0; fi
  printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 \
    "$program" --quiet -p build/release --extra-arg=-Wno-unknown-warning-option
}

main() {
  local what=all
  case ${1:-} in
    --help | -h)
      usage
      return 0
      ;;
    --changed) what=changed ;;
    '') ;;
    *)
      usage >&2
      return 2
      ;;
  esac
  cd "$(dirname "$0")/.."

  echo "clang-format"
  git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run --Werror
  echo "shellcheck"
  git ls-files '*.sh' .ci/run | xargs shellcheck
  echo "structure"
  cmake --preset release >/dev/null
  cmake --build --preset release -j "$(nproc)" --target structure_test >/dev/null
  ctest --test-dir build/release -L structure --output-on-failure | tail -4
  echo "clang-tidy"
  tidy "$what"
}

main "$@"
