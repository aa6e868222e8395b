#!/bin/sh
# Fetch Debian's statically linked busybox for each of the given architectures: DIRECTORY/ARCH/busybox.
#
#   scripts/test-roots.sh [--packages LIST] DIRECTORY ARCH…        ARCH: amd64 arm64 arm ppc64le riscv64
#
# With a list, "haproxy tar", these packages as well, each as DIRECTORY/ARCH/packages/NAME.deb.
# Root file systems for tests, small and real, without bootstrapping a whole distribution. What is there stays.
set -eu

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
release=trixie

fail() {
  echo "error: $1" >&2
  echo " = help: $2" >&2
  exit 1
}

packages=
if [ "${1:-}" = --packages ]; then
  packages=${2:-}
  shift 2
fi
[ $# -ge 2 ] || fail "no directory or no architecture given" "scripts/test-roots.sh DIRECTORY ARCH…"
destination=$1
shift

mirror=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# find_mirror: the mirror that this machine is configured to use, and its proxy.
find_mirror() {
  [ -r "$keyring" ] || fail "no keyring to verify Debian's signatures with" "sudo apt-get install debian-archive-keyring"
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  mirror=$(apt-get indextargets --format "\$(RELEASE) \$(COMPONENT) \$(REPO_URI)" 'Created-By: Packages' |
    awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }')
  [ -n "$mirror" ] || fail "no mirror of Debian in this machine's apt configuration" "add Debian's $codename main to it"
  http_proxy=${http_proxy:-}
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
  [ -z "$http_proxy" ] || export http_proxy
}

# configure: what the private apt reads; nothing of this machine's own configuration, hooks or state.
configure() {
  mkdir "$work/parts"
  touch "$work/status"
  cat >"$work/apt.conf" <<CONF
Dir::Cache "$work/cache";
Dir::Etc::Parts "$work/parts";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/parts";
Dir::Etc::Preferences "$work/preferences";
Dir::Etc::PreferencesParts "$work/parts";
Dir::State::Status "$work/status";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
CONF
}

# private_apt ARCH COMMAND…: apt-get with a configuration, lists and an architecture of its own.
private_apt() {
  apt_arch=$1
  shift
  APT_CONFIG=$work/apt.conf apt-get -qq \
    -o APT::Architecture="$apt_arch" -o APT::Architectures::="$apt_arch" -o Dir::State="$work/$apt_arch" "$@"
}

# download ARCH DEBIAN_ARCH PACKAGE…: the newest of them, verified against the archive's signature, into $work/debs-ARCH.
download() {
  download_arch=$2
  debs=$work/debs-$1
  shift 2
  mkdir -p "$work/$download_arch/lists/partial" "$work/cache/archives/partial" "$debs"
  # A mirror in the middle of an update may serve lists that do not match the signed release file; the alias of the
  # release is updated separately.
  for suite in $release stable; do
    echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
    if private_apt "$download_arch" update --error-on=any 2>"$work/log"; then break; fi
    grep -q -e 'unexpected size' -e 'Hash Sum mismatch' "$work/log" || break
  done
  if ! (cd "$debs" && private_apt "$download_arch" download "$@" 2>>"$work/log"); then
    cat "$work/log" >&2
    fail "cannot fetch $* for $download_arch from $mirror" "the messages of apt are above"
  fi
}

# place FILE TARGET: renamed into place, so that a file under its name is whole even when several of us run.
place() {
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.$$"
  mv "$2.$$" "$2"
}

# missing ARCH: the packages that are not there yet.
missing() {
  [ -x "$destination/$1/busybox" ] || echo busybox-static
  for package in $packages; do
    [ -f "$destination/$1/packages/$package.deb" ] || echo "$package"
  done
}

# fetch ARCH DEBIAN_ARCH PACKAGE…
fetch() {
  download "$@"
  for package in $(shift 2; echo "$@"); do
    deb=$(echo "$work/debs-$1/${package}"_*.deb)
    if [ "$package" != busybox-static ]; then
      place "$deb" "$destination/$1/packages/$package.deb"
      continue
    fi
    dpkg-deb --fsys-tarfile "$deb" >"$work/$1.tar"
    member=$(tar --list --file "$work/$1.tar" | grep -E '^(\./)?(usr/)?bin/busybox$')
    tar --extract --to-stdout --file "$work/$1.tar" "$member" >"$work/busybox-$1"
    chmod 755 "$work/busybox-$1"
    place "$work/busybox-$1" "$destination/$1/busybox"
  done
}

for arch in "$@"; do
  case $arch in
    amd64 | arm64 | riscv64) debian_arch=$arch ;;
    arm) debian_arch=armhf ;;
    ppc64le) debian_arch=ppc64el ;;
    *) fail "no Debian architecture for $arch" "choose from amd64 arm64 arm ppc64le riscv64" ;;
  esac
  wanted=$(missing "$arch")
  if [ -n "$wanted" ]; then
    if [ -z "$mirror" ]; then
      find_mirror
      configure
    fi
    # shellcheck disable=SC2086 # a list of names
    fetch "$arch" "$debian_arch" $wanted
  fi
done
