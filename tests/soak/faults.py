# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while a soak runs: one fault after the other, drawn from the seed. Each
is put right again before the next."""
import os
import random
import shutil
import signal
import subprocess
import time

from clock import READ_AGAIN
from daemon import DaemonError
from stack import StackError

PATIENCE = 30                     # seconds: what takes longer is taken for an end


class Faults:
    def __init__(self, stack, seed, room, redis, clock):
        self.stack = stack
        self.clock = clock
        self.redis = redis        # None where there is none
        self.room = room          # the mount point of the log, or None
        self.rng = random.Random(seed)
        self.done = {}
        self.wrong = []
        self.all = [self.child_killed, self.daemon_killed, self.store_deleted,
                    self.store_overwritten, self.store_cut, self.reload, self.reopen,
                    self.squid_reconfigures, self.squid_rotates, self.squid_restarted,
                    self.daemon_reloads]
        if room:
            self.all.append(self.disk_full)
        if redis:
            self.all.append(self.redis_killed)
        if clock.library:
            self.all.append(self.clock_jumps)
        # What ends a process whose memory is watched.
        self.ending = [self.daemon_killed, self.squid_restarted]
        self.stores_lost = 0
        self.waiting = []
        self.second_half = False
        self.spared = None

    def spare(self):
        """From now on the processes that there are stay, so that their memory can be watched:
        all but one child of c-icap."""
        self.second_half = True
        self.spared = min(self.stack.cicap_children(), default=None)

    def _draw(self):
        """Every fault comes before any comes again; at first the store is deleted last, for the
        counters of the metrics go with it."""
        if not self.waiting:
            self.waiting = self.rng.sample(self.all, len(self.all))
            if not self.done:
                self.waiting.remove(self.store_deleted)
                self.waiting.insert(0, self.store_deleted)
        return self.waiting.pop()

    def one(self):
        """The next fault."""
        fault = self._draw()
        # In a run too short for every fault once, nothing is spared.
        name = fault.__name__.replace("_", " ")
        if self.second_half and fault in self.ending and name in self.done:
            return
        self.done[name] = self.done.get(name, 0) + 1
        try:
            fault()
        except (OSError, DaemonError, StackError, subprocess.SubprocessError) as e:
            self.wrong.append("%s: %s" % (name, e))

    # --- processes ------------------------------------------------------------------

    def child_killed(self):
        """SIGKILL for one child of c-icap; its master makes another."""
        before = self.stack.cicap_children()
        victims = sorted(before - {self.spared})
        if not victims:
            self.wrong.append("c-icap has no other child than %s" % self.spared)
            return
        self.stack.expected.set()
        try:
            victim = self.rng.choice(victims)
            os.kill(victim, signal.SIGKILL)
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                now = self.stack.cicap_children()
                if victim not in now and len(now) >= len(before):
                    break
                time.sleep(0.05)
            else:
                self.wrong.append("no child came in the place of the one that was killed")
            time.sleep(0.5)       # the watcher looks five times a second
        finally:
            self.stack.expected.clear()

    def daemon_killed(self):
        self.stack.daemon.kill()
        time.sleep(self.rng.uniform(0.2, 2.0))
        self.stack.daemon.start()
        self.clock.processes.add(self.stack.daemon.process.pid)

    def daemon_reloads(self):
        self.stack.daemon.send(signal.SIGHUP)

    def redis_killed(self):
        """All that the nodes share is gone, and for a moment there is none to ask."""
        self.redis.kill()
        time.sleep(self.rng.uniform(0.2, 3.0))
        self.redis.start()

    def squid_restarted(self):
        """As an operator does it, or at once."""
        squid = self.stack.squid
        squid.send_signal(self.rng.choice((signal.SIGTERM, signal.SIGKILL)))
        try:
            squid.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            squid.kill()
            squid.wait(PATIENCE)
            self.wrong.append("Squid did not stop within %d s" % PATIENCE)
        self.stack.start_squid()

    def squid_reconfigures(self):
        self.stack.squid.send_signal(signal.SIGHUP)

    def squid_rotates(self):
        self.stack.squid.send_signal(signal.SIGUSR1)

    def clock_jumps(self):
        """Away and back again, for c-icap and optoutd."""
        self.clock.set(self.rng.choice((-7200, -60, 3600, 86400)))
        try:
            time.sleep(READ_AGAIN + self.rng.uniform(0.5, 2.0))
        finally:
            self.clock.set(0)
        time.sleep(READ_AGAIN)

    # --- the filter's own ------------------------------------------------------------

    def reload(self):
        self.stack.control("optout_reload")

    def reopen(self):
        self.stack.control("optout_reopen")

    # --- the store of site rules -----------------------------------------------------

    def _data(self):
        """The store's file; one that was lost is begun anew."""
        path = os.path.join(self.stack.daemon.store, "rules", "data.mdb")
        end = time.monotonic() + 10
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.1)
        return path

    def store_deleted(self):
        self.stores_lost += 1
        shutil.rmtree(self.stack.daemon.store, ignore_errors=True)

    def store_overwritten(self):
        """Random bytes behind the two pages that LMDB begins with."""
        with open(self._data(), "r+b") as f:
            f.seek(8192)
            f.write(self.rng.randbytes(65536))

    def store_cut(self):
        """Cut in place, while every process has it mapped."""
        size = os.path.getsize(self._data())
        os.truncate(self._data(), self.rng.choice((0, 8192, size // 2 // 4096 * 4096)))

    # --- the disk --------------------------------------------------------------------

    def disk_full(self):
        """The file system of the log shrinks to what is in it."""
        for spare in (0, 1 << 14, 1 << 16, 1 << 18):      # it grows while we look
            try:
                _mount(self.room, "remount,size=%d" % max(4096, _used(self.room) + spare))
                break
            except subprocess.CalledProcessError:
                if spare == 1 << 18:
                    raise
        try:
            time.sleep(self.rng.uniform(0.3, 1.5))
        finally:
            _mount(self.room, "remount,size=2g")


def _used(path):
    s = os.statvfs(path)
    return (s.f_blocks - s.f_bfree) * s.f_frsize


def _mount(path, options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True,
                   capture_output=True, timeout=20)


def make_room(path):
    """A file system of its own for the log. False where that may not be had."""
    os.makedirs(path, exist_ok=True)
    if os.geteuid() != 0:
        return False
    try:
        _mount(path, "size=2g,mode=755")
    except (OSError, subprocess.SubprocessError):
        return False
    return True
