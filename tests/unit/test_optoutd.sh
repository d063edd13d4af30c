#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The daemon as its neighbours meet it: a real optoutd, an origin on loopback, a
# client of its socket, a service manager; with redis-server, a fleet of two.
# Then its table of directives against page and example. Prints TAP. The binary
# is that of $OPTOUT_BUILDDIR.
set -u
export LC_ALL=C.UTF-8

optoutd="${OPTOUT_BUILDDIR:?}/optoutd"
if ! python3 -c 'import http.server' 2>/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit 0
fi
exec python3 "${OPTOUT_SRCDIR:?}/tests/unit/optoutd_scenarios.py" "$optoutd"
