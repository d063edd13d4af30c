#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands that read site files: robots, tdmrep, rsl, and site without a
# daemon (with one: test_optoutd.sh and the scenarios). Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

# expect STATUS TEXT NAME ARGUMENT…: TEXT must be in the output.
expect() {
    local want=$1 text=$2 name=$3
    shift 3
    "$optout" "$@" >out 2>err </dev/null
    status=$?
    [ "$status" -eq "$want" ] && cat out err | grep -qF -- "$text"
    ok "$name"
}

cat >robots.txt <<'TXT'
User-agent: ExampleBot
Disallow: /private/
Allow: /private/open/
Content-Usage: train-ai=n
Content-Usage: /for-all/ train-ai=y

User-agent: *
Disallow: /

User-agent: Google-Extended
Disallow: /
TXT
expect 0 '"allowed":true' "robots: no rule" robots --agent ExampleBot --url / --json robots.txt
expect 1 '"line":2' "robots: the line" robots --agent ExampleBot --url /private/x --json robots.txt
expect 0 '"line":3' "robots: the longer rule" \
    robots --agent examplebot --url https://h/private/open/x --json robots.txt
expect 0 '"usage":{"train-ai":"deny"}' "robots: usage" \
    robots --agent ExampleBot --url /a --json robots.txt
expect 0 '"usage":{"train-ai":"allow"}' "robots: usage of a path" \
    robots --agent ExampleBot --url /for-all/a --json robots.txt
expect 1 '"group":"*"' "robots: everybody's group" robots --agent Other --url /a --json robots.txt
expect 1 'line 8' "robots: for people" robots --agent Other --url /a robots.txt
expect 1 '"allowed":false' "robots: of several agents all must be allowed" \
    robots --agent ExampleBot --agent Other --url /a --json robots.txt
expect 1 '"line":11,"group":"google-extended"' "robots: a token that refuses a use" \
    robots --agent ExampleBot --agent Google-Extended --url /for-all/a --json robots.txt
expect 1 '"allowed":false,"agent":"applebot-extended","line":8,"group":"*","usage":{"acquire":"deny"}' \
    "robots: who fetches for such a token is everybody" \
    robots --agent Applebot-Extended --url /a --json robots.txt
"$optout" robots --agent ExampleBot --url /private/ - <robots.txt >out 2>err
status=$?
[ "$status" -eq 1 ]
ok "robots: standard input"
expect 2 'url' "robots: no URL" robots --agent A robots.txt
expect 2 'missing.txt' "robots: no file" robots --agent A --url / missing.txt
echo '<!doctype html><title>404</title>' >page.txt
expect 2 'page.txt' "robots: a page is no robots.txt" robots --agent A --url / page.txt
expect 0 'Usage: optout robots' "robots --help" robots --help

cat >tdmrep.json <<'TXT'
[{"location":"/open/","tdm-reservation":0},
 {"location":"/*.pdf$","tdm-reservation":1,"tdm-policy":"https://h/policy"},
 {"location":"/","tdm-reservation":1}]
TXT
expect 0 '{"reservation":0,"policy":null,"rule":1,"confidence":"exact","note":null}' "tdmrep: not reserved" \
    tdmrep --url /open/x --json tdmrep.json
expect 1 '{"reservation":1,"policy":"https://h/policy","rule":2,"confidence":"exact","note":null}' "tdmrep: with a policy" \
    tdmrep --url https://h/a.pdf --json tdmrep.json
expect 1 '"rule":3' "tdmrep: the first that matches" tdmrep --url '/a.pdf?x=1' --json tdmrep.json
echo '[]' >none.json
expect 0 '"reservation":null' "tdmrep: nothing said" tdmrep --url / --json none.json
echo '[{"tdm-reservation":1}]' >nowhere.json
expect 1 '"rule":1,"confidence":"weak","note":"no location; taken for the whole site"' \
    "tdmrep: an element without a location" tdmrep --url /x --json nowhere.json
expect 1 'rule 1 (weak)' "tdmrep: the same in text" tdmrep --url /x nowhere.json
expect 2 'page.txt' "tdmrep: not JSON" tdmrep --url / page.txt
expect 2 'url' "tdmrep: no URL" tdmrep tdmrep.json

cat >rsl.xml <<'TXT'
<rsl xmlns="https://rslstandard.org/rsl">
 <content url="/books/*" server="https://olp.example/">
  <license><permits type="usage">search ai-train</permits><payment type="crawl"/></license>
 </content>
 <content url="/">
  <license><prohibits type="usage">ai-train</prohibits></license>
 </content>
 <content url="/two/">
  <license><permits type="usage">all</permits></license>
  <license><prohibits type="usage">ai-train</prohibits><permits type="user">personal</permits></license>
 </content>
</rsl>
TXT
expect 1 '"train-ai":"conditional"' "rsl: against payment" rsl --url https://h/books/1 --json rsl.xml
expect 1 '"server":"https://olp.example/"' "rsl: the server" rsl --url https://h/books/1 --json rsl.xml
expect 1 '"payment":"crawl"' "rsl: the payment" rsl --url https://h/books/1 --json rsl.xml
expect 1 '"train-ai":"deny"' "rsl: prohibited" rsl --url https://h/x --json rsl.xml
expect 1 '"clause":"prohibits usage: ai-train; permits user: personal"' \
    "rsl: the licence that prohibits decides" rsl --url https://h/two/ --user personal --json rsl.xml
expect 0 '"train-ai":"allow"' "rsl: one for others does not" \
    rsl --url https://h/two/ --user commercial --json rsl.xml
head -c 200 rsl.xml >cut.xml
expect 2 'cut.xml' "rsl: a document that was cut" rsl --url https://h/x cut.xml
printf '<!DOCTYPE rsl [<!ENTITY a "b">]><rsl xmlns="https://rslstandard.org/rsl"/>' >doctype.xml
expect 2 'doctype.xml' "rsl: a document type" rsl --url https://h/x doctype.xml

mkdir store
expect 2 'SiteStore' "site: no store" site --config /dev/null show https://h/
expect 2 'missing' "site: a store that is not there" site --config /dev/null --store missing list
expect 2 'no daemon' "site: no daemon" site --config /dev/null --store store forget https://h
expect 2 'does not answer' "site: a daemon that is away" \
    site --config /dev/null --socket "$dir/none.sock" status
expect 2 'no command' "site: an unknown command" site --config /dev/null --store store mend x
expect 2 '64 hexadecimal' "site: no digest" site --config /dev/null --store store original xyz
expect 2 "no profile 'x'" "site: an unknown profile" \
    site --config /dev/null --store store -p x show https://h/
for verb in show fetch forget; do
    expect 2 'write https://h.example' "site $verb: a host without a scheme" \
        site --config /dev/null --store store --socket none $verb h.example
    expect 2 'no http or https URL' "site $verb: another scheme" \
        site --config /dev/null --store store --socket none $verb ftp://h.example/
done
expect 2 'write https://h.example' "site list: a host without a scheme" \
    site --config /dev/null --store store list h.example
expect 0 'Usage: optout site' "site --help" site --help

# With a store: the replay of the integration tests. Here is what needs none.
echo page >page.txt
url=https://h.example/a
expect 2 'missing' "inspect: a store that is not there" inspect --url $url --store missing page.txt
expect 2 'need --url' "inspect: a store without a URL" inspect --store store page.txt
expect 2 'excludes' "inspect: a store and no site" inspect --url $url --store store --no-site page.txt
expect 2 'no daemon' "inspect: nobody to fetch" inspect --url $url --store store --fetch page.txt
echo 'optout.SiteStore /missing' >site.conf
expect 2 '/missing' "inspect: the store of the configuration" \
    inspect --config site.conf --url $url page.txt
expect 0 'clear' "inspect: it is left out" inspect --config site.conf --url $url --no-site page.txt
expect 0 'clear' "inspect: no URL, no site" inspect --config site.conf page.txt
expect 0 '"event":"config"' "inspect: a record, behind what it refers to" inspect --url $url --record page.txt
expect 0 '"seen":5,"seen_sha256":"362a07bb' "inspect: an end that nobody announced" \
    inspect --url $url --record page.txt
expect 0 '"seen":5,"sha256":"362a07bb' "inspect: a whole body" \
    inspect --url $url --record --header 'Content-Length: 5' page.txt
expect 0 '"agent":"TestBot"' "inspect: whose request" \
    inspect --url $url --record --request-header 'User-Agent: TestBot/2' page.txt
expect 3 '"url":"h.example:443","inspected":"none","decision":"undecided"' "inspect: a tunnel" \
    inspect --method CONNECT --url h.example:443 --request --record
expect 0 'clear' "inspect: a request" inspect --request --url $url
"$optout" inspect --request --url $url --record >out 2>err && [ ! -s out ]
ok "inspect: a request that passes has no record"

echo "1..$count"
[ "$failures" -eq 0 ]
