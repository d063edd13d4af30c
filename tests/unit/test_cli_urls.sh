#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout urls: lists of URLs in every form, what is wrong with them, runs that are broken
# off, sites that are asked for. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

put=$OPTOUT_BUILDDIR/tests/unit/put_sites
cat >rules.txt <<'TXT'
User-agent: *
Disallow: /no/
Disallow: /*.pdf$
Content-Usage: /maybe/ train-ai=n
TXT
echo 'User-agent: *' >open.txt
mkdir store && "$put" store https://a.example rules.txt http://b.example:8080 open.txt || exit 99

# urls LIST ARGUMENT…: leaves out, err, $status; nobody is asked.
urls() {
    local list=$1
    shift
    "$optout" urls -c /dev/null --store store --no-fetch "$@" <"$list" >out 2>err
    status=$?
}

# given NAME: the last output is what stands on standard input.
given() {
    cat >want
    cmp -s want out
    ok "$1"
}

summary() { # TEXT NAME: in the JSON summary
    grep '^{' err | tail -1 | grep -qF -- "$1"
    ok "$2"
}

cat >list <<'TXT'
https://a.example/yes
https://a.example/no/1
https://b.example:8080/x
http://b.example:8080/no/
https://A.example:443/y.pdf
HTTPS://a.example/no%2F/x
https://a.example/maybe/z
https://a.example/robots.txt
TXT
urls list --summary json
given "what may be fetched, in order" <<'TXT'
https://a.example/yes
http://b.example:8080/no/
HTTPS://a.example/no%2F/x
https://a.example/robots.txt
TXT
[ "$status" -eq 0 ]
ok "exit status of a run to its end"
summary '{"rows":8,"allowed":4,"refused":3,"undecided":1,"malformed":0' "summary as JSON"
summary '"reasons":{"site-unknown":1,"site-file":1}' "summary: reasons"
urls list --refused
given "what may not be fetched" <<'TXT'
https://a.example/no/1
https://A.example:443/y.pdf
https://a.example/maybe/z
TXT
urls list --print undecided,refused --strict
given "several verdicts" <<'TXT'
https://a.example/no/1
https://b.example:8080/x
https://A.example:443/y.pdf
https://a.example/maybe/z
TXT
[ "$status" -eq 3 ]
ok "--strict: something is undecided"
urls list --all -q
given "all, with what was decided" <<'TXT'
https://a.example/yes	allowed	clear			
https://a.example/no/1	refused	reserved	robots-txt	line 2: Disallow: /no/	
https://b.example:8080/x	undecided	undecided			site-unknown
http://b.example:8080/no/	allowed	clear			
https://A.example:443/y.pdf	refused	reserved	robots-txt	line 3: Disallow: /*.pdf$	
HTTPS://a.example/no%2F/x	allowed	clear			
https://a.example/maybe/z	refused	reserved	aipref	line 4: Content-Usage: /maybe/ train-ai=n	
https://a.example/robots.txt	allowed	clear			site-file
TXT
[ ! -s err ]
ok "--quiet"
head -2 list >two
urls two --all --format jsonl
given "JSON Lines of lines" <<'TXT'
{"line":1,"url":"https://a.example/yes","optout":{"verdict":"allowed","decision":"clear"}}
{"line":2,"url":"https://a.example/no/1","optout":{"verdict":"refused","decision":"reserved","standard":"robots-txt","place":"line 2","rule":"Disallow: /no/"}}
TXT

# ---- the same word as the proxy's ----

differ=0
urls list --all -q
while read -r url; do
    "$optout" inspect --config /dev/null --store store --socket /nonexistent --request \
        --url "$url" --json >one 2>/dev/null
    decision=$(sed -n 's/.*"decision":"\([a-z]*\)".*/\1/p' one)
    [ -n "$decision" ] && [ "$(grep -F "$url	" out | cut -f3)" = "$decision" ] || differ=1
done <list
[ "$differ" -eq 0 ]
ok "each decision is that of the request alone"

# ---- forms ----

given "CSV with quotes, by name" < <(printf 'Name,URL,x\r\n"a, ""b""\nc",https://a.example/no/1,1\r\nd,"https://a.example/yes",2\r\n' >list.csv
"$optout" urls -c /dev/null --store store --no-fetch --column url --all -q list.csv >out 2>err
printf 'Name,URL,x,optout_verdict,optout_decision,optout_standard,optout_rule,optout_reason\r\n"a, ""b""\nc",https://a.example/no/1,1,refused,reserved,robots-txt,line 2: Disallow: /no/,\r\nd,"https://a.example/yes",2,allowed,clear,,,\r\n' )
"$optout" urls -c /dev/null --store store --no-fetch --column 2 --header -q list.csv list.csv >out 2>err
given "a header is printed once, of several files" < <(printf 'Name,URL,x\r\nd,"https://a.example/yes",2\r\nd,"https://a.example/yes",2\r\n' )
"$optout" urls -c /dev/null --store store --no-fetch --column link list.csv >out 2>err
status=$?
[ "$status" -eq 2 ] && has 'no column' err
ok "a name that is no column"
printf 'x\thttps://a.example/yes\ty "z\nx\thttps://a.example/no/\t\nx\n' >list.tsv
urls list.tsv --column 2
given "TSV, told by its first row" < <(printf 'x\thttps://a.example/yes\ty "z\n')
has '3: there are fewer columns' err
ok "a row of too few columns is told"
printf 'a;https://a.example/yes\n' >semi
urls semi --column 2 --separator ';' --all -q
given "another separator" < <(printf 'a;https://a.example/yes;allowed;clear;;;\n')
cat >list.jsonl <<'TXT'
{"a": {"url": "https:\/\/a.example\/no\/1"}, "t": 1 }
{"a":{"url":"https://a.example/yes"}}
{"a":{}}
{"a":
{}
TXT
urls list.jsonl --json a.url
given "JSON Lines" <<'TXT'
{"a":{"url":"https://a.example/yes"}}
TXT
urls list.jsonl --json a.url --all -q
given "JSON Lines: a member more" <<'TXT'
{"a": {"url": "https:\/\/a.example\/no\/1"}, "t": 1,"optout":{"verdict":"refused","decision":"reserved","standard":"robots-txt","place":"line 2","rule":"Disallow: /no/"}}
{"a":{"url":"https://a.example/yes"},"optout":{"verdict":"allowed","decision":"clear"}}
{"a":{},"optout":{"verdict":"undecided","reason":"no-member"}}
{"line":4,"row":"{\"a\":","optout":{"verdict":"undecided","reason":"no-json"}}
{"optout":{"verdict":"undecided","reason":"no-member"}}
TXT

# ---- what is wrong ----

{
    printf '\xef\xbb\xbfhttps://a.example/yes\r\n\n  https://a.example/yes2  \n'
    printf 'a.example/yes\nhttps://a.example/\0x\nhttps://a.example/a b\nftp://a.example/\n'
    printf 'https://a.example\\no\\x\nhttps:///x\nhttps://a.example/%s\n' "$(head -c 9000 /dev/zero | tr '\0' x)"
    printf 'https://a.example/last'
} >wrong
urls wrong --summary json
given "only what is a URL passes, as it was" < <(printf '\xef\xbb\xbfhttps://a.example/yes\r\n  https://a.example/yes2  \nhttps://a.example/last\n' )
summary '"rows":11,"allowed":3,"refused":0,"undecided":8,"malformed":8,"crlf":1,"bom":1' "all is counted"
summary '"reasons":{"empty":1,"malformed-url":5,"nul":1,"long-url":1}' "each by its reason"
has 'standard input:5: a NUL' err && has 'standard input:1: the line ends with CRLF' err &&
    has 'standard input:1: a byte order mark' err && has 'standard input:2: there is nothing' err
ok "each is told with its line"
urls wrong --print undecided -q
cp out undecided
urls wrong -q
cat out undecided | wc -l >lines
[ "$(cat lines)" -eq 11 ]
ok "nothing is dropped"
{ printf 'https://a.example/yes\n'; head -c 17000000 /dev/zero | tr '\0' x; printf '\nhttps://a.example/yes\n'; } >long
urls long --summary json
[ "$(wc -l <out)" -eq 2 ] && grep -q '"long-row":1' err
ok "a row longer than is kept is one that is undecided"
urls long --print undecided -q
[ "$(wc -c <out)" -eq 17000001 ]
ok "and is printed whole all the same"

# ---- packed ----

gzip -c list >list.gz && zstd -qc list >list.zst
urls list -q
cp out plain
for form in gz zst; do
    urls list.$form -q
    cmp -s out plain
    ok "packed: $form"
done
cat list.gz list.gz >double.gz
urls double.gz -q
cat plain plain | cmp -s - out
ok "packed in two members"
head -c 100 list.gz >cut.gz
urls cut.gz
[ "$status" -eq 2 ] && has 'not all of it' err && has 'the input ends within this row' err
ok "packed, and cut"

# ---- runs that are broken off ----

awk 'BEGIN { for (i = 1; i <= 3000; i++) print "https://a.example/" (i % 3 ? i % 3 : "no") "/" i }' >many
urls many -q
cp out whole
mkfifo pipe
"$optout" urls -c /dev/null --store store --no-fetch -q --state state -o part <pipe >out 2>err &
run=$!
exec 7>pipe
head -1000 many >&7
for _ in $(seq 100); do
    [ -s part ] && break
    sleep 0.05
done
kill -TERM $run
wait $run
status=$?
exec 7>&-
[ "$status" -eq 143 ] && [ "$(wc -l <part)" -eq 667 ]
ok "a signal ends it, with what was read in the output"
echo 'half a ro' >>part
"$optout" urls -c /dev/null --store store --no-fetch --summary json --state state -o part <many >out 2>err
status=$?
[ "$status" -eq 0 ] && cmp -s part whole
ok "it goes on where it was"
summary '{"rows":3000,"allowed":2000' "and counts all of it"
"$optout" urls -c /dev/null --store store --no-fetch -q --state state -o part <many >out 2>err &&
    cmp -s part whole
ok "what is done is done"
"$optout" urls -c /dev/null --store store --no-fetch --refused --state state -o part <many >out 2>err
status=$?
[ "$status" -eq 2 ] && has 'other options' err && cmp -s part whole
ok "a state of other options"
sed 's/"done":true/"done":false/' state >other && mv other state
tac many >turned
"$optout" urls -c /dev/null --store store --no-fetch --state state -o part <turned >out 2>err
status=$?
[ "$status" -eq 2 ] && has 'not the list' err
ok "a state of another list"
# The list is packed, and a pipe at first.
{ echo 'n;link;x'; awk '{ print NR ";\"" $0 "\";\"" (NR % 7 ? "a" : "a\nb") "\"" }' many; } >rows.csv
gzip -kn rows.csv
"$optout" urls -c /dev/null --store store --no-fetch --column link --separator ';' --all -q rows.csv.gz >whole
mv rows.csv.gz rows
mkfifo rows.csv.gz
"$optout" urls -c /dev/null --store store --no-fetch --column link --separator ';' --all -q \
    --state at -o rest rows.csv.gz 2>err &
run=$!
exec 7>rows.csv.gz
head -c "$(($(wc -c <rows) * 2 / 3))" rows >&7
for _ in $(seq 100); do
    [ -s rest ] && break
    sleep 0.05
done
kill -TERM $run
wait $run
exec 7>&-
mv rows rows.csv.gz
lines=$(wc -l <rest)
"$optout" urls -c /dev/null --store store --no-fetch --column link --separator ';' --all -q \
    --state at -o rest rows.csv.gz 2>err
status=$?
[ "$status" -eq 0 ] && [ "$lines" -gt 300 ] && [ "$lines" -lt "$(wc -l <whole)" ] && cmp -s rest whole
ok "it goes on in a packed table, too"
echo x >state
"$optout" urls -c /dev/null --store store --no-fetch --state state -o part <many >out 2>err
status=$?
[ "$status" -eq 2 ] && has 'no state of a run' err
ok "a state that is none"

# ---- sites that are asked for ----

python3 -B "$OPTOUT_SRCDIR/tests/unit/urls_daemon.py" sock asked "$OPTOUT_SRCDIR/tests/unit/urls_put.sh" \
    "$put" "$PWD/store" "$PWD/rules.txt" &
daemon=$!
trap 'kill $daemon 2>/dev/null; rm -rf "$dir"' EXIT
for _ in $(seq 100); do [ -S sock ] && break; sleep 0.05; done
awk 'BEGIN { for (i = 1; i <= 400; i++) print "https://new-" i * 7 % 23 ".example/" (i % 2 ? "yes" : "no") "/" i }' >fresh
echo https://late.example/ >>fresh
"$optout" urls -c /dev/null --store store --socket sock --in-flight 8 --summary json <fresh >out 2>err
status=$?
grep -v '/no/\|late' fresh | cmp -s - out && [ "$status" -eq 0 ]
ok "unknown sites are asked for, and the order is kept"
[ "$(cut -d' ' -f1 asked | sort | uniq -d | wc -l)" -eq 0 ] && [ "$(wc -l <asked)" -eq 24 ]
ok "each once"
[ "$(cut -d' ' -f2 asked | sort -n | tail -1)" -eq 8 ]
ok "as many at a time as was said"
summary '"asked":24,"asked_in_vain":1' "and counted"
summary '"reasons":{"site-unknown":1}' "what is late stays unknown"
# Somebody waits for each row.
coproc "$optout" urls -c /dev/null --store store --socket sock -q 2>err
echo https://new-1.example/yes >&"${COPROC[1]}"
read -rt 5 line <&"${COPROC[0]}"
echo https://live.example/yes >&"${COPROC[1]}"
read -rt 5 line2 <&"${COPROC[0]}"
eval "exec ${COPROC[1]}>&-"
[ "$line $line2" = "https://new-1.example/yes https://live.example/yes" ]
ok "each row is given out as soon as it is decided"
kill $daemon
"$optout" urls -c /dev/null --store store --socket sock --wait 1 --strict <<<https://gone.example/ >out 2>err
status=$?
[ "$status" -eq 3 ] && has 'does not answer' err && [ ! -s out ]
ok "a daemon that is away"

# ---- usage ----

expect 0 "urls --help" urls --help
expect 2 "no store" urls -c /dev/null
expect 2 "a store that is not there" urls -c /dev/null --store missing
expect 2 "no such profile" urls -c /dev/null --store store -p x
expect 2 "no such file" urls -c /dev/null --store store missing
for wrong in '--column 0' '--column 1 --json a' '--json a..b' '--print some' '--format xml' \
    '--state s' '--header' '--all --refused' '--separator ab --column 1' '--wait 0' '- -' \
    '--in-flight 5000' '--summary yaml'; do
    # shellcheck disable=SC2086 # words
    expect 2 "urls $wrong" urls -c /dev/null --store store $wrong
done

echo "1..$count"
[ "$failures" -eq 0 ]
