#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_hardening.sh [FILE...]: what makes a fault hard to use, read back from the programs: those
# of $OPTOUT_BUILDDIR, or the files. Prints TAP.
set -u
export LC_ALL=C.UTF-8

if ! command -v readelf >/dev/null; then
    echo "1..0 # SKIP readelf is missing (binutils)"
    exit 0
fi
files=("$@")
if ((!$#)); then
    build=${OPTOUT_BUILDDIR:?}
    for file in optout optoutd optout-ship .libs/srv_optout.so; do
        [ ! -e "$build/.libs/$file" ] || file=.libs/$file
        [ -e "$build/$file" ] && files+=("$build/$file")
    done
fi
number=0 failed=0

result() { # WHAT-IS-WRONG NAME
    number=$((number + 1))
    if [ -z "$1" ]; then
        echo "ok $number - $2"
    else
        failed=$((failed + 1))
        echo "not ok $number - $2"
        echo "# $1"
    fi
}

# Fails where the output has no line like this.
has() { # NAME PATTERN OUTPUT
    local wrong=
    grep -qE -- "$2" <<<"$3" || wrong="no line has $2"
    result "$wrong" "$1"
}

hasnt() { # NAME PATTERN OUTPUT
    local line
    line=$(grep -E -m1 -- "$2" <<<"$3")
    result "$line" "$1"
}

look_at() { # FILE
    local name head segments dynamic symbols
    name=$(basename "$1")
    head=$(readelf -hW "$1") segments=$(readelf -lW "$1")
    dynamic=$(readelf -dW "$1") symbols=$(readelf -W --dyn-syms "$1")
    has "$name: position-independent" 'Type: *DYN' "$head"
    has "$name: relocations read-only" 'GNU_RELRO' "$segments"
    has "$name: bound at the start" 'BIND_NOW|FLAGS_1.*NOW' "$dynamic"
    hasnt "$name: no executable stack" 'GNU_STACK.* R?WE ' "$segments"
    has "$name: a stack that says so" 'GNU_STACK' "$segments"
    hasnt "$name: nothing both written and run" 'LOAD.* RWE ' "$segments"
    hasnt "$name: no path of libraries" '\((RPATH|RUNPATH)\)' "$dynamic"
    hasnt "$name: no text relocations" 'TEXTREL' "$dynamic"
    has "$name: stack protected" '__stack_chk_fail' "$symbols"
    if grep -qE '__(asan|tsan|msan)_init' <<<"$symbols"; then
        result "" "$name: fortified # SKIP a build with sanitizers"
    else
        has "$name: fortified" ' __[a-z]+_chk(@|$)' "$(grep -v stack_chk <<<"$symbols")"
    fi
}

echo "1..$((${#files[@]} * 10 + 1))"
wrong=
((${#files[@]})) || wrong="no programs"
result "$wrong" "there are programs"
for file in "${files[@]}"; do
    look_at "$file"
done
[ "$failed" = 0 ]
