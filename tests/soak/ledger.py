# SPDX-License-Identifier: Apache-2.0
"""What is kept of every exchange until the end, by its number: some forty bytes each, so that
a million of them fit beside the programs that are under test."""
import array
import struct

LIMIT = 1 << 28                   # numbers from here on are not of the run


class Counts:
    """Small counters by number; each stays at 255."""

    def __init__(self, width, cells=b""):
        self.width = width
        self.cells = bytearray(cells)

    def add(self, number, column):
        at = number * self.width + column
        if at >= len(self.cells):
            self.cells.extend(bytes(max(self.width * 4096, at + 1 - len(self.cells))))
        if self.cells[at] < 255:
            self.cells[at] += 1

    def of(self, number):
        row = self.cells[number * self.width:(number + 1) * self.width]
        return row if len(row) == self.width else bytes(self.width)


class Got:
    """What a client got in one exchange."""

    __slots__ = ("number", "status", "size", "whole", "differs", "error", "seconds")

    def __init__(self, number, status, size, whole, differs, error, seconds):
        self.number, self.status, self.size = number, status, size
        self.whole, self.differs, self.error, self.seconds = whole, differs, error, seconds

    def timed_out(self):
        return self.error == "timed out"

    def __str__(self):
        return "status %d, %d bytes, %s, %.1f s" % (self.status, self.size,
                                                    self.error or "complete", self.seconds)


class Gots:
    """All of them: packed as they came, in the file that the clients wrote, given out by
    number."""

    ROW = struct.Struct("<IIHBBf")                # struct result of clients.c
    ERRORS = (                                    # enum answer_error of answer.h
        "", "timed out", "left", "connection closed early", "connection broke",
        "no end of a line within 128 KB", "no status line", "no header line",
        "both Content-Length and Transfer-Encoding", "bad chunk size",
        "trailers, which nobody offered", "chunk does not end where it says")

    def __init__(self, path):
        with open(path, "rb") as f:
            self.rows = f.read()

    def __len__(self):
        return len(self.rows) // self.ROW.size

    def by_number(self):
        """(number, [Got]), in order."""
        order = array.array("Q", (self.ROW.unpack_from(self.rows, i * self.ROW.size)[0] << 32 | i
                                  for i in range(len(self))))
        group = []
        for key in sorted(order):
            got = self._at(key & 0xffffffff)
            if group and group[0].number != got.number:
                yield group[0].number, group
                group = []
            group.append(got)
        if group:
            yield group[0].number, group

    def _at(self, i):
        number, size, status, flags, error, seconds = self.ROW.unpack_from(self.rows,
                                                                           i * self.ROW.size)
        return Got(number, status, size, bool(flags & 1), bool(flags & 2), self.ERRORS[error],
                   seconds)


class Wrong:
    """What breaks one promise: how many, and the first of them in words."""

    SHOWN = 8

    def __init__(self, texts=()):
        self.number = 0
        self.texts = []
        for text in texts:
            self.add(text)

    def __len__(self):
        return self.number

    def add(self, text):
        self.number += 1
        if len(self.texts) < self.SHOWN:
            self.texts.append(str(text))

    def join(self, texts, number):
        """What another has counted."""
        self.number += number
        self.texts += texts[:self.SHOWN - len(self.texts)]
