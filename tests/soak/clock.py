# SPDX-License-Identifier: Apache-2.0
"""The clock of c-icap and optoutd, which a file sets: Debian's libfaketime tells them the time.
What waits (the monotonic clock) and the times of files are as they are."""
import glob
import os

READ_AGAIN = 1                    # seconds after which a process looks into the file again


class Clock:
    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")
        self.library = next(iter(sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))), None)
        self.processes = set()    # that may have left shared memory of the library's
        self.set(0)

    def set(self, offset):
        """So many seconds from the true time."""
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write("%+d\n" % offset)
        os.rename(self.path + ".new", self.path)

    def environment(self):
        """What a program is started with."""
        if self.library is None:
            return {}
        # Without the last one threads that wait by the monotonic clock wake up without end.
        return {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": self.path,
                "FAKETIME_CACHE_DURATION": str(READ_AGAIN), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "NO_FAKE_STAT": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}

    def clean_up(self):
        for pid in self.processes:
            for name in ("faketime_shm_%d", "sem.faketime_sem_%d"):
                try:
                    os.unlink("/dev/shm/" + name % pid)
                except OSError:
                    pass
