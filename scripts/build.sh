# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Builds out of tree and stages what `make install` would put on a system. Each
# function returns non-zero where it failed, for callers that go on.

jobs_count() { nproc 2>/dev/null || echo 2; }

# The generated parts of the tree: once, and again when the tools have changed.
build_autoreconf() {
    local made_by="$TOP/autom4te.cache/made-by" tools
    tools=$(autoconf --version | sed -n 1p && automake --version | sed -n 1p)
    if [[ -x $TOP/configure && -f $TOP/Makefile.in && -e $TOP/build-aux/tap-driver.sh &&
        -f $made_by && $(<"$made_by") == "$tools" ]]; then
        return
    fi
    step "Generating configure"
    (cd "$TOP" && logged "$BUILD/autoreconf.log" autoreconf -i -f) || return
    mkdir -p "$TOP/autom4te.cache"
    printf '%s\n' "$tools" >"$made_by"
}

# build_tree DIR [CONFIGURE-ARGUMENT…]: configures when it never was, or when the
# arguments, flags or libraries are others than last time; the rest is make's.
build_tree() {
    local dir=$1 wanted library
    shift
    wanted="$* CC=${CC-} CFLAGS=${CFLAGS-} CPPFLAGS=${CPPFLAGS-} LDFLAGS=${LDFLAGS-}"
    # Libraries that tests or a program more need may have come since.
    for library in cmocka jansson rdkafka; do
        wanted+=" $library=$(pkg-config --modversion "$library" 2>/dev/null || true)"
    done
    # Flags of its own: make looks at no flags, and would leave objects as they are.
    wanted+=" configure.ac=$(cksum <"$TOP/configure.ac")"
    build_autoreconf || return
    mkdir -p "$dir"
    if [[ ! -f $dir/Makefile || ! -f $dir/configured-with ||
        $(<"$dir/configured-with") != "$wanted" ]]; then
        step "Configuring ${dir#"$TOP"/}"
        (cd "$dir" && logged "$dir/configure.log" "$TOP/configure" --quiet \
            --prefix=/usr --sysconfdir=/etc "$@") || return
        [[ ! -f $dir/configured-with ]] || make -C "$dir" clean >/dev/null 2>&1
        printf '%s\n' "$wanted" >"$dir/configured-with"
    fi
    step "Building ${dir#"$TOP"/}"
    logged "$dir/make.log" make -C "$dir" -j"$(jobs_count)" all
}

# build_stage [DIR [CONFIGURE-ARGUMENT…]]
build_stage() {
    local dir=${1-$BUILD}
    shift $(($# > 0))
    build_tree "$dir" "$@" || return
    rm -rf "$dir/stage.new"
    logged "$dir/install.log" make -C "$dir" install DESTDIR="$dir/stage.new" || return
    # A proxy that is up has the staged module mapped: new files, never old ones
    # written over.
    rm -rf "$dir/stage"
    mv "$dir/stage.new" "$dir/stage"
    say "    staged in ${dir#"$TOP"/}/stage"
}

# staged NAME [STAGE]: the path of a staged file, wherever the system's layout
# puts it.
staged() {
    find "${2-$STAGE}" -name completions -prune -o -name "$1" ! -type d -print -quit 2>/dev/null
}
