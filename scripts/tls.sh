# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Certificates: the fleet's CA, which crawlers trust and Squid signs with, and
# the throw-away ones of the demonstration's origin.

# A name as openssl's -subj takes it.
tls_subject() {
    local name=$1
    [[ -n $name && ${#name} -le 64 && $name != *[[:cntrl:]]* ]] ||
        die "a CA name has 1 to 64 characters and no control characters"
    name=${name//\\/\\\\}
    name=${name//\//\\/}
    name=${name//+/\\+}
    printf '/CN=%s' "$name"
}

tls_make_ca() { # DIR NAME DAYS FORCE
    local dir=$1 name=${2:-"optout crawl fleet, $(uname -n)"} days=$3 force=$4 subject scratch
    name=${name:0:64}
    [[ -z $2 ]] || name=$2
    subject=$(tls_subject "$name")
    if [[ (-e $dir/fleet-ca.key || -e $dir/fleet-ca.crt) && $force != yes ]]; then
        die "there is a CA in $dir already; every crawler that trusts it would lose it" \
            "Choose another folder with --dir, or replace it with --force."
    fi
    mkdir -p "$dir" || die "the folder $dir cannot be made" "Choose another with --dir."
    [[ -w $dir ]] || die "the folder $dir cannot be written" "Choose another with --dir, or be root."

    # Whole or not at all: made beside the place, moved in at the end.
    scratch=$(mktemp -d "$dir/.new.XXXXXX")
    if ! (umask 077 && tls_self_signed "$scratch/fleet-ca" "$subject" "$days"); then
        rm -rf "$scratch"
        die "openssl could not make the CA (above)"
    fi
    chmod 644 "$scratch/fleet-ca.crt"
    mv -f "$scratch/fleet-ca.key" "$scratch/fleet-ca.crt" "$dir/"
    rmdir "$scratch"
    dir=$(cd "$dir" && pwd -P)
    say "Fleet CA \"$name\", good for $days days." \
        "  private key, for Squid alone (mode 0600): $dir/fleet-ca.key" \
        "  certificate, for every crawler to trust:  $dir/fleet-ca.crt" \
        "  SHA-256 fingerprint: $(openssl x509 -in "$dir/fleet-ca.crt" -noout -fingerprint -sha256 |
            sed 's/.*=//')"
}

tls_self_signed() { # PATH-WITHOUT-SUFFIX SUBJECT DAYS
    openssl req -x509 -newkey rsa:3072 -sha256 -nodes -batch -utf8 -days "$3" -subj "$2" \
        -keyout "$1.key" -out "$1.crt" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>"$1.log" ||
        { cat "$1.log" >&2 && return 1; }
    rm -f "$1.log"
}

# The demonstration's origin: a CA of its own, so that Squid has something to
# verify, and a certificate for NAMES…
tls_make_origin() { # DIR NAME…
    local dir=$1 name names=IP:127.0.0.1
    shift
    for name; do names+=",DNS:$name"; done
    mkdir -p "$dir"
    tls_self_signed "$dir/origin-ca" "/CN=optout demonstration origin CA" 30
    {
        openssl req -newkey rsa:2048 -nodes -batch -subj "/CN=$1" \
            -keyout "$dir/origin.key" -out "$dir/origin.csr"
        openssl x509 -req -sha256 -in "$dir/origin.csr" -days 30 -out "$dir/origin.crt" \
            -CA "$dir/origin-ca.crt" -CAkey "$dir/origin-ca.key" -set_serial "$RANDOM$RANDOM" \
            -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names")
    } 2>"$dir/openssl.log" || die "openssl could not make the origin's certificate" "See $dir/openssl.log"
    rm -f "$dir/origin-ca.key" "$dir/origin.csr"
}
