# SPDX-License-Identifier: Apache-2.0
"""Holds what optoutd serves to Prometheus against the audit log: every figure that the log has
too must be the same."""
import collections
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from complete import Segment

LINE = re.compile(r'^(optout_\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="([^"]*)"')
PATIENCE = 6.0


def scrape(path):
    """The body of /metrics on a local socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(path)
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: optoutd\r\n\r\n")
        data = b""
        while True:
            part = s.recv(65536)
            if not part:
                break
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 ") or b"text/plain; version=0.0.4" not in head:
        raise OSError("no metrics: %r" % head[:200])
    return body.decode()


def read(text):
    """(name, labels) -> value, and the kind of each family."""
    values, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            kinds[name] = kind
        elif not line.startswith("#"):
            name, labels, value = LINE.match(line).groups()
            values[name, frozenset(LABEL.findall(labels or ""))] = float(value)
    return values, kinds


class Figures:
    def __init__(self, text):
        self.values, self.kinds = read(text)

    def of(self, name, **labels):
        return self.values.get(("optout_" + name, frozenset(labels.items())), 0)

    def by(self, name, *labels):
        """What is not 0, as a Counter of label values."""
        found = collections.Counter()
        for (full, has), value in self.values.items():
            if full == "optout_" + name and value:
                has = dict(has)
                found[tuple(has[k] for k in labels)] = int(value)
        return found

    def labels(self, name):
        return [dict(has) for (full, has), _ in self.values.items() if full == "optout_" + name]

    def counters(self):
        """Each value that may only grow."""
        return {key: value for key, value in self.values.items()
                if self.kinds.get(key[0]) == "counter" or
                re.search("_(bucket|sum|count)$", key[0])}


class Log:
    """All segments of a folder, at once."""

    def __init__(self, folder):
        self.records, self.lines, self.bytes, self.gaps = [], 0, 0, 0
        for name in sorted(os.listdir(folder)):
            if ".jsonl" not in name:
                continue
            segment = Segment()
            with open(os.path.join(folder, name), "rb") as f:
                data = f.read()
            self.bytes += len(data)
            for line in data.splitlines():
                self.lines += 1
                record = segment.take(json.loads(line))
                if record and record["event"] == "gap":
                    self.gaps += 1
                elif record:
                    self.records.append(record)
        self.final = [r for r in self.records if r["event"] == "final"]
        self.pending = [r for r in self.records if r["event"] == "pending"]

    def count(self, key):
        return collections.Counter(k for r in self.final for k in key(r))

    def micros(self, vector):
        return sum(r["micros"] for r in self.final if r["vector"] == vector)


def _compare(figures, log, children):
    """name: (in the metrics, in the log); what differs is wrong."""
    cut = [r for r in log.final if r["action"] == "cut"]
    aborted = [r for r in cut if "aborted" in r["undecided"]]
    respmod = [r for r in log.final if r["vector"] == "respmod"]
    reqmod = [r for r in log.final if r["vector"] == "reqmod"]
    passed = int(figures.of("requests_passed_total"))
    pairs = {
        "exchanges": (figures.by("exchanges_total", "vector", "decision", "action"),
                      log.count(lambda r: [(r["vector"], r["decision"], r["action"])])),
        "signals": (figures.by("signals_total", "standard", "carrier"),
                    log.count(lambda r: [(s["standard"], s["carrier"]) for s in r["signals"]])),
        "undecided": (figures.by("undecided_total", "reason"),
                      log.count(lambda r: [(u,) for u in r["undecided"]])),
        "final records": (figures.of("audit_records_total", event="final"), len(log.final)),
        "pending records": (figures.of("audit_records_total", event="pending"), len(log.pending)),
        "begun early": (figures.of("answers_begun_early_total"), len(log.pending)),
        "lines": (figures.of("audit_lines_total"), log.lines),
        "bytes": (figures.of("audit_written_bytes_total"), log.bytes),
        "gaps": (figures.of("audit_gaps_total"), log.gaps),
        "failures": (figures.of("audit_failures_total"), 0),
        "requests passed": (passed, len(respmod)),
        "times of responses": (figures.of("filter_seconds_count", vector="respmod"), len(respmod)),
        "their sum": (round(figures.of("filter_seconds_sum", vector="respmod") * 1e6),
                      log.micros("respmod")),
        "times of requests": (figures.of("filter_seconds_count", vector="reqmod"),
                              len(reqmod) + passed),
        "bytes seen": (figures.of("body_seen_bytes_total"), sum(r["seen"] for r in log.final)),
        "abandoned": (figures.of("abandoned_total"), len(aborted)),
        "cuts": (figures.of("cuts_total"), len(cut) - len(aborted)),
        "held now": (figures.of("hold_used_bytes"), 0),
        "children": (figures.of("processes", program="filter"), children),
        "daemons": (figures.of("processes", program="optoutd"), 1),
        "ignored files": (figures.of("metrics_ignored_files"), 0),
        "configurations": (sorted(c["digest"] for c in figures.labels("config_info")),
                           sorted({r["config"]["id"][:16] if isinstance(r["config"], dict)
                                   else r["config"][:16] for r in log.final[-1:]})),
        "versions": (len({b["version"] for b in figures.labels("build_info")}), 1),
    }
    if log.gaps:       # a child died: what it did after its last line is nobody's to say
        for name in ("bytes", "times of requests", "requests passed"):
            pairs.pop(name)
    return ["%s: %s in the metrics, %s in the log" % (name, a, b)
            for name, (a, b) in pairs.items() if a != b]


def _fallen(stack, figures):
    """Counters that are lower than when they were last looked at."""
    before = getattr(stack, "figures_before", {})
    stack.figures_before = figures.counters()
    return ["%s fell from %s to %s" % (key, value, figures.values.get(key))
            for key, value in before.items() if figures.values.get(key, -1) < value]


def _tool_differs(stack, text):
    p = subprocess.run([stack.stage.tool, "metrics", "--store", stack.daemon.store],
                       capture_output=True, text=True, timeout=20)
    mine, others = set(text.splitlines()), set(p.stdout.splitlines())
    return ["the tool says otherwise: %s" % sorted(mine ^ others)[:4]] if mine != others else []


def _promtool(text):
    if not shutil.which("promtool"):
        return []
    p = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                       timeout=20)
    return ["promtool: " + p.stdout + p.stderr] if p.returncode else []


def _expected(step, figures):
    """The lines below: a value as Prometheus names it, and what it is; 2+ is two at least."""
    wrong = []
    for line in filter(None, step.headers):
        name, labels, want = LINE.match("optout_" + line).groups()
        got = figures.values.get((name, frozenset(LABEL.findall(labels or ""))))
        if got is None or not (got >= float(want[:-1]) if want.endswith("+") else
                               got == float(want)):
            wrong.append("%s, and it is %s" % (line, got))
    return wrong


def figures(step, stack, origin, player, least="1"):
    """All of the log is in the metrics, and nothing else; no counter has fallen. The lines below
    name values that the log does not have."""
    end = time.monotonic() + PATIENCE
    while True:
        text = scrape(os.path.join(stack.run, "metrics.sock"))
        now, log = Figures(text), Log(stack.audit_dir)
        wrong = _compare(now, log, len(stack.cicap_children())) + _tool_differs(stack, text)
        if not wrong or time.monotonic() > end:
            break
        time.sleep(0.2)
    wrong += _expected(step, now) + _fallen(stack, now) + _promtool(text)
    if len(log.final) < int(least):
        wrong.append("only %d exchanges were compared" % len(log.final))
    return wrong


def children_renewed(step, stack, origin, player):
    """c-icap starts anew with new children; the old ones, which have counted all so far, go when
    their connections do."""
    stack.expected.set()
    before = stack.cicap_children()
    stack.leaving |= before
    stack.control("reconfigure")
    end = time.monotonic() + 10
    while time.monotonic() < end and not stack.cicap_children() - before:
        time.sleep(0.2)
    time.sleep(1)
    stack.expected.clear()
    return [] if stack.cicap_children() - before else ["no new children"]


def child_lost(step, stack, origin, player):
    """Kills one child of c-icap; another closes its segment with a gap, and its counts stay."""
    stack.expected.set()
    before = stack.cicap_children()
    os.kill(max(before - stack.leaving), signal.SIGKILL)
    end = time.monotonic() + 15
    while time.monotonic() < end and not Log(stack.audit_dir).gaps:
        time.sleep(0.2)
    time.sleep(1)        # until the stack has missed it
    stack.expected.clear()
    return [] if Log(stack.audit_dir).gaps else ["nobody closed the segment of the child"]


PROCEDURES = {"figures": figures, "children-renewed": children_renewed, "child-lost": child_lost}
