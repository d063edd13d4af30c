# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Debian packages: what is missing, and how it gets here without any service
# being started or enabled.
# shellcheck disable=SC2034 # the lists are read elsewhere

readonly PACKAGES_BUILD=(gcc make autoconf automake libtool pkg-config libc6-dev
    libicapapi-dev libssl-dev zlib1g-dev libdeflate-dev libbrotli-dev libzstd-dev
    libxml2-dev libjansson-dev liblmdb-dev libcurl4-openssl-dev libhiredis-dev
    libpcre2-dev libutf8proc-dev libpsl-dev librdkafka-dev)
readonly PACKAGES_DEB=(build-essential debhelper dh-apparmor dpkg-dev fakeroot)
readonly PACKAGES_SERVE=(squid-openssl c-icap) # what the guide names
readonly PACKAGES_RUN=("${PACKAGES_SERVE[@]}" nginx curl openssl)
readonly PACKAGES_INTEGRATION=(python3 python3-requests python3-jsonschema python3-brotli
    python3-zstandard wget procps iproute2 redis-server nodejs python3-urllib3)
readonly PACKAGES_CHECK=(libcmocka-dev clang libclang-rt-dev wrk valgrind xz-utils
    libimage-exiftool-perl exiv2 mandoc debootstrap apparmor logrotate libfaketime jq zstd
    "${PACKAGES_INTEGRATION[@]}")

# What `check --long` boots a machine with: tests/packages/machine.
readonly PACKAGES_MACHINE=(qemu-system-x86 systemd-container e2fsprogs)

# What `check --long` tries with the filter: see docs/crawlers.md. npm's own are in
# tests/crawlers/package.json.
readonly PACKAGES_CRAWLERS=(curl wget aria2 httrack python3-scrapy python3-requests
    python3-httpx python3-aiohttp golang-go default-jdk-headless chromium nodejs)

# What `check --peers` tries the log with, beside what comes from pip, npm and Maven:
# tests/peers.
readonly PACKAGES_PEERS=(python3 python3-venv nodejs chromium zstd rsyslog rsyslog-kafka rsyslog-relp
    prometheus redis-server)
readonly PACKAGES_PEERS_LONG=(default-jdk-headless maven)

# As docs/operator-guide.md shows them; a test compares.
packages_guide() {
    printf 'apt-get install %s  # to run\n' "${PACKAGES_SERVE[*]}"
    printf 'apt-get install %s  # to build\n' "${PACKAGES_BUILD[*]}"
}

package_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# packages_need NAME…: installs what is missing, or says what to do and ends.
packages_need() {
    local name
    local -a missing=()
    command -v dpkg-query >/dev/null ||
        die "this is not Debian: dpkg-query is not here" \
            "optout is made for Debian 12 and 13; elsewhere build it by hand as README says."
    for name; do
        package_installed "$name" || missing+=("$name")
    done
    ((${#missing[@]})) || return 0

    local by_hand="apt-get install --no-install-recommends ${missing[*]}"
    if [[ " ${missing[*]} " == *" squid-openssl "* ]] && package_installed squid &&
        packages_conflict squid-openssl squid; then
        die "the package squid is installed; it lacks ssl-bump and conflicts with squid-openssl" \
            "Replace it yourself, for a running Squid may be yours: apt-get install squid-openssl"
    fi
    command -v apt-get >/dev/null ||
        die "packages are missing and apt-get is not here: ${missing[*]}"
    may_be_root ||
        die "packages are missing and only root can install them" "As root: $by_hand"

    step "Installing ${missing[*]}"
    packages_install "${missing[@]}" ||
        die "the packages could not be installed (above)" \
            "Mend what apt-get says, or install them yourself: $by_hand"
}

# packages_conflict A B: A and B cannot both be installed. Debian 12 says so of
# squid-openssl and squid, Debian 13 does not.
packages_conflict() {
    local about
    about=$(apt-cache show --no-all-versions "$1" 2>/dev/null) || return 1
    grep -qE "^(Conflicts|Breaks):(.*[ ,])?$2([ ,(]|\$)" <<<"$about"
}

packages_install() {
    local before after status=0
    mkdir -p "$BUILD"
    before=$(boot_links)
    services_forbid
    # shellcheck disable=SC2064
    trap 'services_allow' EXIT
    apt_get update && apt_get install --no-install-recommends --no-remove "$@" || status=$?
    services_allow
    trap - EXIT
    after=$(boot_links)
    services_disable "$(comm -13 <(printf '%s\n' "$before") <(printf '%s\n' "$after"))"
    return "$status"
}

apt_get() {
    logged "$BUILD/apt-$1.log" as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# While packages are set up, the policy hook of invoke-rc.d forbids every start.
# One that is there already is put aside and comes back.
readonly POLICY=/usr/sbin/policy-rc.d
readonly POLICY_MARK='# put here by optout ./start while it installs packages'

services_forbid() {
    services_allow # a run that was killed may have left ours behind
    as_root sh -c "
        [ ! -e $POLICY ] && [ ! -L $POLICY ] || mv $POLICY $POLICY.optout-saved
        printf '%s\n' '#!/bin/sh' '$POLICY_MARK' 'exit 101' >$POLICY
        chmod 755 $POLICY"
}

services_allow() {
    if [[ -f $POLICY ]] && grep -qxF "$POLICY_MARK" "$POLICY"; then
        as_root rm -f "$POLICY"
    fi
    if [[ -e $POLICY.optout-saved || -L $POLICY.optout-saved ]]; then
        as_root mv "$POLICY.optout-saved" "$POLICY"
    fi
}

# Links that start something at boot, for systemd and for rc scripts. What
# systemd brings for itself is no service of ours to judge.
boot_links() {
    find /etc/systemd/system /etc/rc[2-5].d \
        \( -path '*.wants/*.service' -o -path '*/rc[2-5].d/S*' \) -type l \
        ! -name 'systemd-*' ! -name 'getty@*' 2>/dev/null | sort
}

services_disable() { # LINKS, one a line
    local link name
    local -A seen=()
    while read -r link; do
        # Disabling a script may have disabled its unit as well, and the other way.
        [[ -L $link ]] || continue
        name=$(basename "$link")
        [[ $link == *.service ]] || name=${name#S[0-9][0-9]}
        [[ -n $name && -z ${seen[$name]-} ]] || continue
        seen[$name]=1
        if boot_disable "$name" >/dev/null 2>&1 </dev/null; then
            say "    disabled at boot: $name (its package had just enabled it)"
        else
            warn "$name was enabled at boot by its package and could not be disabled"
        fi
    done <<<"$1"
}

boot_disable() {
    if [[ $1 != *.service ]]; then
        as_root update-rc.d "$1" disable
    elif command -v systemctl; then
        as_root systemctl --no-reload disable "$1"
    else
        as_root deb-systemd-helper disable "$1"
    fi
}
