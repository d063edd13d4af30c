# SPDX-License-Identifier: Apache-2.0
"""spark_check.py PAGE FOLDER: runs the Spark that the page shows, over the segments of the folder,
and over a WARC file that it makes. Prints TAP."""
import collections
import contextlib
import gzip
import io
import json
import os
import re
import subprocess
import sys

from pyspark.sql import SparkSession

count = failed = 0


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    if not good:
        print("# " + str(note)[:2000].replace("\n", "\n# "))


def staged(code):
    """pipe gives a command no environment, so no PATH either: where it was staged."""
    return re.sub(r"\boptout (audit|warc)", os.environ["OPTOUT_STAGE"] + r"/usr/bin/optout \1", code)


def blocks(page):
    """The indented texts of the section, without their indent."""
    with open(page, encoding="utf-8") as f:
        section = f.read().split("\n## Spark", 1)[1].split("\n## ", 1)[0]
    return [re.sub(r"(?m)^    ", "", b) for b in re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.M)]


def make_warc(path, records=400):
    with open(path, "wb") as f:
        for i in range(records):
            field = b"tdm-reservation: 1\r\n" if i % 3 == 0 else b""
            body = b"<p>page %d</p>" % i * (1 + i % 50)
            block = (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%sContent-Length: %d\r\n\r\n"
                     % (field, len(body)) + body)
            head = ("WARC/1.1\r\nWARC-Type: response\r\n"
                    "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>\r\n"
                    "WARC-Date: 2026-11-30T10:00:00Z\r\n"
                    "WARC-Target-URI: https://a.example/%d\r\n"
                    "Content-Type: application/http;msgtype=response\r\n"
                    "Content-Length: %d\r\n\r\n" % (i, i, len(block))).encode()
            f.write(gzip.compress(head + block + b"\r\n\r\n"))


def records_of(lines):
    return sorted(json.dumps(r, sort_keys=True) for r in map(json.loads, lines)
                  if r.get("event") == "record")


def check_segments(sc, spark, code, folder):
    names = sorted(os.path.join(folder, n) for n in os.listdir(folder))
    out = io.StringIO()
    shown = {"sc": sc, "spark": spark, "names": names}
    with contextlib.redirect_stdout(out):
        exec(staged(code), shown) # pylint: disable=exec-used
    ok("crawl-1" in out.getvalue(), "docs/at-scale.md: segments by RDD.pipe", out.getvalue())
    got = collections.Counter()
    for row in spark.read.json(shown["rows"]).groupBy("node", "decision").count().collect():
        got[row["node"], row["decision"]] = row["count"]
    run = subprocess.run(["optout", "audit", "query", "--format", "jsonl", "--count-by",
                          "node,decision", *names], capture_output=True, check=True)
    wanted = collections.Counter()
    for row in map(json.loads, run.stdout.splitlines()):
        wanted[row["node"], None if row["decision"] == "pending" else row["decision"]] = row["count"]
    ok(got == wanted and got, "... says what one optout says", (got, wanted))


def check_warc(sc, code):
    os.mkdir("crawl")
    make_warc("crawl/a.warc.gz")
    shown = {"sc": sc, "files": [os.path.abspath("crawl/a.warc.gz")], "piece": 20000, "os": os}
    exec(staged(code), shown)     # pylint: disable=exec-used
    got = records_of(shown["verdicts"].collect())
    run = subprocess.run(["optout", "warc", "--site", "none", shown["files"][0]],
                         capture_output=True, check=True)
    ok(len(got) == 400 and got == records_of(run.stdout.splitlines()),
       "docs/at-scale.md: pieces of a WARC file by RDD.pipe say what the whole says",
       (len(got), got[:1]))


def check_mapper(code, folder):
    names = sorted(os.path.join(os.path.abspath(folder), n) for n in os.listdir(folder))
    fed = "".join("%d\t%s\n" % (17 * i, n) for i, n in enumerate(names))
    run = subprocess.run(["sh", "-c", code], input=fed.encode(), capture_output=True, check=False)
    wanted = subprocess.run(["optout", "audit", "query", "--format", "jsonl", "--decision",
                             "reserved", *names], capture_output=True, check=True).stdout
    ok(sorted(run.stdout.splitlines()) == sorted(wanted.splitlines()) and wanted,
       "docs/at-scale.md: the mapper of Hadoop streaming", run.stderr)


def main(page, folder):
    texts = blocks(page)
    spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
             .config("spark.ui.showConsoleProgress", "false")
             .config("spark.driver.memory", "1g").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    check_segments(spark.sparkContext, spark,
                   next(t for t in texts if "spark.read.json" in t), os.path.abspath(folder))
    check_warc(spark.sparkContext, next(t for t in texts if "optout warc" in t))
    check_mapper(next(t for t in texts if "# map.sh" in t), folder)
    spark.stop()
    print("1..%d" % count)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
