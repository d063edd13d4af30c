#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes an audit log of version 2 as a small fleet would write it, the same for the same seed.

Usage: audit_log.py [--records N] [--days N] [--seed N] FOLDER
"""
import argparse
import datetime
import hashlib
import json
import os
import random

START = 1790000000000  # 2026-09-21T13:33:20Z
WORDS = ("news times post herald daily tribune observer journal science art photo music film recipe "
         "travel garden auto law medical archive forum blog shop museum library weather sport").split()
SUFFIXES = ["example", "test", "co.uk", "de", "fr", "com"]
TYPES = [("text/html; charset=utf-8", "html", 60, 40000), ("image/jpeg", "jpeg", 22, 180000),
         ("image/png", "png", 6, 90000), ("application/pdf", "pdf", 4, 900000),
         ("text/plain", "headers", 3, 9000), ("video/mp4", "mp4", 1, 9000000),
         ("audio/mpeg", "mp3", 2, 3000000), ("application/octet-stream", "headers", 1, 50000),
         ("", "html", 1, 20000)]
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DENY = {"train-ai": "deny"}
TDM = {u: "deny" for u in ("tdm", "train-ml", "train-ai", "ai-use")}


def ulid(ms, rng):
    n = ms << 80 | rng.getrandbits(80)
    return "".join(CROCKFORD[n >> 5 * i & 31] for i in range(25, -1, -1))


def stamp(ms):
    t = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ms % 1000)


class Host:
    """What a publisher says, from some day on, or until some day."""

    def __init__(self, n, rng, days):
        suffix = rng.choice(SUFFIXES)
        self.name = "%swww.%s%d.%s" % ("" if n % 5 else "static.", rng.choice(WORDS), n, suffix)
        if n % 7 == 0:
            self.name = self.name.replace("www.", "")
        self.says = rng.choices(["nothing", "tdmrep", "robots", "meta", "aipref", "signals", "price", "rsl"],
                                [46, 12, 12, 8, 8, 7, 3, 4])[0]
        self.since = rng.choice([0, 0, 0, rng.randrange(days)])
        self.until = rng.choice([days, days, days, rng.randrange(days)])
        self.robots = "%064x" % rng.getrandbits(256)
        self.later = "%064x" % rng.getrandbits(256)

    def speaks(self, day):
        return self.says != "nothing" and self.since <= day < max(self.until, self.since + 1)

    def bundle(self, day):
        says = self.speaks(day) and self.says in ("robots", "rsl")
        return {"origin": "https://" + self.name, "files": [
            {"file": "robots.txt", "state": "published", "url": "https://%s/robots.txt" % self.name,
             "fetched_at": stamp(START + day * 86400000), "status": 200,
             "sha256": self.later if says else self.robots, "source": "fetched"},
            {"file": "tdmrep.json", "state": "none", "fetched_at": stamp(START + day * 86400000),
             "status": 404, "source": "fetched"}]}

    def signals(self, path):
        url = "https://%s/licensing" % self.name
        return {
            "tdmrep": [{"standard": "tdmrep", "carrier": "http-header", "scope": "asset",
                        "place": {"kind": "header-line", "at": 7}, "raw": "1", "preferences": TDM,
                        "deciding": True},
                       {"standard": "tdmrep", "carrier": "http-header", "scope": "asset",
                        "place": {"kind": "header-line", "at": 8}, "raw": url + "/policy.json",
                        "url": url + "/policy.json"}],
            "robots": [{"standard": "robots-txt", "carrier": "site-file", "scope": "path",
                        "place": {"kind": "line", "at": 5}, "raw": "Disallow: /",
                        "preferences": {"acquire": "deny"}, "deciding": True}],
            "meta": [{"standard": "robots-meta", "carrier": "html", "scope": "page",
                      "place": {"kind": "byte", "at": 312}, "raw": "noai, noimageai",
                      "preferences": {"train-ai": "deny", "ai-use": "deny"}, "deciding": True},
                     {"standard": "natural-language", "carrier": "html", "scope": "page",
                      "place": {"kind": "byte", "at": 9120},
                      "raw": "Ask rights@%s before any use for AI." % self.name, "grade": "hint",
                      "phrase": "en/ask@1", "confidence": "weak", "note": "words for people"}],
            "aipref": [{"standard": "aipref", "carrier": "http-header", "scope": "asset",
                        "place": {"kind": "header-line", "at": 4}, "raw": "train-ai=n, search=y",
                        "preferences": {"train-ai": "deny", "search": "allow"}, "deciding": True}],
            "signals": [{"standard": "content-signals", "carrier": "site-file", "scope": "site",
                         "place": {"kind": "line", "at": 2}, "raw": "Content-Signal: ai-train=no",
                         "preferences": DENY, "deciding": True},
                        {"standard": "tdmrep", "carrier": "html", "scope": "page",
                         "place": {"kind": "byte", "at": 80}, "raw": "0",
                         "preferences": {u: "allow" for u in TDM}}],
            "price": [{"standard": "access", "carrier": "http-status", "scope": "asset", "raw": "402",
                       "preferences": {"acquire": "conditional"}, "deciding": True},
                      {"standard": "access", "carrier": "http-header", "scope": "asset",
                       "place": {"kind": "header-line", "at": 5}, "raw": "USD 0.0%d" % (1 + len(path) % 9),
                       "preferences": {"acquire": "conditional"}, "deciding": True}],
            "rsl": [{"standard": "rsl", "carrier": "site-file", "scope": "site",
                     "place": {"kind": "line", "at": 3}, "raw": "permits usage: search",
                     "preferences": {"train-ai": "deny", "ai-use": "deny", "search": "allow"},
                     "url": "https://rsl.%s/server" % self.name, "deciding": True}],
        }[self.says]


def config(number):
    settings = "optout.Profile train purpose=train-ai\noptout.HoldMax %d\noptout.Node x\n" % (16 << 20 + number)
    sha256 = hashlib.sha256(settings.encode()).hexdigest()
    return sha256[:32], {"v": 2, "event": "config", "id": sha256[:32], "sha256": sha256,
                         "profile": "train", "profiles": [
                             {"name": "train", "purpose": ["train-ai"], "mode": "enforce"},
                             {"name": "look", "purpose": ["search", "ai-use"], "mode": "monitor"}],
                         "settings": settings}


def message(host, path, rng):
    """A response before anything is decided of it."""
    kind = rng.choices(TYPES, [t[2] for t in TYPES])[0]
    size = int(rng.lognormvariate(0, 1) * kind[3]) + 1
    r = {"url": "https://%s/%s" % (host.name, path)}
    status = rng.choices([200, 404, 206, 304], [94, 3, 2, 1])[0]
    if host.says == "price":
        status = 402
    if status != 200:
        r["status"] = status
    if kind[0]:
        r["media_type"] = kind[0]
    if status == 304:
        size = 0
    if rng.random() < 0.8 and size:
        r["seen"], r["sha256"] = size, "%064x" % rng.getrandbits(256)
    elif size:
        r["length"], r["seen"] = size + 1000, size
    r["inspected"] = "headers" if status == 304 else kind[1]
    return r


def refuse(r, host, rng):
    """What comes of a reservation."""
    sig = host.signals(r["url"])
    weak = host.says == "price"
    r["decision"] = "conditional" if weak else "reserved"
    r["action"] = "block"
    if r.get("profile") == "look":
        del r["action"]
        r["would"] = "block"
        r["mode"] = "monitor"
    elif r.get("length") and rng.random() < 0.2:
        r["action"] = "cut"
        r["released"] = rng.randrange(r["seen"])
    elif rng.random() < 0.1:
        r["action"] = "tag"
    r["usage"] = sig[0]["preferences"]
    r["signals"] = sig
    if host.says == "signals":
        r["conflicts"] = ["train-ai"]
    for s in sig:
        if "url" in s:
            r["contact"] = s["url"]


def pass_on(r, rng):
    odd = rng.random()
    if odd < 0.05:
        r["decision"], r["action"] = "undecided", "tag"
        r["undecided"] = rng.choice([["partial"], ["limit-size", "coding"], ["unread"], ["site-unknown"]])
        if r.get("status") == 304:
            r["undecided"] = ["unseen"]
    elif odd < 0.06:
        r["decision"], r["action"] = "licensed", "tag"
    else:
        r["decision"] = "clear"


ORDER = ["v", "event", "id", "time", "vector", "profile", "agent", "method", "url", "status", "media_type",
         "length", "seen", "whole", "sha256", "inspected", "decision", "action", "would", "mode", "undecided",
         "usage", "signals", "conflicts", "site", "contact", "earlier", "released", "config", "micros"]


def record(hosts, weights, ms, day, rng, conf):
    host = rng.choices(hosts, weights)[0]
    path = "%s/%d" % (rng.choice(WORDS), rng.randrange(100000))
    look = rng.random() < 0.15
    r = message(host, path, rng)
    if look:
        r["profile"], r["mode"] = "look", "monitor"
    r.update({"v": 2, "id": ulid(ms, rng), "time": stamp(ms), "config": conf, "micros": rng.randrange(40, 4000),
              "agent": rng.choices(["ExampleBot", "ExampleSearch", ""], [80, 18, 2])[0]})
    if not r["agent"]:
        del r["agent"]
    if host.speaks(day):
        refuse(r, host, rng)
        if host.says in ("robots", "rsl") and not look:
            for k in ("status", "media_type", "length", "seen", "sha256", "released"):
                r.pop(k, None)
            r.update({"vector": "reqmod", "inspected": "none", "action": "block"})
    else:
        pass_on(r, rng)
    return host, r


def line(o):
    return json.dumps(o, separators=(",", ":"), ensure_ascii=False) + "\n"


def pending(r):
    later = ("decision", "action", "undecided", "usage", "signals", "conflicts", "site", "contact", "released",
             "would")
    return {k: r[k] for k in ORDER if k in r and k not in later} | {"event": "pending"}


def write_segment(folder, node, first_ms, last_ms, n, hosts, weights, rng, number):
    conf, config_line = config(number)
    config_line["node"] = node
    name = "%s-%s-17-%06d.jsonl" % (node, stamp(first_ms).replace("-", "").replace(":", ""), number)
    said = set()
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(line(config_line))
        for i in range(n):
            ms = first_ms + (last_ms - first_ms) * i // n
            day = (ms - START) // 86400000
            host, r = record(hosts, weights, ms, day, rng, conf)
            bundle = host.bundle(day)
            key = hashlib.sha256(json.dumps(bundle, separators=(",", ":")).encode()).hexdigest()[:32]
            if key not in said:
                said.add(key)
                f.write(line({"v": 2, "event": "site", "id": key, "bundle": bundle}))
            r["site"] = [{"id": key}]
            if r.get("action") == "cut":
                f.write(line(pending(r)))
                if rng.random() < 0.1:
                    continue  # the process died in between
            f.write(line({k: r[k] for k in ORDER if k in r}))
        if rng.random() < 0.3:
            f.write(line({"v": 2, "event": "gap", "id": ulid(last_ms, rng), "time": stamp(last_ms), "node": node,
                          "reason": rng.choice(["writer-died", "write-failed"]), "segment": name}
                         | rng.choice([{"lost": rng.randrange(1, 90)}, {"torn_bytes": 311}])))


def make(folder, records, days, seed):
    rng = random.Random(seed)
    hosts = [Host(n, rng, days) for n in range(max(3, min(4000, records // 40)))]
    weights = [1 / (n + 2) ** 0.8 for n in range(len(hosts))]
    os.makedirs(folder, exist_ok=True)
    segments = max(1, min(60, records // 500))
    for number in range(segments):
        node = "crawl-%d" % (number % 3 + 1)
        first = START + days * 86400000 * number // segments
        last = START + days * 86400000 * (number + 1) // segments
        write_segment(folder, node, first, last, records // segments, hosts, weights, rng,
                      number // (segments // 2 + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folder")
    args = parser.parse_args()
    make(args.folder, args.records, args.days, args.seed)


if __name__ == "__main__":
    main()
