#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The build prints the shipped configurations and their manual pages from the tables of
# directives: each directive once, in every one of them, and no name that is in no table.
# Prints TAP.
set -u
export LC_ALL=C.UTF-8

build="${OPTOUT_BUILDDIR:?}"
script="${OPTOUT_SRCDIR:?}/conf/directives.awk"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failures=0
number=0

ok() { # STATUS NAME
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        failures=$((failures + 1))
        echo "not ok $number - $2"
        sed 's/^/# /' "$dir/diff"
    fi
}

whole() { # NAME PREFIX TABLE
    sed -n 's/^\([A-Z][A-Za-z]*\) .*/\1/p' "$3" | sort >"$dir/table"
    [ "$(wc -l <"$dir/table")" -gt 20 ] 2>"$dir/diff"
    ok $? "$1: the program prints its table"
    sed -n "s/^# TAG: $2\\.//p" "$build/conf/$1" | sort | diff "$dir/table" - >"$dir/diff"
    ok $? "$1 holds each directive once"
    sed -n "s/^\\.It Ic $2\\.\\([A-Za-z]*\\).*/\\1/p" "$build/docs/man/$1.5" | sort |
        diff "$dir/table" - >"$dir/diff"
    ok $? "$1.5 holds each directive once"
}

refused() { # NAME MODE LINE…: such a file stops the build
    local name=$1 as=$2
    shift 2
    printf '%s\n' "$@" >"$dir/made.in"
    ! awk -v as="$as" -v prefix=optout -f "$script" "$dir/service" "$dir/made.in" \
        >"$dir/diff" 2>&1
    ok $? "$name"
}

echo 1..11
"$build/optout" config directives >"$dir/service" || exit 99
"$build/optoutd" --directives >"$dir/daemon" || exit 99
whole srv_optout.conf optout "$dir/service"
whole optoutd.conf optoutd "$dir/daemon"
refused "a setting of no directive" conf @directives "@after NoSuch" "optout.NoSuch 1"
refused "an item of no directive" man "@item NoSuch" @others
refused "a page without the others" man "@item HoldMax"
refused "a configuration without its directives" conf "# nothing"
: >"$dir/service"
refused "an empty table" conf @directives
[ "$failures" -eq 0 ]
