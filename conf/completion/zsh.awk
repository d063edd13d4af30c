# SPDX-License-Identifier: Apache-2.0
# The table of table.sh as a completion for zsh; program: the one it is for.

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function escaped(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/\[/, "\\[", text)
    gsub(/\]/, "\\]", text)
    gsub(/:/, "\\:", text)
    return text
}

function function_of(command) {
    gsub(/ /, "__", command)
    return "_" name (command == "" ? "" : "__" command)
}

function print_option(f,    value, text) {
    text = "[" escaped(f[8]) "]"
    value = ""
    if (f[7] != "")
        value = ":word:(" f[7] ")"
    else if (f[6] ~ /file$/)
        value = ":file:_files"
    else if (f[6] ~ /folder$/)
        value = ":folder:_files -/"
    else if (f[6] != "")
        value = ":word: "
    if (f[6] ~ /^\?/)
        value = ":" value
    if (f[4] != "")
        printf "        %s \\\n", quoted("*" f[4] (f[6] != "" ? "+" : "") text value)
    printf "        %s \\\n", quoted("*" f[5] (f[6] ~ /^\?/ ? "=-" : f[6] != "" ? "=" : "") text value)
}

BEGIN { FS = "\t" }
$1 != program { next }
!($2 in seen) { seen[$2] = 1; path[++n] = $2 }
$3 == "files" { files[$2] = 1; next }
$3 == "word" { below[$2] = below[$2] "        " quoted($4 ($5 == "" ? "" : ":" escaped($5))) "\n"
               words[$2] = words[$2] " " $4; next }
{ option[$2, ++many[$2]] = $0 }
END {
    name = program
    gsub(/-/, "_", name)
    printf "#compdef %s\n# zsh completion for %s, made of what it says for --help\n", program, program
    for (i = n; i >= 1; i--) {
        printf "\n%s() {\n", function_of(path[i])
        print "    local curcontext=$curcontext state state_descr line"
        print "    typeset -A opt_args"
        if (path[i] in below)
            printf "    local -a commands\n    commands=(\n%s    )\n", below[path[i]]
        printf "    _arguments -C -s \\\n"
        for (k = 1; k <= many[path[i]]; k++) {
            split(option[path[i], k], f, "\t")
            print_option(f)
        }
        if (path[i] in below) {
            print "        '1:command:->command' '*::argument:->argument' && return"
            print "    case $state in"
            print "    command) _describe command commands ;;"
            print "    argument)"
            print "        case $line[1] in"
            m = split(words[path[i]], w, " ")
            for (k = 1; k <= m; k++)
                printf "        %s) %s ;;\n", w[k],
                    function_of((path[i] == "" ? "" : path[i] " ") w[k])
            print "        esac ;;"
            print "    esac"
        } else {
            print files[path[i]] ? "        '*:file:_files'" : "        '*: : '"
        }
        print "}"
    }
    printf "\n%s \"$@\"\n", function_of("")
}
