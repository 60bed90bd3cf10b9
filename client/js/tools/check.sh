#!/usr/bin/env bash
# Everything that is checked of the TypeScript library: form, types, unit tests, size, the package, and the conformance
# scenarios over the broker, plugin and bridge of a build.
#   client/js/tools/check.sh BUILD-FOLDER
set -euo pipefail
build=$(cd "${1:-build/release}" && pwd)
cd "$(dirname "$0")/.."
step() {
  printf -- '-- %s\n' "$1"
  shift
  "$@"
}
bin=../../node_modules/.bin
step 'form' "$bin/prettier" --check --log-level warn .
step 'types' "$bin/tsc" --noEmit
step 'units' "$bin/vitest" run
rm -rf dist
step 'build' "$bin/tsc" -p tsconfig.build.json
step 'size' node tools/size.mjs
step 'package' node tools/package.mjs
step 'conformance' node ../../tests/conformance/run.mjs --build "$build"
