# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 origin that sends exactly the bytes a scenario wants.

Every request carries a token in its query (`case=…`); the token says which
answer is wanted. Requests are counted per token. On further ports it is reached by
every address of 127.0.0.0/8: there the sites of scenarios are, with files of theirs."""
import re
import socket
import ssl
import struct
import threading
import time

from sites import Asked

TOKEN = re.compile(rb"[?&/]case=([A-Za-z0-9-]+)")
BODILESS = {204, 304}


class Answer:
    """What is sent for one token."""

    def __init__(self, head, body, framing="length", rate=0, abort_at=None, abort="rst",
                 announce=None, chunk=8192, pause_at=None, pause=0.0):
        self.head = head          # list of bytes lines, status line first
        self.body = body
        self.framing = framing    # length, chunked, close
        self.rate = rate          # bytes per second, 0: as fast as it goes
        self.abort_at = abort_at  # body bytes after which the connection is broken
        self.abort = abort        # rst, fin
        self.announce = announce  # Content-Length that is claimed
        self.chunk = chunk
        self.pause_at = pause_at
        self.pause = pause

    @property
    def status(self):
        return int(self.head[0].split()[1])

    def has(self, name):
        return any(line.lower().startswith(name + b":") for line in self.head[1:])

    def wire_head(self, keep):
        lines = list(self.head)
        if self.status not in BODILESS and not self.has(b"content-length") \
                and not self.has(b"transfer-encoding"):
            if self.framing == "chunked":
                lines.append(b"Transfer-Encoding: chunked")
            elif self.framing == "length":
                n = len(self.body) if self.announce is None else self.announce
                lines.append(b"Content-Length: %d" % n)
        if not keep:
            lines.append(b"Connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n"


class Origin:
    def __init__(self, tls_context=None):
        self.answers = {}
        self.counts = {}
        self.heads = {}           # token -> request heads as they came
        self.lock = threading.Lock()
        self.closing = False
        self.open = set()
        self.sites = {}           # host -> sites.Site
        self.port = self._listen(None)
        self.tls_port = self._listen(tls_context) if tls_context else None
        self.site_port = self._listen(None, everywhere=True)
        self.site_tls_port = self._listen(tls_context, everywhere=True) if tls_context else None

    def add(self, token, answer):
        with self.lock:
            self.answers[token] = answer

    def count(self, token):
        with self.lock:
            return self.counts.get(token, 0)

    def close(self):
        self.closing = True
        with self.lock:
            sockets = list(self.open)
        for s in sockets:
            try:
                s.close()
            except OSError:
                pass

    def authority(self, site):
        return "%s:%d" % (site.host, self.site_tls_port if site.tls else self.site_port)

    def _listen(self, context, everywhere=False):
        if everywhere:            # on the loopback device only, whatever the address
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            s.bind(("0.0.0.0", 0))
            s.listen(512)
        else:
            s = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.open.add(s)
        threading.Thread(target=self._accept, args=(s, context), daemon=True).start()
        return s.getsockname()[1]

    def _accept(self, listener, context):
        while not self.closing:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn, context), daemon=True).start()

    def _serve(self, conn, context):
        try:
            conn.settimeout(60)
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                conn = context.wrap_socket(conn, server_side=True)
            pending = b""
            while not self.closing:
                head, pending = self._read_head(conn, pending)
                if head is None or not self._answer(conn, head):
                    break
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            try:
                conn.close()
            except OSError:
                pass

    @staticmethod
    def _read_head(conn, pending):
        while b"\r\n\r\n" not in pending:
            data = conn.recv(65536)
            if not data or len(pending) > 1 << 20:
                return None, b""
            pending += data
        head, rest = pending.split(b"\r\n\r\n", 1)
        m = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        length = int(m.group(1)) if m else 0
        while len(rest) < length:
            data = conn.recv(65536)
            if not data:
                return None, b""
            rest += data
        return head, rest[length:]

    def _of_site(self, conn, head, site):
        """Answers out of the files of a site. None: it has no such file; else whether
        the connection can go on."""
        method, target = (part.decode("latin-1") for part in head.split(b" ", 2)[:2])
        file = site.files.get(target)
        agent = re.search(rb"(?i)\r\nuser-agent: *([^\r]*)", head)
        status, answer = file.wire(head, method) if file else (404, b"")
        site.asked.append(Asked(method, target, agent.group(1).decode() if agent else "", status))
        if file is None:
            return None
        time.sleep(file.delay)
        if file.oddity == "hang":
            conn.settimeout(20)
            conn.recv(1)
        elif file.oddity == "garbage":
            conn.sendall(b"\x16\x03\x01 this is no HTTP at all\r\n\r\n")
        elif not file.oddity:
            conn.sendall(answer)
        return not file.oddity and "cut" not in file.forms

    def _answer(self, conn, head):
        method, target = head.split(b" ", 2)[:2]
        host = re.search(rb"(?i)\r\nhost: *([^:\r]*)", head)
        site = self.sites.get(host.group(1).decode("latin-1")) if host else None
        if site is not None:
            going_on = self._of_site(conn, head, site)
            if going_on is not None:
                return going_on
        m = TOKEN.search(target)
        token = m.group(1).decode() if m else ""
        with self.lock:
            answer = self.answers.get(token)
            self.counts[token] = self.counts.get(token, 0) + 1
            self.heads.setdefault(token, []).append(head)
        if answer is None:
            conn.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return True
        keep = answer.framing != "close"
        conn.sendall(answer.wire_head(keep))
        if method == b"HEAD" or answer.status in BODILESS:
            return keep
        self._send_body(conn, answer)
        return keep

    def _send_body(self, conn, answer):
        body = memoryview(answer.body)
        end = len(body) if answer.abort_at is None else min(answer.abort_at, len(body))
        step = answer.chunk
        if answer.rate:
            step = min(step, max(1, answer.rate // 20))
        elif answer.framing != "chunked":
            step = 1 << 18
        begun = time.monotonic()
        at = 0
        paused = answer.pause_at is None
        while at < end:
            stop = min(at + step, end)
            if not paused and stop >= answer.pause_at:
                stop = max(at, answer.pause_at)
            part = body[at:stop]
            if answer.framing == "chunked" and len(part):
                conn.sendall(b"%x\r\n" % len(part) + bytes(part) + b"\r\n")
            elif len(part):
                conn.sendall(part)
            at = stop
            if not paused and at >= answer.pause_at:
                paused = True
                time.sleep(answer.pause)
            if answer.rate:
                ahead = at / answer.rate - (time.monotonic() - begun)
                if ahead > 0:
                    time.sleep(ahead)
        if answer.abort_at is not None:
            time.sleep(0.2)       # what was sent shall arrive before the break
            if answer.abort == "rst":
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise OSError("as the scenario wants it")
        if answer.framing == "chunked":
            conn.sendall(b"0\r\n\r\n")
