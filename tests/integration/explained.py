#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""explained.py OPTOUT FILE|FOLDER... - lets `optout explain` tell one record of each kind that
the log has, and holds what it names against what the record says. Prints how many; exit
status 1 when any is told wrong, or when there is none.

The tool makes the decision anew, from the record alone: where that comes to something else, or
lacks something, it says so in `doubts`, of which there may be none here."""
import glob
import json
import os
import subprocess
import sys

import sanitizer

KINDS = 400     # told at most; beyond that nothing new is to be learnt


def kind_of(record):
    """Records of one kind are explained alike."""
    signals = record.get("signals", [])
    return (record.get("decision"), record.get("action"), record.get("vector"),
            record.get("mode"), record.get("inspected"), "earlier" in record,
            "released" in record, "site" in record, "contact" in record,
            tuple(record.get("undecided", [])), tuple(record.get("conflicts", [])),
            record.get("method"), record.get("status") in (206, 304),
            tuple(sorted({(s["standard"], s["carrier"], s["scope"], s.get("confidence", ""),
                           bool(s.get("deciding"))) for s in signals})))


def expected(record):
    """Rules that must be named, from what the record says: of each pair one."""
    cut = record.get("action") == "cut"
    aborted = "aborted" in record.get("undecided", [])
    refused = record.get("vector") == "reqmod" and record.get("action") == "block"
    yield cut and not aborted, {"R-43", "R-44"}
    yield aborted, {"R-45"}
    limits = {"limit-size", "limit-memory", "limit-time"} & set(record.get("undecided", []))
    yield cut and record["decision"] == "undecided" and bool(limits) and \
        not {"truncated", "aborted"} & set(record["undecided"]), {"R-43"}
    yield record.get("mode") == "monitor", {"R-41"}
    yield refused, {"R-46"}
    yield "conflicts" in record, {"R-29", "R-09", "R-08"}
    yield "contact" in record, {"R-48"}
    yield record["inspected"] == "site-file", {"R-08"}
    yield any(site.get("stale") for site in record.get("site", [])), {"R-37"}
    yield record["decision"] == "clear" and record["inspected"] != "site-file", {"R-01", "R-10"}
    yield record["decision"] == "undecided" and record["inspected"] != "site-file", \
        {"R-06", "R-07", "R-10"}


def told_wrong(optout, path, record):
    tool = subprocess.run([optout, "explain", "--json", record["id"], path],
                          capture_output=True, timeout=60 * sanitizer.patience, check=False)
    if tool.returncode or tool.stderr:
        return ["status %d: %s" % (tool.returncode, tool.stderr.decode("utf-8", "replace")[:300])]
    told = json.loads(tool.stdout)
    wrong = ["doubts: %s" % doubt for doubt in told["doubts"]]
    if "decision" not in record:
        return wrong + (["a pending record has a rule"] if told["rule"] else [])
    named = {rule["id"] for rule in told["rules"]}
    for holds, rules in expected(record):
        if holds and not named & rules:
            wrong.append("none of %s is named, but %s" % (sorted(rules), sorted(named)))
    decided = sum(bool(s.get("deciding")) for s in record.get("signals", []))
    if decided != sum(line.startswith("Decides: ") for line in told["stated"]):
        wrong.append("%d statements decide" % decided)
    return wrong


def segments_of(paths):
    for path in filter(os.path.exists, paths):
        within = sorted(glob.glob(os.path.join(glob.escape(path), "*.jsonl*")))
        for segment in within if os.path.isdir(path) else [path]:
            if not segment.endswith(".torn"):
                yield segment


def records_of(segment):
    with open(segment, "rb") as f:
        lines = f.read().split(b"\n")[:-1]
    records = [json.loads(line) for line in lines]
    ended = {r["id"] for r in records if "decision" in r}
    return [r for r in records if "decision" in r or
            (r.get("event") == "pending" and r["id"] not in ended)]


def explain_all(optout, paths, kinds):
    """How many were told, and what is wrong. `kinds` were told before."""
    count, wrong = 0, []
    for segment in segments_of(paths):
        try:
            records = records_of(segment)
        except ValueError:
            continue                # damaged, of which others tell
        for record in records:
            kind = kind_of(record)
            if kind in kinds or len(kinds) >= KINDS:
                continue
            kinds.add(kind)
            count += 1
            wrong += ["explain %s: %s" % (record["id"], w)
                      for w in told_wrong(optout, segment, record)]
    return count, wrong


if __name__ == "__main__":
    explained, errors = explain_all(sys.argv[1], sys.argv[2:], set())
    print("%d records explained" % explained)
    for error in errors[:40]:
        print(error)
    sys.exit(1 if errors or not explained else 0)
