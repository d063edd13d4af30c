# SPDX-License-Identifier: Apache-2.0
"""figures.py ENGINE FOLDER: what an engine says of a log through the views that are shipped for
it, held against what `optout audit query` says, and against segments.py, which reads it as
slowly as the format's page can be read. Prints TAP."""
import collections
import glob
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time

import segments

SOURCE = os.environ["OPTOUT_SRCDIR"]
OPTOUT = os.environ["OPTOUT_STAGE"] + "/usr/bin/optout"
SQL = os.environ["OPTOUT_STAGE"] + "/usr/share/optout/sql/"
count = failed = 0


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    if not good:
        print("# " + str(note)[:2000].replace("\n", "\n# "))


# ---- engines ----

class DuckDB:
    each_reason = "unnest(undecided)"
    length_of = "len({})".format

    def __init__(self, folder):
        import duckdb
        self.connection = duckdb.connect()
        self.connection.execute("SET VARIABLE optout_log = '%s'" % folder)
        with open(SQL + "duckdb.sql", encoding="utf-8") as f:
            self.connection.execute(f.read())

    def rows(self, query):
        return self.connection.execute(query).fetchall()


class ClickHouse:
    each_reason = "arrayJoin(undecided)"
    length_of = "length({})".format

    def __init__(self, folder):
        from chdb import session
        os.chdir(folder)
        self.session = session.Session()
        with open(SQL + "clickhouse.sql", encoding="utf-8") as f:
            text = re.sub(r"(?m)^--.*\n", "", f.read())
        for statement in text.split(";\n"):
            if statement.strip():
                self.session.query(statement)

    def rows(self, query):
        text = str(self.session.query(query, "JSONCompactEachRow"))
        return [[int(v) if isinstance(v, str) and v.isdigit() and i == len(row) - 1 else v
                 for i, v in enumerate(row)] for row in map(json.loads, text.splitlines())]


# ---- figures: of the engine, of the tool, of the slow reader ----

def counter(rows):
    """The last column counts; what is nothing is an empty text."""
    out = collections.Counter()
    for row in rows:
        out[tuple("" if v is None else str(v) for v in row[:-1])] += row[-1]
    return out


def of_tool(folder, *arguments):
    """Columns are the last argument."""
    files = [p for suffix in ("", ".open", ".zst") for p in glob.glob(folder + "/*.jsonl" + suffix)]
    run = subprocess.run([OPTOUT, "audit", "query", *arguments[:-1], "--format", "jsonl",
                          "--count-by", arguments[-1], *files], capture_output=True, check=False)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return counter([[r.get(c) for c in arguments[-1].split(",")] + [r["count"]] for r in rows])


def of_reader(records, keys):
    out = collections.Counter()
    for record in records:
        for key in keys(record):
            out[tuple("" if v is None else str(v) for v in key)] += 1
    return out


def host(record):
    return record["url"].split("/")[2]


def decision(record):
    return record["decision"] or "pending"


def statements(deciding):
    return lambda r: {(s["standard"], s["carrier"]) for s in r["signals"]
                      if s["deciding"] or not deciding}


def questions(engine):
    """Title, query, columns of the tool with its options, keys of a record."""
    return [
        ("decisions and actions",
         "SELECT decision, action, count(*) FROM optout_exchanges GROUP BY 1, 2",
         ["decision,action"], lambda r: [(decision(r), r["action"])]),
        ("hosts and decisions",
         "SELECT host, decision, count(*) FROM optout_exchanges GROUP BY 1, 2",
         ["host,decision"], lambda r: [(host(r), decision(r))]),
        ("nodes, profiles and modes",
         "SELECT node, profile, mode, count(*) FROM optout_exchanges GROUP BY 1, 2, 3",
         ["node,profile,mode"], lambda r: [(r["node"], r["profile"], r["mode"])]),
        ("status",
         "SELECT status, count(*) FROM optout_exchanges GROUP BY 1",
         ["status"], lambda r: [(r["status"],)]),
        ("statements by standard and carrier",
         "SELECT standard, carrier, count(DISTINCT id) FROM optout_signals GROUP BY 1, 2",
         ["standard,carrier"], statements(False)),
        ("statements that decided",
         "SELECT standard, carrier, count(DISTINCT id) FROM optout_signals WHERE deciding"
         " GROUP BY 1, 2",
         ["--deciding", "standard,carrier"], statements(True)),
        ("reasons",
         "SELECT %s AS reason, count(*) FROM optout_exchanges GROUP BY 1" % engine.each_reason,
         ["reason"], lambda r: [(u,) for u in r["undecided"]]),
        ("refusals of a week, by day",
         "SELECT CAST(time AS DATE) AS day, count(*) FROM optout_exchanges"
         " WHERE decision = 'reserved' GROUP BY 1",
         ["--decision", "reserved", "day"],
         lambda r: [(r["time"][:10],)] if r["decision"] == "reserved" else []),
    ]


def without_nothing(figures):
    """The tool also counts those that have none."""
    return collections.Counter({k: n for k, n in figures.items() if any(k)})


def check_figures(engine, folder, records):
    for title, query, columns, keys in questions(engine):
        got = without_nothing(counter(engine.rows(query)))
        slow, tool = without_nothing(of_reader(records, keys)), without_nothing(
            of_tool(folder, *columns))
        ok(got == slow and got, title + " are those of the log",
           (got - slow, slow - got))
        ok(got == tool, "... and of optout audit query", (got - tool, tool - got))


def check_sums(engine, records, gaps):
    rows = engine.rows("SELECT count(*), sum(seen), sum(CASE WHEN whole THEN 1 ELSE 0 END),"
                       " sum(length) FROM optout_exchanges")
    wanted = [len(records), sum(r["seen"] for r in records), sum(r["whole"] for r in records),
              sum(r["length"] or 0 for r in records)]
    ok([int(v) for v in rows[0]] == wanted, "bytes and bodies", (rows, wanted))
    rows = engine.rows("SELECT count(*), sum(lost) FROM optout_gaps")
    ok([int(v) for v in rows[0]] == [len(gaps), sum(g["lost"] for g in gaps)],
       "gaps", rows)
    asked = {s["id"] for r in records for s in r.get("site", [])}
    rows = engine.rows("SELECT count(*) FROM optout_sites")
    ok(int(rows[0][0]) > 0 and not asked - {r[0] for r in engine.rows(
        "SELECT id, origin, 1 FROM optout_sites")}, "sites", rows)


def check_report(engine, folder):
    """The figures of optout audit report, which are of exchanges that ended."""
    run = subprocess.run([OPTOUT, "audit", "report", "--json", "--top", "1000", folder],
                         capture_output=True, check=False)
    report = json.loads(run.stdout)
    rows = engine.rows(
        "SELECT decision, action, count(*), sum(seen), coalesce(sum(released), 0),"
        " sum(CASE WHEN %s > 0 THEN 1 ELSE 0 END) FROM optout_exchanges WHERE event = 'final'"
        " GROUP BY 1, 2" % engine.length_of("conflicts"))
    got = collections.Counter()
    for decision_, action, n, seen, released, conflicts in rows:
        for name, value in ((decision_, n), (action, n), ("records", n), ("fetched_bytes", seen),
                            ("released_bytes", released), ("conflicts", conflicts)):
            got[name] += int(value)
    wanted = {name: report["total"][name] for name in got}
    ok(dict(got) == wanted, "totals are those of optout audit report", (dict(got), wanted))
    rows = engine.rows("SELECT host, count(*), sum(CASE WHEN decision = 'reserved' THEN 1 ELSE 0"
                       " END) FROM optout_exchanges WHERE event = 'final' GROUP BY 1")
    got = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    wanted = {r["name"]: (r["records"], r["reserved"]) for r in report["hosts"]["rows"]}
    ok(got == wanted, "... and hosts", (got, wanted))


# ---- what docs/at-scale.md shows ----

def check_recipes(engine, heading):
    """Every statement under a heading: it runs, on a log of another time too, where it has no
    more to say."""
    with open(os.path.join(SOURCE, "docs", "at-scale.md"), encoding="utf-8") as f:
        section = f.read().split("\n## %s\n" % heading, 1)[1].split("\n## ", 1)[0]
    lines = [line[4:] for line in section.split("\n") if line.startswith("    ")]
    text = "\n".join(line for line in lines if not re.match(
        r"duckdb |    -init|cd |cat |SQL$", line))
    for query in filter(str.strip, re.split(r";(?:\n|$)", text)):
        try:
            engine.rows(query)
            good, note = True, ""
        except Exception as e:    # whatever the engine calls it
            good, note = False, "%s\n%s" % (query, e)
        title = re.sub(r"\s+", " ", query.strip())[:60]
        ok(good, "docs/at-scale.md: " + title.replace("#", ""), note)


# ---- the format's own page ----

def check_format(folder):
    """The SQL that docs/audit-format.md shows, on closed segments."""
    import duckdb
    with open(os.path.join(SOURCE, "docs", "audit-format.md"), encoding="utf-8") as f:
        text = f.read().split("\nWith DuckDB", 1)[1].split("\n", 1)[1].split("\nIn the source tree", 1)[0]
    os.chdir(folder)
    for query in re.sub(r"(?m)^    ", "", text).split(";"):
        title = query.strip().split("\n")[0].lstrip("- ")
        if title.startswith("per") or "SELECT" in query:
            ok(duckdb.sql(query).fetchall(), "docs/audit-format.md: " + title)


# ---- a list of URLs in another engine's table ----

SHIM = """#!%s
import sys, duckdb
for statement in sys.argv[2].split(";"):
    duckdb.sql(statement)
"""


class OneRule(http.server.BaseHTTPRequestHandler):
    """A site that forbids one of its pages."""

    def do_GET(self):
        body = b"User-agent: *\nDisallow: /3\n" if self.path == "/robots.txt" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def daemon_of(there):
    """optoutd with a store there, when it answers, and what tells the tool of it."""
    with open(there + "/optoutd.conf", "w", encoding="utf-8") as f:
        f.write("optoutd.SiteStore %s/store\noptoutd.Socket %s/sock\noptoutd.UserAgent \"Peers/1.0 (+https://example.org/)\"\n"
                "optoutd.AllowPrivate on\n" % (there, there))
    daemon = subprocess.Popen([os.path.join(os.path.dirname(OPTOUT), "..", "sbin", "optoutd"), "--config", f.name],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        if os.path.exists(there + "/sock"):
            break
        time.sleep(0.1)
    return daemon, "--store %s/store --socket %s/sock" % (there, there)


def check_list(folder):
    """What docs/answers.md shows of Parquet, with this module as the command duckdb."""
    import duckdb
    with open(os.path.join(SOURCE, "docs", "answers.md"), encoding="utf-8") as f:
        shown = re.search(r"(?m)^    duckdb -c (?:.*\n)(?:^    .*\n)*", f.read()).group()
    there = os.path.join(os.path.dirname(folder), "list")
    os.makedirs(os.path.join(there, "bin"))
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OneRule)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    daemon, options = daemon_of(there)
    for name, text in (("duckdb", SHIM % sys.executable),
                       ("optout", "#!/bin/sh\nexec %s \"$@\" %s\n" % (os.path.abspath(OPTOUT), options))):
        with open(os.path.join(there, "bin", name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(f.name, 0o755)
    duckdb.sql("COPY (SELECT 'http://127.0.0.1:%d/' || i AS url, i FROM range(9) t(i)) TO '%s/pairs.parquet'"
               % (site.server_address[1], there))
    env = dict(os.environ, PATH="%s/bin:%s" % (there, os.environ["PATH"]))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", re.sub("(?m)^    ", "", shown)], cwd=there, env=env,
                          capture_output=True, text=True, check=False)
    daemon.terminate()
    daemon.wait()
    rows = done.returncode == 0 and duckdb.sql("SELECT i FROM '%s/allowed.parquet' ORDER BY i" % there).fetchall()
    ok(rows == [(i,) for i in range(9) if i != 3], "docs/answers.md: Parquet",
       "%s %s %s" % (rows, done.stdout, done.stderr))


def main(which, folder):
    records, gaps = segments.exchanges(folder)
    engine = {"duckdb": DuckDB, "clickhouse": ClickHouse}[which](folder)
    check_figures(engine, folder, records)
    check_sums(engine, records, gaps)
    check_report(engine, folder)
    os.chdir(os.path.dirname(folder) if which == "duckdb" else folder)
    check_recipes(engine, {"duckdb": "DuckDB", "clickhouse": "ClickHouse"}[which])
    if which == "duckdb":
        check_list(folder)
        check_format(folder)
    print("1..%d" % count)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.path.abspath(sys.argv[2])))
