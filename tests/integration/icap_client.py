# SPDX-License-Identifier: Apache-2.0
"""A raw ICAP client (RFC 3507 and the 206 extension) for what Squid never
sends. It believes nothing: framing, Encapsulated offsets, chunk ends and bytes
behind the message are checked."""
import re
import socket
import time

import sanitizer
from http_clients import Deadline, Wire, WireError, parse_head, read_chunked


class IcapAnswer:
    def __init__(self):
        self.continued = False    # a 100 Continue came
        self.status = 0
        self.headers = []
        self.http_head = None     # bytes
        self.http_status = 0
        self.http_headers = []
        self.body = None          # bytes as sent, None when there is none
        self.use_original = None  # offset of use-original-body, None when not used
        self.extra = b""
        self.error = ""

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def whole_body(self, original):
        """The body that an ICAP client would hand on."""
        if self.use_original is None:
            return self.body
        return (self.body or b"") + original[self.use_original:]


class IcapRequest:
    """One request, taken apart so that a scenario can leave pieces out."""

    def __init__(self, method, url):
        self.method = method
        self.url = url
        self.headers = []         # ICAP header lines
        self.req_head = None      # bytes incl. blank line
        self.res_head = None
        self.body = None
        self.preview = None       # None: no Preview header
        self.preview_text = None  # what the header says, when it lies
        self.ieof = True          # say so when the body fits the preview
        self.split = 0            # chunk size, 0: one chunk per part
        self.stop_at = None       # leave after that many body bytes

    def head(self):
        parts, at = [], 0
        if self.method == "OPTIONS":
            self.req_head = self.res_head = self.body = None
        for name, blob in (("req-hdr", self.req_head), ("res-hdr", self.res_head)):
            if blob is not None:
                parts.append("%s=%d" % (name, at))
                at += len(blob)
        kind = "req-body" if self.method == "REQMOD" else "res-body"
        parts.append("%s=%d" % (kind if self.body is not None else "null-body", at))
        lines = ["%s %s ICAP/1.0" % (self.method, self.url), "Host: 127.0.0.1"] + self.headers
        if self.preview_text is not None:
            lines.append("Preview: " + self.preview_text)
        elif self.preview is not None:
            lines.append("Preview: %d" % self.preview)
        if self.method != "OPTIONS":
            lines.append("Encapsulated: " + ", ".join(parts))
        blob = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return blob + (self.req_head or b"") + (self.res_head or b"")

    def chunks(self, data):
        step = self.split or max(1, len(data))
        return b"".join(b"%x\r\n%s\r\n" % (len(data[i:i + step]), data[i:i + step])
                        for i in range(0, len(data), step))


class IcapConnection:
    def __init__(self, port, timeout=15.0):
        self.deadline = Deadline(timeout * sanitizer.patience)
        self.sock = socket.create_connection(("127.0.0.1", port), 5)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = Wire(self.sock, self.deadline)

    def close(self):
        self.sock.close()

    def send(self, data, split=0):
        self.sock.settimeout(self.deadline.left())
        try:
            if not split:
                self.sock.sendall(data)
                return
            for i in range(0, len(data), split):
                self.sock.sendall(data[i:i + split])
                time.sleep(0.0005)
        except OSError:
            pass                  # the answer may have come before; reading tells

    def exchange(self, request, write_split=0):
        """Sends one request and reads its answer. Never raises for what the
        server does wrong; `error` says it."""
        answer = IcapAnswer()
        try:
            if self._send_request(request, answer, write_split):
                self._read(request, answer)
        except (WireError, socket.timeout, ValueError) as e:
            answer.error = str(e) or "timed out"
        answer.extra = self.wire.buf[:200]
        return answer

    def _send_request(self, r, answer, write_split):
        out = r.head()
        if r.body is None:
            self.send(out, write_split)
            return True
        if r.preview is None:
            return self._send_rest(r, out, r.body, write_split)
        first, rest = r.body[:r.preview], r.body[r.preview:]
        whole = not rest and r.ieof
        out += r.chunks(first) + (b"0; ieof\r\n\r\n" if whole else b"0\r\n\r\n")
        self.send(out, write_split)
        if whole:
            return True
        while b"\r\n\r\n" not in self.wire.buf:
            self.wire.more()
        if re.match(rb"ICAP/1\.0 100 ", self.wire.buf):
            self.wire.until(b"\r\n\r\n")
            answer.continued = True
            return self._send_rest(r, b"", rest, write_split)
        return True

    def _send_rest(self, r, out, data, write_split):
        if r.stop_at is not None:
            self.send(out + b"%x\r\n%s" % (len(data), data[:r.stop_at]))
            self.close()
            return False
        self.send(out + r.chunks(data) + b"0\r\n\r\n", write_split)
        return True

    def _read(self, r, a):
        a.status, a.headers = parse_head(self.wire.until(b"\r\n\r\n"))
        if a.status == 100:
            raise WireError("100 Continue where none is due")
        encapsulated = a.all("encapsulated")
        if a.status == 204 or r.method == "OPTIONS" or not encapsulated:
            if encapsulated and encapsulated[0].replace(" ", "") != "null-body=0":
                raise WireError("%d with Encapsulated: %s" % (a.status, encapsulated[0]))
            return
        pieces = [p.strip().split("=") for p in encapsulated[0].split(",")]
        offsets = [(name, int(at)) for name, at in pieces]
        if [at for _, at in offsets] != sorted(at for _, at in offsets) or offsets[0][1] != 0:
            raise WireError("Encapsulated: %s" % encapsulated[0])
        for (name, at), (_, end) in zip(offsets, offsets[1:]):
            blob = bytearray()
            self.wire.exactly(end - at, blob)
            if not blob.endswith(b"\r\n\r\n"):
                raise WireError("%s does not end with a blank line" % name)
            a.http_head = bytes(blob)
        if a.http_head and a.http_head.startswith(b"HTTP/"):
            a.http_status, a.http_headers = parse_head(a.http_head[:-4])
        if offsets[-1][0] == "null-body":
            return
        body = bytearray()
        try:
            extension = read_chunked(self.wire, body)
        finally:
            a.body = bytes(body)
        m = re.fullmatch(r"use-original-body=(\d+)", extension)
        if extension and not m:
            raise WireError("unknown chunk extension %r" % extension)
        if m:
            a.use_original = int(m.group(1))
        if m and a.status != 206:
            raise WireError("use-original-body in a %d" % a.status)


def options(port, service, timeout=3.0):
    """An OPTIONS probe; raises when nobody answers."""
    connection = IcapConnection(port, timeout)
    try:
        return connection.exchange(IcapRequest("OPTIONS",
                                               "icap://127.0.0.1:%d/%s" % (port, service)))
    finally:
        connection.close()
