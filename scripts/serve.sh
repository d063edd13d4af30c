# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Starts and stops the four servers: the demonstration's origin (nginx), optoutd,
# c-icap with the staged module, Squid. Each is an ordinary process with a private
# configuration under build/run/; its mark is kept in build/run/pid/.

readonly DEMO_HOST=demo.test
readonly DEMO_RULES=rules.test # its pages say nothing, its site files do
readonly DEMO_WORDS=words.test # reserves in words alone, in four languages
readonly DEMO_TUNNEL=tunnel.demo.test # passed through unread, to show the record of it
readonly SQUID_CONF=${OPTOUT_SQUID:-squid-bump.conf} # or squid.conf: the plain variant
readonly LOGS="$RUN/log"
readonly SERVERS=(squid c-icap optoutd nginx) # in the order they stop

# --- Up and down -----------------------------------------------------------------

serve_refuse_second() { # PORT PORT-WAS-GIVEN
    local running
    serve_all_alive || return 0
    running=$(<"$RUN/port")
    [[ $2 == no || $1 == "$running" ]] ||
        die "it is up already, with the proxy on port $running" "First: ./start down"
    say "Up already: proxy http://127.0.0.1:$running (stop it with ./start down)"
    exit 0
}

serve_all_alive() {
    local name
    for name in "${SERVERS[@]}"; do
        process_alive "$RUN/pid/$name.pid" || return 1
    done
}

serve_up() { # PORT up|show
    # A start that fails or is broken off stops what it had started.
    trap 'serve_down quietly' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    serve_down quietly
    serve_choose_ports "$1"
    serve_prepare
    step "Starting the demonstration sites, optoutd, c-icap and Squid on ports $PORT to $((PORT + 4))"
    printf '%s\n' "$PORT" >"$RUN/port"
    serve_start_nginx
    serve_start_optoutd
    serve_start_cicap
    serve_start_squid
    step "Fetching the demonstration pages through the proxy"
    if ! serve_demonstrate; then
        [[ $2 == show ]] || die "the demonstration did not come out as it should; logs: $LOGS"
        warn "the demonstration did not come out as it should; logs: $LOGS"
    fi
    step "Asking the doctor, through the proxy"
    if ! serve_doctor; then
        [[ $2 == show ]] || die "the doctor has found something"
        warn "the doctor has found something"
    fi
    serve_tell
    if [[ $2 == up ]]; then
        say "Stop it with: ./start down"
        trap - EXIT INT TERM HUP
        return
    fi
    say "Ctrl-C stops everything."
    while serve_all_alive; do sleep 1; done
    if [[ ! -f $RUN/port ]]; then
        say "Stopped by ./start down."
        exit 0
    fi
    die "a server ended by itself; logs: $LOGS"
}

# TAP=1 in the environment: TAP lines instead of a table.
serve_demonstrate() {
    env PORT="$PORT" HTTP="$HTTP" TLS="$TLS" RUN="$RUN" CA="$CA_DIR/fleet-ca.crt" \
        DEMO_HOST="$DEMO_HOST" DEMO_TUNNEL="$DEMO_TUNNEL" DEMO_RULES="$DEMO_RULES" \
        DEMO_WORDS="$DEMO_WORDS" \
        bash "$TOP/tests/demo/table.sh" "$TOP/tests/demo/pages.tsv" "$SQUID_CONF"
}

# From outside alone: our squid.conf has a port for optoutd, of which the doctor would warn. So it
# does of a proxy that opens no https, which squid.conf is. TAP=1: a line of it.
serve_doctor() {
    local status=0 tool log=$LOGS/doctor.txt expected=0
    tool=$(staged optout)
    [[ $SQUID_CONF == squid-bump.conf ]] || expected=1
    "$tool" doctor --proxy "http://127.0.0.1:$PORT" --icap "icap://127.0.0.1:$ICAP/optout" \
        --config "$RUN/c-icap.conf" --daemon-conf "$RUN/optoutd.conf" \
        --ca "$CA_DIR/fleet-ca.crt" --origin "127.0.0.1:$DOCTOR" --user-agent ExampleBot/1.0 \
        >"$log" || status=$?
    if ((status == expected)); then
        say "    $(tail -n 1 "$log"); all of it: $log"
    else
        grep -v '^ok ' "$log"
    fi
    if [[ ${TAP-} == 1 ]]; then
        ((status == expected)) || printf 'not '
        printf 'ok - %s: the doctor ends with %d\n' "$SQUID_CONF" "$status"
    fi
    ((status == expected))
}

serve_tell() {
    say "" \
        "The proxy is up: http://127.0.0.1:$PORT" \
        "  CA to trust for https:  $CA_DIR/fleet-ca.crt" \
        "  records:                $RUN/audit/" \
        "  logs:                   $LOGS/" \
        "Try: curl -ix http://127.0.0.1:$PORT http://$DEMO_HOST:$HTTP/" \
        "     curl -ix http://127.0.0.1:$PORT http://$DEMO_RULES:$HTTP/essays/tide.html" \
        "     curl -ix http://127.0.0.1:$PORT --cacert ${CA_DIR#"$PWD"/}/fleet-ca.crt \\" \
        "          -H 'X-Crawl-Programme: search' https://$DEMO_HOST:$TLS/search-only.html"
}

serve_down() { # [quietly]
    local name any=no
    trap '' INT # a second Ctrl-C must not leave half of it behind
    for name in "${SERVERS[@]}"; do
        if process_alive "$RUN/pid/$name.pid"; then
            any=yes
            [[ ${1-} == quietly && $name != squid ]] || step "Stopping ${name/#squid/the proxy}"
        fi
        case $name in
        squid) process_stop "$RUN/pid/$name.pid" 10 ;;
        c-icap) process_stop "$RUN/pid/$name.pid" 18 ;;
        *) process_stop "$RUN/pid/$name.pid" 5 ;;
        esac
    done
    serve_sweep
    rm -f "$RUN/port"
    [[ $any == yes || ${1-} == quietly ]] || say "Nothing was up."
    trap - INT
}

# What servers leave in /dev/shm and /tmp when they are killed. Squid's names
# carry our port; c-icap's were noted when it was up.
serve_sweep() {
    local inode path
    [[ ! -s $RUN/port ]] || rm -f "/dev/shm/optout$(<"$RUN/port")"-*
    [[ -f $RUN/leftovers ]] || return 0
    while read -r inode path; do
        [[ $(stat -c %i "$path" 2>/dev/null) != "$inode" ]] || rm -f "$path"
    done <"$RUN/leftovers"
    rm -f "$RUN/leftovers"
}

serve_status() {
    local name mark
    for name in nginx optoutd c-icap squid; do
        if process_alive "$RUN/pid/$name.pid"; then
            mark=$(<"$RUN/pid/$name.pid")
            say "$name: up, process ${mark%% *}"
        else
            say "$name: not up"
        fi
    done
    [[ ! -d $LOGS ]] || say "logs: $LOGS/" "records: $RUN/audit/"
    serve_all_alive || return 1
    say "proxy: http://127.0.0.1:$(<"$RUN/port")"
}

# --- Before ------------------------------------------------------------------------

serve_choose_ports() {
    local port
    PORT=$1 ICAP=$(($1 + 1)) HTTP=$(($1 + 2)) TLS=$(($1 + 3)) DISCOVERY=$(($1 + 4)) DOCTOR=$(($1 + 5))
    for port in "$PORT" "$ICAP" "$HTTP" "$TLS" "$DISCOVERY" "$DOCTOR" $((DOCTOR + 1)); do
        ! port_open "$port" ||
            die "port $port of 127.0.0.1 is taken by another program" \
                "Choose others: ./start --port N uses N to N+6."
    done
    ((PORT >= 1024 || EUID == 0)) || die "only root may listen on port $PORT" "Choose one above 1023."
}

serve_prepare() {
    MODULE=$(staged srv_optout.so)
    MODULE_CONF=$(staged srv_optout.conf)
    DAEMON=$(staged optoutd)
    [[ -n $MODULE && -n $MODULE_CONF && -n $DAEMON ]] || die "srv_optout or optoutd is not staged in $STAGE" "See $BUILD/make.log"
    TEMPLATES=$(find "$STAGE" -type d -path '*/templates/srv_optout' -print -quit)
    TEMPLATES=${TEMPLATES%/srv_optout}
    CERTGEN=$(find /usr/lib/squid /usr/libexec/squid -name security_file_certgen -print -quit 2>/dev/null)
    [[ -n $CERTGEN ]] || die "security_file_certgen is not here" "It comes with the package squid-openssl."
    [[ $(squid -v) == *--with-openssl* ]] ||
        die "$(command -v squid) has no ssl-bump" "With both packages of Debian 13: update-alternatives --set squid /usr/sbin/squid-openssl"

    [[ ! -L $RUN/squid ]] || rm -rf "$(readlink "$RUN/squid")"
    rm -rf "$RUN"
    mkdir -p "$RUN/pid" "$LOGS" "$RUN/tls" "$RUN/audit" "$RUN/spool" "$RUN/store" \
        "$RUN/optoutd" "$RUN/nginx" "$RUN/c-icap"
    chmod 750 "$RUN/audit"
    : >"$LOGS/c-icap.log"
    SOCKET=$RUN/optoutd/optoutd.sock
    ((${#SOCKET} < 108)) || die "the path $SOCKET is too long for a socket" \
        "Choose a shorter folder: OPTOUT_RUN=/tmp/optout ./start"
    SERVER_USER=$(id -un)
    SQUID_DIR=$RUN/squid
    mkdir "$SQUID_DIR"
    if ((EUID == 0)); then
        # Squid gives up root for the user proxy, who must get into its folder;
        # c-icap and nginx give it up as well where the tree can be read.
        if runuser -u proxy -- test -x "$SQUID_DIR" -a -r "$MODULE"; then
            SERVER_USER=proxy
            chown -R proxy:proxy "$RUN/audit" "$RUN/spool" "$RUN/store" "$RUN/optoutd" \
                "$RUN/c-icap" "$LOGS/c-icap.log"
        else
            rmdir "$SQUID_DIR"
            SQUID_DIR=$(mktemp -d /run/optout-squid.XXXXXX)
            ln -s "$SQUID_DIR" "$RUN/squid"
            say "    the user proxy cannot get into $RUN: Squid's files are in $SQUID_DIR," \
                "    and c-icap, optoutd and nginx stay root"
        fi
    fi
    mkdir -p "$SQUID_DIR/log"
    ln -s "$SQUID_DIR/log" "$LOGS/squid"

    CA_DIR=$BUILD/tls
    [[ -f $CA_DIR/fleet-ca.key ]] || tls_make_ca "$CA_DIR" '' 730 no >/dev/null
    tls_make_origin "$RUN/tls" "$DEMO_HOST" "$DEMO_TUNNEL" "$DEMO_RULES" "$DEMO_WORDS"
    bash "$TOP/tests/demo/site.sh" "$TOP/tests/demo/site" "$RUN/site" \
        "$TOP/tests/demo/rules" "$RUN/rules" "$DEMO_RULES:$HTTP"
    serve_write_nginx
    serve_write_optoutd
    serve_write_cicap
    serve_write_squid
}

# --- Configuration -------------------------------------------------------------------

serve_write_nginx() {
    local user="user $SERVER_USER;"
    ((EUID == 0)) || user=''
    [[ $user != 'user root;' ]] || user='user root root;'
    sed -e "s|@RUN@|$RUN|g; s|@HTTP@|$HTTP|g; s|@TLS@|$TLS|g; s|@USER@|$user|g" \
        -e "s|@HOSTS@|$DEMO_HOST $DEMO_TUNNEL|g; s|@RULES@|$DEMO_RULES|g" \
        -e "s|@WORDS@|$DEMO_WORDS|g" \
        "$TOP/tests/demo/nginx.conf" >"$RUN/nginx.conf"
}

# Everything of the demonstration is on this machine, and only Squid knows its names:
# optoutd asks through a port of its own, whose exchanges the filter does not see.
serve_write_optoutd() {
    cat >"$RUN/optoutd.conf" <<CONF
optoutd.SiteStore $RUN/store
optoutd.Socket $SOCKET
optoutd.Agents $TOP/conf/agents.tsv
optoutd.Proxy http://127.0.0.1:$DISCOVERY
optoutd.CaFile $RUN/tls/origin-ca.crt
optoutd.AllowPrivate on
optoutd.Node demo
CONF
}

serve_write_cicap() {
    local modules_dir user=''
    modules_dir=$(c-icap-config --modulesdir)
    [[ $SERVER_USER != proxy ]] || user=$'User proxy\nGroup proxy'
    cat >"$RUN/c-icap.conf" <<CONF
PidFile $RUN/c-icap/pid
CommandsSocket $RUN/c-icap/ctl
$user
Timeout 300
MaxKeepAliveRequests 0
KeepAliveTimeout 600
StartServers 1
MaxServers 1
MinSpareThreads 1
MaxSpareThreads 1000
ThreadsPerChild 100
MaxRequestsPerChild 0
Port 127.0.0.1:$ICAP
ServerName $DEMO_HOST
TmpDir $RUN/spool
DebugLevel 1
Pipelining on
SupportBuggyClients off
ModulesDir $modules_dir
ServicesDir $modules_dir
TemplateDir ${TEMPLATES:-$RUN}
TemplateDefaultLanguage en
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog $LOGS/c-icap.log
Service optout $MODULE
Include $RUN/srv_optout.conf
CONF
    serve_write_module
}

# The shipped configuration with our folders, and the demonstration's profiles
# behind it.
serve_write_module() {
    {
        grep -vE '^[[:space:]]*(Service|optout\.(AuditDir|SpoolDir|Node|Clients|Profile|DefaultProfile|SiteStore|SiteSocket|Agents))[[:space:]]' \
            "$MODULE_CONF"
        cat <<CONF

# From here on by ./start.
optout.AuditDir $RUN/audit
optout.SpoolDir $RUN/spool
optout.SiteStore $RUN/store
optout.SiteSocket $SOCKET
optout.Agents $TOP/conf/agents.tsv
optout.Node demo
optout.Clients $TOP/conf/clients.tsv
optout.Profile training purpose=train-ai agents=examplebot reserved=block conditional=block weak=tag
optout.Profile search purpose=search agents=examplebot reserved=block conditional=tag weak=tag
optout.DefaultProfile training
CONF
    } >"$RUN/srv_optout.conf"
}

squid_version() { squid -v | sed -n '1s/.*Version \([0-9.]*\).*/\1/p'; }

# The shipped configuration with our folders and ports. What Squid reads after it
# has given up root lies in its own folder.
serve_write_squid() {
    cp "$RUN/tls/origin-ca.crt" "$SQUID_DIR/"
    sed "s/^nobody\\.invalid\$/$DEMO_TUNNEL/" "$TOP/conf/squid-never-bump.txt" >"$SQUID_DIR/never-bump.txt"
    {
        cat /etc/hosts 2>/dev/null || true
        printf '\n127.0.0.1 %s %s %s %s\n' "$DEMO_HOST" "$DEMO_TUNNEL" "$DEMO_RULES" "$DEMO_WORDS"
    } >"$SQUID_DIR/hosts"
    squid_localise "$TOP/conf/$SQUID_CONF" >"$RUN/squid.conf"
    "$CERTGEN" -c -s "$SQUID_DIR/certs" -M 4MB >"$LOGS/certgen.log" 2>&1 ||
        die "security_file_certgen could not make its store" "See $LOGS/certgen.log"
    ((EUID != 0)) || chown -R proxy:proxy "$SQUID_DIR"
    logged "$LOGS/squid-parse.log" squid -k parse -f "$RUN/squid.conf"
}

squid_localise() { # FILE
    sed -e "s|^http_port 3128|http_port 127.0.0.1:$PORT|" \
        -e "/^acl fleet src 127/i http_port 127.0.0.1:$DISCOVERY name=discovery\nacl discovery myportname discovery" \
        -e "s|^adaptation_access \([a-z_]*\) *allow .*|adaptation_access \1 deny discovery\n&|" \
        -e "s|/etc/squid/optout/fleet-ca|$CA_DIR/fleet-ca|g" \
        -e "s|/etc/squid/optout/never-bump.txt|$SQUID_DIR/never-bump.txt|" \
        -e "s|/var/spool/squid/optout_certs -M 16MB|$SQUID_DIR/certs -M 4MB|" \
        -e "s|^\(sslcrtd_program \)[^ ]*|\1$CERTGEN|" \
        -e "s|/var/spool/squid|$SQUID_DIR|; s|/var/log/squid|$SQUID_DIR/log|" \
        -e "s|/run/squid.pid|$SQUID_DIR/squid.pid|" \
        -e "s|icap://127.0.0.1:1344/|icap://127.0.0.1:$ICAP/|" \
        -e "s|^tls_outgoing_options .*|& cafile=$SQUID_DIR/origin-ca.crt|" \
        -e "s|^adaptation_meta X-Squid-Version .*|adaptation_meta X-Squid-Version $(squid_version)|" \
        -e "s|^shutdown_lifetime .*|shutdown_lifetime 1 seconds|" \
        -e "/^http_access deny !web_ports/i acl tls_ports port $TLS\\nacl demo_site dstdomain -n $DEMO_HOST $DEMO_TUNNEL $DEMO_RULES $DEMO_WORDS" \
        -e "/^http_access deny to_localhost/i http_access allow fleet demo_site" \
        -e "s|^acl doctor_http port .*|acl doctor_http port $DOCTOR|" \
        -e "s|^acl doctor_https port .*|acl doctor_https port $((DOCTOR + 1))|" \
        -e "\$a hosts_file $SQUID_DIR/hosts" "$1"
}

# --- Start -----------------------------------------------------------------------------

# launch NAME COMMAND…: in a session of its own, so that Ctrl-C reaches only us.
launch() {
    local name=$1 pid
    shift
    setsid "$@" >"$LOGS/$name.out" 2>&1 </dev/null &
    pid=$!
    process_mark "$pid" >"$RUN/pid/$name.pid" || true
}

# up_or_die NAME LABEL SECONDS COMMAND…: waits for COMMAND while NAME lives.
up_or_die() {
    local name=$1 label=$2 tries=$(($3 * 10)) log
    shift 3
    until "$@"; do
        if ! process_alive "$RUN/pid/$name.pid" || ((tries-- == 0)); then
            for log in "$LOGS/$name".* "$LOGS/squid/cache.log"; do
                [[ -s $log ]] || continue
                [[ $log != */squid/* || $name == squid ]] || continue
                printf -- '--- %s\n' "$log" >&2
                tail -n 12 "$log" >&2
            done
            die "$label did not come up; logs: $LOGS"
        fi
        sleep 0.1
    done
}

# Notes what c-icap has made outside its folder, with the inode, for the same
# name may be another c-icap's by the time we sweep.
leftovers_note() { # PID
    local path
    {
        find "/proc/$1/fd" -lname '/tmp/icap_lock_*' -printf '%l\n'
        sed -n 's|.* \(/dev/shm/c-icap-[^ ]*\)$|\1|p' "/proc/$1/maps"
    } 2>/dev/null | sort -u | while IFS= read -r path; do
        [[ ! -e $path ]] || stat -c '%i %n' "$path"
    done >"$RUN/leftovers"
}

serve_start_nginx() {
    launch nginx nginx -p "$RUN/nginx/" -e "$LOGS/nginx.log" -c "$RUN/nginx.conf"
    up_or_die nginx "the demonstration site (nginx)" 10 port_open "$TLS"
}

serve_start_optoutd() {
    local -a as_user=()
    # Root gives itself up for the user that c-icap has, in the same process.
    [[ $SERVER_USER != proxy ]] || as_user=(setpriv --reuid=proxy --regid=proxy --init-groups)
    launch optoutd "${as_user[@]}" "$DAEMON" -c "$RUN/optoutd.conf"
    up_or_die optoutd optoutd 10 test -S "$SOCKET"
}

serve_start_cicap() {
    local profile mark
    # -D makes it say why it ends: a wrong configuration is exit 0 and silence.
    launch c-icap c-icap -N -D -d 1 -f "$RUN/c-icap.conf"
    for profile in training search; do
        up_or_die c-icap "c-icap with srv_optout" 15 icap_answers "optout?profile=$profile"
    done
    mark=$(<"$RUN/pid/c-icap.pid")
    leftovers_note "${mark%% *}"
}

icap_answers() ( # SERVICE; in a subshell, for a refused connection ends the shell
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$ICAP" || exit 1
    printf 'OPTIONS icap://127.0.0.1:%s/%s ICAP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$ICAP" "$1" >&3
    IFS= read -r -t 5 line <&3 || exit 1
    [[ $line == 'ICAP/1.0 200'* ]]
)

serve_start_squid() {
    launch squid squid -N -n "optout$PORT" -f "$RUN/squid.conf"
    up_or_die squid "Squid" 20 port_open "$PORT"
}
