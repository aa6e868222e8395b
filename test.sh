#!/usr/bin/env bash
# Install what is missing, build everything, and run all tests. Arguments go to `swift test`, e.g. --filter LayersTests.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

scripts/install-packages.sh build run test

if ! command -v swift >/dev/null; then
  echo "error: no swift in PATH" >&2
  echo " = help: install Swift 6.3 as https://www.swift.org/install/linux says, and put its bin directory in PATH" >&2
  exit 3
fi

# Static busyboxes of the architectures whose steps are run under emulation.
export IMGSET_TEST_ROOTS="${IMGSET_TEST_ROOTS:-$PWD/.build/test-roots}"
scripts/test-roots.sh "$IMGSET_TEST_ROOTS" amd64 arm64 arm ppc64le riscv64

swift build --build-tests

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
swift test --skip-build "$@" </dev/null 2>&1 | tee "$log" || status=$?

# Swift Testing writes a line for each test: passed, failed, or skipped with its reason.
results=$(grep -E '^[^ ]+ Test .*( (passed|failed) after [0-9.]+ seconds| skipped(:|$))' "$log" |
  grep -vE '^[^ ]+ Test (run|case) ' || true)
count() { grep -cE "$1" <<<"$results" || true; }
passed=$(count ' passed after [0-9.]+ seconds[^"]*$')
failed=$(count ' failed after [0-9.]+ seconds[^"]*$')
skipped=$(count '^[^ ]+ Test (".*"|[^"]*) skipped(: ".*")?$')
echo "tests: $passed passed, $failed failed, $skipped skipped"

if [ $((passed + failed)) = 0 ]; then
  echo "error: no test was run" >&2
  exit 1
fi

# A machine for continuous integration has every capability, so a skipped test there is a test that was lost.
if [ -n "${CI:-}" ] && [ "$skipped" -gt 0 ]; then
  echo "error: $skipped tests were skipped, and CI must run all of them" >&2
  grep -E ' skipped(: ".*")?$' <<<"$results" | sed 's/^[^ ]* / = /' >&2
  exit 1
fi
exit "$status"
