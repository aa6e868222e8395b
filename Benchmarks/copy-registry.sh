#!/usr/bin/env bash
# Compare `imgset copy` with `skopeo copy --all` on this machine, in one run.
#
#   Benchmarks/copy-registry.sh
#
# The image is an index of 5 platforms with 1 GB of layers that do not compress. It goes from one registry on loopback to
# another, and from an OCI layout to a registry, each time to an empty one. Prints a Markdown table: wall time, CPU time and
# peak memory of the tool, and how many times faster imgset is. Run it on a machine that does nothing else.
#
#   BENCH_DIR  where layout, registries and logs go, kept afterwards (default: a temporary directory, removed)
#   IMGSET     the binary to measure (default: the release build of this repository)
#   SIZE_MB    megabytes of layers (default 1000)
#   ROUNDS     times that each copy is measured; the median counts (default 3)
set -euo pipefail

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
imgset=${IMGSET:-$repository/.build/release/imgset}
size_mb=${SIZE_MB:-1000}
rounds=${ROUNDS:-3}
pids=()

if [ -n "${BENCH_DIR:-}" ]; then
  work=$BENCH_DIR
  mkdir -p "$work"
else
  work=$(mktemp -d)
fi

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
  rm -rf "$work/registry-from" "$work/registry-to"
  [ -n "${BENCH_DIR:-}" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for tool in skopeo docker-registry python3 /usr/bin/time; do
  if ! command -v "$tool" >/dev/null; then
    echo "error: no $tool to measure with" >&2
    echo " = help: sudo apt-get install skopeo docker-registry python3 time" >&2
    exit 3
  fi
done
if [ ! -x "$imgset" ]; then
  echo "error: no imgset to measure" >&2
  echo " = help: swift build -c release --product imgset" >&2
  exit 3
fi

# An OCI layout with an index of 5 platforms, 4 layers each.
make_layout() {
  python3 - "$1" "$2" <<'PYTHON'
import hashlib, json, os, random, sys

root, size = sys.argv[1], int(sys.argv[2]) * 1000000 // 20
os.makedirs(root + "/blobs/sha256")
source = random.Random(1)

def blob(content, kind):
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{root}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(content)}

def document(value, kind):
    return blob(json.dumps(value).encode(), kind)

manifests = []
for name in ["amd64", "arm64", "arm", "ppc64le", "riscv64"]:
    layers = [blob(source.randbytes(size), "layer.v1.tar") for _ in range(4)]
    platform = {"os": "linux", "architecture": name}
    config = document(
        {**platform, "config": {}, "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}},
        "config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config, "layers": layers}
    manifests.append({**document(manifest, "manifest.v1+json"), "platform": platform})
index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
entry = {**document(index, "index.v1+json"), "annotations": {"org.opencontainers.image.ref.name": "bench"}}
with open(root + "/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
with open(root + "/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
PYTHON
}

# start_registry NAME: an empty registry on a free port of loopback; sets `registry` and `registry_pid`.
start_registry() {
  local name=$1 log=$work/registry-$1.log
  rm -rf "$work/registry-$name" && mkdir -p "$work/registry-$name"
  cat >"$work/registry-$name.yml" <<YAML
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry-$name}}
http: {addr: "127.0.0.1:0"}
YAML
  # Not by the redirection below, which happens later: what the one before said would be read.
  : >"$log"
  docker-registry serve "$work/registry-$name.yml" >>"$log" 2>&1 &
  registry_pid=$!
  pids+=("$registry_pid")
  for _ in $(seq 100); do
    registry=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/localhost:\1/p' "$log" | head -n 1)
    [ -z "$registry" ] || return 0
    sleep 0.05
  done
  echo "error: the registry did not start" >&2
  cat "$log" >&2
  exit 1
}

stop_registry() {
  kill "$registry_pid"
  wait "$registry_pid" 2>/dev/null || true
}

# measure COMMAND…: adds "wall cpu peak" to the file `samples`.
measure() {
  if ! /usr/bin/time -q -o "$work/time.txt" -f '%e %U %S %M' "$@" >"$work/log.txt" 2>&1 </dev/null; then
    echo "error: $* failed" >&2
    tail -n 20 "$work/log.txt" >&2
    exit 1
  fi
  awk '{ printf "%.2f %.2f %.0f\n", $1, $2 + $3, $4 / 1024 }' "$work/time.txt" >>"$work/samples"
}

# round TOOL SOURCE: one copy to a new registry.
round() {
  start_registry to
  if [ "$1" = imgset ]; then
    measure "$imgset" copy --quiet "$2" "$registry/bench:copy"
  else
    measure skopeo --insecure-policy copy --quiet --all --preserve-digests --src-tls-verify=false \
      --dest-tls-verify=false "$2" "docker://$registry/bench:copy"
  fi
  [ "$(skopeo inspect --tls-verify=false --raw "docker://$registry/bench:copy" | sha256sum)" = "$expected" ]
  stop_registry
}

# compare LABEL SOURCE: both tools in turn, so that what else happens on the machine meets both.
compare() {
  local label=$1 source=$2 tool ratio="" base=""
  rm -f "$work"/samples.*
  for number in $(seq "$rounds"); do
    for tool in imgset skopeo; do
      echo "measuring $label, $tool, round $number" >&2
      : >"$work/samples"
      round "$tool" "$source"
      cat "$work/samples" >>"$work/samples.$tool"
    done
  done
  for tool in imgset skopeo; do
    read -r wall cpu peak < <(sort -n "$work/samples.$tool" | sed -n "$(((rounds + 1) / 2))p")
    if [ "$tool" = imgset ]; then base=$wall; else ratio=$(awk -v a="$wall" -v b="$base" 'BEGIN { printf "%.1f ×", a / b }'); fi
    echo "| $label | $tool | $wall | $cpu | $peak | $ratio |"
  done
}

[ -d "$work/layout" ] || make_layout "$work/layout" "$size_mb"
expected=$(skopeo inspect --raw "oci:$work/layout:bench" | sha256sum)

start_registry from
from=$registry
"$imgset" copy --quiet "oci:$work/layout:bench" "$from/bench:source" >/dev/null

echo "| work | tool | wall s | CPU s | peak MB | faster |"
echo "|---|---|---|---|---|---|"
compare "registry to registry, ${size_mb} MB" "docker://$from/bench:source"
compare "layout to registry, ${size_mb} MB" "oci:$work/layout:bench"
