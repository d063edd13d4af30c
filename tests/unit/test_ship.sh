#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout-ship against librdkafka's mock cluster: what arrives, whatever happens to the brokers,
# to the program and to the segments meanwhile. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

ship="$OPTOUT_BUILDDIR/optout-ship"
mock="$OPTOUT_BUILDDIR/tests/unit/kafka_mock"
S=node-1-20261130T100000.000Z-77-1.jsonl

# ---- the cluster ----

mkfifo asks answers
"$mock" serve 1 <asks >answers 2>mock.err &
mock_pid=$!
exec 7>asks 8<answers
read -r brokers <&8
trap 'exec 7>&-; kill "$mock_pid" 2>/dev/null; rm -rf "$dir"' EXIT

ask() { # COMMAND: of kafka_mock
    local answer
    echo "$1" >&7
    read -r answer <&8 && [ "$answer" = ok ]
}

run_ship() { # ARGUMENTS: to topic $topic; leaves err and $status
    "$ship" -b "$brokers" -t "$topic" -s state "$@" >out 2>err </dev/null
    status=$?
}

begin_ship() { # ARGUMENTS: in the background, as $ship_pid
    "$ship" -b "$brokers" -t "$topic" -s state "$@" >out 2>err </dev/null &
    ship_pid=$!
}

end_ship() { # leaves $status
    kill -"${1-TERM}" "$ship_pid" 2>/dev/null
    wait "$ship_pid" 2>/dev/null
    status=$?
}

# The topic: got.tsv; the values, once each, in the order of their first coming: got.
arrived() { # COUNT
    "$mock" read "$brokers" "$topic" "$1" >got.tsv 2>mock.err
    cut -f7- got.tsv | awk '!seen[$0]++' >got
}

# A place of its own for each case, and a topic with one partition.
fresh() { # NAME
    topic=$1
    rm -rf log state
    mkdir log state
    ask "partitions $topic 1"
}

lines() { # FROM TO
    seq -f '{"v":2,"id":"01K%06.0f","time":"2026-11-30T10:00:00.000Z","url":"https://a.example/"}' "$1" "$2"
}

# Waits until a command succeeds, at most 10 s.
until_true() {
    local i
    for ((i = 0; i < 200; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.05
    done
    return 1
}

shipped() { # LINES
    grep -qx "lines $1" "state/$S.shipped"
}

# ---- what arrives ----

fresh all
{
    echo '{"v":2,"event":"config","id":"c1","node":"node-1"}'
    echo '{"v":2,"event":"site","id":"s1","bundle":{}}'
    echo '{"v":2,"event":"pending","id":"01KA"}'
    lines 1 500
} >"log/$S"
run_ship --once log
[ "$status" -eq 0 ] && arrived 503 && cmp got "log/$S"
ok "every line arrives as it is, in its order"
[ "$(wc -l <got.tsv)" -eq 503 ] && [ "$(cut -f2 got.tsv | sort -u)" = node-1 ]
ok "... once, with the node as key"
sed -n 1p got.tsv | grep -qP "^0\tnode-1\t$S\t1\tconfig\tc1\t" &&
    sed -n 3p got.tsv | grep -qP "\t$S\t3\tpending\t01KA\t" &&
    sed -n 4p got.tsv | grep -qP "\t$S\t4\tfinal\t01K000001\t"
ok "... with segment, line, event and id as headers"
grep -qx 'lines 503' "state/$S.shipped" && grep -qx 'state done' "state/$S.shipped"
ok "... and the position says so"
run_ship --once log
[ "$status" -eq 0 ] && arrived 503 && [ "$(wc -l <got.tsv)" -eq 503 ]
ok "what is shipped is not shipped again"

topic=apart
run_ship --once --state "$dir" --references refs log
arrived 501 && [ "$(cut -f5 got.tsv | sort -u | xargs)" = 'final pending' ] &&
    topic=refs && arrived 2 && [ "$(cut -f2 got.tsv | sort | xargs)" = 'c1 s1' ]
ok "--references: what records refer to goes to a topic of its own, by its id"

# ---- errors of brokers ----

fresh retriable
lines 1 20000 >"log/$S"
ask 'errors 5 7'
run_ship --once log
[ "$status" -eq 0 ] && arrived 20000 && [ "$(wc -l <got.tsv)" -eq 20000 ] && cmp got "log/$S"
ok "retriable errors: 20,000 lines, all once and in order"

fresh refused
lines 1 4000 >"log/$S"
ask 'errors 1 29'
run_ship --once -X batch.num.messages=100 -m metrics log
[ "$status" -eq 0 ] && arrived 4000 && cmp <(sort got) "log/$S" && shipped 4000 &&
    cut -f4 got.tsv | tail -4000 | sort -n | cmp - <(seq 4000)
ok "a batch that is refused is sent again, with all that came behind it"
grep -qx 'optout_ship_renewals_total 1' metrics && has 'from the last line that was taken' err
ok "... which is said and counted"

fresh fatal
lines 1 4000 >"log/$S"
ask 'errors 1 45'
run_ship --once -X batch.num.messages=100 log
[ "$status" -eq 0 ] && arrived 4000 && cmp <(sort got) "log/$S" && shipped 4000
ok "a producer that failed for good is made anew"

fresh down
lines 1 1000 >"log/$S"
ask down
begin_ship --stop-after 1 -m metrics -X queue.buffering.max.messages=100 log
sleep 1.5
began=$SECONDS
end_ship
[ "$status" -eq 1 ] && ((SECONDS - began < 8)) && ! shipped 1000 && [ ! -s "state/$S.shipped" ]
ok "without brokers it ends in time, and knows that nothing was taken"
has 'no broker can be reached' err && grep -qx 'optout_ship_reachable 0' metrics
ok "... which is said"
awk '$1 == "optout_ship_under_way" { n = $2 } END { exit !(n <= 100) }' metrics &&
    awk '$1 == "optout_ship_lag_bytes" { n = $2 } END { exit !(n > 50000) }' metrics
ok "a queue that is full holds reading up, and nothing else"
ask up
run_ship --once log
[ "$status" -eq 0 ] && arrived 1000 && cmp got "log/$S"
ok "... and when they are back all is there"

# ---- lines that are too large ----

fresh large
{
    lines 1 10
    printf '{"v":2,"id":"01KLARGE","url":"%02000d"}\n' 0
    lines 11 20
} >"log/$S"
run_ship --once -X message.max.bytes=1500 log
[ "$status" -eq 1 ] && arrived 21 && shipped 21 &&
    sed -n 11p got | grep -qF '"event":"unshipped","id":"01KLARGE"' &&
    grep -v unshipped got | cmp - <(lines 1 20)
ok "a line that is too large is set aside, with a message in its place"
has '"line":11,' state/optout-ship.unshipped && has 'too-large' state/optout-ship.unshipped
ok "... and a note of it"

fresh toolarge
lines 1 30 >"log/$S"
ask 'errors 2 10'
run_ship --once -X linger.ms=300 log # one batch
[ "$status" -eq 1 ] && arrived 30 && shipped 30 && [ "$(grep -c unshipped got)" -eq 1 ] &&
    sed -n 1p state/optout-ship.unshipped | grep -qF '"line":1,'
ok "one that only a broker finds too large is found in its batch"

# ---- the program ----

fresh killed
lines 1 10000 >"log/$S.open"
begin_ship log
until_true shipped 10000
lines 10001 15000 >>"log/$S.open"
sleep 0.3 # they are sent, and the position is written once a second
end_ship KILL
lines 15001 20000 >>"log/$S.open"
mv "log/$S.open" "log/$S"
run_ship --once log
[ "$status" -eq 0 ] && arrived 20000 && cmp <(sort got) "log/$S"
ok "killed and begun again: no line is missing"
twice=$(($(wc -l <got.tsv) - 20000))
((twice <= 5000)) && [ "$(cut -f4 got.tsv | sort -n | uniq -d | awk '$1 <= 10000' | wc -l)" -eq 0 ]
ok "... and only what came after the last position came twice"
echo "# $twice lines"

fresh follow
lines 1 10 >"log/$S.open"
begin_ship log
until_true shipped 10
ok "a segment is followed while it is written"
lines 11 20 >>"log/$S.open"
printf '{"v":2,"id":"half' >>"log/$S.open"
until_true shipped 20
ok "... up to the last whole line"
printf '"}\n' >>"log/$S.open"
mv "log/$S.open" "log/$S"
if command -v zstd >/dev/null; then zstd -q --rm "log/$S"; else rm "log/$S"; fi
until_true grep -qx 'state done' "state/$S.shipped"
arrived 21
[ "$(wc -l <got.tsv)" -eq 21 ] && tail -1 got | grep -qx '{"v":2,"id":"half"}'
ok "... over its closing and compression"
other=node-1-20261130T110000.000Z-77-2.jsonl
lines 31 40 >"log/$other"
until_true grep -qx 'state done' "state/$other.shipped"
ok "a segment that comes later is found"
"$ship" -b "$brokers" -s state --once log 2>err2
[ $? -eq 2 ] && has 'another optout-ship' err2
ok "two of them do not share positions"
end_ship
[ "$status" -eq 0 ]
ok "SIGTERM ends it in order"
rm -f "log/$other"
touch -d '8 days ago' "state/$other.shipped"
run_ship --once log
[ ! -e "state/$other.shipped" ] && [ -e "state/$S.shipped" ]
ok "a position goes with its segment"

fresh position
lines 1 10 >"log/$S"
printf 'optout-ship 1\nsegm' >"state/$S.shipped"
run_ship --once log
[ "$status" -eq 0 ] && arrived 10 && cmp got "log/$S" && has 'this is no position of it' err
ok "a position that is half written is not used, which is said"

fresh torn
lines 1 10 >"log/$S"
printf '{"v":2' >>"log/$S"
run_ship --once log
[ "$status" -eq 1 ] && arrived 10 && grep -qx 'state damaged' "state/$S.shipped" && has cut err
ok "a segment that is cut is shipped as far as it goes, and told"

# ---- usage ----

printf 'bootstrap.servers=%s\n\n# a remark\nsasl.password = x\n' "$brokers" >settings
chmod 644 settings
"$ship" -c settings --once log 2>err
[ $? -eq 2 ] && has 'line 4: sasl.password is secret' err
ok "secrets are not read from a file that all may read"
chmod 600 settings
topic=settings
"$ship" -c settings -t settings -s "$dir/log" --once log 2>err
[ $? -eq 1 ] && arrived 10
ok "settings come from a file"
"$ship" -b x -X ssl.key.password=x log 2>err
[ $? -eq 2 ] && has 'all users see arguments' err
ok "nor from an argument"
wrong() { # TEXT ARGUMENTS
    local text=$1
    shift
    "$ship" "$@" >out 2>err
    status=$?
    [ "$status" -eq 2 ] && has "$text" err
}
wrong 'name brokers' log && wrong 'name one folder' -b x && wrong 'name one folder' -b x log more &&
    wrong 'No such configuration property' -b x -X nonsense=1 log &&
    wrong 'not NAME=VALUE' -b x -X nonsense log && wrong 'no number' -b x --stop-after -3 log &&
    wrong 'No such file' -b x -c missing log && wrong 'No such file' -b x -s . missing &&
    wrong '--help' --nonsense
ok "what is wrong with the arguments is said"
"$ship" --help >out && has 'Usage: optout-ship' out && "$ship" --version | grep -q '^optout-ship [0-9]'
ok "--help and --version"

echo "1..$count"
[ "$failures" -eq 0 ]
