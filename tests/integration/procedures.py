# SPDX-License-Identifier: Apache-2.0
"""What a scenario cannot say with requests alone: faults, reloads, many at once.

A `do:` line names one of these; the words behind it are its arguments."""
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import checks
import figures
import icap_client
import sanitizer
import site_procedures
import stack as stack_module
from http_clients import RawConnection, WireError, request_bytes
from origin import Answer

HTML = b"Content-Type: text/html"


def run(step, stack, origin, player):
    words = step.action.split()
    function = PROCEDURES.get(words[0])
    if function is None:
        return ["no such procedure: %s" % words[0]]
    arguments = dict(w.split("=", 1) for w in words[1:])
    return function(step, stack, origin, player, **arguments)


def _get(stack, url, timeout=20):
    connection = RawConnection(stack.proxy_port, timeout * sanitizer.patience)
    try:
        return connection.exchange("GET", request_bytes("GET", url, []))
    finally:
        connection.close()


class Load:
    """Clients that keep asking for a clean and a reserved page in turn."""

    def __init__(self, stack, origin, player, clients, clean, reserved, **sending):
        self.stack, self.origin, self.player = stack, origin, player
        self.clean, self.reserved = clean, reserved
        self.sending = sending
        self.results = []         # (wanted, token, response)
        self.times = {}           # token: begun, ended
        self.lock = threading.Lock()
        self.halt = threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(i,), daemon=True)
                        for i in range(clients)]
        for t in self.threads:
            t.start()

    def _client(self, number):
        turn = number
        while not self.halt.is_set():
            wanted = ("clean", "reserved")[turn % 2]
            turn += 1
            body = self.clean if wanted == "clean" else self.reserved
            token = "%s-load%d-%d" % (self.player.prefix, number, turn)
            self.origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body, **self.sending))
            url = "http://origin.test:%d/load?case=%s" % (self.origin.port, token)
            time.sleep(0.01)
            begun = time.monotonic()
            try:
                r = _get(self.stack, url)
            except (OSError, WireError) as e:
                r = "%s: %s" % (type(e).__name__, e)
            with self.lock:
                self.results.append((wanted, token, r))
                self.times[token] = begun, time.monotonic()

    def end(self):
        self.halt.set()
        for t in self.threads:
            t.join(30)
        return self.results


def _leaks(results, reserved):
    """Reserved pages of which as much as one byte came through."""
    return ["a reserved page came through: %s, status %d, %d bytes" % (token, r.status, len(r.body))
            for wanted, token, r in results
            if wanted == "reserved" and not isinstance(r, str) and r.status == 200 and r.body]


def _failures(results, clean, denials=("451",), cut_is_fine=False):
    wrong = []
    for wanted, token, r in results:
        if isinstance(r, str):
            wrong.append("%s: %s" % (token, r))
        elif wanted == "clean" and (r.status != 200 or r.error or r.body != clean):
            wrong.append("clean page %s: status %d, %d bytes, %s"
                         % (token, r.status, len(r.body), r.error))
        elif wanted == "reserved" and cut_is_fine and not checks.response(["cut: yes"], r, clean):
            pass
        elif wanted == "reserved" and (str(r.status) not in denials or r.error):
            wrong.append("reserved page %s: status %d, %s" % (token, r.status, r.error))
    return wrong


def _pages(recipe_size):
    import bodies
    return (bodies.html(int(recipe_size), []),
            bodies.html(int(recipe_size), [("reserve", "end")]))


def reload_under_load(step, stack, origin, player, command="reconfigure", seconds="4",
                      clients="6", size="3000", status="451", least="50"):
    """Sends a control command amid load; nothing may fail or come through."""
    clean, reserved = _pages(size)
    stack.expected.set()
    before = stack.cicap_children()
    load = Load(stack, origin, player, int(clients), clean, reserved)
    time.sleep(0.7)
    stack.control(command)
    time.sleep(float(seconds))
    results = load.end()
    wrong = _failures(results, clean, (status,))[:5]
    if len(results) < int(least):
        wrong.append("only %d requests were made" % len(results))
    if command == "reconfigure":
        # Old children stay until the proxy lets go of its idle connections to them.
        stack.leaving |= before
        if not stack.cicap_children() - before:
            wrong.append("no new children: %s" % sorted(before))
    elif stack.cicap_children() - before:
        wrong.append("children changed: %s to %s" % (before, stack.cicap_children()))
    time.sleep(0.3)
    stack.expected.clear()
    stack.records.refresh()
    unrecorded = [t for _, t, r in results
                  if not checks.pick("", stack.records.by_token.get(t, []))]
    if unrecorded:
        wrong.append("%d of %d requests have no record" % (len(unrecorded), len(results)))
    return wrong


def children_anew(step, stack, origin, player):
    """The service begins anew with children of its own; nothing is left in memory."""
    stack.expected.set()
    before = stack.cicap_children()
    stack.leaving |= before
    stack.control("reconfigure")
    end = time.monotonic() + 15
    while not stack.cicap_children() - before and time.monotonic() < end:
        time.sleep(0.1)
    for pid in before & stack.cicap_children():
        os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    stack.expected.clear()
    return [] if stack.cicap_children() - before else ["no new children"]


def _connections(pid):
    """The sockets that a child holds beyond the one it listens on."""
    count = 0
    try:
        folder = "/proc/%d/fd" % pid
        for n in os.listdir(folder):
            count += os.readlink(os.path.join(folder, n)).startswith("socket")
    except OSError:
        pass
    return max(0, count - 1)


def _busiest(stack):
    return max(stack.cicap_children(), key=_connections, default=None)


def kill_child(step, stack, origin, player, clients="6", size="200000"):
    """Kills the busy child of c-icap amid load."""
    clean, reserved = _pages(size)
    stack.expected.set()
    load = Load(stack, origin, player, int(clients), clean, reserved, rate=2_000_000)
    time.sleep(1.5)
    victim = _busiest(stack)
    killed = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    time.sleep(4)
    results = load.end()
    wrong = _leaks(results, reserved)
    failed = _failures([r for r in results if r[0] == "clean"], clean)
    for wanted, token, r in results:
        if not isinstance(r, str) and not r.error and r.status not in (200, 451, 500):
            wrong.append("%s: status %d" % (token, r.status))
        if not isinstance(r, str) and wanted == "clean" and not r.error and r.status == 200 \
                and r.body != clean:
            wrong.append("%s: a damaged body that looks complete" % token)
    if len(failed) > 4 * int(clients):
        wrong.append("%d clean requests failed, more than can have been in flight: %s"
                     % (len(failed), failed[-1]))
    wrong += _failures(results[-int(clients):], clean, cut_is_fine=True)
    wrong += _closed_with_gap(stack, victim, 12)
    end = time.monotonic() + 6
    while len(stack.cicap_children()) < 2 and time.monotonic() < end:
        time.sleep(0.2)
    if len(stack.cicap_children()) < 2:
        wrong.append("no new child after %.0f s" % (time.monotonic() - killed))
    stack.expected.clear()
    return wrong


_FRONT = (b"RESPMOD icap://127.0.0.1/optout ICAP/1.0\r\nHost: s.test\r\n"
          b"Encapsulated: %s\r\n\r\nGET http://s.test/ HTTP/1.1\r\nHost: s.test\r\n\r\n"
          b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n%s")
# What Squid never sends, and c-icap 0.5.10 itself does not survive.
_HOSTILE = [
    _FRONT % (b"req-hdr=0, res-hdr=45, res-body=88", b"ffffff00\r\nabc\r\n"),
    _FRONT % (b"req-hdr=0, res-hdr=3000000000, res-body=4000000000", b"3\r\nabc\r\n0\r\n\r\n"),
    _FRONT % (b", ".join(b"res-hdr=%d" % i for i in range(3000)), b"3\r\nabc\r\n0\r\n\r\n"),
]


class Deaths:
    """Notes each child of c-icap that goes, and when: between two looks at most."""

    def __init__(self, stack):
        self.stack, self.seen, self.all = stack, stack.cicap_children(), []
        self.looked = time.monotonic()
        self.halt = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.halt.wait(0.02):
            now, children = time.monotonic(), self.stack.cicap_children()
            self.all += [(pid, self.looked, now) for pid in self.seen - children]
            self.seen, self.looked = children, now

    def end(self):
        self.halt.set()
        self.thread.join(5)
        return self.all

    def during(self, begun, ended):
        return any(begun <= until and ended >= since for _, since, until in self.all)


def _attack(stack, data):
    with socket.create_connection(("127.0.0.1", stack.icap_port), 5) as s:
        s.settimeout(3)
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        except OSError:
            pass


def _lost(load, results, clean, deaths):
    """Exchanges that failed: those that were under way when a child died, and all others."""
    with_child, others = [], []
    for result in results:
        wrong = _failures([result], clean, cut_is_fine=True)
        in_hand = deaths.during(*load.times[result[1]])
        (with_child if in_hand else others).extend(wrong)
    return with_child, others


def hostile_port(step, stack, origin, player, clients="6", size="20000"):
    """Bytes that may kill a child of c-icap, sent to its port amid load. Whether one died or
    not, the service goes on: the master has another within seconds, and nothing is lost but what
    was under way when a child died. How many died is told: it depends on the build of c-icap."""
    clean, reserved = _pages(size)
    stack.expected.set()
    load = Load(stack, origin, player, int(clients), clean, reserved, rate=2_000_000)
    time.sleep(1)
    wrong, wanted = [], len(stack.cicap_children())
    deaths = Deaths(stack)
    for data in _HOSTILE:
        _attack(stack, data)
        time.sleep(1)
        sent = time.monotonic()
        while len(stack.cicap_children()) < wanted and time.monotonic() - sent < 8:
            time.sleep(0.02)
        if len(stack.cicap_children()) < wanted:
            wrong.append("%d children of %d, 9 s after an attack"
                         % (len(stack.cicap_children()), wanted))
        time.sleep(0.5)
    over = time.monotonic()
    time.sleep(1)
    results = load.end()
    died = deaths.end()
    wrong += _leaks(results, reserved)
    with_child, others = _lost(load, results, clean, deaths)
    print("#   %d attacks, %d children of c-icap died; of %d exchanges %d were lost with them, %d "
          "otherwise" % (len(_HOSTILE), len(died), len(results), len(with_child), len(others)),
          flush=True)
    wrong += others[:5]
    if len(with_child) > len(died) * int(clients):
        wrong.append("%d deaths, and %d exchanges failed: %s"
                     % (len(died), len(with_child), with_child[-1]))
    late = [r for r in results if load.times[r[1]][0] > over]
    if len(late) < int(clients):
        wrong.append("only %d exchanges after the attacks" % len(late))
    stack.expected.clear()
    return wrong


def _closed_with_gap(stack, pid, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stack.records.refresh()
        mine = [n for n in os.listdir(stack.audit_dir) if "-%d-" % pid in n]
        gaps = [n for n, _ in stack.records.gaps if "-%d-" % pid in n]
        if mine and gaps and not any(n.endswith(".open") for n in mine):
            return []
        time.sleep(0.2)
    return ["the segment of the dead child %d is not closed with a gap record: %s, gaps in %s"
            % (pid, mine, gaps)]


def audit_full(step, stack, origin, player, config="default"):
    """Fills the small file system that the audit segments are on."""
    room = os.path.join(stack.run, "room")
    os.makedirs(room, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", room], check=True)
    other = None
    try:
        other = stack_module.Stack(config, stack.run + "-full", stack.stage, stack.tls,
                                   stack.sanitizer)
        other.audit_dir = room + "/audit"
        other.records.forget_read(other.audit_dir)
        os.makedirs(other.run)
        other.start()
        ballast = room + "/ballast"
        return _without_a_log(other, origin, player, lambda: _fill(ballast),
                              lambda: os.unlink(ballast))
    finally:
        if other is not None:
            other.stop()
            for line in other.sanitizer_reports():
                player.wrong.append(line)
        subprocess.run(["umount", "-l", room])


def spool_full(step, stack, origin, player):
    """Bodies that are held in a file, on a file system with less room than they need."""
    room = os.path.join(stack.run, "spool-room")
    os.makedirs(room, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=1777", "tmpfs", room], check=True)
    other = stack_module.Stack("spool", stack.run + "-spool", stack.stage, stack.tls, stack.sanitizer,
                               extra="\noptout.SpoolDir %s\n" % room)
    try:
        os.makedirs(other.run)
        other.start()
        return _without_spool(other, origin, player)
    finally:
        other.stop()
        for line in other.sanitizer_reports():
            player.wrong.append(line)
        subprocess.run(["umount", "-l", room])


def _without_spool(stack, origin, player):
    import bodies
    wrong = []
    for n, (size, fits) in enumerate([(20_000, True), (2_000_000, False), (20_000, True), (2_000_000, False)]):
        token = "%s-spool-%d" % (player.prefix, n)
        body = bodies.html(size, [])
        origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body))
        try:
            r = _get(stack, "http://origin.test:%d/?case=%s" % (origin.port, token))
        except (OSError, WireError) as e:
            r = None
            if fits:
                wrong.append("%d bytes: %s" % (size, e))
        whole = r is not None and r.status == 200 and not r.error
        if whole and r.body != body:
            wrong.append("%d bytes of %d look whole" % (len(r.body), size))
        if whole != fits:
            wrong.append("%d bytes: %s" % (size, "passed" if whole else "refused"))
        records, _ = stack.records.wait(token, lambda found: checks.pick("", found), 5)
        record = next(iter(checks.pick("", records)), None)
        reasons = record.get("undecided", []) if record else None
        if fits != (reasons == []) or not fits and "limit-memory" not in (reasons or []):
            wrong.append("%d bytes: the record says %s" % (size, reasons))
    return wrong


def _fill(path):
    with open(path, "wb", buffering=0) as f:
        size = 4096
        while size:
            try:
                f.write(b"x" * size)
            except OSError:
                size //= 2


REMOVED_LINES = 20               # at most, that segments had before they were taken away


def audit_gone(step, stack, origin, player, config="default", failure="block"):
    """Takes the folder of the audit log away and puts a file in its place."""
    other = stack_module.Stack(config, "%s-gone-%s" % (stack.run, failure), stack.stage, stack.tls, stack.sanitizer,
                               extra="\noptout.OnAuditFailure %s\n" % failure)
    os.makedirs(other.run)

    def take_away():
        shutil.rmtree(other.audit_dir)
        with open(other.audit_dir, "w"):
            pass
        time.sleep(1.1)           # so long a writer may not look whether its file is there

    try:
        other.start()
        if failure == "pass":
            return _passes_without_a_log(other, origin, player, take_away)
        return _without_a_log(other, origin, player, take_away, lambda: os.unlink(other.audit_dir),
                              removed=REMOVED_LINES)
    finally:
        other.stop()


def _passes_without_a_log(stack, origin, player, break_it):
    body = b"<p>Who wants this to be on record has another setting."
    break_it()
    for n in range(10):
        token = "%s-pass-%d" % (player.prefix, n)
        origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body))
        r = _get(stack, "http://origin.test:%d/?case=%s" % (origin.port, token))
        if r.status != 200 or r.body != body or stack.records.of(token):
            return ["it is not passed without a record: status %d" % r.status]
    with open(os.path.join(stack.run, "server.log")) as f:
        return [] if "AUDIT FAILURE" in f.read() else ["the log does not say AUDIT FAILURE"]


def _without_a_log(stack, origin, player, break_it, mend_it, removed=0):
    """Asks before, while and after no record can be written: meanwhile nothing is fetched but what
    found it out, then all goes on by itself, and the log says how much it misses."""
    import bodies
    wrong = []
    body = bodies.html(2000, [])
    number = [0]
    site = site_procedures.make_sites(origin, player, 1, "full")[0]

    def ask():
        number[0] += 1
        token = "%s-full-%d" % (player.prefix, number[0])
        origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body))
        r = _get(stack, "http://%s/full?case=%s" % (origin.authority(site), token))
        if r.status == 200:
            if r.body != body or not stack.records.of(token):
                wrong.append("a page passed damaged, or without a record")
        elif r.status != 503 or b"R-11" not in r.body or not r.all("Retry-After"):
            wrong.append("refused with status %d, not as what has no record" % r.status)
        elif body[:200] in r.body:
            wrong.append("the page is in the answer")
        return origin.count(token), r.status

    if ask() != (1, 200):
        wrong.append("it fails before")
    break_it()
    found = next((n for n, s in (ask() for _ in range(200)) if s != 200), None)  # the last page fills up
    if found is None:
        return wrong + ["200 pages passed"]
    refused = 1
    end = time.monotonic() + 2.5  # two trials, by whichever child
    while time.monotonic() < end:
        answer = ask()
        refused += 1
        if answer != (0, 503):
            wrong.append("asked for %d times, status %d, without a log" % answer)
        time.sleep(0.02)
    mend_it()
    end = time.monotonic() + 10
    while ask()[1] != 200 and time.monotonic() < end:
        refused += 1
        time.sleep(0.2)
    if any(ask() != (1, 200) for _ in range(10)):
        wrong.append("it does not go on by itself")
    log = "\n".join(stack_module.tail(os.path.join(stack.run, "server.log"), 1000))
    for words in ("nothing is asked for", "records can be written again; %d requests" % (refused - found)):
        if log.count(words) != 1:
            wrong.append('the log says "%s" %d times' % (words, log.count(words)))
    stack.stop()
    stack.records.refresh()
    lost = sum(gap["lost"] for _, gap in stack.records.gaps)
    if not refused <= lost <= refused + removed:
        wrong.append("the gaps tell of %d records, %d were refused" % (lost, refused))
    return wrong[:8] + stack.records.bad[:3]


def wrong_configuration(step, stack, origin, player):
    """Starts another c-icap with each of the given lines; it must not come up, and
    must say where the mistake is: `line -> what the log names`; with `unplaced`
    the line need not be named."""
    wrong = []
    for text in filter(None, step.headers):
        line, _, wanted = text.partition("->")
        other = stack_module.Stack("default", stack.run + "-wrong", stack.stage, stack.tls,
                                   stack.sanitizer, extra="\n" + line.strip() + "\n")
        os.makedirs(other.run)
        try:
            wrong += ["%s: %s" % (line.strip(), w)
                      for w in _must_not_start(other, wanted.split())]
        finally:
            other.stop()
            shutil.rmtree(other.run, ignore_errors=True)
    return wrong


def wrong_together(step, stack, origin, player):
    """All of the given lines in one file, each `line -> directive`: the tool names each with the
    number of its line and nothing else, and c-icap does not come up."""
    rows = [[part.strip() for part in text.split("->")] for text in filter(None, step.headers)]
    other = stack_module.Stack("default", stack.run + "-wrong", stack.stage, stack.tls, stack.sanitizer,
                               extra="\n" + "".join(row[0] + "\n" for row in rows))
    os.makedirs(other.run)
    try:
        started = _must_not_start(other, ["unplaced"])
        p = subprocess.run([stack.stage.tool, "config", "check", other.run + "/c-icap.conf"],
                           capture_output=True, text=True, timeout=30)
        with open(other.run + "/optout.conf") as f:
            first = len(f.read().rstrip("\n").split("\n")) - len(rows) + 1
    finally:
        other.stop()
        shutil.rmtree(other.run, ignore_errors=True)
    want = ["optout.conf:%d: %s" % (first + i, row[1]) for i, row in enumerate(rows)]
    told = [": ".join(line.split(": ")[:2]).rpartition("/")[2] for line in p.stderr.splitlines()]
    if p.returncode != 2 or told != want:
        return started + ["the tool says (%d): %s" % (p.returncode, checks.short(p.stderr, 2000))]
    return started


def _must_not_start(other, wanted):
    other._write_configuration()
    with open(other.run + "/optout.conf") as f:
        number = len(f.read().rstrip("\n").split("\n"))
    other.launch_cicap()
    end = time.monotonic() + 8
    while other.cicap.poll() is None and time.monotonic() < end:
        try:
            if icap_client.options(other.icap_port, "optout").status == 200:
                return ["it came up"]
        except OSError:
            pass
        time.sleep(0.1)
    text = ""
    for name in ("server.log", "c-icap.out"):
        text += "\n".join(stack_module.tail(os.path.join(other.run, name), 40)) + "\n"
    if "unplaced" in wanted:      # what concerns no single line, or only the machine
        wanted = [w for w in wanted if w != "unplaced"]
    else:
        wanted = wanted + ["optout.conf:%d" % number]
    missing = [w for w in wanted if w not in text]
    if missing:
        return ["the log does not name %s: %s" % (", ".join(missing), checks.short(text, 600))]
    return []


def many(step, stack, origin, player, times="50", expect="cut", size="400000", at="200000"):
    """The same late denial many times in a row; the service must stay in use."""
    import bodies
    wrong = []
    for i in range(int(times)):
        token = "%s-many-%d" % (player.prefix, i)
        body = bodies.html(int(size), [("noai", at)])
        origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body, framing="chunked"))
        r = _get(stack, "http://origin.test:%d/many?case=%s" % (origin.port, token))
        if checks.response(["cut: yes", "body: empty"], r, body):
            wrong.append("number %d: status %d, %d bytes, %s"
                         % (i + 1, r.status, len(r.body), r.error or "complete"))
        if origin.count(token) != 1:
            wrong.append("number %d: %d fetches" % (i + 1, origin.count(token)))
    return wrong[:5]


def at_once(step, stack, origin, player, clients="20", size="900000", rate="3000000",
            status="200"):
    """Many held bodies at the same time; each must come whole."""
    import bodies
    body = bodies.html(int(size), [])
    results = []

    def one(i):
        token = "%s-once-%d" % (player.prefix, i)
        origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body, rate=int(rate)))
        try:
            r = _get(stack, "http://origin.test:%d/once?case=%s" % (origin.port, token), 40)
        except (OSError, WireError) as e:
            results.append(str(e))
            return
        if str(r.status) not in status.split("|") or r.error or (r.status == 200
                                                                and r.body != body):
            results.append("%d: status %d, %d bytes, %s" % (i, r.status, len(r.body), r.error))
    threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(int(clients))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    return results[:5]


def complete_bodies(step, stack, origin, player, total="2000", clients="1", size="65536",
                    framing="chunked", profile=""):
    """Many clean pages over kept connections; each must come whole, with its end."""
    import bodies
    body = bodies.html(int(size), [])
    token = player.prefix + "-bodies"
    origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], body, framing=framing))
    url = "http://origin.test:%d/bodies?case=%s" % (origin.port, token)
    data = request_bytes("GET", url, ["X-Profile: " + profile] if profile else [])
    wrong, done = [], [0]

    def client(number):
        connection = None
        for i in range(int(total) // int(clients)):
            try:
                if connection is None:
                    connection = RawConnection(stack.proxy_port, 240)
                connection.deadline.end = time.monotonic() + 10 * sanitizer.patience
                r = connection.exchange("GET", data)
            except (OSError, WireError) as e:
                wrong.append("client %d: %s" % (number, e))
                connection = None
                continue
            done[0] += 1
            if r.status != 200 or r.error or r.body != body:
                wrong.append("client %d, page %d: status %d, %d bytes, %s"
                             % (number, i, r.status, len(r.body), r.error))
            if r.error or "close" in ",".join(r.all("connection")).lower():
                connection.close()
                connection = None
        if connection is not None:
            connection.close()
    threads = [threading.Thread(target=client, args=(n,), daemon=True)
               for n in range(int(clients))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(240)
    if wrong:
        wrong.insert(0, "%d of %d pages did not come whole" % (len(wrong), int(total)))
    elif done[0] < int(total) // int(clients) * int(clients):
        wrong.append("only %d of %s pages came" % (done[0], total))
    return wrong[:6]


def remembered_everywhere(step, stack, origin, player, connections="75"):
    """After a cut, each child must know of the denial."""
    import bodies
    token = player.prefix + "-remembered"
    origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML],
                             bodies.html(300000, [("noai", "200000")]), framing="chunked"))
    url = "http://origin.test:%d/page?case=%s" % (origin.port, token)
    wrong = checks.response(["cut: yes", "body: empty"], _get(stack, url), b"")
    return (wrong + _refused_everywhere(stack, url, connections))[:5]


def images_everywhere(step, stack, origin, player, connections="75"):
    """After a page that reserves its images, each child must know of them."""
    token = player.prefix + "-images"
    image = "http://origin.test:%d/i.gif?case=%s-i" % (origin.port, token)
    page = b'<meta name="robots" content="noimageai"><img src="%s">' % image.encode()
    origin.add(token, Answer([b"HTTP/1.1 200 OK", HTML], page))
    url = "http://origin.test:%d/page?case=%s" % (origin.port, token)
    wrong = checks.response(["status: 200"], _get(stack, url), b"")
    return (wrong + _refused_everywhere(stack, image, connections))[:5]


def logged(step, stack, origin, player):
    """The server log has this line, or will within three seconds."""
    wanted = [line for line in step.headers if line]
    end = time.monotonic() + 3
    while True:
        with open(stack.run + "/server.log", encoding="utf-8", errors="replace") as f:
            text = f.read()
        missing = [line for line in wanted if line not in text]
        if not missing or time.monotonic() > end:
            return ["not in the log: " + line for line in missing]
        time.sleep(0.1)


def _refused_everywhere(stack, url, connections):
    """So many ICAP connections that no single child can have them all."""
    wrong = []
    held = []
    try:
        for _ in range(int(connections)):
            held.append(icap_client.IcapConnection(stack.icap_port, 20))
            request = icap_client.IcapRequest(
                "REQMOD", "icap://127.0.0.1:%d/optout" % stack.icap_port)
            request.headers.append("Allow: 204")
            request.req_head = request_bytes("GET", url, [])
            answer = held[-1].exchange(request)
            if answer.http_status != 451 or answer.error:
                wrong.append("connection %d: ICAP %d, HTTP %d %s"
                             % (len(held), answer.status, answer.http_status, answer.error))
        used = sum(bool(_connections(pid)) for pid in stack.cicap_children())
        if used < 2:
            wrong.append("all connections went to one child: this proves nothing")
    finally:
        for connection in held:
            connection.close()
    return wrong


def phrase_file(step, stack, origin, player, name="xx"):
    """Writes the lines below to phrases/NAME.phr in the folder of the run."""
    folder = os.path.join(stack.run, "phrases")
    os.makedirs(folder, mode=0o755, exist_ok=True)
    with open(os.path.join(folder, name + ".phr"), "w", encoding="utf-8") as f:
        f.write("\n".join(step.headers) + "\n")
    return []


def reload_with(step, stack, origin, player, log=""):
    """Adds the lines below to the configuration and reloads it; without lines, takes
    out again what was added. `log` must then stand in the server log."""
    path = os.path.join(stack.run, "optout.conf")
    lines = [line.replace("@RUN@", stack.run) for line in step.headers if line]
    with open(path, "w", encoding="utf-8") as f:
        f.write(stack.filter_text() + "\n" + "\n".join(lines) + "\n")
    before = _size(stack.run + "/server.log")
    stack.control("optout_reload")
    end = time.monotonic() + 6
    children = len(stack.cicap_children() - stack.leaving)
    wanted = log.replace("_", " ") or "child reloaded"
    while time.monotonic() < end:
        with open(stack.run + "/server.log", errors="replace") as f:
            f.seek(before)
            text = f.read()
        if text.count(wanted) >= children:
            return []
        time.sleep(0.1)
    return ["the log does not say %r for each child: %s" % (wanted, text[-500:])]


def command_line(step, stack, origin, player, verb="reload", status="0", says=""):
    """`optout reload` or `reopen` beside the running filter. The lines below become the
    configuration first; `says` must be in what the tool prints, _ for a blank."""
    lines = [line.replace("@RUN@", stack.run) for line in step.headers if line]
    with open(os.path.join(stack.run, "optout.conf"), "w", encoding="utf-8") as f:
        f.write(stack.filter_text() + "\n" + "\n".join(lines) + "\n")
    begun = time.monotonic()
    p = subprocess.run([stack.stage.tool, verb, "--config", stack.run + "/c-icap.conf"],
                       capture_output=True, text=True, timeout=30)
    said = p.stdout + p.stderr
    if p.returncode != int(status) or says.replace("_", " ") not in said:
        return ["status %d after %.1f s: %s" % (p.returncode, time.monotonic() - begun, said)]
    return []


def _size(path):
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def control(step, stack, origin, player, command=""):
    """One control command, and a moment for c-icap to read it."""
    stack.expected.set()
    stack.control(command)
    time.sleep(1.5)
    stack.expected.clear()
    return []


PROCEDURES = {
    "reload-under-load": reload_under_load,
    "kill-child": kill_child,
    "hostile-port": hostile_port,
    "command-line": command_line,
    "audit-full": audit_full,
    "audit-gone": audit_gone,
    "spool-full": spool_full,
    "wrong-configuration": wrong_configuration,
    "wrong-together": wrong_together,
    "many-cuts": many,
    "at-once": at_once,
    "complete-bodies": complete_bodies,
    "control": control,
    "reload-with": reload_with,
    "children-anew": children_anew,
    "images-everywhere": images_everywhere,
    "logged": logged,
    "phrase-file": phrase_file,
    "remembered-everywhere": remembered_everywhere,
    **figures.PROCEDURES,
    **site_procedures.PROCEDURES,
}
