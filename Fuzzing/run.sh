#!/usr/bin/env bash
# Fuzz the Dockerfile front end with libFuzzer and the address sanitizer.
#
#   Fuzzing/run.sh TARGET SECONDS [SEEDS…]      TARGET: recipe word ignore; SEEDS: directories with inputs
#
# What was found is kept in .build/fuzz/TARGET: the corpus grows from run to run, a crash, a hang (20 s for one input, on a busy machine) or
# runaway memory (256 MB in one allocation, 4 GB in all with what the sanitizer keeps) ends the run and leaves its input there.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

target=${1:?"TARGET: recipe word ignore"}
seconds=${2:?"SECONDS to run"}
shift 2
out=.build/fuzz/$target
mkdir -p "$out/corpus"

flags=(-O -wmo -parse-as-library -swift-version 6 -enable-upcoming-feature ExistentialAny
  -package-name imgset -sanitize=fuzzer,address -I "$out")
objects=()

# module NAME FILE…: compiles a module that the fuzz target imports.
module() {
  local name=$1
  shift
  swiftc "${flags[@]}" -emit-module -emit-module-path "$out/$name.swiftmodule" -module-name "$name" -c "$@" \
    -o "$out/$name.o"
  objects+=("$out/$name.o")
}

module Diagnostics Sources/Diagnostics/*.swift
module Dockerfile Sources/Dockerfile/*.swift
sources=("Fuzzing/$target.swift")
if [ "$target" = recipe ]; then
  module OCI Sources/OCI/*.swift
  # Lowering alone: the rest of Planning needs more modules and takes no text.
  sources+=(Sources/Planning/{StageState*,Step,HistoryText,RemoteSource,RepositorySource*}.swift)
fi
# The linker's warnings are about symbols of the sanitizer.
swiftc "${flags[@]}" -module-name Fuzz "${sources[@]}" "${objects[@]}" -o "$out/fuzz" 2>"$out/link.log" ||
  { cat "$out/link.log" >&2; exit 1; }

options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -malloc_limit_mb=256 -max_len=20000
  -print_final_stats=1 -artifact_prefix="$out/")
[ ! -f "Fuzzing/$target.dict" ] || options+=(-dict="Fuzzing/$target.dict")
"$out/fuzz" "${options[@]}" "$out/corpus" "$@"
