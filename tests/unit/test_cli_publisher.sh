#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout audit publisher: on a log written by hand. Prints TAP.
# shellcheck source=tests/unit/tap.sh
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"
C=0123456789abcdef0123456789abcdef
S=11111111111111111111111111111111

figure() { # EXPRESSION: of the JSON `r`, by Python
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

at=0
record() { # TIME URL MEMBERS
    at=$((at + 1))
    printf '{"v":2,"id":"01KAV9FT3V05WKNXJVWQX%05d","time":"2026-%s.000Z","agent":"Bot","url":"%s",%s"config":"%s","micros":1}\n' \
        "$at" "$1" "$2" "$3" "$C"
}

html='"media_type":"text/html","whole":true,"inspected":"html",'
denied='"decision":"reserved","action":"block",'
tdm='{"standard":"tdmrep","carrier":"http-header","scope":"asset","place":{"kind":"header-line","at":7},"raw":"1","preferences":{"tdm":"deny","train-ai":"deny"},"deciding":true}'
xmp='{"standard":"plus","carrier":"xmp","scope":"asset","agent":"Bot","place":{"kind":"part","at":53,"part":"APP1 segment 1"},"raw":"<b>\u202e\u0007","raw_cut":true,"preferences":{"train-ai":"allow"},"url":"https://l.example/"}'
mkdir log
{
    printf '{"v":2,"event":"config","id":"%s","sha256":"%s%s","node":"n1","profile":"train","profiles":[{"name":"train","purpose":["train-ai"],"mode":"enforce"}]}\n' $C $C $C
    printf '{"v":2,"event":"site","id":"%s","bundle":{"origin":"https://a.pub.co.uk","files":[{"file":"robots.txt","state":"published","url":"https://a.pub.co.uk/robots.txt","status":200,"fetched_at":"2026-09-30T09:00:00.000Z","sha256":"%s%s","source":"fetched"},{"file":"tdmrep.json","state":"none","fetched_at":"2026-09-30T09:00:00.000Z","status":404,"source":"fetched"}]}}\n' $S $C $C
    record 10-01T10:00:00 https://a.pub.co.uk/1 "\"seen\":5,$html\"decision\":\"clear\",\"site\":[{\"id\":\"$S\"}],"
    record 10-02T10:00:00 https://a.pub.co.uk/2 "\"seen\":7,$html\"decision\":\"undecided\",\"action\":\"tag\",\"undecided\":[\"partial\"],"
    record 10-02T10:00:01 https://b.pub.co.uk/3 "\"seen\":100,$html\"decision\":\"clear\","
    record 10-02T10:00:02 https://pub.co.uk.other.example/3 "\"seen\":1000,$html\"decision\":\"clear\","
    record 10-02T10:00:03 https://notpub.co.uk/3 "\"seen\":1000,$html\"decision\":\"clear\",\"signals\":[$tdm],"
    record 11-03T10:00:00 https://a.pub.co.uk/4 "\"seen\":20,$html$denied\"signals\":[$tdm,$xmp],"
    record 11-04T10:00:00 https://A.PUB.co.uk/5 "\"seen\":30,$html$denied\"signals\":[$tdm],"
    printf '{"v":2,"event":"gap","id":"01KAV9FT3V05WKNXJVWQX90001","time":"2026-11-04T11:00:00.000Z","node":"n1","reason":"write-failed","segment":"x.jsonl","lost":12}\n'
} >log/n1-20261001T100000.000Z-1-000001.jsonl

expect 0 "a domain" audit publisher --json pub.co.uk log
is "(True, 5, 162, 105, 50, 1)" \
    '(r["domain"], r["total"]["records"], r["total"]["fetched_bytes"], r["total"]["kept_bytes"], r["total"]["refused_bytes"], r["gaps"])' \
    "stands for its hosts, and for no other"
is "[('a.pub.co.uk', 4), ('b.pub.co.uk', 1)]" '[(h["name"], h["records"]) for h in r["hosts"]]' "its hosts"
is "[('2026-10', 3), ('2026-11', 2)]" '[(m["name"], m["records"]) for m in r["months"]]' "its months"
is "('1', 'header line 7', 2, 2, '2026-11-03T10:00:00.000Z', '2026-11-04T10:00:00.000Z', 6, 7)" \
    '[(s["raw"], s["place"], s["records"], s["deciding"], s["first"], s["last"], int(s["first_id"][-5:]), int(s["last_id"][-5:])) for s in r["statements"] if s["standard"] == "tdmrep"][0]' \
    "a statement, with first and last"
is "{'answers': 2, 'fetched_bytes': 12, 'kept_bytes': 5}" \
    '[s["fetched_before"] for s in r["statements"] if s["standard"] == "tdmrep"][0]' "what had been fetched of that host before"
is "('APP1 segment 1, byte 53', True, 'Bot', 'https://l.example/', False, {'train-ai': 'allow'})" \
    '[(s["place"], s["raw_cut"], s["agent"], s["url"], s["restricts"], s["preferences"]) for s in r["statements"] if s["standard"] == "plus"][0]' \
    "one inside a file"
is "[('robots.txt', 'published', 'https://a.pub.co.uk/robots.txt', '$C$C', '2026-09-30T09:00:00.000Z', 1), ('tdmrep.json', 'none', '', '', '2026-09-30T09:00:00.000Z', 1)]" \
    '[(f["file"], f["state"], f["url"], f["sha256"], f["fetched_at"], f["records"]) for f in r["site_files"]]' "site files relied on"
expect 0 "a host" audit publisher --json b.pub.co.uk log
is "(False, 1)" '(r["domain"], r["total"]["records"])' "is itself alone"
expect 0 "--since" audit publisher --json --since 2026-11-04 pub.co.uk log
is 1 'r["total"]["records"]' "from then on"
expect 0 "one that nobody fetched from" audit publisher nobody.example log
has 'There are no records of it.' out
ok "is said to be so"
expect 2 "no name" audit publisher
expect 2 "--html and --json" audit publisher --html --json pub.co.uk log

expect 0 "as text" audit publisher pub.co.uk log
has 'tdmrep in http-header, header line 7: "1"' out && has 'fetched from that host before: 2 answers, 12' out &&
    has '"<b>\u{202e}\x07" and more' out && has "SHA-256 $C$C" out
ok "which a terminal does not obey"
expect 0 "as a page" audit publisher --html -o page.html pub.co.uk log
python3 - <<'EOF'
import html.parser
text = open("page.html", encoding="utf-8").read()
assert "\u202e" not in text and "\7" not in text
assert "&lt;b&gt;\\u{202e}\\x07" in text
known = set("""html head meta title style body header p h1 h2 dl dt dd div main section table caption thead tbody tr th
td small time span code br footer""".split())
class Check(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        assert tag in known, tag
Check().feed(text)
EOF
ok "which escapes what strangers wrote"

echo "1..$count"
[ "$failures" = 0 ]
