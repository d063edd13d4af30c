#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh PROGRAM... - what can stand on the command lines of these programs, out of what
# they print themselves for --help. A line each, parted by tabs:
#
#   program, command ("", "site", "site show"), kind, and of
#     word    a command's name, what it does
#     option  -o or "", --option, its value, words that it may be, what it does
#     files   1: arguments are files
#
# A value is "" (none), file, folder, word, or "?" before one that may be left out.
set -eu

here=$(dirname "$0")
LC_ALL=C
export LC_ALL

# table PROGRAM NAME COMMAND: of that command, and of those below it.
table() {
    # shellcheck disable=SC2086 # the words of the command
    "$1" $3 --help </dev/null | awk -v program="$2" -v command="$3" -f "$here/table.awk"
}

for program; do
    name=${program##*/}
    below=$(table "$program" "$name" "")
    printf '%s\n' "$below"
    printf '%s\n' "$below" | awk -F '\t' '$3 == "word" { print $4 }' | while read -r command; do
        lines=$(table "$program" "$name" "$command")
        printf '%s\n' "$lines"
        printf '%s\n' "$lines" | awk -F '\t' '$3 == "word" { print $4 }' | while read -r word; do
            table "$program" "$name" "$command $word" | awk -F '\t' '$3 != "word"'
        done
    done
done
