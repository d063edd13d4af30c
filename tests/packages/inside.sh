# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What in_root and in_machine have in common: checks in TAP, packages of this and of an earlier
# version, what is left behind. Sourced; SUITE, DIR (where packages lie), OLDER, LOG, NAMES and FAILED are
# the caller's.
# shellcheck disable=SC2034,SC2153

check() { # NAME COMMAND…
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        LAST_OUTPUT=$output
        printf 'ok - %s: %s\n' "$SUITE" "$name"
    else
        printf 'not ok - %s: %s\n' "$SUITE" "$name"
        # shellcheck disable=SC2001 # each line
        sed 's/^/# /' <<<"$output" | tail -n 20
        FAILED=1
    fi
}

apt() { apt-get -q -y -o Dpkg::Use-Pty=0 "$@"; }

is() { # WANTED COMMAND…
    local wanted=$1 got
    shift
    got=$("$@")
    [[ $got == "$wanted" ]] || {
        printf 'wanted %s\ngot    %s\n' "$wanted" "$got"
        return 1
    }
}

within_seconds() { # SECONDS COMMAND…
    local tries=$(($1 * 10))
    shift
    until "$@"; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# --- Packages of an earlier version ------------------------------------------------

# The same with a lower number and the configurations of an older state.
make_old() {
    local deb file tree=$DIR/old/tree
    mkdir -p "$DIR/old"
    for deb in "$DIR"/new/*.deb; do
        rm -rf "$tree"
        dpkg-deb -R "$deb" "$tree"
        sed -i -E 's/^(Version: ).*/\10.0.9/; s/\(= [^)]*\)/(= 0.0.9)/g' "$tree/DEBIAN/control"
        [[ ! -f $tree/etc/c-icap/terms.tsv ]] || echo '# of an earlier version' >>"$tree/etc/c-icap/terms.tsv"
        for file in "$OLDER"/conf/*; do
            [[ ! -f $tree/etc/c-icap/${file##*/} ]] || cp "$file" "$tree/etc/c-icap/"
        done
        dpkg-deb -b "$tree" "$DIR/old/" >/dev/null
    done
    rm -rf "$tree"
}

debs() { # old or new
    local name
    for name in "${NAMES[@]}"; do printf '%s\n' "$DIR/$1/${name}"_*.deb; done
}

# Where an admin and the packages have both changed a configuration, the admin's is kept.
install_packages() { # old or new, LOG
    local -a files
    mapfile -t files < <(debs "$1")
    apt -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install \
        --no-install-recommends "${files[@]}" >"$2" 2>&1 </dev/null || {
        tail -n 20 "$2"
        return 1
    }
}

# --- What is there -------------------------------------------------------------------

whose() { stat -c '%U:%G %a' "$1"; }
# Everything below it, by content.
content() { (cd "$1" && find . -type f ! -name lock.mdb ! -name lock -exec sha256sum {} + | sort -k 2); }

# Every path, but where others write as they run.
paths() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path "$DIR" -o -path /tmp -o -path /run \
        -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log \
        -o -path '/var/spool/squid/[0-9A-F]*' -o -path '/var/spool/squid/swap.state' \) -prune -o -print |
        grep -v -e '^/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-$' | sort
}
# What is new, and in no package that is here: libraries came with ours.
left_behind() {
    comm -13 "$DIR/paths.before" <(paths) | comm -23 - <(sort -u /var/lib/dpkg/info/*.list) |
        grep -v -e '/squid/conf.d/00-test.conf$' -e '/deb-systemd-helper-' -e /__pycache__
    find /run /tmp /var/cache /var/log -xdev -path "$LOG" -prune -o -iname '*optout*' -print
}
