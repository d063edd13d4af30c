#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout phrases as whoever writes phrase files meets it, and the files of the source: every
# line of them that must hit or miss, with all languages together. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

tool=("$optout" phrases)

cat >en.phr <<'END'
language en English
function-words the of is by we your
look-for mining =TDM
set mining usage tdm
  data mining
  =TDM
set forbid
  (is|are) prohibited
set yours
  your data
phrase forbidden plain
  for It is prohibited
  find mining & forbid
  hit Data mining is prohibited.
  hit TDM\n- is prohibited
defeat yours
  for Data of visitors
  find yours
  miss Data mining of your data is prohibited.
END

expect 0 "a file that is right" check en.phr
has "en.phr: 3 sets, 2 phrases and defeaters" out && has "1 languages" out
ok "its sizes are told"
expect 0 "its lines hold" test en.phr
has "3 lines of the files, 0 do not hold" out
ok "they are counted"

sed 's/  hit TDM.*/  hit Data mining is fine./' en.phr >wrong.phr
expect 1 "a line that does not hold" test wrong.phr
has "wrong.phr:15: 'hit' of forbidden is no hit of this phrase" out
ok "it is named with its line"

printf 'set a\n  (\nnonsense\n' >broken.phr
expect 2 "a file with faults" check broken.phr
has "broken.phr:2: character 1: missing closing parenthesis; see pcre2pattern(3)" err &&
    has "broken.phr:3: unknown word 'nonsense'" err && has "broken.phr:1: no line names" err
ok "all of its faults are told"
expect 2 "a file that is not there" check none.phr
has "cannot read none.phr: No such file" err
ok "why it cannot be read"

mkdir folder && cp en.phr folder/en.phr && echo 'unread' >folder/README
expect 0 "a folder of files" test folder

cat >passages.jsonl <<'END'
{"id": "a", "lang": "en", "label": "reserve", "text": "TDM is prohibited."}
{"id": "b", "lang": "en", "label": "reserve", "text": "TDM is not for you."}
{"id": "c", "lang": "en", "label": "not-reserve", "text": "Data mining is prohibited, they say."}
{"id": "d", "lang": "en", "label": "not-reserve", "text": "x", "html": "<pre>TDM is prohibited.</pre>"}
{"id": "e", "lang": "xx", "label": "ambiguous", "text": "TDM is prohibited."}
{"id": "f", "lang": "en", "label": "reserve", "text": "x", "html": "<p>TDM <b>is</b> pro&shy;hibited."}
END
expect 0 "passages are judged" test --passages passages.jsonl en.phr
has "en            3       2       1       1  0.667  0.667" out && has "MISSED b en" out &&
    has "FALSE  c en  en/forbidden plain" out && has "1 ambiguous passages are not counted; 2 were read as HTML" out
ok "with precision, recall, and what went wrong"
echo '{' >>passages.jsonl
expect 2 "passages that are not JSON" test --passages passages.jsonl en.phr
has "passages.jsonl:7: " err
ok "the line that is not"

cat >en.txt <<'END'
# Remark
+ TDM is prohibited.
- TDM of your data is prohibited.
? TDM is prohibited, they say.
+ TDM is not for you.
END
expect 0 "lines are judged" test --passages-only --lines en.txt en.phr
has "en            2       1       1       0  1.000  0.500" out && has "MISSED 5 en" out &&
    ! grep -q 'lines of the files' out
ok "alone, in the language of their file's name"
expect 0 "they are good enough" test --lines en.txt --precision 1 --recall 0.5 en.phr
expect 1 "or not" test --lines en.txt --recall 0.6 en.phr
expect 2 "a share that is none" test --lines en.txt --recall 60 en.phr
echo 'TDM' >>en.txt
expect 2 "a line without its sign" test --lines en.txt en.phr
has "en.txt:6: a line begins with" err
ok "which one"

expect 1 "a text is explained" explain --text 'TDM is prohibited.' en.phr
has "plain: en/forbidden version 1, usages tdm" out && has "en here     forbid: is prohibited" out
ok "with its spans and its hit"
expect 0 "a text that is defeated" explain --text 'TDM of your data is prohibited.' en.phr
has "en plain forbidden: defeated by yours" out && has "no reservation" out
ok "and by what"
echo 'TDM is prohibited.' | "$optout" phrases explain --text - en.phr >out 2>err
status=$?
[ "$status" -eq 1 ]
ok "a text from standard input"
expect 2 "no text" explain en.phr
expect 2 "no word" en.phr
expect 0 "help" --help

# The files of the source, which are built in.
expect 0 "the files of the source are right" check
expect 0 "every line of the files of the source holds" test
for file in "$OPTOUT_SRCDIR"/conf/phrases/*.phr; do
    expect 0 "each by itself: $(basename "$file" .phr)" test "$file"
done
sum=$(sed -n 's/^[0-9]* languages, \([0-9]*\) bytes compiled, \([0-9]*\) .*; \([0-9]*\) kept.*/\1 \2 \3/p' \
    <("$optout" phrases check) | awk '{ print $1 + $2 + $3 }')
[ -n "$sum" ] && [ "$sum" -le 8388608 ]
ok "they take 8 MiB at most"

# What people wrote for the test, and, where it is there, the corpus: figures are printed.
good_enough() { # NAME PRECISION RECALL ARGUMENTS
    local name=$1 precision=$2 recall=$3
    shift 3
    run test --quiet --passages-only --precision "$precision" --recall "$recall" "$@"
    [ "$status" -eq 0 ]
    ok "$name: precision $precision, recall $recall"
    sed 's/^/# /' out
}
for file in "$OPTOUT_SRCDIR"/tests/conformance/phrases/*.txt; do
    good_enough "passages, $(basename "$file" .txt)" 0.97 0.90 --lines "$file"
done
corpus=${OPTOUT_CORPUS:-}/nl
if [ -f "$corpus/written.jsonl" ] && [ -f "$corpus/passages.jsonl" ]; then
    for set in written passages; do
        good_enough "the corpus, $set" 0.97 0.92 --passages "$corpus/$set.jsonl"
    done
else
    for set in written passages; do
        count=$((count + 1))
        echo "ok $count - the corpus, $set # SKIP OPTOUT_CORPUS names no folder with nl/$set.jsonl"
    done
fi

# Pages of others: none of them is known to reserve in words.
pages=(${OPTOUT_CORPUS:+"$OPTOUT_CORPUS"/bench/html/*})
if [ -f "${pages[0]:-}" ]; then
    "$optout" inspect --json --content-type text/html "${pages[@]}" >out 2>err
    has "natural-language" out && hit=1 || hit=0
    [ "$hit" -eq 0 ] && [ "$(wc -l <out)" -eq "${#pages[@]}" ]
    ok "${#pages[@]} pages of others reserve nothing in words"
else
    count=$((count + 1))
    echo "ok $count - pages of others # SKIP OPTOUT_CORPUS names no folder with bench/html"
fi

echo "1..$count"
exit $((failures > 0))
