# SPDX-License-Identifier: Apache-2.0
"""Makes WARC files with warcio, has optout judge them, and reads with others what it says. Prints
TAP."""
import gzip
import io
import json
import os
import subprocess
import sys

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

OPTOUT = os.environ["OPTOUT_STAGE"] + "/usr/bin/optout"
count = failed = 0

# Fields, body, whether it goes in chunks, what is decided for training.
PAGES = [
    ([], b"<p>hello</p>", False, "clear"),
    ([("tdm-reservation", "1")], b"<p>hello</p>", False, "reserved"),
    ([], b"<meta name=robots content=noai><p>hello</p>", True, "reserved"),
    ([("Content-Encoding", "gzip")], gzip.compress(b"<meta name=robots content=noai>"), False,
     "reserved"),
    ([("Content-Usage", "train-ai=n")], b"", False, "reserved"),
    ([("X-Robots-Tag", "noindex")], b"<p>hello</p>", True, "clear"),
]


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    if not good:
        print("# " + str(note)[:2000].replace("\n", "\n# "))


def chunked(body):
    half = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:half], body[half:])) + b"0\r\n\r\n"


def write(path, packed):
    """URL → decision of what is written."""
    wanted = {}
    with open(path, "wb") as f:
        writer = WARCWriter(f, gzip=packed, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record(path, {"software": "test"}))
        for i in range(10 * len(PAGES)):
            fields, body, in_chunks, decision = PAGES[i % len(PAGES)]
            url = "https://a.example/%d?q=ä" % i
            fields = [("Content-Type", "text/html")] + fields
            if in_chunks:
                fields, body = fields + [("Transfer-Encoding", "chunked")], chunked(body)
            else:
                fields = fields + [("Content-Length", str(len(body)))]
            answer = writer.create_warc_record(
                url, "response", payload=io.BytesIO(body),
                http_headers=StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1"))
            asked = writer.create_warc_record(
                url, "request", http_headers=StatusAndHeaders(
                    "GET /%d HTTP/1.1" % i, [("User-Agent", "ExampleBot/1.0")], is_http_request=True),
                warc_headers_dict={"WARC-Concurrent-To": answer.rec_headers.get_header(
                    "WARC-Record-ID")})
            writer.write_request_response_pair(asked, answer)
            wanted[answer.rec_headers.get_header("WARC-Record-ID").strip("<>")] = decision
    return wanted


def judge(*arguments):
    run = subprocess.run([OPTOUT, "warc", "--site", "none", "--purpose", "train-ai,tdm", *arguments],
                         capture_output=True, check=False)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return run, [line for line in lines if line["event"] == "record"]


def of_warcio(path):
    """Id → offset and length of responses."""
    out = {}
    with open(path, "rb") as f:
        iterator = ArchiveIterator(f)
        for record in iterator:
            record.content_stream().read()
            if record.rec_type == "response":
                out[record.rec_headers.get_header("WARC-Record-ID").strip("<>")] = (
                    iterator.get_record_offset(), iterator.get_record_length())
    return out


def of_fastwarc(path):
    from fastwarc.warc import ArchiveIterator as Fast, WarcRecordType
    with open(path, "rb") as f:
        return {r.record_id: r.stream_pos for r in Fast(f, record_types=WarcRecordType.response)}


def check(path, packed):
    wanted = write(path, packed)
    run, records = judge(path)
    ok(run.returncode == 0 and {r["id"]: r["decision"] for r in records} == wanted,
       path + " is judged as it was made", (run.returncode, run.stderr, records[:2]))
    places = of_warcio(path)
    ok({r["id"]: r["offset"] for r in records} == {i: p[0] for i, p in places.items()},
       "... at the offsets that warcio tells", (records[:1], list(places.items())[:2]))
    fast = of_fastwarc(path)
    ok({r["id"].strip("<>"): r["offset"] for r in records} ==
       {i.strip("<>"): p for i, p in fast.items()}, "... and FastWARC",
       (records[:1], list(fast.items())[:2]))
    whole = open(path, "rb").read()
    cut = [whole[r["offset"]:r["offset"] + r["length"]] for r in records if r["length"]]
    heads = [(gzip.decompress(c) if packed else c)[:8] for c in cut]
    ok(len(cut) == len(records) and set(heads) == {b"WARC/1.1"},
       "... and offset with length cut a record out", heads[:3])


def check_metadata(path):
    run, records = judge("--warc-metadata", "out.warc.gz", path)
    seen, bad = {}, []
    with open("out.warc.gz", "rb") as f:
        for record in ArchiveIterator(f, check_digests=True):
            text = record.content_stream().read().decode("utf-8")
            if record.digest_checker.passed is False:
                bad.append(record.digest_checker.problems)
            if record.rec_type == "metadata":
                fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
                seen[record.rec_headers.get_header("WARC-Refers-To").strip("<>")] = fields["optout-decision"]
    ok(not bad and run.returncode == 0, "WARC metadata: warcio finds the digests right", bad)
    ok(seen == {r["id"]: r["decision"] for r in records} and seen,
       "... and each record refers to the one that was judged", (list(seen.items())[:2],))
    tool = subprocess.run([sys.executable, "-m", "warcio.cli", "check", "out.warc.gz"],
                          capture_output=True, check=False)
    ok(tool.returncode == 0, "... and warcio check has nothing against it", tool.stdout + tool.stderr)
    from fastwarc.warc import ArchiveIterator as Fast, WarcRecordType
    with open("out.warc.gz", "rb") as f:
        n = sum(r.record_type == WarcRecordType.metadata for r in Fast(f, parse_http=False))
    ok(n == len(records), "... and FastWARC reads as many", (n, len(records)))


def check_duckdb(path):
    import duckdb
    run, records = judge(path)
    with open("verdicts.jsonl", "wb") as f:
        f.write(run.stdout)
    rows = duckdb.sql("SELECT decision, count(*) FROM read_json('verdicts.jsonl',"
                      " format='newline_delimited') WHERE event = 'record' GROUP BY 1").fetchall()
    wanted = {}
    for r in records:
        wanted[r["decision"]] = wanted.get(r["decision"], 0) + 1
    ok(dict(rows) == wanted, "verdicts are read by DuckDB", (rows, wanted))


if __name__ == "__main__":
    check("a.warc.gz", True)
    check("a.warc", False)
    check_metadata("a.warc.gz")
    check_duckdb("a.warc.gz")
    print("1..%d" % count)
    sys.exit(failed > 0)
