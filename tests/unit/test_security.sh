#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every claim of docs/security.md names its tests, and they are there: test_failures.sh, which
# shows that wrong rows are found, for another page. Prints TAP.
set -u
export LC_ALL=C.UTF-8

src="${OPTOUT_SRCDIR:?}"
if ! python3 -c '' 2>/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit 0
fi
out=$(python3 "$src/tests/unit/failures_table.py" "$src" "$src/docs/security.md")
status=$?
grep -v '^1\.\.' <<<"$out"
rows=$(grep -c '^\(not \)\?ok ' <<<"$out")
# A table whose head is another one would not be looked at.
lines=$(grep -c '^| [^-]' "$src/docs/security.md")
tables=$(grep -c '^|---|---|---|---|$' "$src/docs/security.md")
if [ "$rows" = "$((lines - tables))" ] && [ "$rows" -ge 40 ]; then
    echo "ok $((rows + 1)) - every row of the page is looked at"
else
    echo "not ok $((rows + 1)) - every row of the page is looked at: $rows of $((lines - tables))"
    status=1
fi
echo "1..$((rows + 1))"
exit "$status"
