# SPDX-License-Identifier: Apache-2.0
"""Procedures about site rules: a daemon that goes and comes, a store that is lost, very
many origins, and several nodes that share what they know."""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import fleet_procedures
import sanitizer
import sites
import stack as stack_module
from daemon import Daemon, DaemonError, Redis
from http_clients import RawConnection, WireError, request_bytes
from origin import Answer

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = ["User-agent: *", "Disallow: /private/"]
SITE_FILES = sorted(sites.WELL_KNOWN)
MARK = b"The quick brown fox"


def pause(step, stack, origin, player, seconds="1"):
    time.sleep(float(seconds))
    return []


def forget(step, stack, origin, player, site=""):
    """Tells the daemon to forget what it knows of a site."""
    word = stack.daemon.forget(origin_of(origin, player.sites[site]))
    return [] if word == "done" else ["forget is answered: " + word]


def original_kept(step, stack, origin, player, site="", path="/robots.txt"):
    """The file as it was is kept beside the store, under its SHA-256, and the records
    name that."""
    body = player.sites[site].files[path].body.encode()
    digest = hashlib.sha256(body).hexdigest()
    kept = os.path.join(stack.run, "site", "originals", digest[:2], digest)
    try:
        with open(kept, "rb") as f:
            wrong = [] if f.read() == body else ["%s differs from what was sent" % kept]
    except OSError as e:
        wrong = ["no original: %s" % e]
    stack.records.refresh()
    host = origin.authority(player.sites[site])
    if not any(f.get("sha256") == digest for records in stack.records.by_token.values()
               for r in records if host in str(r.get("url")) for f in r["site_files"]):
        wrong.append("no record names its SHA-256 %s" % digest)
    return wrong


def show(stack, url):
    return subprocess.run([stack.stage.tool, "site", "show", "--config", stack.run + "/c-icap.conf", url],
                          env=stack.environment(), capture_output=True, text=True, timeout=30,
                          check=False)


def until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def until_asked(step, stack, origin, player, site="", path="/"):
    """The site is asked for a file that no client wants."""
    return [] if until(lambda: player.sites[site].count(path, None)) else [path + " is not asked for"]


def until_known(step, stack, origin, player, site="", path="/"):
    """What was asked for is in the store."""
    url = origin_of(origin, player.sites[site])
    return [] if until(lambda: url + path in show(stack, url + "/").stdout) else [path + " is not known"]


def site_shows(step, stack, origin, player, site="", path="/"):
    """What `optout site show` says of a URL of the site has the lines below in it."""
    url = origin_of(origin, player.sites[site]) + path
    done = show(stack, url)
    return ["optout site show %s lacks %r: %s%s" % (url, line, done.stdout, done.stderr)
            for line in map(player.addressed, filter(None, step.headers))
            if line not in done.stdout]


def daemon_action(step, stack, origin, player, action="stop"):
    try:
        if action == "start":
            stack.daemon.start()
        elif action == "kill":
            stack.daemon.kill()
        else:
            status = stack.daemon.stop()
            return [] if status == 0 else ["optoutd ended with %d" % status]
    except DaemonError as e:
        return [str(e)]
    return []


def origin_of(origin, site):
    return "%s://%s" % ("https" if site.tls else "http", origin.authority(site))


def make_sites(origin, player, count, label, **more):
    """Sites that forbid /private/ and have a page everywhere else."""
    made = []
    for i in range(count):
        site = sites.Site("%s-%s%d" % (player.prefix, label, i), False)
        site.files = sites.read_files(["/robots.txt: 200" + more.get("robots", "")]
                                      + ["  " + line for line in RULES])
        origin.sites[site.host] = site
        made.append(site)
    return made


# --- under load ----------------------------------------------------------------

class SiteLoad:
    """Clients that ask known and new sites for what is allowed and for what is not."""

    def __init__(self, stack, origin, player, clients=6):
        import bodies
        self.stack, self.origin, self.player = stack, origin, player
        self.body = bodies.html(3000, [])
        self.sites = make_sites(origin, player, 20, "load")
        self.results = []         # (path, token, time, response or text)
        self.lock = threading.Lock()
        self.halt = threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(i,), daemon=True)
                        for i in range(clients)]
        for t in self.threads:
            t.start()

    def _client(self, number):
        turn = number
        while not self.halt.is_set():
            turn += 1
            site = self.sites[turn * 7 % len(self.sites)]
            path = ("/open/", "/private/")[turn % 2]
            token = "%s-load%d-%d" % (self.player.prefix, number, turn)
            self.origin.add(token, Answer([b"HTTP/1.1 200 OK", b"Content-Type: text/html"],
                                          self.body))
            r = ask(self.stack, "http://%s%s?case=%s"
                    % (self.origin.authority(site), path, token))
            with self.lock:
                self.results.append((path, token, time.monotonic(), r))
            time.sleep(0.01)

    def end(self, from_time=None, until=None):
        """What is wrong: anything forbidden that came through, ever; anything but the
        page or the denial before `from_time` and after `until`."""
        self.halt.set()
        for t in self.threads:
            t.join(30)
        wrong = []
        for path, token, when, r in self.results:
            allowed = path == "/open/"
            if isinstance(r, str):
                wrong.append("%s: %s" % (token, r))
            elif not allowed and (MARK in r.body or self.origin.count(token)):
                wrong.append("%s is forbidden and was fetched: status %d" % (token, r.status))
            elif from_time and from_time < when < (until or float("inf")):
                if r.status not in ((200, 503) if allowed else (451, 503)):
                    wrong.append("%s %s: status %d amid the fault" % (token, path, r.status))
            elif r.status != (200 if allowed else 451):
                wrong.append("%s %s: status %d" % (token, path, r.status))
        if len(self.results) < 100:
            wrong.append("only %d requests were made" % len(self.results))
        return wrong[:6]


def ask(stack, url, timeout=20):
    """The response, or what went wrong."""
    try:
        connection = RawConnection(stack.proxy_port, timeout * sanitizer.patience)
        try:
            return connection.exchange("GET", request_bytes("GET", url, []))
        finally:
            connection.close()
    except (OSError, WireError) as e:
        return "%s: %s" % (type(e).__name__, e)


def daemon_under_load(step, stack, origin, player):
    load = SiteLoad(stack, origin, player)
    time.sleep(1.5)
    killed = time.monotonic()
    stack.daemon.kill()
    time.sleep(1)
    wrong = daemon_action(step, stack, origin, player, "start")
    back = time.monotonic()
    time.sleep(4)
    # An origin that could not be asked for is not waited for again for two seconds.
    wrong += load.end(killed, back + 2.5)
    twice = ["%s: robots.txt was fetched %d times" % (s.host, s.count("/robots.txt"))
             for s in load.sites if s.count("/robots.txt") > 2]
    return wrong + twice[:3]


def child_under_load(step, stack, origin, player):
    """Kills one child of c-icap, and later the other."""
    stack.expected.set()
    load = SiteLoad(stack, origin, player)
    time.sleep(1.5)
    wrong = []
    killed = time.monotonic()
    for pid in sorted(stack.cicap_children()):
        os.kill(pid, signal.SIGKILL)
        time.sleep(2.5)
    wrong += [w for w in load.end(killed) if ": status 500" not in w]
    fresh = make_sites(origin, player, 1, "after")[0]
    for path, status in (("/private/", 451), ("/open/", 404)):
        r = ask(stack, "http://%s%s?case=x" % (origin.authority(fresh), path))
        if getattr(r, "status", r) != status:
            wrong.append("afterwards %s gives %s" % (path, getattr(r, "status", r)))
    stack.expected.clear()
    return wrong


def reload_under_site_load(step, stack, origin, player):
    load = SiteLoad(stack, origin, player)
    for _ in range(4):
        time.sleep(0.7)
        stack.control("optout_reload")
    time.sleep(0.7)
    return load.end()


def log_under_site_load(step, stack, origin, player, rounds="5"):
    """Reads another configuration again and again amid site rules, in segments that rotate:
    the records of each are there, and each is explained by its own segment."""
    path, text = stack.run + "/optout.conf", stack.filter_text()
    load = SiteLoad(stack, origin, player)
    for n in range(int(rounds)):
        time.sleep(0.7)
        with open(path, "w") as f:
            f.write(text.replace("crawl.example/policy", "crawl.example/policy-%d" % n))
        stack.keep_configuration()
        stack.control("optout_reload")
    time.sleep(0.7)
    wrong = load.end()
    stack.records.refresh()      # before names of segments change again
    with open(path, "w") as f:
        f.write(text)
    stack.control("optout_reload")
    records = [stack.records.by_token.get(token, []) for _, token, _, _ in load.results]
    configs = {r["config"] for found in records for r in found}
    closed = [name for name in os.listdir(stack.audit_dir) if name.endswith(".jsonl")]
    for result, found in zip(load.results, records):
        if not found:
            wrong.append("%s %s has no record" % result[:2])
    if len(configs) < int(rounds) + 1:
        wrong.append("records name %d configurations" % len(configs))
    if len(closed) < 10:
        wrong.append("%d segments were closed" % len(closed))
    if not all(r["site_files"] for found in records for r in found):
        wrong.append("there are records that rest on no site")
    return wrong[:6] + stack.records.bad[:3]


def waiters(step, stack, origin, player, clients="40"):
    """So many requests to sites that do not answer; a known site answers meanwhile."""
    known = make_sites(origin, player, 1, "known")[0]
    silent = make_sites(origin, player, int(clients), "silent", robots=" delay=6")
    url = "http://%s%s?case=x"
    wrong, answers = [], []
    r = ask(stack, url % (origin.authority(known), "/private/"))
    if getattr(r, "status", r) != 451:
        wrong.append("the known site gives %s" % getattr(r, "status", r))
    threads = [threading.Thread(target=lambda s=s: answers.append(
        ask(stack, url % (origin.authority(s), "/open/"))), daemon=True) for s in silent]
    for t in threads:
        t.start()
    time.sleep(0.3)
    r = ask(stack, url % (origin.authority(known), "/private/"))
    if getattr(r, "status", r) != 451 or r.seconds > 0.5:
        wrong.append("amid waiting the known site gives %s" % getattr(r, "status", r))
    for t in threads:
        t.join(20)
    for r in answers:
        if isinstance(r, str) or r.status != 503 or r.seconds > 3:
            wrong.append("a silent site: %s" % (r if isinstance(r, str) else "status %d in %.1f s"
                                                % (r.status, r.seconds)))
    return wrong[:5]


def one_site_at_once(step, stack, origin, player, clients="40"):
    """So many requests at once to a site that nobody knows yet: one question, one answer."""
    site = make_sites(origin, player, 1, "once", robots=" delay=0.5")[0]
    answers = []
    threads = [threading.Thread(target=lambda i=i: answers.append(ask(
        stack, "http://%s/private/%d?case=x" % (origin.authority(site), i))), daemon=True)
        for i in range(int(clients))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    wrong = ["status %s" % getattr(r, "status", r) for r in answers
             if getattr(r, "status", r) != 451]
    if len(answers) != int(clients):
        wrong.append("only %d answers" % len(answers))
    return wrong[:4] + _fetched([site], 1, 1)


def store_deleted(step, stack, origin, player):
    load = SiteLoad(stack, origin, player)
    time.sleep(1.5)
    gone = time.monotonic()
    for _ in range(50):                            # somebody writes into it meanwhile
        try:
            shutil.rmtree(stack.daemon.store)
            break
        except OSError:
            pass
    time.sleep(1.5)
    wrong = daemon_action(step, stack, origin, player, "stop")
    wrong += daemon_action(step, stack, origin, player, "start")
    time.sleep(2)
    wrong += load.end(gone)
    fresh = make_sites(origin, player, 1, "after")[0]
    end = time.monotonic() + 15
    while time.monotonic() < end:
        r = ask(stack, "http://%s/private/?case=x" % origin.authority(fresh))
        if isinstance(r, str) or r.status == 451:
            break
        time.sleep(0.5)
    if isinstance(r, str) or r.status != 451:
        wrong.append("a new site is not decided any more: %s" % getattr(r, "status", r))
    if not os.path.isdir(stack.daemon.store):
        wrong.append("there is no store any more")
    return wrong


def store_damaged(step, stack, origin, player):
    """Starts a stack whose store is full of nonsense."""
    other = stack_module.Stack(stack.name, stack.run + "-damaged", stack.stage, stack.tls,
                               stack.sanitizer)
    os.makedirs(other.run + "/site/rules")
    with open(other.run + "/site/rules/data.mdb", "wb") as f:
        f.write(bytes(range(256)) * 256)
    try:
        other.start()
        site = make_sites(origin, player, 1, "damaged")[0]
        url = "http://%s%s?case=x"
        r = ask(other, url % (origin.authority(site), "/private/"))
        wrong = [] if getattr(r, "status", r) == 451 else ["status %s" % getattr(r, "status", r)]
        aside = [n for n in os.listdir(other.run + "/site") if n.startswith("damaged-")]
        return wrong + ([] if aside else ["nothing was set aside"])
    finally:
        other.stop()
        player.wrong += other.deaths + other.sanitizer_reports()
        shutil.rmtree(other.run, ignore_errors=True)


def _older_copy(path):
    older = os.path.dirname(os.path.dirname(path)) + "/older"
    shutil.copyfile(path, older)
    time.sleep(0.5)
    shutil.copyfile(older, path)
    os.unlink(older)


def _overwrite(path, begin, make):
    with open(path, "r+b") as f:
        f.seek(begin)
        f.write(make(max(os.path.getsize(path) - begin, 4096)))


HURTS = {
    "random": lambda path: _overwrite(path, 8192, random.Random(1).randbytes),
    "metas": lambda path: _overwrite(path, 0, lambda n: random.Random(2).randbytes(8192)),
    "zeros": lambda path: _overwrite(path, 8192, bytes),
    "cut-0": lambda path: os.truncate(path, 0),
    "cut-8192": lambda path: os.truncate(path, 8192),
    "cut-half": lambda path: os.truncate(path, os.path.getsize(path) // 2),
    "older": _older_copy,
}


def store_hurt(step, stack, origin, player, how="random"):
    """Damages the store in place while 60 origins are known and asked for. A second
    later all of them must be decided again, and nobody may have died."""
    made = make_sites(origin, player, 60, how)
    load = SiteLoad(stack, origin, player)
    wrong = []
    for site in made:
        r = ask(stack, "http://%s/private/?case=x" % origin.authority(site))
        if getattr(r, "status", r) != 451:
            wrong.append("before: %s" % getattr(r, "status", r))
    alive = stack.cicap_children()
    hurt = time.monotonic()
    HURTS[how](stack.daemon.store + "/rules/data.mdb")
    time.sleep(1)
    wrong += load.end(hurt, hurt + 1)
    for site in made:
        r = ask(stack, "http://%s/private/?case=x" % origin.authority(site))
        if getattr(r, "status", r) != 451:
            wrong.append("after: %s" % getattr(r, "status", r))
    if stack.cicap_children() != alive:
        wrong.append("a child died")
    if stack.daemon.process.poll() is not None:
        wrong.append("optoutd died: %d" % stack.daemon.process.returncode)
    if not any(n.startswith("damaged-") for n in os.listdir(stack.daemon.store)):
        wrong.append("nothing was set aside")
    return wrong[:6]


# --- very many origins -----------------------------------------------------------

def address(n):
    return "127.%d.%d.%d" % (32 + (n >> 16), n >> 8 & 255, n & 255)


class Many:
    """Asks through the proxy, over kept connections."""

    def __init__(self, stack, port, clients):
        self.stack, self.port, self.clients = stack, port, clients
        self.wrong = []

    def _one(self, connection, n, path, status):
        url = "http://%s:%d%s" % (address(n), self.port, path)
        r = connection.exchange("GET", request_bytes("GET", url, []))
        if r.status != status or r.error:
            self.wrong.append("%s: status %d instead of %d %s" % (url, r.status, status, r.error))
        # Squid 5 closes the connection behind an answer of REQMOD's, without a word.
        return not r.error and r.status == 200

    def _client(self, numbers, again):
        connection = None
        for n in numbers:
            if len(self.wrong) > 20:
                return
            path, status = (("/private/1", 451), ("/open/1", 200))[n % 2]
            if again and status == 200:
                path = "/open/2"
            try:
                connection = connection or RawConnection(self.stack.proxy_port, 240)
                connection.deadline.end = time.monotonic() + 15 * sanitizer.patience
                if not self._one(connection, n, path, status):
                    connection.close()
                    connection = None
            except (OSError, WireError) as e:
                self.wrong.append("%s: %s" % (address(n), e))
                connection = None
        if connection is not None:
            connection.close()

    def round(self, numbers, again=False):
        parts = [numbers[i::self.clients] for i in range(self.clients)]
        threads = [threading.Thread(target=self._client, args=(part, again), daemon=True)
                   for part in parts]
        for t in threads:
            t.start()
        for t in threads:
            t.join(200)


def many_origins(step, stack, origin, player, count="1000", clients="24", room="enough",
                 rules="0"):
    """One request to each of so many origins; then a second look at some of them. With
    `room=little` the store cannot hold them all: some are asked again, none is forgotten
    in the wrong direction. `rules=N`: that many more of them in each robots.txt."""
    numbers = list(range(1, int(count) + 1))
    source = subprocess.Popen([sys.executable, os.path.join(HERE, "many_origin.py"), rules],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        many = Many(stack, int(source.stdout.readline()), int(clients))
        begun = time.monotonic()
        many.round(numbers)
        seconds = time.monotonic() - begun
        many.round(numbers[::max(1, len(numbers) // 500)], again=True)
        out, _ = source.communicate("", timeout=30)
    finally:
        if source.poll() is None:
            source.kill()
            source.wait()
    wrong = many.wrong[:6] + _counted(json.loads(out), numbers, 1 if room == "enough" else 3)
    status = stack.daemon.status()
    if (room == "little") != (status["evicted"] > 0):
        wrong.append("evicted: %d, in the store: %d" % (status["evicted"], status["origins"]))
    # Pages that a dead reader holds on to are not used again, and a file never shrinks.
    file = os.stat(stack.daemon.store + "/rules/data.mdb").st_blocks * 512
    if file > status["store_bytes"] + (512 << 20):
        wrong.append("the store takes %d MB for %d MB" % (file >> 20, status["store_bytes"] >> 20))
    return wrong + (["(%d origins in %.1f s)" % (len(numbers), seconds)] if wrong else [])


def _counted(counts, numbers, most):
    wrong = []
    for n in numbers:
        of = counts.get(address(n), {})
        if of.get("/private/1"):
            wrong.append("%s: what is forbidden was fetched" % address(n))
        if n % 2 and of.get("/open/1") != 1:
            wrong.append("%s: the page was fetched %s times" % (address(n), of.get("/open/1")))
        for path in SITE_FILES:
            if not 1 <= of.get(path, 0) <= most:
                wrong.append("%s: %s was fetched %s times" % (address(n), path, of.get(path)))
    return wrong[:6]


# --- several nodes ------------------------------------------------------------------

class Fleet:
    """Three daemons with stores of their own, and one Redis."""

    def __init__(self, stack, player, nodes=3, lines=()):
        self.player = player
        self.folder = stack.run + "-fleet"
        self.redis = Redis(os.path.join(self.folder, "redis"))
        self.nodes = []
        for i in range(nodes):
            folder = os.path.join(self.folder, "node%d" % i)
            self.nodes.append(Daemon(folder, stack.stage.daemon, [
                "optoutd.AllowPrivate on", "optoutd.Timeout 3", "optoutd.Node node%d" % i,
                "optoutd.Share " + self.redis.url] + list(lines), stack.environment()))

    def __enter__(self):
        self.redis.start()
        for node in self.nodes:
            node.start()
        self.until(lambda: all(n.status()["share"]["connected"] for n in self.nodes))
        return self

    def __exit__(self, *_):
        for process in self.nodes + [self.redis]:
            wanted = process.wanted
            status = process.stop()
            if wanted and status != 0:
                self.player.wrong.append("%s ended with %d: %s"
                                         % (process.log, status, process.tail(300)))
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def until(ready, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return True
            time.sleep(0.1)
        return False

    def ask_all(self, origins, nodes=None, wait=8000, parallel=4):
        """Every node asks for every origin, all at once. Each (node, origin) whose
        answer is not `known`, and the longest time an answer took."""
        wrong, longest, lock = [], [0.0], threading.Lock()

        def client(node, part):
            for o in part:
                begun = time.monotonic()
                try:
                    word = node.ask(o, wait=wait, timeout=wait / 1000 + 5)
                except (OSError, DaemonError) as e:
                    word = str(e)
                with lock:
                    longest[0] = max(longest[0], time.monotonic() - begun)
                    if word != "known":
                        wrong.append("%s, %s: %s" % (os.path.basename(node.folder), o, word))
        threads = [threading.Thread(target=client, args=(node, origins[i::parallel]), daemon=True)
                   for node in nodes or self.nodes for i in range(parallel)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(120)
        return wrong[:5], longest[0]


def _origins(origin, made):
    return [origin_of(origin, site) for site in made]


def _fetched(made, least, most):
    return ["%s: %s was fetched %d times" % (s.host, path, s.count(path))
            for s in made for path in SITE_FILES if not least <= s.count(path) <= most][:4]


def fleet_one(step, stack, origin, player, count="100"):
    with Fleet(stack, player) as fleet:
        made = make_sites(origin, player, int(count), "fleet")
        wrong, _ = fleet.ask_all(_origins(origin, made))
        wrong += _fetched(made, 1, 1)
        again, _ = fleet.ask_all(_origins(origin, made))
        wrong += again + _fetched(made, 1, 1)
        # What one node is told to forget, all forget.
        wrong += [] if fleet.nodes[0].forget(_origins(origin, made)[0]) == "done" else ["forget"]
        time.sleep(0.5)
        again, _ = fleet.ask_all(_origins(origin, made[:1]))
        return wrong + again + _fetched(made[:1], 2, 2) + _fetched(made[1:], 1, 1)


def fleet_killed(step, stack, origin, player):
    with Fleet(stack, player, lines=["optoutd.ShareLease 2"]) as fleet:
        made = make_sites(origin, player, 5, "slow", robots=" delay=1")
        dying = threading.Thread(target=fleet.ask_all, daemon=True,
                                 args=(_origins(origin, made), fleet.nodes[:1]))
        dying.start()
        time.sleep(0.5)           # its leases are held, its fetches under way
        fleet.nodes[0].kill()
        wrong, longest = fleet.ask_all(_origins(origin, made), fleet.nodes[1:], wait=15000)
        dying.join(20)
        if longest > 10:
            wrong.append("the others waited %.1f s" % longest)
        return wrong + _fetched(made, 1, 2)


def fleet_redis_killed(step, stack, origin, player):
    with Fleet(stack, player) as fleet:
        known = make_sites(origin, player, 10, "known")
        wrong, _ = fleet.ask_all(_origins(origin, known))
        wrong += _fetched(known, 1, 1)
        fleet.redis.kill()
        alone = make_sites(origin, player, 10, "alone")
        again, longest = fleet.ask_all(_origins(origin, known + alone))
        wrong += again + _fetched(known, 1, 1) + _fetched(alone, 3, 3)
        if longest > 5:
            wrong.append("without Redis an answer took %.1f s" % longest)
        fleet.redis.start()
        if not fleet.until(lambda: all(n.status()["share"]["connected"] for n in fleet.nodes), 20):
            return wrong + ["the nodes do not find Redis again"]
        new = make_sites(origin, player, 10, "new")
        again, _ = fleet.ask_all(_origins(origin, new))
        return wrong + again + _fetched(new, 1, 1)


def fleet_redis_slow(step, stack, origin, player):
    with Fleet(stack, player) as fleet:
        fleet.redis.send(signal.SIGSTOP)
        made = make_sites(origin, player, 10, "slow")
        wrong, longest = fleet.ask_all(_origins(origin, made), fleet.nodes[:1])
        if longest > 6:
            wrong.append("with a Redis that is silent an answer took %.1f s" % longest)
        fleet.redis.send(signal.SIGCONT)
        if not fleet.until(lambda: all(n.status()["share"]["connected"] for n in fleet.nodes), 20):
            return wrong + ["the nodes do not find Redis again"]
        new = make_sites(origin, player, 10, "new")
        again, _ = fleet.ask_all(_origins(origin, new))
        return wrong + _fetched(made, 1, 1) + again + _fetched(new, 1, 1)


def fleet_proxies(step, stack, origin, player, count="20", learned="images+terms"):
    """Two proxies, each with a filter and a daemon of its own, and one Redis: what the
    one has found out the other knows, and its records say whence."""
    folder = stack.run + "-proxies"
    redis = Redis(folder + "/redis")
    proxies, wrong = [], []
    try:
        redis.start()
        for i in range(2):
            proxies.append(stack_module.Stack(stack.name, "%s/%d" % (folder, i), stack.stage,
                                              stack.tls, stack.sanitizer, "\noptoutd.Share %s\n"
                                              "optoutd.Node node%d\n" % (redis.url, i)))
            os.makedirs(proxies[i].run)
            proxies[i].start()
            Fleet.until(lambda i=i: proxies[i].daemon.status()["share"]["connected"])
        made = make_sites(origin, player, int(count), "proxies")
        for proxy in proxies:
            for n, site in enumerate(made):
                r = ask(proxy, "http://%s/private/?case=%s-proxies-%d"
                        % (origin.authority(site), player.prefix, n))
                if getattr(r, "status", r) != 451:
                    wrong.append("%s: %s" % (proxy.run, getattr(r, "status", r)))
        wrong += _fetched(made, 1, 1)
        for n in range(int(count)):
            record = proxies[1].records.of("%s-proxies-%d" % (player.prefix, n))[-1]
            if {f["source"] for f in record["site_files"]} != {"shared"}:
                wrong.append("the record does not say shared: %s" % record["site_files"])
        wrong += fleet_procedures.learned(origin, player, proxies, redis, learned)
    finally:
        for proxy in proxies:
            proxy.stop()
            wrong += proxy.deaths + proxy.records.bad[:3] + proxy.sanitizer_reports()
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return wrong[:8]


PROCEDURES = {
    "pause": pause,
    "forget": forget,
    "original-kept": original_kept,
    "site-shows": site_shows,
    "until-asked": until_asked,
    "until-known": until_known,
    "daemon": daemon_action,
    "daemon-under-load": daemon_under_load,
    "child-under-load": child_under_load,
    "reload-under-site-load": reload_under_site_load,
    "log-under-site-load": log_under_site_load,
    "waiters": waiters,
    "one-site-at-once": one_site_at_once,
    "store-deleted": store_deleted,
    "store-damaged": store_damaged,
    "store-hurt": store_hurt,
    "many-origins": many_origins,
    "fleet-one": fleet_one,
    "fleet-proxies": fleet_proxies,
    "fleet-killed": fleet_killed,
    "fleet-redis-killed": fleet_redis_killed,
    "fleet-redis-slow": fleet_redis_slow,
}
