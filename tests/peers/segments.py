# SPDX-License-Identifier: Apache-2.0
"""A log as docs/audit-format.md says, made up, and what is in it: segments of two nodes, open,
closed and compressed, with records that say much and little, pending ones with and without
their end, gaps, and what records refer to.

    python3 segments.py FOLDER [RECORDS]     makes one"""
import hashlib
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from complete import Segment                                     # noqa: E402

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
START = 1796000000000             # milliseconds; one record each 100 of them
USAGES = ["tdm", "train-ml", "train-ai", "ai-use", "search", "acquire"]
STANDARDS = [("tdmrep", "http-header"), ("tdmrep", "html"), ("robots-meta", "html"),
             ("robots-txt", "site-file"), ("aipref", "http-header"), ("rsl", "site-file"),
             ("c2pa", "jumbf"), ("plus", "xmp")]
REASONS = ["partial", "coding", "limit-size", "site-unknown", "unread", "aborted"]


def text_of_time(ms):
    import datetime
    t = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ms % 1000)


def ulid(ms, number):
    value = (ms << 80) | number
    return "".join(LETTERS[(value >> (5 * i)) & 31] for i in range(25, -1, -1))


class Maker:
    """Lines of one segment."""

    def __init__(self, rng, node):
        self.rng, self.node, self.lines, self.known = rng, node, [], set()

    def put(self, line):
        self.lines.append(json.dumps({"v": 2, **line}, separators=(",", ":"), ensure_ascii=False))

    def config(self, which):
        sha = hashlib.sha256(b"config %d" % which).hexdigest()
        if sha not in self.known:
            self.known.add(sha)
            self.put({"event": "config", "id": sha[:32], "sha256": sha, "node": self.node,
                      "profile": "training", "profiles": [
                          {"name": "training", "purpose": ["train-ai", "tdm"], "mode": "enforce"},
                          {"name": "index", "purpose": ["search"], "mode": "monitor"}],
                      "settings": "optout.Node %s\n" % self.node})
        return sha[:32]

    def site(self, host):
        bundle = {"origin": "https://" + host, "files": [
            {"file": "robots.txt", "state": "published", "url": "https://%s/robots.txt" % host,
             "fetched_at": text_of_time(START), "status": 200, "sha256": "ab" * 32,
             "source": "fetched"},
            {"file": "tdmrep.json", "state": "none", "fetched_at": text_of_time(START),
             "status": 404, "source": "fetched"}]}
        text = json.dumps(bundle, separators=(",", ":"))
        name = hashlib.sha256(text.encode()).hexdigest()[:32]
        if name not in self.known:
            self.known.add(name)
            self.put({"event": "site", "id": name, "bundle": bundle})
        return name

    def record(self, number):
        """One exchange: a line, or two."""
        rng, ms = self.rng, START + 100 * number
        host = "www.host-%d.example" % min(rng.randrange(40), rng.randrange(40))
        head = {"id": ulid(ms, number), "time": text_of_time(ms)}
        if rng.random() < 0.2:
            head.update(profile="index", mode="monitor")
        head["agent"] = "ExampleBot"
        head["url"] = "https://%s/page-%d?q=\"ä\\%d" % (host, rng.randrange(500), number)
        if rng.random() < 0.1:
            head["status"] = rng.choice([206, 304, 404])
        head["media_type"] = rng.choice(["text/html; charset=utf-8", "image/jpeg",
                                         "application/pdf"])
        pending = rng.random() < 0.05
        config = self.config(rng.randrange(2))
        if pending:
            self.put({"event": "pending", **head, "config": config, "micros": 50})
            if rng.random() < 0.2:
                return
        self.put(self.end(head, host, config))

    def end(self, head, host, config):
        rng = self.rng
        line = dict(head)
        line["seen"] = rng.randrange(1, 200000)
        if rng.random() < 0.7:
            line["sha256"] = hashlib.sha256(head["id"].encode()).hexdigest()
        line["inspected"] = rng.choice(["html", "jpeg", "pdf", "headers"])
        kind = rng.choices(["clear", "reserved", "conditional", "licensed", "undecided"],
                           [60, 25, 5, 2, 8])[0]
        line["decision"] = kind
        enforced = "profile" not in head
        if kind in ("reserved", "conditional"):
            line["action" if enforced else "would"] = rng.choice(["block", "block", "tag", "cut"])
        if kind == "undecided" or rng.random() < 0.02:
            line["undecided"] = rng.sample(REASONS, rng.randrange(1, 3))
        if kind not in ("clear", "undecided"):
            said = {rng.choice(USAGES): "conditional" if kind == "conditional" else "deny"}
            line["usage"] = said
            line["signals"] = [self.signal(said, i == 0) for i in range(rng.randrange(1, 4))]
            if rng.random() < 0.1:
                line["conflicts"] = list(said)
        if rng.random() < 0.6:
            line["site"] = [{"id": self.site(host), "rules": [{"file": "robots.txt", "line": 3}]}]
        if kind == "reserved" and rng.random() < 0.3:
            line["contact"] = "https://%s/licence" % host
        if line.get("action") == "cut":
            line["released"] = rng.randrange(1, line["seen"] + 1)
        line["config"] = config
        line["micros"] = rng.randrange(20, 4000)
        return line

    def signal(self, said, deciding):
        standard, carrier = self.rng.choice(STANDARDS)
        s = {"standard": standard, "carrier": carrier,
             "scope": "site" if carrier == "site-file" else "page", "raw": "noai, \"1\"",
             "preferences": said}
        if self.rng.random() < 0.2:
            s["confidence"] = self.rng.choice(["lax", "weak"])
        if deciding:
            s["deciding"] = True
        return s


def make(folder, records=3000, seed=1):
    """Segments of both nodes; of each the last one is open, and others are compressed."""
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(seed)
    makers, number, serial = {}, 0, {"crawl-1": 0, "crawl-2": 0}
    each = max(1, records // 8)
    for number in range(records):
        node = rng.choice(sorted(serial))
        if node not in makers:
            makers[node] = Maker(rng, node)
        makers[node].record(number)
        if len(makers[node].lines) > each:
            serial[node] += 1
            close(folder, makers.pop(node), serial[node], number)
    for node, maker in makers.items():
        maker.lines.append('{"v":2,"id":"torn')
        write(folder, maker, serial[node] + 1, number, ".jsonl.open", end="")


def close(folder, maker, serial, number):
    if serial % 3 == 0:
        ms = START + 100 * number
        maker.put({"event": "gap", "id": ulid(ms, number + (1 << 40)), "time": text_of_time(ms),
                   "node": maker.node, "reason": "writer-died", "segment": "x.jsonl", "lost": 1})
    path = write(folder, maker, serial, number, ".jsonl")
    if serial % 2 == 0:
        subprocess.run(["zstd", "-q", "--rm", path], check=True)


def write(folder, maker, serial, number, suffix, end="\n"):
    path = os.path.join(folder, "%s-20261130T%06d.000Z-77-%d%s" % (maker.node, number % 240000,
                                                                   serial, suffix))
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(maker.lines) + end)
    return path


# ---- what is in it, read as slowly as the format's page can be read ----

def lines_of(path):
    if path.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
    else:
        with open(path, "rb") as f:
            data = f.read()
    return data.split(b"\n")[:-1]


def segments(folder):
    return [os.path.join(folder, n) for n in sorted(os.listdir(folder))
            if n.endswith((".jsonl", ".jsonl.open", ".jsonl.zst"))]


def exchanges(folder):
    """One complete record for each exchange, and the gaps."""
    ended, begun, gaps = {}, {}, []
    for path in segments(folder):
        segment = Segment()
        for line in lines_of(path):
            record = segment.take(json.loads(line))
            if record is None:
                continue
            if record["event"] == "gap":
                gaps.append(record)
            elif record["event"] == "final":
                ended[record["id"]] = record
            else:
                begun[record["id"]] = record
    return list({**begun, **ended}.values()), gaps


if __name__ == "__main__":
    make(sys.argv[1], *map(int, sys.argv[2:3]))
