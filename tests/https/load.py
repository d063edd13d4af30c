# SPDX-License-Identifier: Apache-2.0
"""Crawlers that keep asking for clean and reserved pages, and what became of each
exchange: delivered, refused, failed, or unfiltered, which must not be."""
import itertools
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))

import bodies                                                             # noqa: E402
from http_clients import RawConnection, WireError, request_bytes          # noqa: E402
from origin import Answer                                                 # noqa: E402

HTML = [b"HTTP/1.1 200 OK", b"Content-Type: text/html"]
_numbers = itertools.count(1)
# Small ones, and those that are still under way when something happens.
PAGES = [("clean", bodies.html(3000, []), {}),
         ("reserved", bodies.html(3000, [("reserve", "end")]), {}),
         ("clean", bodies.html(300_000, []), {"rate": 1_000_000}),
         ("reserved", bodies.html(300_000, [("reserve", "end")]), {"rate": 1_000_000}),
         ("reserved", bodies.html(3000, [("reserve", "end")]), {"framing": "chunked"})]


def token(prefix):
    return "%s-%d" % (prefix, next(_numbers))


class Exchange:
    def __init__(self, wanted, name, body):
        self.wanted, self.token, self.body = wanted, name, body
        self.response = None
        self.error = ""
        self.source = None
        self.began = time.monotonic()
        self.seconds = 0.0

    @property
    def got(self):
        """What became of it, as the crawler can tell."""
        r = self.response
        if r is None or r.status == 0:
            return "broken"
        if r.error and r.status == 200:
            return "cut" if self.wanted == "reserved" else "broken"
        if r.error:
            return "failed"
        if r.status == 200:
            return "delivered"
        if r.status == 451:
            return "refused"
        return "failed"


class Load:
    """`clients` crawlers, each with a connection that it keeps while it can."""

    def __init__(self, setup, clients, scheme="https", sources=(None,), pages=PAGES, timeout=40,
                 ca=None, keep=True):
        self.setup, self.scheme, self.pages = setup, scheme, pages
        self.timeout, self.ca, self.keep = timeout, ca, keep
        self.done = []
        self.lock = threading.Lock()
        self.halt = threading.Event()
        self.threads = [threading.Thread(target=self._client, daemon=True,
                                         args=(n, sources[n % len(sources)]))
                        for n in range(clients)]
        for t in self.threads:
            t.start()

    def _client(self, number, source):
        connection = None
        for turn in itertools.count(number):
            if self.halt.is_set():
                break
            wanted, body, sending = self.pages[turn % len(self.pages)]
            e = Exchange(wanted, token("load%d" % number), body)
            e.source = source
            self.setup.origin.add(e.token, Answer(HTML, body, **sending))
            used = connection is not None
            try:
                connection = connection or self._open(source)
                e.response = ask(connection, self.setup, self.scheme, e.token)
                # Squid 5 closes a connection behind an answer that REQMOD gave.
                if used and e.response.status == 0 and not self.setup.origin.count(e.token):
                    connection.close()
                    connection = self._open(source)
                    e.response = ask(connection, self.setup, self.scheme, e.token)
            except (OSError, WireError) as problem:
                e.error = "%s: %s" % (type(problem).__name__, problem)
            e.seconds = time.monotonic() - e.began
            closing = e.response is None or e.response.error or any(
                "close" in v.lower() for v in e.response.all("connection"))
            if connection and (closing or not self.keep):
                connection.close()
                connection = None
            with self.lock:
                self.done.append(e)

    def _open(self, source):
        return open_connection(self.setup, self.scheme, self.timeout, source, self.ca)

    def count(self):
        with self.lock:
            return len(self.done)

    def until(self, n, seconds):
        """Waits for so many exchanges."""
        end = time.monotonic() + seconds
        while self.count() < n and time.monotonic() < end:
            time.sleep(0.02)

    def end(self):
        self.halt.set()
        for t in self.threads:
            t.join(self.timeout + 5)
        return self.done


def open_connection(setup, scheme, timeout=20, source=None, ca=None, host=None):
    """To the proxy: through a tunnel that it opens, or plainly."""
    if scheme == "https":
        return RawConnection(setup.proxy, timeout, ca or setup.ca,
                             host or authority(setup), source)
    return RawConnection(setup.proxy, timeout, source=source)


def authority(setup, tls=True):
    return "%s:%d" % (setup.origin.names[0],
                      setup.origin.tls_port if tls else setup.origin.port)


def url_of(setup, scheme, name, path="/page"):
    tls = scheme in ("https", "forward")
    return "%s://%s%s?case=%s" % ("https" if tls else "http", authority(setup, tls), path, name)


def ask(connection, setup, scheme, name, path="/page", method="GET", headers=()):
    """scheme: http, https through a tunnel, or forward: an https URL asked for in plain
    HTTP."""
    connection.deadline.end = time.monotonic() + 40
    url = url_of(setup, scheme, name, path)
    return connection.exchange(method, request_bytes(method, url, list(headers),
                                                     origin_form=scheme == "https"))


def fetch(setup, scheme, answer=None, path="/page", headers=(), source=None, ca=None):
    """One exchange on a connection of its own: token and response."""
    name = token("one")
    if answer is not None:
        setup.origin.add(name, answer)
    connection = open_connection(setup, scheme, source=source, ca=ca)
    try:
        return name, ask(connection, setup, scheme, name, path, headers=headers)
    finally:
        connection.close()


def unfiltered(setup, exchanges):
    """Content that came past the filter: reserved, or without a record."""
    wrong = []
    for e in exchanges:
        r = e.response
        if r is None or r.status != 200 or not r.body:
            continue
        if e.wanted == "reserved" and e.got == "delivered":
            wrong.append("reserved page delivered: %s" % e.token)
        elif e.wanted == "reserved" and len(r.body) >= len(e.body):
            wrong.append("all of a reserved page delivered: %s" % e.token)
        elif e.wanted == "clean" and e.got == "delivered" and r.body != e.body:
            wrong.append("a damaged page that looks whole: %s" % e.token)
        elif e.got == "delivered" and setup.final(e.token) is None:
            wrong.append("delivered without a record: %s" % e.token)
    return wrong


def figures(exchanges):
    """As a line of text: how many of each, and the longest wait."""
    kinds = ("delivered", "refused", "cut", "failed", "broken")
    counts = {k: sum(e.got == k for e in exchanges) for k in kinds}
    worst = max((e.seconds for e in exchanges), default=0)
    return "%d exchanges: %s; the longest took %.2f s" % (
        len(exchanges), ", ".join("%d %s" % (counts[k], k) for k in kinds), worst)
