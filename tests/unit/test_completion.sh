#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What bash, zsh and fish themselves offer, with the completions that were made, against what the
# programs say for --help: every command and every option, and no others. Prints TAP.
set -u

builddir=${OPTOUT_BUILDDIR:-.}
made=$builddir/conf/completion
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LC_ALL=C.UTF-8
export LC_ALL
tests=0

ok() { # STATUS NAME
    tests=$((tests + 1))
    if [ "$1" -eq 0 ]; then echo "ok $tests - $2"; else echo "not ok $tests - $2"; fi
}

skip() { # REASON NAME
    tests=$((tests + 1))
    echo "ok $tests - $2 # SKIP $1"
}

# ---- what should be offered: by grep, not by the table that the completions are made of ----

help_of() { # PROGRAM [WORD...]
    local program=$1
    shift
    "$builddir/$program" "$@" --help </dev/null
}

options_of() { # the same
    help_of "$@" | grep -oE '^(  |      )(-[A-Za-z], )?--[a-z].*' |
        grep -oE -- '(^ *|-[A-Za-z], |, )--[a-z][a-z-]*' | grep -oE -- '--[a-z][a-z-]*' | sort -u
}

: >"$work/lines" # PROGRAM<tab>LINE<tab>what is offered
for program in optout optoutd optout-ship; do
    [ -x "$builddir/$program" ] || continue
    help_of "$program" | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' >"$work/commands"
    printf '%s\t%s \t%s\n' "$program" "$program" "$(paste -sd' ' "$work/commands")" >>"$work/lines"
    printf '%s\t%s --\t%s\n' "$program" "$program" "$(options_of "$program" | paste -sd' ')" >>"$work/lines"
    while read -r command; do
        help_of "$program" "$command" |
            grep -oE "^(Usage:|  or:| *) *$program $command [a-z]+" | grep -oE '[a-z]+$' | sort -u >"$work/below"
        if [ -s "$work/below" ]; then
            printf '%s\t%s %s \t%s\n' "$program" "$program" "$command" "$(paste -sd' ' "$work/below")"
        else
            printf '%s\t%s %s --\t%s\n' "$program" "$program" "$command" \
                "$(options_of "$program" "$command" | paste -sd' ')"
        fi >>"$work/lines"
        these=$(paste -sd'|' "$work/below")
        while read -r word; do
            # Of what a shared text says is of others, less may be offered: those are left out here.
            help_of "$program" "$command" "$word" | grep -qE "^ .*  ($these)(, ($these))*( --[a-z]+)?: " && continue
            printf '%s\t%s %s %s --\t%s\n' "$program" "$program" "$command" "$word" \
                "$(options_of "$program" "$command" "$word" | paste -sd' ')" >>"$work/lines"
        done <"$work/below"
    done <"$work/commands"
done
cat >>"$work/lines" <<'LINES'
optout	optout audit query --decision 	clear conditional licensed pending reserved undecided
optout	optout audit query --deciding --action 	block cut pass tag
optout	optout --help audit query --format 	csv jsonl table
optout	optout site show -p some --st	--store
optout	optout site forget --al	
optout	optout warc --site 	none now then
LINES
wanted=$(wc -l <"$work/lines")
[ "$wanted" -gt 35 ]
ok $? "the programs say of $wanted lines what should be offered"

# compare SHELL: what it offers, "LINE<tab>WORD" a line, against what it should.
compare() {
    local wrong=0 program line words have want
    while IFS=$'\t' read -r program line words; do
        want=$(tr ' ' '\n' <<<"$words" | sed '/^$/d' | sort)
        have=$(awk -F '\t' -v line="$line" '$1 == line && $2 != "" { print $2 }' "$work/$1" | sort -u)
        have=$(sed 's/=$//' <<<"$have" | sort -u) # fish: a value may follow
        case $line in # files may be offered besides, and short forms of options
        *' --'*) have=$(grep -e -- <<<"$have") ;;
        esac
        case $line in *' --decision ' | *' --action ' | *' --format ' | *' --site ' | *' --al' | *' --st')
            have=$(awk -F '\t' -v line="$line" '$1 == line && $2 != "" { print $2 }' "$work/$1" | sort -u) ;;
        *' ')
            have=$(grep -xF -e "${want:-nothing}" <<<"$have") ;;
        esac
        [ "$have" = "$want" ] && continue
        wrong=$((wrong + 1))
        [ "$wrong" -gt 5 ] || diff <(echo "$want") <(echo "$have") | sed "s/^/# $1: $line: /"
    done <"$work/lines"
    ok "$wrong" "$1 offers every command and option, and no others"
}

# ---- bash ----

(
    cd "$work" || exit # where no files are
    for file in "$OLDPWD/$made"/bash/* "$made"/bash/*; do
        # shellcheck disable=SC1090
        [ ! -f "$file" ] || . "$file"
    done
    compopt() { :; }
    while IFS=$'\t' read -r program line _; do
        read -ra COMP_WORDS <<<"$line"
        case $line in *' ') COMP_WORDS+=('') ;; esac
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
        "_${program//-/_}" "$program"
        for word in "${COMPREPLY[@]}"; do printf '%s\t%s\n' "$line" "$word"; done
    done <"$work/lines" >"$work/bash"
)
compare bash

# ---- zsh, fish ----

lines_of() { cut -f2 "$work/lines"; }

if command -v zsh >/dev/null; then
    zsh_folder=$(cd "$made/zsh" && pwd)
    lines_of | (cd "$work" && timeout 120 zsh -f "$(cd "$OLDPWD" && cd "$here" && pwd)/zsh_offers.zsh" \
        "$zsh_folder") >"$work/zsh"
    compare zsh
else
    skip "zsh is not installed" "zsh offers every command and option, and no others"
fi

if command -v fish >/dev/null; then
    for file in "$made"/fish/*.fish; do cat "$file"; done >"$work/all.fish"
    lines_of | while IFS= read -r line; do
        # shellcheck disable=SC2016 # fish's own
        printf 'complete -C %s | string replace -r "\\t.*" "" | while read -l w; printf "%%s\\t%%s\\n" %s $w; end\n' \
            "'$line'" "'$line'"
    done >"$work/ask.fish"
    (cd "$work" && HOME=$work timeout 120 fish --no-config -c "source all.fish; source ask.fish") >"$work/fish"
    compare fish
else
    skip "fish is not installed" "fish offers every command and option, and no others"
fi

echo "1..$tests"
