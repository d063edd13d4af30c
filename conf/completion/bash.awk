# SPDX-License-Identifier: Apache-2.0
# The table of table.sh as a completion for bash; program: the one it is for.

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

BEGIN { FS = "\t"; n = 0 }
$1 != program { next }
!($2 in seen) { seen[$2] = 1; path[++n] = $2 }
$3 == "word" { below[$2] = below[$2] " " $4 }
$3 == "files" { files[$2] = 1 }
$3 == "option" {
    options[$2] = options[$2] ($4 == "" ? "" : " " $4) " " $5
    if ($6 == "")
        next
    if ($6 !~ /^\?/)          # one that may be left out is never the next word
        takes[$2] = takes[$2] ($4 == "" ? "" : "|" $4) "|" $5
    values[++v] = "        " quoted($2 " " $5) ($4 == "" ? "" : "|" quoted($2 " " $4)) \
        ") kind=" ($6 ~ /file$/ ? "file" : $6 ~ /folder$/ ? "folder" : "word") \
        " words=" quoted($7) " ;;"
}
END {
    f = program
    gsub(/-/, "_", f)
    printf "# bash completion for %s, made of what it says for --help\n\n", program
    printf "# What may follow COMMAND.\n_%s_of() {\n    case $1 in\n", f
    for (i = 1; i <= n; i++)
        printf "    %s) below=%s options=%s takes=%s files=%s ;;\n", quoted(path[i]),
            quoted(substr(below[path[i]], 2)), quoted(substr(options[path[i]], 2)),
            quoted(takes[path[i]] "|"), quoted(files[path[i]])
    printf "    esac\n}\n\n# What OPTION of COMMAND takes: \"COMMAND OPTION\".\n_%s_value() {\n    case $1 in\n", f
    for (i = 1; i <= v; i++)
        print values[i]
    printf "    esac\n}\n\n"
    printf "_%s() {\n", f
    print "    local below='' options='' takes='' files='' kind='' words='' command='' value='' i word"
    print "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}"
    printf "    _%s_of ''\n", f
    print "    for ((i = 1; i < COMP_CWORD; i++)); do"
    print "        word=${COMP_WORDS[i]}"
    print "        if [[ $takes == *\"|$word|\"* ]]; then"
    print "            ((i++)) # its value"
    print "            [[ ${COMP_WORDS[i]} != = ]] || ((i++))"
    print "        elif [[ \" $below \" == *\" $word \"* ]]; then"
    print "            command=${command:+$command }$word"
    printf "            _%s_of \"$command\"\n", f
    print "        fi"
    print "    done"
    print "    # --option=value comes as three words"
    print "    if [[ $current == = ]]; then"
    print "        value=$before current=''"
    print "    elif [[ $before == = ]] && ((COMP_CWORD > 2)); then"
    print "        value=${COMP_WORDS[COMP_CWORD-2]}"
    print "    elif [[ $takes == *\"|$before|\"* ]]; then"
    print "        value=$before"
    print "    fi"
    print "    COMPREPLY=()"
    print "    if [[ -n $value ]]; then"
    printf "        _%s_value \"$command $value\"\n", f
    print "        [[ -n $words ]] || case $kind in"
    print "        file) files=1 ;;"
    print "        folder) compopt -o filenames 2>/dev/null"
    print "            mapfile -t COMPREPLY < <(compgen -d -- \"$current\")"
    print "            return ;;"
    print "        *) return ;;"
    print "        esac"
    print "        [[ -z $words ]] || files=''"
    print "    elif [[ $current == -* ]]; then"
    print "        words=$options files=''"
    print "    else"
    print "        words=$below"
    print "    fi"
    print "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")"
    print "    if [[ -n $files ]]; then"
    print "        compopt -o filenames 2>/dev/null"
    print "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")"
    print "    fi"
    print "}"
    printf "complete -F _%s %s\n", f, program
}
