#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# conf/grafana and conf/prometheus: their form and their names; with promtool also that the alerts fire
# when they should and not otherwise. tests/peers/prometheus asks a real Prometheus. Prints TAP.
set -u
export LC_ALL=C.UTF-8
source=${OPTOUT_SRCDIR:?}
rules=$source/conf/prometheus/optout.rules.yml

result=0
said=$(python3 "$source/tests/unit/dashboard_checks.py" "$source") || result=1
grep -v '^1\.\.' <<<"$said"
count=$(grep -cE '^(not )?ok ' <<<"$said")

ok() { # NAME, the status of the command before it; what it said is in $said
    local status=$?
    count=$((count + 1))
    if [ "$status" = 0 ]; then
        echo "ok $count - $1"
    else
        result=1
        echo "not ok $count - $1"
        sed 's/^/# /' <<<"$said" | head -n 30
    fi
}

if command -v promtool >/dev/null; then
    dir=$(mktemp -d) || exit 99
    trap 'rm -rf "$dir"' EXIT
    said=$(promtool check rules --lint-fatal "$rules" 2>&1)
    ok "promtool check rules"
    said=$(promtool check config --syntax-only "$source/conf/prometheus/prometheus.yml" 2>&1)
    ok "promtool check config, of the example"
    said=$(python3 "$source/tests/unit/alert_cases.py" "$rules" 2>&1 >"$dir/cases.json")
    ok "each alert has a case"
    said=$(promtool test rules "$dir/cases.json" 2>&1)
    ok "alerts fire when they should, and not otherwise"
else
    count=$((count + 1))
    echo "ok $count - the alerts # SKIP promtool is not here (package prometheus; on Debian 13 promtool)"
fi
echo "1..$count"
exit "$result"
