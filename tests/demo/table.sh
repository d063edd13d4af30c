#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# table.sh PAGES SQUID-CONF: fetches each page through the proxy and prints what
# was found, what was decided and what the client got. Exit 1 if a row is not as
# PAGES says. Behind squid.conf, which opens no tunnel, https rows are left out.
#
# Environment: PORT (proxy), HTTP and TLS (origin), CA (the fleet's), RUN (run
# folder), DEMO_HOST, DEMO_TUNNEL, DEMO_RULES, DEMO_WORDS. TAP=1 prints TAP lines instead of a
# table. At the end, what the site with rules was asked for, from its own log.
set -euo pipefail

pages=$1 squid_conf=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0
row=0

# What each page does stands in a last column where there is room for it.
columns=200
[[ ! -t 1 ]] || columns=$(stty size 2>/dev/null | cut -d' ' -f2)

if [[ -t 1 && -z ${NO_COLOR-} ]]; then
    red=$'\e[31m' yellow=$'\e[33m' green=$'\e[32m' plain=$'\e[0m'
else
    red='' yellow='' green='' plain=''
fi

field() { # NAME: the response's last field of that name
    sed -n "s/^$1: *\\(.*[^[:space:]]\\)[[:space:]]*\$/\\1/Ip" "$work/head" | tail -n 1
}

# What the audit log says of the record with this id, or else of this URL and
# profile. Records are one object a line; the final one of an id comes last.
record_of() { # ID URL PROFILE
    local log
    for log in "$RUN"/audit/*; do
        [[ ! -f $log ]] || cat -- "$log"
    done | if [[ -n $1 ]]; then
        grep -F "\"id\":\"$1\""
    else
        grep -F "\"url\":\"$2\"" | grep -F "\"profile\":\"$3\""
    fi | tail -n 1
}

# The signals that decided, as the Optout field names them: standard and carrier.
deciding() { # RECORD
    grep -o '"standard":"[^"]*","carrier":"[^"]*"\|"deciding":true' <<<"$1" |
        sed -n 's/"standard":"\([^"]*\)","carrier":"\(http-\)\{0,1\}\([^"]*\)"/\1-\3/; t keep
            x; p; d; : keep; h' | sort -u | paste -s -d " " || true
}

member() { # RECORD NAME: a top-level string member
    sed -n "s/.*\"$2\":\"\\([^\"]*\\)\".*/\\1/p" <<<"$1"
}

fetch() { # URL PROFILE CA
    local status=0
    : >"$work/head"
    : >"$work/body"
    curl -sS --max-time 60 -x "http://127.0.0.1:$PORT" --cacert "$3" \
        -A "examplebot/1.0 ($2)" -H "X-Crawl-Programme: $2" -H 'Accept: text/html,*/*;q=0.5' \
        -D "$work/head" -o "$work/body" -w '%{http_code}' "$1" \
        >"$work/code" 2>"$work/error" || status=$?
    # Of a CONNECT only the answer inside counts.
    if [[ $1 == https:* ]]; then
        awk '/^HTTP\// { n++ } n > 1' "$work/head" >"$work/inner"
        mv "$work/inner" "$work/head"
    fi
    return "$status"
}

judge() { # EXIT-STATUS STATUS OPTOUT: what happened
    if [[ $3 == *not-ours* ]]; then
        echo forged
    elif [[ $2 == 000 || ($1 != 0 && -z $3) ]]; then
        echo failed
    elif (($1 != 0)); then
        echo cut
    elif [[ $2 == 5?? && -z $3 ]]; then
        echo error
    elif [[ $2 == 451 && -n $3 ]]; then
        echo block
    elif [[ -n $3 ]]; then
        echo tag
    else
        echo pass
    fi
}

# A late denial is cut off, blocked where it could be held, or, when the break
# overtakes the head, an error page of Squid's own.
as_expected() { # HAPPENED WANTED
    [[ $1 == "$2" || ($2 == late && $1 =~ ^(cut|block|error)$) ]]
}

show() { # URL PROFILE WANTED ABOUT CA SCHEME
    local url=$1 seen=$1 about=$4 status=0 optout code size happened id record found decision got colour mark=''
    fetch "$url" "$2" "$5" || status=$?
    code=$(<"$work/code") size=$(wc -c <"$work/body") optout=$(field Optout)
    happened=$(judge "$status" "$code" "$optout")
    id=$(sed -n 's/.*id="\([^"]*\)".*/\1/p' <<<"$optout")
    # Of a tunnel only the CONNECT was seen.
    [[ $6 != tunnel ]] || seen=${url#https://} seen=${seen%%/*}
    record=$(record_of "$id" "$seen" "$2" || true)
    decision=$(member "$record" decision)
    found=$(sed -n 's/.*by=(\([^)]*\)).*/\1/p' <<<"$optout" | tr -d '"')
    [[ -n $found ]] || found=$(deciding "$record")
    [[ $6 != tunnel ]] || found="not inspected"
    case $happened in
    cut) got="$code, broken off after $size bytes" ;;
    error) got="$code, the proxy's own error page" ;;
    block) got="$code page, $size bytes" ;;
    tag) got="$code, $size bytes, Optout field" ;;
    failed) got="nothing: $(head -n 1 "$work/error")" ;;
    *) got="$code, $size bytes" ;;
    esac
    case $happened in
    pass) colour=$green ;;
    tag) colour=$yellow ;;
    *) colour=$red ;;
    esac
    row=$((row + 1))
    if ! as_expected "$happened" "$3"; then
        wrong=$((wrong + 1))
        mark="  <- expected: $3"
    fi
    if [[ -n ${TAP-} ]]; then
        printf '%s %d - demonstration, %s for %s, %s: %s (%s)%s\n' "${mark:+not }ok" "$row" \
            "$url" "$2" "$4" "$happened" "$got" "$mark"
        return
    fi
    ((columns >= 150)) || about=''
    printf '%-43s %-9s %-28s %s%-12s%-6s%s %-31s %s%s\n' "$url" "$2" "${found:--}" \
        "$colour" "${decision:--}" "$happened" "$plain" "$got" "$about" "$mark"
}

# What the log of the site with rules must not have: a page that was blocked,
# asked for on behalf of the programme it was blocked for; a site file asked for
# twice.
never_asked() {
    local log=$RUN/log/rules-site.log scheme path profile wanted _ twice blocked=0 fetched=0
    while IFS=$'\t' read -r scheme path profile wanted _; do
        [[ $wanted == block && $scheme == rules* ]] || continue
        blocked=$((blocked + 1))
        ! grep -F " $path \"" "$log" | grep -qF "($profile)" || fetched=$((fetched + 1))
    done <"$pages"
    twice=$(cut -d '"' -f 1 "$log" | grep -E '(txt|json|xml) $' | sort | uniq -d)
    row=$((row + 1))
    [[ $fetched == 0 && -z $twice ]] || wrong=$((wrong + 1))
    if [[ -n ${TAP-} ]]; then
        [[ $fetched == 0 && -z $twice ]] || printf 'not '
        printf 'ok %d - demonstration, %d of %d pages that site rules forbid were fetched, %s\n' \
            "$row" "$fetched" "$blocked" "site files asked for twice: ${twice:-none}"
        return
    fi
    printf '\nWhat %s was asked for (http and https are two origins):\n' "$DEMO_RULES"
    sed 's/^/    /' "$log"
    printf 'Of the %d requests that its rules forbid, %s reached it.\n' "$blocked" \
        "$( ((fetched == 0)) && echo none || echo "$fetched")"
    [[ -z $twice ]] || printf 'Asked for twice: %s\n' "$twice"
}

main() {
    local scheme path profile wanted about
    [[ -n ${TAP-} ]] || printf '%-43s %-9s %-28s %-12s%-6s %s\n' \
        URL FOR FOUND DECISION "" "THE CLIENT GOT"
    while IFS=$'\t' read -r scheme path profile wanted about; do
        [[ $scheme != @(https|rules-tls) || $squid_conf != squid.conf ]] || continue
        case $scheme in
        http) show "http://$DEMO_HOST:$HTTP$path" "$profile" "$wanted" "$about" "$CA" "$scheme" ;;
        https) show "https://$DEMO_HOST:$TLS$path" "$profile" "$wanted" "$about" "$CA" "$scheme" ;;
        rules) show "http://$DEMO_RULES:$HTTP$path" "$profile" "$wanted" "$about" "$CA" "$scheme" ;;
        words) show "http://$DEMO_WORDS:$HTTP$path" "$profile" "$wanted" "$about" "$CA" "$scheme" ;;
        rules-tls) show "https://$DEMO_RULES:$TLS$path" "$profile" "$wanted" "$about" "$CA" "$scheme" ;;
        tunnel)
            show "https://$DEMO_TUNNEL:$TLS$path" "$profile" "$wanted" "$about" \
                "$RUN/tls/origin-ca.crt" tunnel
            ;;
        esac
    done <"$pages"
    never_asked
    [[ -z ${TAP-} ]] || printf '1..%d\n' "$row"
    ((wrong == 0)) || { printf '%d of %d rows are not as expected\n' "$wrong" "$row" >&2 && exit 1; }
}

main
