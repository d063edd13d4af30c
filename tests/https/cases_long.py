# SPDX-License-Identifier: Apache-2.0
"""What is tried of the example set-ups when there is time: everything that docs/https.md
says. As cases.py."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import bad_origins
import cases
import guide
import load
import setups
from cases import CLEAN, RESERVED, SERVED, expect, with_rules
from daemon import DaemonError, Redis
from http_clients import request_bytes
from origin import Answer
from setups import Setup, Sidecar

CROWD = 12
HOMES = ("127.0.0.1", "127.0.0.2")


def lines(text, *words):
    return [line for line in text.splitlines() if all(w in line for w in words)]


def curl(s, url, *options, ca=None):
    """Exit status, HTTP status, HTTP version and what it says."""
    p = subprocess.run(["curl", "-q", "-sS", "--max-time", "20", "-o", "/dev/null", "-w",
                        "%{http_code} %{http_version}", "-x", "http://127.0.0.1:%d" % s.proxy,
                        "--cacert", ca or s.ca, *options, url],
                       capture_output=True, text=True, timeout=40)
    status, version = p.stdout.split()[-2:]
    return p.returncode, int(status), version, p.stderr.strip()


def two_hosts(name, changes=(), **named):
    def begin(run):
        with_rules(run)
        return run.setup(Setup, name.replace(" ", "-"), "bump", hosts=("a", "b"), changes=changes,
                         spliced=run.origin.names[1], **named)
    return begin


def warm(s):
    """Both hosts know the site, and Squid's workers both hosts."""
    for source in HOMES:
        load.fetch(s, "https", Answer(load.HTML, CLEAN), source=source)


# --- TLS in itself ----------------------------------------------------------------------

def begin_tls(run):
    with_rules(run)
    ports = [run.origin.tls_port] + list(bad_origins.open_all(run).values())
    return run.setup(Setup, "tls", "bump", hosts=("a", "b"), spliced=run.origin.names[1],
                     tls_ports=" ".join(map(str, ports)))


def http2(run, s, told):
    """clients that speak HTTP/2 are served in HTTP/1.1, and filtered"""
    wrong = []
    for page, status in ((CLEAN, 200), (RESERVED, 451)):
        name = load.token("h2")
        run.origin.add(name, Answer(load.HTML, page))
        got = curl(s, load.url_of(s, "https", name), "--http2")
        expect(wrong, "curl --http2", got[:3] == (0, status, "1.1"), got)
    got = curl(s, load.url_of(s, "https", "nothing"), "--http2-prior-knowledge")
    expect(wrong, "curl --http2-prior-knowledge fails", got[0] != 0 and got[1] == 0, got)
    if not shutil.which("node"):
        return wrong + ["node is not here, so its http2 was not tried"]
    p = subprocess.run(["node", "-e", NODE_ALPN, str(s.proxy), load.authority(s), s.ca],
                       capture_output=True, text=True, timeout=30)
    said = json.loads(p.stdout or "{}")
    expect(wrong, "node: no protocol is agreed on, so it is HTTP/1.1", said.get("alpn") is False,
           p.stdout + p.stderr)
    expect(wrong, "node http2 fails, and says so", said.get("http2") == "ERR_HTTP2_ERROR",
           p.stdout + p.stderr)
    return wrong


NODE_ALPN = r"""
const net = require("net"), tls = require("tls"), fs = require("fs"), http2 = require("http2");
const [port, target, ca] = process.argv.slice(1), found = {};
function tunnel(protocols, then) {
  const s = net.connect(+port, "127.0.0.1", () =>
    s.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`));
  s.once("data", () => {
    const t = tls.connect({socket: s, ALPNProtocols: protocols, ca: fs.readFileSync(ca),
                           servername: target.split(":")[0]}, () => then(t));
  });
}
tunnel(["h2", "http/1.1"], t => { found.alpn = t.alpnProtocol; t.end(); });
tunnel(["h2"], t => {
  const c = http2.connect("https://" + target, {createConnection: () => t});
  c.on("error", () => {});
  const r = c.request({":path": "/"});
  r.on("error", e => { found.http2 = e.code; console.log(JSON.stringify(found));
                       process.exit(0); });
  r.on("response", () => { found.http2 = "answered"; });
  r.end();
});
"""


def old_tls(run, s, told):
    """a client below TLS 1.2 is refused"""
    wrong = []
    got = curl(s, load.url_of(s, "https", "nothing"), "--tls-max", "1.1",
               "--ciphers", "DEFAULT@SECLEVEL=0", "--tlsv1.0")
    expect(wrong, "TLS 1.1", got[0] == 35, got)
    for version in ("1.2", "1.3"):
        got = curl(s, load.url_of(s, "https", "nothing"), "--tlsv" + version, "--tls-max", version)
        expect(wrong, "TLS " + version, got[:2] == (0, 404), got)
    return wrong


def not_tls(run, s, told):
    """what is no TLS in a tunnel is closed, and goes nowhere"""
    wrong = []
    target = load.authority(s).encode()
    for what in (b"GET /page?case=raw HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n",
                 b"\x00\x01no TLS\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", s.proxy), 5) as c:
            c.settimeout(10)
            c.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, target))
            c.recv(1000)
            c.sendall(what)
            try:
                got = c.recv(1000)
            except ConnectionResetError:
                got = b""
        expect(wrong, "%r" % what[:12], got == b"", got)
    expect(wrong, "the origin was not reached", run.origin.count("raw") == 0)
    time.sleep(0.3)
    expect(wrong, "access.log says why", len(lines("\n".join(s.access_log()),
           "ERR_PROTOCOL_UNKNOWN")) >= 3, s.access_log()[-4:])
    for port in (22, 25, 80, run.origin.port):
        got = curl(s, "https://%s:%d/?case=odd" % (run.origin.names[0], port))
        expect(wrong, "CONNECT to port %d is refused" % port, got[1] == 403, got)
    expect(wrong, "those were not reached", run.origin.count("odd") == 0)
    return wrong


CAUSES = {"untrusted": "SQUID_TLS_ERR_CONNECT|X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT",
          "self-signed": "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT",
          "expired": "X509_V_ERR_CERT_HAS_EXPIRED",
          "wrong-name": "SQUID_X509_V_ERR_DOMAIN_MISMATCH", "tls-1.1": "SQUID_TLS_ERR_CONNECT"}


def bad_certificates(run, s, told):
    """origins that fail: the crawler gets a 503 that it can read, access.log the cause"""
    wrong = []
    for kind, port in bad_origins.open_all(run).items():
        url = "https://%s:%d/%s" % (run.origin.names[0], port, kind)
        head = os.path.join(s.folder, "head")
        got = curl(s, url, "-D", head)
        with open(head) as f:
            said = f.read()
        expect(wrong, kind, got[:2] == (0, 503) and "X-Squid-Error: ERR_SECURE_CONNECT_FAIL" in said,
               (got, said))
        time.sleep(0.2)
        logged = lines("\n".join(s.access_log()), url)
        expect(wrong, kind + " in access.log", logged and re.search(
            "err=ERR_SECURE_CONNECT_FAIL/(%s)" % CAUSES[kind], logged[-1]), logged)
        expect(wrong, kind + ": nothing was judged, so there is no record",
               not any(h.records.of("=" + url) for h in s.hosts))
    return wrong


def tunnels_are_told(run, s, told):
    """a host that is never opened: recorded as a tunnel, and in the report as not inspected"""
    wrong = []
    host = run.origin.names[1]
    url = "https://%s:%d/" % (host, run.origin.tls_port)
    for _ in range(3):
        got = curl(s, url, ca=run.tls.ca)          # the origin's own certificate
        expect(wrong, "the tunnel", got[:2] == (0, 404), got)
    tool = run.stage.tool
    p = subprocess.run([tool, "audit", "report", "--json"] + [h.audit for h in s.hosts],
                       capture_output=True, text=True, timeout=30)
    rows = json.loads(p.stdout)["tunnel_hosts"]["rows"]
    expect(wrong, "tunnel_hosts of the report",
           [(r["name"], r["records"], r["pass"]) for r in rows] == [(host, 3, 3)], rows)
    status, said = guide.run("tunnels", s)
    expect(wrong, "the commands of the guide", status == 0 and host in said, said)
    return wrong


# --- certificates ---------------------------------------------------------------------

def issuer(s, both):
    p = subprocess.run(["openssl", "s_client", "-connect", load.authority(s), "-servername",
                        s.origin.names[0], "-proxy", "127.0.0.1:%d" % s.proxy, "-CAfile", both],
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    found = re.search(rb"(?m)^issuer=(.*)$", p.stdout)
    return found.group(1).decode() if found else ""


def rotation(run, s, told):
    """CA rotation amid traffic, as the guide says: no request fails"""
    wrong = []
    warm(s)
    time.sleep(2)
    status, said = guide.run("rotation-make", s)
    expect(wrong, "the commands that make CA 2", status == 0, said)
    if wrong:
        return wrong
    both = s.squid_dir + "/both.crt"
    status, said = guide.run("rotation-both", s)
    expect(wrong, "the commands that put both into one file", status == 0 and
           os.path.exists(both), said)
    old = issuer(s, both)
    kept = load.Load(s, CROWD, ca=both, sources=HOMES)
    new = load.Load(s, 4, ca=both, pages=load.PAGES[:2], keep=False)
    time.sleep(2)
    status, said = guide.run("rotation-switch", s)
    expect(wrong, "the commands that switch", status == 0, said)
    time.sleep(4)
    told("after the first reconfigure new handshakes show " + issuer(s, both))
    status, said = guide.run("rotation-again", s)
    expect(wrong, "the commands that switch again", status == 0, said)
    began = time.monotonic()
    while issuer(s, both) == old and time.monotonic() - began < 10:
        time.sleep(0.1)
    told("after the second one they show CA 2 within %.1f s" % (time.monotonic() - began))
    expect(wrong, "new handshakes show CA 2", "CA 2" in issuer(s, both), issuer(s, both))
    time.sleep(2)
    done = kept.end() + new.end()
    told(load.figures(done))
    bad = [e for e in done if e.got not in SERVED]
    expect(wrong, "no request failed", not bad, [(e.got, e.error or e.response.error) for e in bad[:5]])
    wrong += load.unfiltered(s, done)[:3]
    status, said = guide.run("rotation-check", s)
    expect(wrong, "the database has CA 2 alone", status == 0 and "CA 2" in said
           and len(said.splitlines()) == 1, said)
    # Who trusts CA 2 alone is served, who trusts CA 1 alone is not.
    two = s.squid_dir + "/next/fleet-ca.crt"
    got = curl(s, load.url_of(s, "https", "nothing"), ca=two)
    expect(wrong, "a client with CA 2 alone", got[:2] == (0, 404), got)
    got = curl(s, load.url_of(s, "https", "nothing"), ca=s.ca)
    expect(wrong, "a client with CA 1 alone is told", got[0] == 60, got)
    return wrong


def database_away(run, s, told):
    """the certificate database is deleted amid traffic: every host goes on"""
    wrong = []
    folder = re.search(r"(?m)^sslcrtd_program \S+ -s (\S+)", open(s.squid_conf).read()).group(1)
    warm(s)
    shutil.rmtree(folder)
    crowd = load.Load(s, CROWD, keep=False)
    crowd.until(60, 20)
    for host in run.origin.names[2:5]:
        got = curl(s, "https://%s:%d/" % (host, run.origin.tls_port))
        expect(wrong, "a host that is new", got[:2] == (0, 404), got)
    done = crowd.end()
    told(load.figures(done))
    bad = [e for e in done if e.got not in SERVED]
    expect(wrong, "no request failed", not bad, load.figures(bad))
    expect(wrong, "cache.log says so", "Failed to open file" in s.cache_log())
    return wrong


def database_missing(run, s, told):
    """a database that is missing ends Squid at a reconfigure; the guide's check sees it before"""
    wrong = []
    status, said = guide.run("database-check", s)
    expect(wrong, "the guide's check fails", status != 0, said)
    status, said = s.told("-k", "parse")
    expect(wrong, "squid -k parse sees nothing", status == 0, said[-300:])
    s.reconfigure()
    try:
        s.squid.wait(20)
    except subprocess.TimeoutExpired:
        wrong.append("Squid goes on")
    expect(wrong, "cache.log says why", lines(s.cache_log(), "FATAL", "sslcrtd_program helpers"),
           s.cache_log()[-500:])
    status, said = guide.run("database-make", s)
    expect(wrong, "the guide's commands make it", status == 0, said)
    status, said = guide.run("database-check", s)
    expect(wrong, "then the check is content", status == 0, said)
    s.start_squid()
    got = curl(s, load.url_of(s, "https", "nothing"))
    expect(wrong, "and Squid starts", got[:2] == (0, 404), got)
    return wrong


# --- several filter hosts -----------------------------------------------------------------

def trial(s, told, act, after, clients=CROWD, sources=HOMES, pages=load.PAGES):
    """What was under way when `act` happened, and what began afterwards; all of it."""
    warm(s)
    crowd = load.Load(s, clients, sources=sources, pages=pages, timeout=200)
    crowd.until(3 * clients, 30)
    moment = time.monotonic()
    act()
    done_at = time.monotonic()
    time.sleep(after)
    done = crowd.end()
    during = [e for e in done if e.began < moment < e.began + e.seconds]
    later = [e for e in done if e.began >= done_at]
    told("under way: " + load.figures(during))
    told("begun afterwards: " + load.figures(later))
    passed = load.unfiltered(s, done)
    told("unfiltered: %d of %d" % (len(passed), len(done)))
    return during, later, passed


def failing(exchanges):
    return [e for e in exchanges if e.got not in SERVED]


def killed_in_turn(run, s, told):
    """hosts killed in turn, each back before the next: nothing unfiltered, nothing later fails"""
    wrong = []
    lost = under_way = after = 0
    for turn in range(3):
        victim = s.hosts[turn % 2]
        during, later, passed = trial(s, told, victim.kill, 2)
        lost, under_way, after = (lost + len(failing(during)), under_way + len(during),
                                  after + len(later))
        wrong += passed[:3]
        expect(wrong, "nothing of what began afterwards fails", not failing(later),
               load.figures(failing(later)))
        victim.start_cicap()
        setups.until(victim.answers, 15, "c-icap does not come back", victim.logs())
        victim.note_leftovers()
        home = HOMES[turn % 2]
        began, in_a_row = time.monotonic(), 0
        # Each worker has a mind of its own; a score of connections meets both.
        while in_a_row < 20 and time.monotonic() - began < 60:
            name, _ = load.fetch(s, "https", Answer(load.HTML, CLEAN), source=home)
            in_a_row = in_a_row + 1 if victim.records.of(name) else 0
        expect(wrong, "a host that is back is used by both workers", in_a_row >= 20)
        told("used again by both workers after %.1f s" % (time.monotonic() - began))
    told("in sum: %d of %d under way failed, 0 of %d begun afterwards" % (lost, under_way, after))
    return wrong


def planned(run, s, told):
    """a host taken out as the guide says: nothing fails at all"""
    wrong = []

    def act():
        status, said = guide.run("take-out", s)
        expect(wrong, "the guide's commands", status == 0, said)
        end = time.monotonic() + 30
        while connections(s.hosts[0].port) and time.monotonic() < end:
            time.sleep(0.2)
        expect(wrong, "Squid lets go of the host", not connections(s.hosts[0].port))
        s.hosts[0].cicap.send_signal(signal.SIGTERM)
    during, later, passed = trial(s, told, act, 3)
    wrong += passed[:3]
    bad = failing(during) + failing(later)
    expect(wrong, "nothing fails", not bad, load.figures(bad))
    return wrong


def connections(port):
    p = subprocess.run(["ss", "-Htn", "state", "established", "dst", "127.0.0.1:%d" % port],
                       capture_output=True, text=True, timeout=10)
    return len(p.stdout.splitlines())


def both_dead(run, s, told):
    """no host is left: everything is refused with 500, and goes on by itself when one is back"""
    wrong = []

    def act():
        for host in s.hosts:
            host.kill()
    _, later, passed = trial(s, told, act, 2)
    wrong += passed[:3]
    expect(wrong, "every answer is a 500", all(
        e.got == "failed" and e.response.status == 500 for e in later), load.figures(later))
    back = s.hosts[1]
    back.start_cicap()
    setups.until(back.answers, 15, "c-icap does not come back", back.logs())
    back.note_leftovers()
    began = time.monotonic()
    while time.monotonic() - began < 60:
        _, r = load.fetch(s, "https", Answer(load.HTML, CLEAN))
        if r.status == 200:
            break
        time.sleep(0.5)
    told("served again %.1f s after one is back" % (time.monotonic() - began))
    expect(wrong, "served again", r.status == 200, r.status)
    return wrong


def worker_killed(run, s, told):
    """a worker of Squid dies: nothing unfiltered, and there are two again"""
    wrong = []
    s.hosts[0].start_cicap()
    setups.until(s.hosts[0].answers, 15, "c-icap does not come back", s.hosts[0].logs())
    s.hosts[0].note_leftovers()
    victim = s.workers()[0]
    during, later, passed = trial(s, told, lambda: os.kill(victim, signal.SIGKILL), 4)
    wrong += passed[:3]
    setups.until(lambda: len(s.workers()) == 2 and victim not in s.workers(), 10,
                 "there is no second worker again")
    expect(wrong, "at the end all are served", not failing(later[-20:]), load.figures(later[-20:]))
    return wrong


def vanished(run, s, told):
    """a host that answers no packet: Squid notices within a minute, nothing unfiltered"""
    wrong = []
    host = s.hosts[0]
    hole = socket.socket()
    stuffed = []

    def act():
        host.kill()
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind(("127.0.0.1", host.port))
        hole.listen(0)
        for _ in range(4):        # its queue is full, so packets are dropped
            c = socket.socket()
            c.setblocking(False)
            c.connect_ex(("127.0.0.1", host.port))
            stuffed.append(c)
    _, later, passed = trial(s, told, act, 45)
    for c in stuffed + [hole]:
        c.close()
    wrong += passed[:3]
    bad = failing(later)
    begun = min(e.began for e in later)
    told("%d of %d fail, the last one began after %.0f s" % (
        len(bad), len(later), max([e.began - begun for e in bad], default=0)))
    last = [e for e in later if e.began > begun + 40]
    expect(wrong, "after 40 s nothing fails or waits", last and not failing(last)
           and max(e.seconds for e in last) < 5, load.figures(last))
    expect(wrong, "cache.log says so", lines(s.cache_log(), "service is down"), "")
    return wrong


def hung(run, s, told):
    """a host that hangs: each exchange waits icap_io_timeout, several times; nothing unfiltered"""
    wrong = []
    _, later, passed = trial(s, told, lambda: s.hosts[0].freeze(signal.SIGSTOP), 12)
    wrong += passed[:3]
    expect(wrong, "what began afterwards is served, late", not failing(later),
           load.figures(failing(later)))
    s.hosts[0].freeze(signal.SIGCONT)
    return wrong


# --- what not to write ------------------------------------------------------------------

def said_of(run, s):
    p = subprocess.run([run.stage.tool, "config", "squid", s.squid_conf], capture_output=True,
                       text=True, timeout=20)
    return p.stdout


def limit(run, s, told):
    """a failure limit: cuts suspend one host after the other, and all is refused"""
    wrong = []
    cut = [p for p in load.PAGES if p[0] == "reserved" and len(p[1]) > 65536]
    _, later, passed = trial(s, told, lambda: None, 10, clients=24, pages=cut)
    wrong += passed[:3]
    suspended = lines(s.cache_log(), "suspending ICAP service")
    if setups.squid_version() < (6, 13):
        expect(wrong, "services were suspended", suspended)
        expect(wrong, "all is refused in the end", all(e.got == "failed" for e in later[-10:]),
               load.figures(later[-10:]))
    told("suspended: %d times" % len(suspended))
    expect(wrong, "optout config squid names it", "error: icap_service_failure_limit"
           in said_of(run, s), said_of(run, s))
    return wrong


def one_bypass(run, s, told):
    """bypass=on of one member: when that is down, content passes although the other is up"""
    wrong = []
    _, later, passed = trial(s, told, s.hosts[0].kill, 2, sources=HOMES[:1])
    expect(wrong, "content passes unfiltered", passed)
    expect(wrong, "optout config squid names it", "error: icap_service" in said_of(run, s),
           said_of(run, s))
    return wrong


def overload(kind):
    def tried(run, s, told):
        wrong = []
        slow = [p for p in load.PAGES if len(p[1]) > 65536]
        _, later, passed = trial(s, told, lambda: None, 3, clients=24, pages=slow,
                                 sources=HOMES[:1])
        unfiltered = bool(passed)
        failed = bool(failing(later))
        told("on-overload=%s: unfiltered %s, refused with 500 %s" % (kind, unfiltered, failed))
        expect(wrong, "content that passes unfiltered", unfiltered == (kind == "bypass"), passed[:2])
        expect(wrong, "answers that are refused with 500", failed == (kind == "block"),
               load.figures(failing(later)))
        expect(wrong, "cache.log says so", lines(s.cache_log(), "Max-Connections limit exceeded"))
        if kind == "bypass":
            expect(wrong, "optout config squid names it", "error: icap_service" in said_of(run, s),
                   said_of(run, s))
        return wrong
    tried.__doc__ = "more at once than max-conn, on-overload=%s" % kind
    return tried


def overloaded(kind):
    return ("bump on-overload=" + kind,
            two_hosts("overload-" + kind, [(
                "squid.conf", "bypass=off on-overload=wait",
                "bypass=off max-conn=4 on-overload=" + kind)]), [overload(kind)])


# --- plain proxy --------------------------------------------------------------------------

def begin_plain_alone(run):
    """Without the daemon, so that what an origin's TLS does is seen by Squid alone."""
    return run.setup(Setup, "plain-alone", "plain-proxy", changes=[
        ("srv_optout.conf", "optout.DefaultProfile", "optout.SiteSocket \"\"\noptout.DefaultProfile")])


def plain_get(s, url):
    connection = load.open_connection(s, "http")
    try:
        return connection.exchange("GET", request_bytes("GET", url, []))
    finally:
        connection.close()


def plain_bad(run, s, told):
    """origins that fail: 503 with the cause in access.log"""
    wrong = []
    for kind, port in bad_origins.open_all(run).items():
        url = "https://%s:%d/%s" % (run.origin.names[0], port, kind)
        r = plain_get(s, url)
        expect(wrong, kind, r.status == 503 and r.all("x-squid-error") == [
            "ERR_SECURE_CONNECT_FAIL 0"], (r.status, r.headers))
        time.sleep(0.2)
        logged = lines("\n".join(s.access_log()), url)
        expect(wrong, kind + " in access.log", logged and re.search(
            "err=ERR_SECURE_CONNECT_FAIL/(%s)" % CAUSES[kind], logged[-1]), logged)
    return wrong


def plain_bad_site(run, s, told):
    """with the daemon, an origin that fails is not known either: 503 of the filter, recorded"""
    wrong = []
    for kind, port in bad_origins.open_all(run).items():
        url = "https://%s:%d/%s" % (run.origin.names[0], port, kind)
        r = plain_get(s, url)
        record = (s.hosts[0].records.of("=" + url) or [{}])[-1]
        expect(wrong, kind, r.status == 503 and r.all("retry-after")
               and "robots-unreachable" in record.get("undecided", []),
               (r.status, r.headers, record))
    return wrong


def plain_clients(run, s, told):
    """clients that the guide names ask for https in plain HTTP"""
    wrong = []
    for words in ("curl-forward", "python-forward", "requests-forward", "node-forward"):
        program = {"curl": "curl", "python": "python3", "requests": "python3",
                   "node": "node"}[words.split("-")[0]]
        for page, status in ((CLEAN, "200"), (RESERVED, "451")):
            name = load.token("client")
            run.origin.add(name, Answer(load.HTML, page))
            url = load.url_of(s, "forward", name)
            text = guide.block(words).replace("proxy:3128", "127.0.0.1:%d" % s.proxy) \
                .replace("https://site.example/page", url) \
                .replace("site.example", load.authority(s)) \
                .replace('"proxy"', '"127.0.0.1"').replace("3128", str(s.proxy))
            command = ["bash", "-c", text] if program == "curl" else [
                sys.executable if program == "python3" else program, "-e" if program == "node" else "-c", text]
            p = subprocess.run(command, capture_output=True, text=True, timeout=30,
                               cwd=s.folder)
            expect(wrong, words, status in p.stdout and run.origin.count(name) == 1,
                   p.stdout[-300:] + p.stderr[-500:])
    return wrong


# --- sidecars -----------------------------------------------------------------------------

def begin_sidecars(run):
    """Two of them, with a Redis between."""
    with_rules(run).asked.clear()
    redis = Redis(os.path.join(run.folder, "redis"))
    redis.start()
    first = run.setup(Sidecar, "sidecar-1")
    second = run.setup(Sidecar, "sidecar-2")
    first.share = second.share = redis.url
    first.redis, first.second = redis, second
    second.start()
    return first


def sidecars_share(run, s, told):
    """two sidecars with one Redis ask an origin once"""
    wrong = []
    site = with_rules(run)
    before = site.count("/robots.txt")
    host = run.origin.names[0]
    for one in (s, s.second):
        _, r = load.fetch(one, "forward", Answer(load.HTML, CLEAN), path="/private/shared")
        expect(wrong, "what robots.txt forbids", r.status == 451, r.status)
    asked = site.count("/robots.txt") - before
    expect(wrong, "%s was asked for robots.txt" % host, asked == 1, asked)
    return wrong


def sidecar_ends(run, s, told):
    """told to end, the sidecar ends in order"""
    wrong = []
    for one in (s, s.second):
        began = time.monotonic()
        one.squid.send_signal(signal.SIGTERM)
        try:
            one.squid.wait(30)
        except subprocess.TimeoutExpired:
            wrong.append("it does not end")
        told("ended after %.1f s" % (time.monotonic() - began))
        expect(wrong, "status", one.squid.returncode == 0, one.squid.returncode)
        left = subprocess.run(["pgrep", "-af", one.folder + "/"], capture_output=True,
                              text=True).stdout
        expect(wrong, "nothing is left running", not left, left)
    s.redis.stop()
    return wrong


def unit_is_right(run, s, told):
    """systemd finds nothing in the sidecar's unit"""
    if not shutil.which("systemd-analyze"):
        return "systemd-analyze is not installed"
    path = os.path.join(setups.EXAMPLES, "sidecar", "optout-sidecar.service")
    with open(path) as f:
        text = f.read().replace("/etc/optout-sidecar/run", "/bin/true")
    copy = os.path.join(s.folder, "optout-sidecar.service")
    with open(copy, "w") as f:
        f.write(text)
    p = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True,
                       timeout=60)
    said = lines(p.stderr, "optout-sidecar.service")
    return said if said else []




LIMIT = [("squid.conf", "icap_service_failure_limit -1",
          "icap_service_failure_limit 10 in 5 seconds")]
ONE_ON = [("squid.conf", "10.20.0.11:1344/optout?profile=training bypass=off",
           "10.20.0.11:1344/optout?profile=training bypass=on")]
SOON = [("squid.conf", "icap_io_timeout 60 seconds", "icap_io_timeout 4 seconds")]

GROUPS = [
    ("bump vanished", two_hosts("vanished"), [vanished]),
    ("bump tls", begin_tls, [http2, old_tls, not_tls, bad_certificates, tunnels_are_told]),
    ("bump rotation", two_hosts("rotation"), [rotation]),
    ("bump database", two_hosts("database"), [database_away, database_missing]),
    ("bump hosts", two_hosts("hosts"), [killed_in_turn, both_dead, worker_killed]),
    ("bump planned", two_hosts("planned"), [planned]),
    ("bump hung", two_hosts("hung", SOON), [hung]),
    ("bump failure limit", two_hosts("limit", LIMIT), [limit]),
    ("bump one bypass", two_hosts("bypass", ONE_ON), [one_bypass]),
    overloaded("wait"), overloaded("force"), overloaded("block"), overloaded("bypass"),
    ("plain-proxy alone", begin_plain_alone, [plain_bad]),
    ("plain-proxy site", cases.begin_plain, [plain_bad_site, plain_clients]),
    ("sidecars", begin_sidecars, [sidecars_share, unit_is_right, sidecar_ends]),
]
