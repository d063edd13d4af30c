#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout warc: files of every form, damaged in every way that is met, and what it says of them.
# The files are made by warc_cases.py. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

skip() { # NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

run() { # ARGUMENT…: leaves out, err and $status
    "$optout" warc "$@" >out 2>err </dev/null
    status=$?
}

# The lines on standard input, shortened to what is compared.
lines() {
    awk '
    function text(key) { return match($0, "\"" key "\":\"[^\"]*") ? substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : "" }
    function other(key) { return match($0, "\"" key "\":[^,}]*") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) : "" }
    function list(key, s) { s = match($0, "\"" key "\":[[{][^]}]*") ? substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : ""; gsub(/"/, "", s); return s }
    function add(word) { if (word != "") line = line " " word }
    { event = text("event"); line = event }
    event == "damage" { add(other("offset") "+" other("length")); add(text("damage")) }
    event == "file" {
        add(text("form")); add(other("record_at_a_time") == "true" ? "alone" : "not-record-at-a-time")
        add(other("records")); add(other("judged")); s = list("skipped"); gsub(/:/, "=", s); gsub(/,/, " ", s); add(s)
    }
    event == "record" {
        if (other("offset") == "null") add("null")
        url = text("url"); sub(/.*\//, "", url); add(url); add(text("type")); add(other("status")); add(text("decision"))
        s = list("undecided_all"); if (s != "") add("(" s ")")
        s = list("notes"); gsub(/,/, " ", s); add(s)
        if (text("block_digest") != "") add("block_digest:" text("block_digest"))
        if (text("payload_digest") != "") add("payload_digest:" text("payload_digest"))
        if (text("damage") != "") add("damage:" text("damage"))
    }
    { print line }'
}

# says STATUS NAME ARGUMENT…: standard input is all that it says, shortened.
says() {
    local want=$1 name=$2
    shift 2
    run "$@"
    lines <out >short
    [ "$status" -eq "$want" ] && diff short - >differs
    ok "$name"
}

make_cases() { python3 "$OPTOUT_SRCDIR/tests/unit/warc_cases.py" "$@"; }

if ! command -v python3 >/dev/null; then
    skip "everything" "python3 makes the files"
    echo "1..$count"
    exit 0
fi
make_cases framing payloads revisits digests kinds sites
ok "the files are made"

THREE='record one response 200 clear
record two response 200 reserved
record three response 200 clear'

# ---- framing ----

says 0 "a member for each record, an empty one between" w1.warc.gz <<<"$THREE
file gzip alone 3 3"
[ "$(grep -o '"offset":[0-9]*,"length":[0-9]*' out | paste -sd' ')" = "$(python3 - <<'E2'
import zlib
data, at, out = open("w1.warc.gz", "rb").read(), 0, []
while at < len(data):
    z = zlib.decompressobj(31)
    text = z.decompress(data[at:])
    n = len(data) - at - len(z.unused_data)
    if text:
        out.append('"offset":%d,"length":%d' % (at, n))
    at += n
print(" ".join(out))
E2
)" ]
ok "offsets and lengths are those of the members"
says 0 "one member for all" w2.warc.gz <<<"record null one response 200 clear
record null two response 200 reserved
record null three response 200 clear
file gzip not-record-at-a-time 3 3"
for k in -1 0 1; do
    says 0 "a member that ends $k bytes beside the end of a buffer" w3$k.warc.gz <<<"record pad resource 200 undecided (malformed)
record two response 200 reserved
record three response 200 clear
file gzip alone 3 3"
done
says 0 "zeros behind the last member" w4zeros.warc.gz <<<"$THREE
file gzip alone 3 3"
says 3 "text behind the last member" w4hello.warc.gz <<<"$THREE
damage 756+5 trailing-garbage
file gzip alone 3 3"
says 3 "a file that is cut" w5.warc.gz <<<"record one response 200 clear
record two response 200 reserved
damage 511+225 truncated-file
record three response 200 undecided (truncated) damage:truncated-file
file gzip alone 3 3"
says 3 "a byte that was changed" w6.warc.gz <<<"record one response 200 clear
damage 243+248 damaged
record three response 200 clear
file gzip alone 2 2"
for f in w7.warc w7.warc.gz; do
    run $f
    [ "$status" -eq 0 ] && [ "$(lines <out | grep -c '^record')" -eq 3 ] && ! has '"event":"damage"' out
    ok "$f: a WARC in a page of a WARC is no record"
done
for f in short.warc long.warc short.warc.gz long.warc.gz; do
    run w8$f
    lines <out >short
    [ "$status" -eq 3 ] && has 'length-mismatch' short && has 'record three response 200 clear' short &&
        grep -q 'record two response 200 reserved .*damage:length-mismatch' short
    ok "$f: a length that lies"
done
for i in 0 1 2 3 4; do
    for f in w9$i.warc w9$i.warc.gz; do
        run $f
        lines <out >short
        [ "$status" -eq 3 ] && has 'bad-header' short && has 'record three response 200 clear' short &&
            ! has 'two' short
        ok "$f: a length that is none"
    done
done
for f in w10.warc w10.warc.gz; do
    run $f
    lines <out | grep -v ^damage >short
    [ "$status" -eq 3 ] && has '"damage":"bad-header"' out && diff short - >differs <<<"record two response 200 reserved
record two response 200 reserved
record %20folded response 200 reserved
record two response 200 reserved
record json response 200 reserved
file ${f/w10.warc/plain} alone 5 5" || diff <(head -5 short) - >differs <<<"record two response 200 reserved
record two response 200 reserved
record %20folded response 200 reserved
record two response 200 reserved
record json response 200 reserved"
    ok "$f: heads as they are written"
done
run w11.warc
has '"url":"http://h.example/a%20b"' out
ok "a URL in angle brackets, with a blank"
for n in 0 2 8; do
    run ends$n.warc
    [ "$status" -eq 0 ] && [ "$(lines <out | grep -c '^record')" -eq 3 ]
    ok "$n bytes of line ends between records"
done
says 3 "garbage between members" garbage.warc.gz <<<"record one response 200 clear
damage 243+38 garbage
record two response 200 reserved
damage 529+38 trailing-garbage
file gzip alone 2 2"
run garbage.warc
lines <out >short
[ "$status" -eq 3 ] && has 'one response 200 undecided (malformed)' short &&
    has 'two response 200 reserved (malformed)' short
ok "garbage behind records of a plain file may be theirs"
says 0 "padding between members" filler.warc.gz <<<"record one response 200 clear
record two response 200 reserved
file gzip alone 2 2"
says 0 "a record in two members" spans.warc.gz <<<"$THREE
file gzip alone 3 3"
says 0 "two records in one of the members" mixed.warc.gz <<<"record one response 200 clear
record null two response 200 reserved
record null three response 200 clear
record four response 200 clear
file gzip not-record-at-a-time 4 4"
says 0 "drafts and versions to come" old.warc <<<"record two response 200 reserved
record one response 200 clear
file plain alone 2 2"
run arc.arc
[ "$status" -eq 2 ] && has 'an ARC file, which is not read' err
ok "an ARC file is named"
mkdir -p archive && cp w1.warc.gz archive && python3 -m zipfile -c x.wacz archive/w1.warc.gz
run x.wacz
[ "$status" -eq 2 ] && has "a ZIP file; of a WACZ: unzip -p" err
ok "a WACZ is named, and how it is read"
says 0 "an empty file" empty.warc <<<"file plain alone 0 0"
says 0 "an empty member" empty.warc.gz <<<"file gzip alone 0 0"
run page.html
[ "$status" -eq 3 ] && has 'trailing-garbage' out
ok "a file that is none"
run pretends.warc
lines <out >short
[ "$status" -eq 3 ] && has 'record three response 200 clear' short
ok "heads by the thousand that are none"
says 0 "8 GiB of nothing" sparse.warc <<<"record sparse response 200 undecided (malformed)
record two response 200 reserved
file plain alone 2 2"
has '"offset":8589934892' out
ok "offsets have 64 bits"
says 3 "a member that unpacks to too much" bomb.warc.gz <<<"record one response 200 clear
damage 243+$(($(stat -c %s bomb.warc.gz) - 243 - 245)) unreadable
record bomb response 200 reserved (truncated,limit-expansion) damage:unreadable
record three response 200 clear
file gzip alone 3 3"
run --quiet many.warc
[ "$status" -eq 0 ] && has '"records":20000' out
ok "thousands of records without a byte"
run hostile.warc
[ "$status" -eq 0 ] && ! grep -q $'\x1b' out && lines <out >short
ok "bytes that a terminal obeys do not get out"
cat w1.warc.gz | "$optout" warc - >out 2>err
status=$?
lines <out >short
[ "$status" -eq 0 ] && diff short - >differs <<<"$THREE
file gzip alone 3 3"
ok "standard input"
cat w1.warc.gz w11.warc.gz w2.warc.gz 2>err | "$optout" warc - >out 2>err
[ "$(lines <out | grep -c '^record')" -eq 6 ]
ok "files one behind the other"

python3 - >cuts 2>&1 <<'E6'
import json, os, subprocess, sys
sys.path.insert(0, os.environ["OPTOUT_SRCDIR"] + "/tests/unit")
sys.argv = [""]
import warc_cases as w

def run(name, *parts):
    w.write(name, *parts)
    p = subprocess.run([os.environ["OPTOUT_BUILDDIR"] + "/optout", "warc", name], capture_output=True)
    records = [json.loads(l) for l in p.stdout.splitlines()]
    return p.returncode, [r for r in records if r["event"] == "record"]

three = [w.response("one"), w.response("two", w.NOAI), w.response("three")]
for name, parts, slack in (("p.warc", three, 4), ("g.warc.gz", [w.gz(t) for t in three], 0)):
    whole, ends = b"".join(parts), [sum(map(len, parts[:i])) for i in (1, 2, 3)]
    for n in range(5, len(whole), 37):
        status, records = run(name, whole[:n])
        border = any(e - slack <= n <= e for e in ends)
        clear = sum(r["decision"] == "clear" for r in records)
        assert status == (0 if border else 3), (name, n, status)
        assert clear <= sum(n >= ends[i] - slack for i in (0, 2)), (name, n, records)
block = w.http(w.NOAI)
for d in (-3, -1, 1, 4, 6, 9):
    lied = w.record("response", "https://o.example/two", block, length=len(block) + d)
    for name, form in (("p.warc", bytes), ("g.warc.gz", w.gz)):
        status, records = run(name, *map(form, (three[0], lied, three[2])))
        assert [r["decision"] for r in records] == ["clear", "reserved", "clear"], (d, name, records)
        assert status == (0 if 0 < d <= 4 else 3), (d, name, status)
E6
[ ! -s cuts ]
ok "a file cut anywhere, and lengths that are off by a few: told, and nothing cut is clear"

# ---- payloads ----

says 0 "chunks that are there, that were undone, and whose field was renamed" w12.warc <<<"record p response 200 reserved chunks-undone
record p response 200 reserved
record p response 200 clear headers-rebuilt
file plain alone 3 3"
says 0 "chunks that are none, that have no end, that have trailers, of one byte" w13.warc <<<"record p response 200 reserved
record p response 200 undecided (truncated) chunks-undone chunk-error
record p response 200 reserved chunks-undone
record p response 200 clear chunks-undone
file plain alone 4 4"
run w14.warc
lines <out >short
[ "$status" -eq 0 ] && sed -n 1p short | grep -q reserved && sed -n 2p short | grep -q '(coding' &&
    sed -n 3p short | grep -q '(limit-expansion' && sed -n 4p short | grep -q reserved
ok "codings that are not there, cut, too much, and right"
says 0 "fields that the crawler renamed are not the origin's" w15.warc <<<"record p response 200 clear headers-rebuilt
file plain alone 1 1"
run w16.warc
lines <out >short
sed -n 1p short | grep -q 'reserved.*extra-newlines' && sed -n 2p short | grep -q reserved
ok "an empty line too many before a picture"
run w17.warc
lines <out >short
[ "$(grep -c 'reserved$' short)" -eq 3 ] && has 's response 200 undecided (malformed) no-http-head' short
ok "status lines"
says 0 "a head that ends with its block" nohead.warc <<<"record n response 200 reserved
file plain alone 1 1"
says 0 "a body shorter than its head says" short.warc <<<"record c response 200 undecided (truncated) short-body
file plain alone 1 1"
says 0 "an answer to HEAD is known by its request" head.warc <<<"record h response 200 undecided (unseen)
file plain alone 2 1 request=1"
says 0 "a picture that is cut before its metadata" w30.warc <<<"record i.jpg response 200 undecided (truncated)
file plain alone 1 1"

# ---- records that refer to others ----

says 0 "revisits: the head of theirs, the body of the original" w18.warc <<<"record clean response 200 clear
record denied response 200 reserved
record clean revisit 200 reserved original-read
record clean revisit 200 clear original-read
record copy revisit 200 reserved original-read
record lost revisit 200 undecided (unseen) original-not-found
record none revisit 200 reserved original-read
file plain alone 7 7"
says 0 "not modified: what an id names may be a request" w19.warc <<<"record denied response 200 reserved
record denied revisit 304 undecided (unseen) original-not-found
record denied revisit 200 reserved original-read
file plain alone 4 3 request=1"
says 0 "a profile that nobody knows: the block is not read" w20.warc <<<"record u revisit 200 undecided (unseen) unknown-profile
file plain alone 1 1"
says 0 "an original that comes later" earlier.warc <<<"record clean revisit 200 undecided (unseen) original-not-found
file plain alone 1 1"
says 0 "is found by a first pass" --two-passes --jobs 1 earlier.warc later.warc <<<"record clean revisit 200 clear original-read
file plain alone 1 1
record clean response 200 clear
file plain alone 1 1"
says 0 "text that was made of a page is judged as the page" wet.warc <<<"record denied response 200 reserved
record denied conversion 200 reserved original-read
record gone conversion 200 undecided (unseen) original-not-found
file plain alone 3 3"
says 0 "segments over two files, out of order" --two-passes --jobs 1 w21a.warc w21b.warc <<<"record seg response 200 reserved segments-joined
file plain alone 2 1 continuation=1
file plain alone 1 0 continuation=1"
says 0 "a segment that is missing" --two-passes w21c.warc <<<"record seg response 200 undecided (partial,truncated) segments-missing
file plain alone 2 1 continuation=1"
says 0 "what is no page of the web" w23.warc <<<"record r resource 200 reserved
file plain alone 10 1 warcinfo=1 request=1 metadata=1 unknown=1 scheme=5"
says 3 "digests in every form" --digests w22.warc <<<"record d response 200 clear block_digest:ok
record d response 200 clear block_digest:ok
record d response 200 clear block_digest:ok
record d response 200 clear block_digest:ok
record d response 200 clear block_digest:ok
record d response 200 clear block_digest:unknown
record d response 200 undecided (malformed) block_digest:mismatch
record d response 200 clear chunks-undone payload_digest:ok
record d response 200 clear chunks-undone payload_digest:dechunked
record d response 200 clear chunks-undone payload_digest:mismatch
file plain alone 10 10"

# ---- sites ----

run --site then --agent GPTBot w27.warc
lines <out | grep -v robots.txt >short
[ "$status" -eq 0 ] && diff short - >differs <<<"record a response 200 reserved
record a response 200 clear
record a response 200 clear
record a response 200 undecided (site-unknown)
record a response 200 reserved
record a response 200 reserved
file plain alone 12 12"
ok "the rules of then: newest before the page, none, not captured, moved, only later"
run --site now w27.warc
[ "$status" -eq 2 ] && has 'no store is known' err
ok "the rules of today need a store"

printf 'User-agent: GPTBot\nDisallow: /\n' >deny.txt
if "$OPTOUT_BUILDDIR/tests/unit/put_sites" store https://c.example deny.txt 2>err; then
    run --store store --agent GPTBot w27.warc
    grep 'https://c.example/a"' out | grep -q '"decision":"reserved"'
    ok "the rules of today are the store's"
    run --site then --store store --agent GPTBot w27.warc
    lines <out | grep -v robots.txt >short
    [ "$(sed -n 4p short)" = "record a response 200 reserved" ] && [ "$(sed -n 2p short)" = "record a response 200 clear" ]
    ok "where nothing was captured, the store's rules are those of then"
    run --site none --store store w27.warc
    [ "$status" -eq 2 ]
    ok "no site, no store"

    put() { "$OPTOUT_BUILDDIR/tests/unit/put_sites" then --log logged/node-"$1"-1-1.jsonl "2026-11-$1T00:00:00.000Z" "${@:2}"; }
    mkdir -p logged
    printf 'User-agent: GPTBot\nDisallow: /private\n' >allow.txt
    printf 'User-agent: GPTBot\nDisallow: /a\n' >lost.txt
    printf 'User-agent: GPTBot\nDisallow: /\n# again\n' >again.txt
    : >none.txt
    put 02 https://a.example deny.txt https://l.example deny.txt https://m.example lost.txt https://n.example none.txt &&
        put 04 https://l.example allow.txt && put 08 https://l.example again.txt &&
        put 04 https://q.example allow.txt
    sed -i '$s/"status":200/"status":203/' logged/node-04-1-1.jsonl # somebody changed it
    "$OPTOUT_BUILDDIR/tests/unit/put_sites" then https://o.example deny.txt https://l.example none.txt
    rm "then/originals/"*/"$(sha256sum <lost.txt | cut -c1-64)"
    run --site then --store then --log logged --agent GPTBot logged.warc
    lines <out | grep -v robots.txt >short
    [ "$status" -eq 0 ] && diff short - >differs <<<"record a response 200 clear
record a response 200 reserved
record a response 200 reserved
record a response 200 clear
record a response 200 reserved
record a response 200 undecided (site-unknown)
record a response 200 clear
record a response 200 reserved
record a response 200 undecided (site-unknown)
record a response 200 clear
file plain alone 11 11"
    ok "the rules of then by the log: captures first, nearest before, only later, original lost, none, the store's, nowhere"
    has '1 lines about sites in the log were changed' err
    ok "... and what was changed in it is not used, but told"
    grep 'l.example' out | grep -o '"fetched_at":"2026-11-0[0-9]' | uniq >dates
    diff dates - >differs <<<'"fetched_at":"2026-11-02
"fetched_at":"2026-11-04
"fetched_at":"2026-11-08'
    ok "... site tells of when they are"
    run --site then --log logged logged.warc
    [ "$status" -eq 2 ] && has '--log: no store is known' err
    ok "a log without the store of its originals"
    run --site then --store then --log nothere logged.warc
    [ "$status" -eq 2 ] && has 'nothere: No such file' err
    ok "a log that is not there"
else
    skip "stores" "tests/unit/put_sites is not built"
fi

# ---- zstd ----

if command -v zstd >/dev/null; then
    make_cases zstandard
    ok "zstd files are made"
    Z='record z0 response 200 clear
record z1 response 200 reserved
record z2 response 200 clear
file zstd alone 3 3'
    for f in raw packed plain nosize; do
        says 0 "zstd: $f" $f.warc.zst <<<"$Z"
    done
    says 0 "zstd: the dictionary beside it" --zstd-dict dict missing.warc.zst <<<"$Z"
    while read -r f want why; do
        run $f.warc.zst
        [ "$status" -eq "$want" ] && cat out err | grep -qF "$why"
        ok "zstd: $f"
    done <<E3
missing 3 dictionary 70001, which is not in the file
other 3 dictionary 70001, and has another
huge 2 dictionary is larger than 8 MiB
window 3 too much memory
legacy 3 before 0.8
cut 3 truncated-file
broken 3 damaged
E3
else
    skip "zstd" "zstd makes the files"
fi

# ---- many workers, many files ----

for f in w1.warc.gz w7.warc; do
    size=$(stat -c %s $f)
    run $f
    grep '"event":"record"' out >whole
    wrong=0
    for ((i = 0; i <= size; i += 1 + size / 20)); do
        run --length $i $f
        grep '"event":"record"' out >split
        run --offset $i $f
        grep '"event":"record"' out >>split
        diff whole split >differs || wrong=1
    done
    [ "$wrong" -eq 0 ]
    ok "$f: workers at any split find each record once"
done
mkdir -p folder/in && cp w1.warc.gz folder/b.warc.gz && cp w18.warc folder/in/a.warc && cp page.html folder
run --jobs 1 folder
[ "$status" -eq 0 ] && [ "$(grep -o '"event":"file","file":"[^"]*"' out)" = '"event":"file","file":"folder/b.warc.gz"
"event":"file","file":"folder/in/a.warc"' ]
ok "folders"
cp out serial
run --jobs 1 folder/
diff serial out >differs
ok "... named with a slash at the end"
run --jobs 4 folder
[ "$status" -eq 0 ] && diff <(sort serial) <(sort out) >differs
ok "several files at a time say the same"
wrong=0
for n in 1 2; do # lines of the state that were written when it was killed
    rm -f state grown
    echo "what stood there before" >grown
    "$optout" warc --state state --jobs 1 folder >>grown 2>err
    cp grown whole
    head -n $n state >half && mv half state
    "$optout" warc --state state --jobs 1 folder >>grown 2>err || wrong=1
    diff whole grown >differs || wrong=1
done
[ "$wrong" -eq 0 ]
ok "what was killed goes on"
run --state state folder
[ "$status" -eq 0 ] && [ ! -s out ]
ok "what is done is done"

# ---- what is written ----

run --removal-list w18.warc
[ "$status" -eq 0 ] && [ "$(wc -l <out)" -eq 4 ] && has '"offset":413' out && has '"digest":"sha256:' out
ok "the removal list"
run --removal-list=tsv w18.warc
awk -F'\t' 'NF != 7 || $7 != "reserved" { exit 1 }' out && [ "$(wc -l <out)" -eq 4 ]
ok "the removal list as a table"
run --warc-metadata beside.warc.gz w18.warc
run --digests beside.warc.gz
lines <out >short
[ "$status" -eq 0 ] && diff short - >differs <<<"file gzip alone 8 0 warcinfo=1 metadata=7" &&
    zcat beside.warc.gz | grep -aq '^WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000502>'
ok "metadata records that are read again"
id=01HZZZZZZZZZZZZZZZZZZZZZZZ
python3 - $id <<'E4'
import sys
sys.path.insert(0, __import__("os").environ["OPTOUT_SRCDIR"] + "/tests/unit")
sys.argv = ["", ]
import warc_cases as w
w.write("tagged.warc", w.response("t", w.NOAI, ['Optout: decision=pending;profile=training;id="01HZZZZZZZZZZZZZZZZZZZZZZZ"']),
        w.response("u", w.CLEAR, ['Optout: decision=pending;id="01HZZZZZZZZZZZZZZZZZZZZZZY"']))
E4
mkdir -p log
printf '%s\n' '{"v":2,"event":"pending","id":"'$id'","time":"2026-11-30T10:00:00.000Z","url":"https://o.example/t"}' \
    '{"v":2,"id":"'$id'","time":"2026-11-30T10:00:00.000Z","url":"https://o.example/t","decision":"reserved","action":"cut"}' \
    >log/node-20261130T100000.000Z-1.jsonl
run --resolve log tagged.warc
[ "$status" -eq 0 ] && has '"resolved":true,"final":"reserved","action":"cut"' out && has '"resolved":false' out
ok "what a proxy called pending is completed by its log"

names() { # NAME TEXT FILE: what optout inspect calls it
    "$optout" inspect "$3" >out 2>err
    has "$2" out
    ok "$1"
}
names "optout inspect names a WARC file" "this is a WARC file, whose records 'optout warc' judges one by one" w7.warc
names "... a packed one" "one by one, packed with gzip" w1.warc.gz
gzip -c page.html >page.html.gz
names "... what is packed" "this is packed with gzip" page.html.gz
tar cf page.tar page.html
names "... a tar archive" "this is a tar archive" page.tar
"$optout" inspect --json page.html.gz >out 2>err
has '"packed":"gzip"' out
ok "... and says so in JSON"

while read -r want text; do
    # shellcheck disable=SC2086 # several arguments
    run $text
    [ "$status" -eq 2 ] && has "$want" err
    ok "misuse: $text"
done <<'E5'
missing
excludes --state state --offset 5 w1.warc.gz
words --site never w1.warc.gz
standard --two-passes -
number --jobs x w1.warc.gz
then --log . w1.warc.gz
E5

echo "1..$count"
[ "$failures" -eq 0 ]
