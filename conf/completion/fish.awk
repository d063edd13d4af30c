# SPDX-License-Identifier: Apache-2.0
# The table of table.sh as a completion for fish; program: the one it is for.

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/'/, "\\'", text)
    return "'" text "'"
}

# The command so far is that one, and where it has others below it, none of those yet.
function when(command) {
    if (!any)
        return ""
    return " -n " quoted("__" name "_is" (below[command] != "" ? " --exactly" : "") \
        (command == "" ? "" : " " command))
}

function taken(option) {
    if (!(option in known))
        take[++n_takes] = option
    known[option] = 1
}

# Which words of the line are values of options, and so no commands.
function print_test(    all, i) {
    for (i = 1; i <= n_takes; i++)
        if (!(take[i] in bare))
            all = all " " take[i]
    printf "function __%s_is\n", name
    print "    set -l found"
    print "    set -l value 0"
    print "    for word in (commandline -opc)[2..]"
    print "        if test $value = 1"
    print "            set value 0"
    print "        else if contains -- $word" all
    print "            set value 1"
    print "        else if not string match -q -- '-*' $word"
    print "            set -a found $word"
    print "        end"
    print "    end"
    print "    set -l exactly 0"
    print "    if test \"$argv[1]\" = --exactly"
    print "        set exactly 1"
    print "        set -e argv[1]"
    print "    end"
    print "    set -l n (count $argv)"
    print "    test $exactly = 0 -o (count $found) = $n; or return 1"
    print "    test $n = 0; or test \"$found[1..$n]\" = \"$argv\""
    print "end"
}

BEGIN { FS = "\t"; name = program; gsub(/-/, "_", name) }
$1 != program { next }
{ line[++n] = $0 }
$3 == "option" && $6 == "" { bare[$5] = bare[$4] = 1 }
$3 == "option" && $6 ~ /^[a-z]/ { taken($5); if ($4 != "") taken($4) }
$3 == "word" { below[$2] = below[$2] " " $4; if ($2 == "") any = 1 }
END {
    printf "# fish completion for %s, made of what it says for --help\n", program
    if (any)
        print_test()
    printf "complete -c %s -f\n", program
    for (i = 1; i <= n; i++) {
        split(line[i], f, "\t")
        printf "complete -c %s%s", program, when(f[2])
        if (f[3] == "files") {
            print " -F"
            continue
        }
        if (f[3] == "word") {
            printf " -a %s", quoted(f[4])
            text = f[5]
        } else {
            if (f[4] != "")
                printf " -s %s", substr(f[4], 2)
            printf " -l %s", substr(f[5], 3)
            if (f[7] != "")
                printf " %s -a %s", f[6] ~ /^\?/ ? "-f" : "-x", quoted(f[7])
            else if (f[6] == "file")
                printf " -r -F"
            else if (f[6] == "folder")
                printf " -x -a %s", quoted("(__fish_complete_directories)")
            else if (f[6] == "word")
                printf " -x"
            text = f[8]
        }
        print text == "" ? "" : " -d " quoted(text)
    }
}
