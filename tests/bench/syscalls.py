# SPDX-License-Identifier: Apache-2.0
"""What c-icap asks of the kernel for one exchange, counted by strace: like instructions, it does
not depend on what else the machine does, and it is the part of the cost that they leave out."""
import os
import re
import signal
import subprocess

import icap
import load
import servers

THREADS = 4
CONNECTIONS = 1
LEAST = 0.05  # calls for an exchange: what is rarer has to do with time, not with exchanges
ROW = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", re.M)


class Strace:
    """Counts from here to `counts`."""

    def __init__(self, program, pid, path):
        self.path = path
        self.process = subprocess.Popen([program, "-f", "-c", "-p", str(pid), "-o", path],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()  # said once all threads are attached
        if "attached" not in line:
            self.stop()
            raise servers.BenchError(f"strace: {line or 'ended'}")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(servers.WAIT)
        self.process.stderr.close()

    def counts(self, exchanges):
        self.stop()
        with open(self.path) as f:
            text = f.read()
        return {name: int(n) / exchanges for n, name in ROW.findall(text) if name != "total"}


def count(program, strace, argv, cell, pid, path):
    client = load.Client(program, argv, cell.requests, CONNECTIONS)
    try:
        client.round()
        tracer = Strace(strace, pid, path)
        return tracer.counts(client.round()["requests"])
    finally:
        client.close()


def line(cell):
    null, optout = cell["null"], cell["optout"]
    more = {name: optout.get(name, 0) - null.get(name, 0) for name in sorted({*null, *optout})}
    said = ", ".join(f"{name} {n:+.2f}" for name, n in more.items() if abs(n) >= LEAST)
    return (f"{cell['name']:26}{sum(null.values()):8.1f}{sum(optout.values()):10.1f}   "
            f"{said or 'no difference'}")


def measure(ground, program, wanted, say, failed):
    try:
        strace, = servers.need(("strace", "strace"))
    except servers.BenchError as e:
        say(f"SKIPPED syscalls: {e}")
        return {"lines": [f"SKIPPED: {e}"]}
    say("system calls, counted by strace")
    cicap, cells, path = None, [], os.path.join(ground.bench.run, "strace.out")
    try:
        cicap, port = ground.bench.cicap(ground.conf(site=True), THREADS)
        pid = servers.cicap_family(cicap)[1]
        for cell in wanted:
            page = ground.page(cell.path)
            ways = icap.services(cell, icap.block_page(program, cell, port, page))
            counts = {arm: count(program, strace, load.arguments(cell, port, service, *page), cell,
                                 pid, path) for arm, service in ways.items()}
            cells.append({"name": cell.name.replace("icap/", "syscalls/", 1), **counts})
            say("  " + line(cells[-1]))
    except servers.BenchError as e:
        say(f"  {e}")
        failed.append({"name": "syscalls", "why": str(e)})
    finally:
        if cicap:
            ground.bench.stop(cicap)
        ground.forget_records()
    head = [f"{'cell':26}{'null':>8}{'optout':>10}   optout - null, for one exchange"]
    return {"cells": cells, "lines": head + [line(cell) for cell in cells]}
