# SPDX-License-Identifier: Apache-2.0
"""The origin of a soak: a process of its own, so that it does not share the clients'
interpreter. It keeps a ledger of what it was asked for and what it sent to its end."""
import multiprocessing
import random
import re
import signal
import threading
import time

from ledger import LIMIT, Counts
from plan import FORBIDDEN, HOSTS, Plan, die_with_parent
from origin import BODILESS, Origin

NUMBER = re.compile(rb"[?&]case=[A-Za-z0-9]+-(\d+)")
RULES = b"User-agent: *\nDisallow: " + FORBIDDEN.encode() + b"\n"


ASKED, WHOLE, BROKEN = range(3)   # what the origin counts of each exchange


class SoakOrigin(Origin):
    def __init__(self, seed):
        self.seed = seed
        self.ledger = Counts(3)
        super().__init__()

    def _site_file(self, host):
        """Every third site forbids a folder, another has no rules, the last is silent
        about it in a file."""
        which = (int(host.rsplit(b".", 1)[1]) - 1) % 3
        if which == 1:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        body = RULES if which == 0 else b"User-agent: *\nDisallow:\n"
        return (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=300\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)) + body

    def _answer(self, conn, head):
        method, target = head.split(b" ", 2)[:2]
        m = NUMBER.search(target)
        if m is None:
            host = re.search(rb"(?i)\r\nhost: *([0-9.]+)", head)
            robots = target == b"/robots.txt" and host
            conn.sendall(self._site_file(host.group(1)) if robots else
                         b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return True
        number = int(m.group(1))
        self._note(number, ASKED)
        plan = Plan(self.seed, number)
        if plan.garbage:
            if plan.broken:
                self._note(number, BROKEN)
            conn.sendall(_garbage(plan))
            return False
        answer = plan.answer()
        keep = answer.framing != "close"
        _send_head(conn, answer.wire_head(keep), plan.drip)
        if method != b"HEAD" and answer.status not in BODILESS:
            if answer.abort_at is not None:
                self._note(number, BROKEN)
            self._send_body(conn, answer)
        self._note(number, WHOLE)
        return keep

    def _note(self, number, column):
        if number < LIMIT:
            with self.lock:
                self.ledger.add(number, column)


def _send_head(conn, head, seconds):
    """At once, or a few bytes at a time for so many seconds."""
    piece = max(1, len(head) // 10) if seconds else len(head)
    for at in range(0, len(head), piece):
        conn.sendall(head[at:at + piece])
        time.sleep(seconds / 10)


def _garbage(plan):
    body, head = plan.body, b"HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Type: text/html\r\n" % plan.etag
    if plan.garbage == "bytes":
        return random.Random(plan.number).randbytes(len(body))
    if plan.garbage == "head":
        return head + b"X-Pad: 1234567890\r\n" * 2000
    if plan.garbage == "lengths":
        return head + b"Content-Length: %d\r\nContent-Length: 7\r\n\r\n" % len(body) + body
    half = body[:len(body) // 2]
    return (head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(half) + half
            + b"\r\nno size at all\r\n" + body)


def _serve(seed, pipe):
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)     # it ends with the pipe
    threading.stack_size(512 << 10)
    origin = SoakOrigin(seed)
    pipe.send(origin.site_port)
    try:
        pipe.recv()
        with origin.lock:
            pipe.send(origin.ledger)
    except (EOFError, OSError):
        pass


class OriginProcess:
    def __init__(self, seed):
        self.pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=_serve, args=(seed, theirs), daemon=True)
        self.process.start()
        theirs.close()
        if not self.pipe.poll(60):
            raise RuntimeError("the origin does not come up")
        self.port = self.pipe.recv()

    def end(self):
        """How often each number was asked for, sent whole and broken off."""
        self.pipe.send("end")
        if not self.pipe.poll(60):
            raise RuntimeError("the origin does not say what it was asked for")
        ledger = self.pipe.recv()
        self.kill()
        return ledger

    def kill(self):
        self.process.kill()
        self.process.join(5)


assert HOSTS % 3 == 0
