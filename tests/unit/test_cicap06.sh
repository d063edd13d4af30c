#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The module and the services of the bench are compiled, with every warning an error, against
# c-icap 0.6: always against the shape of it that cicap06/shape.h writes down, and against its
# own headers where a 0.6 is installed or OPTOUT_CICAP06 names the folder that holds c_icap/.
# Prints TAP.
set -u
export LC_ALL=C.UTF-8

src=${OPTOUT_SRCDIR:?} build=${OPTOUT_BUILDDIR:?}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
compiler=
for name in gcc clang cc; do
    command -v "$name" >/dev/null && compiler=$name && break
done
if [ -z "$compiler" ]; then
    echo "1..0 # SKIP there is no compiler"
    exit 0
fi
flags=(-std=c11 -D_GNU_SOURCE -DHAVE_CONFIG_H '-DOPTOUT_CONFIGDIR="/etc"' -DCI_BUILD_MODULE
    -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Werror "-I$src/module" "-I$build" -isystem /usr/include/libxml2)
sources=("$src"/module/icap/*.c "$src"/tests/bench/srv_*.c)
count=0 failures=0

ok() { # STATUS NAME: of a compiler whose words are in $dir/log
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        failures=$((failures + 1))
        echo "not ok $count - $2"
        grep -E 'error|warning' "$dir/log" | head -n 20 | sed 's/^/# /'
    fi
}
skip() { # NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

compile() { # FOLDER FILE…: against the headers in it
    local folder=$1
    shift
    "$compiler" "${flags[@]}" -isystem "$folder" -isystem "$folder/c_icap" "$@" >"$dir/log" 2>&1
}

# ---- against the shape ----

# Each header of c-icap's that is asked for is the one shape.
mkdir -p "$dir/shape/c_icap"
mapfile -t headers < <(cat "${sources[@]}" "$src"/module/icap/*.h | sed -n 's|^#include <c_icap/\(.*\)>$|\1|p' | sort -u)
for header in "${headers[@]}"; do
    # shellcheck disable=SC2086
    printf '#include "%s/tests/unit/cicap06/shape.h"\n' "$src" >"$dir/shape/c_icap/$header"
done
compile "$dir/shape" "${sources[@]}"
ok $? "the module and the bench services are compiled against the shape of 0.6"

probe() { # STATEMENT: one function of it alone, compiled
    printf '#include <c_icap/c-icap.h>\n%s;\n%s { (void)req; (void)m; (void)room; (void)n; %s return 0; }\n' \
        "$probe" "$probe" "$1" >"$dir/probe.c"
    compile "$dir/shape" "$dir/probe.c"
}
probe='int probe(ci_request_t *req, ci_membuf_t *m, char *room, int n)'
probe 'ci_stat_uint64_inc(1, (uint64_t)n); ci_membuf_read(m, room, (size_t)n); room = ci_service_data(req);'
ok $? "what 0.6 takes goes through"
# Were the shape that of 0.5, each of these would go through, too.
refused() { # NAME STATEMENT
    ! probe "$2"
    ok $? "refused: $1"
}
refused "a figure raised by an int" 'ci_stat_uint64_inc(1, n);'
refused "a length that is an int" 'ci_membuf_read(m, room, n);'
refused "a field of the request that has a function" 'return req->hasbody;'
refused "an assignment to what was a macro" 'ci_service_data(req) = room;'

# ---- against the real one ----

real=${OPTOUT_CICAP06-}
if [ -z "$real" ] && [[ $(c-icap-config --version 2>/dev/null) == 0.6* ]]; then
    real=/usr/include
fi
if [ -z "$real" ]; then
    skip "against the headers of a c-icap 0.6" "there is none: OPTOUT_CICAP06=FOLDER that holds c_icap/"
    skip "the shape says what these headers say" "there is none"
else
    compile "$real" "${sources[@]}"
    ok $? "the module and the bench services are compiled against the headers in $real"
    {
        echo '#include <stdint.h>'
        printf '#include <c_icap/%s>\n' "${headers[@]}"
        echo '#define SHAPE_CALLS_ONLY'
        printf '#include "%s/tests/unit/cicap06/shape.h"\n' "$src"
    } >"$dir/both.c"
    compile "$real" -Wno-redundant-decls "$dir/both.c"
    ok $? "the shape says what these headers say"
fi
echo "1..$count"
exit $((failures > 0))
