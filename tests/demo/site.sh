#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# site.sh SITE OUT: lays out the demonstration site, with the parts that are
# made rather than written.
set -euo pipefail

site=$1 out=$2
mkdir -p "$out"
cp "$site"/*.html "$out/"

gzip -9 -n <"$site/gzip.html" >"$out/gzip.html.new"
mv -f "$out/gzip.html.new" "$out/gzip.html"

# A page of some 300 KB whose statement comes at its very end, in the body.
{
    printf '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    printf '<title>The serial novel, complete</title>\n</head>\n<body>\n<h1>The serial novel</h1>\n'
    for chapter in {1..500}; do
        printf '<h2>Chapter %d</h2>\n<p>' "$chapter"
        printf 'The tide came in, the tide went out, and the harbour master wrote it down. %.0s' {1..8}
        printf '\n'
    done
    printf '<meta name="robots" content="noai">\n<p>The end.\n</body>\n</html>\n'
} >"$out/late.html"

# One grey pixel.
base64 -d >"$out/picture.png" <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJ
RU5ErkJggg==
PNG
