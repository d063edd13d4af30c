# SPDX-License-Identifier: Apache-2.0
"""What exchange number N of a run is: drawn from the seed and N alone, so that origin,
clients and judge agree without a word, and one number can be tried again by itself."""
import ctypes
import functools
import itertools
import os
import random
import signal
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import bodies                                                    # noqa: E402

HOSTS = 24                        # sites, each at an address of its own on loopback
FORBIDDEN = "/private/"           # what every third site's robots.txt refuses

# name: weight, media type, reserved?, recipes of bodies, codings, further fields
KINDS = {
    "clean-small": (22, "text/html", False, ("html 600", "html 3000", "html 9000"), 0, ()),
    "clean-large": (7, "text/html", False, ("html 40000", "html 70000", "html 200000"), 0, ()),
    "clean-coded": (9, "text/html", False, ("prose 20000", "prose 150000"), 1, ()),
    "clean-corrupt": (2, "text/html", False, ("prose 90000 | gzip | flip 9000",), 0,
                      (b"Content-Encoding: gzip",)),
    "clean-image": (7, "image/jpeg", False, ("media jpeg size=20KB", "media jpeg size=180KB",
                                             "media jpeg size=90KB at=end"), 0, ()),
    "clean-png": (3, "image/png", False, ("media png size=60KB", "media webp size=30KB"), 0, ()),
    "clean-pdf": (4, "application/pdf", False, ("media pdf size=30KB",
                                                "media pdf size=120KB"), 0, ()),
    "clean-text": (3, "text/plain", False, ("prose 3000", "prose 60000"), 1, ()),
    "header": (7, "text/html", True, ("html 3000", "html 90000"), 0, (b"tdm-reservation: 1",)),
    "meta": (8, "text/html", True, ("html 2000 reserve=start", "html 90000 reserve=start"), 0, ()),
    "late-held": (4, "text/html", True, ("html 30000 noai=26000", "html 44000 noai=41000"), 0, ()),
    "late-long": (4, "text/html", True, ("html 200000 noai=150000", "html 900000 noai=880000"),
                  0, ()),
    "coded": (5, "text/html", True, ("prose 30000 reserve=start", "prose 90000 noai=70000"), 1, ()),
    "image": (5, "image/jpeg", True, ("media jpeg plus=DMI-PROHIBITED size=40KB",
                                      "media jpeg c2pa size=40KB"), 0, ()),
    "image-late": (3, "image/png", True, ("media png plus=DMI-PROHIBITED size=90KB at=end",
                                          "media png plus=DMI-PROHIBITED size=200KB at=end"),
                   0, ()),
    "pdf": (2, "application/pdf", True, ("media pdf plus=DMI-PROHIBITED size=50KB",), 0, ()),
    "loris": (1, "text/html", False, ("html 600", "html 3000"), 0, ()),
    "loris-reserved": (1, "text/html", True, ("html 2000 reserve=start",), 0, ()),
    "garbage": (2, "text/html", False, ("html 3000", "html 90000"), 0, ()),
    "forbidden": (6, "text/html", True, ("html 3000",), 0, ()),
}
CODING_FIELD = b"Content-Encoding: "
CODINGS = {"gzip": b"gzip", "br": b"br", "deflate": b"deflate"}
# What is no answer, or stops being one: no HTTP, a head without an end, two lengths, a chunk
# without a size.
GARBAGE = ("bytes", "head", "lengths", "chunk")
METHODS = ("GET", "HEAD", "range", "conditional")
NAMES = list(KINDS)
WEIGHTS = list(itertools.accumulate(kind[0] for kind in KINDS.values()))


@functools.lru_cache(maxsize=None)
def body_of(recipe):
    return bodies.make(recipe)


def die_with_parent():
    """For a process that was forked: none may be left, whatever ends the run."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)    # PR_SET_PDEATHSIG


class Plan:
    """One exchange. `broken`: the origin breaks off before the end of the body."""

    def __init__(self, seed, number):
        rng = random.Random((seed << 40) + number)
        self.number = number
        self.kind = rng.choices(NAMES, cum_weights=WEIGHTS)[0]
        _, self.type, self.reserved, recipes, coded, self.fields = KINDS[self.kind]
        self.recipe = rng.choice(recipes)
        self.fields = list(self.fields)
        if coded and rng.random() < 0.8:
            coding = rng.choice(list(CODINGS))
            self.recipe += " | " + coding
            self.fields.append(CODING_FIELD + CODINGS[coding])
        self.host = self._host(rng)
        self.method = rng.choices(METHODS, (90, 3, 5, 2))[0]
        if self.kind in ("forbidden", "garbage") \
                or any(field.startswith(CODING_FIELD) for field in self.fields):
            self.method = "GET"
        self._ways_of_the_origin(rng)
        self._ways_of_the_client(rng)
        if self.method == "range":
            self._range(rng)
        self.garbage = rng.choice(GARBAGE) if self.kind == "garbage" else None
        if self.garbage:
            self.framing, self.abort_at, self.rate, self.pause_at = "chunked", None, 0, None
        # The head in pieces, then the body by a few bytes: seconds of each.
        self.drip = 0.0
        if self.kind.startswith("loris"):
            self.drip = rng.uniform(1.0, 3.0)
            self.rate = max(100, int(len(self.body) / rng.uniform(2.0, 5.0)))

    def _host(self, rng):
        n = rng.randrange(HOSTS // 3) * 3 if self.kind == "forbidden" else rng.randrange(HOSTS)
        return "127.19.0.%d" % (n + 1)

    def _ways_of_the_origin(self, rng):
        size = len(self.body)
        self.framing = rng.choices(("length", "chunked", "close"), (55, 35, 10))[0]
        self.abort_at, self.abort, self.rate, self.pause = None, "rst", 0, 0.0
        if self.method != "GET":
            self.framing = "length"
        elif size > 500 and self.framing != "close" and rng.random() < 0.06:
            self.abort_at = rng.randrange(1, size)
            self.abort = rng.choice(("rst", "fin"))
        if rng.random() < 0.03 and size > 500:
            self.rate = max(2000, int(size / rng.uniform(0.5, 3.0)))
        elif rng.random() < 0.02:
            self.pause = rng.uniform(0.2, 2.0)
        self.pause_at = rng.randrange(size) if self.pause else None

    def _ways_of_the_client(self, rng):
        self.old = rng.random() < 0.05            # HTTP/1.0
        self.leave_after = None
        if rng.random() < 0.04:
            self.leave_after = rng.randrange(1, len(self.body) + 1)
        self.keeps = rng.random() < 0.8           # the connection, for the next one
        self.again = rng.random() < 0.5           # asks once more after a break

    def _range(self, rng):
        size = len(self.body)
        first = rng.randrange(size // 2)
        self.first, self.last = first, min(size - 1, first + rng.randrange(1, 100000))

    @property
    def body(self):
        return body_of(self.recipe)

    @property
    def broken(self):
        return self.abort_at is not None or self.garbage == "chunk"

    @staticmethod
    def etag_of(recipe):
        return b'"%08x"' % zlib.crc32(recipe.encode())

    def target(self, run):
        folder = FORBIDDEN if self.kind == "forbidden" else "/pages/"
        return "%sx?case=%s-%d" % (folder, run, self.number)

    def __str__(self):
        words = [self.kind, self.method, self.framing, "%d bytes" % len(self.body)]
        if self.abort_at is not None:
            words.append("broken off at %d by %s" % (self.abort_at, self.abort))
        words += ["garbage: %s" % self.garbage] * bool(self.garbage)
        words += ["%d bytes/s" % self.rate] * bool(self.rate) + ["pause"] * bool(self.pause)
        words += ["HTTP/1.0"] * self.old
        words += ["leaves after %s" % self.leave_after] * (self.leave_after is not None)
        return "number %d (%s; %s)" % (self.number, ", ".join(words), self.recipe)
