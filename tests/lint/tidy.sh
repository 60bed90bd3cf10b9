#!/usr/bin/env bash
# clang-tidy (.clang-tidy) on every room. A file that passed is not looked at again until it, a header, the
# rules or the way it is compiled changes.
set -euo pipefail
cd "$1"
build=$2
cache=$build/tidy
mkdir -p "$cache"
common=$(cat .clang-tidy "$build/build.ninja" $(find bridge cli core mqtt platform plugin -name '*.h' | sort) | sha256sum)

check() { # FILE
  local mark log
  mark=$cache/$(printf '%s' "$common" | cat - "$1" | sha256sum | cut -c1-32)
  [ -e "$mark" ] && return 0
  log=$(clang-tidy --quiet -p "$build" "$1" 2>/dev/null) || { printf '%s\n' "$log"; return 1; }
  : > "$mark"
  echo "ok $1"
}
export -f check
export build cache common

files=$(find bridge cli core mqtt platform plugin -name '*.cpp' | sort)
if ! xargs -P "$(nproc)" -I{} bash -c 'check {}' <<<"$files"; then
  echo '   -> mend it, or, with a reason beside it, // NOLINT(check-name)'
  exit 1
fi
echo "clang-tidy has nothing to say about $(wc -l <<<"$files") files"
