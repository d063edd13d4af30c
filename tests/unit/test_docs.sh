#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command of ours that README and docs show exists with the options shown, by --help of the programs,
# and every link leads to a page and a heading. Then pages of which every line is wrong, or none, so that this
# test can fail. Prints TAP.
set -u
export LC_ALL=C.UTF-8

src="${OPTOUT_SRCDIR:?}" build="${OPTOUT_BUILDDIR:?}"
if ! python3 -c '' 2>/dev/null; then
    echo "1..0 # SKIP python3 is missing"
    exit 0
fi
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

look() { # PAGE...
    python3 "$src/tests/unit/docs_commands.py" "$build" "$src" "$@"
}

ok() { # NAME, the status of the command before it
    local status=$?
    number=$((number + 1))
    if [ "$status" = 0 ]; then
        echo "ok $number - $1"
    else
        failed=1
        echo "not ok $number - $1"
        sed 's/^/# /' "$dir/out"
    fi
}

look "$src/README.md" "$src"/docs/*.md "$src"/tests/*/README.md >"$dir/out" || failed=1
cat "$dir/out"
number=$(grep -c '^\(not \)\?ok ' "$dir/out")
read -r commands links < <(sed -n 's/^# looked at: \([0-9]*\) commands, \([0-9]*\) links$/\1 \2/p' "$dir/out")
[ "${commands:-0}" -ge 200 ] && [ "${links:-0}" -ge 140 ]
ok "$commands commands and $links links are looked at"

cat >"$dir/wrong.md" <<'END'
# One
## Two words, `three`
    optout nothing
    optout audit nothing FOLDER
    optout audit query --no-such-option
    optout audit query --since
    optout
    optout audit --json
    cat list | optout urls --no-such-option >x
    cat list && (optout urls -Z)
    optout site show \
        --no-such-option https://example.com
    optoutd --no-such-option
    FOO=bar sudo /usr/sbin/optoutd -Z
    sh -c 'optout urls --no-such-option "$1"'
    ./start nothing
    ./start --no-such-option
```
optout explain --no-such-option ID
```
The same in a sentence: `optout nothing`, `optout
urls --no-such-option`.

[a](nothing.md) and [b](#three), [the
c](wrong.md#nothing) and `[no link](nowhere.md)`.
END
cat >"$dir/right.md" <<'END'
# One
## Two words, `three`
## One
    optout audit query --since 7d -c FILE --sort -micros -j2 --columns=time,id   # --no-such-option
    optout urls <list >allowed --all | sort --no-such-option
    optout warc --profile training x.warc
    17 3 * * * root optout audit keep
    podman run -v a:b optout --no-such-option
    ./start check --long --peers
`optout audit`, `optout audit query|leads`, `optout COMMAND --help`, `optout site …`, `optout urls --state`
[a](right.md#two-words-three) [b](#one-1) [c](https://example.com/nothing) [d](wrong.md)
END
look "$dir/wrong.md" >"$dir/out"
[ $? = 1 ] && [ "$(grep -c '^# line ' "$dir/out")" = 20 ]
ok "each wrong line of a page is found"
look "$dir/right.md" >"$dir/out"
ok "nothing is found where all is right"
echo "1..$number"
exit "$failed"
