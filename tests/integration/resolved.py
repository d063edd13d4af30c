#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""resolved.py OPTOUT FILE|FOLDER... - holds what `optout audit cat --resolve` says of each
record against what complete.py makes of the same line. Prints how many were compared; exit
status 1 when any differs, or when there is none.

The two differ in names alone: complete.py has `site_files`, the files of all bundles in a
row, for `site`; `reason`, the first of `undecided`, of an undecided record; and `config` is
the whole SHA-256."""
import glob
import json
import os
import subprocess
import sys

import sanitizer
from complete import Segment


def files_of(site):
    for entry in site:
        lines = {rule["file"]: rule["line"] for rule in entry.get("rules", [])}
        for file in entry["bundle"]["files"]:
            file = {"status": None, **file}
            if file["file"] in lines:
                file["line"] = lines[file["file"]]
            if file["file"] in entry.get("stale", []):
                file["stale"] = True
            yield file


def renamed(record):
    """A record of the tool in the names of complete.py."""
    if record.get("event") == "gap":
        return {"torn_bytes": 0, "lost": None, **record}
    record = {"inspected": None, **record}
    record["site_files"] = list(files_of(record.pop("site")))
    undecided = record["decision"] == "undecided" and record["undecided"]
    record["reason"] = undecided[0] if undecided else None
    return record


def differences(expected, record):
    expected = dict(expected)
    if "config" in expected:
        expected["config"] = expected["config"][:32]
    got = renamed(record)
    for name in sorted(expected.keys() | got.keys()):
        a, b = expected.get(name, "(left out)"), got.get(name, "(left out)")
        if a != b or type(a) is not type(b):
            yield "%s: %s: the tool says %r, it is %r" % (record.get("id"), name, b, a)


def compare(optout, path):
    """How many records of one segment were compared, and what is wrong."""
    with open(path, "rb") as f:
        lines = [line for line in f.read().split(b"\n")[:-1]]
    segment = Segment()
    try:
        wanted = [r for r in (segment.take(json.loads(line)) for line in lines) if r]
    except ValueError as e:      # not JSON, or Missing
        return 0, ["%s: %s" % (os.path.basename(path), e)]
    tool = subprocess.run([optout, "audit", "cat", "--resolve", path], capture_output=True,
                          timeout=120 * sanitizer.patience, check=False)
    wrong = ["status %d: %s" % (tool.returncode, tool.stderr.decode("utf-8", "replace")[:300])] \
        if tool.returncode or tool.stderr else []
    got = [json.loads(line) for line in tool.stdout.split(b"\n")[:-1]]
    if len(got) != len(wanted):
        wrong.append("the tool prints %d records of %d" % (len(got), len(wanted)))
    for expected, record in zip(wanted, got):
        wrong += differences(expected, record)
    return len(wanted), ["%s: %s" % (os.path.basename(path), w) for w in wrong]


def compare_all(optout, paths):
    count, wrong = 0, []
    for path in filter(os.path.exists, paths):
        within = sorted(glob.glob(os.path.join(glob.escape(path), "*.jsonl*")))
        for segment in within if os.path.isdir(path) else [path]:
            if segment.endswith(".torn"):
                continue
            n, bad = compare(optout, segment)
            count += n
            wrong += bad
    return count, wrong


if __name__ == "__main__":
    compared, errors = compare_all(sys.argv[1], sys.argv[2:])
    print("%d records compared" % compared)
    for error in errors[:20]:
        print(error)
    sys.exit(1 if errors or not compared else 0)
