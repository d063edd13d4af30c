# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The packages of a Debian release, for the tests that try them. Sourced behind tests/release/root.sh;
# TOP and FAILED are the caller's.
# shellcheck disable=SC2034,SC2153

skip() {
    printf '1..0 # SKIP the Debian packages: %s\n' "$1"
    exit 0
}

# check NAME COMMAND…: its output is shown when it fails.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf 'ok - %s: %s\n' "$SUITE" "$name"
    else
        printf 'not ok - %s: %s\n' "$SUITE" "$name"
        # shellcheck disable=SC2001 # each line
        sed 's/^/# /' <<<"$output" | tail -n 30
        FAILED=1
        return 1
    fi
}

choose_suite() { # here or other
    local other
    # shellcheck disable=SC1091
    HERE=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
    case $HERE in
    bookworm) other=trixie ;;
    trixie) other=bookworm ;;
    *) skip "this is neither Debian 12 nor 13" ;;
    esac
    if [[ $1 == here ]]; then SUITE=$HERE; else SUITE=$other; fi
    MIRROR=$(mirror_of "$HERE")
    SECURITY=$(mirror_of "$HERE-security")
    [[ -n $MIRROR ]] || skip "apt has no source for $HERE (apt-get update)"
}

# On the other release they are built in the root that tests/release has.
build() {
    if [[ $SUITE == "$HERE" ]]; then
        DEBS=$TOP/build/deb
        check "the packages are built from a clean tree" "$TOP/start" deb
        return
    fi
    mkdir -p "$TOP/build/release"
    ROOT=$TOP/build/release/$SUITE
    DEBS=$ROOT$INSIDE/build/deb
    make_root
    configure_root
    copy_tree
    check "the packages are built from a clean tree" within "$INSIDE/start" deb
}

# Those that a run before this one has built.
built_packages() {
    DEBS=$TOP/build/deb
    [[ $SUITE == "$HERE" ]] || DEBS=$TOP/build/release/$SUITE$INSIDE/build/deb
}
