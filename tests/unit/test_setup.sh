#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout setup in a root of its own, with the configurations as Debian has them: questions,
# what it writes and what it leaves alone, that a second run changes nothing, and undoing it.
# What is written is read by those who will: c-icap's reader, optoutd and Squid. Prints TAP.

# Where a build has its configurations elsewhere, as make distcheck does, they are there in the root, too.
configdir=$("${OPTOUT_BUILDDIR:?}/optout" audit cat --help | sed -n 's|.*\[\(/.*\)/srv_optout\.conf\].*|\1|p')
if [ "$configdir" != /etc/c-icap ]; then
    exec bash <(sed "s|/etc/c-icap|$configdir|g" "$0")
fi
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

optoutd="$OPTOUT_BUILDDIR/optoutd"
export OPTOUT_SQUID_VERSION=6.13
agent='ExampleBot/1.0 (+https://example.org/bot)'

skip() { # NAME REASON
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# Lines that Debian's files have, in their order.
fresh_root() {
    rm -rf root
    mkdir -p root/etc/c-icap root/etc/squid/conf.d root/usr/lib/squid
    cp "$OPTOUT_BUILDDIR"/conf/{srv_optout,optoutd}.conf "$OPTOUT_SRCDIR"/conf/*.tsv root/etc/c-icap/
    : >root/usr/lib/squid/security_file_certgen
    cat >root/etc/c-icap/c-icap.conf <<'CONF'
PidFile /var/run/c-icap/c-icap.pid
# Port 1344 is the usual one
StartServers 3
Port 1344
User c-icap
TmpDir /tmp
AccessLog /var/log/c-icap/access.log
Service echo srv_echo.so
CONF
    cat >root/etc/squid/squid.conf <<'CONF'
acl localnet src 10.0.0.0/8
acl SSL_ports port 443
acl Safe_ports port 80 443 1025-65535
http_access deny !Safe_ports
http_access deny CONNECT !SSL_ports
http_access allow localhost manager
http_access deny manager
include /etc/squid/conf.d/*.conf
http_access allow localhost
http_access deny all
http_port 3128
coredump_dir /var/spool/squid
CONF
}

setup() { # STATUS NAME ARGUMENTS
    local want=$1 name=$2
    shift 2
    expect "$want" "$name" setup --root "$dir/root" --squid-version 6.13 "$@"
}

sums() { find root -type f -exec sha256sum {} + | sort -k 2; }

# The same with the root in every path, as those who read it need it here.
rooted() { sed -e "s#/etc/c-icap/#$dir/root&#g" -e "s#/etc/squid/#$dir/root&#g" -e "s#/var/spool/squid/optout_certs#$dir/certs#" "$1"; }

# --- what cannot be done ---

fresh_root
sums >before
setup 2 "without a terminal it wants --yes" --user-agent "$agent"
has 'say --yes' err
ok "and says so"
setup 2 "without the name of the crawler nothing is written" --yes
has '--user-agent is needed' err
ok "and says why"
setup 2 "a name that cannot stand in robots.txt is refused" --yes --user-agent '(compatible)'
has 'does not begin with the name of a product; write what the crawler sends' err
ok "with reason and remedy"
setup 2 "nor a purpose that is none" --yes --user-agent "$agent" --purpose trian-ai
has '--purpose: "trian-ai" is no purpose; name tdm' err
ok "with reason and remedy"
setup 2 "nor a network that is none" --yes --user-agent "$agent" --network 10.20.0.0/40
setup 2 "nor the whole world as the fleet" --yes --user-agent "$agent" --network 0.0.0.0/0
setup 2 "nor two profiles of one name" --yes --user-agent "$agent" --purpose search --purpose search=tdm
setup 2 "nor a password in the URL of Redis" --yes --user-agent "$agent" --redis redis://u:p@h
setup 2 "nor a quote in a configuration" --yes --user-agent 'A/1 "x"'
setup 2 "--undo takes no answers" --undo --port 3129
expect 2 "a root is an absolute path" setup --root root --yes
mv root/etc/c-icap/c-icap.conf c-icap.conf
setup 2 "without c-icap nothing is written" --yes --user-agent "$agent"
has 'apt install c-icap' err
ok "and the package is named"
mv c-icap.conf root/etc/c-icap/
mv root/usr/lib/squid/security_file_certgen certgen
setup 2 "HTTPS needs a Squid that can open it" --yes --https --user-agent "$agent"
has 'apt install squid-openssl' err
ok "and the package is named"
mv certgen root/usr/lib/squid/security_file_certgen
setup 1 "a dry run" --yes --edit --dry-run --user-agent "$agent"
has 'would write' out && has 'would edit' out
ok "says what would be done"
sums | diff before - >err
ok "and nothing of all this has written anything"

# --- without leave for files of others ---

cp -r root before.root
setup 1 "a node for http, lines left to the admin" --yes --no-https --user-agent "$agent"
has 'c-icap.conf: line 4: write "Port 127.0.0.1:1344" in the place of "Port 1344"' out &&
    has 'c-icap.conf: add at its end "Include optout-node.conf"' out
ok "names the two lines of c-icap.conf, one with its number"
cmp -s root/etc/c-icap/c-icap.conf before.root/etc/c-icap/c-icap.conf &&
    cmp -s root/etc/squid/squid.conf before.root/etc/squid/squid.conf
ok "and leaves the files alone"
! has 'squid.conf: ' out && ! test -e root/etc/squid/optout
ok "squid.conf needs no line for http, nor a CA"

# --- with it, and HTTPS ---

fresh_root
setup 1 "a node for https" --yes --edit --https --fleet 'Tides & Sons' --user-agent "$agent" \
    --agent Google-Extended --agent CCBot --purpose train-ai --purpose 'search=search,ai-use' \
    --network 10.20.0.0/16 --network 127.0.0.0/8 --redis redis://cache.example:6379 \
    --contact crawl@example.org --node crawl-1
[ "$(grep -c . <(sed -n '/^Left to you/,$p' out))" -eq 2 ] && has 'on the node itself, once: install -d' out
ok "all that is left is what only the node itself can do"
grep -q '^# optout setup took out: Port 1344$' root/etc/c-icap/c-icap.conf &&
    grep -q '^Port 127.0.0.1:1344$' root/etc/c-icap/c-icap.conf &&
    [ "$(tail -n 1 root/etc/c-icap/c-icap.conf)" = 'Include optout-node.conf' ]
ok "c-icap listens on this machine alone, and includes the filter"
grep -q '^# optout setup took out: http_port 3128$' root/etc/squid/squid.conf
ok "the port of squid.conf makes way for the one that opens https"
rooted root/etc/c-icap/srv_optout.conf >x && cp x root/etc/c-icap/srv_optout.conf
expect 0 "the filter takes its configuration" config check root/etc/c-icap/c-icap.conf
expect 0 "it is shown" config show root/etc/c-icap/c-icap.conf
grep -q 'search purpose=search,ai-use\|search purpose=ai-use,search' out && grep -qi 'agents=examplebot,google-extended,ccbot' out &&
    grep -q "^optout.Node .*crawl-1" out && grep -q "^optout.Contact .*crawl@example.org" out
ok "with profiles, agents, node and contact as they were answered"
rooted root/etc/c-icap/optoutd.conf >root/etc/c-icap/optoutd.here
"$optoutd" --check --config root/etc/c-icap/optoutd.here >out 2>err
status=$?
[ $status -eq 0 ]
ok "the daemon takes its own"
grep -q '^optoutd.Share redis://cache.example:6379$' root/etc/c-icap/optoutd-node.conf &&
    grep -qF "optoutd.UserAgent \"$agent\"" root/etc/c-icap/optoutd-node.conf
ok "with Redis and the fleet's own name"
rm root/etc/c-icap/optoutd.here
rooted root/etc/squid/conf.d/optout.conf >snippet.conf
sed "s#^include .*#include $dir/snippet.conf#" root/etc/squid/squid.conf >squid.conf
expect 0 "no line lets content pass unfiltered" config squid squid.conf
has '0 errors, 1 warning' out
ok "and the one warning is for the list of what is not opened"
if command -v squid >/dev/null && squid -v | grep -q with-openssl; then
    squid -k parse -f squid.conf >out 2>err
    status=$?
    [ $status -eq 0 ] && ! grep -E 'WARNING|ERROR|FATAL' err
    ok "Squid has nothing to say about it"
else
    skip "Squid has nothing to say about it" "squid-openssl is not installed"
fi

fresh_root
sed -i 's/^http_port.*/http_port 10.20.0.1:3128/' root/etc/squid/squid.conf
setup 1 "a proxy that listens on one address" --yes --edit --https --user-agent "$agent"
grep -q '^http_port 10.20.0.1:3128 ssl-bump' root/etc/squid/conf.d/optout.conf
ok "goes on to listen there alone"
sums >before
setup 1 "and a second run" --yes
sums | diff before - >err
ok "keeps it so"

# What the whole example says of filter and TLS, the snippet says too.
lines() { sed -e 's/#.*//' -e 's/[[:space:]]\+/ /g' -e 's/ $//' "$1" | grep . | sort; }
fresh_root
setup 1 "the profiles of the examples" --yes --edit --https --user-agent "$agent"
awk '/^# --- /{on = /The filter|TLS/} on' "$OPTOUT_SRCDIR/conf/squid-bump.conf" >example
comm -23 <(lines example) <(lines root/etc/squid/conf.d/optout.conf) | grep -v X-Squid-Version >err
[ ! -s err ]
ok "give every line that squid-bump.conf has of filter and TLS"

# --- the CA ---

key=root/etc/squid/optout/fleet-ca.key cert=root/etc/squid/optout/fleet-ca.crt
[ "$(stat -c %a $key)" = 600 ]
ok "its key is for its owner alone"
openssl x509 -in $cert -noout -text >out 2>err
has 'CA:TRUE, pathlen:0' out && has 'Certificate Sign, CRL Sign' out && has '(3072 bit)' out &&
    openssl verify -CAfile $cert $cert >>out 2>&1
ok "it may sign certificates, and no further CA"
cp $cert kept.crt
setup 1 "another fleet's name" --yes --edit --https --fleet Other
cmp -s $cert kept.crt
ok "makes no new CA: crawlers trust the one that is there"
openssl genrsa -out $key 2048 2>/dev/null
setup 2 "a key that is not the CA's is an error" --yes
has 'does not belong to' err
ok "which names both files"

# --- again, otherwise, and by somebody else's hand ---

fresh_root
setup 0 "http, with leave" --yes --edit --no-https --user-agent "$agent"
sums >before
setup 0 "a second run without answers" --yes
has 'Nothing is changed' out && sums | diff before - >err
ok "changes nothing: what was answered is remembered"
setup 0 "another answer" --yes --purpose tdm
has 'renew     ' out && grep -q 'optout.Profile mining purpose=tdm' root/etc/c-icap/optout-node.conf &&
    ! grep -q training root/etc/squid/conf.d/optout.conf
ok "renews what depends on it"
echo '# mine' >>root/etc/squid/conf.d/optout.conf
setup 1 "a file that somebody has changed" --yes --purpose search
grep -q '^# mine$' root/etc/squid/conf.d/optout.conf && has 'compare it with' out &&
    grep -q 'search_req' root/etc/squid/conf.d/optout.conf.optout-new
ok "is kept, and the new one is written beside it"
sums >before
setup 1 "and so it is the next time" --yes
sums | diff before - >err
ok "without a change"
cp root/etc/squid/conf.d/optout.conf.optout-new root/etc/squid/conf.d/optout.conf
setup 0 "taking the new one settles it" --yes

fresh_root
sed -i 's/^Port 1344/Port 127.0.0.1:1444/; $a Include srv_optout.conf' root/etc/c-icap/c-icap.conf
sed -i '/^include/d; /^http_port/d' root/etc/squid/squid.conf
setup 0 "c-icap on a port of its own, the filter included by hand, Squid without conf.d" \
    --yes --edit --no-https --user-agent "$agent" --port 3199
grep -q 'icap://127.0.0.1:1444/optout' root/etc/squid/conf.d/optout.conf
ok "the snippet names that port"
grep -q '^# optout setup took out: Include srv_optout.conf$' root/etc/c-icap/c-icap.conf
ok "the filter is loaded once"
[ "$(sed -n '/^# optout setup added/,+2p' root/etc/squid/squid.conf)" = '# optout setup added:
include /etc/squid/conf.d/optout.conf
http_access deny !Safe_ports' ]
ok "the snippet stands before the first rule"
grep -q '^http_port 3199$' root/etc/squid/conf.d/optout.conf
ok "and opens the port that nobody else opens"

# --- away with it ---

fresh_root
sums >before
setup 1 "https again" --yes --edit --https --user-agent "$agent"
setup 0 "a dry run of --undo" --undo --dry-run
has 'would delete' out && test -e root/etc/squid/conf.d/optout.conf
ok "takes nothing away"
setup 0 "--undo" --undo
sums | grep -v fleet-ca | diff before - >err
ok "leaves every file as it was"
test -s $key && has 'The CA stays in' out
ok "but the CA, and says so"
setup 0 "a second time" --undo
has 'Nothing is changed' out
ok "there is nothing left to undo"
setup 1 "and once more" --yes --edit --user-agent "$agent"
echo '# mine' >>root/etc/squid/conf.d/optout.conf
sed -i 's/^Include optout-node.conf/Include mine.conf/' root/etc/c-icap/c-icap.conf
setup 1 "--undo of what somebody has changed" --undo
test -s root/etc/squid/conf.d/optout.conf.optout-saved && ! test -e root/etc/squid/conf.d/optout.conf
ok "puts his file where Squid does not read it"
grep -q '^Include mine.conf' root/etc/c-icap/c-icap.conf
ok "and leaves his line"

# --- questions ---

asked() { # STATUS NAME ANSWERS: one a line
    fresh_root
    printf '%b' "$3" >answers
    (sleep 0.1 && cat answers && sleep 0.1) |
        script -qec "$optout setup --root $dir/root --squid-version 6.13; echo status=\$?" /dev/null >out 2>err
    grep -q "status=$1" out
    ok "$2"
}
if command -v script >/dev/null; then
    asked 0 "questions, with usual answers by an empty line" \
        "\n\n(wrong)\n$agent\n\nsearch\n\nmaybe\nno\n\nyes\nyes\n"
    has 'it is needed' out && has 'it is neither; write yes or no' out
    ok "a wrong answer is asked again"
    grep -q '^optout.Profile search .*agents=ExampleBot "user-agent=ExampleBot' root/etc/c-icap/optout-node.conf &&
        grep -q '^Include optout-node.conf' root/etc/c-icap/c-icap.conf
    ok "the answers count, and leave is asked for the lines of others"
    asked 2 "the last question may be answered no" "\n$agent\n\n\n\nno\n\nyes\nno\n"
    has 'nothing was written' out && ! test -e root/etc/c-icap/optout-node.conf
    ok "then nothing is written"
else
    skip "questions" "script is not here"
fi

echo "1..$count"
exit $((failures > 0))
