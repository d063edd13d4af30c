#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every row of docs/failures.md names its tests, and they are there. Then the same of a table
# of which every row is wrong, so that this test can fail. Prints TAP.
set -u
export LC_ALL=C.UTF-8

src="${OPTOUT_SRCDIR:?}"
if ! python3 -c '' 2>/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit 0
fi
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

cat >"$dir/wrong.md" <<'END'
| When | Then | Done in | Shown by |
|---|---|---|---|
| no test at all | - | `log.c` | by looking |
| no such scenario | - | `log.c` | `audit-full.scn`, `no-such.scn` |
| no such program | - | `log.c` | `test_nothing: at_all` |
| no such case | - | `log.c` | `test_segment: removed_files_are_noticed, no_such_case` |
| a function that is no case | - | `log.c` | `test_segment: append_many` |
| a program without a case | - | `log.c` | `test_segment` |
| no such text | - | `log.c` | `test_ship.sh: a text that it does not print` |
| no such check | - | `log.c` | `machine: a check that it does not make` |
| no such file | - | `no_such.c` | `audit-full.scn` |
| no such function | - | `transaction.c: conclude, no_such_function` | `audit-full.scn` |
| a cell that is empty | | `log.c` | `audit-full.scn` |
END
python3 "$src/tests/unit/failures_table.py" "$src" >"$dir/out"
status=$?
rows=$(grep -c '^\(not \)\?ok ' "$dir/out")
grep -v '^1\.\.' "$dir/out"
python3 "$src/tests/unit/failures_table.py" "$src" "$dir/wrong.md" >"$dir/wrong"
if [ "$(grep -c '^not ok ' "$dir/wrong")" = 11 ] && ! grep -q '^ok ' "$dir/wrong"; then
    echo "ok $((rows + 1)) - each wrong row of a table is found"
else
    echo "not ok $((rows + 1)) - each wrong row of a table is found"
    sed 's/^/# /' "$dir/wrong"
    status=1
fi
if [ "$rows" -ge 60 ]; then
    echo "ok $((rows + 2)) - the tables are there"
else
    echo "not ok $((rows + 2)) - the tables are there: $rows rows"
    status=1
fi
echo "1..$((rows + 2))"
exit "$status"
