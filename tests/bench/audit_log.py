#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a folder of audit segments as docs/audit-format.md says: made up, the same for the
same seed. For tests and benchmarks of what reads the log.

    audit_log.py --records 1000000 --segments 16 --nodes 3 FOLDER

Some segments are compressed (--zstd), some still written (--open), one ends in the middle of a
line (--torn), one has a gap (--gap)."""
import argparse
import datetime
import hashlib
import json
import os
import random
import subprocess

BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SUFFIXES = ["example", "com", "co.uk", "org", "github.io"]
STANDARDS = [("tdmrep", "http-header"), ("tdmrep", "site-file"), ("robots-meta", "html"),
             ("robots-txt", "site-file"), ("aipref", "http-header"), ("c2pa", "jumbf"),
             ("natural-language", "html"), ("rsl", "html"), ("access", "http-status")]
REASONS = ["limit-size", "unread", "site-unknown", "robots-unreachable", "partial", "encrypted"]
TYPES = ["text/html; charset=utf-8", "text/html", "image/jpeg", "application/pdf", "Text/HTML;charset=latin1"]
INSPECTED = {"text/html": "html", "image/jpeg": "jpeg", "application/pdf": "pdf"}
PROFILES = [{"name": "train", "purpose": ["train-ai"], "mode": "enforce"},
            {"name": "search", "purpose": ["search"], "mode": "monitor"}]
WORDS = "news photo story archive article gallery market review travel science".split()
CONFIG = "0123456789abcdef0123456789abcdef"


def ulid(ms, rng):
    n = (ms << 80) | rng.getrandbits(80)
    return "".join(BASE32[n >> shift & 31] for shift in range(125, -1, -5))


def time_text(ms):
    t = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ms % 1000)


def dumps(o):
    return json.dumps(o, ensure_ascii=False, separators=(",", ":"))


def hosts_of(n, rng):
    hosts = []
    for i in range(n):
        domain = "%s-%d.%s" % (rng.choice(WORDS), i // 3, rng.choice(SUFFIXES))
        hosts.append(rng.choice(["", "www.", "img.", "a.b."]) + domain)
    return hosts


class Log:
    def __init__(self, o):
        self.o, self.rng = o, random.Random(o.seed)
        self.hosts = hosts_of(o.hosts, self.rng)
        self.first = int(datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc).timestamp() * 1000)
        self.step = max(1, o.days * 86400000 // max(1, o.records))
        self.refused = []  # ids that later records rest on
        self.at = 0

    def host(self):  # few are asked for often
        return self.hosts[int(len(self.hosts) * self.rng.random() ** 3)]

    def url(self):
        r = self.rng
        path = "/".join(r.choice(WORDS) for _ in range(r.randint(1, 4)))
        url = "https://%s/%s/%d" % (self.host(), path, r.randint(1, 99999))
        odd = r.random()
        if odd < 0.02:
            url += r.choice(["?q=\"x\"", "?a=b&c=d+e", "/\u00e9t\u00e9", "/\u0085\u202e", "/a\\b", "/\x1b[31m", "/,;", "/?x='<>"])
        elif odd < 0.03:
            url = url.replace("https://", "HTTP://", 1).replace(".", ".", 1).upper() if r.random() < .3 else \
                url.replace("/", ":8443/", 3).replace(":8443/", "/", 2)
        return url

    def signals(self, deciding):
        r, out = self.rng, []
        for i in range(1 if r.random() < 0.7 else r.randint(2, 4)):
            standard, carrier = r.choice(STANDARDS)
            s = {"standard": standard, "carrier": carrier, "scope": "page",
                 "place": {"kind": "byte", "at": r.randint(1, 9000)}, "raw": "noai, \"quoted\" train-ai=n",
                 "preferences": {"train-ai": "deny", "tdm": "deny"}}
            if deciding and (i == 0 or r.random() < 0.3):
                s["deciding"] = True
            out.append(s)
        return out

    def record(self, ms, sites):
        r = self.rng
        o = {"v": 2, "id": ulid(ms, r), "time": time_text(ms)}
        request = r.random() < 0.1
        if request:
            o["vector"] = "reqmod"
        if r.random() < 0.2:
            o["profile"] = "search"
        o["agent"] = "ExampleBot"
        o["url"] = self.url()
        if not request:
            status = r.random()
            if status < 0.1:
                o["status"] = r.choice([404, 301, 500, 304])
            o["media_type"] = r.choice(TYPES)
            o["seen"] = r.randint(1, 90000)
            if r.random() < 0.8:
                o["sha256"] = "%064x" % r.getrandbits(256)
        kind = o.get("media_type", "").split(";")[0].lower()
        o["inspected"] = INSPECTED.get(kind, "none")
        what = r.random()
        o["decision"] = "clear" if what < 0.6 else "reserved" if what < 0.85 else \
            "undecided" if what < 0.93 else "conditional" if what < 0.97 else "licensed"
        if o["decision"] in ("reserved", "conditional"):
            o["action"] = r.choice(["block", "block", "tag", "cut"])
        elif o["decision"] == "undecided" and r.random() < 0.5:
            o["action"] = "block"
        if o["decision"] == "undecided" or r.random() < 0.03:
            o["undecided"] = r.sample(REASONS, r.randint(1, 2))
        if o["decision"] not in ("clear", "undecided") or r.random() < 0.1:
            o["signals"] = self.signals(o["decision"] != "clear")
        o["site"] = [{"id": r.choice(sites)}]
        if o["decision"] == "reserved":
            o["contact"] = "https://%s/licence" % self.host()
            if request and self.refused and r.random() < 0.5:
                o["earlier"] = r.choice(self.refused)
            elif len(self.refused) < 100000:
                self.refused.append(o["id"])
        if o.get("action") == "cut":
            o["released"] = r.randint(1, 90000)
        o["config"] = CONFIG
        o["micros"] = r.randint(8, 900)
        return o

    def lines(self, n, node, gap):
        r = self.rng
        yield dumps({"v": 2, "event": "config", "id": CONFIG, "sha256": CONFIG * 2, "node": node,
                     "profile": "train", "profiles": PROFILES, "settings": "optout.Node %s\n" % node})
        sites, waiting = [], []
        for i in range(n):
            ms = self.first + self.at * self.step + r.randint(0, max(0, self.step - 1))
            self.at += 1
            if i % 50 == 0 and len(sites) < 2000:
                bundle = {"origin": "https://" + self.host(), "files": [{"file": "robots.txt", "state": "none",
                          "fetched_at": time_text(ms), "status": 404, "source": "fetched"}]}
                text = dumps(bundle)
                site = hashlib.sha256(text.encode()).hexdigest()[:32]
                sites.append(site)
                yield '{"v":2,"event":"site","id":"%s","bundle":%s}' % (site, text)
            o = self.record(ms, sites)
            if r.random() < 0.05 and "vector" not in o:
                head = {"v": 2, "event": "pending"}
                head.update((k, v) for k, v in o.items() if k in (
                    "id", "time", "profile", "agent", "url", "status", "media_type", "inspected", "config", "micros"))
                yield dumps(head)
                if r.random() < 0.9:
                    waiting.append(o)
            else:
                yield dumps(o)
            if waiting and r.random() < 0.3:
                yield dumps(waiting.pop(0))
        for o in waiting:
            yield dumps(o)
        if gap:
            ms = self.first + self.at * self.step
            yield dumps({"v": 2, "event": "gap", "id": ulid(ms, r), "time": time_text(ms), "node": node,
                         "reason": "writer-died", "segment": "x.jsonl", "lost": 3})

    def write(self):
        o = self.o
        os.makedirs(o.folder, exist_ok=True)
        for i in range(o.segments):
            node = "node-%d" % (i % o.nodes + 1)
            begun = time_text(self.first + self.at * self.step).replace("-", "").replace(":", "")
            name = os.path.join(o.folder, "%s-%s-%d-%06d.jsonl" % (node, begun, 4000 + i % o.nodes, i))
            if i >= o.segments - o.open:
                name += ".open"
            with open(name, "w", encoding="utf-8", newline="\n") as f:
                n = o.records // o.segments + (i < o.records % o.segments)
                for line in self.lines(n, node, o.gap and i == o.segments // 2):
                    f.write(line + "\n")
                if o.torn and i == 0:
                    f.write('{"v":2,"id":"01')
            if i < o.zstd:
                subprocess.run(["zstd", "-q", "--rm", name], check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("folder")
    for name, n in (("records", 1000), ("segments", 4), ("nodes", 2), ("hosts", 50), ("days", 30), ("seed", 1),
                    ("zstd", 0), ("open", 0)):
        p.add_argument("--" + name, type=int, default=n)
    p.add_argument("--torn", action="store_true")
    p.add_argument("--gap", action="store_true")
    Log(p.parse_args()).write()


if __name__ == "__main__":
    main()
