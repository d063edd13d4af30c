#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout audit cat: on segments that were written by hand as docs/audit-format.md says, closed,
# growing, compressed and damaged. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

skip() { # NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

run() { # ARGUMENT…
    "$optout" audit "$@" >out 2>err </dev/null
    status=$?
}

# expect STATUS TEXT NAME ARGUMENT…: TEXT must be in the output.
expect() {
    local want=$1 text=$2 name=$3
    shift 3
    run "$@"
    [ "$status" -eq "$want" ] && cat out err | grep -qF -- "$text"
    ok "$name"
}

# Waits until a file has a text, at most 10 s.
wait_for() { # TEXT FILE
    local i
    for ((i = 0; i < 200; i++)); do
        grep -qF -- "$1" "$2" && return 0
        sleep 0.05
    done
    return 1
}

wait_gone() { # PID: at most 10 s
    local i
    for ((i = 0; i < 200; i++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    return 1
}

C1=0123456789abcdef0123456789abcdef
C2=fedcba9876543210fedcba9876543210
S1=11111111111111111111111111111111
S2=22222222222222222222222222222222
T='"time":"2026-11-30T10:00:00.000Z"'

config() { # ID MORE
    echo '{"v":2,"event":"config","id":"'"$1"'","sha256":"'"$1$1"'","node":"node-1",'\
'"profile":"train","profiles":[{"name":"train","purpose":["train-ai"],"mode":"enforce"},'\
'{"name":"look","purpose":["search","ai-use"],"mode":"monitor"}],"settings":"Node node-1\n"}'
}

site() { # ID
    echo '{"v":2,"event":"site","id":"'"$1"'","bundle":{"origin":"https://'"${1:0:2}"'.example","files":['\
'{"file":"robots.txt","state":"published","url":"https://x.example/robots.txt",'\
'"fetched_at":"2026-11-30T09:00:00.000Z","status":200,"sha256":"'"$1$1"'","source":"fetched"},'\
'{"file":"tdmrep.json","state":"none","fetched_at":"2026-11-30T09:00:00.000Z","status":404,"source":"shared"},'\
'{"file":"ai.txt","state":"unreachable","fetched_at":"2026-11-30T09:00:00.000Z","source":"fetched","varies":true}]}}'
}

record() { # URL MEMBERS [CONFIG]: of what is not left out, up to the configuration
    echo '{"v":2,"id":"01KAV9FT3V05WKNXJVWQX4Y1F3",'"$T"',"agent":"ExampleBot","url":"'"$1"'",'\
'"inspected":"html",'"$2"'"config":"'"${3:-$C1}"'","micros":120}'
}

N1=node_1-20261130T100000.000Z-17-000001.jsonl
N2=node_1-20261130T110000.000Z-17-000002.jsonl
N3=node_1-20261130T120000.000Z-18-000001.jsonl
mkdir log
{
    config $C1
    record https://a.example/ '"seen":1234567,"whole":true,"decision":"clear",'
    site $S1
    site $S2
    record https://b.example/ '"status":404,"decision":"reserved","action":"block","usage":{"train-ai":"deny"},"signals":[{"standard":"aipref","carrier":"http-header","scope":"asset","place":{"kind":"header-line","at":4},"raw":"train-ai=n","preferences":{"train-ai":"deny"},"deciding":true},{"standard":"ai-meta","carrier":"html","scope":"page","agent":"x","raw":"y","raw_cut":true,"confidence":"weak","note":"not defined","url":"https://l.example/"}],"site":[{"id":"'$S1'","rules":[{"file":"robots.txt","line":7}]},{"id":"'$S2'","stale":["tdmrep.json"]}],"contact":"https://l.example/",'
    echo '{"v":2,"event":"pending","id":"01KAV9FT3V05WKNXJVWQX4Y1F4",'"$T"',"profile":"look","url":"https://c.example/","inspected":"html","mode":"monitor","config":"'$C1'","micros":1}'
    echo '{"v":2,"id":"01KAV9FT3V05WKNXJVWQX4Y1F4",'"$T"',"vector":"reqmod","profile":"look","client":"192.0.2.1","method":"POST","inspected":"none","decision":"undecided","would":"block","mode":"monitor","undecided":["site-unknown","partial"],"earlier":"01KAV9FT3V05WKNXJVWQX4Y1F3","config":"'$C1'","micros":2}'
    record https://e.example/ '"length":9,"sha256":"'$C1$C1'","decision":"reserved","action":"cut","released":4096,'
} >log/$N1
{
    config $C2
    echo '{"v":2,"event":"gap","id":"01KAV9FT3V05WKNXJVWQX4Y1F5",'"$T"',"node":"node-1","reason":"write-failed","segment":"'$N1'","lost":12345}'
    record https://second.example/ '"decision":"clear",' $C2
} >log/$N2
{
    config $C1
    record https://third.example/ '"decision":"clear",'
} >log/$N3.open
touch log/.new-x.jsonl.open log/$N1.torn log/other.txt

# ---- what is read ----

run cat log
[ "$status" = 0 ] && [ ! -s err ] && [ "$(grep -oE 'https://(a|second|third)\.example/' out | tr -d '\n')" = \
    'https://a.example/https://second.example/https://third.example/' ]
ok "a folder is read in the order of time"
expect 0 'Passed https://second.example/ for ExampleBot' "a file" cat log/$N2
run cat log/$N3.open log/$N1
[ "$status" = 0 ] && [ "$(grep -oE 'https://(a|third)\.example/' out | tr -d '\n')" = \
    'https://third.example/https://a.example/' ]
ok "several files, in the order of the arguments"
run cat log log/$N1 log
[ "$status" = 0 ] && [ "$(grep -c 'Passed https://a.example/' out)" = 1 ]
ok "what is named twice is read once"
expect 0 'https://third.example/' "a segment that was closed since it was named" cat log/$N2.open log
grep -q second out
ok "and it is the one that was meant"
# shellcheck disable=SC2002 # a pipe is meant
cat log/$N1 | "$optout" audit cat --json /dev/stdin >out 2>err
status=$?
[ "$status" = 0 ] && cmp -s log/$N1 out
ok "what is no regular file"

if command -v zstd >/dev/null; then
    mkdir packed && zstd -q log/$N1 -o packed/$N1.zst && zstd -q log/$N2 -o packed/$N2.zst
    run cat --json packed
    [ "$status" = 0 ] && cat log/$N1 log/$N2 | cmp -s - out
    ok "compressed segments"
    expect 0 'https://second.example/' "by the name that they had" cat packed/$N2.open
    head -c 300 packed/$N1.zst >cut.jsonl.zst
    expect 1 'optout: cut.jsonl:' "a compressed segment that is cut" cat cut.jsonl.zst
else
    skip "compressed segments" "zstd is missing"
    skip "by the name that they had" "zstd is missing"
    skip "a compressed segment that is cut" "zstd is missing"
fi
: >empty.jsonl
run cat empty.jsonl
[ "$status" = 0 ] && [ ! -s out ] && [ ! -s err ]
ok "an empty segment"

# ---- as it is, and resolved ----

run cat --json log/$N1
[ "$status" = 0 ] && cmp -s log/$N1 out
ok "--json prints the lines as they are"
printf '{"no": "record",\t"x": 1.50}\nnot even JSON\n\n' >odd.jsonl
run cat --json odd.jsonl
[ "$status" = 0 ] && cmp -s odd.jsonl out
ok "--json prints any line as it is"

if python3 -c 'import json' 2>/dev/null; then
    python3 -B "${OPTOUT_SRCDIR:?}/tests/integration/resolved.py" "$optout" log >out 2>err
    status=$?
    [ "$status" = 0 ] && grep -qx '8 records compared' out
    ok "--resolve says what docs/audit-format.md says"
    run cat --resolve log
    mv out resolved
    python3 -c '
import json
lines = [json.loads(line) for line in open("resolved")]
assert not any(x.get("event") in ("config", "site") for x in lines)
assert [x["event"] for x in lines] == ["final", "final", "pending", "final", "final", "gap", "final", "final"]
b = lines[1]
assert (b["node"], b["profile"], b["purpose"], b["mode"]) == ("node-1", "train", ["train-ai"], "enforce")
assert b["site"][0]["bundle"]["files"][0]["status"] == 200 and b["status"] == 404
assert b["signals"][0]["confidence"] == "exact" and b["signals"][0]["agent"] is None
assert b["signals"][1]["deciding"] is False and b["signals"][1]["preferences"] == {}
assert lines[0]["action"] == "pass" and lines[0]["length"] == 1234567 and lines[0]["status"] == 200
assert lines[2]["action"] is None and lines[3]["status"] is None and lines[3]["purpose"] == ["search", "ai-use"]
assert lines[4]["whole"] is True and lines[4]["length"] == 9' >out 2>err
    ok "--resolve fills in what was left out"
else
    skip "--resolve says what docs/audit-format.md says" "python3 is missing"
    skip "--resolve fills in what was left out" "python3 is missing"
fi

# ---- version 1 ----

cat >old.jsonl <<'JSON'
{"v":1,"event":"final","id":"01KAV9FT3V05WKNXJVWQX4Y1F3","time":"2026-10-01T08:00:00.000Z","node":"n","vector":"respmod","profile":"train","purpose":["train-ai"],"mode":"enforce","agent":"ExampleBot","transaction":null,"method":"GET","url":"https://old.example/","status":200,"media_type":"text/html","length":10,"seen":10,"whole":true,"sha256":null,"inspected":"html","decision":"reserved","action":"tag","reason":null,"undecided":[],"usage":{"train-ai":"deny"},"signals":[{"standard":"aipref","carrier":"http-header","scope":"asset","agent":null,"place":{"kind":"header-line","at":2},"raw":"train-ai=n","preferences":{"train-ai":"deny"},"confidence":"exact","url":null,"note":null,"deciding":true}],"conflicts":[],"licence":null,"site_files":[],"contact":null,"config":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","micros":17}
{"v":1,"event":"gap","id":"01KAV9FT3V05WKNXJVWQX4Y1F6","time":"2026-10-01T08:00:01.000Z","node":"n","reason":"writer-died","segment":"n-1.jsonl","torn_bytes":0,"lost":null}
JSON
if python3 -c 'import jsonschema' 2>/dev/null; then
    "$OPTOUT_SRCDIR/tests/unit/validate_records.py" --schema \
        "$OPTOUT_SRCDIR/docs/audit-record-1.schema.json" old.jsonl >out 2>err
    status=$?
    [ "$status" = 0 ]
    ok "these lines are of version 1"
else
    skip "these lines are of version 1" "python3-jsonschema is missing"
fi
expect 0 '2026-10-01 08:00:00  Tagged https://old.example/ for ExampleBot.' "version 1" cat old.jsonl
expect 0 'aipref in the response head, line 2: "train-ai=n" denies train-ai' "its statements" cat old.jsonl
expect 0 'GAP: records may be missing of n-1.jsonl: the process that wrote it died' "its gaps" cat old.jsonl
run cat --resolve old.jsonl
[ "$status" = 0 ] && cmp -s old.jsonl out
ok "version 1 is resolved as it is"

# ---- in sentences ----

expect 0 "What follows was decided on node-1 under the configuration 0123456789abcdef: profile train \
fetches for train-ai; profile look fetches for search and ai-use, and only watches." \
    "the configuration" cat log/$N1
expect 0 'Known of https://11.example: it has robots.txt, does not answer for ai.txt, has no tdmrep.json.' \
    "a site" cat log/$N1
expect 0 '2026-11-30 10:00:00  Blocked https://b.example/ for ExampleBot.' "a record" cat log/$N1
expect 0 'Its publisher reserves it (train-ai, profile train).' "its reason" cat log/$N1
expect 0 'and 1 other statement' "statements that did not decide" cat log/$N1
expect 0 'Where to turn to: https://l.example/' "its contact" cat log/$N1
expect 0 'Began, its verdict is still open: https://c.example/' "a pending record" cat log/$N1
expect 0 'Only watched: enforcing would have been "block".' "what was only watched" cat log/$N1
expect 0 'As decided in record 01KAV9FT3V05WKNXJVWQX4Y1F3.' "an earlier record" cat log/$N1
expect 0 '4,096 bytes had left before that.' "a cut" cat log/$N1
expect 0 'Read: html and headers, 1,234,567 bytes, all of it.' "what was read" cat log/$N1
expect 0 'GAP: at most 12,345 records are missing' "a gap" cat log/$N2

E='\u001b]0;x\u0007\u001b[2J\u009b1m\u202e\u0000'
spoil() { # LINE WORD…: the words of it replaced by what a terminal might obey
    local line=$1 word
    shift
    for word; do
        line=${line//"$word"/"$E"}
    done
    printf '%s\n' "$line"
}
{
    config $C1
    spoil "$(config $C2)" node-1 look search monitor train-ai
    spoil "$(site $S1)" 11.example robots.txt published
    spoil '{"v":2,"event":"config","id":"ID","profiles":[{"name":"ID","purpose":["ID"],"mode":"ID"}]}' ID
    spoil "$(record "https://a.example/X" '"decision":"X","action":"X","undecided":["X"],"signals":[{"standard":"X","carrier":"X","agent":"X","raw":"X","note":"X","preferences":{"\u001b[2J\u009b1m":"deny"},"place":{"kind":"part","part":"X","at":1}}],"would":"X","contact":"X","earlier":"X","method":"X",')" \
        X ExampleBot 2026-11-30 :00.000Z 01KAV9FT3V05WKN html
    spoil '{"v":2,"event":"pending","method":"X","url":"X","config":"'$C1'"}' X
    spoil '{"v":2,"event":"gap","reason":"X","segment":"X","lost":1}' X
    record https://a.example/ '"decision":"clear",' "$E"
    spoil "$(record https://b.example/ '"site":[{"id":"X"}],')" X
    printf '{"\033[2J\n\033[2J\n{"a":\033[2J}\n'
} >hostile.jsonl
for how in --resolve ''; do
    # shellcheck disable=SC2086 # an option or none
    run cat $how hostile.jsonl
    [ "$status" = 1 ] && [ -s out ] && ! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' err &&
        ! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' out &&
        { [ "$how" ] || ! LC_ALL=C grep -qaP '\xc2\x9b|\xe2\x80\xae' out; }
    ok "a terminal obeys nothing of it ${how:-(text)}"
    [ "$(wc -l <err)" = 5 ] && [ "$(grep -c '[ab]\.example/' out)" = 3 ]
    ok "all of it is shown ${how:-(text)}"
done

# ---- what is damaged ----

{
    config $C1
    record https://a.example/ '"decision":"clear",'
    echo 'no JSON'
    echo '[1]'
    record https://b.example/ '"decision":"clear",'
} >damaged.jsonl
expect 1 'optout: damaged.jsonl:3: ' "a line that is no JSON" cat damaged.jsonl
expect 1 'optout: damaged.jsonl:4: this is no record' "a line that is no record" cat damaged.jsonl
expect 1 'https://b.example/' "what follows is read" cat damaged.jsonl
{ config $C1; record https://a.example/ '"decision":"clear",'; record x '' | head -c 50; } >torn.jsonl
for how in '' --json --resolve; do
    # shellcheck disable=SC2086
    expect 1 'optout: torn.jsonl:2: what follows is no whole line' "a torn segment ${how:-(text)}" \
        cat $how torn.jsonl
done
cp torn.jsonl torn.jsonl.open
run cat torn.jsonl.open
[ "$status" = 0 ] && [ ! -s err ]
ok "the last line of an open segment may be unfinished"
{
    record https://a.example/ '"decision":"clear",'
    config $C1
    record https://b.example/ '"decision":"clear","site":[{"id":"'$S1'"}],'
    record https://c.example/ '"decision":"clear",'
} >missing.jsonl
for how in '' --resolve; do
    # shellcheck disable=SC2086
    expect 1 "optout: missing.jsonl:1: what the record refers to as $C1 is not in the segment" \
        "a configuration that is missing ${how:-(text)}" cat $how missing.jsonl
    # shellcheck disable=SC2086
    expect 1 "optout: missing.jsonl:3: what the record refers to as $S1 is not in the segment" \
        "a site that is missing ${how:-(text)}" cat $how missing.jsonl
    [ "$(grep -c '[abc]\.example/' out)" = 3 ] && [ "$(wc -l <err)" = 2 ]
    ok "its record is printed all the same ${how:-(text)}"
done
{ config $C1; head -c 2097153 /dev/zero | tr '\0' x; echo; record https://b.example/ '"decision":"clear",'; } >long.jsonl
expect 1 'optout: long.jsonl:2: this line is too long to be a record' "a line that is too long" cat long.jsonl
grep -q https://b.example/ out
ok "and the next is read"
run cat --json nowhere.jsonl
[ "$status" = 2 ] && grep -q 'nowhere.jsonl: No such file or directory' err && [ ! -s out ]
ok "a file that is not there"

# ---- following ----

mkdir live
{ config $C1; record https://f1.example/ '"decision":"clear",'; } >live/$N1.open
"$optout" audit cat -f live >out 2>err &
pid=$!
wait_for f1.example out
ok "-f prints what is there"
record https://f2.example/ '"decision":"clear",' >line
head -c 60 line >>live/$N1.open
sleep 0.5
tail -c +61 line >>live/$N1.open
wait_for f2.example out
ok "-f prints what is written, once it is whole"
record https://f3.example/ '"decision":"clear",' >>live/$N1.open
mv live/$N1.open live/$N1
{ config $C1; record https://f4.example/ '"decision":"clear",'; } >live/$N2.open
wait_for f4.example out
ok "-f follows rotation"
grep -q f3.example out
ok "-f misses nothing of what was closed"
gzip live/$N1
{ config $C1; record https://f5.example/ '"decision":"clear",'; } >live/$N3.open
record https://f6.example/ '"decision":"clear",' >>live/$N2.open
wait_for f5.example out && wait_for f6.example out
ok "-f reads several that are written"
kill -INT $pid 2>/dev/null; kill -TERM $pid
wait_gone $pid
ok "-f ends when it is told to"
wait $pid 2>/dev/null
[ "$(grep -c 'Passed' out)" = 6 ] && [ ! -s err ]
ok "-f prints each record once"

# The reader of the output leaves, while nothing is written and while something is.
"$optout" audit cat -f live 2>err > >(head -n 1 >out) &
pid=$!
wait_gone $pid
ok "-f ends when nobody reads it any more"
wait $pid
status=$?
[ "$status" -le 2 ] && ! grep -v 'cannot write to standard output: Broken pipe' err
ok "-f says no more than that"
if command -v timeout >/dev/null; then
    timeout -s INT 1 "$optout" audit cat -f live >out 2>err
    status=$?
    [ "$status" = 124 ] && [ ! -s err ] && grep -q f6.example out
    ok "-f ends on SIGINT with all that it read"
else
    skip "-f ends on SIGINT with all that it read" "timeout is missing"
fi

# ---- options ----

expect 0 'Usage: optout audit cat' "--help" --help
expect 0 'optout ' "--version" --version
expect 2 'name what to do: cat' "nothing to do" 
expect 2 'name what to do: cat' "another thing to do" dog log
expect 2 "Try 'optout audit --help'" "an unknown option" cat --no-such log
expect 2 '--json excludes --resolve' "two ways at once" cat --json --resolve log
expect 2 "Try 'optout audit --help'" "an option without its argument" cat -c
expect 2 'no/such.conf' "a configuration that is not there" cat -c no/such.conf
printf 'optout.AuditDir %s/log\n' "$dir" >some.conf
expect 0 'https://a.example/' "AuditDir of a configuration" cat -c some.conf
"$optout" audit cat log >/dev/full 2>err
status=$?
[ "$status" = 2 ] && grep -q 'cannot write to standard output' err
ok "output that cannot be written is told"

echo "1..$count"
[ "$failures" = 0 ]
