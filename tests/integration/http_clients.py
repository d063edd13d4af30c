# SPDX-License-Identifier: Apache-2.0
"""Clients of the proxy: one of our own that says exactly what came over the
wire, and those that crawlers are built of."""
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

PIECE = 1 << 18


class Response:
    """What a client got. `error` is set when it noticed that something is wrong."""

    def __init__(self, status=0, headers=None, body=b"", error="", extra=""):
        self.status = status
        self.headers = headers or []
        self.body = body
        self.error = error
        self.extra = extra        # bytes behind the message that nobody asked for
        self.first_byte = 0.0     # seconds until the first byte of the answer
        self.first_body = None    # the same, of its body
        self.seconds = 0.0

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]


class Deadline:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise socket.timeout("deadline")
        return left


class WireError(Exception):
    pass


class Wire:
    """Buffered reading from a socket under one deadline."""

    def __init__(self, sock, deadline):
        self.sock = sock
        self.deadline = deadline
        self.buf = b""

    def more(self):
        self.sock.settimeout(self.deadline.left())
        try:
            data = self.sock.recv(PIECE)
        except socket.timeout:
            raise WireError("timed out")
        except OSError as e:
            raise WireError("connection broke: %s" % e)
        if not data:
            raise WireError("connection closed early")
        self.buf += data

    def until(self, mark):
        while mark not in self.buf:
            self.more()
            if len(self.buf) > 1 << 20 and mark not in self.buf:
                raise WireError("no %r within 1 MB" % mark)
        part, self.buf = self.buf.split(mark, 1)
        return part

    def exactly(self, n, into):
        """Appends n bytes to the bytearray; what came before a break stays in it."""
        while n:
            if not self.buf:
                self.more()
            part = self.buf[:n]
            into += part
            self.buf = self.buf[len(part):]
            n -= len(part)

    def rest(self, into):
        into += self.buf
        self.buf = b""
        while True:
            try:
                self.more()
            except WireError as e:
                if "closed early" in str(e):
                    return
                raise
            into += self.buf
            self.buf = b""


def parse_head(head):
    lines = head.split(b"\r\n")
    m = re.fullmatch(rb"(HTTP|ICAP)/1\.[01] (\d{3})(?: .*)?", lines[0])
    if not m:
        raise WireError("no status line: %r" % lines[0][:80])
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or name.strip() != name or not name:
            raise WireError("no header line: %r" % line[:80])
        headers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    return int(m.group(2)), headers


def read_chunked(wire, into):
    """Reads a chunked body; returns the extension of the last chunk."""
    while True:
        line = wire.until(b"\r\n")
        size, _, extension = line.partition(b";")
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size.strip()):
            raise WireError("bad chunk size %r" % line[:40])
        n = int(size, 16)
        if n == 0:
            if wire.until(b"\r\n") != b"":
                raise WireError("trailers, which nobody offered")
            return extension.strip().decode("latin-1")
        wire.exactly(n, into)
        if wire.until(b"\r\n") != b"":
            raise WireError("chunk does not end where it says")


def read_response(wire, method, begun, leave_after=None):
    r = Response()
    body = bytearray()
    try:
        if not wire.buf:
            wire.more()
        r.first_byte = time.monotonic() - begun
        while True:
            r.status, r.headers = parse_head(wire.until(b"\r\n\r\n"))
            if r.status >= 200 or r.status == 101:
                break
        if method == "CONNECT" and r.status == 200:
            return r
        if leave_after is not None:
            wire.exactly(leave_after, body)
            r.error = "left"
        elif method != "HEAD" and r.status not in (204, 304):
            codings = ",".join(r.all("transfer-encoding")).lower()
            lengths = r.all("content-length")
            if not wire.buf and lengths != ["0"]:
                wire.more()
            r.first_body = time.monotonic() - begun
            if codings and lengths:
                raise WireError("both Content-Length and Transfer-Encoding")
            if codings:
                read_chunked(wire, body)
            elif lengths:
                wire.exactly(int(lengths[0]), body)
            else:
                wire.rest(body)
    except WireError as e:
        r.error = str(e)
    except socket.timeout:
        r.error = "timed out"
    r.body = bytes(body)
    r.seconds = time.monotonic() - begun
    return r


class RawConnection:
    """A client connection to the proxy, kept for as many requests as wanted."""

    def __init__(self, port, timeout, ca=None, connect_to=None, source=None):
        self.deadline = Deadline(timeout)
        self.sock = socket.create_connection(("127.0.0.1", port), 5,
                                             (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connected = None
        if connect_to:
            self._tunnel(connect_to, ca)
        self.wire = Wire(self.sock, self.deadline)

    def _tunnel(self, target, ca):
        self.sock.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"
                          % (target.encode(), target.encode()))
        self.connected = read_response(Wire(self.sock, self.deadline), "CONNECT",
                                       time.monotonic())
        if self.connected.status != 200:
            raise WireError("CONNECT gave %d %s" % (self.connected.status, self.connected.error))
        context = ssl.create_default_context(cafile=ca)
        self.sock.settimeout(self.deadline.left())
        self.sock = context.wrap_socket(self.sock, server_hostname=target.rsplit(":", 1)[0])

    def send(self, data):
        try:
            self.sock.settimeout(self.deadline.left())
            self.sock.sendall(data)
        except OSError:
            pass                  # reading tells

    def exchange(self, method, data, leave_after=None):
        begun = time.monotonic()
        self.send(data)
        r = read_response(self.wire, method, begun, leave_after)
        if self.wire.buf:
            r.extra = self.wire.buf[:200]
        return r

    def close(self):
        self.sock.close()


def request_bytes(method, url, headers, version="HTTP/1.1", body=b"", origin_form=False):
    host = url.split("//", 1)[1].split("/", 1)[0]
    target = url
    if origin_form:
        target = "/" + url.split("//", 1)[1].partition("/")[2]
    if method == "CONNECT":
        target = host
    lines = ["%s %s %s" % (method, target, version)]
    if not any(h.lower().startswith("host:") for h in headers):
        lines.append("Host: " + host)
    lines += headers
    if body or method == "POST":
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


# --- the clients that others use -------------------------------------------

def _run(command, timeout, env=None):
    try:
        p = subprocess.run(command, capture_output=True, timeout=timeout, env=env)
        return p.returncode, p.stdout, p.stderr.decode("latin-1")
    except subprocess.TimeoutExpired:
        return -1, b"", "timed out"


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def curl(url, headers, proxy, timeout, ca, options):
    with tempfile.TemporaryDirectory(prefix="optout-curl-") as d:
        command = ["curl", "-q", "-sS", "--max-time", str(int(timeout)), "-x", proxy,
                   "-o", d + "/body", "-D", d + "/head", "-w", "%{http_code}"]
        if ca:
            command += ["--cacert", ca]
        for h in headers:
            command += ["-H", h]
        code, out, err = _run(command + options + [url], timeout + 5)
        head = _read(d + "/head").decode("latin-1").replace("\r", "")
        blocks = [b for b in head.split("\n\n") if b.startswith("HTTP/")]
        pairs = []
        if blocks:
            pairs = [tuple(p.strip() for p in line.split(":", 1))
                     for line in blocks[-1].split("\n")[1:] if ":" in line]
        r = Response(int(out[-3:] or 0), pairs, _read(d + "/body"))
        if code:
            r.error = "curl exit %d: %s" % (code, err.strip()[:200])
        return r


def wget(url, headers, proxy, timeout, ca, options, tries="1"):
    with tempfile.TemporaryDirectory(prefix="optout-wget-") as d:
        env = dict(os.environ, http_proxy=proxy, https_proxy=proxy, no_proxy="")
        command = ["wget", "--no-config", "-S", "-t", tries, "-T", str(int(timeout)),
                   "-O", d + "/body"]
        if ca:
            command += ["--ca-certificate", ca]
        for h in headers:
            command += ["--header", h]
        code, _, err = _run(command + options + [url], timeout + 5, env)
        found = re.findall(r"(?m)^ *HTTP/1\.[01] (\d{3})", err)
        pairs = re.findall(r"(?m)^  ([A-Za-z-]+): (.*)$", err)
        r = Response(int(found[-1]) if found else 0, pairs, _read(d + "/body"))
        if code and not (code == 8 and r.status >= 400):
            r.error = "wget exit %d" % code
        return r


PYTHON_CLIENT = r"""
import sys
kind, url, proxy, timeout, ca, out = sys.argv[1:7]
headers = dict(h.split(": ", 1) for h in sys.argv[7:])
status, body, error = 0, b"", ""
try:
    if kind == "urllib":
        import ssl, urllib.error, urllib.request
        handlers = [urllib.request.ProxyHandler({"http": proxy, "https": proxy})]
        if ca:
            context = ssl.create_default_context(cafile=ca)
            handlers.append(urllib.request.HTTPSHandler(context=context))
        opener = urllib.request.build_opener(*handlers)
        try:
            r = opener.open(urllib.request.Request(url, headers=headers), timeout=float(timeout))
        except urllib.error.HTTPError as e:
            r = e
        status = r.status
        body = r.read()
    elif kind == "requests":
        import requests
        r = requests.get(url, headers=headers, proxies={"http": proxy, "https": proxy},
                         timeout=float(timeout), verify=ca or True, stream=True)
        status = r.status_code
        body = r.content
    else:
        import urllib3
        p = urllib3.ProxyManager(proxy, ca_certs=ca or None)
        r = p.request("GET", url, headers=headers, timeout=float(timeout),
                      retries=None if kind == "urllib3-retry" else False)
        status, body = r.status, r.data
except Exception as e:
    error = "%s: %s" % (type(e).__name__, e)
with open(out, "wb") as f:
    f.write(b"%d\n%s\n" % (status, error.replace("\n", " ").encode()[:300]) + body)
"""


NODE_CLIENT = r"""
const http = require("http"), fs = require("fs");
const [url, proxyUrl, tries, out, ...lines] = process.argv.slice(1);
const proxy = new URL(proxyUrl), headers = {host: new URL(url).host};
for (const l of lines) headers[l.slice(0, l.indexOf(": "))] = l.slice(l.indexOf(": ") + 2);
function attempt(left) {
  const parts = [];
  let status = 0, over = false;
  function end(error) {
    if (over) return;
    over = true;
    if (error && left > 1) return attempt(left - 1);
    fs.writeFileSync(out, Buffer.concat([Buffer.from(status + "\n" + error + "\n"), ...parts]));
  }
  http.get({host: proxy.hostname, port: proxy.port, path: url, headers}, r => {
    status = r.statusCode;
    r.on("data", d => parts.push(d));
    r.on("end", () => end(r.complete ? "" : "incomplete"));
    r.on("error", e => end("" + e));
    r.on("aborted", () => end("aborted"));
  }).on("error", e => end("" + e));
}
attempt(+tries);
"""


def node(url, headers, proxy, timeout, tries):
    with tempfile.TemporaryDirectory(prefix="optout-node-") as d:
        _, _, err = _run(["node", "-e", NODE_CLIENT, url, proxy, tries, d + "/out"] + headers,
                         timeout + 5)
        status, _, rest = _read(d + "/out").partition(b"\n")
        error, _, body = rest.partition(b"\n")
        if not status:
            return Response(error="node did not run: %s" % err[-200:])
        return Response(int(status), [], body, error.decode("latin-1"))


def python(kind, url, headers, proxy, timeout, ca):
    with tempfile.TemporaryDirectory(prefix="optout-py-") as d:
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        _, _, err = _run([sys.executable, "-c", PYTHON_CLIENT, kind, url, proxy, str(timeout),
                          ca or "", d + "/out"] + headers, timeout + 5, env)
        status, _, rest = _read(d + "/out").partition(b"\n")
        error, _, body = rest.partition(b"\n")
        if not status:
            return Response(error="%s did not run: %s" % (kind, err[-200:]))
        return Response(int(status), [], body, error.decode("latin-1"))


def foreign(client, url, headers, port, timeout, ca):
    """Runs `client`: curl, curl-1.0, wget, urllib, requests, urllib3, node; `-retry`
    behind a name is one that tries again by itself."""
    proxy = "http://127.0.0.1:%d" % port
    again = client.endswith("-retry")
    if client.startswith("curl"):
        options = ["-0"] if client == "curl-1.0" else []
        if again:
            options += ["--retry", "2", "--retry-all-errors", "--retry-delay", "1"]
        return curl(url, headers, proxy, timeout, ca, options)
    if client.startswith("wget"):
        return wget(url, headers, proxy, timeout, ca, [], "3" if again else "1")
    if client.startswith("node"):
        return node(url, headers, proxy, timeout, "2" if again else "1")
    return python(client, url, headers, proxy, timeout, ca)
