#!/usr/bin/env bash
# Measure the Dockerfile front end alone: a file of 200 lines, parsed and resolved. The budget is 1 ms.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-O -wmo -parse-as-library -swift-version 6 -enable-upcoming-feature ExistentialAny -package-name imgset -I "$out")
for name in Diagnostics Dockerfile; do
  swiftc "${flags[@]}" -emit-module -emit-module-path "$out/$name.swiftmodule" -module-name "$name" \
    -c "Sources/$name"/*.swift -o "$out/$name.o"
done
swiftc "${flags[@]}" -module-name Parse Benchmarks/Parse.swift "$out"/*.o -o "$out/parse"
"$out/parse"
