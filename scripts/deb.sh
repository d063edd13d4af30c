# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# ./start deb: the Debian packages, built from a clean copy of the tree in build/deb/.

readonly DEB_DIR="$BUILD/deb"

# What a clone has: nothing built, nothing generated.
deb_copy_tree() { # DIR
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$TOP" -cf - --exclude=./.git --exclude=./build --exclude='./build-*' \
        --exclude=./autom4te.cache --exclude=./configure --exclude='./configure~' \
        --exclude=./aclocal.m4 --exclude=./Makefile.in --exclude='./config.h.in*' \
        --exclude=__pycache__ --exclude='./m4/*.m4' . | tar -C "$1" -xf -
}

deb_build() {
    local tree="$DEB_DIR/tree"
    step "Building the Debian packages"
    mkdir -p "$DEB_DIR"
    rm -f "$DEB_DIR"/*.deb "$DEB_DIR"/*.changes "$DEB_DIR"/*.buildinfo
    deb_copy_tree "$tree" || return
    (cd "$tree" && logged "$DEB_DIR/build.log" env -u CC -u CFLAGS -u CPPFLAGS -u LDFLAGS \
        dpkg-buildpackage -us -uc -b -j"$(jobs_count)") || return
    rm -rf "$tree"
    say "    packages in ${DEB_DIR#"$TOP"/}:"
    (cd "$DEB_DIR" && printf '      %s\n' *.deb)
}
