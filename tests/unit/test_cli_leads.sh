#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout audit leads: on a log written by hand, and against its schema. Prints TAP.
# shellcheck source=tests/unit/tap.sh
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"
here="$OPTOUT_SRCDIR/tests/unit"
C=0123456789abcdef0123456789abcdef
S=11111111111111111111111111111111

is() { # WANT EXPRESSION NAME: of the JSON Lines `r`, `ways` of a host
    local have
    have=$(python3 -c 'import json,sys
r = {l["host"] if "host" in l else l["domain"]: l for l in map(json.loads, open("out"))}
def ways(host): return [(w["kind"], w["target"]) for w in r[host]["ways"]]
print(eval(sys.argv[1]))' "$2" 2>&1)
    [ "$have" = "$1" ] || echo "# $2: want $1, have $have"
    [ "$have" = "$1" ]
    ok "$3"
}

at=0
record() { # URL MEMBERS
    at=$((at + 1))
    printf '{"v":2,"id":"01KAV9FT3V05WKNXJVWQX%05d","time":"2026-11-01T10:00:%02d.000Z","agent":"Bot","url":"%s",%s"config":"%s","micros":1}\n' \
        "$at" "$at" "$1" "$2" "$C"
}

signal() { # STANDARD CARRIER RAW MORE
    printf '{"standard":"%s","carrier":"%s","scope":"asset","raw":"%s"%s}' "$1" "$2" "$3" "${4:+,$4}"
}

html='"media_type":"text/html","inspected":"html",'
no='"decision":"reserved","action":"block",'
way() { # HOST SIGNAL…: one refusal that has them
    local host=$1 list=$2
    shift 2
    for s; do list+=",$s"; done
    record "https://$host/" "\"seen\":10,$html$no\"signals\":[$list],"
}

mkdir log
{
    printf '{"v":2,"event":"config","id":"%s","sha256":"%s%s","node":"n1","profile":"train","profiles":[{"name":"train","purpose":["train-ai"],"mode":"enforce"},{"name":"look","purpose":["search","ai-use"],"mode":"monitor"}]}\n' $C $C $C
    printf '{"v":2,"event":"site","id":"%s","bundle":{"licence":"https://rsl.example/licence.xml","files":[]}}\n' $S
    # what a refusal is
    record https://www.a.example/1 "\"length\":1000,\"seen\":100,$html$no"
    record https://www.a.example/2 '"media_type":"image/png","length":500,"seen":20,"inspected":"png","decision":"conditional","action":"cut","released":3,'
    record https://www.a.example/3 "\"vector\":\"reqmod\",\"inspected\":\"none\",$no"
    record https://www.a.example/4 "\"profile\":\"look\",\"seen\":7,$html\"decision\":\"reserved\",\"would\":\"block\",\"mode\":\"monitor\","
    record https://www.a.example/5 "\"seen\":9,$html\"decision\":\"undecided\",\"action\":\"block\",\"undecided\":[\"coding\"],"
    record https://www.a.example/6 "\"seen\":9,$html\"decision\":\"reserved\",\"action\":\"tag\","
    record https://other.a.example/ "\"seen\":1,$html$no"
    record https://never.example/ "\"seen\":9,$html\"decision\":\"clear\",\"signals\":[$(signal license-link html x '"url":"https://never.example/l"')],"
    # ways, one host each
    way tdmrep.example "$(signal tdmrep http-header https://p.example/policy.json '"url":"https://p.example/policy.json"')"
    way server.example "$(signal rsl site-file "permits usage: search" '"url":"https://server.example/olp"')"
    record https://document.example/ "\"seen\":10,$html$no\"signals\":[$(signal rsl site-file "prohibits usage: all" '"url":"https://rsl.example/licence.xml"')],\"site\":[{\"id\":\"$S\"}],"
    way pointer.example "$(signal rsl http-header https://x.example/l.xml '"url":"https://x.example/l.xml","note":"RSL document not evaluated"')"
    way price.example "$(signal access http-status 402 '"preferences":{"acquire":"conditional"}')" \
        "$(signal access http-header "USD 0.01" '"preferences":{"acquire":"conditional"}')" \
        "$(signal access http-header "USD 5" '"note":"access was paid for; says nothing of training"')"
    way plus.example "$(signal plus xmp https://l.example/ '"url":"https://l.example/","note":"where to ask for a licence"')"
    way offer.example "$(signal license-link html https://o.example/buy '"url":"https://o.example/buy","note":"where a licence can be had"')" \
        "$(signal license-link html https://o.example/cc '"url":"https://o.example/cc"')"
    way mail.example "$(signal x-ai http-header rights@x.example '"url":"mailto:rights@x.example","confidence":"weak"')" \
        "$(signal natural-language html "Write to (press.office+ai@mail.co.uk.), or @nobody, or a@b." '"confidence":"weak"')"
    way terms.example "$(signal ai-txt site-file x '"url":"https://t.example/terms"')" \
        "$(signal peac site-file x '"url":"https://t.example/deal"')"
    record https://contact.example/ "\"seen\":10,$html$no\"contact\":\"https://c.example/\","
    way none.example "$(signal rsl site-file x '"url":"javascript:alert(1)"')" \
        "$(signal rsl site-file y '"url":"https://x.example/a b"')" "$(signal rsl site-file z '"url":"https://x.example/\u0007"')" \
        "$(signal natural-language html 'nobody@nowhere @ a@.b')"
    way 'bad<b>\u202e\u0001.example' "$(signal tdmrep html '<script>\u202e\n' '"url":"https://x.example/<script>\u202e"')"
} >log/n1-20261101T100000.000Z-1-000001.jsonl

expect 0 "JSON Lines" audit leads --json log
is "(3, 1, 1, 1507, 3, 1)" \
    'tuple(r["www.a.example"][k] for k in ("refused", "would_refuse", "unfetched", "bytes", "reserved", "conditional"))' \
    "refusals, and what is none"
is "{'text': {'refusals': 2, 'bytes': 1007}, 'image': {'refusals': 1, 'bytes': 500}}" 'r["www.a.example"]["content"]' "by content"
is "{'train-ai': 3, 'ai-use': 1, 'search': 1}" 'r["www.a.example"]["purposes"]' "by purpose"
is "['01KAV9FT3V05WKNXJVWQX00001', '01KAV9FT3V05WKNXJVWQX00004']" 'r["www.a.example"]["evidence"]' "records that show it"
is "(False, 'a.example')" '("never.example" in r, r["other.a.example"]["domain"])' "who refused nothing is none"
is "[('policy', 'https://p.example/policy.json')]" 'ways("tdmrep.example")' "the policy of TDMRep"
is "[('licence-server', 'https://server.example/olp')]" 'ways("server.example")' "the server of RSL"
is "permits usage: search" 'r["server.example"]["ways"][0]["raw"]' "with its terms"
is "[('licence-document', 'https://rsl.example/licence.xml')]" 'ways("document.example")' "the document, when it names no server"
is "[('licence-document', 'https://x.example/l.xml')]" 'ways("pointer.example")' "a document that was not read"
is "[('price', 'USD 0.01'), ('payment', '402')]" 'ways("price.example")' "a price, and that payment is wanted"
is "('USD', '0.01')" '(r["price.example"]["ways"][0]["currency"], r["price.example"]["ways"][0]["amount"])' "in parts"
is "[('licensor', 'https://l.example/')]" 'ways("plus.example")' "the licensor of PLUS"
is "[('offer', 'https://o.example/buy'), ('licence-page', 'https://o.example/cc')]" 'ways("offer.example")' \
    "an offer goes before a licence"
is "[('mail', 'mailto:press.office+ai@mail.co.uk'), ('mail', 'mailto:rights@x.example')]" 'ways("mail.example")' \
    "addresses, of fields and in words"
is "[('offer', 'https://t.example/deal'), ('terms', 'https://t.example/terms')]" 'ways("terms.example")' "offers and terms of site files"
is "[('contact', 'https://c.example/')]" 'ways("contact.example")' "where a record says to turn to"
is "[]" 'ways("none.example")' "what is no way, is none"
is "'www.a.example'" 'repr(json.loads(open("out").readline())["host"])' "the most refusals stand first"
if [ -s out ] && python3 -c 'import jsonschema' 2>/dev/null; then
    python3 "$here/validate_records.py" --schema "$OPTOUT_SRCDIR/docs/audit-leads.schema.json" out >valid
    ok "they are as the schema says"
    sed 's/^/# /' valid
    sed 's/"policy","target":"https/"policy","target":"ftp/' out >wrong
    ! python3 "$here/validate_records.py" --schema "$OPTOUT_SRCDIR/docs/audit-leads.schema.json" wrong >/dev/null
    ok "which notices what is not"
else
    count=$((count + 1))
    echo "ok $count - they are as the schema says # SKIP python3-jsonschema is missing"
fi

expect 0 "--domain" audit leads --json --domain log
is "(4, 1, '-')" '(r["a.example"]["refused"], r["a.example"]["would_refuse"], r["a.example"].get("host", "-"))' "hosts of a domain are one"
expect 0 "--since" audit leads --json --since 2026-11-01T10:00:02Z log
is "(2, 507)" '(r["www.a.example"]["refused"], r["www.a.example"]["bytes"])' "from then on"
run audit leads --json --top 1 --sort bytes log
is "['www.a.example']" 'list(r)' "--top"
expect 0 "a table" audit leads log
head -1 out | grep -q '^HOST  *REFUSALS  *BYTES' && sed -n 2p out | grep -q '^www.a.example  *4  *1.51' &&
    has 'price USD 0.01 (01KAV9FT3V05WKNXJVWQX' out && has 'none was seen' out
ok "for people"
has 'bad<b>\u{202e}\x01.example' out && ! grep -q $'[\x01-\x08\x0b-\x1f]' out
ok "which a terminal does not obey"
mkdir empty
expect 0 "an empty folder" audit leads empty
has 'Nothing was refused.' out
ok "says so"
expect 2 "an order that is none" audit leads --sort size log

# ---- a generated log ----

python3 "$here/audit_log.py" --records 1000 --days 20 --seed 3 made
run audit leads --json made
cp out leads
python3 - <<'EOF'
import glob
import json
want = {}
for name in glob.glob("made/*.jsonl"):
    for r in map(json.loads, open(name, encoding="utf-8")):
        if r.get("decision") in ("reserved", "conditional"):
            refused, would = r.get("action") in ("block", "cut"), r.get("would") in ("block", "cut")
            if refused or would:
                n = want.setdefault(r["url"].split("/")[2], [0, 0, 0])
                n[0] += refused
                n[1] += not refused
                n[2] += 0 if r.get("vector") else max(r.get("length", 0), r.get("seen", 0))
have = {l["host"]: [l["refused"], l["would_refuse"], l["bytes"]] for l in map(json.loads, open("leads"))}
assert want == have and want, (want, have)
EOF
ok "a generated log: the figures of a naive count"

echo "1..$count"
[ "$failures" = 0 ]
