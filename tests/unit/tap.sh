# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# tap.sh - what the tests of the command line tool share: a folder of their own, the tool as
# $optout, and TAP. Sourced.
set -u
export LC_ALL=C.UTF-8

# shellcheck disable=SC2034 # theirs
optout="${OPTOUT_BUILDDIR:?}/optout"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
count=0
failures=0
status=0

tool=("$optout")
run() { # ARGUMENTS: leaves out, err and $status
    "${tool[@]}" "$@" >out 2>err </dev/null
    status=$?
}

expect() { # STATUS NAME ARGUMENTS
    local want=$1 name=$2
    shift 2
    run "$@"
    [ "$status" -eq "$want" ]
    ok "$name"
}

has() { grep -qF -- "$1" "$2"; }

ok() { # NAME: the last command succeeded
    local good=$?
    count=$((count + 1))
    if [ "$good" -eq 0 ]; then
        echo "ok $count - $1"
    else
        failures=$((failures + 1))
        echo "not ok $count - $1"
        sed 's/^/# out: /' out 2>/dev/null | cat -v | head -20
        sed 's/^/# err: /' err 2>/dev/null | cat -v | head -20
        echo "# exit status $status"
    fi
}
