# SPDX-License-Identifier: Apache-2.0
"""duckdb_check.py FOLDER: DuckDB's answers about a log of segments.py, held against those of
segments.py itself. Prints TAP."""
import collections
import os
import re
import sys

import duckdb
import segments

SOURCE = os.environ["OPTOUT_SRCDIR"]
count = failed = 0


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name))
    if not good:
        print("# " + str(note)[:1000].replace("\n", "\n# "))


def queries_of_the_format():
    """The SQL that docs/audit-format.md shows, by the comment before each."""
    with open(os.path.join(SOURCE, "docs", "audit-format.md"), encoding="utf-8") as f:
        text = f.read().split("\nWith DuckDB:\n", 1)[1].split("\nIn the source tree", 1)[0]
    text = re.sub(r"(?m)^    ", "", text)
    return [(q.strip().split("\n")[0].lstrip("- "), q) for q in text.split(";") if q.strip()]


def check_format(folder):
    closed = [p for p in segments.segments(folder) if p.endswith(".jsonl")]
    os.chdir(folder)
    decided = collections.Counter()
    for path in closed:
        segment = segments.Segment()
        for line in segments.lines_of(path):
            record = segment.take(segments.json.loads(line))
            if record and record.get("decision"):
                decided[record["decision"], record["action"]] += 1
    for title, query in queries_of_the_format():
        rows = duckdb.sql(query).fetchall()
        ok(len(rows) > 0, "docs/audit-format.md: " + title)
        if "per day" in title:
            got = collections.Counter()
            for row in rows:
                got[row[2], row[3]] += row[4]
            ok(got == decided, "the figures are those of the log", (got, decided))


check_format(sys.argv[1])
print("1..%d" % count)
sys.exit(failed > 0)
