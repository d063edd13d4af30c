#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# optout audit keep: what it removes, what it must not, what it says of it, and what readers of the log
# make of that. Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"
validate=$OPTOUT_SRCDIR/tests/unit/validate_records.py
unset NO_COLOR TERM

C=0123456789abcdef0123456789abcdef
config='{"v":2,"event":"config","id":"'$C'","sha256":"'$C$C'","node":"n","profile":"train",'\
'"profiles":[{"name":"train","purpose":["train-ai"],"mode":"enforce"}]}'
number=0
# segment TIME NODE [RECORDS]: closed, with records of that time and a file as old; leaves $name and, for
# the log of this test, $file.
segment() {
    local time=$1 node=${2:-n} records=${3:-3} i compact
    compact=${time//[-:]/}
    number=$((number + 1))
    name=$node-$compact-7-$(printf %06d "$number").jsonl
    file=log/$name
    {
        echo "$config"
        for ((i = 0; i < records; i++)); do
            printf '{"v":2,"id":"%026d","time":"%s","url":"https://a.example/","inspected":"html","decision":"clear","config":"%s","micros":5}\n' \
                "$((number * 100 + i))" "$time" "$C"
        done
    } >"$file"
    touch -d "$time" "$file"
}
fresh() {
    rm -rf log
    mkdir log
}
days_ago() { date -u -d "$1 days ago" +%Y-%m-%dT%H:%M:%S.000Z; }
keep() { run audit keep --shipped none "$@"; }
told() { cat log/*.jsonl | grep '"event":"removed"'; }
now=$(days_ago 0)

# ---- by age ----
fresh
segment "$(days_ago 50)" && old1=$name sum1=$(sha256sum <"$file" | cut -c1-64) bytes1=$(stat -c %s "$file")
segment "$(days_ago 41)" n 5 && old2=$name
segment "$(days_ago 39)" && young=$name
segment "$now" && newest=$name
touch "log/$old1.idx" "log/$old1.torn"
printf '{"v":2' >"log/n-$(days_ago 60 | tr -d :-)-7-000001.jsonl.open"
open=$(ls log/*.open)
cp -a log before
keep --age 40d --dry-run log
[ $status = 0 ] && diff -r log before && grep -q "^$old1: would be removed, age 40d: 3 records, " out &&
    has "2 segments would be removed, 8 records" out
ok "a dry run says what would go, and removes nothing"
keep --age 40d log
[ $status = 0 ] && [ ! -e "log/$old1" ] && [ ! -e "log/$old2" ] && [ -e "log/$young" ] && [ -e "log/$newest" ]
ok "what is older goes"
[ ! -e "log/$old1.idx" ] && [ ! -e "log/$old1.torn" ]
ok "with what belongs to it"
told >lines
[ "$(wc -l <lines)" = 2 ] && head -1 lines | grep -q '"segment":"'"$old1"'","rule":"age","limit":"40d","sha256":"'"$sum1"'","bytes":'"$bytes1"',"records":3,"from":"'"$(days_ago 50 | cut -c1-10)"
ok "each is told of in the log, with its digest"
if python3 -c 'import jsonschema' 2>/dev/null; then
    python3 "$validate" log/*.jsonl >out 2>err
    ok "in the form that the schema has"
else
    echo "ok $((count += 1)) - in the form that the schema has # SKIP no jsonschema"
fi
[ -z "$(ls log/*.open.* 2>/dev/null)" ] && [ "$(ls log/*.jsonl | wc -l)" -ge 3 ]
ok "in a segment that is closed"
keep --age 40d log
[ $status = 0 ] && has "0 segments removed, 0 records" out && [ "$(told | wc -l)" = 2 ]
ok "a second run has nothing to do"
keep --age 1d log
[ $status = 0 ] && [ ! -e "log/$young" ] && [ -e "log/$newest" ]
ok "and a later one goes on"

# ---- what is never removed ----
fresh
segment "$(days_ago 90)" && only=$name
segment "$(days_ago 95)" m && other=$name
keep --age 1d log
[ $status = 0 ] && [ -e "log/$only" ] && [ -e "log/$other" ]
ok "the newest of each node stays, whatever its age"
segment "$(days_ago 80)"
mv "$file" "$file.open"
exec 9<"$file.open"
flock -x 9
keep --age 1d log
[ $status = 0 ] && [ -e "$file.open" ] && [ -e "log/$only" ]
ok "a segment that is written stays, and is not what makes another old"
exec 9<&-
fresh
segment "$(days_ago 90)" && touch -d "$now" "$file" && touched=$name
segment "$now"
keep --age 1d log
[ $status = 0 ] && [ -e "log/$touched" ]
ok "a file that is young stays"
fresh
segment "$now" && touch -d "$(days_ago 90)" "$file" && backdated=$name
segment "$now"
keep --age 1d log
[ $status = 0 ] && [ -e "log/$backdated" ] && [ -z "$(told)" ]
ok "a file that is old, but whose records are not, stays"
fresh
segment "$(days_ago 90)" && mv "$file" log/mine.jsonl
segment "$now"
keep --age 1d log
[ $status = 0 ] && [ -e log/mine.jsonl ] && has "1 files are not named by the filter" out
ok "a file of another name is left alone, and that is said"
fresh
segment "$(days_ago 90)" && printf '{"v":2' >>"$file" && touch -d "$(days_ago 90)" "$file" && torn=$name
segment "$(days_ago 89)" && echo nonsense >>"$file" && touch -d "$(days_ago 89)" "$file" && broken=$name
segment "$now"
keep --age 1d log
[ $status = 1 ] && [ -e "log/$torn" ] && [ -e "log/$broken" ] && has "$torn: due, and kept: its end is no whole line" err &&
    has "$broken: due, and kept: a line of it is no record" err && has "2 that are due were kept" out
ok "what is damaged stays, and is named"
keep --age 1d --damaged log
[ $status = 0 ] && [ ! -e "log/$torn" ] && [ ! -e "log/$broken" ] && [ "$(told | wc -l)" = 2 ]
ok "... unless somebody says so"

# ---- by size ----
fresh
for d in 9 8 7 6; do segment "$(days_ago $d)" n 2500 && names[d]=$name; done
total=$(du -bc log/*.jsonl | tail -1 | cut -f1)
keep --size 1M log
[ $status = 0 ] && [ "$total" -gt 1048576 ] && [ ! -e "log/${names[9]}" ] && [ -e "log/${names[6]}" ] &&
    told | grep -q '"rule":"size","limit":"1M"' && [ "$(du -bc log/* | tail -1 | cut -f1)" -le 1060000 ]
ok "beyond a size the oldest go"
keep --size 1M log
[ $status = 0 ] && has "0 segments removed" out
ok "and no more than that"

# ---- compressed ----
if command -v zstd >/dev/null; then
    fresh
    segment "$(days_ago 50)" && sum1=$(sha256sum <"$file" | cut -c1-64) packed=$name
    zstd -q --rm "$file"
    segment "$(days_ago 45)" && zstd -q "$file" && twice=$name
    segment "$now"
    keep --age 40d log
    [ $status = 0 ] && [ ! -e "log/$packed.zst" ] && told | grep -q '"segment":"'"$packed"'".*"sha256":"'"$sum1"
    ok "a compressed one goes, and the digest is that of its lines"
    [ -e "log/$twice" ] && [ -e "log/$twice.zst" ]
    ok "one that is being compressed stays"
else
    echo "ok $((count += 1)) - compressed # SKIP no zstd"
fi

# ---- shipping ----
position() { # NAME FILE [STATE [LINES]]
    local first lines
    first=$(head -1 "$2" | tr -d '\n' | sha256sum | cut -c1-32)
    lines=${4:-$(wc -l <"$2")}
    printf 'optout-ship 1\nsegment %s\nfirst %s\nlines %s\nstate %s\n' "$1" "$first" "$lines" "${3:-done}"
}
fresh
mkdir -p state
for d in 90 89 88 87 86; do segment "$(days_ago $d)" && names[d]=$name; done
segment "$now"
position "${names[90]}" "log/${names[90]}" >"state/${names[90]}.shipped"
position "${names[89]}" "log/${names[89]}" open 1 >"state/${names[89]}.shipped"
position "${names[88]}" "log/${names[88]}" done 2 >"state/${names[88]}.shipped"
echo garbage >"state/${names[87]}.shipped"
run audit keep --age 1d --shipped state log
[ $status = 1 ] && [ ! -e "log/${names[90]}" ] && [ -e "log/${names[89]}" ] && [ -e "log/${names[88]}" ] &&
    [ -e "log/${names[87]}" ] && [ -e "log/${names[86]}" ]
ok "only what optout-ship has shipped to its end goes"
has "${names[89]}: due, and kept: it is not shipped to its end" err &&
    has "${names[88]}: due, and kept: what was shipped under its name is not what it holds" err &&
    has "${names[87]}: due, and kept: what was shipped of it cannot be read" err &&
    has "${names[86]}: due, and kept: it is not shipped yet" err
ok "what stays is named, with the reason"
run audit keep --age 1d --shipped nowhere log
[ $status = 2 ] && [ -e "log/${names[89]}" ] && has "nowhere: what was shipped cannot be told, so nothing is removed" err
ok "a folder of positions that is not there removes nothing"
cp state/*.shipped log/
position "${names[89]}" "log/${names[89]}" >"log/${names[89]}.shipped"
run audit keep --age 1d log
[ $status = 1 ] && [ ! -e "log/${names[89]}" ] && [ -e "log/${names[88]}" ] && [ -e "log/${names[89]}.shipped" ]
ok "positions beside the segments count without a word, and are left to optout-ship"

# ---- what readers make of it ----
fresh
then=$(days_ago 100)
since=$(date -u -d "101 days ago" +%F)
until=$(date -u -d "99 days ago" +%F)
segment "$then" && gone=$name
segment "$(days_ago 30)"
segment "$now"
keep --age 60d log
[ $status = 0 ] && [ ! -e "log/$gone" ] && [ "$(told | wc -l)" = 1 ]
ok "the oldest of three goes"
run audit cat log
has "Removed by rule: $gone, with 3 records from $then to $then. AuditKeep (age 60d) on " out
ok "audit cat says it in a sentence"
run audit cat --resolve log
grep -q '"event":"removed".*"limit":"60d"' out
ok "... and --resolve has it as it is"
run audit query --since "$since" --until "$until" log
[ $status = 1 ] && has "3 records from $then to $then were removed on " err
ok "a question about that time hears of it"
run audit query --since "$(date -u -d '31 days ago' +%F)" --until "$(date -u -d '29 days ago' +%F)" log
[ $status = 0 ] && ! has "were removed" err && [ "$(grep -c a.example out)" = 3 ]
ok "one about another time does not"
run audit query --since "$since" --until "$until" --gaps log
has '"event":"removed"' out
ok "--gaps has it among the lines"
run audit index log
run audit query --since "$since" --until "$until" log
has "were removed on " err
ok "with an index, too"
run audit report --json log
python3 - "$gone" "$then" <<'END'
import json, sys
r = json.load(open("out"))
assert r["removed"]["all"] == 1 and r["removed_records"] == 3 and r["gaps"]["all"] == 0, r["removed"]
row = r["removed"]["rows"][0]
assert row["segment"] == sys.argv[1] and row["rule"] == "age" and row["records"] == 3, row
assert row["to"] == sys.argv[2], row
END
ok "the report counts it, and not as a gap"
run audit report log
has 'Removed by rule (AuditKeep)</dt><dd data-total="removed_records" data-n="3">' out
ok "on its page, too"
run audit publisher a.example log
has "Segments of that time that were removed by rule: 1, with 3 records" out
ok "so does the answer to a publisher"
run explain 01KAV9FT3V05WKNXJVWQX4Y1F3 log
has "1 segments of the log, with 3 records, were removed by rule" err
ok "who looks for a record in vain hears of it"
told=$(grep -l '"event":"removed"' log/*.jsonl)
moved=${told%/*}/$(basename "$told" | sed "s/-20[0-9]*T[0-9.]*Z-/-$(days_ago 95 | tr -d :-)-/")
mv "$told" "$moved" # the line would be as old as its name and file, were it not for its time
touch -d "$(days_ago 95)" "$moved"
keep --age 60d log
[ -e "$moved" ]
ok "what tells of removals stays as long as records of its time"
sed -i "s/\"time\":\"[^\"]*\"/\"time\":\"$(days_ago 95)\"/" "$moved"
touch -d "$(days_ago 95)" "$moved"
segment "$now" vm
keep --age 60d log
[ ! -e "$moved" ] && told | grep -q '"records":0,"removals":1'
ok "when it goes itself, that is told, with how many removals it told of"

# ---- a disk without room ----
if [ "$(id -u)" = 0 ] && mkdir -p disk && unshare -m mount -t tmpfs -o size=300k tmpfs disk 2>/dev/null; then
    fresh
    segment "$(days_ago 50)" n 1000 && gone=$name
    segment "$(days_ago 2)" n 10
    # shellcheck disable=SC2016
    unshare -m bash -c 'mount -t tmpfs -o size=300k tmpfs disk && cp -a log disk/ &&
        { cat /dev/zero >disk/ballast 2>/dev/null; "$1" audit keep --shipped none --age 40d disk/log >out 2>err; echo $? >code
          ls disk/log >names; cat disk/log/*.jsonl >all; }' - "$optout"
    [ "$(cat code)" = 0 ] && ! grep -q "$gone" names && grep -q '"event":"removed".*'"$gone" all && has "$gone: removed, age 40d" out
    ok "on a full disk it makes room, and says so all the same"
else
    echo "ok $((count += 1)) - on a full disk # SKIP no mount"
fi

# ---- the command ----
fresh
segment "$(days_ago 50)" && first=$name
segment "$now"
cat >conf <<END
Service optout srv_optout.so
optout.AuditDir $dir/log
optout.AuditKeep 40d shipped=none
optout.Node told
END
run audit keep -c conf
[ $status = 0 ] && [ ! -e "log/$first" ] && told | grep -q '"node":"told"'
ok "AuditDir and AuditKeep of the configuration"
sed -i /AuditKeep/d conf
run audit keep -c conf
[ $status = 0 ] && has "AuditKeep is off: nothing is removed" out
ok "it is off without a line"
segment "$(days_ago 50)" m && segment "$(days_ago 49)" m
keep --age 40d --json log
[ $status = 0 ] && [ "$(wc -l <out)" = 1 ] && has '"event":"removed"' out && ! has '"a.example' out
ok "--json prints the lines of the log"
exec 9<log
flock -x 9
keep --age 1d log
[ $status = 2 ] && has "another 'optout audit keep' is at work there" err
ok "two at once are one"
exec 9<&-
expect 2 "no such age" audit keep --age 40 log
expect 2 "no such size" audit keep --size 40 log
expect 2 "a folder that is not there" audit keep --age 1d nowhere
expect 2 "two folders" audit keep --age 1d log log
expect 0 "--help" audit keep --help
has "optout audit keep" out
ok "says what it is"

# ---- as root, in a folder of somebody else ----
if [ "$(id -u)" = 0 ]; then
    fresh
    chmod 755 "$dir"
    segment "$(days_ago 50)"
    segment "$now"
    chown -R nobody:nogroup log
    chmod 750 log
    # Who changed its user cannot be looked at by the search for leaks, in a build with sanitizers.
    ASAN_OPTIONS=detect_leaks=0 keep --age 40d log
    [ $status = 0 ] && [ "$(stat -c %U log/*.jsonl | sort -u)" = nobody ]
    ok "root writes as the owner of the folder"
else
    echo "ok $((count += 1)) - root writes as the owner of the folder # SKIP not root"
fi

echo "1..$count"
[ "$failures" = 0 ]
