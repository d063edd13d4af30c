# SPDX-License-Identifier: Apache-2.0
"""Starts and stops optoutd and redis-server, and speaks to the daemon as the filter
does (module/site/message.h)."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

ASK, ASK_LICENCE, LEARN, FORGET, STATUS, ANSWER = range(1, 7)
HEAD = struct.Struct(">4sBBHII")


class DaemonError(Exception):
    pass


def call(path, verb, *fields, timeout=10.0):
    """One question; the answer's fields as text."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(path)
        body = b"".join(struct.pack(">I", len(f)) + f for f in
                        (str(f).encode() for f in fields))
        s.sendall(HEAD.pack(b"OPT1", verb, len(fields), 0, len(body), 7) + body)
        magic, verb, n, _, size, tag = HEAD.unpack(_exactly(s, HEAD.size))
        if magic != b"OPT1" or tag != 7:
            raise DaemonError("no answer of the daemon's: %r, tag %d" % (magic, tag))
        body, found = _exactly(s, size), []
        while body:
            length = struct.unpack(">I", body[:4])[0]
            found.append(body[4:4 + length].decode("utf-8", "replace"))
            body = body[4 + length:]
        if len(found) != n:
            raise DaemonError("%d fields instead of %d" % (len(found), n))
        return found


def _exactly(s, n):
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part:
            raise DaemonError("the daemon closed the connection")
        data += part
    return data


class Process:
    """A program of a run, in a session of its own; its output goes to a file."""

    def __init__(self, folder, name):
        self.folder = folder
        self.log = os.path.join(folder, name + ".out")
        self.process = None
        self.wanted = False       # nobody has asked it to go

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def launch(self, command, env=None):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, start_new_session=True, env=env)
        self.wanted = True

    def wait_until(self, ready, seconds, what):
        end = time.monotonic() + seconds
        problem = "no answer"
        while time.monotonic() < end:
            try:
                if ready():
                    return
            except (OSError, DaemonError) as e:
                problem = str(e)
            if not self.alive():
                problem = "it ended with %s" % self.process.returncode
                break
            time.sleep(0.05)
        raise DaemonError("%s does not come up: %s\n%s" % (what, problem, self.tail()))

    def tail(self, n=1500):
        try:
            with open(self.log, errors="replace") as f:
                return f.read()[-n:]
        except OSError:
            return ""

    def send(self, number):
        if self.alive():
            self.process.send_signal(number)

    def stop(self, patience=6):
        """The exit status; -9 when it had to be killed."""
        self.wanted = False
        if self.process is None:
            return 0
        if self.alive():
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        return self.kill()

    def kill(self):
        self.wanted = False
        if self.alive():
            self.process.kill()
        self.process.wait(5)
        return self.process.returncode


class Daemon(Process):
    """optoutd with a store, a socket and a configuration in a folder of its own."""

    def __init__(self, folder, program, lines, env=None, name="optoutd"):
        super().__init__(folder, name)
        self.program = program
        self.env = env
        self.store = os.path.join(folder, "site")
        self.socket = os.path.join(folder, name + ".sock")
        self.conf = os.path.join(folder, name + ".conf")
        os.makedirs(folder, exist_ok=True)
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write("\n".join(["optoutd.SiteStore " + self.store,
                               "optoutd.Socket " + self.socket,
                               "optoutd.MetricsListen off"] + lines) + "\n")

    def start(self):
        if self.program is None:
            raise DaemonError("optoutd is not staged")
        self.launch([self.program, "-c", self.conf], self.env)
        self.wait_until(lambda: bool(self.status()), 8, "optoutd")

    def status(self):
        return json.loads(call(self.socket, STATUS)[-1])

    def ask(self, origin, agent="testbot", wait=5000, timeout=12.0):
        """The daemon's word: known, late, refused, error."""
        return call(self.socket, ASK, origin, agent, "%s/1.0" % agent, wait, timeout=timeout)[0]

    def forget(self, origin):
        return call(self.socket, FORGET, origin)[0]


class Redis(Process):
    def __init__(self, folder):
        super().__init__(folder, "redis")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.url = "redis://127.0.0.1:%d" % self.port

    def start(self):
        program = shutil.which("redis-server")
        if program is None:
            raise DaemonError("redis-server is not installed")
        os.makedirs(self.folder, exist_ok=True)
        self.launch([program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                     "--appendonly", "no", "--dir", self.folder, "--daemonize", "no"])
        self.wait_until(lambda: self.command("PING").startswith(b"+PONG"), 8, "redis-server")

    def command(self, *words):
        """One command; the raw answer, as far as it comes at once."""
        with socket.create_connection(("127.0.0.1", self.port), 2) as s:
            s.settimeout(2)
            s.sendall(b"*%d\r\n" % len(words) + b"".join(
                b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(w).encode() for w in words)))
            return s.recv(1 << 20)
