#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command line tool as its users meet it: exit statuses, both output forms,
# hostile text, broken outputs. Prints TAP. The binary is that of
# $OPTOUT_BUILDDIR.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"
unset NO_COLOR

skip() { # NAME REASON
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# A Python expression over `j`, the first object of `out`.
json() {
    python3 -c '
import json, sys
j = json.loads(open("out").readline())
sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)' "$1"
}

have_python=false
python3 -c 'import json' 2>/dev/null && have_python=true

json_is() { # NAME EXPRESSION
    if $have_python; then
        json "$2"
        ok "$1"
    else
        skip "$1" "python3 is missing"
    fi
}

# --- what is inspected ---

echo '<!doctype html><title>t</title><p>text' >clear.html
echo '<!doctype html><meta name="tdm-reservation" content="1"><p>text' >reserved.html
echo '<!doctype html><meta name="robots" content="noai"><p>text' >noai.html
gzip -c reserved.html >reserved.html.gz
printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Usage: train-ai=n\r\n\r\n' >head.crlf
printf 'HTTP/2 200\ncontent-type: text/html\ncontent-usage: train-ai=n\n' >head.lf
printf 'HTTP/1.1 301 Moved\r\nContent-Usage: train-ai=n\r\n\r\nHTTP/1.1 203 Fine\r\nServer: x\r\n\r\n' >head.two
printf 'HTTP/1.1 402 Payment Required\r\n\r\n' >head.402
printf 'Content-Type: text/html\r\nContent-Length: 4000\r\n\r\n' >head.long
printf 'HTTP/1.1 200 OK\r\nServer: x\r\n\r\n<p>a body' >head.body

# --- exit statuses, one per decision ---

expect 0 "a page without statements is clear" inspect clear.html
has 'clear.html: clear' out
ok "and says so"
expect 1 "a reserved page" inspect reserved.html
has 'reserved.html: reserved' out
ok "and says so"
expect 1 "a conditional head" inspect --headers head.402 --no-body
has 'conditional' out
ok "and says so"
expect 3 "a partial response is undecided" inspect --status 206 clear.html
has 'not read to the end: partial' out
ok "and says why"
expect 1 "a partial response that denies is reserved" inspect --status 206 reserved.html
expect 2 "a missing file" inspect missing.html
has 'missing.html: No such file' err
ok "and its name is told"
expect 2 "a folder is no file" inspect .
expect 1 "several: reserved outweighs clear" inspect clear.html reserved.html
expect 1 "several: reserved outweighs undecided" \
    inspect --header 'Content-Length: 60' clear.html reserved.html
expect 2 "several: an error outweighs all" inspect reserved.html missing.html clear.html
[ "$(grep -cE '^(reserved|clear)\.html: ' out)" -eq 2 ]
ok "and the others are still inspected"

# --- heads ---

expect 1 "a head with CRLF and a status line" inspect --headers head.crlf --no-body
expect 1 "a head with LF and HTTP/2" inspect --headers head.lf --no-body
expect 1 "/dev/null is no body" inspect --headers head.crlf /dev/null
expect 0 "/dev/null is no body, whatever was announced" inspect --headers head.long /dev/null
expect 3 "a body shorter than announced is undecided" inspect --headers head.long clear.html
expect 0 "of several heads the last counts" inspect --headers head.two --no-body --json
json_is "and its status with it" 'j["status"] == 203'
expect 1 "--status goes before the head's" inspect --headers head.402 --status 200 reserved.html
expect 3 "HEAD has no body that could be read" inspect --method HEAD reserved.html
expect 3 "304 has no body that could be read" inspect --status 304 reserved.html
expect 2 "a body after the head" inspect --headers head.body --no-body
expect 2 "a head without fields" inspect --headers clear.html --no-body
expect 2 "a missing head" inspect --headers missing --no-body
expect 1 "--header" inspect --header 'tdm-reservation: 1' clear.html
expect 2 "--header without a colon" inspect --header 'tdm-reservation 1' clear.html
expect 2 "--header with a line break" inspect --header $'a: b\ntdm-reservation: 1' clear.html
expect 0 "--header in order: the page has the last word in TDMRep" \
    inspect --header 'tdm-reservation: 1' <(echo '<meta name=tdm-reservation content=0>')
run inspect --headers head.crlf --header 'tdm-reservation: 1' --json --no-body
json_is "places count the head's lines and then --header's" \
    '[s["place"]["at"] for s in j["signals"]] == [2, 3]'

# --- bodies ---

expect 1 "a gzip body with its Content-Encoding" \
    inspect --header 'Content-Encoding: gzip' --content-type text/html reserved.html.gz
expect 1 "the same bytes without it: what they are in is undone" inspect reserved.html.gz
expect 1 "a Content-Encoding that is not true hides nothing" \
    inspect --header 'Content-Encoding: gzip' --content-type text/html reserved.html
expect 1 "a page is recognised without a type" inspect reserved.html --json
json_is "and read as HTML" 'j["inspected"] == "html" and j["media_type"] is None'
expect 0 "--content-type goes before what it looks like" inspect --content-type text/plain reserved.html
run inspect --headers head.crlf --content-type application/json --json clear.html
json_is "and before the head's" 'j["media_type"] == "application/json" and j["inspected"] == "headers"'
"$optout" inspect - <reserved.html >out 2>err
status=$?
[ "$status" -eq 1 ] && has 'standard input: reserved' out
ok "standard input"
expect 2 "standard input twice" inspect - -
expect 2 "standard input as head and body" inspect --headers - -
{ head -c 100000 /dev/zero | tr '\0' ' '; cat reserved.html; } >late.html
expect 1 "a statement beyond the first piece" inspect --content-type text/html late.html
{ echo '<title>t</title><body><p>'; head -c 100000 /dev/zero | tr '\0' 'x'; cat reserved.html; } >body.html
expect 1 "a meta in the body, read to the end" inspect body.html
expect 0 "and not with --html-depth head" inspect --html-depth head body.html
expect 2 "another --html-depth" inspect --html-depth half body.html
echo "<title>t</title><p>" >big.html
truncate -s 600M big.html
# Less address space than the file has bytes; a sanitizer alone wants more.
if bash -c 'ulimit -v 400000; "$0" --version || exit 1' "$optout" >/dev/null 2>&1; then
    (ulimit -v 400000 && exec "$optout" inspect --content-type text/html big.html) >out 2>err
    status=$?
    [ "$status" -eq 0 ]
    ok "a large file is not loaded"
else
    skip "a large file is not loaded" "this build runs under a sanitizer"
fi
rm -f big.html

# --- what it is for ---

expect 1 "noindex reserves search" \
    inspect --purpose search --header 'X-Robots-Tag: noindex' clear.html
expect 0 "noindex says nothing of training" inspect --header 'X-Robots-Tag: noindex' clear.html
expect 1 "noai reserves training" inspect noai.html
expect 0 "noai says nothing of search" inspect --purpose search noai.html
expect 1 "several purposes: one that is denied is enough" inspect --purpose search,train-ai noai.html
expect 2 "a purpose that does not exist" inspect --purpose knitting noai.html
has 'knitting' err
ok "and is named"
expect 2 "no purpose" inspect --purpose '' noai.html
expect 2 "--profile and --purpose" inspect --profile training --purpose search noai.html
expect 1 "the built-in profile by name" inspect --profile training noai.html
expect 2 "a profile that does not exist" inspect --profile other noai.html
scoped='X-Robots-Tag: examplebot: noai'
expect 0 "what is addressed to others does not count" inspect --header "$scoped" clear.html
expect 1 "what is addressed to --agent does" inspect --header "$scoped" --agent ExampleBot clear.html
expect 0 "another agent's does not" inspect --header "$scoped" --agent OtherBot clear.html
expect 1 "several agents" \
    inspect --header "$scoped" --agent OtherBot --agent examplebot clear.html
expect 2 "an agent that is no token" inspect --agent 'a b' clear.html

cat >good.conf <<'END'
# c-icap's own lines are left alone
Port 1344
optout.Profile finder purpose=search agents=examplebot reserved=tag
optout.Profile watch purpose=train-ai mode=monitor
optout.HtmlDepth head
END
expect 1 "a configured profile" inspect --config good.conf --profile finder \
    --header 'X-Robots-Tag: examplebot: noindex' clear.html
has 'tag)' out
ok "and its action"
run inspect --config good.conf --profile watch --json reserved.html
json_is "monitor mode passes what it calls reserved" \
    'j["decision"] == "reserved" and j["action"] == "pass" and j["profile"] == "watch"'
expect 0 "HtmlDepth of the configuration" inspect --config good.conf body.html
expect 1 "--html-depth goes before it" inspect --config good.conf --html-depth document body.html

# --- output ---

run inspect --url 'https://e.example/?a=b' --json clear.html reserved.html --header 'X-Robots-Tag: noindex'
[ "$(wc -l <out)" -eq 2 ]
ok "JSON: one line per input"
json_is "JSON: every member" 'set(j) == {"file", "url", "status", "media_type", "profile", "purpose",
    "decision", "action", "usage", "signals", "undecided", "undecided_all", "conflicts", "contact",
    "inspected"}'
json_is "JSON: values" 'j["url"] == "https://e.example/?a=b" and j["status"] == 200 and
    j["purpose"] == ["train-ai"] and j["usage"] == {"search": "deny"} and j["undecided"] is None'
json_is "JSON: a statement" 'set(j["signals"][0]) >= {"standard", "carrier", "scope", "place", "raw",
    "preferences"} and None not in j["signals"][0].values()'
run inspect --json --purpose ai-use --header 'tdm-reservation: 1' \
    --header 'tdm-policy: https://e.example/policy' --header 'Content-Usage: ai-use=y' --no-body
json_is "JSON: conflict and contact" 'j["decision"] == "conditional" and
    j["conflicts"] == ["ai-use"] and j["contact"] == "https://e.example/policy" and j["file"] is None'
run inspect --json --status 206 --header 'Content-Length: 99999' clear.html
json_is "JSON: reasons" 'j["undecided"] == "partial" and j["undecided_all"][0] == "partial"'

evil=$'Content-Usage: \e[31mred\a\x9b\xff \xe2\x80\xae\xc2\x9b n'
run inspect --no-body --header "$evil"
! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f\xff]' out && ! LC_ALL=C grep -q $'\xe2\x80\xae\|\xc2\x9b' out
ok "control characters of a value never reach the terminal"
has '\x1b[31mred\x07' out
ok "and are made visible"
run inspect --no-body --json --header "$evil"
json_is "JSON: they are escaped" 'j["signals"][0]["raw"].startswith("\u001b[31mred")'
run inspect $'\e[2Jno such file'
! grep -q $'\e' err && has '\x1b[2Jno such file' err
ok "nor do those of a file name in a message"
cp clear.html $'a\nb.html'
run inspect $'a\nb.html'
has 'a\nb.html: clear' out
ok "nor in a report"

! grep -q $'\e' <("$optout" inspect reserved.html)
ok "no colour into a pipe"
on_terminal() { # leaves out; the command's own status is lost
    TERM=xterm script -qec "$1" /dev/null </dev/null >out 2>err
}
if command -v script >/dev/null && on_terminal true; then
    on_terminal "$optout inspect reserved.html"
    grep -q $'\e\[31mreserved' out
    ok "colour on a terminal"
    NO_COLOR=1 on_terminal "$optout inspect reserved.html"
    has reserved out && ! grep -q $'\e' out
    ok "not with NO_COLOR"
else
    skip "colour on a terminal" "script(1) is missing"
    skip "not with NO_COLOR" "script(1) is missing"
fi

for args in "inspect clear.html" "standards" "config directives" "--help" "--version"; do
    # shellcheck disable=SC2086
    "$optout" $args >&- 2>err
    status=$?
    [ "$status" -eq 2 ] && has 'standard output' err
    ok "closed standard output: $args"
    if [ -c /dev/full ]; then
        # shellcheck disable=SC2086
        "$optout" $args >/dev/full 2>err
        status=$?
        [ "$status" -eq 2 ] && has 'No space left' err
        ok "full disk: $args"
    else
        skip "full disk: $args" "/dev/full is missing"
    fi
done
: >err
{ "$optout" config directives 2>err; echo $? >code; } | true
status=$(cat code)
# The reader may have been quick enough to be gone, or not.
[ "$status" -eq 0 ] || { [ "$status" -eq 2 ] && has 'Broken pipe' err; }
ok "a pipe whose reader has gone kills nobody"

# --- the other commands ---

expect 0 "standards" standards
[ "$(wc -l <out)" -gt 15 ] && has tdmrep out && has aipref out
ok "standards: a row each, and a head"
expect 0 "formats" formats
has jpeg out && has 'PDF' out
ok "formats: a row each"
expect 2 "formats takes no argument" formats all
expect 1 "a page served as an image is read as what it is" inspect --content-type image/png reserved.html
expect 2 "--packets and --json exclude each other" inspect --packets --json reserved.html
printf '%s' "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><rdf:RDF \
xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' \
xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' plus:DataMining='DMI-PROHIBITED'/></rdf:RDF>\
<?xpacket end='w'?>" >side.xmp
expect 1 "a packet is shown" inspect --packets side.xmp
[ "$(grep -c 'side.xmp: xmp in xmp, ' out)" -eq 1 ] && has 'DMI-PROHIBITED' out
ok "and the report follows"
expect 0 "standards --json" standards --json
if $have_python; then
    python3 -c '
import json, sys
page = open(sys.argv[1]).read()
for s in json.loads(open("out").readline()):
    row = "| `{name}` | {version} | {reads} | {title} | {spec} |".format(**s)
    if row not in page or "\n## {name}\n".format(**s) not in page:
        sys.exit("docs/standards.md: " + row)' "${OPTOUT_SRCDIR:?}/docs/standards.md" 2>err
    ok "standards: docs/standards.md has the same table, and a section each"
    run formats --json
    python3 -c '
import json, sys
page = open(sys.argv[1]).read()
for f in json.loads(open("out").readline()):
    row = "| `%s` | %s | %s | %s |" % (f["name"], f["title"], "yes" if f["to_end"] else "no", f["reads"])
    if row not in page:
        sys.exit("docs/standards.md: " + row)' "${OPTOUT_SRCDIR:?}/docs/standards.md" 2>err
    ok "formats: docs/standards.md has the same table"
    run standards --json
else
    skip "standards: docs/standards.md has the same table" "python3 is missing"
fi
json_is "standards: JSON" 'len(j) > 14 and {"name", "title", "version", "reads", "fields", "spec"} == set(j[0])'
expect 2 "standards takes no argument" standards all

expect 0 "config check" config check good.conf
has 'good.conf: 3 profiles, ok' out
ok "config check: counts profiles"
expect 0 "config show" config show good.conf
cp out shown.conf
has 'optout.HtmlDepth head' shown.conf && grep -q '^optout.Profile finder purpose=search ' shown.conf
ok "config show: what is in effect"
expect 0 "config show: its output is a configuration" config check shown.conf
"$optout" config show shown.conf >again.conf 2>err && cmp -s shown.conf again.conf
ok "config show: of the same settings"
printf '# nobody\n' >nobody.tsv
{ cat good.conf; echo "optout.Agents $PWD/nobody.tsv"; } >named.conf
expect 0 "config digest" config digest named.conf
[ "$(sed -n '1s/^# //p' out)" = "$(sed 1d out | sha256sum | cut -d ' ' -f 1)" ] &&
    grep -qF "optout.Agents \"sha256:$(sha256sum nobody.tsv | cut -d ' ' -f 1)\"" out
ok "config digest: of what is printed, with the digest of the data file"
printf 'nonsense\n' >nobody.tsv
expect 2 "config check: a data file that is wrong" config check named.conf
grep -q 'nobody.tsv:1: Agents: .*; mend or remove the line' err
ok "config check: file and line of it"
printf '\noptout.HtmlDepth half\n' >bad.conf
expect 2 "config check: a wrong value" config check bad.conf
grep -q '^bad.conf:2: HtmlDepth: .*; ' err
ok "config check: file, line, directive, reason, remedy"
printf 'optout.Knit on\n' >bad.conf
expect 2 "config check: an unknown directive" config check bad.conf
grep -q '^bad.conf:1: Knit: ' err
ok "config check: named"
expect 2 "config check: a missing file" config check missing.conf
printf 'optout.Knit on\noptout.HtmlDepth head\noptout.AuditDir a\noptout.HoldMax 1\n' >bad.conf
expect 2 "config check: several wrong lines" config check bad.conf
[ "$(cut -d ' ' -f 1,2 err | tr '\n' ' ')" = \
    'bad.conf:1: Knit: bad.conf:3: AuditDir: bad.conf:4: HoldMax: ' ] && [ ! -s out ]
ok "config check: each, in the order of the file"
seq -f 'optout.Knit%g on' 60 >bad.conf
expect 2 "config check: more than it shows" config check bad.conf
[ "$(wc -l <err)" = 51 ] && [ "$(tail -n 1 err)" = 'and 10 more' ]
ok "config check: and how many more"
: >void.conf
printf 'Port 127.0.0.1:1344\n# Include good.conf\n#Service optout srv_optout.so\n' >without.conf
printf 'Port 127.0.0.1:1344\nService echo srv_echo.so\n' >other.conf
cp "${OPTOUT_SRCDIR:?}/conf/squid.conf" foreign.conf
for file in void without other foreign; do
    expect 2 "config check: nothing of ours is loaded: $file.conf" config check "$file.conf"
    has "$file.conf: no line loads srv_optout.so; " err
    ok "and said so"
done
printf 'Port 127.0.0.1:1344\nInclude loads.conf\n' >with.conf
printf 'Service optout srv_optout.so\n' >loads.conf
expect 0 "config check: all defaults, and loaded" config check with.conf
expect 2 "inspect with a wrong configuration" inspect --config bad.conf clear.html
expect 2 "config check without FILE" config check
expect 2 "config without a command" config
expect 2 "config with an unknown command" config knit
expect 0 "config directives" config directives
expect 0 "config directives --json" config directives --json
json_is "config directives: JSON" \
    'len(j) > 20 and {"name", "arguments", "default", "help"} == set(j[0])'

# --- config squid ---

# Whatever is installed where this runs.
export OPTOUT_SQUID_VERSION=5.7

conf="${OPTOUT_SRCDIR:?}/conf"
expect 0 "config squid: the plain file we ship has no error" config squid "$conf/squid.conf"
has "$conf/squid.conf: 0 errors, 1 warning" out &&
    grep -qE 'squid\.conf:[0-9]+: warning: http_port: .*; ' out
ok "and is warned of for https"
expect 0 "config squid: the ssl-bump file we ship has no error" config squid "$conf/squid-bump.conf"
has "$conf/squid-bump.conf: 0 errors, 1 warning" out &&
    grep -qE 'squid-bump\.conf:[0-9]+: warning: ssl_bump: .*; ' out
ok "and is warned of for its splice list"
sed '/^ssl_bump splice/d' "$conf/squid-bump.conf" >base.conf
expect 0 "config squid: without that list" config squid base.conf
[ "$(cat out)" = "base.conf: 0 errors, 0 warnings" ]
ok "nothing is found"

# The findings without what they say, "LINE SEVERITY DIRECTIVE" each, 0 for nowhere.
findings() {
    sed -nE -e 's/^[^: ]+:([0-9]+): (error|warning): ([a-z0-9_]+): .*; .*/\1 \2 \3/p' \
        -e 's/^[^: ]+: (error|warning): ([a-z0-9_]+): .*; .*/0 \1 \2/p' out
}

# NAME SED WANT: base.conf changed by SED has exactly the finding WANT, "SEVERITY
# DIRECTIVE": at the line that holds MARK, which SED writes, or else nowhere.
variant() {
    local line want=0
    sed -E "$2" base.conf >variant.conf
    line=$(grep -n '# MARK' variant.conf | cut -d: -f1)
    [ "${3%% *}" = error ] && want=1
    run config squid variant.conf
    [ "$status" -eq "$want" ] && [ "$(findings)" = "${line:-0} $3" ]
    ok "config squid: $1"
}

variant "icap_enable off" 's/^icap_enable .*/icap_enable off # MARK/' "error icap_enable"
variant "icap_enable missing" '/^icap_enable /d' "error icap_enable"
variant "the last icap_enable counts" '$a icap_enable off # MARK' "error icap_enable"
variant "no respmod service" '/^(icap_service|adaptation_access) [a-z]+_(resp|live)/d' "error icap_service"
variant "a vector that Squid does not serve" 's/respmod_precache/respmod_postcache/' \
    "error icap_service"
variant "bypass=on" '/^icap_service training_resp/s/bypass=off(.*)/bypass=on\1 # MARK/' \
    "error icap_service"
variant "bypass=1" '/^icap_service training_req/s/bypass=off(.*)/bypass=1\1 # MARK/' \
    "error icap_service"
variant "bypass as it was once spelt" \
    '/^icap_service training_resp/s/icap:(.*) bypass=off(.*)/1 icap:\1 # MARK/' "error icap_service"
variant "on-overload=bypass" '/^icap_service search_resp/s/=wait/=bypass # MARK/' \
    "error icap_service"
variant "no failure limit: Squid's counts" '/^icap_service_failure_limit/d' \
    "error icap_service_failure_limit"
variant "a failure limit" 's/^(icap_service_failure_limit) -1/\1 20 in 1 seconds # MARK/' \
    "error icap_service_failure_limit"
variant "a version that the installed Squid is not" \
    's/^adaptation_meta X-Squid-Version .*/adaptation_meta X-Squid-Version 6.13 # MARK/' \
    "error adaptation_meta"
OPTOUT_SQUID_VERSION=6.13 variant "a Squid that could wait" \
    's/^adaptation_meta X-Squid-Version 5.7/& # MARK/' "warning adaptation_meta"
OPTOUT_SQUID_VERSION=6.13 variant "a Squid that could wait and does not say so" \
    '/^adaptation_meta X-Squid-Version/d' "warning adaptation_meta"
variant "icap_retry allow" 's/^icap_retry deny all/icap_retry allow all # MARK/' "error icap_retry"
variant "no cache line" '/^cache deny/d' "error cache"
variant "the cache for some" 's/^(cache deny) all/\1 fleet # MARK/' "error cache"
variant "the cache for some first" 's/^cache deny all/cache allow fleet # MARK\n&/' "error cache"
variant "the cache for some only" 's/^(cache deny all)/\1 fleet # MARK/' "error cache"
variant "no service takes all" \
    's/^(adaptation_access training_resp *allow) all/\1 fleet # MARK/' "error adaptation_access"
variant "the one that takes all leaves some out" \
    's/^adaptation_access training_resp .*/adaptation_access training_resp deny fleet # MARK\n&/' \
    "error adaptation_access"
variant "no list for a respmod service" '/^adaptation_access [a-z]+_(resp|live)/d' \
    "error adaptation_access"
variant "a service name mistyped in adaptation_access" \
    's/^adaptation_access search_resp +allow/adaptation_access serach_resp allow x # MARK\n&/' \
    "error adaptation_access"
has 'serach_resp: no service' out
ok "and named"
variant "a set mistyped in adaptation_access" \
    's/^adaptation_access search_resp +allow/adaptation_service_set both training_resp search_resp\
adaptation_access bth allow x # MARK\n&/' "error adaptation_access"
variant "a member mistyped in a set" \
    '/^adaptation_access search_resp +allow/i adaptation_service_set s training_resp serch # MARK' \
    "error adaptation_service_set"
variant "a member mistyped in a chain" \
    '/^adaptation_access search_resp +allow/i adaptation_service_chain s serch training_resp # MARK' \
    "error adaptation_service_set"
variant "one name for both vectors" \
    '$a icap_service search_resp reqmod_precache icap://127.0.0.1:1344/optout bypass=off # MARK' \
    "error icap_service"
scanner='icap_service scan respmod_precache icap:\/\/127.0.0.1:1344\/squidclamav bypass=off'
for foreign in "$scanner" 'ecap_service scan respmod_precache ecap:\/\/e.example\/adapter bypass=off'; do
    variant "another service takes what is the filter's: ${foreign%% *}" \
        "s/^adaptation_access training_resp/$foreign\nadaptation_access scan allow all # MARK\n&/" \
        "error adaptation_access"
    variant "a set of the filter and another: ${foreign%% *}" \
        "s/^adaptation_access search_resp +allow/$foreign\nadaptation_service_set two training_resp scan\n\
adaptation_access two allow fleet # MARK\n&/" "error adaptation_access"
done
variant "no list of a reqmod service takes all" \
    's/^(adaptation_access training_req +allow) all/\1 fleet # MARK/' "warning adaptation_access"
variant "the gateways open" \
    '/^http_access deny !CONNECT/d; s/^http_access allow !CONNECT.*/& # MARK/' "warning http_access"
variant "the gateways denied too late" \
    '/^http_access deny !CONNECT/d; s/^http_access allow !CONNECT.*/& # MARK\n&/; $a http_access deny !web_schemes' \
    "warning http_access"
variant "schemes that have gateways among them" \
    's/^acl web_schemes .*/& WHOIS/; s/^http_access allow !CONNECT.*/& # MARK/' "warning http_access"
variant "quoted values" '$a configuration_includes_quoted_values on\
icap_retry "allow" "all" # MARK' "error icap_retry"

# The lines for optoutd as they are shipped, without their comment marks.
discovery='/^#(http_port|acl discovery|adaptation_access)/s/^#//'
for file in squid squid-bump; do
    sed -E "$discovery" "$conf/$file.conf" >discovery.conf
    expect 0 "config squid: the discovery lines of $file.conf" config squid discovery.conf
    findings | grep -qE '^[0-9]+ warning adaptation_access$' && [ "$(findings | wc -l)" -eq 3 ]
    ok "and warned of what comes through that port"
done
# NAME SED: the discovery lines changed by SED are no excuse.
no_excuse() {
    sed -E -e "$discovery" base.conf | sed -E "$2" >variant.conf
    run config squid variant.conf
    [ "$status" -eq 1 ] && findings | grep -qE '^[0-9]+ error adaptation_access$'
    ok "config squid: a port that is left out: $1"
}
no_excuse "not of this machine alone" 's/^http_port 127.0.0.1:3129/http_port 3129/'
no_excuse "on another address" 's/^http_port 127.0.0.1:3129/http_port 10.0.0.1:3129/'
no_excuse "two ports of one name" '$a http_port 3130 name=discovery'
no_excuse "another port in the ACL" 's/^(acl discovery myportname) .*/\1 discovery 3128/'
no_excuse "an ACL of another kind" 's/^acl discovery .*/acl discovery src all/'
no_excuse "all but that port" 's/^(adaptation_access training_resp deny) discovery/\1 !discovery/'
variant "icap_preview_enable off" 's/^(icap_preview_enable) on/\1 off # MARK/' \
    "warning icap_preview_enable"
variant "icap_206_enable off" 's/^(icap_206_enable) on/\1 off # MARK/' "warning icap_206_enable"
variant "icap_persistent_connections off" 's/^(icap_persistent_connections) on/\1 off # MARK/' \
    "warning icap_persistent_connections"
variant "read_ahead_gap missing" '/^read_ahead_gap/d' "warning read_ahead_gap"
for gap in '16 KB' '1023 KB' 2 '0.9 MB' '-1 MB' nan; do
    variant "read_ahead_gap $gap" "s/^(read_ahead_gap) .*/\\1 $gap # MARK/" "warning read_ahead_gap"
done
elsewhere='/^icap_service training_live/s/127.0.0.1(.*)/192.0.2.1\1 # MARK/'
variant "no delay pool" "$elsewhere" "warning delay_access"
variant "a delay pool of others" "$elsewhere;\$a delay_access 1 allow fleet" "warning delay_access"
variant "icap_io_timeout missing" '/^icap_io_timeout/d' "warning icap_io_timeout"
variant "no reqmod service" '/^(icap_service|adaptation_access) [a-z]+_req/d' "warning icap_service"
variant "a port without ssl-bump" '$a http_port 3129 # MARK ssl-bump' "warning http_port"
variant "an https_port without ssl-bump" '$a https_port 3129 tls-cert=a # MARK' "warning https_port"
variant "tunnels are denied behind what is allowed" \
    '$a http_port 3129 # MARK ssl-bump\nhttp_access deny CONNECT' "warning http_port"
variant "some tunnels are denied" \
    '$a http_port 3129 # MARK ssl-bump
    s/^http_access allow fleet/http_access deny CONNECT tls_ports\n&/' "warning http_port"
variant "ssl-bump, and nothing is bumped" 's/^(http_port .*)/\1 # MARK/;/^ssl_bump bump/d' \
    "warning ssl_bump"
variant "ssl_bump bumps some only" 's/^(ssl_bump bump) all/\1 fleet # MARK/' "warning ssl_bump"
variant "ssl_bump peeks at all steps" 's/^(ssl_bump peek) step1/\1 all # MARK/' "warning ssl_bump"
variant "ssl_bump peeks at a later step" 's/^(acl step1 at_step) SslBump1/\1 SslBump1 SslBump2/;
    s/^ssl_bump peek.*/& # MARK/' "warning ssl_bump"
variant "ssl_bump splice" '/^ssl_bump peek/a ssl_bump splice fleet # MARK' "warning ssl_bump"
variant "ssl_bump none" '/^ssl_bump peek/a ssl_bump none fleet # MARK' "warning ssl_bump"
variant "what Squid cannot read as a tunnel" '$a on_unsupported_protocol tunnel all # MARK' \
    "warning on_unsupported_protocol"
variant "upgrades" '$a http_upgrade_request_protocols WebSocket allow all # MARK' \
    "warning http_upgrade_request_protocols"
variant "what a condition lets in" '$a if true\nicap_retry allow all # MARK\nendif' "error icap_retry"
variant "what stands at else" '$a if 1 = 2\nknit\nelse\nicap_retry allow all # MARK\nendif' \
    "error icap_retry"
variant "the innermost condition alone counts, as in Squid" \
    '$a if false\nif true\nicap_retry allow all # MARK\nendif\nendif' "error icap_retry"
variant "one worker of several" '$a workers 3\nif ${process_number} = 3\
icap_retry allow all # MARK\nendif' "error icap_retry"
variant "all workers, told once" '$a workers 3\nicap_retry allow all # MARK' "error icap_retry"

# NAME SED: base.conf changed by SED is as good.
as_good() {
    sed -E "$2" base.conf >variant.conf
    run config squid variant.conf
    ! cmp -s base.conf variant.conf && [ "$status" -eq 0 ] && [ -z "$(findings)" ]
    ok "config squid: fine: $1"
}

as_good "a port without ssl-bump, and every tunnel is denied" \
    '$a http_port 3129
    s/^http_access allow !CONNECT.*/http_access deny CONNECT\n&/'
as_good "the last icap_enable is on" 's/^icap_enable on/icap_enable off\n&/'
as_good "the last failure limit" 's/^icap_service_failure_limit/icap_service_failure_limit 3\n&/'
for gap in '1 MB' '1024 KB' 1048576 '1.5 MB' '1048576 bytes' '1 GB'; do
    as_good "read_ahead_gap $gap" "s/^(read_ahead_gap) .*/\\1 $gap/"
done
as_good "a delay pool of all after another one" \
    '/^icap_service training_live/s/127.0.0.1/192.0.2.1/;$a delay_pools 2\ndelay_access 1 allow fleet\ndelay_access 2 allow all'
as_good "comments" '$a # icap_enable off\n  # cache allow all\ndebug_options ALL,1 # bypass=on'
as_good "unknown directives, and ours in another case" '$a knit on\nICAP_enable off'
as_good "what comes after a list has taken everything" \
    '$a cache allow all\nadaptation_access training_resp deny all'
as_good "a directive over several lines" \
    's/^icap_enable on/icap_enable \\\n# a comment ends nothing\n\n\ton/'
as_good "carriage returns" 's/$/\r/'
as_good "what a condition leaves out" '$a if false\nicap_retry allow all\ninclude missing.conf\nendif'
as_good "a number of a process that there is not" \
    '$a workers 2\nif ${process_number} = 0\nicap_retry allow all\nendif'
as_good "quoted names with blanks" 's/^icap_enable on/configuration_includes_quoted_values on\n&/
    s/training_resp/"training resp"/'
for kind in adaptation_service_set adaptation_service_chain icap_class; do
    as_good "$kind" "s/^adaptation_access training_resp .*/$kind both training_resp search_resp\\n\
adaptation_access both allow all/"
done
as_good "a chain of the filter and another" "s/^adaptation_access training_resp .*/$scanner\n\
adaptation_service_chain both scan training_resp\nadaptation_access both allow all/"
as_good "definitions after their use" '/^icap_service search_resp/{h;d};$G'
as_good "names of old" 's/^adaptation_access/icap_access/'

printf 'icap_service a respmod_precache icap://h/s \\\n  on-overload=wait \\\n  bypass=on\n' >long.conf
run config squid long.conf
findings | grep -qx '1 error icap_service'
ok "config squid: a directive over several lines is named by its first"
cp base.conf cut.conf
printf '\nicap_enable off \\' >>cut.conf
expect 0 "config squid: a directive that the end of the file cuts off does not count" \
    config squid cut.conf

mkdir -p squid.d
printf '\nicap_enable off # one\n' >squid.d/1.conf
printf 'cache_mem 8 MB\n\nicap_retry allow all\n' >squid.d/2.conf
{ cat base.conf; echo 'include squid.d/*.conf # both'; } >includes.conf
expect 1 "config squid: include" config squid includes.conf
[ "$(grep -cE '^squid\.d/(1\.conf:2: error: icap_enable|2\.conf:3: error: icap_retry): ' out)" -eq 2 ] &&
    has 'includes.conf: 2 errors, 0 warnings' out
ok "and the lines of its files are named"
{ echo 'include "squid.d/1.conf"'; cat base.conf; } >includes.conf
expect 0 "config squid: included lines count where include stands" config squid includes.conf
for n in $(seq 17); do
    echo "include deep$((n + 1)).conf" >"deep$n.conf"
done
cp base.conf deep17.conf
expect 0 "config squid: sixteen deep" config squid deep1.conf
cp base.conf deep18.conf
echo 'include deep18.conf' >deep17.conf
expect 2 "config squid: seventeen deep" config squid deep1.conf
has 'deep17.conf:1: include' err && [ ! -s out ]
ok "and says where"
for wrong in 'if maybe\nendif' 'if 1 < 2\nendif' else endif 'if true'; do
    { printf '%b\n' "$wrong"; cat base.conf; } >cut.conf
    expect 2 "config squid: Squid ends at: $wrong" config squid cut.conf
done
echo 'include loop.conf loop.conf' >loop.conf
expect 2 "config squid: a file that includes itself" config squid loop.conf
mkfifo squid.d/pipe
for what in missing.conf 'missing.d/*.conf' '*/1.conf' squid.d squid.d/pipe ''; do
    echo "include $what" >includes.conf
    timeout 20 "$optout" config squid includes.conf >out 2>err
    status=$?
    if [ -n "$what" ]; then
        [ "$status" -eq 2 ] && [ -s err ] && [ ! -s out ]
    else
        [ "$status" -eq 1 ]
    fi
    ok "config squid: include '$what'"
done
for n in $(seq 300); do echo 'include base.conf'; done >includes.conf
expect 2 "config squid: too many files" config squid includes.conf

: >empty.conf
expect 1 "config squid: an empty file" config squid empty.conf
[ "$(findings | grep -c error)" -eq 4 ] && has 'empty.conf: 4 errors, 3 warnings' out
ok "and all that is missing is named"
expect 2 "config squid: a missing file" config squid missing.conf
has 'missing.conf: No such file' err
ok "and its name is told"
expect 2 "config squid: a folder" config squid squid.d
has 'squid.d: Is a directory' err
ok "is no file"
expect 2 "config squid without FILE" config squid
expect 2 "config squid: two files" config squid base.conf base.conf
printf 'cache deny all\0\n' >nul.conf
expect 2 "config squid: a NUL byte" config squid nul.conf
{ printf 'acl x dstdomain'; head -c 9000 /dev/zero | tr '\0' 'x'; } >long.conf
expect 2 "config squid: a line longer than Squid reads" config squid long.conf
yes '\' | head -40000 >long.conf
expect 1 "config squid: continued without end" config squid long.conf
yes 'xxxxxxxxx\' | head -10000 >long.conf
expect 2 "config squid: a directive longer than 64 KiB" config squid long.conf
seq -f 'icap_service s%.0f respmod_precache icap://h/s' 300 >long.conf
expect 2 "config squid: too many services" config squid long.conf
yes 'http_port 1' | head -3000 >long.conf
echo 'icap_retry allow all' >>long.conf
expect 1 "config squid: many findings" config squid long.conf
[ "$(wc -l <out)" -eq 1009 ] && has 'long.conf: 5 errors, 3003 warnings' out &&
    has 'long.conf:3001: error: icap_retry' out && has '2000 more findings' err
ok "are counted, and warnings push no error out"
printf 'icap_enable off\n' >$'a\e[2J\nb.conf'
run config squid $'a\e[2J\nb.conf'
! grep -q $'\e' out && has 'a\x1b[2J\nb.conf:1: error: icap_enable' out
ok "config squid: a hostile file name stays one line"

expect 0 "config squid --json" config squid --json base.conf
[ "$(cat out)" = '[]' ]
ok "config squid: JSON of nothing"
expect 1 "config squid --json: the exit status is the same" config squid --json squid.d/1.conf
json_is "config squid: JSON" 'all(set(f) == {"file", "line", "severity", "directive", "name",
    "effect", "remedy"} for f in j) and [(f["line"], f["severity"]) for f in j if f["directive"] ==
    "icap_enable"] == [(2, "error")] and j[0]["line"] is None'
expect 2 "config check --json" config check --json good.conf

# --- usage ---

for args in "" "inspect" "standards" "config"; do
    for word in --help -h; do
        # shellcheck disable=SC2086
        expect 0 "optout $args $word" $args $word
        has 'Usage: optout' out && [ ! -s err ]
        ok "optout $args $word: to standard output"
    done
    # shellcheck disable=SC2086
    expect 0 "optout $args --version" $args --version
    grep -qE '^optout [0-9]+\.[0-9]+\.[0-9]+' out
    ok "optout $args --version: a version"
    # shellcheck disable=SC2086
    expect 2 "optout $args --knit" $args --knit
    has "--knit" err && has "--help" err && [ ! -s out ]
    ok "optout $args --knit: is named, help is pointed to"
done
# --- reload and reopen, where nobody runs (scenario reload-answers: where somebody does) ---

mkfifo unread.ctl
: >plain.ctl
printf 'CommandsSocket %s/unread.ctl\nInclude loads.conf\n' "$PWD" >piped.conf
for verb in reload reopen; do
    expect 2 "$verb: a pipe that nobody reads" "$verb" --config piped.conf
    has 'unread.ctl: nobody reads it: c-icap does not run' err
    ok "is named, and not waited for"
    expect 2 "$verb: no pipe" "$verb" --config piped.conf --pipe missing.ctl
    expect 2 "$verb: a file that is no pipe" "$verb" --config piped.conf --pipe plain.ctl
    sleep 30 <>unread.ctl &
    expect 2 "$verb: a pipe whose reader does not answer" "$verb" --config piped.conf --wait 1
    has 'not all processes have answered within 1000 ms' err
    ok "and said so"
    kill $!
    expect 2 "$verb: --wait 0" "$verb" --config piped.conf --wait 0
    expect 2 "$verb: an argument" "$verb" --config piped.conf now
done
expect 1 "reload: a wrong file is not sent" reload --config bad.conf --pipe unread.ctl
expect 1 "reload: nor one that does not load the filter" reload --config void.conf --pipe unread.ctl
expect 2 "no command" 
expect 2 "an unknown command" knit
has "'knit'" err
ok "is named"
expect 2 "inspect without FILE" inspect
expect 2 "--no-body with a FILE" inspect --no-body clear.html
expect 2 "a missing argument" inspect clear.html --header
has 'header' err
ok "is named"
for n in 0 99 600 2oo -1 ''; do
    expect 2 "--status '$n'" inspect --status "$n" clear.html
done
expect 0 "options may follow FILE" inspect clear.html --status 200
expect 2 "after -- all is FILE" inspect -- --status

echo "1..$count"
[ "$failures" -eq 0 ]
