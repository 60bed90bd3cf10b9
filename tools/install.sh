# Sourced by ../dev: Debian and npm packages, installed only where they are missing, and said so.

build_packages="g++ cmake ninja-build pkg-config libssl-dev nlohmann-json3-dev libvalijson-dev libre2-dev
  libsqlite3-dev libcurl4-openssl-dev libboost-dev libpaho-mqtt-dev libpaho-mqttpp-dev libcli11-dev libspdlog-dev libtomlplusplus-dev zlib1g-dev libzstd-dev
  mosquitto-dev libmosquitto-dev libgtest-dev librapidcheck-dev libbenchmark-dev libnetfilter-queue-dev
  prometheus-cpp-dev patch"
run_packages="mosquitto mosquitto-clients iproute2 curl"
test_packages="$run_packages clang clang-format clang-tidy libclang-rt-14-dev iso-codes strace sqlite3 spin
  iptables faketime eatmydata xfsprogs prometheus chromium
  python3" # for examples/python alone

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "cannot run '$*': neither root nor sudo; run it as root and start again" >&2
    return 77
  fi
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]; }

# Debian starts a service when it installs it; a broker on port 1883 is not ours to start.
without_services() { # COMMAND…
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}

install_packages() { # NAME…
  local name new_broker=no
  local -a missing=()
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [[ " ${missing[*]} " != *' mosquitto '* ]] || new_broker=yes
  say "installing Debian packages: ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update -q
  without_services as_root "${apt[@]}" install -qq -y --no-install-recommends "${missing[@]}"
  if [ "$new_broker" = yes ] && [ -d /run/systemd/system ]; then
    say "Mosquitto's own service stays off (sudo systemctl enable --now mosquitto turns it on)"
    as_root systemctl disable --quiet mosquitto
  fi
}

install_node_packages() {
  command -v npm >/dev/null || install_packages nodejs npm
  if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    say "installing npm packages"
    npm ci --no-audit --no-fund
    touch node_modules/.package-lock.json
  fi
}
