#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What threads share without a lock, once more under ThreadSanitizer. Prints TAP;
# skips where the compiler has none.
set -u
export LC_ALL=C.UTF-8

src="${OPTOUT_SRCDIR:?}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
flags=(-std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=thread -ffunction-sections -fdata-sections
    -DSTORE_GUARD_MASK=1 '-DOPTOUT_CONFIGDIR="/etc"' "-I$src/module" "-I$src/tests/unit")
compiler=
for cc in gcc clang; do
    echo 'int main(void) { return 0; }' >"$dir/probe.c"
    # Without address randomization, for the runtime wants its places free.
    if "$cc" "${flags[@]}" -o "$dir/probe" "$dir/probe.c" 2>/dev/null &&
        setarch -R "$dir/probe" 2>/dev/null; then
        compiler=$cc
        break
    fi
done
if [ -z "$compiler" ]; then
    echo "1..0 # SKIP no compiler has ThreadSanitizer"
    exit 0
fi

# object SOURCE: compiled once for all programs, to $object.
object() {
    object=$dir/${1//\//_}.o
    [ -f "$object" ] || "$compiler" "${flags[@]}" -c -o "$object" "$1" 2>>"$dir/log"
}

# check NAME PART...: tests/unit/test_NAME.c with these files of ours ("folder/": all of it),
# "-…" to the linker, "….c" what the build made. What is not reached is left out, with what it would need. LMDB is as
# Debian has it, not built with ThreadSanitizer: it writes its pages by pwrite and
# synchronizes by mutexes, both of which are seen, so that nothing of it has to be suppressed.
n=0
bad=0
check() {
    local name=$1 part source objects=() options=()
    shift
    : >"$dir/log"
    for part in "$@"; do
        case $part in
        -* | *.c) options+=("$part") && continue ;;
        */) part=$part'*' ;;
        esac
        for source in "$src/module"/$part.c; do
            object "$source"
            objects+=("$object")
        done
    done
    n=$((n + 1))
    if "$compiler" "${flags[@]}" -o "$dir/test" "$src/tests/unit/test_$name.c" "${objects[@]}" \
        -Wl,--gc-sections "${options[@]}" -lcrypto -lcmocka -lpthread >>"$dir/log" 2>&1 &&
        setarch -R "$dir/test" >>"$dir/log" 2>&1 && ! grep -q ThreadSanitizer "$dir/log"; then
        echo "ok $n - $name: no race"
    else
        echo "not ok $n - $name: no race"
        sed 's/^/# /' "$dir/log" | head -60
        bad=1
    fi
}

base=(core/ metrics/ syntax/{digest,json,utf8})
store=(-llmdb site/kinds)
for part in "$src"/module/site/{store,bundle,terms}*.c; do
    part=${part#"$src/module/"}
    store+=("${part%.c}")
done
audit=(audit/{segment,segment_file,gap,reference,ulid})
# The table of site files names their parsers; nothing is parsed.
for part in ai_txt peac_txt robots_txt tdmrep_json trust_txt; do
    store+=("-Wl,--defsym=${part}_parse=0")
done

# The board beside the command pipe is not among them: its lock is flock, which
# ThreadSanitizer does not know.
echo 1..11
check metrics_threads "${base[@]}"
check remember verdict/place "${base[@]}"
check image_map verdict/{place,evidence} http/{url,url_path} "${base[@]}"
check hold icap/hold "${base[@]}"
check record_gate icap/record_gate "${base[@]}"
check store_threads "${store[@]}" "${base[@]}"
check segment_threads "${audit[@]}" "${base[@]}"
check scan answers/{scan,segment_scan,segments,pendings,record_view,domain} audit/{reader,references} syntax/{json_scan,unicode,needle} \
    "${base[@]}" -lzstd -lpsl
check message_threads site/message{,_client} "${base[@]}"
check phrases_threads 'standards/phrase*' 'syntax/literals*' syntax/unicode conf/phrases_texts.c "${base[@]}" -lpcre2-8 -lutf8proc
check snapshot_threads icap/{snapshot,log,counting} site/site policy/ standards/{agents,phrase_grade} \
    'standards/phrases*' 'syntax/literals*' syntax/unicode conf/phrases_texts.c "${store[@]}" "${audit[@]}" \
    "${base[@]}" -licapapi -lpcre2-8 -lutf8proc
exit $bad
