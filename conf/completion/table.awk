# SPDX-License-Identifier: Apache-2.0
# One --help as lines of table.sh. Variables: program, command.

# "cat, query or index [cat]", "'head' or 'document': how far …", "of allowed, refused [allowed]"
function words_of(text,    n, i, list, all, word) {
    sub(/^of /, "", text)
    sub(/ *\[[^]]*\] *$/, "", text)
    sub(/: .*/, "", text)
    gsub(/'/, "", text)
    gsub(/,? or /, ", ", text)
    n = split(text, list, /, */)
    all = ""
    for (i = 1; i <= n; i++) {
        word = list[i]
        if (word !~ /^[a-z][a-z0-9-]*$/)
            return ""
        all = all (i > 1 ? " " : "") word
    }
    return n > 1 ? all : ""
}

function value_of(name) {
    if (name ~ /^(FILE|PATH|LOG|TSV)$/)
        return "file"
    if (name ~ /^(DIR|FOLDER)$/)
        return "folder"
    return name == "" ? "" : "word"
}

# "fetch, list: what …" is of these alone.
function of_others(    n, i, list, those) {
    if (c[2] == "" || !match(text, /^[a-z]+(, [a-z]+)*( --[a-z]+)?: /))
        return 0
    those = substr(text, 1, RLENGTH - 2)
    sub(/ --.*/, "", those)
    n = split(those, list, /, /)
    for (i = 1; i <= n; i++)
        if (!(list[i] in named))
            return 0
    for (i = 1; i <= n; i++)
        if (list[i] == c[2])
            return 0
    return 1
}

function print_option() {
    if (long == "" || of_others()) {
        long = ""
        return
    }
    # "--site now", "--site then": one option, and its words.
    if (long in known_as && words != "") {
        all_words[known_as[long]] = all_words[known_as[long]] " " words
        all_text[known_as[long]] = ""
    } else if (!(long in known_as)) {
        known_as[long] = ++options
        head[options] = program OFS command OFS "option" OFS short OFS long OFS maybe value
        all_words[options] = words
        all_text[options] = text
    }
    long = ""
}

# "-c, --config FILE  what it does"; several may stand in one line, parted by commas.
function take_option(line,    name, rest) {
    while (1) {
        short = ""
        if (match(line, /^-[A-Za-z0-9], --/)) {
            short = substr(line, 1, 2)
            line = substr(line, 5)
        }
        if (!match(line, /^--[a-z][a-z0-9-]*/))
            return
        long = substr(line, 1, RLENGTH)
        line = substr(line, RLENGTH + 1)
        maybe = name = words = ""
        if (match(line, /^\[=[a-z]+\]/)) {
            words = substr(line, 3, RLENGTH - 3)
            name = "WORD"
            maybe = "?"
            line = substr(line, RLENGTH + 1)
        } else if (match(line, /^ ('[^']*'|[A-Z[][][A-Z0-9|:,=_-]*)/)) {
            name = substr(line, 2, RLENGTH - 1)
            if (sub(/,$/, "", name))
                RLENGTH--
            line = substr(line, RLENGTH + 1)
        } else if (match(line, /^ [a-z]+  /)) {
            words = substr(line, 2, RLENGTH - 3)
            name = "WORD"
            line = substr(line, RLENGTH + 1)
        }
        value = value_of(name)
        if (line ~ /^, --/) {
            text = ""
            sub(/^, /, "", line)
            rest = line
            print_option()
            line = rest
            continue
        }
        sub(/^ +/, "", line)
        text = line
        if (value == "word" && words == "")
            words = words_of(text)
        return
    }
}

BEGIN { OFS = "\t"; files = 0; part = "usage" }

/^(Usage:|  or:| +optout[a-z-]* )/ && part == "usage" {
    line = $0
    sub(/^(Usage:|  or:) */, "", line)
    sub(/^ +/, "", line)
    n = split(line, w, / +/)
    at = 2
    if (command != "") {
        split(command, c, " ")
        if (w[2] != c[1])
            next
        at = 3
        named[w[3]] = 1
        if (c[2] != "") {
            if (w[3] != c[2])
                next
            at = 4
        } else if (w[3] ~ /^[a-z][a-z-]*$/) {
            if (!(w[3] in known))
                print program, command, "word", w[3], ""
            known[w[3]] = 1
        }
    }
    # Behind an option in brackets FILE is that option's.
    rest = ""
    for (i = at; i <= n; i++)
        if (w[i - 1] !~ /^\[?--?[a-z]/)
            rest = rest " " w[i]
    if (rest ~ /(FILE|FOLDER|PATH)/)
        files = 1
    next
}
/^Commands:/ { part = "commands"; next }
/^[A-Z]/ { part = "options" }
/^$/ { print_option(); if (part == "usage") part = "options"; next }
part == "commands" && /^  [a-z]/ {
    name = $1
    text = $0
    sub(/^ +[a-z-]+ +/, "", text)
    print program, command, "word", name, text
    next
}
/^(  |      )-/ {
    print_option()
    line = $0
    sub(/^ +/, "", line)
    take_option(line)
    next
}
/^       +[^ ]/ && long != "" && text == "" {
    text = $0
    sub(/^ +/, "", text)
    if (value == "word" && words == "")
        words = words_of(text)
}
END {
    print_option()
    for (i = 1; i <= options; i++)
        print head[i], all_words[i], all_text[i]
    if (files)
        print program, command, "files", 1
}
