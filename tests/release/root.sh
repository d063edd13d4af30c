# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A root of a Debian release, made by debootstrap, and commands in it. Sourced; TOP, SUITE,
# MIRROR, SECURITY (may be empty) and ROOT are the caller's.
# shellcheck disable=SC2153

INSIDE=/usr/src/optout # where the tree lies in the root

bail() {
    printf 'Bail out! %s\n' "$1"
    exit 1
}

say() { printf '# %s\n' "$*"; }

# One line per apt source that serves packages: URI and suite.
apt_sources() {
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sort -u
}

# The machine's own mirror, by the suite it serves; nothing is written down here.
mirror_of() { # SUITE
    apt_sources | awk -v suite="$1" '$2 == suite { sub("/$", "", $1); print $1; exit }'
}

# Whoever comes while another makes it waits, and finds it made.
make_root() {
    mkdir -p "${ROOT%/*}"
    (flock 9 && make_root_alone 9>&-) 9>"$ROOT.lock"
}

make_root_alone() {
    local new=$ROOT.new
    [[ ! -f $ROOT/root-is-whole ]] || return 0
    say "making a root of $SUITE (once)"
    rm -rf --one-file-system "$ROOT" "$new"
    mkdir -p "$new"
    # What it mounts goes with it, however it ends.
    unshare --mount --propagation private -- \
        debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$new" "$MIRROR" \
        >"$ROOT.log" 2>&1 || {
        tail -n 15 "$ROOT.log" | sed 's/^/# /'
        bail "debootstrap failed; the whole output is in ${ROOT#"$TOP"/}.log"
    }
    touch "$new/root-is-whole"
    mv "$new" "$ROOT"
}

# Sources, apt's own way out of this machine, names: what the machine has.
configure_root() {
    local file
    rm -f "$ROOT/etc/apt/sources.list" "$ROOT/etc/apt/sources.list.d/"*
    {
        printf 'deb %s %s main\n' "$MIRROR" "$SUITE"
        [[ -z $SECURITY ]] || printf 'deb %s %s-security main\n' "$SECURITY" "$SUITE"
    } >"$ROOT/etc/apt/sources.list"
    apt-config dump --format '%f "%v";%n' | grep -E '^Acquire::(https?|ftp|Retries)' \
        >"$ROOT/etc/apt/apt.conf.d/50as-outside" || true
    for file in /etc/resolv.conf /etc/hosts; do
        [[ ! -r $file ]] || cp -L --remove-destination "$file" "$ROOT$file"
    done
}

# The tree without anything built or generated, as a clone would have it; what
# was built in the root before stays, for make to reuse.
copy_tree() {
    mkdir -p "$ROOT$INSIDE"
    find "$ROOT$INSIDE" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    tar -C "$TOP" -cf - --exclude=./.git --exclude=./build --exclude='./build-*' \
        --exclude=./autom4te.cache --exclude=./configure --exclude='./configure~' \
        --exclude=./aclocal.m4 --exclude=./Makefile.in --exclude='./config.h.in*' \
        --exclude=__pycache__ --exclude='./m4/*.m4' . | tar -C "$ROOT$INSIDE" -xf -
}

# within COMMAND…: in the root, with namespaces that take everything with them.
within() {
    # shellcheck disable=SC2016 # the inner shell's variables
    unshare --mount --pid --fork --kill-child --propagation private -- bash -c '
        set -e
        root=$1 inside=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        mkdir -p "$root/dev/pts"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" || true
        for node in null zero full random urandom tty; do
            [[ -c $root/dev/$node ]] || { touch "$root/dev/$node"
                mount --bind "/dev/$node" "$root/dev/$node"; }
        done
        [[ -z ${OPTOUT_CORPUS-} ]] || { mkdir -p "$root/srv/corpus"
            mount --bind "$OPTOUT_CORPUS" "$root/srv/corpus"; OPTOUT_CORPUS=/srv/corpus; }
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            TERM="${TERM-dumb}" LC_ALL=C.UTF-8 TAP="${TAP-}" OPTOUT_CORPUS="${OPTOUT_CORPUS-}" \
            OPTOUT_STAGE="$inside/build/stage" OPTOUT_SQUID="${OPTOUT_SQUID-}" \
            chroot "$root" "$@"' within "$ROOT" "$INSIDE" "$@"
}

# The network is this machine's: other ports than anybody's here.
free_ports() {
    local base offset
    for ((base = 24128; base < 32000; base += 10)); do
        for offset in 0 1 2 3 4 5 6; do
            ! (exec 3<>"/dev/tcp/127.0.0.1/$((base + offset))") 2>/dev/null || continue 2
        done
        printf '%d\n' "$base"
        return
    done
    return 1
}
