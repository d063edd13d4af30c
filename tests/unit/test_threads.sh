#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What threads share without a lock, once more under ThreadSanitizer. Prints TAP;
# skips where the compiler has none.
set -u
export LC_ALL=C.UTF-8

src="${OPTOUT_SRCDIR:?}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
flags=(-std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=thread "-I$src/module" "-I$src/tests/unit")
compiler=
for cc in gcc clang; do
    echo 'int main(void) { return 0; }' >"$dir/probe.c"
    # Without address randomization, for the runtime wants its places free.
    if "$cc" "${flags[@]}" -o "$dir/probe" "$dir/probe.c" 2>/dev/null &&
        setarch -R "$dir/probe" 2>/dev/null; then
        compiler=$cc
        break
    fi
done
if [ -z "$compiler" ]; then
    echo "1..0 # SKIP no compiler has ThreadSanitizer"
    exit 0
fi

# check NAME SOURCE...: tests/unit/test_NAME.c with these files of ours.
n=0
bad=0
check() {
    local name=$1 part sources=()
    shift
    for part in "$@"; do
        sources+=("$src/module/$part.c")
    done
    n=$((n + 1))
    if "$compiler" "${flags[@]}" -o "$dir/test" "$src/tests/unit/test_$name.c" "${sources[@]}" \
        -lcrypto -lcmocka -lpthread >"$dir/log" 2>&1 && setarch -R "$dir/test" >>"$dir/log" 2>&1 &&
        ! grep -q ThreadSanitizer "$dir/log"; then
        echo "ok $n - $name: no race"
    else
        echo "not ok $n - $name: no race"
        sed 's/^/# /' "$dir/log" | head -60
        bad=1
    fi
}

echo 1..3
check remember syntax/digest core/slice
check hold icap/hold core/slice
check board policy/board core/slice core/buf core/clock
exit $bad
