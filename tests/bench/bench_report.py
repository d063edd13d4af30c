#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `optout audit report`, `publisher` and `leads` cost: seconds, records and bytes of JSON a
second, and memory, the best of some rounds. Prints a table.

    bench_report.py --tool build/optout [--log FOLDER] [--records 1000000] [--cpus 0,1]

The log is made by audit_log.py when FOLDER is not there. --cpus: these alone (taskset)."""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(command, rounds):
    """Seconds on the clock, seconds of CPU and the largest size in MB, of the quickest."""
    best = None
    for _ in range(rounds):
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = status
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            sys.exit("%s: exit status %d" % (" ".join(command), os.waitstatus_to_exitcode(status)))
        took = (time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        best = min(best or took, took)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--log")
    parser.add_argument("--records", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpus")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        log = args.log or os.path.join(scratch, "log")
        if not os.path.isdir(log):
            subprocess.run([sys.executable, os.path.join(HERE, "audit_log.py"), "--records",
                            str(args.records), "--segments", "16", "--nodes", "3", log], check=True)
        size = sum(os.path.getsize(f) for f in glob.glob(log + "/*.jsonl"))
        total = json.loads(subprocess.run([args.tool, "audit", "report", "--json", log], check=False,
                                          stdout=subprocess.PIPE).stdout)
        records, host = total["total"]["records"], total["hosts"]["rows"][0]["name"]
        pin = ["taskset", "-c", args.cpus] if args.cpus else []
        print("%d records, %.2f GB\n" % (records, size / 1e9))
        print("| command | s | s of CPU | records/s | GB/s | records/s of CPU | MB of memory |")
        print("|---|---|---|---|---|---|---|")
        for name, more in (("report", []), ("report --json", []), ("publisher", [host]), ("leads", [])):
            s, cpu, memory = measure(pin + [args.tool, "audit"] + name.split() + more + [log], args.rounds)
            print("| `%s` | %.2f | %.2f | %d | %.2f | %d | %d |" % (
                name, s, cpu, records / s, size / s / 1e9, records / cpu, memory), flush=True)


if __name__ == "__main__":
    main()
