#!/usr/bin/env bash
# Every source as clang-format leaves it.
set -euo pipefail
cd "$1"
. tests/lint/sources.sh
if ! sources | xargs clang-format --dry-run -Werror; then
  echo '   -> run ./dev format'
  exit 1
fi
echo "$(sources | wc -l) files are formatted"
