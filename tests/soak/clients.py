# SPDX-License-Identifier: Apache-2.0
"""The clients of a soak: the program soak_clients, and what it has noted so far."""
import mmap
import os
import struct
import subprocess
import time

from plan import FORBIDDEN
from wire import program

HANG = 30.0                       # seconds without an end, as clients.c has it
PROGRESS = struct.Struct("<QQ")   # begun; the proxy took no connection


class Clients:
    def __init__(self, folder, planner, contents, ports, rate, count, run):
        self.results = os.path.join(folder, "results")
        self.last = planner.last
        progress = os.path.join(folder, "progress")
        for path, size in ((self.results, 0), (progress, PROGRESS.size)):
            with open(path, "wb") as f:
                f.truncate(size)
        with open(progress, "rb") as f:
            self.progress = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [program("soak_clients"), *map(str, ports), "%g" % rate, str(count),
             run, FORBIDDEN, contents, self.results, progress],
            stdin=planner.pipe, stdout=subprocess.PIPE)
        os.close(planner.pipe)

    @property
    def begun(self):
        """The number of the exchange that was begun last."""
        return PROGRESS.unpack(self.progress[:])[0]

    @property
    def unreached(self):
        return PROGRESS.unpack(self.progress[:])[1]

    def over(self):
        """All have been begun, or nobody is there who could."""
        return self.begun >= self.last or self.process.poll() is not None

    def stop(self, patience):
        """Waits for what is under way; what is wrong with how the clients ended."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            out, _ = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return ["the clients did not come to their end"]
        if self.process.returncode != 0:
            return ["the clients ended with %d" % self.process.returncode]
        return ["%d clients did not come to their end" % int(out)] if int(out) else []

    def kill(self):
        self.process.kill()
        self.process.wait(5)
