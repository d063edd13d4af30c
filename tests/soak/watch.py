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


class Life:
    """One process: its memory, once a second."""

    def __init__(self, role, pid):
        self.role, self.pid = role, pid
        self.began = self.ended = time.monotonic()
        self.memory = []

    def seconds(self):
        return self.ended - self.began

    def growth(self):
        """From its second quarter to its last one, and the first of the two, in KiB."""
        quarter = len(self.memory) // 4
        early = statistics.median(self.memory[quarter:2 * quarter])
        return statistics.median(self.memory[-quarter:]) - early, early

    def __str__(self):
        grown, early = self.growth()
        return "%s, %d s: %.1f MiB, %+.1f MiB later" % (self.role, self.seconds(), early / 1024,
                                                       grown / 1024)


class Watch:
    def __init__(self, stack, faults):
        self.stack, self.faults = stack, faults
        self.now = {}             # role, pid -> Life, of those that are there
        self.longest = {}         # role -> the longest Life
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
            life.ended = time.monotonic()
            longest = self.longest.setdefault(life.role, life)
            if life.seconds() > longest.seconds():
                self.longest[life.role] = life

    def judged(self):
        return [life for life in self.longest.values() if life.seconds() >= WATCHED]

    def grown(self):
        """The longest life of each kind of process, if its memory was not flat."""
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
