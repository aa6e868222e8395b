#!/usr/bin/env bash
# Build a set of components with buildah, as people do in shell scripts: what imgset is compared with.
#
#   buildah-set.sh STORAGE DRIVER SET ARCHITECTURES REGISTRY OPTION…
#
# The base comes first, then as many images at a time as there are processors, then one index for each component,
# which is pushed when REGISTRY is not empty. The options go to `buildah bud`.
set -euo pipefail

storage=$1 driver=$2 set=$3 architectures=$4 registry=$5
shift 5
options=("$@")

# The first failure ends all that still runs, so that nothing is left behind that would change the storage.
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

buildah_here() {
  buildah --root "$storage/root" --runroot "$storage/run" --storage-driver "$driver" "$@"
}

# build COMPONENT ARCH: one image, tagged with its architecture, because in buildah a name has one image.
build() {
  buildah_here bud --quiet --pull-never --platform "linux/$2" --build-arg "TARGETARCH=$2" \
    --build-arg REGISTRY=localhost/bench --build-arg "OCP_TAG=$2" --tag "localhost/bench/$1:$2" \
    "${options[@]}" "$set/components/$1" >/dev/null
}

# index COMPONENT: its images joined, and pushed.
index() {
  local arch
  buildah_here manifest rm "localhost/bench/$1:all" >/dev/null 2>&1 || true
  buildah_here manifest create "localhost/bench/$1:all" >/dev/null
  for arch in $architectures; do
    buildah_here manifest add "localhost/bench/$1:all" "localhost/bench/$1:$arch" >/dev/null
  done
  if [ -n "$registry" ]; then
    buildah_here manifest push --quiet --all --tls-verify=false --format oci \
      "localhost/bench/$1:all" "docker://$registry/$1:all" >/dev/null
  fi
}

# each FUNCTION LINE…: the function with the words of each line as its arguments, several at a time; fails if one fails.
each() {
  local function=$1 running=0 line
  shift
  for line in "$@"; do
    if [ "$running" -ge "$(nproc)" ]; then
      wait -n
      running=$((running - 1))
    fi
    # shellcheck disable=SC2086 # words
    "$function" $line &
    running=$((running + 1))
  done
  while [ "$running" -gt 0 ]; do
    wait -n
    running=$((running - 1))
  done
}

bases=() images=() components=()
for directory in "$set"/components/*; do
  component=${directory##*/}
  components+=("$component")
  for arch in $architectures; do
    if [ "$component" = base ]; then bases+=("$component $arch"); else images+=("$component $arch"); fi
  done
done
each build ${bases[@]+"${bases[@]}"}
each build "${images[@]}"
each index "${components[@]}"
