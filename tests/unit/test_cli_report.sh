#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout audit report: on segments written by hand, whose figures can be counted on one's
# fingers; against a naive count of a generated log; the page against the JSON. Prints TAP.
# shellcheck source=tests/unit/tap.sh
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"
here="$OPTOUT_SRCDIR/tests/unit"
C=0123456789abcdef0123456789abcdef

config() { # ID SETTINGS
    printf '{"v":2,"event":"config","id":"%s","sha256":"%s%s","node":"n1","profile":"train","profiles":[{"name":"train","purpose":["train-ai"],"mode":"enforce"},{"name":"look","purpose":["search"],"mode":"monitor"}],"settings":"%s"}\n' \
        "$1" "$1" "$1" "$2"
}

at=0
record() { # TIME URL MEMBERS [CONFIG]
    at=$((at + 1))
    printf '{"v":2,"id":"01KAV9FT3V05WKNXJVWQX%05d","time":"%s","agent":"Bot","url":"%s",%s"config":"%s","micros":1}\n' \
        "$at" "$1" "$2" "$3" "${4:-$C}"
}

# figure EXPRESSION: of the JSON `r`, by Python.
figure() {
    python3 -c 'import json,sys
r = json.load(open("out"))
print(eval(sys.argv[1]))' "$1"
}

is() { # WANT EXPRESSION NAME
    local have
    have=$(figure "$2" 2>&1)
    [ "$have" = "$1" ] || echo "# $2: want $1, have $have"
    [ "$have" = "$1" ]
    ok "$3"
}

# ---- by hand ----

mkdir log
{
    config $C 'a 1\nb 2\n'
    printf '{"v":2,"event":"site","id":"%s","bundle":{"origin":"https://a.pub.co.uk","files":[{"file":"robots.txt","state":"none","status":404,"fetched_at":"2026-11-01T09:00:00.000Z","source":"fetched"}]}}\n' ${C/0/1}
    record 2026-11-01T10:00:00.000Z https://a.pub.co.uk/1 '"media_type":"text/html","seen":5,"whole":true,"inspected":"html","decision":"clear","site":[{"id":"'${C/0/1}'"}],'
    record 2026-11-01T11:00:00.000Z https://b.pub.co.uk/2 '"media_type":"image/png","seen":7,"whole":true,"inspected":"png","decision":"clear",'
    # seen, denied, not kept
    record 2026-11-02T10:00:00.000Z https://c.example/3 '"media_type":"text/html","length":120,"seen":100,"inspected":"html","decision":"reserved","action":"block","usage":{"train-ai":"deny"},"signals":[{"standard":"aipref","carrier":"http-header","scope":"asset","place":{"kind":"header-line","at":1},"raw":"train-ai=n","preferences":{"train-ai":"deny"},"deciding":true}],"conflicts":["train-ai"],'
    # not asked for at all
    record 2026-11-02T10:01:00.000Z https://c.example/4 '"vector":"reqmod","inspected":"none","decision":"reserved","action":"block",'
    # tagged: a tag that restricts takes it from what is kept
    record 2026-11-02T10:02:00.000Z https://c.example/5 '"media_type":"text/html","seen":30,"whole":true,"inspected":"html","decision":"undecided","action":"tag","undecided":["partial","coding"],'
    record 2026-11-02T10:03:00.000Z https://c.example/6 '"media_type":"text/html","seen":40,"whole":true,"inspected":"html","decision":"licensed","action":"tag",'
    # neither an error page nor a site file is content
    record 2026-11-02T10:04:00.000Z https://c.example/7 '"status":404,"media_type":"text/html","seen":50,"whole":true,"inspected":"html","decision":"clear",'
    record 2026-11-02T10:05:00.000Z https://c.example/robots.txt '"media_type":"text/plain","seen":60,"whole":true,"inspected":"site-file","decision":"clear",'
    # pending and its end; pending without one
    record 2026-11-02T10:06:00.000Z https://c.example/8 '"event":"pending","media_type":"video/mp4","inspected":"mp4",'
    at=$((at - 1))
    record 2026-11-02T10:06:00.000Z https://c.example/8 '"media_type":"video/mp4","length":900,"seen":500,"inspected":"mp4","decision":"reserved","action":"cut","released":400,'
    record 2026-11-02T10:07:00.000Z https://c.example/9 '"event":"pending","inspected":"html",'
    # only watched
    record 2026-11-03T10:00:00.000Z https://c.example/10 '"profile":"look","media_type":"text/html","seen":70,"whole":true,"inspected":"html","decision":"reserved","would":"block","mode":"monitor",'
    printf '{"v":2,"event":"gap","id":"01KAV9FT3V05WKNXJVWQX90001","time":"2026-11-03T11:00:00.000Z","node":"n1","reason":"write-failed","segment":"x.jsonl","lost":12}\n'
    printf '{"v":2,"event":"gap","id":"01KAV9FT3V05WKNXJVWQX90002","time":"2026-11-03T12:00:00.000Z","node":"n1","reason":"writer-died","segment":"x.jsonl","torn_bytes":3}\n'
} >log/n1-20261101T100000.000Z-1-000001.jsonl
{
    config ${C/0/2} 'a 1\nb 3\nc 4\n'
    printf '{"v":2,"event":"site","id":"%s","bundle":{"origin":"https://a.pub.co.uk","files":[{"file":"robots.txt","state":"published","status":200,"fetched_at":"2026-11-04T09:00:00.000Z","sha256":"%s%s","source":"fetched"}]}}\n' ${C/0/3} $C $C
    record 2026-11-04T12:00:00.000Z https://a.pub.co.uk/11 '"vector":"reqmod","inspected":"none","decision":"reserved","action":"block","site":[{"id":"'${C/0/3}'"}],' ${C/0/2}
} >log/n1-20261104T100000.000Z-1-000002.jsonl

expect 0 "JSON" audit report --json log
is 11 'r["total"]["records"]' "records that came to an end"
is "(4, 5, 0, 1, 1)" 'tuple(r["total"][k] for k in ("clear", "reserved", "conditional", "licensed", "undecided"))' "decisions"
is "(5, 2, 3, 1)" 'tuple(r["total"][k] for k in ("pass", "tag", "block", "cut"))' "actions"
is "(862, 262, 122, 1020, 400)" \
    'tuple(r["total"][k + "_bytes"] for k in ("fetched", "delivered", "kept", "refused", "released"))' "bytes"
is "(115, 7, 0, 0, 0)" 'tuple(r["total"]["kept_%s_bytes" % k] for k in ("text", "image", "audio", "video", "other"))' \
    "what is kept, by modality"
is "(1, 1, 12, 1)" 'tuple(r["total"][k] for k in ("unended", "would_refuse", "lost", "lost_unknown"))' "what is missing"
is "[('pub.co.uk', 12, 7, True)]" \
    '[(d["domain"], d["fetched_bytes"], d["kept_bytes"], d["sme"]) for d in r["training_summary"]["domains"][2]["rows"]]' \
    "hosts of one registrable domain are one domain"
is "[('c.example', 110)]" '[(d["domain"], d["kept_bytes"]) for d in r["training_summary"]["domains"][0]["rows"]]' \
    "domains are ranked by what is kept"
is "day ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'] [2, 7, 1, 1]" \
    '"%s %s %s" % (r["over_time"]["step"], [x["name"] for x in r["over_time"]["rows"]], [x["records"] for x in r["over_time"]["rows"]])' \
    "decisions over time, by days"
is "[('coding', 0), ('partial', 1)]" 'sorted((x["name"], x["undecided"]) for x in r["undecided"]["rows"])' \
    "reasons, and the one that left it undecided"
is "[('a.pub.co.uk', 'robots.txt', True, ['none', 'published 0123456789ab'])]" \
    '[(c["host"], c["standard"], c["changed"], [s["preferences"] for s in c["said"]]) for c in r["changes"]["rows"] if c["carrier"] == "site-file"]' \
    "a site file that changed"
is "[('aipref', False, True)]" \
    '[(c["standard"], c["appeared"], c["vanished"]) for c in r["changes"]["rows"] if c["carrier"] == "http-header"]' \
    "a statement that vanished"
is "(['b 2'], ['b 3', 'c 4'])" '(r["configurations"][1]["removed"], r["configurations"][1]["added"])' "settings that changed"
is "[(400, 500, 'https://c.example/8')]" '[(c["released_bytes"], c["seen_bytes"], c["url"]) for c in r["cuts"]["rows"]]' "cuts"
is "[(12, 0), (None, 3)]" '[(g["lost"], g["torn_bytes"]) for g in r["gaps"]["rows"]]' "gaps"
cp out all.json
expect 0 "the same again" audit report --json log
cmp -s <(sed 's/"made":"[^"]*"//' all.json) <(sed 's/"made":"[^"]*"//' out)
ok "the order does not depend on threads"

# ---- what is meant ----

run audit report --json --since 2026-11-02 --until 2026-11-03T00:00:00Z log
is "(7, 1, '2026-11-02T10:00:00.000Z')" '(r["total"]["records"], r["total"]["unended"], r["first"])' "--since and --until"
run audit report --json --profile look log
is 1 'r["total"]["records"]' "--profile"
run audit report --json --node other log
is 0 'r["total"]["records"]' "--node"
run audit report --json --tagged-kept log
is 152 'r["total"]["kept_bytes"]' "--tagged-kept"
run audit report --json --top 1 log
is "(3, 1, 3)" '(r["hosts"]["names"], len(r["hosts"]["rows"]), r["hosts"]["others"]["records"])' "--top: the rest is added up"
run audit report --json --rows 1 log
is "(True, 11)" '(r["hosts"]["exceeded"], sum(h["records"] for h in r["hosts"]["rows"]) + r["hosts"]["others"]["records"])' \
    "--rows: what found no room is counted, and said to be"
expect 2 "a time that is none" audit report --since someday log
expect 2 "a number that is none" audit report --top 0 log
expect 2 "a folder that is not there" audit report nowhere
expect 0 "--help" audit report --help
expect 0 "-o" audit report -o page.html log
[ -s page.html ] && [ ! -s out ] && has '<!DOCTYPE html>' page.html
ok "-o writes the file and nothing else"
expect 2 "-o where nothing can be written" audit report -o nowhere/page.html log
mkdir empty
expect 0 "an empty folder" audit report empty
has 'There are no records' out
ok "says so"
mkdir hurt
{ cat log/n1-20261104*; echo '{"v":2,"id":'; } >hurt/x.jsonl
expect 1 "damage is said" audit report --json hurt
is "(True, 1)" '(r["damaged"], r["total"]["records"])' "and what could be read is counted"

# ---- lists of domains ----

domains() { # N SIZE-OF: awk's expression of i, from 1
    {
        config $C 'a\n'
        awk -v n="$1" -v c=$C 'BEGIN { for (i = 1; i <= n; i++) printf "{\"v\":2,\"id\":\"01KAV9FT3V05WKNXJV%08d\",\"time\":\"2026-11-01T10:00:00.000Z\",\"url\":\"https://d%d.example/\",\"media_type\":\"text/html\",\"seen\":%d,\"whole\":true,\"inspected\":\"html\",\"decision\":\"clear\",\"config\":\"%s\",\"micros\":1}\n", i, i, '"$2"', c }'
    } >domains.jsonl
    run audit report --json domains.jsonl
}
domains 10 i
is "(10, 1, 1)" 'tuple(r["training_summary"]["domains"][0][k] for k in ("domains", "listed", "listed_sme"))' "10 domains: one"
domains 11 i
is "(2, 1)" 'tuple(r["training_summary"]["domains"][0][k] for k in ("listed", "listed_sme"))' "11 domains: two, of an SME one"
domains 20 '(i == 20 ? 9 : i >= 18 ? 8 : 1)'
is "['d20.example', 'd18.example', 'd19.example']" \
    '[d["domain"] for d in r["training_summary"]["domains"][0]["rows"]]' "equals of the last one are listed"
domains 30000 i
is "(3000, 1000)" 'tuple(r["training_summary"]["domains"][0][k] for k in ("listed", "listed_sme"))' \
    "30,000 domains: of an SME 1,000"

# ---- what strangers wrote ----

long=$(printf 'x%.0s' {1..65536})
mkdir bad
{
    config $C '<script>alert(1)</script>\n'
    record 2026-11-01T10:00:00.000Z 'https://<script>alert(1)</script>.example/' '"media_type":"<img src=x>/\"onload=x","seen":5,"whole":true,"inspected":"html","decision":"reserved","action":"cut","released":2,"conflicts":["train-ai"],"signals":[{"standard":"<b>","carrier":"\u0001\u202e\u0000","scope":"asset","agent":"<i>","raw":"<u>","preferences":{"train-ai":"deny"}}],'
    record 2026-11-01T10:00:01.000Z 'https://a\u0000\u0007\u202e\u2066\n\ud800b.example/'"'"'onmouseover=x' '"seen":5,"whole":true,"inspected":"html","decision":"clear",'
    record 2026-11-01T10:00:02.000Z "https://$long.example/" '"seen":5,"whole":true,"inspected":"html","decision":"clear",'
    record 2026-11-01T10:00:03.000Z 'no url at all' '"seen":18446744073709551615,"released":9223372036854775807,"inspected":"html","decision":"novel","action":"cut",'
} >bad/x.jsonl
expect 0 "hostile names" audit report -o bad.html bad
python3 - <<'EOF'
import html.parser
text = open("bad.html", encoding="utf-8").read()
assert not any(c in text for c in "\0\1\7\u202e\u2066"), "obeyed"
assert len(text) < 200000, len(text)
known = set("""html head meta title style body header p h1 h2 h3 dl dt dd div nav ol li a main section figure svg desc
line text rect ul table caption thead tbody tr th td small time span code strong br footer""".split())
class Check(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        assert tag in known, tag
        for name, _ in attrs:
            assert not name.startswith("on"), name
Check().feed(text)
assert "&lt;script&gt;" in text
EOF
ok "a page shows what strangers wrote, and obeys nothing in it"
run audit report --json bad
is 4 'r["total"]["records"]' "and the JSON is JSON"
python3 - <<'EOF'
text = open("out", encoding="utf-8").read()
assert not any(c in text for c in "\0\1\7\u2066"[:3])
EOF
ok "without control characters"

# ---- tunnels ----

mkdir tunnels
{
    config $C 'a 1\n'
    for n in 1 2 3; do
        record 2026-11-01T10:0$n:00.000Z shut.example:443 '"vector":"reqmod","method":"CONNECT","inspected":"none","decision":"undecided","undecided":["tunnel"],'
    done
    record 2026-11-01T10:04:00.000Z odd.example:8443 '"vector":"reqmod","method":"CONNECT","inspected":"none","decision":"undecided","action":"block","undecided":["tunnel"],'
    record 2026-11-01T10:05:00.000Z https://c.example/5 '"media_type":"text/html","seen":30,"inspected":"html","decision":"undecided","undecided":["partial"],'
} >tunnels/n1-20261101T100000.000Z-1-000001.jsonl
expect 0 "JSON of tunnels" audit report --json tunnels
is "[('shut.example', 3, 3, 0), ('odd.example', 1, 0, 1)]" \
    '[(h["name"], h["records"], h["pass"], h["block"]) for h in r["tunnel_hosts"]["rows"]]' \
    "hosts that tunnels went to, and how many"
expect 0 "the page of tunnels" audit report tunnels
grep -q '<th scope="row">shut.example</th>' out && grep -q 'Hosts not inspected' out
ok "the page names them as not inspected"

# ---- against a naive count ----

records=1500
[ -z "${OPTOUT_LONG:-}" ] || records=60000
python3 "$here/audit_log.py" --records $records --days 50 --seed 7 made
run audit report --json --top 100000 made
python3 "$here/naive_report.py" made out >naive 2>&1
ok "a generated log: the figures of a naive count"
sed 's/^/# /' naive | head -20
run audit report --json made
cp out short.json
expect 0 "as a page" audit report -o made.html made
python3 "$here/naive_report.py" --page made.html short.json >naive 2>&1
ok "the page has the figures of the JSON"
sed 's/^/# /' naive | head -20
run audit report --json --since 2026-10-05 made
! python3 "$here/naive_report.py" made out >naive 2>&1
ok "and a figure that differs is noticed"
if command -v zstd >/dev/null; then
    zstd -q --rm made/*.jsonl && run audit report --json made
    cmp -s <(sed 's/"made":"[^"]*"//' short.json) <(sed 's/"made":"[^"]*"//' out)
    ok "compressed it is the same"
fi

# ---- a page that asks for nothing ----

! grep -qE '(src|href)="[^#]|url\(|@import|<script|<link' made.html
ok "nothing is fetched"
has "default-src 'none'" made.html
ok "and nothing may be"

echo "1..$count"
[ "$failures" = 0 ]
