#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real optoutd with a small origin on loopback. Prints TAP. Run by test_optoutd.sh.

Every origin is a name under localhost, which libcurl resolves to the loopback
addresses itself; what it answers is a function of path and request, in SITES.
"""
import gzip
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OPTOUTD = sys.argv[1]
AGENTS = os.path.join(os.environ["OPTOUT_SRCDIR"], "conf", "agents.tsv")
AGENT = "ExampleBot/1.0 (+https://bot.example/)"
ASK, ASK_LICENCE, LEARN, FORGET, STATUS, ANSWER = range(1, 7)
FILES = ["/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/.well-known/ai.txt",
         "/trust.txt", "/.well-known/trust.txt"]
RSL = (b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
       b'<prohibits type="usage">ai-train</prohibits></license></content></rsl>')


# ---- the other side of message.h ----

def encode(verb, *fields, tag=1):
    body = b"".join(struct.pack(">I", len(f)) + f for f in
                    (f.encode() if isinstance(f, str) else f for f in fields))
    return b"OPT1" + struct.pack(">BBHII", verb, len(fields), 0, len(body), tag) + body


class Client:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(20)
        self.s.connect(path)

    def read(self, n):
        data = b""
        while len(data) < n:
            piece = self.s.recv(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def answer(self):
        head = self.read(16)
        assert head[:4] == b"OPT1" and head[4] == ANSWER, head
        count, size, tag = head[5], *struct.unpack(">II", head[8:])
        body, fields = self.read(size), []
        for _ in range(count):
            n, = struct.unpack(">I", body[:4])
            fields.append(body[4:4 + n].decode())
            body = body[4 + n:]
        return fields, tag

    def call(self, verb, *fields):
        self.s.sendall(encode(verb, *fields))
        return self.answer()[0]

    def ask(self, origin, wait=8000, token="examplebot", agent=AGENT, verb=ASK):
        return self.call(verb, origin, token, agent, str(wait))[0]


# ---- the origins ----

class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen, lock, at_once, most = [], threading.Lock(), 0, 0

    def do_GET(self):
        path, host = self.path, self.headers.get("Host", "").split(":")[0]
        if path.startswith("http://"):  # as a proxy
            host, path = "proxied " + path[7:].split("/")[0].split(":")[0], \
                "/" + path[7:].partition("/")[2]
        name = host.removesuffix(".localhost")
        with Origin.lock:
            Origin.seen.append((name, path, dict(self.headers)))
            Origin.at_once += 1
            Origin.most = max(Origin.most, Origin.at_once)
        try:
            answer = SITES.get(name, lambda *_: None)(path, self.headers)
            self.give(answer or (404, {}, b"no"))
        except (BrokenPipeError, ConnectionResetError):
            pass
        with Origin.lock:
            Origin.at_once -= 1

    def give(self, answer):
        if isinstance(answer, bytes):  # no HTTP at all
            self.close_connection = True
            self.wfile.write(answer)
            return
        status, head, body = answer
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def robots(body=b"User-agent: *\nDisallow: /x\n", **head):
    fields = {"Content-Type": "text/plain", **{k.replace("_", "-"): v for k, v in head.items()}}
    return 200, fields, body


def only_robots(function):
    return lambda path, head: function(head) if path == "/robots.txt" else None


def slow(seconds):
    def answer(_path, _head):
        time.sleep(seconds)
    return answer


def with_etag(head):
    if head.get("If-None-Match") == '"a"':
        return 304, {"ETag": '"a"'}, b""
    return robots(ETag='"a"')


flaky = {"up": True}
site_of_two_faces = only_robots(lambda head: robots(
    b"User-agent: *\nDisallow: /%d\n" % len(head["User-Agent"]), Vary="User-Agent"))
bomb = gzip.compress(b"#" * (50 << 20))

SITES = {
    "plain": only_robots(lambda _: robots()),
    "gzip": only_robots(lambda _: robots(gzip.compress(b"User-agent: *\nDisallow: /z\n"),
                                         Content_Encoding="gzip")),
    "bomb": only_robots(lambda _: robots(bomb, Content_Encoding="gzip")),
    "crowd": lambda path, _: time.sleep(0.3),
    "moved": lambda path, _: robots() if path == "/5" else
    (301, {"Location": "/%d" % (int("0" + path.strip("/robots.txt")) + 1)}, b"")
    if path == "/robots.txt" or path[1:].isdigit() else None,
    "circle": lambda path, _: (302, {"Location": path + "x"}, b""),
    "elsewhere": only_robots(lambda _: (301, {"Location": "gopher://plain.localhost/"}, b"")),
    "forbidden": lambda *_: (403, {}, b"no"),
    "busy": lambda *_: (429, {}, b"later"),
    "broken": lambda *_: (500, {}, b"oops"),
    "garbage": lambda *_: b"\x00\x01\x02 this is no HTTP\r\n\r\n",
    "html": lambda *_: (200, {"Content-Type": "text/html"}, b"<!doctype html><title>Hi</title>"),
    "hangs": slow(60),
    "late": slow(1.0),
    "etag": only_robots(with_etag),
    "flaky": only_robots(lambda _: robots() if flaky["up"] else (503, {}, b"")),
    "faces": site_of_two_faces,
    "licensed": lambda path, _: robots(b"License: http://licensed.localhost:%d/l.xml\n" % PORT)
    if path == "/robots.txt" else
    (200, {"Content-Type": "application/rsl+xml"}, RSL) if path == "/l.xml" else None,
    "proxied 192.0.2.1": only_robots(lambda _: (301, {"Location": "http://10.0.0.1/r"}, b"")),
    "proxied 192.0.2.2": only_robots(lambda _: robots()),
    "proxied 192.0.2.3": lambda *_: (403, {"X-Squid-Error": "ERR_ACCESS_DENIED 0"}, b"no"),
}


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 256


server = Server(("127.0.0.1", 0), Origin)
PORT = server.server_port
threading.Thread(target=server.serve_forever, daemon=True).start()


def requests(name, path=None):
    with Origin.lock:
        return [r for r in Origin.seen if r[0] == name and path in (None, r[1])]


def origin(name):
    return "http://%s.localhost:%d" % (name, PORT)


# ---- the daemon ----

class Daemon:
    def __init__(self, folder, name="d", notify=None, **directives):
        self.folder = pathlib.Path(folder)
        self.socket = str(self.folder / (name + ".sock"))
        self.conf = self.folder / (name + ".conf")
        self.log_path = self.folder / (name + ".log")
        settings = {"SiteStore": self.folder / (name + "-store"), "SiteStoreSize": "64M",
                    "Socket": self.socket, "AllowPrivate": "on", "Timeout": 3,
                    "Agents": AGENTS, "Retry": 1, "Node": name, **directives}
        self.conf.write_text("".join("optoutd.%s %s\n" % s for s in settings.items()))
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("NOTIFY_SOCKET", "JOURNAL_STREAM", "http_proxy", "HTTP_PROXY")}
        self.env["no_proxy"] = "*"  # must not count
        if notify:
            self.env["NOTIFY_SOCKET"] = notify
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([OPTOUTD, "-v", "-c", str(self.conf)], env=self.env,
                                            stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(400):
            if self.process.poll() is not None:
                raise RuntimeError("optoutd did not start: " + self.log())
            try:
                Client(self.socket)
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("optoutd takes no connection")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def said(self, pattern):
        return re.search(pattern, self.log()) is not None

    def client(self):
        return Client(self.socket)

    def ask(self, name, **more):
        return self.client().ask(origin(name), **more)

    def status(self):
        return json.loads(self.client().call(STATUS)[0])

    def count(self, name):
        return self.status()["count"][name]

    def state(self, name, path="/robots.txt"):
        """(state, status, lifetime in s) as last logged of a URL."""
        found = re.findall(r"[/ ]%s(?:\.localhost)?(?::\d+)?%s: ([a-z-]+), (\d+), for (-?\d+) s" %
                           (re.escape(name), re.escape(path)), self.log())
        return (found[-1][0], int(found[-1][1]), int(found[-1][2])) if found else ("", 0, 0)


# ---- TAP ----

class Tap:
    count = failures = 0
    daemon = None


def ok(good, name, detail=""):
    Tap.count += 1
    if good:
        print("ok %d - %s" % (Tap.count, name), flush=True)
        return
    Tap.failures += 1
    print("not ok %d - %s" % (Tap.count, name))
    for line in (str(detail) + "\n" + (Tap.daemon.log()[-3000:] if Tap.daemon else "")).split("\n"):
        print("# " + line, flush=True)


def equal(got, want, name):
    ok(got == want, name, "got %r, want %r" % (got, want))


def skip(name, reason):
    Tap.count += 1
    print("ok %d - %s # SKIP %s" % (Tap.count, name, reason), flush=True)


def once(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


# ---- what is shown ----

def configuration(folder):
    def check(text):
        path = folder / "check.conf"
        path.write_text(text)
        p = subprocess.run([OPTOUTD, "--check", "-c", str(path)], capture_output=True, text=True)
        return p.returncode, p.stderr.replace(str(path), "FILE")

    equal(check("optoutd.Timeout 5\n# c\noptoutd.SiteFiles robots.txt ai.txt\n")[0], 0,
          "--check: a right configuration")
    for text, want in [
        ("optoutd.Timeout 0\n", "optoutd: FILE:1: Timeout: 0 is out of range; use a value from "
         "1 to 300\n"),
        ("\noptoutd.Nonsense 1\n", "optoutd: FILE:2: Nonsense: unknown directive; see "
         "optoutd.conf(5) or `optoutd --directives`\n"),
        ("optout.Timeout 1\n", "optoutd: FILE:1: optout.Timeout: does not begin with optoutd.; "
         "see optoutd.conf(5) or `optoutd --directives`\n"),
        ("optoutd.SiteFiles robots.txt humans.txt\n", "optoutd: FILE:1: SiteFiles: "
         "\"humans.txt\" is not known; use one of NAME …\n"),
        ("optoutd.SiteFiles\n", "optoutd: FILE:1: SiteFiles: takes one argument or more; write: "
         "SiteFiles NAME …\n"),
        ("optoutd.SiteStore relative\n", "optoutd: FILE:1: SiteStore: \"relative\" is not "
         "absolute; write an absolute path\n"),
        ("optoutd.FreshnessFloor 900\noptoutd.FreshnessCeiling 600\n", "optoutd: FILE:1: "
         "FreshnessFloor: 900 is more than FreshnessCeiling 600; lower it, or raise "
         "FreshnessCeiling\n"),
        ("optoutd.Proxy socks5://x\n", "optoutd: FILE:1: Proxy: \"socks5://x\" is no URL of an "
         "HTTP proxy; write a URL such as http://127.0.0.1:3129\n"),
    ]:
        equal(check(text), (2, want), "--check: %s" % text.split("\n")[0])
    equal(subprocess.run([OPTOUTD, "--nonsense"], capture_output=True).returncode, 2,
          "an unknown option")
    equal(subprocess.run([OPTOUTD, "--check", "-c", "/nowhere"], capture_output=True).returncode,
          2, "a configuration that is not there")


def documents():
    """The table of directives, the manual page and the example say the same."""
    src = pathlib.Path(os.environ["OPTOUT_SRCDIR"])
    out = subprocess.run([OPTOUTD, "--directives"], capture_output=True, text=True).stdout
    out = re.sub(r"\S*/agents.tsv", "/etc/c-icap/agents.tsv", out)
    table = sorted(re.findall(r"^([A-Z]\S*) .*\n    Default: (.*)", out, re.M))
    page = (src / "docs/man/optoutd.conf.5").read_text()
    example = (src / "conf/optoutd.conf").read_text()
    ok(len(table) > 20, "--directives lists them", out)
    equal(sorted(re.findall(r"^\.It Ic optoutd\.(\S+).*\n\.Pq default (?:Cm )?(.*)", page, re.M)),
          table, "optoutd.conf.5 names the same directives and defaults")
    equal(sorted((n, "empty" if v == '""' else v) for n, v in
                 re.findall(r"^# Default:\n# +optoutd\.(\S+) (.*)", example, re.M)),
          table, "conf/optoutd.conf names the same directives and defaults")


def asking(d):
    equal(d.ask("plain"), "known", "an unknown origin is fetched")
    equal(sorted(r[1] for r in requests("plain")), sorted(FILES), "each file once")
    equal({r[2].get("User-Agent") for r in requests("plain")}, {AGENT},
          "with the User-Agent of the question")
    equal(d.state("plain"), ("published", 200, 86400), "robots.txt is published")
    equal(d.state("plain", "/ai.txt"), ("none", 404, 3600), "a 404 is none")
    equal(d.ask("plain"), "known", "asked again: known")
    equal(len(requests("plain")), len(FILES), "without another request")
    equal(d.ask("plain", agent=""), "known", "a question without User-Agent")
    s = d.status()
    ok(s["count"]["asks"] >= 3 and s["origins"] >= 1 and s["share"] is None, "status", s)


def concurrent(d):
    answers = queue.Queue()
    Origin.most = 0

    def one():
        answers.put(d.ask("crowd"))

    threads = [threading.Thread(target=one) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal([answers.get() for _ in threads], ["known"] * 40, "40 askers at once are answered")
    equal(len(requests("crowd")), len(FILES), "and share one fetch")
    equal(Origin.most, 2, "two requests at a time to one host")


def answers(d):
    for name, want in [
        ("moved", ("published", 200)), ("circle", ("none", 302)), ("elsewhere", ("none", 301)),
        ("forbidden", ("none", 403)), ("busy", ("unreachable", 429)),
        ("broken", ("unreachable", 500)), ("garbage", ("unreachable", 0)),
        ("html", ("none", 200)), ("gzip", ("published", 200)), ("bomb", ("published", 200)),
    ]:
        equal(d.ask(name), "known", "%s: answered" % name)
        got = d.state(name, {"moved": "/5", "circle": "/robots.txtxxxxx"}.get(name, "/robots.txt"))
        equal(got[:2], want, "%s: %s" % (name, want[0]))
    equal(len(requests("circle")), 6 * len(FILES), "five redirects and no more")
    with open("/proc/%d/status" % d.process.pid, encoding="ascii") as f:
        peak = int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) // 1024
    print("# peak memory %d MiB" % peak)


def time_outs(d):
    begin = time.monotonic()
    equal(d.ask("late", wait=200), "late", "a slow origin: late")
    ok(0.15 < time.monotonic() - begin < 0.95, "when the wait is over")
    equal(d.ask("late"), "known", "and known afterwards")
    equal(len(requests("late")), len(FILES), "by the same requests")
    begin = time.monotonic()
    equal(d.ask("hangs", wait=30000, agent="SlowBot"), "known", "an origin that never answers")
    took = time.monotonic() - begin
    ok(8 < took < 20, "after Timeout, two at a time", took)
    equal(d.state("hangs"), ("unreachable", 0, 1), "is unreachable")


def renewal(folder):
    d = Tap.daemon = Daemon(folder, "renew", FreshnessFloor=1, FreshnessCeiling=1,
                            SiteFiles="robots.txt", FreshnessNone=1).start()
    for name in ("etag", "flaky", "broken"):
        d.ask(name)
    flaky["up"] = False
    equal(d.state("broken"), ("unreachable", 500, 1), "unreachable: retried after Retry")
    time.sleep(1.1)
    for name in ("etag", "flaky", "broken"):
        equal(d.ask(name), "known", "%s: asked again when its time is over" % name)
    equal([r[2].get("If-None-Match") for r in requests("etag", "/robots.txt")], [None, '"a"'],
          "a conditional request")
    equal((d.count("not_modified"), d.state("etag")), (1, ("published", 304, 1)),
          "304 renews the copy")
    equal((d.count("kept_stale"), d.state("flaky")[0]), (1, "published"),
          "what cannot be renewed is kept")
    equal(d.state("broken"), ("unreachable", 500, 2), "the second failure: twice as long")
    equal(d.stop(), 0, "stops cleanly")


def variants(d):
    equal(d.ask("faces"), "known", "a site that varies by agent")
    equal(len(requests("faces", "/robots.txt")), 1, "the first asker's answer is its own")
    equal(d.ask("faces", token="other", agent="Another/2"), "known", "another token")
    equal([r[2]["User-Agent"] for r in requests("faces", "/robots.txt")], [AGENT, "Another/2"],
          "has robots.txt fetched for itself")
    equal(d.ask("faces", token="other", agent="Another/2"), "known", "and known then")
    equal(len(requests("faces")), len(FILES) + 1, "without another request")


def licences(d):
    equal(d.ask("licensed"), "known", "a site that names a licence")
    equal(d.state("licensed", "/l.xml"), ("published", 200, 86400), "has it fetched too")
    equal(d.client().ask(origin("licensed") + "/l.xml", verb=ASK_LICENCE), "known",
          "a licence that is asked for is known")
    equal(len(requests("licensed", "/l.xml")), 1, "once")


def learning(d):
    name = origin("taught")
    c = d.client()
    c.s.sendall(encode(LEARN, "robots.txt", name, name + "/robots.txt", "CrawlBot/1", "200",
                       b"Content-Type: text/plain\r\n", b"User-agent: *\nDisallow: /learned\n"))
    equal(c.ask(name), "known", "what a crawler fetched is learned")
    equal(d.state("taught"), ("published", 200, 86400), "as published")
    equal(len(requests("taught", "/robots.txt")), 0, "and not asked for again")
    equal(len(requests("taught")), len(FILES) - 1, "the other files are")
    c.s.sendall(encode(LEARN, "robots.txt", name, name + "/robots.txt", "CrawlBot/1", "206",
                       b"", b"User-agent"))
    c.s.sendall(encode(LEARN, "robots.txt", name, name + "/robots.txt", "CrawlBot/1", "503",
                       b"", b"User-agent"))
    equal((c.call(STATUS) and d.count("learned")), 1, "a range and a failure teach nothing")
    equal(c.call(FORGET, name), ["done", ""], "forgotten")
    equal(c.ask(name), "known", "is asked for again")
    equal(len(requests("taught", "/robots.txt")), 1, "from the origin")
    name, before = origin("plain"), len(requests("plain"))
    c.s.sendall(encode(LEARN, "robots.txt", name, name + "/robots.txt", "CrawlBot/1", "200",
                       b"Content-Type: text/plain\r\n", b"User-agent: *\nDisallow: /other\n"))
    equal(c.ask(name), "known", "a crawler was told something else")
    equal([r[1] for r in requests("plain")[before:]], ["/robots.txt"],
          "so the token has robots.txt fetched for itself")
    equal(c.ask(name) and len(requests("plain")), before + 1, "once")


def refusals(d):
    c = d.client()
    for name in ("ftp://x", "http://", "http://x/path", "plain", "http://x\r\ny", "http://" + "a" * 4000):
        equal(c.ask(name), "refused", "refused: %r" % name[:30])
    equal(c.ask(origin("plain"), agent="a\r\nb"), "refused", "refused: a User-Agent of two lines")
    for text, name in ((b"GET / HTTP/1.1\r\n\r\n", "no message"),
                       (encode(ANSWER, "known"), "an answer"),
                       (encode(ASK, "http://x", "", "", "soon"), "a wait that is no number"),
                       (encode(ASK, "http://x"), "too few fields"),
                       (b"OPT1\x01\x01\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01", "4 GiB")):
        c = d.client()
        c.s.sendall(text)
        try:
            c.answer()
            ok(False, "cut off: " + name)
        except (EOFError, ConnectionResetError):
            ok(True, "cut off: " + name)
    c = d.client()
    for byte in encode(ASK, origin("plain"), "", "", "100", tag=77):
        c.s.sendall(bytes([byte]))
    equal(c.answer(), (["known", ""], 77), "octet by octet, with its tag")
    c.s.sendall(encode(STATUS, tag=1) + encode(ASK, origin("plain"), "", "", "1", tag=2) +
                encode(STATUS, tag=3))
    equal([c.answer()[1] for _ in range(3)], [1, 2, 3], "three questions in one piece")


def guarded(folder):
    d = Tap.daemon = Daemon(folder, "guarded", AllowPrivate="off").start()
    before = len(Origin.seen)
    for name in ("http://127.0.0.1:%d" % PORT, "http://[::1]:%d" % PORT, origin("plain"),
                 "http://[::ffff:127.0.0.1]:%d" % PORT, "http://127.1:%d" % PORT):
        equal(d.client().ask(name), "refused", "not to be asked: %s" % name.split(":%d" % PORT)[0])
        equal(d.client().ask(name), "refused", "again")
    equal(len(Origin.seen), before, "and nothing was")
    equal(d.stop(), 0, "stops cleanly")
    d = Tap.daemon = Daemon(folder, "proxied", AllowPrivate="off",
                            Proxy="http://127.0.0.1:%d" % PORT).start()
    equal(d.client().ask("http://10.1.2.3"), "refused", "through a proxy: a private address")
    equal(d.client().ask(origin("plain")), "refused", "through a proxy: a name of one")
    equal(len(Origin.seen), before, "the proxy was not asked")
    equal(d.client().ask("http://192.0.2.2"), "known", "through a proxy: a public address")
    equal(d.state("http://192.0.2.2"), ("published", 200, 86400), "is published")
    equal(d.client().ask("http://192.0.2.1"), "known", "a redirect to a private address")
    ok(d.said(r"10.0.0.1/r: unreachable, 0, .*redirected to a private address"), "is not followed")
    equal(requests("proxied 10.0.0.1"), [], "the proxy was not asked for it")
    equal(d.client().ask("http://192.0.2.3"), "known", "a refusal of the proxy itself")
    equal(d.state("http://192.0.2.3")[:2], ("unreachable", 0), "is not the origin's word")
    equal(d.stop(), 0, "stops cleanly")


def certificates(folder):
    if not shutil.which("openssl"):
        skip("an https origin", "openssl is missing")
        return
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=tls.localhost", "-addext", "subjectAltName=DNS:tls.localhost",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    secure = Server(("127.0.0.1", 0), Origin)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    SITES["tls"] = only_robots(lambda _: robots())
    name = "https://tls.localhost:%d" % secure.server_port
    for more, want in (({"CaFile": cert}, ("published", 200)), ({}, ("unreachable", 0))):
        d = Tap.daemon = Daemon(folder, "tls%d" % len(more), **more).start()
        equal((d.client().ask(name), d.state("tls")[:2]), ("known", want),
              "an https origin %s CaFile" % ("with" if more else "without"))
        equal(d.stop(), 0, "stops cleanly")
    secure.shutdown()


def crowd_of_origins(folder):
    """Many origins and askers at once: everybody is answered, nothing is left open."""
    d = Tap.daemon = Daemon(folder, "many", SiteFiles="robots.txt ai.txt", Concurrency=32).start()
    results, names = queue.Queue(), queue.Queue()
    for i in range(300):
        names.put("many%d" % i)

    def worker():
        c = d.client()
        while True:
            try:
                results.put(c.ask(origin(names.get_nowait()), wait=20000))
            except queue.Empty:
                return

    begin = time.monotonic()
    threads = [threading.Thread(target=worker) for _ in range(60)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("# 300 origins in %.2f s" % (time.monotonic() - begin))
    equal([results.get() for _ in range(300)], ["known"] * 300, "300 origins by 60 askers")
    s = d.status()
    equal((s["open"], s["fetching"], s["queued"], s["waiting"], s["count"]["fetched"]),
          (0, 0, 0, 0, 600), "nothing is left open")
    ok(once(lambda: d.status()["connections"] == 1), "connections are gone")
    equal(d.stop(), 0, "stops cleanly")


def life(folder):
    notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notes.bind("\0optout-test-%d" % os.getpid())
    notes.settimeout(5)
    d = Tap.daemon = Daemon(folder, "life", notify="@optout-test-%d" % os.getpid()).start()
    equal(notes.recv(100), b"READY=1", "READY=1")
    mode = os.stat(d.socket).st_mode & 0o777
    equal(mode, 0o660, "the mode of the socket")
    d.ask("plain")
    second = subprocess.run([OPTOUTD, "-c", str(d.conf)], capture_output=True, text=True)
    ok(second.returncode == 2 and "another optoutd listens" in second.stderr,
       "it does not start twice", second)
    d.process.send_signal(signal.SIGHUP)
    ok(once(lambda: len(re.findall("agents from", d.log())) == 2), "SIGHUP reads the agents again")
    before = len(requests("plain"))
    waiting = d.client()
    waiting.s.sendall(encode(ASK, origin("hangs"), "examplebot", AGENT, "20000"))
    ok(once(lambda: d.status()["fetching"] == 2), "while it fetches")
    begin = time.monotonic()
    equal(d.stop(), 0, "SIGTERM: a clean stop")
    ok(time.monotonic() - begin < 2, "at once")
    equal(waiting.answer()[0][0], "late", "who waited is told")
    equal(notes.recv(100), b"STOPPING=1", "STOPPING=1")
    ok(not os.path.exists(d.socket), "the socket is gone")
    d.start()
    equal(d.ask("plain"), "known", "after a restart")
    equal(len(requests("plain")), before, "the store still knows")
    d.process.kill()
    d.process.wait()
    ok(os.path.exists(d.socket), "killed, it leaves its socket")
    d.start()
    equal(d.ask("plain"), "known", "which the next start replaces")
    equal(d.stop(), 0, "stops cleanly")


def fleet(folder):
    if not shutil.which("redis-server"):
        skip("two nodes share one fetch", "redis-server is missing")
        return
    path = str(folder / "redis.sock")
    redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "",
                              "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        once(lambda: os.path.exists(path))
        share = {"Share": "unix:" + path, "SiteFiles": "robots.txt"}
        one = Daemon(folder, "one", **share).start()
        two = Tap.daemon = Daemon(folder, "two", **share).start()
        ok(once(lambda: one.status()["share"]["connected"] and two.status()["share"]["connected"]),
           "both nodes are connected")
        SITES["fleet"] = only_robots(lambda _: time.sleep(0.5) or robots())
        results = queue.Queue()
        threads = [threading.Thread(target=lambda n=n: results.put(n.ask("fleet")))
                   for n in (one, two)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        equal([results.get(), results.get()], ["known"] * 2, "two nodes ask for one origin")
        equal(len(requests("fleet")), 1, "which is asked once")
        equal(one.count("shared") + two.count("shared"), 1, "one took what the other got")
        equal(one.client().call(FORGET, origin("fleet"))[0], "done", "one node forgets")
        ok(once(lambda: two.ask("fleet") == "known" and len(requests("fleet")) == 2),
           "and the other asks again")
        redis.terminate()
        redis.wait()
        equal(two.ask("plain"), "known", "without Redis each goes on alone")
        equal((one.stop(), two.stop()), (0, 0), "stop cleanly")
    finally:
        redis.kill()
        redis.wait()


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="optoutd."))
    try:
        configuration(folder)
        documents()
        d = Tap.daemon = Daemon(folder).start()
        for scenario in (asking, concurrent, answers, variants, licences, learning, refusals,
                         time_outs):
            scenario(d)
        equal(d.stop(), 0, "stops cleanly")
        for scenario in (renewal, guarded, certificates, crowd_of_origins, life, fleet):
            scenario(folder)
        logs = "".join(p.read_text(errors="replace") for p in folder.glob("*.log"))
        ok("Sanitizer" not in logs and "runtime error" not in logs, "no sanitizer report", logs[-4000:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("1..%d" % Tap.count)
    return 1 if Tap.failures else 0


if __name__ == "__main__":
    sys.exit(main())
