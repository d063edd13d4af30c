#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optoutd, optout-ship and the filter in c-icap as a service manager starts them, with a journal that
# reads what they say. Prints TAP. What is built is in $OPTOUT_BUILDDIR.
set -u
export LC_ALL=C.UTF-8
exec python3 "${OPTOUT_SRCDIR:?}/tests/unit/journal_scenarios.py"
