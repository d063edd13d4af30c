# SPDX-License-Identifier: Apache-2.0
"""Instructions of c-icap for one exchange, counted by callgrind: what the machine's load does
not change. The kernel's are not among them.

One c-icap with both services runs under valgrind; srv_callgrind.c tells callgrind when to count."""
import glob
import os
import shutil
import socket

import callgrind_file
import icap
import load
import servers

THREADS = 4
CONNECTIONS = 1
WARM = 1    # rounds that are not counted
FACTOR = 4  # more exchanges than in a round of the cell without valgrind
TOP = 30
OURS = "srv_optout.so"
OBJECTS = (OURS, "libcrypto", "libc.so", "c-icap")  # the last one: all that is not named


def tell(port, what):
    with socket.create_connection(("127.0.0.1", port), servers.WAIT) as s:
        s.settimeout(servers.WAIT)
        s.sendall(f"OPTIONS icap://127.0.0.1:{port}/srv_callgrind?{what} ICAP/1.0\r\n"
                  "Host: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        if b" 200 " not in s.recv(4096):
            raise servers.BenchError("srv_callgrind does not answer")


class Callgrind:
    def __init__(self, ground, program, helper):
        self.ground, self.bench, self.program = ground, ground.bench, program
        valgrind, = servers.need(("valgrind", "valgrind"))
        shutil.copy(helper, os.path.join(self.bench.run, "srv_callgrind.so"))
        self.out = os.path.join(self.bench.run, "callgrind.out")
        under = [valgrind, "--tool=callgrind", "--vgdb=no", f"--callgrind-out-file={self.out}.%p",
                 f"--log-file={self.bench.run}/valgrind.%p.log"]
        conf = ground.conf(site=True) + f"Service callgrind {self.bench.run}/srv_callgrind.so\n"
        self.cicap, self.port = self.bench.cicap(conf, THREADS, under)

    def close(self):
        self.bench.stop(self.cicap)
        self.ground.forget_records()

    def profile(self, argv, requests, name):
        """What one round costs."""
        client = load.Client(self.program, argv, requests, CONNECTIONS)
        try:
            for _ in range(WARM):
                client.round()
            before = set(glob.glob(self.out + ".*"))
            tell(self.port, "zero")
            exchanges = client.round()["requests"]
            tell(self.port, "dump")
        finally:
            client.close()
        new = [path for path in set(glob.glob(self.out + ".*")) - before
               if os.path.getsize(path)]
        if len(new) != 1:
            raise servers.BenchError("callgrind wrote nothing: were valgrind's headers there "
                                     "when srv_callgrind was built?")
        path = f"{self.out}.{name}"
        os.rename(new[0], path)
        return callgrind_file.Profile(path, exchanges)

    def cell(self, cell):
        page = self.ground.page(cell.path)
        ways = icap.services(cell, icap.block_page(self.program, cell, self.port, page))
        short = cell.name.replace("icap/", "", 1)
        profiles = {arm: self.profile(load.arguments(cell, self.port, service, *page),
                                      FACTOR * cell.requests, f"{short.replace('/', '-')}.{arm}")
                    for arm, service in ways.items()}
        return result_of(f"callgrind/{short}", profiles["null"], profiles["optout"])


def library(path):
    return os.path.basename(path) or "?"


def object_of(path):
    name = library(path)
    return next((o for o in OBJECTS if name.startswith(o)), OBJECTS[-1])


def result_of(name, null, optout):
    """Numbers for one exchange; functions with the most first."""
    parts = dict.fromkeys(OBJECTS, 0)
    own = {}
    for key in set(null.own) | set(optout.own):
        difference = optout.own.get(key, 0) - null.own.get(key, 0)
        parts[object_of(key[1])] += difference
        own[key] = difference
    whole = {key: n for key, n in optout.whole.items() if library(key[1]) == OURS}
    return {"name": name, "null": null.total(), "optout": optout.total(), "parts": parts,
            "own": top(own), "whole": top(whole)}


def top(costs):
    most = sorted(costs.items(), key=lambda kv: (-kv[1], kv[0]))[:TOP]
    return [(round(n), function, library(obj)) for (function, obj), n in most if n >= 0.5]


def line(cell):
    parts = "".join(f"{cell['parts'][o]:14,.0f}" for o in OBJECTS)
    return (f"{cell['name']:26}{cell['null']:11,.0f}{cell['optout']:12,.0f}"
            f"{cell['optout'] - cell['null']:15,.0f}{parts}")


def profile_lines(cell):
    yield f"{cell['name']}: functions that cost most for an exchange"
    yield f"  {'by themselves, optout - null':54}{OURS + ', with all that they call'}"
    for i in range(max(len(cell["own"]), len(cell["whole"]))):
        left = right = ""
        if i < len(cell["own"]):
            n, function, obj = cell["own"][i]
            left = f"{n:9,}  {function[:24]}" + (f" [{obj[:16]}]" if obj != OURS else "")
        if i < len(cell["whole"]):
            n, function, _ = cell["whole"][i]
            right = f"{n:9,}  {function}"
        yield f"  {left:54}{right}".rstrip()


def table(cells):
    yield "instructions for one exchange, without the kernel's; the difference by object"
    heads = "".join(f"{o if o != OBJECTS[-1] else 'others':>14}" for o in OBJECTS)
    yield f"{'cell':26}{'null':>11}{'optout':>12}{'optout - null':>15}{heads}"
    for cell in cells:
        yield line(cell)
    yield "libcrypto: SHA-256 as it is without SHA instructions, which valgrind does not offer"
    for cell in cells:
        yield ""
        yield from profile_lines(cell)


def measure(ground, program, helper, wanted, say, failed):
    try:
        servers.need(("valgrind", "valgrind"))
    except servers.BenchError as e:
        say(f"SKIPPED callgrind: {e}")
        return {"lines": [f"SKIPPED: {e}"]}
    say("instructions, counted by callgrind")
    cells, run = [], None
    try:
        run = Callgrind(ground, program, helper)
        for cell in wanted:
            cells.append(run.cell(cell))
            say("  " + line(cells[-1]))
    except servers.BenchError as e:
        say(f"  {e}")
        failed.append({"name": "callgrind", "why": str(e)})
    finally:
        if run:
            run.close()
    return {"cells": cells, "lines": list(table(cells))} if cells else None
