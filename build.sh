#!/bin/sh
# Install what is missing, build imgset, and build a set of images into the local store.
#
#   ./build.sh                      the set in components/ of this repository
#   ./build.sh examples/quickstart  the set in another directory; more arguments go to `imgset build`
#
# DEST_REGISTRY, COMPONENTS, ARCHITECTURES, PUSH, PARALLEL and OCP_BASE_TAG are read from the environment.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
imgset=$root/.build/release/imgset
set_directory=$root
case ${1:-} in
  '' | -*) ;;
  *)
    if [ ! -d "$1" ]; then
      echo "error: no directory $1" >&2
      echo " = help: components are named after the directory of the set: ./build.sh . $1" >&2
      exit 2
    fi
    set_directory=$1
    shift
    ;;
esac

"$root/scripts/install-packages.sh" build run

if ! command -v swift >/dev/null; then
  echo "error: no swift in PATH" >&2
  echo " = help: install Swift 6.3 as https://www.swift.org/install/linux says, and put its bin directory in PATH" >&2
  exit 3
fi

# Asking the build system costs seconds even when nothing is to be done; looking at the time stamps does not.
if [ ! -x "$imgset" ] ||
  [ -n "$(find "$root/Sources" "$root/Package.swift" -newer "$imgset" -print -quit)" ]; then
  swift build --package-path "$root" --configuration release --product imgset >&2
fi
exec "$imgset" build --directory "$set_directory" "$@"
