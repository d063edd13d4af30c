# SPDX-License-Identifier: Apache-2.0
"""The clients of a soak: threads that take one number after the other at a steady rate,
over connections of their own that they keep or not. What each got is kept in short."""
import threading
import time

from ledger import LIMIT, Got, Gots
from plan import Plan
from http_clients import RawConnection, Response, WireError, parse_head

HANG = 30.0                       # seconds without an end: nothing here may take so long


def _in_short(plan, r):
    """What is kept of an answer."""
    expected = plan.body
    if plan.method == "range":
        expected = expected[plan.first:plan.last + 1]
    # From 400 on it is a page of the filter's or of Squid's. Of what was left in the middle the
    # chunks are still in it.
    comparable = (r.status < 400 and plan.method not in ("HEAD", "conditional")
                  and plan.leave_after is None)
    of_the_origin = any(n.lower() == "etag" for n, _ in r.headers)
    return Got(plan.number, r.status, len(r.body), comparable and r.body == expected,
               comparable and of_the_origin and not expected.startswith(r.body),
               r.error, r.seconds)


class Clients:
    def __init__(self, stack, seed, run, port, rate, count=40, last=LIMIT - 1):
        self.stack = stack
        self.seed, self.run, self.port, self.rate = seed, run, port, rate
        self.begun = 0            # the number of the exchange that was begun last
        self.last = last
        self.lock = threading.Lock()
        self.got = Gots()
        self.unreached = 0        # the proxy took no connection: nothing was asked
        self.stopping = threading.Event()
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for t in self.threads:
            t.start()

    def stop(self, patience):
        """Waits for what is under way; the number of clients that did not come to an end."""
        self.stopping.set()
        end = time.monotonic() + patience
        for t in self.threads:
            t.join(max(0.0, end - time.monotonic()))
        return sum(t.is_alive() for t in self.threads)

    def _next(self):
        with self.lock:
            if self.begun >= self.last:
                return None
            self.begun += 1
            number = self.begun
        ahead = self.began + number / self.rate - time.monotonic()
        if ahead > 0 and self.stopping.wait(ahead):
            return None
        return None if self.stopping.is_set() else Plan(self.seed, number)

    def _work(self):
        connection = None
        while True:
            plan = self._next()
            if plan is None:
                break
            connection = self._exchange(plan, connection)
        if connection is not None:
            connection.close()

    def _exchange(self, plan, connection):
        """One exchange, and once more after a break if the plan says so."""
        for attempt in range(2):
            connection, got = self._once(plan, connection)
            if got is None:
                return None
            self.got.add(got)
            if attempt == 1 or not plan.again or not got.error or plan.leave_after is not None:
                break
        return connection

    def _once(self, plan, connection):
        method, data = plan.request(self.port, self.run)
        try:
            if connection is None:
                connection = RawConnection(self.stack.proxy_port, HANG)
            connection.deadline.end = time.monotonic() + HANG
            r = (connection.exchange(method, data) if plan.leave_after is None
                 else _look_in(connection, data, plan.leave_after))
        except (OSError, WireError):
            self.unreached += 1
            time.sleep(0.2)
            return None, None
        last = (r.error or plan.old or not plan.keeps or r.extra
                or "close" in ",".join(r.all("connection")).lower())
        if last:
            connection.close()
            connection = None
        return connection, _in_short(plan, r)


def _look_in(connection, data, enough):
    """Leaves in the middle, as a crawler does that has seen enough, or after a moment in
    which nothing came: the answer may be shorter."""
    r, wire, begun = Response(error="left"), connection.wire, time.monotonic()
    connection.send(data)
    try:
        r.status, r.headers = parse_head(wire.until(b"\r\n\r\n"))
        connection.sock.settimeout(1)
        while len(wire.buf) < enough:
            data = connection.sock.recv(65536)
            if not data:
                break
            wire.buf += data
    except WireError as e:
        r.error = str(e)
    except OSError:
        pass                      # that moment
    r.body, r.seconds = wire.buf, time.monotonic() - begun
    wire.buf = b""
    return r
