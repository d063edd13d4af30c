#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mandoc has nothing to say about the manual pages. Prints TAP.
set -u

srcdir=${OPTOUT_SRCDIR:-.} builddir=${OPTOUT_BUILDDIR:-.}
if ! command -v mandoc >/dev/null; then
    echo "1..0 # SKIP mandoc is not installed"
    exit 0
fi
tests=0
for page in "$srcdir"/docs/man/*.[1-8] "$builddir"/docs/man/*.[1-8]; do
    [ -f "$page" ] || continue
    tests=$((tests + 1))
    said=$(mandoc -T lint -W warning "$page" 2>&1)
    if [ -z "$said" ]; then
        echo "ok $tests - ${page##*/}"
    else
        echo "not ok $tests - ${page##*/}"
        sed 's/^/# /' <<<"$said"
    fi
done
echo "1..$tests"
[ "$tests" -ge 5 ]
