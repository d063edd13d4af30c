# SPDX-License-Identifier: Apache-2.0
"""Prints what `promtool test rules` reads. Each case is a node of its own that is well but for
what the case says; the alerts that fire for it then are exactly those of the case, so each case tests
all alerts. Each alert must have a case in which it fires; next to it stands one in which it nearly does.

    python3 alert_cases.py RULES >tests.json && promtool test rules tests.json"""
import json
import re
import sys

MINUTES = 120
NODE = 'instance="n:10451"'


def counter(per_minute):
    return "0+%gx%d" % (per_minute, MINUTES)


def gauge(value):
    return "%gx%d" % (value, MINUTES)


def step(before, after, at):
    """`before` until minute `at`, then `after`."""
    return "%gx%d %gx%d" % (before, at - 1, after, MINUTES - at)


def jump(n, at, to=None):
    """A counter that stands, and has grown by n between the minutes `at` and `to`."""
    to = to or at + 1
    return "0x%d %g+%gx%d %gx%d" % (at - 1, n / (to - at), n / (to - at), to - at - 1, n, MINUTES - to)


def exchanges(vector, decision, action):
    return 'optout_exchanges_total{vector="%s",decision="%s",action="%s",%s}' % (vector, decision, action, NODE)


def one(name, labels=""):
    return "optout_%s{%s%s}" % (name, labels + "," if labels else "", NODE)


CLEAR, UNDECIDED = exchanges("respmod", "clear", "pass"), exchanges("respmod", "undecided", "block")
BLOCKED = exchanges("respmod", "reserved", "block")
DELIVERED, CUT = exchanges("respmod", "reserved", "tag"), exchanges("respmod", "reserved", "cut")
REQMOD = exchanges("reqmod", "reserved", "block")
UP = 'up{job="optout",%s}' % NODE
PASSED, FILTER = one("requests_passed_total"), one("processes", 'program="filter"')
VERSIONS = [one("build_info", 'program="%s",version="1.0"' % p) for p in ("filter", "optoutd")]
CONFIG = one("config_info", 'digest="0011223344556677"')
STARTS = one("process_starts_total", 'program="optoutd"')
FREE, SIZE = one("audit_dir_free_bytes"), one("audit_dir_size_bytes")
USED, ROOM, EVICTED = one("store_used_bytes"), one("store_size_bytes"), one("store_evicted_total")
FETCHES, FETCH_ERRORS = one("site_fetches_total"), one("site_fetch_errors_total")
KNOWN, LATE, REFUSED = (one("site_answers_total", 'answer="%s"' % a) for a in ("known", "late", "refused"))
CONFIGURED, CONNECTED = one("share_configured"), one("share_connected")
GIVEN_UP, READER_ENDS = one("site_documents_given_up_total"), one("site_reader_ends_total")
TROUBLE, ASIDE = one("store_troubles_total", 'program="filter"'), one("store_set_aside_total")
SQUID = 'squid_client_http_requests_total{instance="n:9301"}'


def bucket(bound):
    return one("filter_seconds_bucket", 'vector="respmod",le="%s"' % bound)


def ship(name):
    return 'optout_ship_%s{instance="n:9100"}' % name


WELL = {
    UP: gauge(1), FILTER: gauge(4), PASSED: counter(100), SQUID: counter(120),
    CLEAR: counter(80), BLOCKED: counter(15), UNDECIDED: counter(2), REQMOD: counter(10),
    DELIVERED: counter(0), CUT: counter(0),
    CONFIG: gauge(1), **{v: gauge(1) for v in VERSIONS}, STARTS: gauge(1),
    one("reloads_total", 'outcome="done"'): counter(1), one("reloads_total", 'outcome="refused"'): counter(0),
    one("metrics_ignored_files"): gauge(0),
    one("cuts_total"): counter(0), one("hold_full_total"): counter(0),
    one("images_not_remembered_total"): counter(0),
    bucket("0.001"): counter(90), bucket("0.5"): counter(95), bucket("1"): counter(97), bucket("+Inf"): counter(97),
    one("audit_failures_total"): counter(0), one("audit_sync_failures_total"): counter(0),
    one("audit_gaps_total"): counter(0), one("audit_unsynced_lines"): gauge(50),
    FREE: "5e11-1e6x%d" % MINUTES, SIZE: gauge(1e12),
    USED: gauge(10), ROOM: gauge(100), EVICTED: counter(0), TROUBLE: counter(0), ASIDE: counter(0),
    FETCHES: counter(20), FETCH_ERRORS: counter(2), KNOWN: counter(20), LATE: counter(1), REFUSED: counter(0),
    CONFIGURED: gauge(1), CONNECTED: gauge(1), GIVEN_UP: counter(0), READER_ENDS: counter(0),
    ship("reachable"): gauge(1), ship("oldest_unshipped_seconds"): gauge(3),
    **{ship(n): counter(0) for n in ("unshipped_total", "lost_segments_total", "damaged_segments_total")},
}
NOTHING = None  # the series is not there

# (what is wrong, minute of the look, alerts that fire, series that differ)
CASES = [
    ("all is well", 110, [], {}),
    ("a node without traffic", 110, [],
     {s: counter(0) for s in (PASSED, SQUID, CLEAR, BLOCKED, UNDECIDED, REQMOD, FETCHES, FETCH_ERRORS, KNOWN, LATE)} |
     {bucket(b): counter(0) for b in ("0.001", "0.5", "1", "+Inf")}),
    ("optoutd is gone", 70, ["OptoutDown"], {UP: step(1, 0, 60)}),
    ("optoutd is gone for a minute", 61, [], {UP: step(1, 0, 60)}),
    ("nobody looks at optoutd", 70, ["OptoutDown"], {UP: NOTHING}),
    ("c-icap is gone, and Squid has no traffic", 70, ["OptoutFilterGone"],
     {FILTER: step(4, 0, 60), SQUID: counter(0), PASSED: counter(0)}),
    ("c-icap is restarted", 61, [], {FILTER: "4x58 0x1 4x60"}),
    ("RESPMOD is missing", 110, ["OptoutResponsesUnfiltered"],
     {s: counter(0) for s in (CLEAR, BLOCKED, UNDECIDED)}),
    ("RESPMOD has nothing to do", 110, [],
     {s: counter(0) for s in (CLEAR, BLOCKED, UNDECIDED)} | {PASSED: counter(3)}),
    ("REQMOD is missing", 110, ["OptoutRequestsUnfiltered"], {PASSED: counter(0), REQMOD: counter(0)}),
    ("all requests are refused", 110, [], {PASSED: counter(0)}),
    ("the filter is not in the way", 110, ["OptoutNoDecisions"],
     {s: counter(0) for s in (PASSED, CLEAR, BLOCKED, UNDECIDED, REQMOD)}),
    ("the filter is not in the way, for some minutes", 66, [],
     {PASSED: "0+100x54 5400x65", CLEAR: "0+80x54 4320x65", BLOCKED: "0+15x54 810x65",
      UNDECIDED: "0+2x54 108x65", REQMOD: "0+10x54 540x65"}),
    ("a configuration is refused", 70, ["OptoutReloadRefused"],
     {one("reloads_total", 'outcome="refused"'): jump(4, 60)}),
    ("it was, half an hour ago", 90, [], {one("reloads_total", 'outcome="refused"'): jump(4, 60)}),
    ("two configurations", 80, ["OptoutConfigurationsDiffer"],
     {one("config_info", 'digest="8899aabbccddeeff"'): gauge(1)}),
    ("two configurations during a reload", 65, [],
     {one("config_info", 'digest="8899aabbccddeeff"'): "_x58 1x60"}),
    ("two versions", 80, ["OptoutVersionsDiffer"], {VERSIONS[0]: NOTHING,
     one("build_info", 'program="filter",version="1.1"'): gauge(1)}),
    ("two versions during an upgrade", 65, [], {one("build_info", 'program="filter",version="1.1"'): "_x58 1x60"}),
    ("optoutd ends again and again", 80, ["OptoutDaemonRestarts"], {STARTS: "1x60 2 3 4 5 5x55"}),
    ("optoutd was restarted twice", 80, [], {STARTS: "1x60 2 2 2 3 3x55"}),
    ("counters of another version", 80, ["OptoutMetricsIgnored"], {one("metrics_ignored_files"): gauge(2)}),
    ("they were folded", 80, [], {one("metrics_ignored_files"): step(2, 0, 75)}),
    ("reserved content is delivered", 65, ["OptoutReservedDelivered"], {DELIVERED: jump(3, 60)}),
    ("it is cut", 65, [], {CUT: jump(3, 60)}),
    ("a third is undecided", 110, ["OptoutUndecidedMany"], {UNDECIDED: counter(50)}),
    ("a seventh is undecided", 110, [], {UNDECIDED: counter(15)}),
    ("a third is undecided, for ten minutes", 70, [], {UNDECIDED: "0x58 0+50x60"}),
    ("cuts", 110, ["OptoutCutsMany"], {one("cuts_total"): counter(8)}),
    ("few cuts", 110, [], {one("cuts_total"): counter(4)}),
    ("few cuts of many exchanges", 110, [], {one("cuts_total"): counter(8), CLEAR: counter(5000)}),
    ("HoldTotal is used up", 110, ["OptoutHoldFull"], {one("hold_full_total"): counter(1)}),
    ("HoldTotal was used up", 75, [], {one("hold_full_total"): jump(5, 60)}),
    ("the filter is slow", 110, ["OptoutFilterSlow"],
     {bucket("0.001"): counter(60), bucket("0.5"): counter(80)}),
    ("some exchanges are slow", 110, [], {bucket("0.001"): counter(60), bucket("0.5"): counter(92)}),
    ("images are lost", 100, ["OptoutImagesLost"], {one("images_not_remembered_total"): jump(40, 60)}),
    ("images were lost", 119, [], {one("images_not_remembered_total"): jump(40, 50)}),
    ("records cannot be written", 64, ["OptoutAuditFailures"], {one("audit_failures_total"): jump(5, 60)}),
    ("records could not be written", 75, [], {one("audit_failures_total"): jump(5, 60)}),
    ("the disk refuses to sync", 64, ["OptoutAuditSyncFailures"], {one("audit_sync_failures_total"): jump(1, 60)}),
    ("the disk refused to sync", 90, [], {one("audit_sync_failures_total"): jump(1, 60)}),
    ("a gap", 64, ["OptoutAuditGaps"], {one("audit_gaps_total"): jump(1, 60)}),
    ("a gap of yesterday", 90, [], {one("audit_gaps_total"): gauge(1)}),
    ("the disk is slow", 90, ["OptoutAuditUnsynced"], {one("audit_unsynced_lines"): gauge(20000)}),
    ("the disk was slow for a moment", 64, [], {one("audit_unsynced_lines"): step(50, 20000, 61)}),
    ("the disk is nearly full", 90, ["OptoutAuditDiskFull"], {FREE: gauge(9e10)}),
    ("an eighth of the disk is free", 90, [], {FREE: gauge(1.2e11)}),
    ("nothing was written yet", 90, [], {FREE: gauge(0), SIZE: gauge(0)}),
    ("the disk will be full", 100, ["OptoutAuditDiskFullSoon"], {FREE: "9e11-4e9x%d" % MINUTES}),
    ("the disk will be full tomorrow", 100, [], {FREE: "9e11-1e9x%d" % MINUTES}),
    ("Kafka is away", 90, ["OptoutShipUnreachable"], {ship("reachable"): gauge(0)}),
    ("Kafka is away for a moment", 64, [], {ship("reachable"): step(1, 0, 60)}),
    ("shipping is behind", 90, ["OptoutShipBehind"], {ship("oldest_unshipped_seconds"): gauge(700)}),
    ("shipping is a little behind", 90, [], {ship("oldest_unshipped_seconds"): gauge(500)}),
    *(("not shipped: " + n, 64, ["OptoutShipLost"], {ship(n): jump(1, 60)})
      for n in ("unshipped_total", "lost_segments_total", "damaged_segments_total")),
    ("lines were set aside long ago", 90, [], {ship("unshipped_total"): gauge(3)}),
    ("the store is damaged", 64, ["OptoutStoreTrouble"], {TROUBLE: jump(1, 60)}),
    ("the store is set aside", 64, ["OptoutStoreTrouble"], {ASIDE: jump(1, 60)}),
    ("the store was set aside", 90, [], {ASIDE: jump(1, 60)}),
    ("the store is full", 110, ["OptoutStoreFull"], {USED: gauge(95), EVICTED: counter(1)}),
    ("the store is nearly full", 110, [], {USED: gauge(95)}),
    ("origins do not answer", 110, ["OptoutDiscoveryFails"], {FETCH_ERRORS: counter(12)}),
    ("some origins do not answer", 110, [], {FETCH_ERRORS: counter(8)}),
    ("one origin does not answer", 110, [], {FETCHES: counter(1), FETCH_ERRORS: counter(1)}),
    ("answers are late", 110, ["OptoutDiscoveryLate"], {LATE: counter(10), REFUSED: counter(2)}),
    ("some answers are late", 110, [], {LATE: counter(6)}),
    ("a site file is given up", 64, ["OptoutSiteFilesGivenUp"], {GIVEN_UP: jump(1, 60)}),
    ("one was given up hours ago", 119, [], {GIVEN_UP: jump(1, 50)}),
    ("readers end again and again", 110, ["OptoutSiteReaderEnds"], {READER_ENDS: counter(1)}),
    ("a reader ended twice", 80, [], {READER_ENDS: jump(2, 60)}),
    ("readers ended, and do no more", 66, [], {READER_ENDS: jump(20, 60)}),
    ("Redis is away", 70, ["OptoutRedisAway"], {CONNECTED: step(1, 0, 60)}),
    ("Redis is away for a moment", 62, [], {CONNECTED: step(1, 0, 60)}),
    ("nothing is shared", 110, [], {CONNECTED: gauge(0), CONFIGURED: gauge(0)}),
]

def series_of(node, differs):
    """The series of one node, by its name."""
    return [{"series": s.replace('instance="n:', 'instance="%s:' % node), "values": v}
            for s, v in {**WELL, **differs}.items() if v is not NOTHING]


def fires_then(node, minute, fires):
    return {"expr": 'count by (alertname) (ALERTS{alertstate="firing",instance=~"(%s:.*)?",host=~"(%s)?"})'
                    % (node, node),
            "eval_time": "%dm" % minute,
            "exp_samples": [{"labels": '{alertname="%s"}' % a, "value": 1} for a in sorted(fires)]}


def tests_of(cases):
    test = {"interval": "1m", "input_series": [], "promql_expr_test": []}
    for i, (_, minute, fires, differs) in enumerate(cases):
        test["input_series"] += series_of("n%d" % i, differs)
        test["promql_expr_test"].append(fires_then("n%d" % i, minute, fires))
    return test


def main():
    rules = open(sys.argv[1], encoding="utf-8").read()
    alerts = re.findall(r"- alert: (\w+)", rules)
    fires = {a for _, _, names, _ in CASES for a in names}
    if set(alerts) != fires:
        sys.exit("alerts without a case in which they fire: %s; cases of none: %s" %
                 (set(alerts) - fires, fires - set(alerts)))
    # What nobody looks at has no series, and so no node: it is alone.
    alone = [c for c in CASES if c[3].get(UP, "") is NOTHING]
    tests = [tests_of([c for c in CASES if c not in alone])] + [tests_of([c]) for c in alone]
    json.dump({"rule_files": [sys.argv[1]], "evaluation_interval": "1m", "tests": tests}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
