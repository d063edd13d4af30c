#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The configurations that the operator guide shows are taken by those who read
# them, and the daemon starts with them. Prints TAP.
set -u
export LC_ALL=C.UTF-8

guide="${OPTOUT_SRCDIR:?}/docs/operator-guide.md"
build="${OPTOUT_BUILDDIR:?}"
dir=$(mktemp -d) || exit 99
daemon=
redis=
trap 'kill $daemon $redis 2>/dev/null; wait; rm -rf "$dir"' EXIT
number=0 failures=0

ok() { # NAME, the status of the command before it
    local status=$?
    number=$((number + 1))
    if [ "$status" = 0 ]; then
        echo "ok $number - $1"
    else
        failures=$((failures + 1))
        echo "not ok $number - $1"
        sed 's/^/# /' "$dir/log" 2>/dev/null | tail -20
    fi
}

# shown FILE NAME: the indented block behind "<!-- FILE: NAME -->", with the
# folders of this test in place of the system's.
shown() {
    awk -v mark="<!-- $1: $2 -->" '
        $0 == mark { on = 1; next }
        on && /^    / { sub(/^    /, ""); print; lines++; next }
        on && lines { exit }' "$guide" |
        sed -e "s#/var/lib/optout#$dir/$2/store#" -e "s#/run/optout#$dir/$2#" \
            -e "s#127.0.0.1:6379#127.0.0.1:$port#"
}

wait_for() { # COMMAND…
    local tries=100
    until "$@" >"$dir/log" 2>&1; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
}

start_daemon() { # NAME
    "$build/optoutd" --config "$dir/$1/optoutd.conf" >>"$dir/$1/daemon.log" 2>&1 &
    daemon=$!
    wait_for "$build/optout" site status --socket "$dir/$1/optoutd.sock"
}

stop_daemon() {
    kill "$daemon"
    wait "$daemon"
    local status=$?
    daemon=
    return "$status"
}

have_redis=false
command -v redis-server >/dev/null && have_redis=true
echo "1..$($have_redis && echo 12 || echo 9)"

# The packages that the guide names are those that ./start installs.
awk '/^<!-- packages -->$/ { on = 1; next } on && /^    / { print; lines++; next } on && lines { exit }' \
    "$guide" | sed -e ':a' -e '/\\$/{N;s/ *\\\n */ /;ta' -e '}' -e 's/^    //' >"$dir/shown"
(cd "$OPTOUT_SRCDIR" && . scripts/packages.sh && packages_guide) | diff - "$dir/shown" >"$dir/log"
ok "the guide names the packages of scripts/packages.sh"

port=$((20000 + $$ % 20000))
for name in single fleet; do
    mkdir "$dir/$name"
    shown optoutd.conf "$name" >"$dir/$name/optoutd.conf"
    [ "$(wc -l <"$dir/$name/optoutd.conf")" -ge 3 ]
    ok "$name: the guide shows an optoutd.conf"
    "$build/optoutd" --check --config "$dir/$name/optoutd.conf" >"$dir/log" 2>&1
    ok "$name: optoutd --check takes it"
done

shown srv_optout.conf single >"$dir/single/srv_optout.conf"
"$build/optout" config check "$dir/single/srv_optout.conf" >"$dir/log" 2>&1
ok "single: optout config check takes the srv_optout.conf"
start_daemon single
ok "single: the daemon starts and answers"
"$build/optout" site -c "$dir/single/srv_optout.conf" show https://example.com/ >"$dir/log" 2>&1
[ $? = 3 ]
ok "single: filter and daemon name the same store; nothing is known yet"
stop_daemon
ok "single: the daemon stops cleanly"

if ! $have_redis; then
    echo "# redis-server is not here: the fleet's configuration was checked, not started"
    exit $((failures != 0))
fi
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no >"$dir/redis.log" 2>&1 &
redis=$!
start_daemon fleet
ok "fleet: the daemon starts and answers"
# shellcheck disable=SC2317 # wait_for calls it
connected() {
    "$build/optout" site status --socket "$dir/fleet/optoutd.sock" | grep '"connected":true'
}
wait_for connected
ok "fleet: it is connected to Redis"
stop_daemon
ok "fleet: the daemon stops cleanly"
exit $((failures != 0))
