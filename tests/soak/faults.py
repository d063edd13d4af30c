# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while a soak runs: one fault after the other, drawn from the seed. Each
is put right again before the next."""
import os
import random
import shutil
import signal
import subprocess
import time

from daemon import DaemonError


class Faults:
    def __init__(self, stack, seed, room):
        self.stack = stack
        self.room = room          # the mount point of the log, or None
        self.rng = random.Random(seed)
        self.done = {}
        self.wrong = []
        self.all = [self.child_killed, self.daemon_killed, self.store_deleted,
                    self.store_overwritten, self.store_cut, self.reload, self.reopen,
                    self.squid_reconfigures, self.squid_rotates, self.daemon_reloads]
        if room:
            self.all.append(self.disk_full)
        self.waiting = []

    def one(self):
        """The next fault; every one comes before any comes again."""
        if not self.waiting:
            self.waiting = self.rng.sample(self.all, len(self.all))
        fault = self.waiting.pop()
        name = fault.__name__.replace("_", " ")
        self.done[name] = self.done.get(name, 0) + 1
        try:
            fault()
        except (OSError, DaemonError, subprocess.SubprocessError) as e:
            self.wrong.append("%s: %s" % (name, e))

    # --- processes ------------------------------------------------------------------

    def child_killed(self):
        """SIGKILL for one child of c-icap; its master makes another."""
        before = self.stack.cicap_children()
        self.stack.expected.set()
        try:
            victim = self.rng.choice(sorted(before))
            os.kill(victim, signal.SIGKILL)
            end = time.monotonic() + 5
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

    def daemon_reloads(self):
        self.stack.daemon.send(signal.SIGHUP)

    def squid_reconfigures(self):
        self.stack.squid.send_signal(signal.SIGHUP)

    def squid_rotates(self):
        self.stack.squid.send_signal(signal.SIGUSR1)

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
