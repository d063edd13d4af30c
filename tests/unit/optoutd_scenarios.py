#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real optoutd with a small origin on loopback. Prints TAP. Run by test_optoutd.sh.

Every origin is a name under localhost, which libcurl resolves to the loopback
addresses itself; what it answers is a function of path and request, in SITES.
"""
import gzip
import hashlib
import json
import os
import pathlib
import queue
import re
import resource
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
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OPTOUTD = sys.argv[1]
WRAPPER = os.environ.get("OPTOUTD_WRAPPER", "").split()  # such as valgrind with its options
PUT_TERMS = pathlib.Path(OPTOUTD).parent / "tests" / "unit" / "put_terms"
AGENTS = os.path.join(os.environ["OPTOUT_SRCDIR"], "conf", "agents.tsv")
AGENT = "ExampleBot/1.0 (+https://bot.example/)"
ASK, ASK_LICENCE, LEARN, FORGET, STATUS, ANSWER, TERMS, IMAGES, TERMS_READ = range(1, 10)
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


def halting(rules):
    """Its robots.txt at once; the others when may_go_on is set."""
    return lambda path, _: robots(b"User-agent: *\n" + rules) if path == "/robots.txt" \
        else may_go_on.wait(60) and None


def with_etag(head):
    if head.get("If-None-Match") == '"a"':
        return 304, {"ETag": '"a"'}, b""
    return robots(ETag='"a"')


flaky = {"up": True}
may_answer, may_go_on = threading.Event(), threading.Event()
site_of_two_faces = only_robots(lambda head: robots(
    b"User-agent: *\nDisallow: /%d\n" % len(head["User-Agent"]), Vary="User-Agent"))
bomb = gzip.compress(b"#" * (50 << 20))

SITES = {
    "plain": only_robots(lambda _: robots()),
    "gzip": only_robots(lambda _: robots(gzip.compress(b"User-agent: *\nDisallow: /z\n"),
                                         Content_Encoding="gzip")),
    "bomb": only_robots(lambda _: robots(bomb, Content_Encoding="gzip")),
    "crowd": lambda path, _: time.sleep(0.3),
    "halting": halting(b"Disallow: /halting-rule\n"),
    "half": halting(b"Disallow: /half-rule\n"),
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
    "late": lambda *_: may_answer.wait(60) and None,
    "etag": only_robots(with_etag),
    "flaky": only_robots(lambda _: robots() if flaky["up"] else (503, {}, b"")),
    "faces": site_of_two_faces,
    "licensed": lambda path, _: robots(b"License: http://licensed.localhost:%d/l.xml\n" % PORT)
    if path == "/robots.txt" else
    (200, {"Content-Type": "application/rsl+xml"}, RSL) if path == "/l.xml" else None,
    "dying": only_robots(lambda _: time.sleep(0.7) or robots()),
    "proxied 192.0.2.1": only_robots(lambda _: (301, {"Location": "http://10.0.0.1/r"}, b"")),
    "proxied 192.0.2.2": only_robots(lambda _: robots()),
    "proxied 192.0.2.3": lambda *_: (403, {"X-Squid-Error": "ERR_ACCESS_DENIED 0"}, b"no"),
}

AGB = ("<!doctype html><html lang=de><title>AGB</title><p>Wir behalten uns eine Nutzung unserer "
       "Inhalte für Text und Data Mining im Sinne von § 44b UrhG ausdrücklich vor.</p>").encode()


def page(body=AGB, kind="text/html; charset=utf-8", **head):
    return 200, {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in head.items()}}, body


def to(place):
    return 302, {"Location": place}, b""


def with_terms(more=None):
    """Rules for two agents, and pages: /agb and what is in `more`."""
    pages = {"/agb": page(), **(more or {})}
    return lambda path, _: robots(b"User-agent: *\nDisallow: /closed\n\n"
                                  b"User-agent: examplebot\nDisallow: /private\n") \
        if path == "/robots.txt" else pages.get(path)


SITES.update({
    "terms": with_terms({"/t%d" % n: page(b"<!doctype html><p>Delivery takes three days.")
                         for n in range(9)}),
    "terms-off": with_terms(),
    "terms-closed": with_terms({"/private/agb": page(), "/closed/agb": page()}),
    "terms-odd": with_terms({"/plain": page(kind="text/plain"), "/gzip": page(gzip.compress(AGB),
                                                                       Content_Encoding="gzip"),
                             "/long": page(b"<!doctype html><p>" + b"many words " * 60000 + AGB)}),
})


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 256

    def handle_error(self, *_):  # a daemon that has enough closes its connection
        pass


server = Server(("127.0.0.1", 0), Origin)
PORT = server.server_port
SITES["terms-moved"] = with_terms({
    "/in": to("/agb"), "/refused": to("/private/agb"), "/private/agb": page(),
    "/out": to("http://terms-stranger.localhost:%d/agb" % PORT)})
threading.Thread(target=server.serve_forever, daemon=True).start()


def requests(name, path=None):
    with Origin.lock:
        return [r for r in Origin.seen if r[0] == name and path in (None, r[1])]


def origin(name):
    return "http://%s.localhost:%d" % (name, PORT)


# ---- the daemon ----

class Daemon:
    def __init__(self, folder, name="d", notify=None, watchdog_us=None, **directives):
        self.folder = pathlib.Path(folder)
        self.socket = str(self.folder / (name + ".sock"))
        self.conf = self.folder / (name + ".conf")
        self.log_path = self.folder / (name + ".log")
        settings = {"SiteStore": self.folder / (name + "-store"), "SiteStoreSize": "64M",
                    "Socket": self.socket, "AllowPrivate": "on", "Timeout": 2,
                    "Agents": AGENTS, "Retry": 1, "Node": name, "MetricsListen": "off",
                    **directives}
        self.conf.write_text("".join("optoutd.%s %s\n" % s for s in settings.items()))
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("NOTIFY_SOCKET", "JOURNAL_STREAM", "http_proxy", "HTTP_PROXY")}
        self.env["no_proxy"] = "*"  # must not count
        if notify:
            self.env["NOTIFY_SOCKET"] = notify
        if watchdog_us:
            self.env["WATCHDOG_USEC"] = str(watchdog_us)
        self.process = None

    def start(self, before=None):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*WRAPPER, OPTOUTD, "-v", "-c", str(self.conf)],
                                            env=self.env, stderr=log, preexec_fn=before,
                                            stdin=subprocess.DEVNULL)
        for _ in range(4000 if WRAPPER else 400):
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


def in_parallel(function, arguments):
    """What it returns or raises for each, in the order in which they were ready."""
    results = queue.Queue()

    def one(argument):
        try:
            results.put(function(argument))
        except Exception as e:  # pylint: disable=broad-except
            results.put([repr(e)])

    threads = [threading.Thread(target=one, args=(a,)) for a in arguments]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return [results.get() for _ in threads]


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
         "\"humans.txt\" is not known; use one of robots.txt|tdmrep.json|ai.txt|well-known/ai.txt|"
         "trust.txt|well-known/trust.txt|well-known/peac.txt|peac.txt\n"),
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
    for wrong in ("Share http://u:s3cret@h", "Share redis://:s3cret@h:99999", "Proxy ftp://u:s3cret@h",
                  "Share redis://u:s3cret@[::1", "Share redis://:s3cret @h", "Sharre redis://:s3cret@h"):
        status, text = check("optoutd." + wrong + "\n")
        ok(status == 2 and "s3cret" not in text, "a password is not repeated: %s" % wrong, text)
    equal(check("optoutd.Nonsense 1\noptoutd.Timeout 5\noptoutd.Proxy x\noptoutd.CaFile /nowhere\n"
                "Timeout 1\n"),
          (2, 'optoutd: FILE:1: Nonsense: unknown directive; see optoutd.conf(5) or `optoutd '
           '--directives`\noptoutd: FILE:3: Proxy: "x" is no URL of an HTTP proxy; write a URL such '
           'as http://127.0.0.1:3129\noptoutd: FILE:4: CaFile: "/nowhere" cannot be read (No such '
           'file or directory); check its name and permissions\noptoutd: FILE:5: Timeout: does not '
           'begin with optoutd.; see optoutd.conf(5) or `optoutd --directives`\n'),
          "--check: all that is wrong")
    equal(check("".join("optoutd.Nonsense%d 1\n" % n for n in range(60)))[1].split("\n")[49:],
          ["optoutd: FILE:50: Nonsense49: unknown directive; see optoutd.conf(5) or `optoutd "
           "--directives`", "optoutd: and 10 more", ""], "--check: more than it shows")
    files = {"empty": "", "blank": "\nsecret\n", "long": "x" * 1024 + "\n",
             "good": "secret\r\nmore\n", "agents": "OneBot\ttrain\t-\t-\t-\n",
             "no-agents": "One Bot Two\n"}
    for name, text in files.items():
        (folder / ("given-" + name)).write_text(text)
    given = str(folder / "given-")
    said = "optoutd: FILE:1: %s: %s; %s\n"
    alone = "put the password alone there, readable by optoutd's user"
    permissions = "check its name and permissions"
    missing = '"%s" cannot be read (No such file or directory)'
    for directive, name, why in [
        ("SharePasswordFile", "good", None),
        ("SharePasswordFile", "empty", ('the first line of "%s" is empty', alone)),
        ("SharePasswordFile", "blank", ('the first line of "%s" is empty', alone)),
        ("SharePasswordFile", "long", ('the first line of "%s" is too long for a password', alone)),
        ("SharePasswordFile", "none", (missing, alone)),
        ("Agents", "agents", None),
        ("Agents", "none", (missing, permissions)),
        ("CaFile", "none", (missing, permissions)),
        ("ShareCaFile", "none", (missing, permissions)),
    ]:
        want = said % (directive, why[0] % (given + name), why[1]) if why else ""
        equal(check("optoutd.%s %s%s\n" % (directive, given, name)), (2 if why else 0, want),
              "--check: %s, %s" % (directive, name))
    status, text = check("optoutd.Agents %sno-agents\n" % given)
    equal((status, text.split(": ")[:3]), (2, ["optoutd", given + "no-agents:1", "Agents"]),
          "--check: agents that are none")
    equal(check("optoutd.Share redis://h:99999\n")[0], 2, "--check: a Redis that cannot be")
    equal(subprocess.run([OPTOUTD, "--nonsense"], capture_output=True).returncode, 2,
          "an unknown option")
    equal(subprocess.run([OPTOUTD, "--check", "-c", "/nowhere"], capture_output=True).returncode,
          2, "a configuration that is not there")


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
    equal(d.ask("late", wait=200), "late", "a slow origin: late, before it answers")
    ok(0.15 < time.monotonic() - begin, "when the wait is over")
    may_answer.set()
    equal(d.ask("late"), "known", "and known afterwards")
    equal(len(requests("late")), len(FILES), "by the same requests")
    begin = time.monotonic()
    equal(d.ask("hangs", wait=30000, agent="SlowBot"), "known", "an origin that never answers")
    took = time.monotonic() - begin
    ok(5 < took, "after Timeout, two at a time", took)
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


def written(d):
    """(transactions, bytes) of the rules: LMDB counts in its two meta pages."""
    if d.process.poll() is None:
        d.status()  # by then it has done what it logged
    data = (d.folder / (d.conf.stem + "-store") / "rules" / "data.mdb").read_bytes()
    return max(struct.unpack_from("<Q", data, at + 144)[0] for at in (0, 4096)), data


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
            return [int(c) for c in f.read().split()]
    except OSError:
        return []


def reading_apart(folder):
    """Who reads documents is another process, which may do next to nothing."""
    d = Tap.daemon = Daemon(folder, "apart", SiteFiles="robots.txt").start()
    equal(d.ask("plain"), "known", "a document is read")
    equal(d.status()["reader"]["read"], 1, "by the reader")
    keeper = children(d.process.pid)
    if not keeper:
        skip("another process", "the kernel tells no children")
        return
    equal(len(keeper), 1, "the daemon has one child")
    reader = children(keeper[0])
    equal(len(reader), 1, "which has one")
    with open("/proc/%d/status" % reader[0], encoding="ascii") as f:
        said = dict(line.split(":", 1) for line in f.read().splitlines())
    filtered = d.status()["reader"]["filtered"]
    equal((said["Seccomp"].strip(), said["NoNewPrivs"].strip()), ("2" if filtered else "0", "1"),
          "under a filter, without new privileges")
    ok(filtered or d.said("without a filter of system calls: this is a build with sanitizers"),
       "or it is said why not")
    with open("/proc/%d/limits" % reader[0], encoding="ascii") as f:
        limits = f.read()
    for what in ("open files", "file size", "processes", "core file size"):
        ok(what == "file size" and not filtered or  # sanitizers report to a file
           re.search(r"Max %s +0 +0 " % what, limits), "no %s" % what, limits)
    fds = os.listdir("/proc/%d/fd" % reader[0])
    equal(sorted(fds, key=int), ["0", "1", "2", "3"], "one descriptor beside those that lead nowhere")
    ok({os.readlink("/proc/%d/fd/%d" % (reader[0], n)) for n in (0, 1)} == {"/dev/null"}, "nowhere")
    with open("/proc/%d/maps" % reader[0], encoding="ascii") as f:
        shared = [line for line in f if re.match(".w.s", line.split()[1])]
    equal(shared, [], "and no memory that it can write and the daemon shares")
    os.kill(reader[0], signal.SIGKILL)
    equal(d.ask("bomb"), "known", "while it is killed, a question is answered")
    equal(d.state("bomb")[0], "published", "right")
    ok(children(keeper[0]) not in ([], reader), "by another reader")
    equal(d.status()["reader"]["died"], 1, "which is counted")
    SITES["mass"] = only_robots(lambda _: robots(b"User-agent: *\nDisallow: /x\n"))
    killer = threading.Thread(target=lambda: [(time.sleep(0.01), [os.kill(r, signal.SIGKILL)
                                               for r in children(keeper[0])]) for _ in range(20)])
    killer.start()
    answers = []
    for n in range(30):
        SITES["killed%d" % n] = SITES["mass"]
        answers.append(d.ask("killed%d" % n, wait=10000))
    killer.join()
    equal(set(answers), {"known"}, "while it is killed again and again, too")
    states = {d.state("killed%d" % n)[0] for n in range(30)}
    ok(states <= {"published", "unparseable"} and "published" in states,
       "never taken for one that publishes nothing", states)
    os.kill(keeper[0], signal.SIGKILL)
    equal(d.process.wait(10), 2, "without its keeper the daemon ends, for its manager to see")
    ok(d.said("keeper of the reader"), "and says so")


def one_write(folder):
    d = Tap.daemon = Daemon(folder, "write", Timeout=60).start()
    begin = written(d)[0]
    equal(d.ask("plain"), "known", "a new origin with all its files")
    equal(written(d)[0] - begin, 1, "is one transaction of the store")
    equal((d.ask("plain"), written(d)[0] - begin), ("known", 1), "and none when it is known")
    equal(d.ask("licensed"), "known", "an origin that names a licence")
    equal(written(d)[0] - begin, 3, "is one, and the licence another")
    name, rule = origin("halting"), b"/halting-rule"
    c = d.client()
    c.s.sendall(encode(ASK, name, "examplebot", AGENT, "1000"))
    ok(once(lambda: d.state("halting")[0] == "published"), "a file is there, another is slow")
    ok(rule not in written(d)[1], "it is not written")
    equal(c.answer()[0][0], "late", "until the wait is over")
    equal((written(d)[0] - begin, rule in written(d)[1]), (4, True), "then it is")
    equal(d.ask("halting", wait=50), "late", "but the origin is not known")
    may_go_on.set()
    equal(d.ask("halting"), "known", "before the slow file is there")
    may_go_on.clear()
    equal(d.client().call(FORGET, name), ["done", ""], "forgotten")
    waiting = d.client()
    waiting.s.sendall(encode(ASK, name, "examplebot", AGENT, "20000"))
    ok(once(lambda: len(requests("halting", "/robots.txt")) == 2 and d.status()["queued"] > 0),
       "asked for again")
    learned = encode(LEARN, "robots.txt", name, name + "/robots.txt", "CrawlBot/1", "200",
                     b"Content-Type: text/plain\r\n", b"User-agent: *\nDisallow: /crawled\n")
    ok(once(lambda: d.log().count("halting.localhost:%d/robots.txt: published" % PORT) == 2),
       "its first file is there")
    d.client().s.sendall(learned)
    ok(once(lambda: d.count("learned") == 1), "a crawler is told something else")
    end = written(d)
    equal(d.stop(), 0, "stops cleanly")
    equal(written(d)[0], end[0], "all was written before, in order of arrival")
    may_go_on.set()
    d.start()
    equal(d.ask("halting"), "known", "after a restart it is asked again")
    equal([r[1] for r in requests("halting")].count("/robots.txt"), 3,
          "also for the token, for the crawler was told something else")
    may_go_on.clear()
    d.client().s.sendall(encode(ASK, origin("half"), "examplebot", AGENT, "20000"))
    ok(once(lambda: d.state("half")[0] == "published"), "an origin of which half is there")
    ok(b"/half-rule" not in written(d)[1], "is not written")
    equal(d.stop(), 0, "stops cleanly")
    ok(b"/half-rule" in written(d)[1], "and the end of the daemon writes it")


def forgetting(folder):
    """What goes while an origin is asked is asked for again, before its end."""
    rules = {"now": b"/first-rule"}

    def says_one_thing(path, _):
        return robots(b"User-agent: *\nDisallow: %s\n" % rules["now"]) \
            if path == "/robots.txt" else may_go_on.wait(60) and None

    def begin(name):
        may_go_on.clear()
        SITES[name] = says_one_thing
        c = d.client()
        c.s.sendall(encode(ASK, origin(name), "examplebot", AGENT, "20000"))
        ok(once(lambda: d.state(name)[0] == "published"), name + ": one file is there")
        return c

    def forget(name):
        equal(d.client().call(FORGET, origin(name)), ["done", ""], name + ": forgotten")

    def ends_known(c, name, asked):
        may_go_on.set()
        equal(c.answer()[0][0], "known", name + ": known in the end")
        equal([len(requests(name, p)) for p in asked], list(asked.values()),
              name + ": what is gone was asked for again")
        before = len(requests(name))
        equal((d.ask(name), len(requests(name))), ("known", before), name + ": and it stays")

    d = Tap.daemon = Daemon(folder, "forget", Timeout=60).start()
    c = begin("held-back")
    rules["now"] = b"/second-rule"
    forget("held-back")
    ends_known(c, "held-back", {"/robots.txt": 2})
    data = written(d)[1]
    equal((b"/first-rule" in data, b"/second-rule" in data), (False, True),
          "as it is said since")
    c = begin("early")
    equal(d.ask("early", wait=50), "late", "early: it was written")
    forget("early")
    ends_known(c, "early", {"/robots.txt": 2})
    name, tdm = origin("found"), "/.well-known/tdmrep.json"
    d.client().s.sendall(encode(LEARN, "tdmrep.json", name, name + tdm, "CrawlBot/1", "200",
                                b"Content-Type: application/json\r\n",
                                b'[{"location": "/", "tdm-reservation": 1}]'))
    ok(once(lambda: d.count("learned") == 1), "found: one file is known")
    c = begin("found")
    equal(len(requests("found", tdm)), 0, "found: and not asked for")
    forget("found")
    ends_known(c, "found", {"/robots.txt": 2, tdm: 1})
    c = begin("vanished")
    equal(d.ask("vanished", wait=50), "late", "vanished: it was written")
    shutil.rmtree(d.folder / "forget-store" / "rules")
    ends_known(c, "vanished", {"/robots.txt": 2})
    equal(d.stop(), 0, "stops cleanly")
    may_go_on.clear()


def held_in_all(folder):
    """What all origins together may hold back is bounded."""
    rules = b"".join(b"Disallow: /%d/*/a\n" % i for i in range(12000))
    names = ["held%d" % i for i in range(1, 41)]
    for name in names:
        SITES[name] = halting(rules)
    d = Tap.daemon = Daemon(folder, "held", Timeout=90, SiteStoreSize="512M").start()
    begin = written(d)[0]
    clients = [d.client() for _ in names]
    for name, c in zip(names, clients):
        c.s.sendall(encode(ASK, origin(name), "examplebot", AGENT, "60000"))
    ok(once(lambda: all(d.state(n)[0] == "published" for n in names), 55), "much is held")
    print("# %d transactions" % (written(d)[0] - begin))
    ok(0 < written(d)[0] - begin < len(names), "some of it is written early")
    may_go_on.set()
    equal({c.answer()[0][0] for c in clients}, {"known"}, "all is known in the end")
    equal(d.stop(), 0, "stops cleanly")
    may_go_on.clear()


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
    for status in ("201", "226", "304", "412", "416", "431", "999"):
        c.s.sendall(encode(LEARN, "robots.txt", name, name + "/robots.txt", "CrawlBot/1", status,
                           b"", b""))
    equal((c.call(STATUS) and d.count("learned")), 1,
          "a range, a failure and what speaks of a request teach nothing")
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
    for name in ("ftp://x", "http://", "http://x/path", "plain", "http://x\r\ny",
                 "http://" + "a" * 4000):
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
    equal(c.answer(), (["known", ""], 77), "byte by byte, with its tag")
    c.s.sendall(encode(STATUS, tag=1) + encode(ASK, origin("plain"), "", "", "1", tag=2) +
                encode(STATUS, tag=3))
    equal([c.answer()[1] for _ in range(3)], [1, 2, 3], "three questions in one piece")


def guarded(folder):
    d = Tap.daemon = Daemon(folder, "guarded", AllowPrivate="off").start()
    before = len(Origin.seen)
    for name in ("http://127.0.0.1:%d" % PORT, "http://[::1]:%d" % PORT, origin("plain"),
                 "http://[::ffff:127.0.0.1]:%d" % PORT, "http://127.1:%d" % PORT,
                 "http://2130706433:%d" % PORT, "http://0x7f000001:%d" % PORT,
                 "http://0177.0.0.1:%d" % PORT,
                 "http://user@127.0.0.1:%d" % PORT, "http://0:%d" % PORT,
                 "http://[64:ff9b::7f00:1]:%d" % PORT):
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


def terms_that_are_over(folder):
    """Nobody asks for them, and they do not hold up what is asked for."""
    d = Daemon(folder, "over", SiteFiles="robots.txt").start()
    equal(subprocess.run([PUT_TERMS, folder / "over-store", origin("over"), "50"]).returncode, 0,
          "a page of terms is put beside the site files")
    time.sleep(0.1)
    equal((d.ask("over"), d.ask("over")), ("known", "known"), "a site whose terms are over")
    equal(len(requests("over")), 1, "is asked for its files alone")
    equal(d.stop(), 0, "stops cleanly")


class Terms:
    """A daemon that is told of pages of terms."""

    def __init__(self, folder, name, **directives):
        self.d = Daemon(folder, name, SiteFiles="robots.txt", **directives).start()

    def tell(self, name, *paths, client=None):
        c = client or self.d.client()
        for path in paths:
            c.s.sendall(encode(TERMS, origin(name) + path, "examplebot", AGENT))
        c.call(STATUS)  # they are taken

    def over(self, name, path, word):
        """What is logged of the page in the end."""
        return once(lambda: self.d.said(r"terms %s: %s" % (re.escape(origin(name) + path), word)))


def asked(name):
    return sorted(r[1] for r in requests(name) if r[1] != "/robots.txt")


def terms(folder):
    off = Terms(folder, "terms-off")
    off.tell("terms-off", "/agb")
    ok(once(lambda: off.d.said("terms not asked for: SiteTerms is off")), "terms: off by default")
    equal((requests("terms-off"), off.d.stop()), ([], 0), "and the origin is asked nothing")

    on = Terms(folder, "terms-on", SiteTerms="on")
    on.tell("terms", "/agb")
    ok(on.over("terms", "/agb", "they reserve"), "terms that are linked are fetched and read")
    equal(requests("terms", "/agb")[0][2].get("User-Agent"), AGENT, "as the crawler")
    on.tell("terms", "/agb", "/agb")
    ok(on.d.said("terms not asked for: what it said holds"), "what they said holds")
    on.tell("terms", "/t1", "/t1", "/t2", "/t3", "/t4")
    ok(on.over("terms", "/t1", "they say nothing") and on.over("terms", "/t2", "they say nothing"),
       "others are, that say nothing")
    on.tell("terms", "/t1", "/t3", "/t5")
    equal(asked("terms"), ["/agb", "/t1", "/t2"], "three of an origin, each once")
    equal((on.d.count("terms_asked"), on.d.count("terms_read")), (3, 3), "they are counted")
    on.d.stop()
    on = Terms(folder, "terms-on", SiteTerms="on")
    on.tell("terms", "/agb", "/t1", "/t6")
    equal(asked("terms"), ["/agb", "/t1", "/t2"],
          "also by the daemon that comes after")

    on.tell("terms-closed", "/private/agb", "/closed/agb")
    ok(on.over("terms-closed", "/private/agb", "robots.txt refuses them"), "robots.txt refuses")
    ok(on.over("terms-closed", "/closed/agb", "they reserve"), "as it does this agent")
    equal(asked("terms-closed"), ["/closed/agb"], "and is obeyed")

    on.tell("terms-moved", "/in", "/out", "/refused")
    ok(on.over("terms-moved", "/in", "they reserve"), "a redirect inside of the origin")
    ok(on.over("terms-moved", "/out", "cannot be read"), "none that leaves it")
    ok(on.over("terms-moved", "/refused", "cannot be read"), "nor to what robots.txt refuses")
    equal((asked("terms-moved"), requests("terms-stranger")),
          (["/agb", "/in", "/out", "/refused"], []), "is followed")

    on.tell("terms-odd", "/plain", "/gzip", "/long")
    ok(on.over("terms-odd", "/plain", "cannot be read"), "only HTML is read")
    ok(on.over("terms-odd", "/gzip", "they reserve"), "coded too")
    ok(on.over("terms-odd", "/long", "cannot be read"), "half a MiB of it: its end says nothing")
    on.tell("terms-odd", "/plain")
    equal(len(requests("terms-odd", "/plain")), 1, "what cannot be read is left alone")

    c = on.d.client()
    for fields in ([], ["x"], ["gopher://x/", "t", "a"], [origin("terms") + "/#x", "t", "a"],
                   [origin("terms") + "/" + "x" * 600, "t", "a"], [origin("terms") + "/a b", "t", "a"],
                   [origin("terms-new") + "/agb", "t" * 65, "a"], ["", "", ""], ["a"] * 8):
        c.s.sendall(encode(TERMS, *fields))
    ok(c.call(STATUS) and not requests("terms-new"), "messages that name no page")
    equal(on.d.stop(), 0, "stops cleanly")

    public = Terms(folder, "terms-public", SiteTerms="on", AllowPrivate="off")
    public.tell("terms-off", "/agb")
    ok(public.over("terms-off", "/agb", "the site is not known"), "no private address is asked")
    equal((requests("terms-off"), public.d.stop()), ([], 0), "not even for robots.txt")


def tls_origin(folder):
    """A server for tls.localhost, and the file of its certificate."""
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    if not os.path.exists(cert):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=tls.localhost", "-addext",
                        "subjectAltName=DNS:tls.localhost", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    secure = Server(("127.0.0.1", 0), Origin)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    SITES["tls"] = only_robots(lambda _: robots())
    return secure, cert


def certificates(folder):
    if not shutil.which("openssl"):
        skip("an https origin", "openssl is missing")
        return
    secure, cert = tls_origin(folder)
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


class Manager:
    """A service manager that is told how the daemon is."""

    def __init__(self, name):
        self.address = "@optout-test-%s-%d" % (name, os.getpid())
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind("\0" + self.address[1:])

    def told(self, seconds=5, what=None):
        """The next state but STATUS and WATCHDOG, or the next one that begins so; "" if none comes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.s.settimeout(left)
            try:
                state = self.s.recv(1000).decode()
            except TimeoutError:
                break
            if state.startswith(what) if what else not state.startswith(("STATUS=", "WATCHDOG=")):
                return state
        return ""


def watchdog(folder):
    manager = Manager("watchdog")
    d = Tap.daemon = Daemon(folder, "watched", notify=manager.address, watchdog_us=600000).start()
    equal([manager.told(2, "WATCHDOG=1") for _ in range(3)], ["WATCHDOG=1"] * 3,
          "WATCHDOG=1 comes, within the time that is asked for")
    store = folder / "watched-store"
    os.rename(store, folder / "elsewhere")
    store.write_text("this is no folder")
    os.truncate(folder / "elsewhere/rules/data.mdb", 0)  # what is mapped is gone too
    ok(once(lambda: d.said("the store cannot be read")), "without a store it says so", d.log())
    while manager.told(0.05, "WATCHDOG"):
        pass
    equal(manager.told(1, "WATCHDOG"), "", "and WATCHDOG=1 comes no more")
    equal(d.stop(), 0, "stops cleanly all the same")
    store.unlink()
    d.start()
    equal(manager.told(5, "WATCHDOG"), "WATCHDOG=1", "after a restart there is one, and all is well")
    equal(d.stop(), 0, "stops cleanly")
    d.env["WATCHDOG_PID"] = "1"
    d.start()
    equal(manager.told(1, "WATCHDOG"), "", "no WATCHDOG=1 of a process that was not meant")
    d.stop()


def stop_under_load(folder):
    """Nobody who waits keeps the daemon: a service manager waits for it, and so does an upgrade."""
    raw = Raw(lambda _: time.sleep(60))
    d = Tap.daemon = Daemon(folder, "loaded", SiteFiles="robots.txt", Timeout=60).start()
    clients = [d.client() for _ in range(1000)]
    for i, c in enumerate(clients):
        c.s.sendall(encode(ASK, "http://w%d.localhost:%d" % (i, raw.port), "examplebot", AGENT, "20000"))
    ok(once(lambda: d.status()["waiting"] == 1000, 20), "1,000 questions wait", d.status())
    begin = time.monotonic()
    status, took = d.stop(), time.monotonic() - begin
    ok(status == 0 and took < 5, "SIGTERM: a clean stop within 5 s", (status, took))
    equal({c.answer()[0][0] for c in clients}, {"late"}, "each of those who waited is told")
    raw.s.close()


def life(folder):
    manager = Manager("life")
    d = Tap.daemon = Daemon(folder, "life", notify=manager.address, Timeout=60).start()
    equal(manager.told(), "READY=1", "READY=1")
    mode = os.stat(d.socket).st_mode & 0o777
    equal(mode, 0o660, "the mode of the socket")
    d.ask("plain")
    second = subprocess.run([OPTOUTD, "-c", str(d.conf)], capture_output=True, text=True)
    ok(second.returncode == 2 and "another optoutd listens" in second.stderr,
       "it does not start twice", second)
    d.process.send_signal(signal.SIGHUP)
    ok(once(lambda: len(re.findall("agents from", d.log())) == 2), "SIGHUP reads the agents again")
    reloading = manager.told()
    ok(re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", reloading), "RELOADING=1", reloading)
    equal(manager.told(), "READY=1", "READY=1 when it is done")
    before = len(requests("plain"))
    waiting = d.client()
    waiting.s.sendall(encode(ASK, origin("hangs"), "examplebot", AGENT, "20000"))
    ok(once(lambda: d.status()["fetching"] == 2), "while it fetches")
    equal(d.stop(), 0, "SIGTERM: a clean stop, long before Timeout")
    equal(waiting.answer()[0][0], "late", "who waited is told")
    equal(manager.told(), "STOPPING=1", "STOPPING=1")
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


class Raw:
    """An origin that says what a function makes of its connection."""

    def __init__(self, function):
        self.function, self.s = function, socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.s.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer = self.s.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            with peer:
                while b"\r\n\r\n" not in peer.recv(65536):
                    pass
                self.function(peer.sendall)
        except OSError:
            pass

    def url(self, name="raw"):
        return "http://%s.localhost:%d" % (name, self.port)


def endless(begin, piece, pause=0):
    def say(send):
        send(begin)
        while True:
            send(piece)
            time.sleep(pause)
    return say


def redirect(to):
    return lambda send: send(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to +
                             b"\r\n\r\n")


def coded(coding, body):
    return lambda send: send(b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n"
                             b"\r\n%s" % (coding, len(body), body))


def packed(how, keep):
    """A robots.txt whose coded bytes end early; Content-Length says what is sent."""
    text = b"User-agent: *\nAllow: /a\n" + b"# %d\n" % os.getpid() * 40 + b"Disallow: /b\n"
    data = how(text)
    return data[:int(len(data) * keep)]


def deflated(text, wbits=15):
    z = zlib.compressobj(wbits=wbits)
    return z.compress(text) + z.flush()


def said(*lines):
    """A head of these lines and a body that the end of the connection ends."""
    return lambda send: send(b"\r\n".join((*lines, b"", b"User-agent: *\nDisallow: /z\n")))


HEAD, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HOSTILE = {
    "a byte a second": (endless(b"", b"H", 1), "unreachable", 0),
    "a body of a byte a second": (endless(HEAD + b"\r\n", b"#", 1), "unreachable", 0),
    "a head line of 1 MiB": (endless(HEAD + b"X: ", b"a" * 65536), "unreachable", 0),
    "head lines without end": (endless(HEAD, b"X: a\r\n" * 100), "unreachable", 0),
    "interim answers without end": (endless(b"", b"HTTP/1.1 103 Hints\r\n\r\n" * 100),
                                    "unreachable", 0),
    "trailers without end": (endless(CHUNKED + b"1\r\n#\r\n0\r\n", b"X: a\r\n" * 100),
                             "unreachable", 0),
    "chunks without end": (endless(CHUNKED, b"1\r\n#\r\n" * 1000), "published", 200),
    "a body without end": (endless(HEAD + b"\r\n", b"#" * 65536), "published", 200),
    "gzip in gzip, 50 MiB": (coded(b"gzip, gzip", gzip.compress(bomb)), "published", 200),
    "broken gzip": (coded(b"gzip", b"\x1f\x8b" + b"z" * 30), "unreachable", 0),
    "a name that is no coding": (coded(b"utf-8", b"User-agent: *\n"), "published", 200),
    "a coding that is not undone": (coded(b"compress", b"\x1f\x9d\x90" + bytes(range(64, 200))),
                                    "unreachable", 0),
    "gzip that nobody named": (coded(b"none", gzip.compress(b"User-agent: *\n")), "published", 200),
    "half a gzip that nobody named": (coded(b"none", packed(gzip.compress, 0.5)), "unreachable", 0),
    "whole gzip": (coded(b"gzip", packed(gzip.compress, 1)), "published", 200),
    "half a gzip": (coded(b"gzip", packed(gzip.compress, 0.5)), "unreachable", 0),
    "gzip without its sums": (coded(b"x-gzip", packed(lambda t: gzip.compress(t)[:-8], 1)),
                              "unreachable", 0),
    "half a gzip in gzip": (coded(b"gzip, gzip", gzip.compress(packed(gzip.compress, 0.5))),
                            "unreachable", 0),
    "whole deflate": (coded(b"deflate", packed(deflated, 1)), "published", 200),
    "half a deflate": (coded(b"deflate", packed(deflated, 0.5)), "unreachable", 0),
    "half a raw deflate": (coded(b"deflate", packed(lambda t: deflated(t, -15), 0.5)),
                           "unreachable", 0),
    "whole br": (coded(b"br", bytes.fromhex("0b0780") + b"User-agent: *\n#" + b"\x03"),
                 "published", 200),
    "half a br": (coded(b"br", bytes.fromhex("0b0780") + b"User-agent: *\n#"), "unreachable", 0),
    "half a zstd": (coded(b"zstd", b"\x28\xb5\x2f\xfd\x00\x58\x70\x00\x00User-agent: *\n"),
                    "unreachable", 0),
    "chunks without the last": (lambda send: send(CHUNKED + b"e\r\nUser-agent: *\n\r\n"),
                                "unreachable", 0),
    "half a chunk": (lambda send: send(CHUNKED + b"1e\r\nUser-agent: *\n\r\n"),
                     "unreachable", 0),
    "no length, HTTP/1.0": (said(b"HTTP/1.0 200 OK", b""), "published", 200),
    "no length, but a close": (said(b"HTTP/1.1 200 OK", b"Connection: close", b""),
                               "published", 200),
    "neither length nor close": (said(b"HTTP/1.1 200 OK", b""), "unreachable", 0),
    "nothing at all behind a head": (lambda send: send(HEAD + b"\r\n"), "unreachable", 0),
    "a corrupt error": (lambda send: send(b"HTTP/1.1 404 No\r\nContent-Encoding: gzip\r\n"
                                          b"Content-Length: 2\r\n\r\nno"), "none", 404),
    "half a body": (lambda send: send(HEAD + b"Content-Length: 99\r\n\r\nUser-agent: *"),
                    "unreachable", 0),
    "no head": (lambda send: send(b"User-agent: *\nDisallow: /\n"), "unreachable", 0),
    "to file:": (redirect(b"file:///etc/hostname"), "none", 302),
    "to dict:": (redirect(b"dict://127.0.0.1:11/x"), "none", 302),
    "to a password": (redirect(b"http://user:word@plain.localhost:%d/robots.txt" % PORT),
                      "unreachable", 0),
    "to no URL": (redirect(b"http://[::1"), "unreachable", 0),
    "to a long URL": (redirect(b"/" + b"a" * 20000), "none", 302),
}


def hostile_origins(folder):
    d = Tap.daemon = Daemon(folder, "hostile", SiteFiles="robots.txt", Retry=60).start()
    raws = {name: Raw(how[0]) for name, how in HOSTILE.items()}
    equal(in_parallel(lambda r: d.client().ask(r.url()), raws.values()), ["known"] * len(raws),
          "origins that mean ill: all are answered within the wait")
    log = d.log()
    for name, (_, state, status) in HOSTILE.items():
        place = "%d/(?:robots.txt|a{20000})" % raws[name].port
        if name in ("to a password", "to no URL"):
            place = r"user:word@\S*" if "password" in name else r"http://\[::1"
        ok(re.search(r"%s: %s, %d, " % (place, state, status), log), "%s: %s" % (name, state))
    ok("root" not in log.replace("running as root", "") and d.count("fetched") == len(HOSTILE),
       "nothing else was read", d.status())
    with open("/proc/%d/stat" % d.process.pid, encoding="ascii") as f:
        cpu = sum(map(int, f.read().rpartition(") ")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    ok(cpu < 1.5 or WRAPPER, "without much work", cpu)
    for url, want in (("http://user:word@plain.localhost:%d" % PORT, "refused"),
                      ("http://b\u00fccher.localhost:%d" % PORT, "refused"),
                      ("http://xn--bcher-kva.localhost:%d" % PORT, "known"),
                      ("http://plain.localhost:65536", "refused")):
        equal(d.client().ask(url), want, "%s: %s" % (url.split(":%d" % PORT)[0], want))
    equal(d.stop(), 0, "stops cleanly")
    for r in raws.values():
        r.s.close()


def many_clients(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 3000:
        skip("2,000 idle connections", "too few descriptors")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    d = Tap.daemon = Daemon(folder, "idle", SiteFiles="robots.txt",
                            Timeout=30).start()
    clients = [d.client() for _ in range(2000)]
    equal(d.ask("plain"), "known", "beside 2,000 idle connections")
    equal({c.ask(origin("plain")) for c in clients}, {"known"}, "each of which is answered")
    name, body = origin("learned"), b"User-agent: *\nDisallow: /%s\n" % (b"x" * 200)
    body = (body * 6000)[:1 << 20]
    for size in ((1 << 20) - 1, 1 << 20):
        clients[0].s.sendall(encode(LEARN, "robots.txt", name, name + "/robots.txt", "C/1", "200",
                                    b"", body[:size]))
        ok(once(lambda: d.log().count("learned.localhost:%d/robots.txt: published" % PORT) ==
                size - (1 << 20) + 2), "a message with %d bytes" % size)
    half = encode(LEARN, "robots.txt", name, name + "/robots.txt", "C/1", "200", b"", body)[:-1]

    def hold(c):
        try:
            c.s.sendall(half)
            return True
        except OSError:
            return False

    held = in_parallel(hold, clients[:150])
    equal(d.ask("plain"), "known", "while many hold half a message")
    ok(any(held) and not all(held), "of which only so many are kept", held.count(True))
    for c in clients:
        c.s.close()
    ok(once(lambda: d.status()["connections"] == 1), "connections are gone")
    raw = Raw(lambda _: time.sleep(60))
    clients = [d.client() for _ in range(20)]

    def ask_many(k):
        return [clients[k].ask("http://m%d.localhost:%d" % (i, raw.port), wait=0)
                for i in range(k, 10100, 20)]

    said = sum(in_parallel(ask_many, range(20)), [])
    equal((said.count("late"), said.count("refused")), (10000, 100),
          "10,100 origins that do not answer")
    equal(clients[0].ask(origin("plain")), "known", "what is known is answered meanwhile")
    equal(d.stop(), 0, "stops cleanly, at once")
    raw.s.close()


def few_descriptors(folder):
    if WRAPPER:
        skip("64 descriptors", "the wrapper needs some itself")
        return
    d = Tap.daemon = Daemon(folder, "few", SiteFiles="robots.txt")
    d.start(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    ok(d.said("Descriptors: 64 are allowed; 6 fetches at a time instead of 256"), "64 descriptors")
    SITES.update({"few%d" % i: slow(0.1) for i in range(60)})
    clients = [d.client() for _ in range(12)]

    def ask_some(k):
        return [clients[k].ask(origin("few%d" % i)) for i in range(k, 60, 12)]

    equal(sum(in_parallel(ask_some, range(12)), []), ["known"] * 60, "suffice")
    equal(d.log().count(": none, 404,"), 60, "nothing failed for want of them")
    more = [d.client() for _ in range(60)]
    ok(once(lambda: clients[0].call(STATUS) and json.loads(clients[0].call(STATUS)[0])
            ["connections"] <= 16), "so many askers and no more")
    equal(clients[0].ask(origin("few-more")), "known", "who are heard")
    del more
    equal(d.stop(), 0, "stops cleanly")


def full_disk(folder):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (512 << 10, 512 << 10))

    d = Tap.daemon = Daemon(folder, "full", SiteFiles="robots.txt")
    d.start(limit)
    lines = b"".join(b"Disallow: /%d\n" % i for i in range(500))
    said, last = "known", ""
    for i in range(100):
        last = "full%d" % i
        SITES[last] = only_robots(lambda _: robots(b"User-agent: *\n" + lines))
        said = d.ask(last)
        if said != "known":
            break
    equal(said, "error", "a full disk: what cannot be kept is not known")
    equal((d.ask(last), len(requests(last))), ("error", 1), "the origin is spared for a while")
    ok(d.said("could not be stored: the disk refused"), "the log says why")
    equal(d.ask("full0"), "known", "what was kept is known")
    equal(d.stop(), 0, "stops cleanly")


def removed(d):
    """Begun early, because the daemon looks now and then only."""
    half = d.client()
    half.s.sendall(encode(STATUS)[:10])
    os.unlink(d.socket)
    shutil.rmtree(d.folder / "removed-store")
    begin = time.monotonic()

    def check():
        Tap.daemon = d
        ok(once(lambda: os.path.exists(d.socket), 12 - (time.monotonic() - begin)),
           "a socket that was removed is made again")
        equal((d.ask("gzip"), d.ask("gzip")), ("known", "known"), "and answers")
        equal(len(list((d.folder / "removed-store").iterdir())) > 0, True,
              "a store that was removed is made again")
        half.s.settimeout(12)
        try:
            equal(half.s.recv(1), b"", "who does not finish a message is cut off")
        except ConnectionResetError:
            ok(True, "who does not finish a message is cut off")
        except TimeoutError:
            ok(False, "who does not finish a message is cut off")
        os.unlink(d.socket)
        other = socket.socket(socket.AF_UNIX)
        other.bind(d.socket)
        equal(d.stop(), 0, "stops cleanly")
        ok(os.path.exists(d.socket), "and leaves a socket that is not its own")
        other.close()

    return check


def catalogue(folder):
    """Another catalogue of agents: what was compiled with the old one is got whole."""
    agents = folder / "agents.tsv"

    def write(*rows):
        agents.write_text("".join("%s\ttrain\t-\t-\t-\n" % r for r in rows))

    def asked(d, name):
        d.ask(name)
        return requests(name)[-1][2].get("If-None-Match")

    def reload(d):
        before = d.log().count("agents from")
        d.process.send_signal(signal.SIGHUP)
        once(lambda: d.log().count("agents from") > before)

    SITES.update({"etag%d" % i: only_robots(with_etag) for i in range(3)})
    SITES["etag-slow"] = only_robots(lambda head: time.sleep(0.4) or with_etag(head))
    write("OneBot")
    d = Tap.daemon = Daemon(folder, "agents", FreshnessFloor=1, FreshnessCeiling=1, Agents=agents,
                            SiteFiles="robots.txt").start()
    for i in range(3):
        d.ask("etag%d" % i)
    time.sleep(1.05)
    equal(asked(d, "etag0"), '"a"', "agents: confirmed while they stay")
    reload(d)
    equal(asked(d, "etag1"), '"a"', "agents: read again, and the same")
    write("OneBot", "OtherBot")
    reload(d)
    equal((asked(d, "etag2"), d.state("etag2")[1]), (None, 200),
          "agents: others, so a file is got whole")
    d.stop()
    d.start()
    time.sleep(1.05)
    equal(asked(d, "etag2"), '"a"', "agents: and confirmed from then on, also after a restart")
    d.stop()
    write("OneBot")
    d.start()
    equal(asked(d, "etag0"), None, "agents: others after a restart")
    d.ask("etag-slow")
    agents.write_text("broken\n")
    d.process.send_signal(signal.SIGHUP)
    ok(once(lambda: d.said("the agents that were in force stay")), "agents: wrong ones are refused")
    time.sleep(1.05)
    equal(asked(d, "etag0"), '"a"', "agents: and change nothing")
    write("ThirdBot")
    c = d.client()
    c.s.sendall(encode(ASK, origin("etag-slow"), "", "", "5000"))
    once(lambda: len(requests("etag-slow")) == 2)
    reload(d)
    equal(c.answer()[0][0], "known", "agents: others while a file is asked for")
    equal([r[2].get("If-None-Match") for r in requests("etag-slow")], [None, '"a"', None],
          "agents: so it is asked for once more")
    equal(d.stop(), 0, "stops cleanly")


SQUID_CONF = """\
http_port 127.0.0.1:{port}
hosts_file {folder}/squid-hosts
pid_filename {folder}/squid.pid
cache_log {folder}/squid-cache.log
access_log stdio:{folder}/squid-access.log squid
coredump_dir {folder}
visible_hostname proxy.test
cache deny all
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
acl denied dstdomain denied.localhost
http_access deny denied
http_access allow localhost
http_access deny all
"""


def through_squid(folder):
    squid = shutil.which("squid") or shutil.which("squid", path="/usr/sbin")
    if not squid or not shutil.which("openssl"):
        skip("https through Squid", "squid or openssl is missing")
        return
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    place = folder / "squid"
    place.mkdir()
    for path in (folder, place):
        os.chmod(path, 0o777)  # Squid leaves root
    (place / "squid-hosts").write_text("127.0.0.1 tls.localhost plain.localhost\n")
    (place / "squid.conf").write_text(SQUID_CONF.format(port=port, folder=place))
    secure, cert = tls_origin(folder)
    with open(place / "squid.out", "wb") as out:
        proxy = subprocess.Popen([squid, "-N", "-n", "optoutd%d" % port, "-f",
                                  str(place / "squid.conf")], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out, start_new_session=True)
    try:
        once(lambda: can_connect(port) or proxy.poll() is not None, 15)
        up = proxy.poll() is None and can_connect(port)
        ok(up, "Squid comes up", (place / "squid.out").read_text(errors="replace"))
        if not up:
            return
        where = "http://127.0.0.1:%d" % port
        d = Tap.daemon = Daemon(folder, "squid", Proxy=where, CaFile=cert,
                                SiteFiles="robots.txt ai.txt").start()
        name = "https://tls.localhost:%d" % secure.server_port
        before = len(requests("tls"))
        equal((d.client().ask(name), d.state("tls")), ("known", ("published", 200, 86400)),
              "https through Squid")
        log = place / "squid-access.log"
        tunnels = "CONNECT tls.localhost:%d" % secure.server_port
        equal(len(requests("tls")) - before, 2, "both files came from the origin")
        equal((d.ask("plain"), d.state("plain")[:2]), ("known", ("published", 200)),
              "http through Squid")
        equal((d.client().ask("https://denied.localhost"), d.state("denied")[:2]),
              ("known", ("unreachable", 0)), "a tunnel that Squid forbids is no answer")
        equal((d.client().ask("http://denied.localhost"), d.state("http://denied.localhost")[:2]),
              ("known", ("unreachable", 0)), "nor is its page")
        equal(d.stop(), 0, "stops cleanly")
        ok(once(lambda: tunnels in log.read_text()), "through a tunnel", log.read_text())
        d = Tap.daemon = Daemon(folder, "squid2", Proxy=where, SiteFiles="robots.txt").start()
        equal((d.client().ask(name), d.state("tls")[:2]), ("known", ("unreachable", 0)),
              "https through Squid, a certificate that nobody vouches for")
        equal(d.stop(), 0, "stops cleanly")
    finally:
        proxy.terminate()
        try:
            proxy.wait(5)
        except subprocess.TimeoutExpired:
            proxy.kill()
        secure.shutdown()


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Redis:
    """A server on a socket of its own, and a client of it."""

    def __init__(self, folder):
        self.path = str(folder / "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "",
             "--dir", str(folder)], stdout=subprocess.DEVNULL)
        once(lambda: os.path.exists(self.path))

    def call(self, *words):
        words = [w.encode() if isinstance(w, str) else w for w in words]
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.path)
            s.sendall(b"*%d\r\n" % len(words) +
                      b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            return s.recv(65536)

    def end(self):
        self.process.kill()
        self.process.wait()


def fleet(folder):
    if not shutil.which("redis-server"):
        skip("two nodes share one fetch", "redis-server is missing")
        return
    redis = Redis(folder)
    try:
        share = {"Share": "unix:" + redis.path, "SiteFiles": "robots.txt", "ShareLease": 1}
        nodes = [Daemon(folder, name, **share).start() for name in ("one", "two", "three")]
        one, two, three = nodes
        Tap.daemon = two
        ok(once(lambda: all(n.status()["share"]["connected"] for n in nodes)),
           "the nodes are connected")
        SITES["fleet"] = only_robots(lambda _: time.sleep(0.5) or robots())
        equal(in_parallel(lambda n: n.ask("fleet"), (one, two)), ["known"] * 2,
              "two nodes ask for one origin")
        equal(len(requests("fleet")), 1, "which is asked once")
        equal(one.count("shared") + two.count("shared"), 1, "one took what the other got")
        equal(one.client().call(FORGET, origin("fleet"))[0], "done", "one node forgets")
        ok(once(lambda: two.ask("fleet") == "known" and len(requests("fleet")) == 2),
           "and the other asks again")
        forgotten_tokens(redis, one, two)
        late_messages(redis, three)
        dead_holder(one, (two, three))
        redis.process.terminate()
        redis.process.wait()
        equal(two.ask("plain"), "known", "without Redis each goes on alone")
        equal((two.stop(), three.stop()), (0, 0), "stop cleanly")
    finally:
        redis.end()


class Sights:
    """Nodes, one Redis, and an origin with a page of terms and one with images."""

    def __init__(self, folder, redis):
        self.redis, self.origin = redis, origin("sights")
        self.nodes = {name: Daemon(folder, name, Share="unix:" + redis.path, ShareImages=1000,
                                   SiteFiles="robots.txt") for name in ("s1", "s2", "s3")}
        digest = hashlib.sha256((self.origin + "/p").encode()).digest()
        self.page = digest[:16] + digest[19:15:-1]
        self.keys = {"terms": "terms:" + self.origin, "images": "images:" + self.page.hex()}

    def start(self, *names):
        for name in names:
            self.nodes[name].start()
        once(lambda: all(self.nodes[name].status()["share"]["connected"] for name in names))
        time.sleep(0.5)  # they greet each other

    def stop(self, *names):
        return {self.nodes[name].stop() for name in names}

    def store(self, name, *words):
        return subprocess.run([PUT_TERMS, self.nodes[name].folder / (name + "-store"), self.origin,
                               *map(str, words)], stdout=subprocess.PIPE, text=True).stdout

    def sentences(self, name):
        return int(self.store(name).split()[0])

    def tell(self, name, verb, *fields):
        self.nodes[name].client().s.sendall(encode(verb, *fields))

    def terms(self, name, ago, *silent):
        self.store(name, 86400000, ago, *silent)
        self.tell(name, TERMS_READ, self.origin, self.origin + "/agb")

    def images(self, name, ago, silent=False):
        """By module/verdict/joins.c."""
        read = int((time.time() - ago) * 1000)
        text = lambda s, size=1: len(s).to_bytes(size, "big") + s.encode()
        statement = text("robots-meta") + text("html") + bytes([2, 0, 0, 2]) + b"\6\0\0\3\0\0\0" \
            + bytes(8) + text("") + text("robots") + text("noimageai") + text("") + text("")
        self.tell(name, IMAGES, b"\1\1" + struct.pack(">QQ", read, read + 86400000) + self.page
                  + b"0" * 26 + (b"\0\0" if silent else b"\1\1") + text(self.origin + "/p", 2)
                  + (b"" if silent else statement) + b"\0\0")

    def value(self, what):
        return self.redis.call("GET", "optout:1:doc:" + self.keys[what]).partition(b"\r\n")[2][:-2]

    def put(self, what, value, ago=60):
        """What a node that was away, or a Redis that has lost something, brings back."""
        self.redis.call("SET", "optout:1:doc:" + self.keys[what], value, "PX", "600000")
        self.redis.call("PUBLISH", "optout:1:changed", "%d@0123456789abcdef:x %s"
                        % ((time.time() - ago) * 1000, self.keys[what]))


def comes_not_back(s, what, old, new, when):
    s.put(what, old)
    ok(once(lambda: s.value(what) == new), "%s, %s: the newer takes its place" % (what, when),
       (s.value(what), new))
    if what == "terms":
        ok(once(lambda: {s.sentences(name) for name in s.nodes} == {0}), "and it counts nowhere")


def sights(folder):
    """What was read last counts, whoever still has what was read before."""
    if not shutil.which("redis-server"):
        skip("the newer sight counts", "redis-server is missing")
        return
    (folder / "sights").mkdir()
    redis = Redis(folder / "sights")
    try:
        s = Sights(folder, redis)
        s.start("s1", "s2", "s3")
        Tap.daemon = s.nodes["s2"]
        s.terms("s1", 60000)
        s.images("s1", 60)
        ok(once(lambda: {s.sentences(name) for name in s.nodes} == {1}), "terms are known to all nodes")
        ok(once(lambda: s.value("images")), "and images to Redis")
        old = {what: s.value(what) for what in s.keys}
        s.stop("s3")
        s.terms("s1", 0, "silent")
        s.images("s1", 0, True)
        ok(once(lambda: s.sentences("s2") == 0 and all(s.value(w) not in (b"", old[w]) for w in s.keys)),
           "they are withdrawn")
        new = {what: s.value(what) for what in s.keys}
        s.start("s3")  # which was away
        for what in s.keys:
            comes_not_back(s, what, old[what], new[what], "an older value")
        s.stop("s1", "s2", "s3")
        s.start("s1", "s2", "s3")  # what they have told is not known any more
        for what in s.keys:
            comes_not_back(s, what, old[what], new[what], "after a restart")
        s.stop("s1", "s2")
        for what in s.keys:
            s.put(what, old[what])
        time.sleep(0.05)
        equal(s.stop("s3"), {0}, "a node that is about to tell is stopped")
        for what in s.keys:
            equal(s.value(what), new[what], "and has told: " + what)
        s.start("s1")
        redis.process.send_signal(signal.SIGSTOP)
        s.images("s1", -1)
        time.sleep(0.1)
        begun = time.monotonic()
        equal((s.stop("s1"), time.monotonic() - begun < 4), ({0}, True), "Redis does not answer: it stops")
        ok(s.nodes["s1"].said("other nodes are not told of all"), "and says so")
    finally:
        redis.process.send_signal(signal.SIGCONT)
        redis.end()


def password(folder):
    """The password of Redis out of a file, for the default user and for another."""
    if not shutil.which("redis-server"):
        skip("SharePasswordFile", "redis-server is missing")
        return
    redis = Redis(folder)
    secret = folder / "redis.password"
    try:
        redis.call("ACL", "SETUSER", "fleet", "on", ">fleet's s3cret", "~*", "&*", "+@all")
        redis.call("CONFIG", "SET", "requirepass", "right-s3cret")
        for name, text, more in (("default", "right-s3cret\n", {}), ("no-newline", "right-s3cret", {}),
                                 ("user", "fleet's s3cret\r\nnot this\n", {"ShareUser": "fleet"}),
                                 ("wrong", "wrong-s3cret\n", {})):
            secret.write_text(text)
            d = Tap.daemon = Daemon(folder, "pw-" + name, Share="unix:" + redis.path,
                                    SharePasswordFile=secret, SiteFiles="robots.txt", **more)
            d.start()
            ok(once(lambda: d.status()["share"]["connected"] != (name == "wrong") and
                    (name != "wrong" or "WRONGPASS" in d.log())), "SharePasswordFile: " + name)
            said = d.log() + json.dumps(d.status())
            for what in ("cmdline", "environ"):
                with open("/proc/%d/%s" % (d.process.pid, what), encoding="latin-1") as f:
                    said += f.read()
            ok("s3cret" not in said,
               "its password is in neither log, status, arguments nor environment", said)
            equal(d.stop(), 0, "stops cleanly")
    finally:
        redis.end()


def late_messages(redis, node):
    """What was published may be told of after it was taken."""
    key = "robots.txt:" + origin("fleet")
    value = redis.call("GET", "optout:1:doc:" + key).partition(b"\r\n")[2]
    fetched, = struct.unpack(">Q", value[11:19])
    equal(node.ask("fleet"), "known", "a third node takes the shared answer")
    equal((node.count("shared"), len(requests("fleet"))), (1, 2), "which costs no request")
    redis.call("DEL", "optout:1:doc:" + key)

    def asked_after(begin):
        redis.call("PUBLISH", "optout:1:changed", "%s0123456789abcdef:x %s" % (begin, key))
        redis.call("DEL", "optout:1:doc:" + key)
        time.sleep(0.2)
        before = len(requests("fleet"))
        node.ask("fleet")
        return len(requests("fleet")) - before

    equal(asked_after("%d@" % fetched), 0, "told of it afterwards, it keeps its copy")
    equal(asked_after("%d@" % (fetched - 1000)), 0, "told of an older one, too")
    equal(asked_after("%d@" % (time.time() * 1000 + 5000)), 1,
          "told of a newer one, it asks again")
    equal(asked_after(""), 1, "told of one that was forgotten, too")


def forgotten_tokens(redis, node, other):
    SITES["masks"] = site_of_two_faces
    for token, agent in (("examplebot", AGENT), ("other", "Another/2"), ("third", "Third/33")):
        equal(node.ask("masks", token=token, agent=agent), "known", "a site that varies by agent")
    keys = b"optout:1:doc:*masks*"
    equal(other.ask("masks", token="fourth", agent="Fourth/444"), "known",
          "another node asks for a token of its own")
    equal(redis.call("KEYS", keys).count(b"robots.txt:"), 4, "which is not told another's answer")
    equal(node.client().call(FORGET, origin("masks"))[0], "done", "forgotten")
    ok(once(lambda: redis.call("KEYS", keys) == b"*0\r\n"), "for all of them")
    before = len(requests("masks"))
    equal(other.ask("masks", token="fourth", agent="Fourth/444"), "known", "the other node asks")
    ok(len(requests("masks")) > before and
       requests("masks")[-1][2]["User-Agent"] == "Fourth/444", "the origin again")


def dead_holder(first, others):
    """A node dies while it fetches: one of the others takes over, not all of them."""
    c = first.client()
    c.s.sendall(encode(ASK, origin("dying"), "", "", "9000"))
    once(lambda: len(requests("dying")) == 1)
    killer = threading.Timer(0.3, first.process.kill)
    killer.start()
    equal(in_parallel(lambda n: n.ask("dying"), others), ["known"] * 2,
          "a node dies while it fetches: the others are answered")
    equal(len(requests("dying")), 2, "and one of them fetched for both")
    first.process.wait()


def refreshing(folder):
    """optout site fetch --older, of one origin and of all in the store."""
    d = Tap.daemon = Daemon(folder, "refresh", HostConnections=8, Concurrency=32).start()
    tool = os.path.join(os.path.dirname(OPTOUTD), "optout")

    def fetch(*arguments):
        p = subprocess.run([tool, "site", "fetch", "--store", str(folder / "refresh-store"), "--socket", d.socket,
                            *arguments], capture_output=True, text=True, timeout=60, env=d.env)
        return p.returncode, p.stdout, p.stderr

    names = ["etag", "plain", "licensed", "broken"]
    for name in names:
        d.ask(name)
    d.ask("faces", token="other", agent="Another/2")
    d.ask("faces")

    def counts():
        return {n: len(requests(n, "/robots.txt")) for n in names + ["faces"]}

    before = counts()
    equal(fetch("--all", "--older", "1h")[:2], (0, "0 of 0 origins are known anew, in 0 s\n"),
          "refresh: what is young is left alone")
    equal(counts(), before, "refresh: nobody was asked")
    time.sleep(1.1)
    status, out, err = fetch("--all", "--older", "1s", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    equal((status, sorted(line["origin"] for line in lines if "token" not in line)),
          (0, sorted(origin(n) for n in names + ["faces"])), "refresh: each origin is asked for")
    ok(all(line["answer"] == "known" and line["age_s"] >= 1 for line in lines), "refresh: and known", out)
    # The token's own copy counts for itself; what is got for all may be got for it.
    after = counts()
    ok(all(after[n] > before[n] for n in names), "refresh: the origins were asked", (before, after))
    ok([r[2].get("User-Agent") for r in requests("faces", "/robots.txt")][-1] in (AGENT, "Another/2"),
       "refresh: by the name that they were asked by before")
    equal([r[2].get("If-None-Match") for r in requests("etag", "/robots.txt")][-1], '"a"',
          "refresh: with a condition, where there is one")
    ok(len(requests("licensed", "/l.xml")) >= 2, "refresh: licences with the origin that names them")
    equal(d.state("plain")[0], "published", "refresh: it holds as before")
    before = counts()
    equal(fetch("--older", "1h", origin("plain"))[0], 0, "refresh: one origin that is young")
    equal(counts(), before, "refresh: is not asked")
    time.sleep(1.1)
    equal(fetch("--older", "1s", origin("plain"))[0], 0, "refresh: one that is old")
    equal(counts()["plain"], before["plain"] + 1, "refresh: is")
    before = counts()
    equal(fetch("--all", "--older", "1s", origin("etag"))[0], 0, "refresh: a prefix")
    equal({n: counts()[n] - before[n] for n in names}, {n: int(n == "etag") for n in names},
          "refresh: and nothing else")
    flaky["up"] = True
    d.ask("flaky")
    flaky["up"] = False
    slow_ones = ["slow%d" % n for n in range(4)]
    for n in slow_ones:
        SITES[n] = only_robots(lambda _: robots())
        d.ask(n)
    for n in slow_ones:
        SITES[n] = lambda path, _: time.sleep(0.4) or (robots() if path == "/robots.txt" else None)
    time.sleep(1.1)
    equal(fetch("--all", "--older", "1s", origin("flaky"))[0], 0, "refresh: an origin that is down")
    equal(d.client().ask(origin("flaky")), "known", "refresh: keeps what held")
    flaky["up"] = True
    for wrong in (["--all", "--older", "6"], ["--all", "--older", "6y"], ["--all", "--older", "99999999d"],
                  ["--all", "-j", "0"], ["--all", "example.com"]):
        equal(fetch(*wrong)[0], 2, "refresh: refused: " + " ".join(wrong))
    p = subprocess.Popen([tool, "site", "fetch", "--all", "--older", "1s", "-j", "1", "--store",
                          str(folder / "refresh-store"), "--socket", d.socket, origin("slow")[:-len(".localhost:%d" % PORT)]],
                         stdout=subprocess.PIPE, text=True, env=d.env)
    ok(once(lambda: any(len(requests(n, "/robots.txt")) > 1 for n in slow_ones)), "refresh: it has begun")
    p.send_signal(signal.SIGINT)
    out = p.communicate(timeout=20)[0]
    asked = sum(len(requests(n, "/robots.txt")) > 1 for n in slow_ones)
    ok(p.returncode == 3 and "begin again for them" in out and 0 < asked < 4, "refresh: ended, it says what is left",
       (p.returncode, out, asked))
    time.sleep(1.2)
    status, out, _ = fetch("--all", "--older", "2s", origin("slow")[:-len(".localhost:%d" % PORT)])
    equal((status, sum(len(requests(n, "/robots.txt")) > 1 for n in slow_ones)), (0, 4),
          "refresh: begun again, it goes on with them")
    equal(d.stop(), 0, "stops cleanly")
    status, _, err = fetch("--all", "--older", "0s", "-j", "1", origin("plain"))
    ok(status == 2 and "the daemon does not answer" in err, "refresh: without a daemon", (status, err))
    Tap.daemon = None


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="optoutd."))
    try:
        configuration(folder)
        check_removed = removed(Daemon(folder, "removed", SiteFiles="robots.txt").start())
        d = Tap.daemon = Daemon(folder).start()
        for scenario in (asking, concurrent, answers, variants, licences, learning, refusals,
                         time_outs):
            scenario(d)
        equal(d.stop(), 0, "stops cleanly")
        for scenario in (reading_apart, one_write, forgetting, held_in_all, renewal, catalogue,
                         guarded, certificates, through_squid, crowd_of_origins, hostile_origins,
                         many_clients, few_descriptors, full_disk, stop_under_load, watchdog,
                         life, fleet, sights, password, terms_that_are_over, terms, refreshing):
            begin = time.monotonic()
            scenario(folder)
            print("# %s: %.1f s" % (scenario.__name__, time.monotonic() - begin), flush=True)
        check_removed()
        logs = "".join(p.read_text(errors="replace") for p in folder.glob("*.log"))
        ok("Sanitizer" not in logs and "runtime error" not in logs, "no sanitizer report",
           logs[-4000:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("1..%d" % Tap.count)
    return 1 if Tap.failures else 0


if __name__ == "__main__":
    sys.exit(main())
