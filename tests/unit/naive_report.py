#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts an audit log once more, one record after another without any cleverness, and holds the
numbers of `optout audit report` against it; or the figures of its page against those of its JSON.

Usage: naive_report.py FOLDER REPORT.json      made with --top 100000
       naive_report.py --page REPORT.html REPORT.json

Prints what differs. Exit status: 0 nothing, 1 something.
"""
import glob
import html.parser
import json
import math
import sys
from collections import defaultdict

BAD = []


def same(what, mine, theirs):
    if mine != theirs:
        BAD.append("%s: want %r, have %r" % (what, mine, theirs))


def modality(r):
    t = r.get("media_type", "").lower()
    if t:
        for m in ("text", "image", "audio", "video"):
            if t.startswith(m + "/"):
                return m
        if t.startswith(("application/pdf", "application/xhtml+xml", "application/json")):
            return "text"
        return "other"
    return {"html": "text", "pdf": "text", "jpeg": "image", "png": "image", "mp3": "audio",
            "mp4": "video"}.get(r["inspected"], "other")


def figures(r, profile_mode):
    """As docs/answers.md defines them."""
    f = defaultdict(int)
    action = r.get("action", "pass")
    f["records"] = 1
    f[r["decision"]] += 1
    f[action] += 1
    f["would_refuse"] = int(profile_mode == "monitor" and r.get("would") in ("block", "cut"))
    f["conflicts"] = int(bool(r.get("conflicts")))
    f["released_bytes"] = r.get("released", 0)
    seen = r.get("seen", 0)
    if action in ("block", "cut"):
        f["refused_bytes"] = max(r.get("length", 0), seen)
    if r.get("vector") != "reqmod":
        f["read"] = int(seen > 0)
        f["fetched_bytes"] = seen
        f["delivered_bytes"] = seen if action in ("pass", "tag") else 0
        kept = 200 <= r.get("status", 200) <= 299 and seen and r["inspected"] != "site-file" and (
            action == "pass" or action == "tag" and r["decision"] in ("clear", "licensed"))
        if kept:
            f["kept_bytes"] = f["kept_%s_bytes" % modality(r)] = seen
            f["kept_records"] = 1
    return f


class Count:
    def __init__(self):
        self.total = defaultdict(int)
        self.by = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        self.said = defaultdict(list)     # (host, standard, carrier, agent) -> [(time, preferences)]
        self.host = defaultdict(list)     # host -> [(time, read)]
        self.domain = defaultdict(lambda: defaultdict(int))
        self.gaps = self.lost = self.unended = self.cuts = 0

    def add(self, dimension, name, f, **more):
        row = self.by[dimension][name]
        for k, v in list(f.items()) + list(more.items()):
            row[k] += v

    def record(self, r, config, bundles):
        profile = r.get("profile", config["profile"])
        mode = r.get("mode", "enforce")
        f = figures(r, mode)
        for k, v in f.items():
            self.total[k] += v
        host = r["url"].split("/")[2].lower()
        self.add("over_time", r["time"][:10], f)
        self.add("hosts", host, f)
        self.add("formats", r["inspected"], f)
        self.add("media_types", r.get("media_type", "").split(";")[0].strip().lower(), f)
        self.add("profiles", profile, f)
        self.add("nodes", config["node"], f)
        self.add("agents", r.get("agent", ""), f)
        signals = r.get("signals", [])
        for kind, key in (("standards", "standard"), ("carriers", "carrier")):
            for name in {s[key] for s in signals}:
                self.add(kind, name, f, deciding=int(any(s.get("deciding") and s[key] == name for s in signals)))
        for i, reason in enumerate(r.get("undecided", [])):
            g = dict(f)
            g["undecided"] = int(i == 0 and r["decision"] == "undecided")
            self.add("undecided", reason, g)
            if reason == "tunnel":
                self.add("tunnel_hosts", host, f)
        for usage in r.get("conflicts", []):
            self.add("conflicting_usages", usage, f)
        for k, v in f.items():
            self.domain[registrable(host)][k] += v
        self.cuts += r.get("action") == "cut"
        self.see(r, host, f, signals, bundles)

    def see(self, r, host, f, signals, bundles):
        self.host[host].append((r["time"], f["read"]))
        for s in signals:
            if s.get("preferences") and s["scope"] != "path" and "page" not in s:
                order = [u for u in ("tdm", "train-ml", "train-ai", "ai-use", "search", "acquire")
                         if u in s["preferences"]]
                text = " ".join("%s=%s" % (u, s["preferences"][u]) for u in order)
                self.said[host, s["standard"], s["carrier"], s.get("agent", "")].append((r["time"], text, r["id"]))
        for entry in r.get("site", []):
            for file in bundles[entry["id"]]["files"]:
                text = " ".join(filter(None, [file["state"], file.get("sha256", "")[:12]]))
                self.said[host, file["file"], "site-file", ""].append((r["time"], text, r["id"]))

    def changes(self):
        out = {}
        for key, said in self.said.items():
            times = [t for t, read in self.host[key[0]] if read or key[2] == "site-file"]
            values = {}
            for t, text, _ in said:
                first, last = values.get(text, (t, t))
                values[text] = (min(first, t), max(last, t))
            spans = sorted(values.values())
            first, last = min(s[0] for s in spans), max(s[1] for s in spans)
            kind = (bool(times) and min(times) < first, bool(times) and max(times) > last,
                    any(a[1] < b[0] for a, b in zip(spans, spans[1:])))
            if any(kind):
                out[key] = kind + (first, last)
        return out


def registrable(host):
    labels = host.split(".")
    return ".".join(labels[-3:] if labels[-2:] == ["co", "uk"] else labels[-2:])


def read(folder):
    c = Count()
    for name in sorted(glob.glob(folder + "/*.jsonl")):
        configs, bundles, pending = {}, {}, set()
        with open(name, encoding="utf-8") as f:
            for text in f:
                r = json.loads(text)
                event = r.get("event")
                if event == "config":
                    configs[r["id"]] = r
                elif event == "site":
                    bundles[r["id"]] = r["bundle"]
                elif event == "pending":
                    pending.add(r["id"])
                elif event == "gap":
                    c.gaps += 1
                    c.lost += r.get("lost", 0)
                else:
                    pending.discard(r["id"])
                    c.record(r, configs[r["config"]], bundles)
        c.unended += len(pending)
    return c


def compare_rows(name, mine, theirs):
    same(name + " names", sorted(mine), sorted(r["name"] for r in theirs["rows"]))
    same(name + " others", 0, theirs.get("others", {}).get("records", 0))
    for row in theirs["rows"]:
        for k, v in mine.get(row["name"], {}).items():
            same("%s %s %s" % (name, row["name"], k), v, row[k])


def compare_summary(c, theirs):
    for s in theirs["training_summary"]["domains"]:
        key = "kept_bytes" if s["modality"] == "all" else "kept_%s_bytes" % s["modality"]
        sizes = {d: f[key] for d, f in c.domain.items() if f[key]}
        order = sorted(sizes, key=lambda d: (-sizes[d], d.encode()))
        same("domains of " + s["modality"], len(order), s["domains"])
        for listed, n in (("listed", math.ceil(len(order) / 10)),
                          ("listed_sme", min(1000, math.ceil(len(order) / 20)))):
            while 0 < n < len(order) and sizes[order[n]] == sizes[order[n - 1]]:
                n += 1
            same("%s of %s" % (listed, s["modality"]), n, s[listed])
        same("list of " + s["modality"], [(d, sizes[d]) for d in order[:s["listed"]]],
             [(r["domain"], r["kept_bytes"]) for r in s["rows"]])


def compare(folder, path):
    with open(path, encoding="utf-8") as f:
        theirs = json.load(f)
    c = read(folder)
    for k, v in c.total.items():
        same("total " + k, v, theirs["total"][k])
    same("lost", c.lost, theirs["total"]["lost"])
    same("gaps", c.gaps, theirs["gaps"]["all"])
    same("cuts", c.cuts, theirs["cuts"]["all"])
    same("unended", c.unended, theirs["total"]["unended"])
    for name in ("hosts", "standards", "carriers", "formats", "media_types", "profiles", "nodes", "agents",
                 "undecided", "conflicting_usages"):
        compare_rows(name, c.by[name], theirs[name])
    compare_rows("over_time", c.by["over_time"],
                 {"rows": [r for r in theirs["over_time"]["rows"] if r["records"]]})
    compare_summary(c, theirs)
    same("changes", c.changes(), {(r["host"], r["standard"], r["carrier"], r["agent"]): (
        r["appeared"], r["vanished"], r["changed"], r["first"], r["last"]) for r in theirs["changes"]["rows"]})
    print("%d records, %d hosts, %d changes" % (c.total["records"], len(c.by["hosts"]), theirs["changes"]["all"]))


class Page(html.parser.HTMLParser):
    """The figures of a page: table, name of the row, member → number."""

    def __init__(self):
        super().__init__()
        self.tables, self.totals = defaultdict(list), {}
        self.table = None
        self.name = None

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "table":
            self.table = a["data-table"]
        elif tag == "tr" and self.table:
            self.rest = a.get("class") == "rest"
            self.tables[self.table].append({})
        elif tag == "th" and a.get("scope") == "row":
            self.tables[self.table][-1]["name"] = a.get("data-name", "")
            self.name = self.tables[self.table][-1] if "data-name" not in a else None
        elif tag == "small" or tag == "td":
            self.name = None
        if tag == "td" and "data-n" in a:
            self.tables[self.table][-1][a["data-f"]] = int(a["data-n"])
        if "data-total" in a:
            self.totals[a["data-total"]] = int(a["data-n"])

    def handle_endtag(self, tag):
        if tag == "th":
            self.name = None
        elif tag == "table":
            self.table = None

    def handle_data(self, text):
        if self.name is not None:
            self.name["name"] += text


def rows_of(report, table):
    if table.startswith("domains-"):
        s = next(s for s in report["training_summary"]["domains"] if s["modality"] == table[8:])
        return [r | {"name": r["domain"]} for r in s["rows"]], None
    if table == "modalities":
        total = {"all": "kept_bytes"}
        return [{"name": s["modality"], "domains": s["domains"], "listed": s["listed"],
                 "listed_sme": s["listed_sme"],
                 "kept_bytes": report["total"][total.get(s["modality"], "kept_%s_bytes" % s["modality"])]}
                for s in report["training_summary"]["domains"]], None
    if table == "configurations":
        return report[table], None
    of = report[table]
    return of["rows"], of.get("others")


def compare_page(page_path, path):
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    page = Page()
    with open(page_path, encoding="utf-8") as f:
        page.feed(f.read())
    figures = 0
    for name, n in page.totals.items():
        same("total " + name, report["total"][name], n)
    for table, rows in page.tables.items():
        want, others = rows_of(report, table)
        rows = [r for r in rows if len(r) > 1 or r.get("name")]
        if len(rows) == len(want) + 1 and others:
            want = want + [others]
        same("rows of " + table, len(want), len(rows))
        for w, r in zip(want, rows):
            for k, v in r.items():
                if k == "name":
                    named = v in (w.get("name", v), "not said") or "other" in v
                    if table not in ("configurations", "changes", "gaps", "cuts", "conflicts") and not named:
                        same("name in " + table, w.get("name"), v)
                else:
                    same("%s %s %s" % (table, r["name"], k), w[k], v)
                    figures += 1
    if not figures:
        BAD.append("the page has no figures")
    print("%d figures in %d tables" % (figures, len(page.tables)))


def main():
    if sys.argv[1] == "--page":
        compare_page(sys.argv[2], sys.argv[3])
    else:
        compare(sys.argv[1], sys.argv[2])
    for text in BAD[:20]:
        print(text)
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
