#!/bin/bash
# Runs the tests of a build with coverage and prints the lines covered per file.
set -euo pipefail

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  cat <<'EOF'
usage: coverage.sh [--help]

Builds the preset `coverage`, runs its tests, prints the lines covered per file of src and include,
and leaves a page per file below build/coverage/report.
EOF
  exit 0
fi

cd "$(dirname "$0")/.."
cmake --preset coverage >/dev/null
cmake --build --preset coverage -j "$(nproc)"
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage -j "$(nproc)" --output-on-failure
mkdir -p build/coverage/report
gcovr --root . --filter src/ --filter include/ --exclude-throw-branches \
  --html-details build/coverage/report/index.html --txt - build/coverage
