# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What every part of ./start needs. Sourced; TOP is the project's folder.
# shellcheck disable=SC2034 # the other parts read what is set here

readonly BUILD="$TOP/build"
readonly STAGE="$BUILD/stage"
readonly RUN="${OPTOUT_RUN:-$BUILD/run}"
export LC_ALL=C.UTF-8
# Servers live in sbin, which an ordinary user's PATH may lack.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

say() { printf '%s\n' "$@"; }
step() { printf '==> %s\n' "$*"; }
warn() { printf 'start: %s\n' "$*" >&2; }

# die MESSAGE [REMEDY…]: each further argument is a line of its own.
die() {
    printf 'start: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '       %s\n' "$@" >&2
    exit 1
}

# logged LOG COMMAND…: output goes to LOG; on failure its end is shown.
logged() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null && return
    local status=$?
    tail -n 25 "$log" >&2
    warn "\"${*:0:4}\" failed; the whole output is in $log"
    return "$status"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -- "$@"
    fi
}

# may_be_root: root already, or sudo can be asked (a terminal is there to answer).
may_be_root() {
    ((EUID == 0)) && return
    command -v sudo >/dev/null || return
    [[ -t 0 ]] || sudo -n true 2>/dev/null
}

# A process is known by its number and its start time: the number alone may
# belong to somebody else by now.
process_mark() { # PID → "PID START"
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) }
    local -a fields
    read -ra fields <<<"$stat"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s %s\n' "$1" "${fields[19]}"
}

process_alive() { # FILE: holds a mark
    local mark
    [[ -s $1 ]] || return 1
    mark=$(<"$1")
    [[ $(process_mark "${mark%% *}") == "$mark" ]]
}

# process_stop FILE SECONDS: TERM, then KILL. The file goes when it is over.
# Every process leads a group; what is left of the group goes with it.
process_stop() {
    local pid tries=$(($2 * 10))
    [[ -s $1 ]] || return 0
    read -r pid _ <"$1"
    if process_alive "$1"; then
        kill -TERM "$pid" 2>/dev/null || true
        while process_alive "$1" && ((tries-- > 0)); do sleep 0.1; done
        ! process_alive "$1" ||
            warn "$(basename "$1" .pid) (process $pid) did not end in $2 s; killing it"
    elif process_mark "$pid" >/dev/null; then
        pid='' # the number belongs to somebody else now
    fi
    [[ -z $pid ]] || kill -KILL -- "-$pid" 2>/dev/null || true
    rm -f "$1"
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_for SECONDS COMMAND…: tries ten times a second.
wait_for() {
    local tries=$(($1 * 10))
    shift
    until "$@"; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
}
