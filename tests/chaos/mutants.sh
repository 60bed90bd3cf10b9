#!/usr/bin/env bash
# mutants.sh [NAME…]: builds bridges and plugins with planted bugs (mutants/NAME.patch here or in tests/sim), outside the
# tree, and runs chaos against each until it is found. MINUTES (4) is the limit, BUILD (build/release) has chaos.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
chaos=$(realpath "${BUILD:-$root/build/release}")/tests/chaos/chaos
minutes=${MINUTES:-4}
[ $# -gt 0 ] || set -- no_number_check epoch_ignored tombstone_skipped revoked_let_in empty_list_opens
work=$(mktemp -d "${TMPDIR:-/tmp}/msync-mutants-XXXXXX")
trap 'rm -rf "$work"' EXIT
export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1
missed=0

for name in "$@"; do
  source=$work/source # built as ever, so that ccache has what is not mutated
  mkdir -p "$source"
  (cd "$root" && find CMakeLists.txt CMakePresets.json bridge cli core mqtt platform plugin schemas -type f -print0 |
    xargs -0 cp --parents -t "$source")
  sed -i '/add_subdirectory(\(tests\|bench\))/d' "$source/CMakeLists.txt"
  mutation=$root/tests/chaos/mutants/$name.patch
  [ -e "$mutation" ] || mutation=$root/tests/sim/mutants/$name.patch
  patch -s -d "$source" -p1 <"$mutation"
  cmake -S "$source" -B "$source/build/release" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
  cmake --build "$source/build/release" --target mosquitto-sync mosquitto_sync >/dev/null
  export MSYNC_PLUGIN=$source/build/release/mosquitto_sync.so
  begun=$SECONDS
  if "$chaos" --minutes "$minutes" --bridge "$source/build/release/mosquitto-sync" --folder "$work/run" >"$work/log" 2>&1; then
    echo "$name: NOT FOUND in $minutes minutes"
    missed=1
  else
    echo "$name: found after $((SECONDS - begun)) s: $(grep -m1 -E '^invariant|not at rest' "$work/log" | cut -c1-200)"
  fi
  rm -rf "$work/run"
done
exit "$missed"
