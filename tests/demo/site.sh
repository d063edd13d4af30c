#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# site.sh SITE OUT RULES RULES-OUT HOST: lays out the demonstration sites, with the
# parts that are made rather than written. HOST is the address of the second site,
# whose pages say nothing themselves: robots.txt and its kin do.
set -euo pipefail

site=$1 out=$2 rules=$3 rules_out=$4 host=$5
mkdir -p "$out"
cp -R "$site/." "$out/"
cp "$site"/../files/* "$out/"

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

# --- The site with rules ---------------------------------------------------------

page() { # PATH TITLE TEXT
    mkdir -p "$(dirname "$rules_out/$1")"
    printf '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>%s</title>\n</head>
<body>\n<h1>%s</h1>\n<p>%s\n</body>\n</html>\n' "$2" "$2" "$3" >"$rules_out/$1"
}

mkdir -p "$rules_out"
cp -R "$rules/." "$rules_out/"
sed "s|@HOST@|$host|" "$rules/robots.txt" >"$rules_out/robots.txt"
cp "$out/picture.png" "$rules_out/keeper.png"
page index.html "The Lighthouse Review" "Essays, reviews, an archive, a novel, and letters."
page essays/tide.html "On the tide" "It comes in. One may think about that for years."
page reviews/lamp.html "The new lamp" "Brighter than the old one, and less kind."
page archive/1987.html "The year 1987" "The year the lighthouse was painted."
page archive/1901.html "The year 1901" "The year the lighthouse was built."
page novel/one.html "Chapter one" "The keeper had a clock that he did not trust."
page letters/one.html "A letter" "Dear reader, this is for you and for nobody else."
