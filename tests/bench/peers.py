# SPDX-License-Identifier: Apache-2.0
"""What filters that Debian packages cost on the same requests, beside null and optout.

They do less or other work, each with as little configuration as makes it do what it is for:
the figures say what order of magnitude an ICAP filter has, not which one is better."""
import os
import re
import shutil
import statistics
import subprocess

import cells as plan
import icap
import load
import servers

E2GUARDIAN = "/etc/e2guardian"
# Of e2guardian.conf as Debian ships it: where it listens, how many threads, no log. A connection
# that was closed keeps its thread for a minute, so there are more threads than connections.
E2_LINES = {"filterip": "127.0.0.1", "filterports": "@PROXY@", "icapport": "@PORT@",
            "httpworkers": "100", "loglevel": "0", "nologger": "on"}
E2_TAIL = """pidfilename = '@RUN@/e2guardian.pid'
loglocation = '@RUN@/e2guardian.log'
daemonuser = '@USER@'
daemongroup = '@USER@'
"""


class Arm:
    """One service that is asked: where, what it answers to each cell, whose CPU time counts."""

    def __init__(self, name, port, pids, ways, icap_field=None):
        self.name, self.port, self.pids, self.ways = name, port, pids, ways
        self.icap_field = icap_field

    def arguments(self, cell, page):
        service, answer = self.ways[cell.name]
        wanted = cell._replace(answer_req=answer, answer_resp=answer)
        argv = load.arguments(wanted, self.port, service, *page, says=None)
        return argv + (["--icap-field", self.icap_field] if self.icap_field else [])


class Peers:
    def __init__(self, ground, program, rounds, say):
        self.ground, self.bench, self.say = ground, ground.bench, say
        self.program, self.rounds = program, rounds
        self.arms, self.skipped = [], []

    def skip(self, name, why):
        self.say(f"  SKIPPED {name}: {why}")
        self.skipped.append(f"SKIPPED {name}: {why.splitlines()[0]}")

    def answers(self, arm):
        """Whether it gives the right answers before anything is measured."""
        for cell in plan.PEER_CELLS:
            if cell.name in arm.ways:
                page = self.ground.page(cell.path)
                load.once(self.program, arm.arguments(cell, page), 8, 2)

    def conf_of(self, peer):
        with open(os.path.join(self.bench.run, "denied.txt"), "w") as f:
            f.writelines(f"bench.test/denied/{i}:\n" for i in range(40))
        return peer.conf.replace("@RUN@", self.bench.run)

    def available(self, peer):
        """Tried by itself: one that does not start must not keep the others from it."""
        if not os.path.exists(os.path.join(servers.modules_dir(), peer.module)):
            self.skip(peer.name, f"not there. On Debian: apt-get install {peer.package}")
            return False
        cicap = None
        try:
            cicap, port = self.bench.cicap(self.conf_of(peer), icap.THREADS)
            self.answers(Arm(peer.name, port, [], peer.ways))
            return True
        except servers.BenchError as e:
            self.skip(peer.name, str(e))
            return False
        finally:
            if cicap:
                self.bench.stop(cicap)

    def start_cicap(self):
        found = [peer for peer in plan.PEERS if self.available(peer)]
        conf = self.ground.conf(site=True) + "".join(self.conf_of(peer) for peer in found)
        cicap, port = self.bench.cicap(conf, 64)
        pids = servers.cicap_family(cicap)
        for name, ways in (("null", plan.NULL_WAYS), ("optout", plan.OPTOUT_WAYS)):
            self.arms.append(Arm(name, port, pids, ways))
        self.arms += [Arm(peer.name, port, pids, peer.ways) for peer in found]
        return cicap

    def start_e2guardian(self):
        try:
            program, = servers.need(("e2guardian", "e2guardian"))
            port, proxy = servers.free_port(), servers.free_port()
            conf = self.e2guardian_conf(port, proxy)
            process = self.bench.start([program, "-N", "-c", conf], [port], "e2guardian")
            arm = Arm("e2guardian", port, servers.family(process), plan.E2GUARDIAN_WAYS,
                      plan.E2GUARDIAN_FIELD)
            self.answers(arm)
            self.arms.append(arm)
        except (servers.BenchError, OSError) as e:
            self.skip("e2guardian", str(e))

    def e2guardian_conf(self, port, proxy):
        with open(os.path.join(E2GUARDIAN, "e2guardian.conf")) as f:
            text = f.read()
        for key, value in E2_LINES.items():
            text = re.sub(rf"^#?\s*{key} = .*$", f"{key} = {value}", text, count=1, flags=re.M)
        text = re.sub(r"^transparenthttpsport", "#transparenthttpsport", text, flags=re.M)
        user = self.bench.user or subprocess.run(["id", "-un"], capture_output=True,
                                                 text=True).stdout.strip()
        for key, value in (("PORT", port), ("PROXY", proxy)):
            text = text.replace(f"@{key}@", str(value))
        folder = os.path.join(self.bench.run, "e2guardian")
        os.mkdir(folder)
        shutil.copy(os.path.join(E2GUARDIAN, "e2guardianf1.conf"), folder)
        path = os.path.join(folder, "e2guardian.conf")
        with open(path, "w") as f:
            f.write(text + E2_TAIL.replace("@RUN@", self.bench.run).replace("@USER@", user))
        return path

    def cell(self, cell):
        page = self.ground.page(cell.path)
        arms = [arm for arm in self.arms if cell.name in arm.ways]
        clients = {}
        try:
            for arm in arms:
                clients[arm.name] = load.Client(self.program, arm.arguments(cell, page),
                                                cell.requests, icap.CONNECTIONS)
            rows = []
            for i in range(-icap.WARM_ROUNDS, self.rounds):
                row = {arm.name: icap.sample(clients[arm.name], arm.pids)
                       for arm in (arms if i % 2 == 0 else reversed(arms))}
                if i >= 0:
                    rows.append(row)
        finally:
            for client in clients.values():
                client.close()
        return {"name": cell.name, "rounds": rows,
                "arms": {arm.name: arm.ways[cell.name][1] for arm in arms}}


def lines(cell):
    rows = cell["rounds"]
    for arm, answer in cell["arms"].items():
        low, half, high = icap.quartiles([row[arm]["cicap"] for row in rows])
        more = statistics.median(row[arm]["cicap"] - row["null"]["cicap"] for row in rows)
        p50 = statistics.median(row[arm]["p50"] for row in rows)
        span = f"{half:.1f} [{low:.1f} {high:.1f}]"
        yield (f"{cell['name']:20}{arm:18}{span:>24}{more:13.1f}{p50:9.0f}"
               f"{rows[0][arm]['received']:9.0f}  {answer}")


def table(cells):
    yield f"CPU for one exchange, µs; median of {len(cells[0]['rounds'])} rounds [middle half]"
    yield (f"{'cell':20}{'service':18}{'CPU':>24}{'above null':>13}{'p50':>9}{'back B':>9}"
           "  answer")
    for cell in cells:
        yield from lines(cell)


def measure(ground, program, wanted, rounds, say, failed):
    say(f"peers, {rounds} rounds")
    peers, cells, cicap = Peers(ground, program, rounds, say), [], None
    try:
        with icap.one_cpu():
            cicap = peers.start_cicap()
            peers.start_e2guardian()
            for cell in wanted:
                cells.append(peers.cell(cell))
                for text in lines(cells[-1]):
                    say("  " + text)
    except servers.BenchError as e:
        say(f"  {e}")
        failed.append({"name": "peers", "why": str(e)})
    finally:
        if cicap:
            ground.bench.stop(cicap)
        ground.forget_records()
    return {"cells": cells, "lines": (list(table(cells)) if cells else []) + peers.skipped}
