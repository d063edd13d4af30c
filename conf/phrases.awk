# SPDX-License-Identifier: Apache-2.0
# phrases.awk - phrase files as C: each a string, and a table of them by their names.
#
#     LC_ALL=C awk -f phrases.awk conf/phrases/*.phr

BEGIN {
    print "/* Made by conf/phrases.awk. */"
    print "#include \"standards/phrases_builtin.h\""
}

# Each `from` as `to`: what a backslash means in a replacement depends on whose awk it is.
function joined(text, from, to,    part, n, i, out)
{
    n = split(text, part, from)
    out = part[1]
    for (i = 2; i <= n; i++)
        out = out to part[i]
    return out
}

function finish()
{
    if (open)
        print ";"
    open = 0
}

# A line as a string of C; '?' so that no trigraph comes of it.
{
    if (FILENAME != last) {
        finish()
        last = FILENAME
        name = FILENAME
        sub(/.*\//, "", name)
        names[n++] = name
        printf "static const char text_%d[] =\n", n - 1
        open = 1
    }
    gsub(/\\/, "&&")
    gsub(/"/, "\\\\&")
    gsub(/\?/, "\\\\&")
    print "    \"" joined(joined($0, "\t", "\\t"), "\r", "\\r") "\\n\""
}

END {
    finish()
    print "const struct phrase_text phrases_builtin_texts[] = {"
    for (i = 0; i < n; i++)
        printf "    { \"%s\", SLICE(text_%d) },\n", names[i], i
    print "    { NULL, SLICE(\"\") },"
    print "};"
    printf "const size_t phrases_builtin_count = %d;\n", n
}
