#!/usr/bin/env bash
# check.sh MODEL.pml FOLDER [FAULT]: searches all of a model's states for what breaks its properties, as the `check:`
# lines of its head say. With a planted fault: fails unless the property that its `fault:` line names is broken.
# FOLDER is where spin and the C compiler leave what they make.
set -euo pipefail
model=$(realpath "$1")
fault=${3:-}
folder=$2/${fault:-all}
mkdir -p "$folder"
cd "$folder"

optimise=-O1
[ -z "$fault" ] || optimise=-O0 # it is found so soon that compiling is most of the work

command -v spin >/dev/null || { echo "spin is not installed; ./dev test installs it" >&2; exit 1; }

compile() { # OPTION…
  spin -a "$@" "$model" >spin.out 2>&1 && [ -e pan.c ] || { cat spin.out >&2; exit 1; }
  # NFAIR: there are up to six processes. MEMLIM: 2 GiB, beyond which pan gives up and says so.
  gcc "$optimise" -w -DNFAIR=3 -DMEMLIM=2048 -o pan pan.c
}

search() { # PROPERTY; says what it found and leaves it in pan.out
  local fair=
  grep -qE "^ltl +$1 +\{ *<>" "$model" && fair=-f # liveness, where every process that can go on does some time
  ./pan -a $fair -m500000 -N "$1" >pan.out 2>&1 || true
  sed -nE 's/^ *([0-9]+) states, stored.*/\1 states/p; s/^pan: elapsed time (.*)/\1/p' pan.out | tr '\n' ' '
}

complete() { ! grep -qiE 'not completed|too small|out of memory|truncated|reached -D' pan.out; }

if [ -n "$fault" ]; then
  line=$(grep -E "^ *fault: $fault breaks " "$model")
  property=$(sed -E 's/.* breaks ([a-z0-9_]+).*/\1/' <<<"$line")
  options=$(sed -nE 's/.* with ([-A-Z_=0-9 ]+).*/\1/p' <<<"$line")
  compile -D"$fault" $options
  found=$(search "$property")
  if grep -qE 'errors: 1$' pan.out && grep -qE 'assertion violated|acceptance cycle' pan.out; then
    echo "$fault breaks $property, as it must ($found)"
    exit 0
  fi
  cat pan.out
  echo "$fault went unnoticed: $property is no test of it" >&2
  exit 1
fi

broken=0
while IFS= read -r line; do
  options=$(sed -nE 's/.* with (.*)/\1/p' <<<"$line")
  compile $options
  for property in $(sed -E 's/^ *check: //; s/ with .*//' <<<"$line"); do
    found=$(search "$property")
    if grep -qE 'errors: 0$' pan.out && complete; then
      echo "$property holds ($found${options:+, $options})"
    else
      cat pan.out
      echo "$property does not hold, or its search is not complete (${options:-no options})" >&2
      broken=1
    fi
  done
done < <(grep -E '^ *check: ' "$model")

for property in $(sed -nE 's/^ltl +([a-z0-9_]+).*/\1/p' "$model"); do
  grep -qE "^ *check: .*\b$property\b" "$model" || { echo "no check: line has $property" >&2; broken=1; }
  grep -qE "^ *fault: .* breaks $property\b" "$model" || { echo "no fault: line breaks $property" >&2; broken=1; }
done
exit "$broken"
