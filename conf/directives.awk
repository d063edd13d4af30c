# SPDX-License-Identifier: Apache-2.0
# directives.awk - prints what a configuration and its manual page say of each directive,
# out of the table in the program, so that nobody repeats the table by hand.
#
#   optout config directives | awk -v as=conf|man -v prefix=optout -f directives.awk - FILE.in
#
# Lines of FILE.in go out as they are, but for these:
#   as=conf  @directives    every directive; to the end of the file then follows, under
#            @after NAME    what this file adds to one: an example, or its setting
#   as=man   @item NAME     head, default and explanation of one directive
#            @head NAME     only head and default: FILE.in explains it at more length
#            @others        each directive that FILE.in does not name
# A name that the table does not hold is an error.

function fail(text) { print "directives.awk: " text >"/dev/stderr"; failed = 1; exit 1 }

function known(name) { if (!(name in args)) fail("no directive " name); return name }

function print_filled(text,    word, n, i, line) {
    n = split(text, word, " ")
    line = "#    "
    for (i = 1; i <= n; i++) {
        if (length(line " " word[i]) > 80) { print line; line = "#    " }
        line = line " " word[i]
    }
    print line
}

function print_conf(name) {
    print "# TAG: " prefix "." name
    print "# Format: " prefix "." name " " args[name]
    print "# Description:"
    print_filled(help[name])
    print "# Default:"
    print "#     " prefix "." name " " (preset[name] == "empty" ? "\"\"" : preset[name])
    printf "%s", after[name]
}

function print_head(name,    word, n, i, w, line) {
    line = ".It Ic " prefix "." name
    n = split(args[name], word, " ")
    for (i = 1; i <= n; i++) {
        w = word[i]
        if (w == "…") w = "..."
        else if (w ~ /^BYTES\[/) w = "Ar size"
        else if (w ~ /\|/) { gsub(/\|/, " | ", w); w = "Cm " w }
        else { w = "Ar " tolower(w); sub(/=/, " Ns = Ns Ar ", w) }
        line = line " " w
    }
    print line
    w = preset[name]
    print ".Pq default " (w == "empty" ? w : (w ~ /^\// ? "Pa " : "Cm ") w)
    print ".Pp"
}

function print_item(name,    text) {
    print_head(name)
    text = help[name]
    gsub(/\\/, "\\e", text)
    gsub(/\. /, ".\n", text)
    print text
}

NR == FNR && /^[A-Z]/ { name = $1; order[++count] = name; args[name] = substr($0, length($1) + 2) }
NR == FNR && /^    Default: / { preset[name] = substr($0, 14); next }
NR == FNR && /^    / { sub(/^ +/, ""); help[name] = help[name] (help[name] ? " " : "") $0 }
NR == FNR { next }

!count { fail("the table is empty") }
/^@directives$/ { listed = 1; next }
/^@after / { name = known($2); next }
listed { after[name] = after[name] $0 "\n"; next }
/^@item / { named[known($2)] = 1; print_item($2); next }
/^@head / { named[known($2)] = 1; print_head($2); next }
/^@others$/ { others = 1; tail = ""; next }
others { tail = tail $0 "\n"; if (/^@/) fail($0 " after @others"); next }
/^@/ { fail("unknown line " $0) }
{ print }

END {
    if (failed || !count) exit 1
    if (as == "conf")
        for (i = 1; i <= count; i++) { if (i > 1) print ""; print_conf(order[i]) }
    else
        for (i = 1; i <= count; i++) if (!(order[i] in named)) print_item(order[i])
    printf "%s", tail
    if (as == "conf" ? !listed : !others) exit 1
}
