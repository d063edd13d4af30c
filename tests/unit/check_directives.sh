#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The table of directives, the manual page and the commented example must name
# the same directives with the same defaults. Prints TAP.
set -u
export LC_ALL=C.UTF-8

optout="${OPTOUT_BUILDDIR:?}/optout"
page="${OPTOUT_SRCDIR:?}/docs/man/srv_optout.conf.5"
example="$OPTOUT_SRCDIR/conf/srv_optout.conf"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failures=0

result() { # NUMBER NAME FILE-THAT-MUST-BE-EMPTY
    if [ -s "$3" ]; then
        failures=$((failures + 1))
        echo "not ok $1 - $2"
        sed 's/^/# /' "$3"
    else
        echo "ok $1 - $2"
    fi
}

# "Name default", a line each.
"$optout" config directives >"$dir/text" || exit 99
awk '/^[A-Z]/ { name = $1 } /^    Default: / { sub(/^    Default: /, ""); print name " " $0 }' \
    "$dir/text" | sort >"$dir/table"
cut -d ' ' -f 1 "$dir/table" >"$dir/table.names"

# .It Ic optout.Name … followed by: .Pq default Cm VALUE, or .Pq default: TEXT
awk '/^\.It Ic optout\./ { name = $3; sub(/^optout\./, "", name); print name " " }
    /^\.Pq default / && name { sub(/^\.Pq default (Cm |Pa )?/, ""); print name " " $0 }' \
    "$page" | sort -u >"$dir/page.all"
cut -d ' ' -f 1 "$dir/page.all" | sort -u >"$dir/page.names"
grep -v ' $' "$dir/page.all" | sort >"$dir/page"

# "# TAG: optout.Name", and under "# Default:" a line "#     optout.Name VALUE".
sed -n 's/^# TAG: optout\.//p' "$example" 2>"$dir/example.error" | sort -u >"$dir/example.names"
awk '/^# TAG:/ { wanted = 0 } wanted { sub(/^# +optout\./, ""); sub(/ ""$/, " empty"); print }
    { wanted = /^# Default:$/ }' "$example" 2>/dev/null | sort >"$dir/example"

echo 1..7
[ "$(wc -l <"$dir/table.names")" -gt 20 ] || echo "the table is empty" >"$dir/empty"
touch "$dir/empty"
result 1 "the tool prints the table" "$dir/empty"
comm -23 "$dir/table.names" "$dir/page.names" >"$dir/1"
result 2 "every directive is in srv_optout.conf.5" "$dir/1"
comm -13 "$dir/table.names" "$dir/page.names" >"$dir/2"
result 3 "srv_optout.conf.5 names no other" "$dir/2"
diff "$dir/table" "$dir/page" >"$dir/3"
result 4 "srv_optout.conf.5 names the same defaults" "$dir/3"
{ cat "$dir/example.error"; comm -23 "$dir/table.names" "$dir/example.names"; } >"$dir/4"
result 5 "every directive is in conf/srv_optout.conf" "$dir/4"
comm -13 "$dir/table.names" "$dir/example.names" >"$dir/5"
result 6 "conf/srv_optout.conf names no other" "$dir/5"
diff "$dir/table" "$dir/example" >"$dir/6"
result 7 "conf/srv_optout.conf names the same defaults" "$dir/6"
[ "$failures" -eq 0 ]
