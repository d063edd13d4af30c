#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `optout audit query` against a reader that parses every line and does as
docs/audit-format.md says, over generated questions.

    naive_query.py TOOL FOLDER QUESTIONS SEED

Prints TAP lines without numbers, one for all questions of a kind, and what differs."""
import collections
import datetime
import json
import random
import subprocess
import sys
import os

SUFFIXES = {"example", "com", "co.uk", "org", "github.io"}


def lines_of(path):
    if path.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    else:
        with open(path, "rb") as f:
            data = f.read()
    lines = data.split(b"\n")
    return lines[:-1]  # what has no LF is no line


def host_of(url):
    rest = url.split("://", 1)[-1]
    for end in "/?#\\":
        rest = rest.split(end, 1)[0]
    return rest.split(":", 1)[0].lower()


def domain_of(host):
    labels = host.split(".")
    for i in range(1, len(labels)):
        if ".".join(labels[i:]) in SUFFIXES:
            return ".".join(labels[i - 1:])
    return host


KEPT = ("id", "time", "url", "profile", "status", "earlier", "seen", "micros")
FEW = ("profile",)


def complete(o, config):
    pending = o.get("event") == "pending"
    r = {k: sys.intern(o[k]) if k in FEW else o[k] for k in KEPT if k in o}
    r.setdefault("profile", config["profile"])
    r["mode"] = next(p["mode"] for p in config["profiles"] if p["name"] == r["profile"])
    r["node"] = config["node"]
    r["decision"] = "pending" if pending else sys.intern(o["decision"])
    r["action"] = None if pending else sys.intern(o.get("action", "pass"))
    r.setdefault("status", None if o.get("vector") == "reqmod" else 200)
    r["host"] = sys.intern(host_of(o.get("url", "")))
    r["domain"] = sys.intern(domain_of(r["host"]))
    r["media_type"] = sys.intern(o.get("media_type", "").split(";")[0].strip().lower()) or None
    r["format"] = sys.intern(o["inspected"])
    r["day"], r["hour"] = sys.intern(o["time"][:10]), sys.intern(o["time"][:13])
    r["all_signals"] = tuple((sys.intern(s["standard"]), sys.intern(s["carrier"]), s.get("deciding", False))
                             for s in o.get("signals", ()))
    r["reasons"] = tuple(sys.intern(i) for i in o.get("undecided", ()))
    return r


def read_log(folder):
    records, gaps = [], []
    for name in sorted(os.listdir(folder)):
        if not name.endswith((".jsonl", ".jsonl.open", ".jsonl.zst")):
            continue
        configs, pending, order = {}, {}, []
        for raw in lines_of(os.path.join(folder, name)):
            try:
                o = json.loads(raw)
            except ValueError:
                continue
            event = o.get("event")
            if event == "config":
                configs[o["id"]] = o
            elif event == "gap":
                gaps.append(o)
            elif event == "pending":
                pending[o["id"]] = complete(o, configs[o["config"]])
            elif event is None:
                pending.pop(o["id"], None)
                order.append(complete(o, configs[o["config"]]))
        records += order + list(pending.values())
    return records, gaps


def upper(t):
    return t.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (t.microsecond // 1000)


class Question:
    """Options, and what they mean to one record."""

    def __init__(self, r, records):
        self.options, self.tests = [], []
        self.deciding = r.random() < 0.2
        if self.deciding:
            self.options.append("--deciding")
        kinds = r.sample(["host", "domain", "below", "url", "prefix", "decision", "action", "signal",
                          "profile", "reason", "id", "earlier", "since", "until"], r.randint(0, 3))
        if {"host", "below"} <= set(kinds):
            kinds.remove("below")  # the same option: either
        for kind in kinds:
            sample = [r.choice(records) for _ in range(r.randint(1, 3))]
            getattr(self, kind)(r, sample)

    def either(self, option, values, test):
        values = [v for v in values if v]
        for v in values:
            self.options += ["--" + option, v]
        if values:
            self.tests.append(lambda x: test(x, values))

    def host(self, r, sample):
        self.either("host", [s["host"].upper() if r.random() < .3 else s["host"] for s in sample],
                    lambda x, v: x["host"] in [i.lower() for i in v])

    def below(self, r, sample):
        self.either("host", ["." + s["domain"] for s in sample[:1]],
                    lambda x, v: any(x["host"] == i[1:] or x["host"].endswith(i) for i in v))

    def domain(self, r, sample):
        self.either("domain", [s["host"] for s in sample], lambda x, v: x["domain"] in [domain_of(i.lower()) for i in v])

    def url(self, r, sample):
        self.either("url", [s["url"] for s in sample], lambda x, v: x["url"] in v)

    def prefix(self, r, sample):
        self.either("url-prefix", [s["url"][:r.randint(9, 40)] for s in sample],
                    lambda x, v: any(x["url"].startswith(i) for i in v))

    def decision(self, r, sample):
        self.either("decision", [s["decision"] for s in sample], lambda x, v: x["decision"] in v)

    def action(self, r, sample):
        self.either("action", [s["action"] for s in sample], lambda x, v: x["action"] in v)

    def profile(self, r, sample):
        self.either("profile", [s["profile"] for s in sample[:1]], lambda x, v: x["profile"] in v)

    def reason(self, r, sample):
        self.either("reason", [s["reasons"][0] if s["reasons"] else "unread" for s in sample],
                    lambda x, v: any(i in v for i in x["reasons"]))

    def id(self, r, sample):
        self.either("id", [s["id"].lower() if r.random() < .3 else s["id"] for s in sample],
                    lambda x, v: x["id"] in [i.upper() for i in v])

    def earlier(self, r, sample):
        self.either("earlier", [s.get("earlier") for s in sample], lambda x, v: x.get("earlier") in v)

    def signal(self, r, sample):
        standards = [s["all_signals"][0][0] for s in sample if s["all_signals"]] if r.random() < .8 else []
        carriers = [s["all_signals"][0][1] for s in sample if s["all_signals"]] if r.random() < .5 else []
        for v in standards:
            self.options += ["--standard", v]
        for v in carriers:
            self.options += ["--carrier", v]
        deciding = self.deciding
        if standards or carriers:
            self.tests.append(lambda x: any((not standards or a in standards) and (not carriers or b in carriers) and
                                            (c or not deciding) for a, b, c in x["all_signals"]))

    def since(self, r, sample):
        self.moment(r, sample[0], "--since", lambda x, t: x >= t)

    def until(self, r, sample):
        self.moment(r, sample[0], "--until", lambda x, t: x < t)

    def moment(self, r, sample, option, test):
        t = datetime.datetime.fromisoformat(sample["time"].replace("Z", "+00:00"))
        kind = r.randint(0, 3)
        if kind == 0:
            said, t = sample["time"][:10], t.replace(hour=0, minute=0, second=0, microsecond=0)
        elif kind == 1:
            said = t.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30))).isoformat()
        elif kind == 2:
            said, t = sample["time"][:16].replace("T", " "), t.replace(second=0, microsecond=0)
        else:
            said = sample["time"]
        bound = upper(t)
        self.options += [option, said]
        self.tests.append(lambda x: test(x["time"], bound))

    def matches(self, x):
        return all(t(x) for t in self.tests)

    def groups(self, x, columns):
        signals = sorted({tuple(s[i] for i, c in ((0, "standard"), (1, "carrier")) if c in columns)
                          for s in x["all_signals"] if s[2] or not self.deciding}) or [()]
        reasons = x["reasons"] or [None]
        for s in signals if {"standard", "carrier"} & set(columns) else [()]:
            said = dict(zip([c for c in ("standard", "carrier") if c in columns], s))
            for reason in reasons if "reason" in columns else [None]:
                yield tuple(said.get(c) if c in ("standard", "carrier") else reason if c == "reason" else x.get(c) or None
                            for c in columns)


def run(tool, folder, options):
    p = subprocess.run([tool, "audit", "query", *options, *PATHS], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


COLUMNS = ["host", "domain", "decision", "action", "standard", "carrier", "profile", "reason", "status",
           "media_type", "format", "day", "hour", "node", "mode"]
PATHS = []


def main():
    tool, folder, n, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    PATHS.append(folder)
    records, _ = read_log(folder)
    r = random.Random(seed)
    wrong = collections.Counter()
    found = 0
    for i in range(n):
        q = Question(r, records)
        want = [x for x in records if q.matches(x)]
        found += len(want)
        jobs = ["--jobs", str(r.randint(1, 4))]
        extra = r.choice([[], [], ["--index"], ["--no-index"]])
        status, out, err = run(tool, folder, q.options + jobs + extra + ["--format", "jsonl"])
        got = [json.loads(line)["id"] for line in out.split("\n")[:-1]]
        if sorted(got) != sorted(x["id"] for x in want) or status != (3 if "damaged" in err else 0 if want else 1):
            wrong["rows"] += 1
            print("# %s: %d rows, want %d; exit status %d: %s" % (q.options, len(got), len(want), status, err[:200]))
        columns = r.sample(COLUMNS, r.randint(1, 3))
        status, out, err = run(tool, folder, q.options + jobs + ["--format", "jsonl", "--count-by", ",".join(columns)])
        counts = {}
        for line in out.split("\n")[:-1]:
            o = json.loads(line)
            counts[tuple(o[c] for c in columns)] = o["count"]
        wanted = collections.Counter(g for x in want for g in q.groups(x, columns))
        if counts != wanted:
            wrong["counts"] += 1
            print("# %s by %s: %s" % (q.options, columns, list((set(counts.items()) ^ set(wanted.items())))[:4]))
        sort = r.choice(["time", "-time", "host", "-seen", "url", "micros"])
        limit = r.randint(1, 20)
        status, out, err = run(tool, folder, q.options + jobs + ["--sort", sort, "--limit", str(limit), "--format",
                                                               "jsonl", "--columns", sort.lstrip("-")])
        key = sort.lstrip("-")
        values = [x.get(key) for x in want]
        order = sorted((v for v in values if v not in (None, "")), reverse=sort[0] == "-",
                       key=lambda v: v.encode() if isinstance(v, str) else v)
        order = (order + [None] * len(values))[:min(limit, len(values))]
        got = [json.loads(line)[key] for line in out.split("\n")[:-1]]
        if key == "seen":
            order, got = [v or 0 for v in order], [v or 0 for v in got]
        if got != order:
            wrong["sorted"] += 1
            print("# %s by %s: %s, want %s" % (q.options, sort, got[:3], order[:3]))
    for kind in ("rows", "counts", "sorted"):
        print("%sok - %s: %d questions, %d records found" % ("not " if wrong[kind] else "", kind, n, found))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
