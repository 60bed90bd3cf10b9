#!/usr/bin/env bash
# The rules of the house that a compiler does not know (docs/architecture.md, "Rooms").
set -euo pipefail
cd "$1"
. tests/lint/sources.sh
broken=0

complain() { # FILE:LINE-LIST REMEDY
  [ -z "$1" ] && return 0
  printf '%s\n   -> %s\n' "$1" "$2"
  broken=1
}

# only HEADER-PATTERN REMEDY FILE-PATTERN…: the header may be included by these files alone.
only() {
  local header=$1 remedy=$2 allowed
  shift 2
  allowed=$(IFS='|'; echo "$*")
  complain "$(sources | grep -Ev "^($allowed)\$" | xargs grep -nE "^ *# *include *[<\"]$header" || true)" "$remedy"
}

only 'mosquitto(_broker|_plugin)?\.h' 'only plugin/plugin.cpp knows the broker' 'plugin/plugin\.cpp'
only '(mqtt/async_client|mqtt/.*client|MQTTAsync|MQTTClient|mqtt/message|mqtt/properties)' \
  'only mqtt/connection.cpp knows Paho' 'mqtt/connection\.cpp'
only 'sqlite3' 'only bridge/store/sqlite*.cpp and client/cpp/store.cpp know SQLite' 'bridge/store/sqlite[a-z_]*\.cpp' \
  'client/cpp/store\.cpp'
only 'curl/' 'only bridge/http_client.cpp knows curl' 'bridge/http_client\.cpp'
only 'prometheus/' 'only bridge/metrics.cpp knows prometheus-cpp' 'bridge/metrics\.cpp'
only 'valijson' 'only core/schema.cpp knows valijson' 'core/schema\.cpp'
only 'regex' 'never std::regex on input: it can be made to overflow the stack; use RE2' 'none'

complain "$(grep -rnE '^ *# *include *<(thread|mutex|condition_variable|fstream|filesystem|iostream|unistd|sys/|netinet)' core client/cpp/core || true)" \
  'core/ and client/cpp/core/ have no threads and no I/O'
complain "$(grep -rnE '(system|steady|high_resolution)_clock|[^a-z_.>]time\((NULL|nullptr|0)?\)|random_device' core client/cpp/core || true)" \
  'core/ and client/cpp/core/ have no clock and no dice: the caller gives time and randomness'
complain "$(grep -rnE '^ *# *include *"(plugin|bridge|cli|mqtt|platform)/' core || true)" \
  'core/ is below every other room'
complain "$(grep -rnE '^ *# *include *"(bridge|cli|mqtt)/' plugin || true)" 'the plugin uses core/ and platform/ only'
complain "$(grep -rnE '^ *# *include *"(plugin|bridge|cli|platform)/' client/cpp || true)" \
  'the client library uses core/ and mqtt/ only'
complain "$(grep -rnE '^ *# *include *"(mqtt/|client/cpp/[a-z_]*\.h)' client/cpp/core || true)" \
  "the client library's core uses core/ and itself only"
complain "$(grep -rnE 'sleep_for|sleep_until|[^a-z_]u?sleep\(' tests --include='*.cpp' --include='*.h' |
  grep -v '^tests/system/support/wait.cpp:' || true)" 'tests wait for conditions (tests/system/support/wait.h), never sleep'
complain "$(sources | xargs grep -nE '\b(TODO|FIXME|XXX|HACK)\b' || true)" 'finish it, or file an issue'
complain "$(sources | xargs grep -nE '\(void\) *[a-z_]+\(' || true)" 'a Result is answered, not thrown away'

# core/limits.h is one list of all limits on purpose.
while read -r lines file; do
  [ "$file" = core/limits.h ] || [ "$lines" -le 400 ] || complain "$file: $lines lines" 'a file has at most 400 lines: split it by nouns'
done < <(sources | xargs wc -l | grep -v ' total$')

while read -r file; do
  grep -q '^#pragma once$' "$file" || complain "$file: no #pragma once" 'a header begins with its contract and #pragma once'
done < <(sources | grep '\.h$')

[ "$broken" -eq 0 ] && echo "the house rules hold in $(sources | wc -l) files"
exit "$broken"
