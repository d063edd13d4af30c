#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout audit query: on segments that were written by hand, and against a naive reader on
# generated ones. OPTOUT_LONG=1: of a million records. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"
bench="$OPTOUT_SRCDIR/tests/bench"
unset NO_COLOR TERM

query() { # ARGUMENT…
    run audit query "$@"
}

# finds STATUS NAME WANT ARGUMENT…: the output is exactly WANT.
finds() {
    local want_status=$1 name=$2 want=$3
    shift 3
    query "$@"
    [ "$status" -eq "$want_status" ] && [ "$(cat out)" = "$want" ]
    ok "$name"
}

C=0123456789abcdef0123456789abcdef
config='{"v":2,"event":"config","id":"'$C'","sha256":"'$C$C'","node":"node-1","profile":"train",'\
'"profiles":[{"name":"train","purpose":["train-ai"],"mode":"enforce"},{"name":"look","purpose":[],"mode":"monitor"}]}'
record() { # LETTER TIME MEMBERS
    echo '{"v":2,"id":"0000000000000000000000000'"$1"'","time":"'"$2"'",'"$3"'"config":"'$C'","micros":5}'
}
pending() { # LETTER TIME MEMBERS
    record "$@" | sed 's/"v":2,/&"event":"pending",/'
}
gap() { # LETTER TIME
    echo '{"v":2,"event":"gap","id":"0000000000000000000000000'"$1"'","time":"'"$2"'","node":"node-1",'\
'"reason":"write-failed","segment":"node-1-20260301T000000.000Z-7-000001.jsonl","lost":2}'
}

mkdir log
{
    echo "$config"
    record 1 2026-03-01T10:00:00.000Z '"url":"https://www.a.example/x","media_type":"text/html","inspected":"html","decision":"clear",'
    record 2 2026-03-02T10:00:00.000Z '"url":"https://b.example/?q=\"1\"","inspected":"html","decision":"reserved","action":"block","signals":[{"standard":"tdmrep","carrier":"http-header","deciding":true},{"standard":"c2pa","carrier":"jumbf"}],'
    record 3 2026-03-03T10:00:00.000Z '"vector":"reqmod","url":"https://b.example/y","inspected":"none","decision":"reserved","action":"block","earlier":"00000000000000000000000002",'
    gap G 2026-03-04T10:00:00.000Z
    pending 4 2026-03-05T10:00:00.000Z '"url":"https://c.example/","inspected":"html",'
    pending 5 2026-03-05T11:00:00.000Z '"url":"https://c.example/","inspected":"html",'
    record 5 2026-03-05T11:00:00.000Z '"url":"https://c.example/","inspected":"html","decision":"undecided","action":"cut","undecided":["limit-size","unread"],"released":9,'
    record 6 2026-03-06T10:00:00.000Z '"profile":"look","url":"https://=1+1.example/","agent":"=cmd|x","inspected":"html","decision":"clear",'
} >log/node-1-20260301T000000.000Z-7-000001.jsonl

ids=(--format jsonl --columns id)
row() { printf '{"id":"0000000000000000000000000%s"}\n' "$@"; }

finds 0 "a host" "$(row 2 3)" --host b.example "${ids[@]}" log
finds 0 "a host is not told by its letters' case" "$(row 1)" --host WWW.A.Example. "${ids[@]}" log
finds 0 "all below a name" "$(row 1)" --host .a.example "${ids[@]}" log
finds 0 "a domain" "$(row 1)" --domain x.a.example "${ids[@]}" log
finds 0 "one kind twice is either, another both" "$(row 1 2)" --host www.a.example --host b.example --until 2026-03-03 "${ids[@]}" log
finds 0 "a URL with quotes in it" "$(row 2)" --url 'https://b.example/?q="1"' "${ids[@]}" log
finds 0 "the beginning of a URL" "$(row 2 3)" --url-prefix https://b. "${ids[@]}" log
finds 0 "a pending record without its end" "$(row 4)" --decision pending "${ids[@]}" log
finds 0 "a pending record with its end is one" "$(row 5 4)" --host c.example "${ids[@]}" log
finds 0 "an action that is left out" "$(row 1 6)" --action pass "${ids[@]}" log
finds 0 "a statement's standard and carrier" "$(row 2)" --standard c2pa --carrier jumbf "${ids[@]}" log
finds 1 "are of one statement" "" --standard c2pa --carrier http-header "${ids[@]}" log
finds 1 "that decided" "" --standard c2pa --deciding "${ids[@]}" log
finds 0 "a reason that is not the first" "$(row 5)" --reason unread "${ids[@]}" log
finds 0 "the default profile" "$(row 1 2 3 5 4)" --profile train "${ids[@]}" log
finds 0 "an id in small letters" "$(row 5)" --id 00000000000000000000000005 "${ids[@]}" log
finds 0 "what rests on a record" "$(row 3)" --earlier 00000000000000000000000002 "${ids[@]}" log
finds 0 "a time with an offset" "$(row 5)" --since 2026-03-05T16:00+05:30 --until 2026-03-06 "${ids[@]}" log
export OPTOUT_CLOCK=1772791200000 # 2026-03-06T10:00:00Z
finds 0 "a time from now" "$(row 6)" --since 1h "${ids[@]}" log
finds 0 "since yesterday" "$(row 5 6 4)" --since yesterday "${ids[@]}" log
unset OPTOUT_CLOCK
finds 0 "no more than the limit" "$(row 1 2)" --limit 2 "${ids[@]}" log
finds 0 "the last first" "$(row 6 5)" --sort -time --limit 2 "${ids[@]}" log

query --sort time --format csv --columns time,decision,action,why,profile,status,agent log
[ "$status" -eq 0 ] && [ "$(tr -d '\r' <out)" = "time,decision,action,why,profile,status,agent
2026-03-01T10:00:00.000Z,clear,pass,,train,200,
2026-03-02T10:00:00.000Z,reserved,block,tdmrep,train,200,
2026-03-03T10:00:00.000Z,reserved,block,,train,,
2026-03-05T10:00:00.000Z,pending,,,train,200,
2026-03-05T11:00:00.000Z,undecided,cut,limit-size,train,200,
2026-03-06T10:00:00.000Z,clear,pass,,look,200,\"'=cmd|x\"" ]
ok "CSV, with what is left out, and no formula in it"
[ "$(grep -c $'\r$' out)" -eq 7 ]
ok "lines of CSV end as RFC 4180 has it"
finds 0 "commas and quotes in CSV" $'url\r\n"https://b.example/?q=""1"""\r' --format csv --columns url --id 00000000000000000000000002 log

query --count-by decision,action log
[ "$status" -eq 0 ] && [ "$(cat out)" = "decision     action  count
clear        pass    2
reserved     block   2
pending      -       1
undecided    cut     1" ]
ok "counts"
finds 0 "counts of statements are one for each" '{"standard":"c2pa","count":1}
{"standard":"tdmrep","count":1}' --standard tdmrep --count-by standard --format jsonl log
finds 0 "counts by a chosen order" '{"day":"2026-03-06","count":1}
{"day":"2026-03-05","count":2}' --count-by day --sort -day --limit 2 --format jsonl log

query --host b.example log
[ "$status" -eq 0 ] && has "node-1-20260301T000000.000Z-7-000001.jsonl:5: records may be missing here: write-failed, of node-1, found at 2026-03-04T10:00:00.000Z, at most 2" err
ok "a gap in the time that is asked for is told"
query --since 2026-03-05 log
! has "missing" err
ok "a gap of another time is not"
query --until 2026-03-02 log
! has "missing" err
ok "nor one that began later"
query --gaps --host b.example --columns id log
[ "$status" -eq 0 ] && [ "$(wc -l <out)" -eq 3 ] && has '"event":"gap"' out
ok "gaps are objects among those of jsonl"

query --earlier 00000000000000000000000002 --resolve log
[ "$status" -eq 0 ] && has '"purpose":["train-ai"]' out && has '"earlier_record":{"v":2,"id":"00000000000000000000000002"' out
ok "resolved, with the record that it rests on"
query --id 00000000000000000000000003 --columns earlier_record log
has "2026-03-02T10:00:00.000Z reserved https://b.example/" out
ok "which has a column, too"

finds 1 "nothing is found" "" --host nowhere.example log
expect 2 "a file that is not there" audit query nowhere
expect 2 "no such column" audit query --columns nothing log
expect 2 "no such decision" audit query --decision maybe log
expect 2 "no such time" audit query --since soon log
expect 2 "no id" audit query --id 5 log
expect 2 "no such format" audit query --format xml log
expect 2 "what has no end is not counted" audit query --follow --count-by host log
expect 0 "columns are listed" audit query --columns help
grep -qx earlier_record out && grep -qx host out && ! grep -qx signals out
ok "by their names"

# ---- damage ----

cp -r log torn
printf '{"v":2,"id":"0' >>torn/node-1-20260301T000000.000Z-7-000001.jsonl
finds 3 "a torn line is told, and what is there is found" "$(row 2 3)" --host b.example "${ids[@]}" torn
has "000001.jsonl:9: what follows is no whole line" err
ok "with its place"
mkdir hostile
{
    echo "$config"
    printf '{"v":2,"id":"00000000000000000000000001","time":"2026-03-01T10:00:00.000Z","agent":"\\u001b[31m\xc2\x9b31m","url":"https://a.example/\\u001b]0;x\\u0007\xe2\x80\xae","inspected":"html","decision":"clear","config":"%s","micros":1}\n' "$C"
} >hostile/x.jsonl
for format in table csv jsonl; do
    # script(1) makes a terminal of it
    if command -v script >/dev/null; then
        script -qec "'$optout' audit query --format $format hostile" /dev/null >out 2>err </dev/null
        ! LC_ALL=C grep -q $'[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]\|\xc2[\x80-\x9f]\|\xe2\x80\xae' out && has a.example out
        ok "a terminal obeys nothing of a $format"
    fi
done

# ---- following ----

# Waits until a file has a text, at most 10 s.
wait_for() { # TEXT FILE
    local i
    for ((i = 0; i < 200; i++)); do
        grep -qF -- "$1" "$2" && return 0
        sleep 0.05
    done
    return 1
}

mkdir live
now=2026-03-01T10:00:00.000Z
{ echo "$config"; record 1 $now '"url":"https://a.example/1","decision":"reserved",'; } >live/n-1.jsonl.open
"$optout" audit query -f --host a.example --format csv --columns url,decision live >out 2>err &
pid=$!
wait_for https://a.example/1,reserved out
ok "--follow prints what is there"
{
    record 2 $now '"url":"https://b.example/2","decision":"reserved",'
    pending 3 $now '"url":"https://a.example/3",'
    pending 4 $now '"url":"https://a.example/4",'
} >>live/n-1.jsonl.open
record 3 $now '"url":"https://a.example/3","decision":"clear",' >>live/n-1.jsonl.open
wait_for https://a.example/3,clear out
ok "what is written, once its end is known"
mv live/n-1.jsonl.open live/n-1.jsonl
{ echo "$config"; record 5 $now '"url":"https://a.example/5","decision":"clear",'; } >live/n-2.jsonl.open
wait_for https://a.example/4,pending out && wait_for https://a.example/5,clear out
ok "what never ended, and what comes after rotation"
kill -TERM $pid
wait $pid 2>/dev/null
[ "$(tail -n +2 out | tr -d '\r' | sort)" = "$(printf 'https://a.example/%s\n' 1,reserved 3,clear 4,pending 5,clear)" ] &&
    [ ! -s err ] && [ "$(grep -c '^url,' out)" -eq 1 ]
ok "each once, and nothing else"

# ---- the index ----

idx=node-1-20260301T000000.000Z-7-000001.jsonl.idx
mkdir plain
grep -v '"gap"' log/*.jsonl >plain/${idx%.idx}
: >plain/gone.jsonl.idx
: >plain/open.jsonl.open
query --host nowhere.example --index plain
[ "$status" -eq 1 ] && [ -s plain/$idx ] && [ ! -e plain/open.jsonl.idx ]
ok "query --index makes an index of what is closed"
expect 0 "and audit index what is missing" audit index plain
has "0 made, 1 fitted, 1 still written, 1 of segments that are gone deleted" out && [ ! -e plain/gone.jsonl.idx ]
ok "which says what it did, and deletes those of segments that are gone"
finds 0 "with it a host is found" "$(row 2 3)" --host b.example "${ids[@]}" plain
# One line more, which the index does not know: only a size or time that differs tells.
touch -r plain/${idx%.idx} when
sed 's/c\.example/x.example/' plain/${idx%.idx} >changed
cat changed >plain/${idx%.idx}
touch -r when plain/${idx%.idx}
finds 1 "what the index says is not there is not looked for" "" --host x.example "${ids[@]}" plain
finds 0 "but without it" "$(row 5 4)" --host x.example --no-index "${ids[@]}" plain
touch plain/${idx%.idx}
finds 0 "nor when the segment was changed since" "$(row 5 4)" --host x.example "${ids[@]}" plain
expect 0 "it is made again" audit index plain
has "1 made" out
ok "because it does not fit"
finds 0 "and fits" "$(row 5 4)" --host x.example "${ids[@]}" plain
printf X | dd of=plain/$idx bs=1 seek=170 conv=notrunc status=none
finds 0 "a damaged index is not believed" "$(row 5 4)" --host x.example "${ids[@]}" plain
expect 0 "a segment with a gap has an index" audit index -q log
query --host nowhere.example --since 2026-03-04 log
[ "$status" -eq 1 ] && has "records may be missing" err
ok "and is read all the same"
cp -r torn torn2
expect 3 "damage is told" audit index torn2
has "000001.jsonl: line 9: what follows is no whole line" err
ok "with its place"
expect 2 "a folder that is not there" audit index nowhere

# ---- against a naive reader ----

if ! command -v python3 >/dev/null || ! command -v zstd >/dev/null; then
    echo "# no python3 or no zstd: the generated questions are left out"
else
    records=1500 questions=25
    [ "${OPTOUT_LONG:-0}" = 1 ] && records=1000000 questions=200
    python3 -B "$bench/audit_log.py" --records $records --segments 7 --nodes 3 --zstd 2 --open 1 --gap --torn made
    python3 -B "$OPTOUT_SRCDIR/tests/unit/naive_query.py" "$optout" made $questions 20261130 >naive
    while read -r line; do
        case $line in
        ok*) true ;;
        not*) false ;;
        *) echo "$line" && continue ;;
        esac
        ok "as a naive reader finds it: ${line#*- }"
    done <naive
    [ -s naive ]
    ok "the naive reader ran"
fi

echo "1..$count"
[ "$failures" -eq 0 ]
