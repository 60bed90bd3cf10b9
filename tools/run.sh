#!/usr/bin/env bash
# ./dev run, after the build: broker with plugin and bridge on the data in .run/, until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh

mqtt_port=${MSYNC_MQTT_PORT:-1883}
ws_port=${MSYNC_WS_PORT:-9001}
http_port=${MSYNC_HTTP_PORT:-8080}
run=$PWD/.run
build=$PWD/build/release
scope=chat/42/messages
declare -a pids=()

is_free() { # PORT VARIABLE
  local line owner
  line=$(ss -H -ltnp "sport = :$1" | head -1)
  [ -n "$line" ] || return 0
  owner=$(sed -nE 's/.*users:\(\("([^"]*)",pid=([0-9]+).*/\1, process \2/p' <<<"$line")
  echo "port $1 is taken by ${owner:-a program of another user}; choose another: $2=$(($1 + 10000)) ./dev run" >&2
  return 1
}

make_keys() {
  umask 077
  mkdir -p "$run/broker"
  [ -s "$run/jwt.secret" ] || head -c 48 /dev/urandom | base64 -w0 >"$run/jwt.secret"
  make_token alice >"$run/demo.token"
  alice_address="http://127.0.0.1:$http_port/demo#token=$(cat "$run/demo.token")"
  bob_address="http://127.0.0.1:$http_port/demo#token=$(make_token bob)"
}

make_token() { # USER
  "$build/mosquitto-sync" token --secret-file "$run/jwt.secret" --sub "$1" --claim rooms=general,weekend,42,43 \
    --claim lists=home --ttl 12h
}

# By way of a file: what is on a command line everybody on this machine can read.
open_demo() {
  [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null || return 0
  echo "<meta http-equiv=refresh content='0; url=$alice_address'>" >"$run/demo.html"
  xdg-open "$run/demo.html" >/dev/null 2>&1 &
}

write_configuration() {
  cat >"$run/mosquitto.conf" <<END
# Written by ./dev run at every start. mosquitto.conf.example says why each line is there.
user $(id -un)
per_listener_settings false
allow_anonymous false
listener $mqtt_port 127.0.0.1
listener $ws_port 127.0.0.1
protocol websockets
socket_domain ipv4
persistence true
persistence_location $run/broker/
max_queued_messages 100000
max_inflight_messages 1000
set_tcp_nodelay true
log_dest file $run/mosquitto.log
plugin $build/mosquitto_sync.so
plugin_opt_schemas $PWD/schemas
plugin_opt_jwt_secret_file $run/jwt.secret
plugin_opt_revoked_file $run/revoked.json
plugin_opt_free_login_failures 0
END
}

# Each in a process group of its own: Ctrl-C reaches this script alone, which ends them in order.
start() { # COMMAND…
  setsid "$@" &
  pids+=($!)
}

stop_all() {
  trap '' INT TERM HUP
  local i
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  [ ${#pids[@]} -eq 0 ] || echo "stopped; the data stays in .run/"
}

listen_as() { # DEVICE ARGS…
  local device=$1
  shift
  mosquitto_sub -h 127.0.0.1 -p "$mqtt_port" -i "alice:$device" -u alice -P "$(cat "$run/demo.token")" "$@"
}

gave_up() { # WHO LOG
  echo "$1 has ended; the last lines of $2:" >&2
  tail -n 15 "$2" >&2
  exit 69
}

alive() {
  kill -0 "${pids[0]}" 2>/dev/null || gave_up "the broker" "$run/mosquitto.log"
  [ ${#pids[@]} -lt 2 ] || kill -0 "${pids[1]}" 2>/dev/null || gave_up "the bridge" "$run/bridge.log"
}

print_lines() { # EPOCH
  local client="-h 127.0.0.1 -p $mqtt_port -u alice -P \"\$(cat $run/demo.token)\"" src
  src=demo-$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
  cat <<END

Mosquitto with mosquitto-sync listens on 127.0.0.1:$mqtt_port (MQTT) and :$ws_port (WebSocket);
the bridge answers at http://127.0.0.1:$http_port/ (its status page; MQTT for browsers at /mqtt).

The demo, for two browser windows side by side; the addresses sign in for 12 hours:
$alice_address
$bob_address

1. Watch chat room 42, in a second terminal:
mosquitto_sub $client -i alice:screen -v -t $scope/log -t 'sync/alice:screen/#'

2. Write into it, in a third, as a phone does, and see it acknowledged (a second time: answered, and nothing twice):
mosquitto_rr $client -i alice:phone -q 1 -W 10 -t $scope/in -e sync/alice:phone/ack/$scope -m '{"epoch":"$1","src":"$src","n":1,"mutations":[{"op":"put","id":"$src","data":{"text":"hello from a phone"}}]}'

3. Write without a number, as a sensor does: nothing is acknowledged, it just arrives:
mosquitto_pub $client -i alice:sensor -q 1 -t $scope/in -m '{"mutations":[{"op":"put","id":"hello-'\$(date +%s)'","data":{"text":"hello"}}]}'

4. Write and read over HTTP, as a backend does:
curl -s -X PUT -H "Authorization: Bearer \$(cat $run/demo.token)" -H 'Content-Type: application/json' -d '{"text":"hello from a backend"}' http://127.0.0.1:$http_port/v1/scopes/chat%2F42%2Fmessages/docs/backend
curl -s -H "Authorization: Bearer \$(cat $run/demo.token)" http://127.0.0.1:$http_port/v1/scopes/chat%2F42%2Fmessages/docs

Logs: .run/mosquitto.log .run/bridge.log     Ctrl-C stops all of it.
END
}

is_free "$mqtt_port" MSYNC_MQTT_PORT
is_free "$ws_port" MSYNC_WS_PORT
is_free "$http_port" MSYNC_HTTP_PORT
make_keys
write_configuration
trap stop_all EXIT
trap 'exit 0' INT TERM HUP

say "starting Mosquitto on port $mqtt_port"
start mosquitto -c "$run/mosquitto.conf" 2>>"$run/mosquitto.log"
until ss -H -ltn "sport = :$mqtt_port" | grep -q .; do alive; sleep 0.1; done

say "starting the bridge on .run/sync.db"
start "$build/mosquitto-sync" bridge --broker "mqtt://127.0.0.1:$mqtt_port" --schemas schemas \
  --store "sqlite:$run/sync.db" --secret-file "$run/jwt.secret" --http "127.0.0.1:$http_port" --demo 2>>"$run/bridge.log"
status=
until [[ $status == *'"state":"online"'* ]]; do
  alive
  status=$(listen_as starting -t sync/status -C 1 -W 1 2>/dev/null || true)
done

print_lines "$(sed -nE 's/.*"epoch":"([^"]*)".*/\1/p' <<<"$status")"
open_demo
wait -n "${pids[@]}" || true
alive
