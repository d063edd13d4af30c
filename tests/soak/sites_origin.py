# SPDX-License-Identifier: Apache-2.0
"""The origin of a soak: the program soak_origin, and its ledger of what it was asked for and
what it sent to its end."""
import os
import socket
import subprocess

from ledger import Counts
from plan import FORBIDDEN, HOSTS
from wire import program

ASKED, WHOLE, BROKEN = range(3)   # what the origin counts of each exchange


class OriginProcess:
    def __init__(self, folder, planner, contents):
        self.ledger = os.path.join(folder, "ledger")
        with open(self.ledger, "wb") as f:
            f.truncate(3 * (planner.last + 1))
        # On the loopback device only, whatever the address.
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            s.bind(("0.0.0.0", 0))
            s.listen(512)
            self.port = s.getsockname()[1]
            self.process = subprocess.Popen(
                [program("soak_origin"), str(s.fileno()), FORBIDDEN, contents,
                 planner.path, self.ledger], pass_fds=[s.fileno()])

    def end(self):
        """How often each number was asked for, sent whole and broken off."""
        if self.process.poll() is not None:
            raise RuntimeError("the origin ended by itself with %d" % self.process.returncode)
        self.kill()
        with open(self.ledger, "rb") as f:
            return Counts(3, f.read())

    def kill(self):
        self.process.kill()
        self.process.wait(5)


assert HOSTS % 3 == 0
