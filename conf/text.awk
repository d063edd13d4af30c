# SPDX-License-Identifier: Apache-2.0
# text.awk - a data file as C: one slice.
#
#     LC_ALL=C awk -v name=terms_pages_text -v header=policy/terms_pages.h -f text.awk FILE

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
    gsub(/\t/, "\\\\t")
    print "    \"" $0 "\\n\""
}

END {
    print ");"
}
