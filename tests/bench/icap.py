# SPDX-License-Identifier: Apache-2.0
"""c-icap alone, asked by icap_load: what the filter costs above a module that inspects nothing.

Both services are loaded in the same process. Rounds are short and in turn, so that what
disturbs one arm disturbs the other; what counts is the median of the paired differences.
Who asks and who answers share one CPU: between two, what it costs to wake the other one up
depends on what else the machine does, and is as much as what is measured."""
import contextlib
import os
import statistics

import cells as plan
import load
import servers

CONNECTIONS = 4
THREADS = 16       # of c-icap: each connection of each arm has one
WARM_ROUNDS = 2
ROUNDS = 5         # for each of --rounds, for they are short
RECORD_LEAST = 40  # bytes of log that an exchange with a record leaves, at least


def block_page(client_program, cell, port, page):
    """The null's page is as long as ours."""
    if cell.profile != "block":
        return 0
    argv = load.arguments(cell, port, "optout?profile=block", *page)
    return load.once(client_program, argv)["body"]


def services(cell, page_bytes):
    null = f"srv_null?{cell.null}" + (f"={page_bytes}" if page_bytes else "")
    return {"null": null, "optout": f"optout?profile={cell.profile}"}


@contextlib.contextmanager
def one_cpu():
    """For all that is started meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def log_bytes(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder)
               for name in names)


def sample(client, pids):
    """One round of one arm, by exchange."""
    before = servers.cpu_ns(pids)
    result = client.round()
    micros = (servers.cpu_ns(pids) - before) / 1000
    n = result["requests"]
    return {"cicap": micros / n, "rate": n / result["seconds"], "sent": result["sent"] / n,
            "received": result["received"] / n, "p50": result["us"]["p50"],
            "p99": result["us"]["p99"], "n": n}


class Icap:
    def __init__(self, ground, program, rounds, say):
        self.ground, self.bench, self.say = ground, ground.bench, say
        self.program, self.rounds = program, rounds

    def measure(self, cell, clients, pids):
        rounds = []
        for client in list(clients.values()) * WARM_ROUNDS:
            client.round()
        for i in range(self.rounds):
            row = {}
            for arm in (clients if i % 2 == 0 else reversed(clients)):
                row[arm] = sample(clients[arm], pids)
            rounds.append(row)
        return rounds

    def record_bytes(self, cell):
        """Of log, for an exchange; records that are not there would make the filter cheap."""
        exchanges = (self.rounds + WARM_ROUNDS) * cell.requests
        found = log_bytes(self.ground.audit()) / exchanges
        if found < RECORD_LEAST and (cell.vectors, cell.profile) != ("req", "pass"):
            raise servers.BenchError(f"{cell.name}: there are fewer records than exchanges")
        return found

    def cell(self, cell):
        cicap, port = self.bench.cicap(self.ground.conf(site=True), THREADS)
        clients = {}
        try:
            page = self.ground.page(cell.path)
            ways = services(cell, block_page(self.program, cell, port, page))
            for arm, service in ways.items():
                argv = load.arguments(cell, port, service, *page)
                clients[arm] = load.Client(self.program, argv, cell.requests, CONNECTIONS)
            rounds = self.measure(cell, clients, servers.cicap_family(cicap))
            record = self.record_bytes(cell)
        finally:
            for client in clients.values():
                client.close()
            self.bench.stop(cicap)
            self.ground.forget_records()
        result = {"name": cell.name, "budget_us": cell.budget, "rounds": rounds,
                  "record": record}
        self.say("  " + line(result))
        return result


def quartiles(values):
    if len(values) < 2:
        return (values[0],) * 3
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def sure(values):
    """Where the median lies with 95 %: by ranks, whatever the distribution is."""
    ranked, half = sorted(values), 0.98 * len(values) ** 0.5
    return (ranked[max(0, int(len(ranked) / 2 - half))],
            ranked[min(len(ranked) - 1, int(len(ranked) / 2 + half))])


def verdict(middle, surely, budget):
    if budget is None:
        return "-"
    word = "met" if middle <= budget else "MISSED"
    return word if surely[1] <= budget or surely[0] > budget else word + " (not sure)"


def line(cell):
    rounds = cell["rounds"]
    middle = {arm: {f: statistics.median(r[arm][f] for r in rounds)
                    for f in ("cicap", "p50", "p99", "sent", "received")}
              for arm in ("null", "optout")}
    more = [r["optout"]["cicap"] - r["null"]["cicap"] for r in rounds]
    low, half, high = quartiles(more)
    surely = sure(more)
    calm = [quartiles([r[arm]["cicap"] for r in rounds])[0] for arm in ("null", "optout")]
    budget = cell["budget_us"]
    span = f"{half:.1f} [{low:.1f} {high:.1f}]"
    m, n = middle["optout"], middle["null"]
    return (f"{cell['name']:20}{n['cicap']:8.1f}{m['cicap']:10.1f}{span:>20}"
            f"{'%.1f to %.1f' % surely:>15}{calm[1] - calm[0]:7.1f}{budget if budget else '-':>8}"
            f"{n['p50']:10.0f}{m['p50']:8.0f}{n['p99']:10.0f}{m['p99']:8.0f}{m['sent']:8.0f}"
            f"{n['received']:11.0f}{m['received']:8.0f}{cell['record']:10.0f}  {verdict(half, surely, budget)}")


def table(cells):
    yield (f"CPU of c-icap's processes for one exchange, µs; optout - null: median of the paired "
           f"differences [middle half]; {len(cells[0]['rounds'])} rounds, {CONNECTIONS} connections, one CPU")
    yield (f"{'cell':20}{'null':>8}{'optout':>10}{'optout - null':>20}{'95 %':>15}{'quiet':>7}{'budget':>8}"
           f"{'p50 null':>10}{'optout':>8}{'p99 null':>10}{'optout':>8}{'up B':>8}{'back null':>11}"
           f"{'optout':>8}{'record B':>10}  verdict")
    for cell in cells:
        yield line(cell)


def measure(ground, program, wanted, rounds, say, failed):
    say(f"c-icap alone, {rounds} rounds")
    icap, cells = Icap(ground, program, rounds, say), []
    for cell in wanted:
        try:
            with one_cpu():
                cells.append(icap.cell(cell))
        except servers.BenchError as e:
            say(f"  {cell.name}: {e}")
            failed.append({"name": cell.name, "why": str(e)})
    return {"cells": cells, "lines": list(table(cells))} if cells else None


def wanted(search, group="icap/"):
    """The cells that a pattern chooses, as they are called in a group of cells."""
    return [cell for cell in plan.ICAP_CELLS if search(cell.name.replace("icap/", group, 1))]
