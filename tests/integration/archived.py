# SPDX-License-Identifier: Apache-2.0
"""The exchanges that replay.py looked at, as an archive would hold them: one WARC file for each
configuration and profile, with the bytes that the origin sent. `optout warc` says of each record
what the proxy decided."""
import collections
import gzip
import json
import os
import subprocess
import tempfile
import uuid

import sanitizer
from complete import SIGNAL_ABSENT
from origin import BODILESS

SHOWN = 10


def _record(kind, media, url, block, more=()):
    identity = "<urn:uuid:%s>" % uuid.uuid4()
    head = ["WARC/1.1", "WARC-Type: " + kind, "WARC-Record-ID: " + identity,
            "WARC-Date: 2026-11-30T00:00:00Z", "WARC-Target-URI: " + url,
            "Content-Type: application/http;msgtype=" + media, "Content-Length: %d" % len(block)]
    data = "\r\n".join(head + list(more)).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"
    return identity, gzip.compress(data, 1)


def _body(answer, record):
    """As the client behind the proxy stores it: Squid ends a chunked body in good order that the
    origin broke off, and nobody is told."""
    if record["method"] == "HEAD" or answer.status in BODILESS:
        return b""
    body = answer.body[:answer.abort_at]
    if answer.framing != "chunked":
        return body
    pieces = [body[i:i + answer.chunk] for i in range(0, len(body), answer.chunk)]
    broken = answer.abort_at is not None and "truncated" in record["undecided"]
    last = b"" if broken else b"0\r\n\r\n"
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + last


def _exchange(job, out):
    """A request and its response; the id of the response."""
    record, more = job.record, ()
    if record["method"] != "GET":
        request = "%s / HTTP/1.1\r\n\r\n" % record["method"]
        first, data = _record("request", "request", record["url"], request.encode())
        out.write(data)
        more = ("WARC-Concurrent-To: " + first,)
    block = job.answer.wire_head(True) + _body(job.answer, record)
    identity, data = _record("response", "response", record["url"], block, more)
    out.write(data)
    return identity.strip("<>")


def _differ(job, line):
    """What was read beyond where the proxy stopped may say more, never something else."""
    record = job.record
    signals = [{**SIGNAL_ABSENT, **s} for s in line["signals"]]
    whole = record["seen"] >= len(job.answer.body) or not job.answer.body
    if line["decision"] != record["decision"]:
        return "decision: proxy %s, archive %s (%s)" % (record["decision"], line["decision"],
                                                        line["undecided_all"])
    if whole and line["usage"] != record["usage"]:
        return "usage: proxy %s, archive %s" % (record["usage"], line["usage"])
    plain = lambda s: {k: v for k, v in s.items() if k != "deciding"}
    missing = [s for s in record["signals"] if plain(s) not in map(plain, signals)]
    if missing or (whole and len(signals) != len(record["signals"])):
        return "signals: proxy %s, archive %s" % (json.dumps(record["signals"]),
                                                  json.dumps(signals))
    return ""


def _run(tool, config, profile, jobs):
    with tempfile.TemporaryDirectory(prefix="optout-archived-") as folder:
        path = folder + "/exchanges.warc.gz"
        with open(path, "wb") as out:
            expected = {_exchange(job, out): job for job in jobs}
        done = subprocess.run([tool, "warc", "--site", "none", "--config", config, "--profile",
                               profile, path], capture_output=True, timeout=60 * sanitizer.patience, check=False)
    if done.returncode != 0:
        return ["%s: status %d %s" % (os.path.basename(config), done.returncode,
                                      done.stderr.decode(errors="replace").strip())]
    wrong = []
    for text in done.stdout.splitlines():
        line = json.loads(text)
        if line["event"] != "record":
            continue
        job = expected.pop(line["id"])
        why = _differ(job, line)
        if why:
            wrong.append("%s: %s: %s" % (job.case.name, job.record["url"], why))
    return wrong + ["%s: not in the archive's lines" % j.case.name for j in expected.values()]


def compare(tool, jobs):
    """Those that the tool and the proxy agree on, without a site: what is wrong, what to tell."""
    groups, wrong = collections.defaultdict(list), []
    for job in jobs:
        if job.excuse == "" and job.stack.daemon is None and job.record["vector"] == "respmod" \
                and not job.record["site_files"] and not job.record.get("earlier"):
            groups[job.config, job.record["profile"]].append(job)
    for (config, profile), mine in groups.items():
        wrong += _run(tool, config, profile, mine)
    n = sum(map(len, groups.values()))
    told = "%d of them equal as records of %d WARC files" % (n - len(wrong), len(groups))
    more = ["%d records differ" % len(wrong)] if len(wrong) > SHOWN else []
    return wrong[:SHOWN] + more, [told] if n else []
