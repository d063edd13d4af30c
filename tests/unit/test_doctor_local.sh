#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout doctor --local: a machine that works has nothing wrong, and each thing that is broken
# there has its finding. Prints TAP. The tool is that of $OPTOUT_BUILDDIR.
set -u
export LC_ALL=C.UTF-8
PATH="$PATH:/usr/sbin"
for need in python3 c-icap openssl squid; do
    if ! command -v "$need" >/dev/null; then
        echo "1..0 # SKIP $need is missing"
        exit 0
    fi
done
if [[ $(squid -v) != *--with-openssl* ]]; then
    echo "1..0 # SKIP this Squid has no ssl-bump"
    exit 0
fi
exec python3 "${OPTOUT_SRCDIR:?}/tests/unit/doctor_machine.py"
