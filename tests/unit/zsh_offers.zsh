#!/bin/zsh -f
# SPDX-License-Identifier: Apache-2.0
# zsh_offers.zsh FOLDER <LINES - what zsh's own completion offers at the end of each line, with
# the functions of FOLDER: "LINE<tab>WORD", a line for each word.
zmodload zsh/zpty zsh/datetime || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf $scratch' EXIT

cat >$scratch/init <<INIT
PROMPT= RPROMPT=
fpath=($1 \$fpath)
autoload -Uz compinit && compinit -u -d $scratch/dump
bindkey '^I' complete-word
zstyle ':completion:*' verbose no
unsetopt listbeep beep
setopt nolistambiguous noautolist
typeset -a hits
compadd() {
    # What a function asks for itself is not shown to anybody.
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "\$@"
        return
    fi
    typeset -a hits
    builtin compadd -A hits "\$@"
    print -rl -- \$hits >>$scratch/found
    builtin compadd "\$@"
}
over() { print >>$scratch/over; compstate[insert]= compstate[list]=; comppostfuncs=(over) }
comppostfuncs=(over)
print >$scratch/ready
INIT

zpty inner zsh -f -i
zpty -w inner "source $scratch/init"

# awaited FILE: it comes within ten seconds.
awaited() {
    local end=$((EPOCHREALTIME + 10)) junk
    until [[ -s $1 ]]; do
        zpty -r -t inner junk # or its output would fill the terminal
        ((EPOCHREALTIME < end)) || { print -u2 "no $1:t from zsh"; exit 2 }
        sleep 0.01
    done
}

awaited $scratch/ready
while IFS= read -r line; do
    rm -f $scratch/found $scratch/over
    zpty -w -n inner $'\C-u'"$line"$'\t'
    awaited $scratch/over
    [[ ! -e $scratch/found ]] || while IFS= read -r word; do
        print -r -- "$line"$'\t'"$word"
    done <$scratch/found
done
zpty -d inner
