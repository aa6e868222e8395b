#!/usr/bin/env bash
# Compare imgset with Debian's buildah on this machine, in one run.
#
#   Benchmarks/run.sh [copy] [run] [context]     default: all three
#
#   copy     8 components × 5 architectures, a binary of 20 MB each on a shared base of 60 MB, COPY only
#   run      30 × RUN true
#   context  one COPY of 500 MB: 16,000 source files and 15 binaries
#
# Prints a Markdown table: wall time, CPU time of all processes, peak memory of the largest process, and how many times
# faster imgset is. Every build starts with an empty store; `again` repeats it with nothing changed. `push` includes a
# push to an empty registry on loopback. Run it as root on a machine that does nothing else.
#
#   BENCH_DIR  where contexts, stores and logs go, kept afterwards (default: a temporary directory, removed)
#   IMGSET     the binary to measure (default: the release build of this repository)
set -euo pipefail

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=Benchmarks/data.sh
. "$repository/Benchmarks/data.sh"

imgset=${IMGSET:-$repository/.build/release/imgset}
host_arch=$(dpkg --print-architecture | sed 's/armhf/arm/; s/ppc64el/ppc64le/')
all_architectures="amd64 arm64 arm ppc64le riscv64"
failures=0
registry_pid=

if [ -n "${BENCH_DIR:-}" ]; then
  work=$BENCH_DIR
  mkdir -p "$work"
else
  work=$(mktemp -d)
fi

# Empties buildah's storage; what a failed build left mounted there goes first, the innermost mount before its parent.
reset_buildah() {
  local mounted
  awk -v below="$work/buildah/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac |
    while read -r mounted; do umount "$mounted"; done
  rm -rf "$work/buildah"
}

reset_imgset() {
  rm -rf "$work/imgset"
}

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  [ -z "$registry_pid" ] || kill "$registry_pid" 2>/dev/null || true
  reset_buildah
  reset_imgset
  rm -rf "$work/registry"
  [ -n "${BENCH_DIR:-}" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for tool in buildah docker-registry /usr/bin/time; do
  if ! command -v "$tool" >/dev/null; then
    echo "error: no $tool to measure with" >&2
    echo " = help: sudo apt-get install buildah docker-registry time" >&2
    exit 3
  fi
done

# The storage driver of buildah: overlay where the machine allows it, else vfs.
driver=vfs
if buildah --root "$work/buildah/root" --runroot "$work/buildah/run" --storage-driver overlay from scratch \
  >/dev/null 2>&1; then
  driver=overlay
fi

# An empty registry on a free port of loopback; sets `registry`.
start_registry() {
  local log=$work/registry.log
  if [ -n "$registry_pid" ]; then
    kill "$registry_pid"
    wait "$registry_pid" || true
  fi
  rm -rf "$work/registry" && mkdir -p "$work/registry"
  cat >"$work/registry.yml" <<YAML
version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:0"}
YAML
  docker-registry serve "$work/registry.yml" >"$log" 2>&1 &
  registry_pid=$!
  for _ in $(seq 100); do
    registry=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/localhost:\1/p' "$log" | head -n 1)
    [ -z "$registry" ] || return 0
    sleep 0.05
  done
  echo "error: the registry did not start" >&2
  cat "$log" >&2
  exit 1
}

# measure LABEL COMMAND…: runs it, and sets wall, cpu (seconds) and peak (MB); "-" everywhere when it fails.
measure() {
  local label=$1 log=$work/log.txt
  shift
  echo "measuring $label" >&2
  if /usr/bin/time -q -o "$work/time.txt" -f '%e %U %S %M' "$@" >"$log" 2>&1 </dev/null; then
    read -r wall cpu peak < <(awk '{ printf "%.2f %.2f %.0f\n", $1, $2 + $3, $4 / 1024 }' "$work/time.txt")
  else
    echo "error: $label failed" >&2
    tail -n 20 "$log" | sed 's/^/   /' >&2
    wall=- cpu=- peak=-
  fi
}

# row WORK TOOL: a line of the table; the first one of a work is imgset's, the ratio of the others is to it.
row() {
  local ratio=
  if [ "$2" = imgset ]; then
    imgset_wall=$wall
  elif [ "$wall" != - ] && [ "$imgset_wall" != - ]; then
    ratio=$(awk -v a="$wall" -v b="$imgset_wall" 'BEGIN { printf "%.1f ×", a / (b > 0 ? b : 0.01) }')
  fi
  echo "| $1 | $2 | $wall | $cpu | $peak | $ratio |"
}

# Every file of the context once, so that no tool pays for reading it from the disk.
warm() {
  find "$1" -type f -exec cat {} + >/dev/null
}

# measure_imgset WORK SET ARCHITECTURES FLAG…: on the store that is there.
measure_imgset() {
  local label=$1 set=$2 architectures=$3
  shift 3
  if [ -x "$imgset" ]; then
    measure "$label, imgset" env IMGSET_HOME="$work/imgset" "$imgset" build --directory "$set" \
      --arch "${architectures// /,}" --tag bench "$@"
    [ "$wall" != - ] || failures=$((failures + 1))
  else
    wall=- cpu=- peak=-
  fi
  row "$label" imgset
}

# measure_buildah WORK NAME SET ARCHITECTURES REGISTRY OPTION…: on the store that is there.
measure_buildah() {
  local label=$1 name=$2
  shift 2
  measure "$label, $name" "$repository/Benchmarks/buildah-set.sh" "$work/buildah" "$driver" "$@"
  row "$label" "$name"
}

bench_copy() {
  [ -d "$work/copy" ] || make_copy_set "$work/copy"
  warm "$work/copy"
  reset_imgset
  measure_imgset "copy" "$work/copy" "$all_architectures" --dest localhost/bench
  reset_buildah
  measure_buildah "copy" buildah "$work/copy" "$all_architectures" "" --isolation chroot --layers
  measure_imgset "copy, again" "$work/copy" "$all_architectures" --dest localhost/bench
  measure_buildah "copy, again" buildah "$work/copy" "$all_architectures" "" --isolation chroot --layers
  reset_imgset
  start_registry
  measure_imgset "copy, push" "$work/copy" "$all_architectures" --dest "$registry/bench" --push
  reset_buildah
  start_registry
  measure_buildah "copy, push" buildah "$work/copy" "$all_architectures" "$registry/bench" --isolation chroot --layers
}

bench_run() {
  local runtime
  [ -d "$work/run" ] || make_run_set "$work/run"
  reset_imgset
  measure_imgset "run" "$work/run" "$host_arch" --dest localhost/bench
  reset_buildah
  measure_buildah "run" "buildah, chroot" "$work/run" "$host_arch" "" --isolation chroot
  reset_buildah
  measure_buildah "run" "buildah, chroot, layers" "$work/run" "$host_arch" "" --isolation chroot --layers
  for runtime in crun runc; do
    reset_buildah
    measure_buildah "run" "buildah, $runtime, layers" "$work/run" "$host_arch" "" \
      --isolation oci --runtime "$runtime" --layers
  done
}

bench_context() {
  [ -d "$work/context" ] || make_context_set "$work/context"
  warm "$work/context"
  reset_imgset
  measure_imgset "context" "$work/context" "$host_arch" --dest localhost/bench
  reset_buildah
  measure_buildah "context" buildah "$work/context" "$host_arch" "" --isolation chroot --layers
  measure_imgset "context, again" "$work/context" "$host_arch" --dest localhost/bench
  measure_buildah "context, again" buildah "$work/context" "$host_arch" "" --isolation chroot --layers
  reset_imgset
  start_registry
  measure_imgset "context, push" "$work/context" "$host_arch" --dest "$registry/bench" --push
  reset_buildah
  start_registry
  measure_buildah "context, push" buildah "$work/context" "$host_arch" "$registry/bench" --isolation chroot --layers
}

[ $# -gt 0 ] || set -- copy run context
for benchmark in "$@"; do
  case $benchmark in
    copy | run | context) ;;
    *)
      echo "error: no benchmark $benchmark" >&2
      echo " = help: choose from copy run context" >&2
      exit 2
      ;;
  esac
done
[ -x "$imgset" ] || echo "note: no imgset to measure at $imgset; build it with: make build" >&2

echo "$(nproc) processors, $(buildah --version), storage driver $driver"
echo
echo "| work | tool | wall s | CPU s | peak MB | imgset is faster by |"
echo "|---|---|---|---|---|---|"
for benchmark in "$@"; do
  case $benchmark in
    copy) bench_copy ;;
    run) bench_run ;;
    context) bench_context ;;
  esac
done
exit $((failures > 0))
