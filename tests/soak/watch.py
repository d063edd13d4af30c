# SPDX-License-Identifier: Apache-2.0
"""Looks on while a soak runs: how much memory the programs have, and what optoutd says of its
metrics when it is asked once a second."""
import os
import re
import statistics
import threading
import time

from figures import read, scrape
from ledger import Wrong

FLAT = 8 << 10                    # KiB that a process may grow by, beside an eighth
WATCHED = 120                     # seconds: memory of a shorter life is not judged
SILENT = 20                       # seconds that a living optoutd may leave questions unanswered


def own_memory(pid):
    """KiB that are a process's own. What it maps of files (store, counters) is not."""
    try:
        with open("/proc/%d/status" % pid) as f:
            m = re.search(r"RssAnon:\s+(\d+) kB", f.read())
    except OSError:
        return None
    return int(m.group(1)) if m else None


def work(pid):
    """Seconds of processor time."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Life:
    """One process: its memory, once a second, and the work it had done by then. c-icap gives all
    to one child while it can, so that the other may stay as it began for long: what counts as
    warming up is a quarter of the work."""

    def __init__(self, role, pid):
        self.role, self.pid = role, pid
        self.began = self.ended = time.monotonic()
        self.memory, self.work = [], []

    def seconds(self):
        return self.ended - self.began

    def growth(self):
        """From the second quarter of its work to the last, and in the first of the two, in KiB."""
        first, last = self.work[0], self.work[-1]
        quarters = [[], [], [], []]
        for memory, done in zip(self.memory, self.work):
            quarters[min(3, int(4 * (done - first) / max(last - first, 0.01)))].append(memory)
        early = statistics.median(quarters[1] or quarters[0])
        return statistics.median(quarters[3] or quarters[0]) - early, early

    def __str__(self):
        grown, early = self.growth()
        return "%s, %d s, %.1f s of work: %.1f MiB, %+.1f MiB later" % (
            self.role, self.seconds(), self.work[-1], early / 1024, grown / 1024)


class Watch:
    def __init__(self, stack, faults):
        self.stack, self.faults = stack, faults
        self.now = {}             # role, pid -> Life, of those that are there
        self.busiest = {}         # role -> the Life that worked most, of those long enough
        self.answers = 0
        self.wrong = Wrong()
        self.counters = {}
        self.silent_since = None
        self.daemon = None        # the process that was asked last
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._look_on, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.thread.join(30)

    def _look_on(self):
        while not self.stopping.wait(1.0):
            self._measure()
            self._ask()

    # --- memory ------------------------------------------------------------------------

    def _processes(self):
        stack = self.stack
        yield from (("c-icap's child", pid) for pid in stack.cicap_children())
        for role, process in (("optoutd", stack.daemon.process), ("Squid", stack.squid)):
            if process is not None and process.poll() is None:
                yield role, process.pid

    def _measure(self):
        there = {key: own_memory(key[1]) for key in self._processes()}
        self.now = {key: life for key, life in self.now.items() if there.get(key)}
        for key, memory in there.items():
            if not memory:
                continue
            life = self.now.setdefault(key, Life(*key))
            life.memory.append(memory)
            life.work.append(work(life.pid))
            life.ended = time.monotonic()
            if life.seconds() >= WATCHED:
                busiest = self.busiest.setdefault(life.role, life)
                if life.work[-1] > busiest.work[-1]:
                    self.busiest[life.role] = life

    def judged(self):
        return list(self.busiest.values())

    def grown(self):
        """The life of each kind of process that worked most, if its memory was not flat."""
        wrong = Wrong()
        for life in self.judged():
            grown, early = life.growth()
            if grown > FLAT + early / 8:
                wrong.add("%s; in KiB: %s" % (life, life.memory[::max(1, len(life.memory) // 20)]))
        return wrong

    # --- metrics -----------------------------------------------------------------------

    def _ask(self):
        daemon = self.stack.daemon
        if daemon.process is not self.daemon or not daemon.alive():
            self.daemon, self.silent_since = daemon.process, None
        try:
            values, kinds = read(scrape(os.path.join(self.stack.run, "metrics.sock")))
        except (OSError, AttributeError) as e:    # AttributeError: a line that is none
            self._unanswered(repr(e))
            return
        self.answers += 1
        self.silent_since = None
        # Counters are in the store's folder: what deletes it takes them along.
        if not self.faults.stores_lost:
            self._compare(values, kinds)

    def _unanswered(self, reason):
        now = time.monotonic()
        if self.silent_since is None:
            self.silent_since = now
        elif now - self.silent_since > SILENT:
            self.wrong.add("optoutd lives, and does not tell its metrics: " + reason)
            self.silent_since = now

    def _compare(self, values, kinds):
        for (name, labels), value in values.items():
            if kinds.get(name) == "counter":
                if value < self.counters.get((name, labels), 0):
                    self.wrong.add("%s %s fell from %g to %g" % (
                        name, dict(labels), self.counters[name, labels], value))
                self.counters[name, labels] = value
