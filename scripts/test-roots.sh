#!/bin/sh
# Fetch Debian's statically linked busybox for each of the given architectures: DIRECTORY/ARCH/busybox.
#
#   scripts/test-roots.sh DIRECTORY ARCH…        ARCH: amd64 arm64 arm ppc64le riscv64
#
# Root file systems for tests, small and real, without bootstrapping a whole distribution. What is there stays.
set -eu

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
release=trixie

fail() {
  echo "error: $1" >&2
  echo " = help: $2" >&2
  exit 1
}

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

# fetch ARCH DEBIAN_ARCH: the newest busybox-static, verified against the archive's signature.
fetch() {
  mkdir -p "$work/$2/lists/partial" "$work/cache/archives/partial" "$work/unpacked-$2" "$destination/$1"
  # A mirror in the middle of an update may serve lists that do not match the signed release file; the alias of the
  # release is updated separately.
  for suite in $release stable; do
    echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
    if private_apt "$2" update --error-on=any 2>"$work/log"; then break; fi
    grep -q -e 'unexpected size' -e 'Hash Sum mismatch' "$work/log" || break
  done
  if ! (cd "$work/unpacked-$2" && private_apt "$2" download busybox-static 2>>"$work/log"); then
    cat "$work/log" >&2
    fail "cannot fetch busybox-static for $1 from $mirror" "the messages of apt are above"
  fi
  dpkg-deb --fsys-tarfile "$work/unpacked-$2"/busybox-static_*.deb >"$work/$2.tar"
  member=$(tar --list --file "$work/$2.tar" | grep -E '^(\./)?(usr/)?bin/busybox$')
  # Renamed into place, so that a file under its name is whole even when several of us run.
  tar --extract --to-stdout --file "$work/$2.tar" "$member" >"$destination/$1/.busybox.$$"
  chmod 755 "$destination/$1/.busybox.$$"
  mv "$destination/$1/.busybox.$$" "$destination/$1/busybox"
}

for arch in "$@"; do
  case $arch in
    amd64 | arm64 | riscv64) debian_arch=$arch ;;
    arm) debian_arch=armhf ;;
    ppc64le) debian_arch=ppc64el ;;
    *) fail "no Debian architecture for $arch" "choose from amd64 arm64 arm ppc64le riscv64" ;;
  esac
  if [ ! -x "$destination/$arch/busybox" ]; then
    if [ -z "$mirror" ]; then
      find_mirror
      configure
    fi
    fetch "$arch" "$debian_arch"
  fi
done
