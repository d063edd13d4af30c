# SPDX-License-Identifier: Apache-2.0
# text.awk - a data file as C: one slice.
#
#     LC_ALL=C awk -v name=terms_pages_text -v header=policy/terms_pages.h -f text.awk FILE

# Each `from` as `to`: what a backslash means in a replacement depends on whose awk it is.
function joined(text, from, to,    part, n, i, out)
{
    n = split(text, part, from)
    out = part[1]
    for (i = 2; i <= n; i++)
        out = out to part[i]
    return out
}

BEGIN {
    print "/* Made by conf/text.awk. */"
    printf "#include \"%s\"\n", header
    printf "const struct slice %s = SLICE(\n", name
}

# A line as a string of C; '?' so that no trigraph comes of it.
{
    gsub(/\\/, "&&")
    gsub(/"/, "\\\\&")
    gsub(/\?/, "\\\\&")
    print "    \"" joined($0, "\t", "\\t") "\\n\""
}

END {
    print ");"
}
