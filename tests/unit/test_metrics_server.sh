#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optoutd's /metrics: a real daemon, Prometheus' own checker where it is there, and clients that mean
# no good. Prints TAP.
set -u
export LC_ALL=C.UTF-8
exec python3 "${OPTOUT_SRCDIR:?}/tests/unit/metrics_scenarios.py" "${OPTOUT_BUILDDIR:?}/optoutd" \
    "$OPTOUT_BUILDDIR/optout"
