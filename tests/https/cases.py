# SPDX-License-Identifier: Apache-2.0
"""What is tried of the example set-ups in a few seconds. A case is a function of the run,
its set-up and what takes figures; it returns what is wrong. Its first line says what it is
about."""
import os
import subprocess
import time

import load
import setups
from origin import Answer
from setups import Setup, Sidecar
from sites import Site, read_files

SERVED = ("delivered", "refused", "cut")
CLEAN, RESERVED = load.PAGES[0][1], load.PAGES[1][1]


def unmet(name):
    """Why a set-up cannot run on this machine; empty when it can."""
    if name.startswith("bump"):
        if os.geteuid():
            return "Squid's workers talk to each other through /run/squid, which needs root"
        if not os.path.isdir("/dev/shm") or not os.access("/dev/shm", os.W_OK):
            return "Squid's workers share memory in /dev/shm, which is not here"
        os.makedirs("/run/squid", exist_ok=True)
        import shutil
        shutil.chown("/run/squid", "proxy", "proxy")
    return ""


def expect(wrong, what, good, got=""):
    if not good:
        wrong.append("%s%s" % (what, ": %s" % (got,) if got != "" else ""))


def nothing_to_say(run, s, told):
    """Squid and `optout config` find nothing in its files"""
    wrong = []
    status, said = s.told("-k", "parse")
    loud = [line for line in said.splitlines()
            if any(w in line for w in ("WARNING", "ERROR", "FATAL"))]
    expect(wrong, "squid -k parse says nothing", status == 0 and not loud, loud[:5] or said[-300:])
    tool = run.stage.tool
    conf = s.squid_conf
    for words in ([["config", "squid", conf]]
                  + [["config", "check", h.run + "/c-icap.conf"] for h in s.hosts]):
        p = subprocess.run([tool] + words, capture_output=True, text=True, timeout=20)
        expect(wrong, " ".join(words), p.returncode == 0 and "error:" not in p.stdout,
               p.stdout + p.stderr)
    return wrong


def judged(run, s, scheme, told):
    """A clean page, a reserved one, and one that the site's rules forbid."""
    wrong = []
    name, r = load.fetch(s, scheme, Answer(load.HTML, CLEAN))
    expect(wrong, "clean page", r.status == 200 and r.body == CLEAN and not r.error,
           (r.status, r.error, len(r.body)))
    expect(wrong, "its record", (s.final(name) or {}).get("decision") == "clear", s.final(name))
    name, r = load.fetch(s, scheme, Answer(load.HTML, RESERVED))
    expect(wrong, "reserved page", r.status == 451 and not r.error, (r.status, r.error))
    record = s.final(name) or {}
    expect(wrong, "its record", record.get("decision") == "reserved"
           and record.get("url") == load.url_of(s, scheme, name), record)
    name, r = load.fetch(s, scheme, Answer(load.HTML, CLEAN), path="/private/page")
    expect(wrong, "page that robots.txt forbids", r.status == 451, (r.status, r.error))
    expect(wrong, "it was not fetched", run.origin.count(name) == 0, run.origin.count(name))
    return wrong


def with_rules(run):
    """The origin's site files; the same for http and https."""
    host = run.origin.names[0]
    if host not in run.origin.sites:
        site = Site.__new__(Site)
        site.name = site.host = host
        site.tls, site.asked = True, []
        site.files = read_files(["/robots.txt: 200", "  User-agent: ExampleBot",
                                 "  Disallow: /private/"])
        run.origin.sites[host] = site
    return run.origin.sites[host]


# --- plain-proxy ----------------------------------------------------------------------

def begin_plain(run):
    with_rules(run)
    return run.setup(Setup, "plain", "plain-proxy")


def plain_https(run, s, told):
    """https asked for in plain HTTP is filtered, without a CA"""
    return judged(run, s, "forward", told)


def plain_http(run, s, told):
    """http is filtered"""
    return judged(run, s, "http", told)


def plain_no_tunnels(run, s, told):
    """CONNECT is refused, so nothing passes unread"""
    wrong = []
    for port in (run.origin.tls_port, 443, 8443, 22):
        p = subprocess.run(["curl", "-q", "-sS", "--max-time", "10", "-o", "/dev/null", "-w",
                            "%{http_connect}", "-k", "-x", "http://127.0.0.1:%d" % s.proxy,
                            "https://%s:%d/" % (run.origin.names[0], port)],
                           capture_output=True, text=True, timeout=20)
        expect(wrong, "CONNECT to port %d" % port, p.stdout == "403", p.stdout + p.stderr)
    return wrong


# --- sidecar --------------------------------------------------------------------------

def begin_sidecar(run):
    with_rules(run)
    return run.setup(Sidecar, "sidecar")


def sidecar_https(run, s, told):
    """https asked for in plain HTTP is filtered"""
    return judged(run, s, "forward", told)


def sidecar_dies_whole(run, s, told):
    """when c-icap dies everything ends, and nothing passes"""
    wrong = []
    pid = int(open(s.hosts[0].run + "/c-icap.pid").read())
    os.kill(pid, 9)
    began = time.monotonic()
    try:
        s.squid.wait(20)
    except subprocess.TimeoutExpired:
        return ["it goes on without c-icap"]
    told("ended %.1f s after the death of c-icap" % (time.monotonic() - began))
    expect(wrong, "it ends as a failure", s.squid.returncode == 1, s.squid.returncode)
    try:
        _, r = load.fetch(s, "forward", Answer(load.HTML, CLEAN))
        wrong.append("it still answers: %d" % r.status)
    except OSError:
        pass
    left = subprocess.run(["pgrep", "-af", s.folder + "/"], capture_output=True, text=True).stdout
    expect(wrong, "nothing is left running", not left, left)
    return wrong


# --- bump -----------------------------------------------------------------------------

def begin_bump(run):
    with_rules(run)
    return run.setup(Setup, "bump", "bump", hosts=("a", "b"),
                     spliced=run.origin.names[1])


def bump_https(run, s, told):
    """https is opened and filtered"""
    return judged(run, s, "https", told)


def bump_http(run, s, told):
    """http is filtered"""
    return judged(run, s, "http", told)


def bump_forward(run, s, told):
    """https asked for in plain HTTP is filtered on the same port"""
    return judged(run, s, "forward", told)


def bump_spread(run, s, told):
    """each crawler has its home among the filter hosts"""
    wrong = []
    for source, home in (("127.0.0.1", "a"), ("127.0.0.2", "b")):
        for scheme in ("http", "https"):
            name, _ = load.fetch(s, scheme, Answer(load.HTML, CLEAN), source=source)
            wrote = [h.name for h in s.hosts if h.records.of(name)]
            expect(wrong, "%s from %s is judged by %s" % (scheme, source, home), wrote == [home],
                   wrote)
    return wrong


def bump_failover(run, s, told, before=40, after=80):
    """a filter host dies under load: nothing passes unfiltered"""
    wrong = []
    clock = {pid: _ticks(pid) for pid in s.workers()}
    crowd = load.Load(s, 8, sources=("127.0.0.1", "127.0.0.2"))
    crowd.until(before, 20)
    s.hosts[0].kill()
    moment = time.monotonic()
    crowd.until(crowd.count() + after, 20)
    done = crowd.end()
    during = [e for e in done if e.began < moment < e.began + e.seconds]
    later = [e for e in done if e.began >= moment]
    passed = load.unfiltered(s, done)
    moved = {h.name for e in later for h in s.hosts
             if e.source == "127.0.0.1" and h.records.of(e.token)}
    expect(wrong, "crawlers of the dead host are judged by the other", moved == {"b"}, moved)
    told("under way at that moment: " + load.figures(during))
    told("begun after it: " + load.figures(later))
    told("unfiltered: %d" % len(passed))
    wrong += passed[:5]
    bad = [e for e in later if e.got not in SERVED]
    expect(wrong, "nothing of what began afterwards fails", not bad,
           [(e.got, e.response and e.response.status, e.error) for e in bad[:5]])
    idle = [pid for pid, ticks in clock.items() if _ticks(pid) <= ticks]
    expect(wrong, "both workers of Squid have worked", not idle and len(clock) == 2, clock)
    return wrong


def _ticks(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


GROUPS = [
    ("bump", begin_bump, [nothing_to_say, bump_http, bump_https, bump_forward,
                           bump_spread, bump_failover]),
    ("plain-proxy", begin_plain, [nothing_to_say, plain_http, plain_https, plain_no_tunnels]),
    ("sidecar", begin_sidecar, [nothing_to_say, sidecar_https, sidecar_dies_whole]),
]
