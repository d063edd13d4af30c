# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# peers.sh - what the peers share: TAP (tests/unit/tap.sh), the staged tool as $optout, and
# packages of others, each in a folder of its own under build/peers. Sourced.
# shellcheck disable=SC2034 # theirs

optout=${OPTOUT_STAGE:?}/usr/bin/optout
INSTALL_SECONDS=$([[ -n ${OPTOUT_HEAVY-} ]] && echo 400 || echo 120)
count=0
failures=0
status=0

skip_all() { # REASON
    printf '1..0 # SKIP %s\n' "$(tr '\n' ' ' <<<"$1" | cut -c1-200)"
    exit 0
}

# For what takes long: run by `./start check --peers --long` and by name.
heavy() {
    [[ -n ${OPTOUT_HEAVY-} ]] || skip_all "takes long; ./start check --peers --long"
}

ok() { # NAME: the last command succeeded
    local good=$?
    count=$((count + 1))
    if ((good == 0)); then
        echo "ok $count - $1"
    else
        failures=$((failures + 1))
        echo "not ok $count - $1"
    fi
}

done_testing() {
    echo "1..$count"
    exit $((failures > 0))
}

# The reason why a client of a registry failed, in a line.
last_words() { # LOG
    grep -vE '^\s*$|notice|WARN' "$1" | tail -n 1 | sed 's,[a-z]*://[^ ]*,…,g'
}

# What comes as source alone is built too, without a compiler, when peer_sources is "yes".
peer_sources=no

# peer_python NAME PACKAGE…: $python with these packages, and no others, in build/peers/NAME.
peer_python() {
    local place=$OPTOUT_PEERS/$1 log=$OPTOUT_PEERS/$1.install wanted
    local -a only=(--only-binary :all:)
    [[ $peer_sources == no ]] || only=()
    shift
    wanted="$*"
    python=$place/bin/python
    if [[ -f $place/has && $(<"$place/has") == "$wanted" ]] && "$python" -c '' 2>/dev/null; then
        return
    fi
    rm -rf "$place"
    python3 -m venv "$place" >"$log" 2>&1 ||
        skip_all "python3 makes no virtual environment: $(last_words "$log")"
    timeout "$INSTALL_SECONDS" "$python" -m pip install --quiet --disable-pip-version-check --no-deps \
        "${only[@]}" --retries 1 --timeout 15 "$@" >"$log" 2>&1 ||
        skip_all "pip cannot have $wanted: $(last_words "$log")"
    printf '%s\n' "$wanted" >"$place/has"
}

# peer_npm NAME PACKAGE…: build/peers/NAME/node_modules. No script of a package is run.
peer_npm() {
    local place=$OPTOUT_PEERS/$1 log=$OPTOUT_PEERS/$1.install wanted
    shift
    wanted="$*"
    modules=$place/node_modules
    if [[ -f $place/has && $(<"$place/has") == "$wanted" ]]; then
        return
    fi
    command -v npm >/dev/null || skip_all "npm is not installed"
    rm -rf "$place"
    mkdir -p "$place"
    (cd "$place" && echo '{"private":true}' >package.json &&
        timeout "$INSTALL_SECONDS" npm install --ignore-scripts --no-audit --no-fund --save-exact \
            --fetch-retries 1 --fetch-timeout 15000 "$@") >"$log" 2>&1 ||
        skip_all "npm cannot have $wanted: $(last_words "$log")"
    printf '%s\n' "$wanted" >"$place/has"
}

# peer_maven NAME GROUP:ARTIFACT:VERSION…: $jars, a class path of these and what they need.
peer_maven() {
    local place=$OPTOUT_PEERS/$1 log=$OPTOUT_PEERS/$1.install one wanted
    shift
    wanted="$*"
    jars="$place/*"
    if [[ -f $place/has && $(<"$place/has") == "$wanted" ]]; then
        return
    fi
    command -v mvn >/dev/null || skip_all "mvn is not installed"
    rm -rf "$place"
    mkdir -p "$place"
    {
        echo '<project><modelVersion>4.0.0</modelVersion><groupId>peers</groupId>'
        echo '<artifactId>peers</artifactId><version>1</version><dependencies>'
        for one; do
            IFS=: read -r group artifact version <<<"$one"
            printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId>' "$group" "$artifact"
            printf '<version>%s</version></dependency>\n' "$version"
        done
        echo '</dependencies></project>'
    } >"$place/pom.xml"
    timeout "$INSTALL_SECONDS" mvn -B -q -f "$place/pom.xml" dependency:copy-dependencies \
        "-DoutputDirectory=$place" >"$log" 2>&1 ||
        skip_all "Maven cannot have $wanted: $(last_words "$log")"
    printf '%s\n' "$wanted" >"$place/has"
}
