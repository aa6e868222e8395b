# shellcheck shell=bash
# Read by run.sh, which sets the variables used here.
# shellcheck disable=SC2154
# The contexts that are built. Everything is pseudo-random with fixed seeds, so that every run measures the same bytes.

# pages COUNT SEED: COUNT pages of 64 KiB that compress about as well as machine code does (gzip: 0.4).
pages() {
  perl -e '
    my ($count, $seed) = @ARGV;
    srand($seed);
    my @words = map { pack("N2", rand(2**32), rand(2**32)) } 1 .. 4096;
    for (1 .. $count) {
      my $page = "";
      # Some words come far more often than others, as instructions do.
      $page .= $words[int(4096 * rand() ** 4)] for 1 .. 8192;
      print $page;
    }' "$1" "$2"
}

# shuffled POOL COUNT SEED: COUNT pages of the file POOL in an order given by SEED. Different seeds make different files.
shuffled() {
  perl -e '
    my ($pool, $count, $seed) = @ARGV;
    open(my $in, "<:raw", $pool) or die "$pool: $!";
    my $pages = (-s $in) / 65536;
    srand($seed);
    for (1 .. $count) {
      seek($in, 65536 * int(rand($pages)), 0);
      read($in, my $page, 65536);
      print $page;
    }' "$1" "$2" "$3"
}

# source_tree DIRECTORY FILES: text files of 2 to 22 KiB in a hundred directories.
source_tree() {
  perl -e '
    my ($root, $files) = @ARGV;
    srand(3);
    my @words = map { join "", map { chr(97 + rand(26)) } 1 .. 2 + rand(9) } 1 .. 3000;
    my @lines = map { "  " x rand(4) . join(" ", map { $words[3000 * rand() ** 2] } 1 .. 1 + rand(11)) . ";\n" } 1 .. 20000;
    for my $file (1 .. $files) {
      my $directory = "$root/package" . $file % 100;
      mkdir $directory;
      open(my $out, ">", "$directory/file$file.c") or die "$directory: $!";
      my $size = 2048 + rand(20480);
      for (my $length = 0; $length < $size;) {
        my $line = $lines[rand(@lines)];
        $length += length $line;
        print $out $line;
      }
    }' "$1" "$2"
}

# A base of 60 MB for each architecture, and eight components on it with a binary of 20 MB each.
make_copy_set() {
  local set=$1 pool=$1/pool component arch seed=100
  mkdir -p "$set/components/base/payload"
  pages 640 1 >"$pool"
  for arch in $all_architectures; do
    seed=$((seed + 1))
    shuffled "$pool" 960 "$seed" >"$set/components/base/payload/base-$arch"
  done
  cat >"$set/components/base/Dockerfile" <<'DOCKERFILE'
FROM scratch
ARG TARGETARCH
COPY payload/base-$TARGETARCH /usr/lib/base
DOCKERFILE
  for component in c1 c2 c3 c4 c5 c6 c7 c8; do
    mkdir -p "$set/components/$component/payload"
    for arch in $all_architectures; do
      seed=$((seed + 1))
      shuffled "$pool" 320 "$seed" >"$set/components/$component/payload/tool-$arch"
    done
    cat >"$set/components/$component/Dockerfile" <<'DOCKERFILE'
ARG REGISTRY
ARG OCP_TAG
FROM $REGISTRY/base:$OCP_TAG
ARG TARGETARCH
COPY payload/tool-$TARGETARCH /usr/bin/tool
ENTRYPOINT ["/usr/bin/tool"]
DOCKERFILE
  done
  rm "$pool"
}

# Thirty steps that do nothing, each with a text of its own, so that no cache can take one for another.
make_run_set() {
  local component=$1/components/steps step
  mkdir -p "$component"
  "$repository/scripts/test-roots.sh" "$component" "$host_arch"
  mv "$component/$host_arch/busybox" "$component/busybox"
  rmdir "$component/$host_arch"
  {
    printf 'FROM scratch\nCOPY busybox /bin/sh\n'
    for step in $(seq 30); do echo "RUN true $step"; done
  } >"$component/Dockerfile"
}

# 500 MB in one COPY: 16,000 source files (200 MB) and 15 binaries of 20 MB.
make_context_set() {
  local component=$1/components/context number
  mkdir -p "$component/data/binaries"
  source_tree "$component/data" 16000
  pages 640 2 >"$1/pool"
  for number in $(seq 15); do shuffled "$1/pool" 320 "$number" >"$component/data/binaries/binary$number"; done
  rm "$1/pool"
  printf 'FROM scratch\nCOPY data /data\n' >"$component/Dockerfile"
}
