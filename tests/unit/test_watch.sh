#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What optout-watch.service runs: when c-icap is restarted, and above all when it is not. systemctl and
# optout are stand-ins that write down what they are asked. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

watch=$OPTOUT_SRCDIR/debian/libexec/watch
mkdir "$dir/bin"
cat >"$dir/bin/systemctl" <<'S'
#!/bin/sh
echo "$*" >>"$TEST_DIR/systemctl"
case $1 in is-active) [ "$(cat "$TEST_DIR/active")" = yes ] ;; esac
S
# The statuses of its answers, one a line, the last one for ever.
cat >"$dir/bin/optout" <<'S'
#!/bin/sh
case "$*" in
'doctor --icap '*' --only icap-unreachable --quiet')
    echo "$3" >>"$TEST_DIR/asked"
    status=$(sed -n "$(wc -l <"$TEST_DIR/asked")p" "$TEST_DIR/answers")
    exit "${status:-$(tail -n 1 "$TEST_DIR/answers")}" ;;
metrics)
    # what it has decided: more with each look when it is busy
    if [ -e "$TEST_DIR/busy" ]; then date +%N >>"$TEST_DIR/busy"; cat "$TEST_DIR/busy" | sed 's/^/optout_exchanges_total /'; fi ;;
'doctor --local --quiet') cat "$TEST_DIR/found"; exit "$(cat "$TEST_DIR/status")" ;;
*) echo "what is $*?" >&2; exit 99 ;;
esac
S
chmod +x "$dir/bin/"*
echo 'Port 127.0.0.1:1350' >"$dir/c-icap.conf"

run() { # ANSWER…: as if nothing had happened in ten minutes, unless "keep" is set
    printf '%s\n' "$@" >"$dir/answers"
    rm -f "$dir/asked" "$dir/systemctl"
    [[ -n ${keep-} ]] || rm -rf "$dir/state"
    touch "$dir/asked" "$dir/systemctl"
    env PATH="$dir/bin:$PATH" TEST_DIR="$dir" RUNTIME_DIRECTORY="$dir/state" OPTOUT_WATCH_PAUSE=0 \
        OPTOUT_WATCH_CONF="${conf:-$dir/c-icap.conf}" ${more-} sh "$watch" >"$dir/out" 2>&1
}
restarts() { grep -c '^restart c-icap.service$' "$dir/systemctl"; }
asked() { wc -l <"$dir/asked"; }

echo yes >"$dir/active"
: >"$dir/found"
echo 0 >"$dir/status"

run 0
[[ $? = 0 && $(asked) = 1 && $(restarts) = 0 && ! -s $dir/out ]]
ok "all is well: asked once, nothing is said"
[[ $(<"$dir/asked") == icap://127.0.0.1:1350/optout ]]
ok "the address is that of c-icap.conf"
run 2
[[ $(asked) = 3 && $(restarts) = 1 ]] && grep -q 'restarting it' "$dir/out"
ok "three times no answer: restarted once, and said"
keep=yes run 2
[[ $(restarts) = 0 ]] && grep -q 'left alone' "$dir/out"
ok "again at once: left alone"
echo $(($(date +%s) - 700)) >"$dir/state/restarted"
keep=yes run 2
[[ $(restarts) = 1 ]]
ok "ten minutes later: restarted"
run 2 2 0
[[ $(asked) = 3 && $(restarts) = 0 && ! -s $dir/out ]]
ok "the third time an answer: nothing"
touch "$dir/busy"
run 2
[[ $(asked) = 3 && $(restarts) = 0 ]] && grep -q 'but it decides' "$dir/out"
ok "no answer, but exchanges are decided: busy, and not restarted"
rm "$dir/busy"
for status in 1 3 99; do
    run "$status"
    [[ $(asked) = 1 && $(restarts) = 0 ]]
    ok "the doctor ends with $status: no reason to restart"
done
echo no >"$dir/active"
run 2
[[ $(asked) = 0 && $(restarts) = 0 ]]
ok "somebody has stopped c-icap: nothing"
echo yes >"$dir/active"
more=OPTOUT_WATCH_RESTART=no run 2
[[ $(restarts) = 0 ]] && grep -q 'does not answer' "$dir/out"
ok "told not to restart: said alone"
for port in 1344 '*:1344' 0.0.0.0:1344 '[::]:1344'; do
    echo "port $port" >"$dir/other.conf"
    conf=$dir/other.conf run 0
    [[ $(<"$dir/asked") == icap://127.0.0.1:1344/optout ]]
    ok "Port $port: asked on loopback"
done
echo 'Port [::1]:1344' >"$dir/other.conf"
conf=$dir/other.conf run 0
[[ $(<"$dir/asked") == 'icap://[::1]:1344/optout' ]]
ok "Port [::1]:1344: asked there"
conf=$dir/nothing run 2
[[ $(asked) = 0 && $(restarts) = 0 ]]
ok "no c-icap.conf: nothing"

echo 'audit-disk: the disk of the audit log is full' >"$dir/found"
echo 2 >"$dir/status"
run 0
[[ $? = 2 && $(restarts) = 0 ]] && cmp -s "$dir/out" "$dir/found"
ok "other errors: said, told by the status, no restart"
keep=yes run 0
[[ $? = 2 && ! -s $dir/out ]]
ok "said once"
: >"$dir/found"
echo 0 >"$dir/status"
keep=yes run 0
[[ $? = 0 ]] && grep -q 'nothing is found any more' "$dir/out"
ok "and that it is over"

# The doctor itself, of a port that nobody listens at.
printf '#!/bin/sh\nexec "%s" "$@"\n' "$optout" >"$dir/bin/optout"
echo 'Port 127.0.0.1:9' >"$dir/other.conf"
conf=$dir/other.conf run 2
[[ $(restarts) = 1 ]]
ok "the doctor tells a port where nobody listens"
echo "1..$count"
exit $((failures > 0))
