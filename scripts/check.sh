# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# ./start check: every test of the project, one step after the other. A step
# speaks TAP or ends with automake's totals; both are added up into the last line.

CHECK_PASSED=0 CHECK_FAILED=0 CHECK_SKIPPED=0
CHECK_BAD_STEPS=()
CHECK_CHILD='' CHECK_AHEAD=''
# Instrumented code is compiled twice as fast with little optimization, and line numbers
# are all that a report needs.
readonly CHECK_CFLAGS='CFLAGS=-O1 -g1'
# No step but the soak and the fuzzing takes a third of it.
CHECK_STEP_SECONDS=${CHECK_STEP_SECONDS:-1500}
# With --long, of each of a hundred targets; and from six minutes on a soak tells whether memory grows.
CHECK_FUZZ_SECONDS=${CHECK_FUZZ_SECONDS:-6}
CHECK_SOAK_MINUTES=${CHECK_SOAK_MINUTES:-6}
readonly CHECK_RUN="$BUILD/check-run" # the demonstration's run folder while checking

check_all() { # quick, normal or long; peers: yes or no
    local began=$SECONDS
    trap check_broken_off INT TERM HUP
    packages_need "${PACKAGES_BUILD[@]}" "${PACKAGES_RUN[@]}" "${PACKAGES_CHECK[@]}"
    build_stage
    [[ $1 == quick ]] || check_ahead root asan fuzz
    check_step demo-bump "Demonstration behind squid-bump.conf" \
        check_demonstration squid-bump.conf
    check_step demo-plain "Demonstration behind squid.conf" \
        check_demonstration squid.conf
    check_step integration "Integration tests" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/integration/run" --set "$(check_set "$1" full)"
    check_step https "HTTPS: the example set-ups" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/https/run"
    check_step doctor "The doctor, on a healthy stack and on some that are broken" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/doctor/run"
    [[ $1 == long ]] || check_step docs "Commands of the docs, on a machine made for them" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/docs/run"
    [[ $1 == long ]] || check_step soak "Soak: twelve seconds, and the first things that go wrong" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/soak/run" --minutes 0.2 --rate 60
    if [[ $1 == quick ]]; then
        check_step unit "Unit and conformance tests" check_unit
        check_skip "Sanitizers" "--quick"
        check_skip "Fuzz targets" "--quick"
        check_skip "The other Debian release" "--quick"
    else
        check_step release-demo "The demonstration on the other Debian release" \
            "$TOP/tests/release/run" --demonstration
        check_step release "Integration tests on the other Debian release" \
            "$TOP/tests/release/run" --integration "$(check_set "$1" short)"
        check_ahead_end
        check_ahead fuzz
        check_step asan-unit "Unit and conformance tests under sanitizers" check_asan_unit
        check_step asan-integration "Integration tests, short set, under sanitizers" \
            env OPTOUT_STAGE="$TOP/build-asan/stage" "$TOP/tests/integration/run" --asan --set short
        check_ahead_end
        check_step fuzz-seeds "Fuzz targets, on their seeds" check_fuzz fuzz-seeds ""
    fi
    [[ $2 != yes ]] || check_peers "$1"
    [[ $1 != long ]] || check_long

    say "" "Checked in $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s."
    ((${#CHECK_BAD_STEPS[@]} == 0)) || printf 'failed: %s\n' "${CHECK_BAD_STEPS[@]}"
    printf '%d passed, %d failed' "$CHECK_PASSED" "$CHECK_FAILED"
    ((CHECK_SKIPPED == 0)) || printf ', %d skipped' "$CHECK_SKIPPED"
    printf '\n'
}

# What takes long, or was run already as another build.
check_long() {
    CHECK_STEP_SECONDS=$((CHECK_STEP_SECONDS * 6))
    check_step unit "Unit and conformance tests as they are shipped" \
        env OPTOUT_LONG=1 make -C "$BUILD" -j"$(jobs_count)" -k check
    check_step https-long "HTTPS: all that docs/https.md says" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/https/run" --long
    check_step https-release "HTTPS: the same on the other Debian release" \
        "$TOP/tests/release/run" --https --long
    check_step docs-long "Commands of the docs, with those that take long" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/docs/run" --long
    check_step doctor-long "The doctor, on stacks with every single thing broken" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/doctor/run" --long
    check_crawler_packages
    check_step asan-all "Integration tests, all of them, under AddressSanitizer and UBSan" \
        env OPTOUT_STAGE="$TOP/build-asan/stage" "$TOP/tests/integration/run" --asan
    check_step tsan-unit "What has threads, under ThreadSanitizer" check_tsan_unit
    check_step tsan-integration "Integration tests, all of them, under ThreadSanitizer" \
        env OPTOUT_STAGE="$TOP/build-tsan/stage" "$TOP/tests/integration/run" --tsan
    check_step crawlers "Crawlers, as docs/crawlers.md says" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/crawlers/run"
    check_step soak "Soak: $CHECK_SOAK_MINUTES minutes of exchanges while things go wrong" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/soak/run" --minutes "$CHECK_SOAK_MINUTES"
    check_step fuzz "Fuzzing, $CHECK_FUZZ_SECONDS s a target" check_fuzz fuzz "$CHECK_FUZZ_SECONDS"
    packages_need "${PACKAGES_DEB[@]}" lintian
    check_step packages "The Debian packages: built, installed, upgraded, purged" \
        "$TOP/tests/packages/run"
    check_step container "The container with these packages, where buildah is at hand" \
        "$TOP/tests/packages/container"
    check_step reproducible "The Debian packages, built twice: the same bytes" \
        "$TOP/tests/packages/reproducible"
    check_step packages-release "The Debian packages on the other Debian release" \
        "$TOP/tests/packages/run" --other
    check_step container-release "The container of the other Debian release" \
        "$TOP/tests/packages/container" --other
    [[ $(uname -m) != x86_64 ]] || packages_need "${PACKAGES_MACHINE[@]}"
    check_step machine "A machine that boots with systemd, with these packages" \
        "$TOP/tests/packages/machine"
    check_step machine-release "The same of the other Debian release" \
        "$TOP/tests/packages/machine" --other
    check_step archive "The archive that make dist makes builds, passes and installs" \
        check_archive
}

# Each peer has a time of its own, so the step ends by itself.
check_peers() { # EXTENT
    local -a packages=("${PACKAGES_PEERS[@]}") heavy=()
    if [[ $1 == long ]]; then
        packages+=("${PACKAGES_PEERS_LONG[@]}")
        heavy=(--heavy)
        command -v npm >/dev/null || packages+=(npm)
    fi
    packages_need "${packages[@]}"
    check_step peers "Engines and tools of others, as docs/at-scale.md says" \
        env OPTOUT_STAGE="$STAGE" "$TOP/tests/peers/run" "${heavy[@]}"
}

# The set of scenarios: more of them where there is time.
check_set() { # EXTENT OTHERWISE
    if [[ $1 == long ]]; then echo long; else echo "$2"; fi
}

check_unit() { make -C "$BUILD" -j"$(jobs_count)" -k check; }

check_archive() {
    make -C "$BUILD" -j"$(jobs_count)" distcheck && echo "ok - make distcheck"
}

# npm comes with some packages of nodejs, and conflicts with those then.
check_crawler_packages() {
    local -a npm=()
    command -v npm >/dev/null || npm=(npm)
    packages_need "${PACKAGES_CRAWLERS[@]}" "${npm[@]}"
}

check_fuzz() { # fuzz-seeds or fuzz, SECONDS a target
    check_tree_fuzz && FUZZ_SECONDS=$2 make -C "$TOP/build-fuzz" "$1"
}

check_tree_fuzz() {
    build_tree "$TOP/build-fuzz" CC=clang "$CHECK_CFLAGS" --enable-fuzzers &&
        logged "$TOP/build-fuzz/make-targets.log" \
            make -C "$TOP/build-fuzz" -j"$(jobs_count)" fuzz-targets
}

check_asan_unit() {
    check_tree_asan && build_stage "$TOP/build-asan" "$CHECK_CFLAGS" --enable-sanitizers &&
        ASAN_OPTIONS=detect_leaks=1 make -C "$TOP/build-asan" -j"$(jobs_count)" -k check
}

check_tree_asan() { # with its tests
    build_tree "$TOP/build-asan" "$CHECK_CFLAGS" --enable-sanitizers &&
        logged "$TOP/build-asan/make-tests.log" \
            make -C "$TOP/build-asan" -j"$(jobs_count)" check TESTS=
}

check_tree_root() { "$TOP/tests/release/run" --root; }

# Whole programs as they are linked; tests/unit/test_threads.sh takes their parts. ThreadSanitizer
# wants its places in memory free, and a race ends a program with an error.
check_tsan_unit() {
    local programs=(store_threads message_threads metrics_threads segment_threads phrases_threads
        scan image_map remember hold record_gate snapshot_threads)
    local scripts=(cli_query cli_report cli_urls cli_warc optoutd)
    programs=("${programs[@]/#/tests/unit/test_}")
    scripts=("${scripts[@]/#/tests/unit/test_}")
    scripts=("${scripts[@]/%/.sh}")
    build_stage "$TOP/build-tsan" "$CHECK_CFLAGS" --enable-thread-sanitizer &&
        TSAN_OPTIONS=die_after_fork=0 setarch -R make -C "$TOP/build-tsan" -j"$(jobs_count)" -k check \
            TESTS="${programs[*]} ${scripts[*]}" \
            check_PROGRAMS="${programs[*]} tests/unit/put_sites tests/unit/put_terms"
}

# The demonstration as a user gets it, in a run folder of its own so that a proxy
# that is up stays so. Every row of the table is a test.
check_demonstration() { # FILE in conf/
    local port status=0
    port=$(check_free_ports) || return
    OPTOUT_RUN=$CHECK_RUN OPTOUT_SQUID=$1 TAP=1 "$TOP/start" up --port "$port" || status=$?
    OPTOUT_RUN=$CHECK_RUN "$TOP/start" down || status=$?
    if grep -E 'WARNING|ERROR|FATAL' "$CHECK_RUN/log/squid-parse.log"; then
        printf 'not ok - %s: Squid has something to say about it\n' "$1"
        status=1
    else
        printf 'ok - %s: Squid has nothing to say about it\n' "$1"
    fi
    return "$status"
}

check_free_ports() { # the first of seven in a row
    local base offset
    for ((base = 23128; base < 32000; base += 10)); do
        for offset in 0 1 2 3 4 5 6; do
            ! port_open $((base + offset)) || continue 2
        done
        printf '%d\n' "$base"
        return
    done
    warn "no seven free ports in a row"
    return 1
}

# --- Ahead -------------------------------------------------------------------------

# Steps wait a good deal. Meanwhile the trees that later ones need are built, by processes that
# run where no other wants to. A step builds its tree all the same: what is there already make
# finds, and what failed ahead fails again, where it is told. Packages are installed before.
check_ahead() { # WHAT, of check_tree_*…
    # Now, for a copy of the tree fails where something new comes while it is made.
    mkdir -p "$TOP/build-asan" "$TOP/build-fuzz"
    # A session of its own, for the kernel shares out time among sessions first.
    # shellcheck disable=SC2016 # the inner shell's variables
    setsid nice -n 19 bash -c '
        TOP=$1
        for part in common build check; do . "$TOP/scripts/$part.sh"; done
        { echo 19 >/proc/self/autogroup; } 2>/dev/null
        chrt --idle --pid 0 $$ 2>/dev/null
        for what in "${@:2}"; do
            # What is downloaded hinders nobody.
            if [[ $what == root ]]; then check_tree_root & else "check_tree_$what"; fi
        done
        wait' ahead "$TOP" "$@" >"$BUILD/check-ahead-$1.log" 2>&1 </dev/null &
    CHECK_AHEAD=$(process_mark $!) || CHECK_AHEAD=''
}

# Its group goes with it, and has gone when this returns: make takes away what is half done.
check_ahead_end() {
    local pid=${CHECK_AHEAD% *} tries=100
    if [[ -n $pid && $(process_mark "$pid") == "$CHECK_AHEAD" ]]; then
        kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        while ((tries-- > 0)) && kill -0 -- "-$pid" 2>/dev/null; do sleep 0.1; done
        kill -KILL -- "-$pid" 2>/dev/null || true
    fi
    CHECK_AHEAD=''
}

# --- Steps -------------------------------------------------------------------------

check_step() { # NAME TITLE COMMAND…
    local title=$2 log="$BUILD/check-$1.log" status=0 began=$SECONDS
    local passed failed skipped
    shift 2
    say ""
    step "$title"
    # A shell of its own, for commands that are functions; errors end it.
    (trap - ERR && set -e && "$@") >"$log" 2>&1 </dev/null &
    CHECK_CHILD=$!
    check_watch "$CHECK_CHILD" "$log" "$began"
    wait "$CHECK_CHILD" || status=$?
    CHECK_CHILD=''

    read -r passed failed skipped < <(check_count "$log")
    if ((status != 0 && failed == 0)); then
        failed=1
        warn "$title ended with status $status; the end of $log:"
        tail -n 25 "$log" >&2
    elif ((status == 0 && passed + failed + skipped == 0)); then
        failed=1
        warn "$title ran no test; see $log"
    fi
    check_show_failures "$log"
    say "    $passed passed, $failed failed, $skipped skipped, $((SECONDS - began)) s; log: ${log#"$TOP"/}"
    CHECK_PASSED=$((CHECK_PASSED + passed))
    CHECK_FAILED=$((CHECK_FAILED + failed))
    CHECK_SKIPPED=$((CHECK_SKIPPED + skipped))
    ((failed == 0)) || CHECK_BAD_STEPS+=("$title ($failed), ${log#"$TOP"/}")
}

check_skip() { # TITLE REASON
    say ""
    step "$1"
    say "    SKIPPED: $2"
    CHECK_SKIPPED=$((CHECK_SKIPPED + 1))
}

# A line every half minute, so that nobody takes a long step for a dead one. A dead one is
# told by what it left running, and ended.
check_watch() { # CHILD LOG BEGAN
    local next=$((SECONDS + 30)) passed failed skipped
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.5
        if ((SECONDS - $3 > CHECK_STEP_SECONDS)); then
            warn "not ended within $CHECK_STEP_SECONDS s; running now:"
            ps -eo pid,ppid,etimes,time,stat,wchan:20,args --sort=pid | cut -c1-160 >&2
            tail -n 25 "$2" >&2
            echo "not ok - not ended within $CHECK_STEP_SECONDS s" >>"$2"
            check_end_child "$1"
            return
        fi
        ((SECONDS >= next)) || continue
        next=$((SECONDS + 30))
        read -r passed failed skipped < <(check_count "$2")
        say "    … $((SECONDS - $3)) s: $passed passed, $failed failed, $skipped skipped so far"
    done
}

# Passed, failed, skipped of a log: automake's totals where there are any (they
# cover its own TAP lines), else TAP.
check_count() { # LOG
    awk '
        /^# PASS: /           { made = 1; mp += $3 }
        /^# (FAIL|ERROR|XPASS): / { made = 1; mf += $3 }
        /^# SKIP: /           { made = 1; ms += $3 }
        /^ *ok( |$)/             { if (/# *[Ss][Kk][Ii][Pp]/) s++; else p++ }
        /^ *not ok( |$)/         { if (!/# *[Tt][Oo][Dd][Oo]/) f++ }
        /^ *1\.\.0 *# *[Ss][Kk][Ii][Pp]/ { s++ }
        /^Bail out!/          { f++ }
        END { print made ? mp + 0 : p + 0, (made ? mf : f) + 0, (made ? ms : s) + 0 }' "$1"
}

check_show_failures() { # LOG
    awk '
        /^ *not ok( |$)/ && !/# *[Tt][Oo][Dd][Oo]/ || /^(FAIL|ERROR|XPASS): / || /^Bail out!/ {
            if (++n <= 20) print "    " $0
            follow = 12; next }
        /^ *#/ && follow-- > 0 { if (n <= 20) print "    " $0; next }
        { follow = 0 }
        /# *SKIP/ && !/^# SKIP:/ { sub(/.*# *SKIP */, ""); skipped[$0]++ }
        END { if (n > 20) print "    … and " n - 20 " more"
              for (reason in skipped) print "    SKIPPED " skipped[reason] ": " reason }' "$1"
}

# Its children first: it waits for them.
check_end_child() { # CHILD
    pkill -TERM -P "$1" 2>/dev/null || true
    kill -TERM "$1" 2>/dev/null || true
}

check_broken_off() {
    trap '' INT TERM HUP
    check_ahead_end
    if [[ -n $CHECK_CHILD ]]; then
        check_end_child "$CHECK_CHILD"
        wait "$CHECK_CHILD" 2>/dev/null || true
    fi
    OPTOUT_RUN=$CHECK_RUN "$TOP/start" down >/dev/null 2>&1 || true
    warn "broken off"
    exit 130
}
