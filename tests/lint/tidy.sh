#!/usr/bin/env bash
# tidy.sh SOURCE BUILD: clang-tidy (.clang-tidy) on every room. A file that passed is not looked at again, in this checkout or
# another of the same user, until it, a header that it includes, the rules, Debian's packages or its compiler's options change.
set -euo pipefail
cd "$1"
build=$(realpath "$2")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mosquitto-sync/tidy
mkdir -p "$cache"
rooms="bridge cli client/cpp core examples mqtt platform plugin"
files=$(find $rooms -name '*.cpp' | sort)
headers=$(find $rooms -name '*.h' | sort)
common=$( (cat .clang-tidy; dpkg-query -W -f '${Package} ${Version}\n') | sha256sum)

# Each source with the hashes of what it is made of, by the compiler's own account; of all headers where there is none.
made_of() {
  local up
  up=$(realpath --relative-to="$build" .)
  (sha256sum $files $headers; ninja -C "$build" -t deps | sed "s#^ *$up/##; s#^ *$PWD/##") | awk '
    length($1) == 64 && NF == 2 { hash[$2] = $1; all = all " " $1; next }
    /#deps/ { source = ""; next }
    !($1 in hash) { next }
    source == "" { source = $1; made[source] = "" }
    { made[source] = made[source] " " hash[$1] }
    END { for (file in hash) if (file ~ /\.cpp$/) print file (file in made ? made[file] : all) }' | sort
}

check() { # SOURCE HASH…
  local mark log
  mark=$cache/$( (printf '%s' "$common $*"
    grep -B1 -F -- "/$1\"" "$build/compile_commands.json" | grep command | sed "s#$build#BUILD#g; s#$PWD#HERE#g") |
    sha256sum | cut -c1-32)
  if [ -e "$mark" ]; then
    touch "$mark"
    return 0
  fi
  log=$(clang-tidy --quiet -p "$build" "$1" 2>/dev/null) || { printf '%s\n' "$log"; return 1; }
  : > "$mark"
  echo "ok $1"
}
export -f check
export build cache common

if ! made_of | xargs -P "$(nproc)" -L1 bash -c 'check "$@"' check; then
  echo '   -> mend it, or, with a reason beside it, // NOLINT(check-name)'
  exit 1
fi
find "$cache" -type f -mtime +30 -delete
echo "clang-tidy has nothing to say about $(wc -l <<<"$files") files"
