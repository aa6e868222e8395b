#!/bin/sh
# Make what the MicroShift set needs from the internet, in small: sources, base images and binaries, for tests.
#
#   scripts/microshift-standins.sh DIRECTORY ROOTS REGISTRY
#
# ROOTS holds ARCH/busybox and ARCH/packages of scripts/test-roots.sh. Below DIRECTORY come to be
#   git/github.com/…    repositories under their real names: small Go programs with vendored modules, pause.c, manifests
#   images/NAME/        sets of components; imgset builds and pushes each to REGISTRY/NAME, with the tag in images/NAME/tag
#   registries.conf     REGISTRY plays all registries of the set
#   gitconfig           the repositories play github.com
set -eu

destination=$1
roots=$2
registry=$3
architectures="amd64 arm64 arm ppc64le riscv64"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_AUTHOR_DATE='2024-05-01T12:00:00Z'
export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org GIT_COMMITTER_DATE='2024-05-01T12:00:00Z'

# commit REPOSITORY TAG: puts the files under version control; prints the commit.
commit() {
  git -C "$1" init --quiet --initial-branch=main
  git -C "$1" add --all
  git -C "$1" commit --quiet --message "release $2"
  git -C "$1" tag "$2"
  git -C "$1" rev-parse HEAD
}

# go_source MODULE PACKAGE VERSION_PACKAGE: a program that says its name and architecture with a vendored module.
go_source() {
  source=$destination/git/$1
  mkdir -p "$source/$2" "$source/vendor/example.org/greeting"
  cat >"$source/go.mod" <<GO
module $1

go 1.18

require example.org/greeting v1.0.0
GO
  : >"$source/go.sum"
  cat >"$source/vendor/modules.txt" <<'GO'
# example.org/greeting v1.0.0
## explicit; go 1.18
example.org/greeting
GO
  cat >"$source/vendor/example.org/greeting/greeting.go" <<'GO'
package greeting

import "runtime"

// Of says what a program is and runs on.
func Of(name string) string { return name + " on " + runtime.GOARCH }
GO
  cat >"$source/$2/main.go" <<GO
package main

import "example.org/greeting"

func main() { println(greeting.Of("$(basename "$1")")) }
GO
}

mkdir -p "$destination/git" "$destination/images"
commits=$destination/commits
: >"$commits"

# source MODULE TAG: commits what is there and notes where the payload says that it comes from.
source_done() { echo "$(basename "$1") https://$1 $(commit "$destination/git/$1" "$2")" >>"$commits"; }

go_source github.com/openshift/oc cmd/oc
source_done github.com/openshift/oc v4.18.9
go_source github.com/openshift/coredns .
source_done github.com/openshift/coredns v1.11.3
go_source github.com/openshift/router cmd/openshift-router
mkdir -p "$destination/git/github.com/openshift/router/images/router/haproxy/conf"
echo 'defaults' >"$destination/git/github.com/openshift/router/images/router/haproxy/conf/haproxy-config.template"
printf '#!/bin/sh\nexit 0\n' >"$destination/git/github.com/openshift/router/images/router/haproxy/reload-haproxy"
chmod 755 "$destination/git/github.com/openshift/router/images/router/haproxy/reload-haproxy"
source_done github.com/openshift/router v4.18.9
go_source github.com/openshift/kube-rbac-proxy cmd/kube-rbac-proxy
source_done github.com/openshift/kube-rbac-proxy v0.18.1
go_source github.com/openshift/service-ca-operator cmd/service-ca-operator
mkdir -p "$destination/git/github.com/openshift/service-ca-operator/manifests"
echo 'kind: Namespace' >"$destination/git/github.com/openshift/service-ca-operator/manifests/01_namespace.yaml"
source_done github.com/openshift/service-ca-operator v4.18.9
go_source github.com/kubevirt/hostpath-provisioner cmd/provisioner
source_done github.com/kubevirt/hostpath-provisioner v0.10.0
mkdir -p "$destination/git/github.com/kubernetes/kubernetes/build/pause/linux"
echo 'int main(void) { for (;;) __builtin_trap(); }' \
  >"$destination/git/github.com/kubernetes/kubernetes/build/pause/linux/pause.c"
source_done github.com/kubernetes/kubernetes v1.23.0

cat >"$destination/gitconfig" <<CONFIG
[url "file://$destination/git/github.com/"]
	insteadOf = https://github.com/
[safe]
	directory = *
CONFIG

: >"$destination/registries.conf"
for name in registry.ci.openshift.org quay.io gcr.io registry.access.redhat.com registry.fedoraproject.org docker.io; do
  cat >>"$destination/registries.conf" <<CONFIG
[[registry]]
prefix = "$name"
location = "$registry/$name"
insecure = true

CONFIG
done
cat >>"$destination/registries.conf" <<CONFIG
[[registry]]
prefix = "$registry"
location = "$registry"
insecure = true
CONFIG

# The root that all base images share: directories, the links of a merged /usr, and busybox under its names.
root=$destination/root
mkdir -p "$root/etc" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root/root" "$root/var/lib" \
  "$root/var/log" "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64"
chmod 1777 "$root/tmp"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
for name in sh ln mkdir touch chown chmod rm cp mv cat dpkg-deb xz unxz uname env true '[' test ls; do
  ln -s busybox "$root/usr/bin/$name"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
cat >"$root/usr/bin/microdnf" <<'SCRIPT'
#!/bin/sh
# Installs packages of Debian under their own names or those that Fedora and Red Hat have for them.
set -eu
for name in "$@"; do
  case $name in
    -* | install | update) continue ;;
    clean) exit 0 ;;
    bind-utils) names=bind9-dnsutils ;;
    procps-ng) names=procps ;;
    shadow-utils) names=passwd ;;
    which) names=debianutils ;;
    libcap | libcap2-bin) names="libc6 libcap2 libcap2-bin" ;;
    *) names=$name ;;
  esac
  for package in $names; do
    if [ ! -f "/packages/$package.deb" ]; then
      echo "no package $name" >&2
      exit 1
    fi
    dpkg-deb -x "/packages/$package.deb" /
    echo "installed $package"
  done
done
SCRIPT
cp "$root/usr/bin/microdnf" "$root/usr/bin/apt-get"
chmod 755 "$root/usr/bin/microdnf" "$root/usr/bin/apt-get"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$root" -cf "$destination/root.tar" .

# base IMAGE TAG ARCH…: a base image with packages to install.
base() {
  set_directory=$destination/images/$1
  component=$set_directory/components/$(basename "$1")
  tag=$2
  shift 2
  mkdir -p "$component"
  echo "$tag" >"$set_directory/tag"
  echo "$@" >"$set_directory/arch"
  cp "$destination/root.tar" "$component/root.tar"
  for arch in "$@"; do cp -r "$roots/$arch" "$component/$arch"; done
  cat >"$component/Dockerfile" <<'RECIPE'
FROM scratch
ARG TARGETARCH
ADD root.tar /
COPY $TARGETARCH/busybox /usr/bin/busybox
COPY $TARGETARCH/packages /packages
CMD ["/bin/sh"]
RECIPE
}

base registry.access.redhat.com/ubi8/ubi-minimal 8.10 amd64 arm64 ppc64le
base registry.fedoraproject.org/fedora-minimal 36 amd64 arm64 arm ppc64le
# shellcheck disable=SC2086 # a list of names
base docker.io/library/debian trixie-slim $architectures

# binary IMAGE TAG ARCH…: an image with nothing but a file that says what it is.
binary() {
  set_directory=$destination/images/$1
  component=$set_directory/components/$(basename "$1")
  mkdir -p "$component"
  echo "$2" >"$set_directory/tag"
  echo "$1:$2" >"$component/name"
  shift 2
  echo "$@" >"$set_directory/arch"
  printf 'FROM scratch\nCOPY name /name\n' >"$component/Dockerfile"
}

for arch in amd64 arm arm64 ppc64le; do binary "gcr.io/google-containers/pause-$arch" 3.6 "$arch"; done
binary quay.io/kubevirt/hostpath-provisioner v0.10.0 amd64 arm64 ppc64le
for name in cli coredns haproxy-router kube-rbac-proxy service-ca-operator; do
  binary "quay.io/openshift-release-dev/$name" ocp amd64
done
