#!/usr/bin/env bash
# presets.sh SOURCE: every preset can be configured, also those of the sanitizers, which are built seldom.
set -euo pipefail
cd "$1"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
presets=$(cmake --list-presets | sed -n 's/^ *"\([^"]*\)".*/\1/p')
for preset in $presets; do
  if ! cmake --preset "$preset" -B "$folder/$preset" >"$folder/log" 2>&1; then
    grep -A8 'CMake Error' "$folder/log"
    echo "   -> the preset $preset does not configure"
    exit 1
  fi
done
echo "$(wc -w <<<"$presets") presets configure"
