#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The profiles of AppArmor are read by its parser, and let the programs have what their
# configuration names where nobody has changed it. Prints TAP.
set -u
export LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"

src="${OPTOUT_SRCDIR:?}" build="${OPTOUT_BUILDDIR:?}"
dir=$src/conf/apparmor
number=0 failed=0

result() { # WHAT-IS-WRONG NAME
    number=$((number + 1))
    if [ -z "$1" ]; then
        echo "ok $number - $2"
    else
        failed=$((failed + 1))
        echo "not ok $number - $2"
        # shellcheck disable=SC2001 # each line
        sed 's/^/# /' <<<"$1"
    fi
}

# Whether a rule of the profile, a path with * and **, is for this one.
lets() { # PROFILE PATH RIGHT
    local rule rights
    while read -r rule rights; do
        [[ ${rights%,} == *"$3"* ]] || continue
        rule=${rule//./\\.}
        rule=${rule//\*\*/.+}
        rule=$(sed 's/\([^.+]\)\*/\1[^\/]*/g' <<<"$rule")
        [[ $2 =~ ^$rule$ ]] && return 0
    done < <(sed -n 's/^ *\(owner \)\?\(\/[^ ]*\) \([a-z]*,\)$/\2 \3/p' "$1")
    return 1
}

if command -v apparmor_parser >/dev/null && [ -d /etc/apparmor.d/abstractions ]; then
    for profile in "$dir"/usr.*; do
        wrong=
        said=$(apparmor_parser -Q -T "$profile" 2>&1) || wrong="its parser refuses it: $said"
        result "$wrong" "$(basename "$profile") is a profile"
    done
    spoilt=$(mktemp)
    sed 's/ rwkl,$/ rwkl/' "$dir/usr.sbin.optoutd" >"$spoilt"
    wrong=
    apparmor_parser -Q -T "$spoilt" >/dev/null 2>&1 && wrong="it says so of a broken one, too"
    result "$wrong" "and a broken one is none"
    rm -f "$spoilt"
else
    result "" "profiles # SKIP apparmor is not installed"
fi

presets=$("$build/optoutd" --directives | grep -oE '(/etc|/var|/run)/[A-Za-z0-9/._-]+' | sort -u)
for path in $presets /var/lib/optout/rules/data.mdb /run/optout/metrics.sock; do
    right=r
    [[ $path == /var/* || $path == /run/* ]] && right=w
    wrong=
    lets "$dir/usr.sbin.optoutd" "$path" "$right" || lets "$dir/usr.sbin.optoutd" "$path/" "$right" ||
        wrong="no rule lets it"
    result "$wrong" "optoutd: $path"
done
wrong=
[ "$(wc -l <<<"$presets")" -ge 3 ] || wrong="only: $presets"
result "$wrong" "its directives name paths"
wrong=
! lets "$dir/usr.sbin.optoutd" /etc/shadow r && ! lets "$dir/usr.sbin.optoutd" /etc/c-icap/x w ||
    wrong="it may"
result "$wrong" "optoutd: neither others' files, nor its own configuration to write"
for profile in "$dir"/usr.sbin.*; do
    wrong=$(grep -nE '^ *(capability|ptrace|mount|change_profile)|^ *\/.* [a-z]*x,$' "$profile")
    result "$wrong" "$(basename "$profile"): nothing is run, no capability"
done
echo "1..$number"
[ "$failed" = 0 ]
