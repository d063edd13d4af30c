#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout explain, and inspect --explain: on records that the tool itself made, and on some that
# were written by hand. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

json() { # FILTER FILE: true when python finds it so
    python3 -c 'import json, sys
e = json.loads(open(sys.argv[2]).readline())
sys.exit(not eval(sys.argv[1]))' "$1" "$2"
}

# record FILE ARGUMENT…: a segment with the record of one exchange
record() {
    local to=$1
    shift
    "$optout" inspect --record --no-site "$@" >"$to" 2>/dev/null
}

id_of() { grep -o '"id":"01[^"]*' "$1" | tail -1 | cut -c7-; }

explain() { # STATUS NAME ARGUMENTS
    local want=$1 name=$2
    shift 2
    expect "$want" "$name" explain "$@"
}

told() { # TEXT NAME
    has "$1" out
    ok "$2"
}

mkdir log
record log/n-1.jsonl --no-body --url http://a.example/x --header 'TDM-Reservation: 1' \
    --header 'Content-Usage: train-ai=y' --header 'X-Robots-Tag: GPTBot: noindex'
sleep 0.002
record log/n-2.jsonl --no-body --url http://a.example/x --header 'X-Robots-Tag: noai'
printf '<meta name="robots" content="noai"><p>Text \033[31m and data mining is prohibited.' >page.html
record log/n-3.jsonl --url 'http://b.example/?q=secret' --status 206 --content-type text/html page.html
first=$(id_of log/n-1.jsonl)
second=$(id_of log/n-2.jsonl)

# ---- by id ----

explain 0 'a record is found by its id' "$first" log
told 'R-02 What is stated denies train-ai (tdmrep in http-header)' 'the rule that decided, with its sentence'
told 'R-29 Standards disagree about train-ai' 'rules that took part'
told 'Decides: tdmrep, http-header, header line 1: denies tdm, train-ml, train-ai, ai-use; as written: 1' \
    'a statement that decides, with its place and what was written'
told 'only to gptbot' 'a statement to another crawler'
told 'does not count: the profile does not answer to that token' 'and that it does not count'
told 'train-ai is allowed by aipref and restricted by tdmrep.' 'a conflict, and who is on which side'
told 'optout.Profile training purpose=train-ai' 'the settings in force'
told 'Had it been wanted for search alone: clear, it passes untouched (R-01).' 'another purpose'
told 'Without what tdmrep states: clear, it passes untouched (R-01).' 'one standard left out'
told 'Had the profile said reserved=tag: reserved, it passes with a tag (R-02).' 'another action'
! has 'What this explanation lacks' out
ok 'nothing is lacking'
explain 0 'an id in small letters is the same' "${first,,}" log/n-1.jsonl
explain 0 'as JSON' --json "$first" log
json 'e["rule"]["id"] == "R-02" and "R-29" in [r["id"] for r in e["rules"]]' out
ok 'JSON names the rules by their ids'
json 'len(e["stated"]) == 3 and e["otherwise"] and not e["doubts"] and not e["cut"]' out
ok 'JSON has the parts'

# ---- by URL ----

explain 0 'of a URL the latest record is told' http://a.example/x log
has "$second" out && ! has "$first" out
ok 'and not the one before'
explain 0 'or each' --all http://a.example/x log
has "$second" out && has "$first" out
ok 'both are told'
[ "$(grep -n "record $first" out | cut -d: -f1)" -lt "$(grep -n "record $second" out | cut -d: -f1)" ]
ok 'in the order of time'
explain 0 'a fragment and who asks are no part of it' 'http://me:secret@a.example/x#part' log
record log/n-4.jsonl --no-body --url http://d.example/
explain 0 'an origin alone is asked for as /' http://d.example log
rm log/n-4.jsonl
explain 0 'a query is' 'http://b.example/?q=secret' log
told 'partial: only a part of it was asked for; the profile'"'"'s action for that is tag.' 'what was not read'
told 'as written: Text \x1b[31m and data mining' 'what a stranger wrote is shown'
! grep -q "$(printf '\033')" out
ok 'and does nothing to a terminal'

# ---- what is not there ----

explain 1 'no record' http://c.example/ log
has 'there is no record of http://c.example/ in 3 segments of:' err && has '  log' err
ok 'it says where it looked'
explain 1 'another query is another URL' 'http://b.example/?q=other' log
explain 1 'a URL is no beginning of one' http://a.example/ log
mkdir gaps
cp log/n-1.jsonl gaps/
echo '{"v":2,"event":"gap","id":"01HF7YAT31JZHZ0RKZGJ5V7S9B","time":"2026-11-30T10:00:00.000Z","node":"n","reason":"writer-died","segment":"n-0.jsonl","lost":1}' >gaps/n-2.jsonl
explain 1 'no record in a log with a gap' http://c.example/ gaps
has 'records may be missing (writer-died)' err
ok 'the gap is told'
explain 2 'a folder that is not there' http://c.example/ nowhere
explain 2 'no argument'
has 'name a record by its id, or a URL' err
ok 'it says what is missing'
echo 'optout.AuditDir "'"$PWD"'/log"' >conf
explain 0 'AuditDir of the configuration' --config conf "$first"

# ---- queries that are not kept ----

mkdir kept
for how in hash drop; do
    printf 'optout.AuditQuery %s\n' "$how" >"$how.conf"
    record "kept/$how.jsonl" --config "$how.conf" --no-body --url "http://$how.example/?q=secret"
    ! has secret "kept/$how.jsonl" && explain 0 "AuditQuery $how" "http://$how.example/?q=secret" kept
done
explain 1 'of a hashed query only that one' 'http://hash.example/?q=other' kept
explain 0 'of a dropped one any' 'http://drop.example/?q=other' kept

# ---- many ----

mkdir many
line=$(tail -1 log/n-2.jsonl)
for part in 1 0; do
    head -1 log/n-2.jsonl
    for ((i = 0; i < 150; i++)); do
        printf '%s\n' "${line/$second/$(printf '01HF7YAT31JZHZ0RKZGJ%06d' $((part * 150 + i)))}"
    done
done >many/n-1.jsonl
explain 0 'of many the newest' --all --json http://a.example/x many
has '44 older records of it are left out' err
ok 'it says how many are left out'
[ "$(grep -c . out)" -eq 256 ] && head -1 out | grep -q 01HF7YAT31JZHZ0RKZGJ000044 &&
    tail -1 out | grep -q 01HF7YAT31JZHZ0RKZGJ000299
ok 'they are told in the order of time'
explain 0 'the latest of many' --json http://a.example/x many
grep -q 01HF7YAT31JZHZ0RKZGJ000299 out
ok 'is the one'

# ---- compressed ----

if command -v zstd >/dev/null; then
    mkdir packed
    zstd -q log/n-1.jsonl -o packed/n-1.jsonl.zst
    explain 0 'a compressed segment' "$first" packed
else
    echo "ok $((count += 1)) - a compressed segment # SKIP there is no zstd"
fi

# ---- pairs, and records that rest on others ----

mkdir pair
config=$(sed -n 's/.*"config":"\([0-9a-f]*\)".*/\1/p' log/n-1.jsonl)
id=01HF7YAT31JZHZ0RKZGJ5V7S9C
{
    grep '"event":"config"' log/n-1.jsonl
    echo '{"v":2,"event":"pending","id":"'$id'","time":"2026-11-30T10:00:00.000Z","url":"http://p.example/","inspected":"html","config":"'"$config"'","micros":1}'
} >pair/n-1.jsonl
explain 0 'a record without an end' $id pair
told 'how it ended is not in the log that was read' 'it says so'
{
    grep '"event":"config"' log/n-1.jsonl
    echo '{"v":2,"id":"'$id'","time":"2026-11-30T10:00:01.000Z","url":"http://p.example/","seen":70000,"inspected":"html","decision":"reserved","action":"cut","usage":{"train-ai":"deny"},"signals":[{"standard":"robots-meta","carrier":"html","scope":"page","place":{"kind":"byte","at":60000},"raw":"noai","preferences":{"train-ai":"deny"},"deciding":true}],"released":50000,"config":"'"$config"'","micros":1}'
    echo '{"v":2,"id":"01HF7YAT31JZHZ0RKZGJ5V7S9D","time":"2026-11-30T10:00:02.000Z","vector":"reqmod","url":"http://p.example/","inspected":"none","decision":"reserved","action":"block","usage":{"train-ai":"deny"},"signals":[{"standard":"robots-meta","carrier":"html","scope":"page","place":{"kind":"byte","at":60000},"raw":"noai","preferences":{"train-ai":"deny"},"deciding":true}],"earlier":"'$id'","config":"'"$config"'","micros":1}'
} >pair/n-2.jsonl
explain 0 'its end in another segment' $id pair
told 'R-43 The answer had begun before the verdict was known' 'a cut is told'
told 'after 50000 bytes had left' 'and what had left'
explain 0 'the retry' http://p.example/ pair
told 'R-09 It was denied when it was last fetched' 'a denial that was remembered'
told "$id of 2026-11-30T10:00:01.000Z: http://p.example/: reserved, it is broken off." \
    'the record that it rests on is told'
cp pair/n-2.jsonl alone.jsonl
sed -i "/\"id\":\"$id\"/d" alone.jsonl
explain 0 'without that record' http://p.example/ alone.jsonl
told "$id is not in the log that was read." 'it says so'

# ---- what cannot be reckoned ----

sed 's/"settings":"[^}]*"}/"x":1}/' log/n-2.jsonl >bare.jsonl
explain 0 'settings that are not in the log' "$second" bare.jsonl
told 'The settings in force are not in the log' 'it says so'
sed '1s/"settings":"[^}]*"}/"x":1}/; s/"action":"block"/"action":"tag"/' log/n-2.jsonl >tagged.jsonl
explain 0 'settings that are not in the log, and were not the usual' "$second" tagged.jsonl
told 'R-40 By profile training it passes with a tag.' 'what was done tells what the profile wants'
! has 'Made anew' out
ok 'and the decision comes to the same'
seeds=$OPTOUT_SRCDIR/tests/fuzz/seeds/audit_log
explain 0 'a record of version 1' 01KAV9FT3V05WKNXJVWQX4Y1F3 "$seeds/version-1"
told 'R-02 What is stated denies train-ai (aipref in http-header)' 'its rule'
sed 's/"standard":"robots-meta"/"standard":"of-tomorrow"/' log/n-2.jsonl >newer.jsonl
explain 0 'a statement that nobody knows' "$second" newer.jsonl
told '1 things in the record are not known to this version' 'it says so'
told 'Made anew from the record, the decision would be: clear' 'and that it cannot come to the same'

# ---- without a log ----

expect 1 'inspect --explain' inspect --explain --purpose search,train-ai --content-type text/html page.html
told 'It was judged for profile ad-hoc, which wants it for train-ai, search' 'the purpose that was asked for'
told 'optout.Profile ad-hoc purpose=train-ai,search' 'and its settings'
told 'R-40 By profile ad-hoc it is refused.' 'and the rules'
expect 1 'inspect --explain --json' inspect --explain --json --content-type text/html page.html
json 'e["rule"]["id"] == "R-02" and not e["doubts"]' out
ok 'as JSON'
expect 2 '--explain excludes --record' inspect --explain --record page.html

echo "1..$count"
exit $((failures > 0))
