# SPDX-License-Identifier: Apache-2.0
"""What the two programs of a soak, origin and clients, are told: the contents there are and a
row for each exchange, as exchange.h reads them. Rows are drawn while the run goes on, ahead of
whoever asks for them, by a process of their own."""
import multiprocessing
import os
import signal
import struct
import subprocess

from plan import CODING_FIELD, CODINGS, GARBAGE, KINDS, METHODS, Plan, body_of, \
    die_with_parent

ROW = struct.Struct("<IHBBIIIBBBBIIffI")          # struct exchange
NEVER = 0xffffffff
FRAMINGS = ("length", "chunked", "close")
ABORTS = ("rst", "fin")
AHEAD = 512                       # rows that are written at a time


PROGRAMS = ("soak_clients", "soak_origin")


def program(name):
    """The path of one of them in the build folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.environ.get("OPTOUT_BUILD") or os.path.join(here, "..", "..", "build")
    return os.path.join(os.path.abspath(build), "tests", "soak", name)


def build_programs():
    """`make soak` has built them; whoever runs the soak by itself may not."""
    if "OPTOUT_BUILD" in os.environ:
        return
    made = subprocess.run(["make", "-s", "-C", program("../.."),
                           *("tests/soak/" + name for name in PROGRAMS)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if made.returncode != 0:
        raise RuntimeError("the clients and the origin of the soak are not built: "
                           + made.stderr[-300:])


class Contents:
    """All that the origin can be asked for: `index` has its places by kind and recipe."""

    def __init__(self, path):
        self.index = {}
        parts = []
        for kind, (_, media_type, _, recipes, coded, fields) in KINDS.items():
            for recipe in recipes:
                for coding in [None] + list(CODINGS) * coded:
                    self._add(parts, kind, media_type, recipe, coding, fields)
        self._write(path, parts)

    def _add(self, parts, kind, media_type, recipe, coding, fields):
        fields = list(fields)
        if coding is not None:
            recipe += " | " + coding
            fields.append(CODING_FIELD + CODINGS[coding])
        self.index[kind, recipe] = len(self.index)
        tag = Plan.etag_of(recipe)
        lines = [b"Content-Type: " + media_type.encode(), b"ETag: " + tag] + fields
        parts += [tag, b"".join(line + b"\r\n" for line in lines), body_of(recipe)]

    @staticmethod
    def _write(path, parts):
        at, table = 8 + 16 * len(parts), struct.pack("<Q", len(parts) // 3)
        for part in parts:
            table += struct.pack("<QQ", at, len(part))
            at += len(part)
        with open(path, "wb") as f:
            f.write(table)
            f.writelines(parts)

    def row(self, p):
        """A plan as the programs read it."""
        flags = p.old | p.keeps << 1 | p.again << 2 | (p.kind == "forbidden") << 3
        first, last = (p.first, p.last) if p.method == "range" else (0, 0)
        return ROW.pack(
            p.number, self.index[p.kind, p.recipe], METHODS.index(p.method),
            FRAMINGS.index(p.framing), first, last,
            NEVER if p.abort_at is None else p.abort_at, ABORTS.index(p.abort),
            1 + GARBAGE.index(p.garbage) if p.garbage else 0, flags, int(p.host.rsplit(".", 1)[1]),
            p.rate, NEVER if p.pause_at is None else p.pause_at, p.pause, p.drip,
            p.leave_after or 0)


class Planner:
    """Draws exchanges 1 to `last` of a seed: into the file `path`, where the origin looks them
    up, and then into `pipe`, which the clients read. `extra` is a plan of another number."""

    def __init__(self, seed, last, contents, path, extra):
        self.path, self.last = path, last
        with open(path, "wb") as f:
            f.write(contents.row(extra))
            f.truncate(ROW.size * (last + 1))
        self.pipe, ours = os.pipe()
        self.process = multiprocessing.get_context("fork").Process(
            target=self._draw, args=(seed, contents, ours), daemon=True)
        self.process.start()
        os.close(ours)

    def _draw(self, seed, contents, pipe):
        die_with_parent()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)     # it ends with its readers
        os.close(self.pipe)
        try:
            with open(self.path, "r+b", buffering=0) as f, os.fdopen(pipe, "wb", 0) as out:
                for first in range(1, self.last + 1, AHEAD):
                    numbers = range(first, min(first + AHEAD, self.last + 1))
                    rows = b"".join(contents.row(Plan(seed, n)) for n in numbers)
                    f.seek(ROW.size * first)
                    f.write(rows)
                    while rows:
                        rows = rows[out.write(rows):]
        except BrokenPipeError:
            pass

    def kill(self):
        self.process.kill()
        self.process.join(5)


assert ROW.size == 44
