#!/bin/sh
# Install the Debian packages that are missing for the given purposes: build, run, test.
#
#   scripts/install-packages.sh build run test
#
# Says what it installs and why. Touches neither the network nor anything else when all of them are there.
set -eu

# packages PURPOSE: one package a line, followed by the reason for it.
packages() {
  case $1 in
    build)
      cat <<'LIST'
libisal-dev     fast deflate for layers
zlib1g-dev      gzip
libzstd-dev     zstd layers
liblzma-dev     xz archives in ADD
libbz2-dev      bzip2 archives in ADD
libsqlite3-dev  the store's records
LIST
      ;;
    run)
      cat <<'LIST'
ca-certificates         registries over HTTPS
crun                    runs RUN steps, with the least overhead
debian-archive-keyring  verifies the packages of examples/quickstart
git                     sources of components, and their versions
mmdebstrap              root file systems of examples/quickstart
qemu-user-static        RUN steps of other architectures
runc                    runs RUN steps where crun cannot
uidmap                  RUN steps without root
LIST
      ;;
    test)
      cat <<'LIST'
apache2-utils            htpasswd, for a registry with users
bash-static              the shell of a base image that builds start from
buildah                  reads and runs images, as another tool would
busybox-static           the smallest root file system to run steps in
docker-registry          the registry that tests publish to
gcc-riscv64-linux-gnu    pause for riscv64, in the MicroShift set
golang-go                programs of the MicroShift set
jq                       looks into manifests
libarchive-tools         bsdtar, which judges layers
libc6-dev-riscv64-cross  the C library of pause for riscv64
libcap2-bin              getcap, for what programs may do
openssl                  certificates for a registry over HTTPS
podman                   pulls and unpacks images, as another tool would
python3-jsonschema       checks documents against the OCI schemas
skopeo                   reads and copies images, as another tool would
umoci                    unpacks images, as another tool would
LIST
      ;;
    *)
      echo "error: unknown purpose $1" >&2
      echo " = help: choose from build run test" >&2
      exit 2
      ;;
  esac
}

# installed PACKAGE…: those of them that are installed, each between spaces.
installed() {
  # Packages that were never there are named on stderr and make the status 1; both say nothing new.
  dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    awk '$1 == "installed" { printf " %s ", $2 }'
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "error: root is needed to install packages, and there is no sudo" >&2
    echo " = help: as root, run: apt-get install$missing" >&2
    exit 3
  fi
}

[ $# -gt 0 ] || set -- build run
for purpose in "$@"; do packages "$purpose" >/dev/null; done

if ! command -v dpkg-query >/dev/null; then
  echo "note: not a Debian system, so nothing is installed; these are needed under the names they have here:" >&2
  for purpose in "$@"; do packages "$purpose" >&2; done
  exit 0
fi

wanted=$(for purpose in "$@"; do packages "$purpose"; done)
# shellcheck disable=SC2046 # a list of words
present=$(installed $(echo "$wanted" | cut -d ' ' -f 1))
missing=
reasons=
while read -r package reason; do
  case $present in
    *" $package "*) ;;
    *)
      missing="$missing $package"
      reasons="$reasons  $package: $reason
"
      ;;
  esac
done <<LIST
$wanted
LIST
[ -n "$missing" ] || exit 0

echo "installing Debian packages:" >&2
printf '%s' "$reasons" >&2
as_root apt-get -qq update >&2
# shellcheck disable=SC2086 # a list of words
as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $missing </dev/null >&2

# The package starts a registry on a fixed port; tests start their own.
case $missing in
  *docker-registry*) [ ! -d /run/systemd/system ] || as_root systemctl disable --now docker-registry >&2 ;;
esac
