#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Questions to the log: `optout audit query` beside jq, grep and DuckDB, on the same files and
with the same answers. Prints a table of seconds, the best of some rounds, and GB/s of JSON.

    bench_query.py --tool build/optout [--log FOLDER] [--records 1000000] [--jobs 1]

The log is made by audit_log.py when FOLDER is not there. DuckDB is that of the python that runs
this, or of --duckdb PYTHON."""
import argparse
import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

DUCKDB = r"""
import duckdb, sys
duckdb.sql("SET threads TO %s" % sys.argv[2])
sys.stdout.write(str(duckdb.sql(sys.argv[1]).fetchall()))
"""


def measure(command, rounds):
    """(best seconds, best CPU seconds, last output), or None."""
    best = cpu = None
    out = b""
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.monotonic()
        p = subprocess.run(command, shell=isinstance(command, str), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           check=False)
        spent = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if p.returncode not in (0, 1, 3):
            print("# %s: %s" % (str(command)[:60], p.stderr.decode()[:200].strip()), file=sys.stderr)
            return None
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = spent if best is None else min(best, spent)
        cpu = used if cpu is None else min(cpu, used)
        out = p.stdout
    return best, cpu, out


def pick(log):
    """A host that is asked for now and then, and the id of one of its records."""
    with open(sorted(glob.glob(log + "/*.jsonl"))[-2], encoding="utf-8") as f:
        for line in f:
            o = json.loads(line)
            host = o.get("url", "///").split("/")[2]
            if o.get("decision") == "reserved" and host.count("-") and not host.startswith("story-0"):
                found = (host, o["id"])
    return found


def questions(log, host, ident):
    everything = "read_json('%s/*.jsonl', format='newline_delimited', union_by_name=true, maximum_object_size=4194304)" % log
    columns = ("read_json('%s/*.jsonl', format='newline_delimited', columns={id:'VARCHAR', event:'VARCHAR', url:'VARCHAR',"
               " decision:'VARCHAR', action:'VARCHAR', signals:'STRUCT(standard VARCHAR)[]'}, maximum_object_size=4194304)" % log)
    is_host = "(split_part(url, '/', 3) = '%s')" % host
    return [
        ("one record by its id", ["--id", ident],
         "jq -c 'select(.id==\"%s\" and .event==null)'" % ident, "grep -F '\"id\":\"%s\"'" % ident,
         "SELECT * FROM %s WHERE id='%s' AND event IS NULL" % (everything, ident),
         "SELECT id FROM %s WHERE id='%s' AND event IS NULL" % (columns, ident)),
        ("refusals of one host", ["--host", host, "--decision", "reserved"],
         "jq -c 'select(.decision==\"reserved\" and (.url//\"\"|split(\"/\")[2])==\"%s\")'" % host, "grep -F '%s'" % host,
         "SELECT * FROM %s WHERE decision='reserved' AND %s" % (everything, is_host),
         "SELECT id FROM %s WHERE decision='reserved' AND %s" % (columns, is_host)),
        ("undecided, by action", ["--decision", "undecided", "--count-by", "action"],
         "jq -r 'select(.decision==\"undecided\")|.action//\"pass\"' | sort | uniq -c", None,
         "SELECT coalesce(action,'pass'), count(*) FROM %s WHERE decision='undecided' GROUP BY 1" % everything,
         "SELECT coalesce(action,'pass'), count(*) FROM %s WHERE decision='undecided' GROUP BY 1" % columns),
        ("all, by decision and action", ["--count-by", "decision,action"],
         "jq -r 'select(.decision)|[.decision,.action//\"pass\"]|@tsv' | sort | uniq -c", None,
         "SELECT decision, coalesce(action,'pass'), count(*) FROM %s WHERE decision IS NOT NULL GROUP BY ALL" % everything,
         "SELECT decision, coalesce(action,'pass'), count(*) FROM %s WHERE decision IS NOT NULL GROUP BY ALL" % columns),
    ]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--tool", required=True)
    p.add_argument("--log")
    p.add_argument("--duckdb", default=sys.executable)
    p.add_argument("--records", type=int, default=1000000)
    p.add_argument("--segments", type=int, default=16)
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--without", default="", help="jq,grep,duckdb")
    o = p.parse_args()
    place = None
    if not o.log:
        place = tempfile.mkdtemp(prefix="optout-bench-")
        o.log = place + "/log"
    if not os.path.isdir(o.log):
        subprocess.run([sys.executable, "-B", HERE + "/audit_log.py", "--records", str(o.records), "--segments",
                        str(o.segments), "--nodes", "3", "--hosts", "20000", "--days", "365", o.log], check=True)
    files = sorted(glob.glob(o.log + "/*.jsonl"))
    size = sum(os.path.getsize(f) for f in files) / 1e9
    subprocess.run(["cat", *files], stdout=subprocess.DEVNULL, check=True)
    host, ident = pick(o.log)
    has_duckdb = subprocess.run([o.duckdb, "-c", "import duckdb"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    print("%d segments, %.2f GB; %d thread(s); seconds, CPU seconds, GB/s of CPU" % (len(files), size, o.jobs))
    for f in files:
        if os.path.exists(f + ".idx"):
            os.unlink(f + ".idx")

    def show(name, result):
        if result:
            print("  %-34s %8.2f %8.2f %7.2f" % (name, result[0], result[1], size / result[1]), flush=True)

    def ask(options):
        return [o.tool, "audit", "query", "--jobs", str(o.jobs), "--format", "jsonl", *options, o.log]

    everybody = questions(o.log, host, ident)
    for name, options, jq, grep, duck, duck_columns in everybody:
        print(name)
        mine = measure(ask(["--no-index", *options]), o.rounds)
        show("optout audit query", mine)
        if grep and "grep" not in o.without:
            found = measure("cat %s/*.jsonl | LC_ALL=C %s" % (o.log, grep), o.rounds)
            show("cat | grep -F", found)
        if "duckdb" not in o.without and has_duckdb:
            show("DuckDB, all members", measure([o.duckdb, "-c", DUCKDB, duck, str(o.jobs)], 1))
            show("DuckDB, told the members it needs", measure([o.duckdb, "-c", DUCKDB, duck_columns, str(o.jobs)], o.rounds))
        if "jq" not in o.without and shutil.which("jq"):
            found = measure("cat %s/*.jsonl | %s" % (o.log, jq), 1)
            show("jq", found)
            if found and mine and grep and sorted(found[2].split(b"\n")) != sorted(mine[2].split(b"\n")):
                as_json = [sorted(json.dumps(json.loads(x), sort_keys=True) for x in y.split(b"\n") if x)
                           for y in (found[2], mine[2])]
                if as_json[0] != as_json[1]:
                    print("  the answers differ")
    print("with an index")
    show("optout audit index", measure([o.tool, "audit", "index", "--jobs", str(o.jobs), o.log], 1))
    for name, options, *_ in everybody[:2]:
        show(name, measure(ask(options), o.rounds))
    show("a host that is not there", measure(ask(["--host", "nowhere.example"]), o.rounds))
    print("compressed")
    packed = tempfile.mkdtemp(prefix="optout-bench-")
    for f in files:
        subprocess.run(["zstd", "-q", "-o", os.path.join(packed, os.path.basename(f) + ".zst"), f], check=True)
    o.log = packed
    show("records of one host", measure(ask(["--no-index", "--host", host]), o.rounds))
    show("zstdcat | grep -F", measure("zstdcat %s/*.zst | LC_ALL=C grep -F '%s'" % (packed, host), o.rounds))
    shutil.rmtree(packed)
    if place:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
