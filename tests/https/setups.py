# SPDX-License-Identifier: Apache-2.0
"""The example set-ups of conf/examples, started as they are but for places.py."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "integration"))

import icap_client                                                        # noqa: E402
import places                                                             # noqa: E402
from records import Records                                               # noqa: E402
from stack import (Stack, _leftovers, free_port, squid_program,          # noqa: E402
                   squid_version, tail)

EXAMPLES = os.path.join(TOP, "conf", "examples")


class SetupError(Exception):
    pass


def user_of(name):
    """What starts a program as that user; nothing for who is no root."""
    if os.geteuid():
        return []
    return ["setpriv", "--reuid=" + name, "--regid=" + name, "--init-groups"]


def own(folder, name):
    if os.geteuid():
        return
    who = pwd.getpwnam(name)
    for base, folders, files in os.walk(folder):
        for path in [base] + [os.path.join(base, n) for n in folders + files]:
            os.chown(path, who.pw_uid, who.pw_gid)


def until(ready, seconds, what, logs=()):
    end = time.monotonic() + seconds
    problem = ""
    while time.monotonic() < end:
        try:
            if ready():
                return
        except (OSError, icap_client.WireError) as e:
            problem = ": %s" % e
        time.sleep(0.05)
    lines = [line for path in logs for line in ["--- " + path] + tail(path, 8)]
    raise SetupError("\n".join(["%s within %d s%s" % (what, seconds, problem)] + lines))


class Processes:
    """Programs that were started, each with a session of its own."""

    def __init__(self):
        self.all = []

    def launch(self, command, log, cwd="/"):
        with open(log, "ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True, cwd=cwd)
        self.all.append(process)
        return process

    @staticmethod
    def end(process, patience=20):
        """TERM, and KILL for what is left of its session."""
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        Processes.kill(process)
        return process.returncode

    @staticmethod
    def kill(process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(10)


class Host:
    """A filter host: c-icap with the service, and optoutd."""

    def __init__(self, setup, name, port):
        self.setup, self.name, self.port = setup, name, port
        self.run = os.path.join(setup.folder, "filter-" + name)
        self.audit = os.path.join(self.run, "audit")
        self.records = Records(self.audit, setup.stage.schema)
        self.cicap = self.optoutd = None

    def write(self):
        os.makedirs(self.run)
        for name in ("c-icap.conf", "srv_optout.conf", "optoutd.conf"):
            self.setup.write(name, self.run, run=self.run, own_icap=self.port, node=self.name)
        own(self.run, self.setup.user)

    def start(self):
        user = user_of(self.setup.user)
        os.makedirs(self.run + "/store", exist_ok=True)
        own(self.run + "/store", self.setup.user)
        launch = self.setup.processes.launch
        self.optoutd = launch(user + [self.setup.stage.daemon, "-c", self.run + "/optoutd.conf"],
                              self.run + "/optoutd.out")
        self.start_cicap()

    def start_cicap(self):
        self.cicap = self.setup.processes.launch(
            ["c-icap", "-N", "-D", "-d", "1", "-f", self.run + "/c-icap.conf"],
            self.run + "/c-icap.out")

    def answers(self):
        return icap_client.options(self.port, "optout?profile=training").status == 200

    def logs(self):
        return [self.run + n for n in ("/optoutd.out", "/c-icap.out", "/server.log")]

    def kill(self):
        """As a machine that loses its power: every process of c-icap at once."""
        Processes.kill(self.cicap)
        until(self.is_gone, 10, "processes of c-icap outlive SIGKILL")
        self.sweep()

    def is_gone(self):
        """Zombies aside, which somebody else may never bury."""
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as f:
                    state, _, group = f.read().rsplit(") ", 1)[1].split()[:3]
            except (OSError, IndexError):
                continue
            if int(group) == self.cicap.pid and state not in "ZX":
                return False
        return True

    def freeze(self, number):
        os.killpg(self.cicap.pid, number)

    def sweep(self):
        for path in glob.glob("/dev/shm/c-icap-*") + glob.glob("/tmp/icap_lock_*"):
            if path in self.leftovers:
                try:
                    os.unlink(path)
                except OSError:
                    pass

    leftovers = frozenset()

    def note_leftovers(self, pid=None):
        self.leftovers = frozenset(_leftovers(pid or self.cicap.pid))


class Setup:
    """One example in a folder of its own."""

    def __init__(self, example, folder, stage, tls, origin, hosts=("a",), spliced="nobody2.invalid",
                 tls_ports="", changes=()):
        self.changes = changes    # file, text, other text: what a case is about
        self.example, self.folder, self.stage = example, folder, stage
        self.tls, self.origin = tls, origin
        self.user = "c-icap"
        self.squid_dir = os.path.join(folder, "squid")
        self.squid_conf = self.squid_dir + "/squid.conf"
        self.ca = None            # what clients trust in the place of the origin's
        self.proxy = free_port()
        self.processes = Processes()
        self.squid = None
        self.smp = example == "bump"
        self.spliced = spliced
        self.tls_ports = tls_ports or str(origin.tls_port)
        self.hosts = [Host(self, name, free_port()) for name in hosts]

    # --- files ------------------------------------------------------------------

    def write(self, name, folder, **more):
        with open(os.path.join(EXAMPLES, self.example, name), encoding="utf-8") as f:
            text = f.read()
        for file, old, new in self.changes:
            if file == name and old not in text:
                raise SetupError("%s/%s has no %r any more" % (self.example, name, old))
            text = text.replace(old, new) if file == name else text
        text = places.localised(self.example, name, text, dict(self.values(), **more))
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        shutil.copymode(os.path.join(EXAMPLES, self.example, name), path)

    def values(self):
        return {
            "squid": self.squid_dir, "squid_version": "%d.%d" % squid_version(),
            "proxy": self.proxy, "icap": self.hosts[0].port, "icap_b": self.hosts[-1].port,
            "module": self.stage.module, "templates": self.stage.templates,
            "conf": os.path.dirname(self.stage.daemon) + "/conf", "certgen": Stack._certgen(),
            "tls_ports": self.tls_ports, "spliced": self.spliced,
            "programs": os.path.dirname(self.stage.daemon),
        }

    def prepare(self):
        os.makedirs(self.squid_dir)
        os.chmod(self.folder, 0o755)
        shutil.copy(self.tls.ca, self.squid_dir + "/origin-ca.crt")
        with open(self.squid_dir + "/hosts", "w") as f:
            f.write("127.0.0.1 %s\n" % " ".join(["origin.test"] + self.origin.names))
        self.write("squid.conf", self.squid_dir)
        if self.example == "bump":
            self.write("never-bump.txt", self.squid_dir)
            self.make_ca(self.squid_dir, "Fleet CA of a test")
            self.make_certificates("certs")
            self.ca = self.squid_dir + "/fleet-ca.crt"
        own(self.squid_dir, "proxy")
        for host in self.hosts:
            host.write()

    @staticmethod
    def make_ca(folder, name):
        """As the guide says."""
        p = subprocess.run([TOP + "/start", "tls", "--name", name, "--dir", folder],
                           capture_output=True, text=True, timeout=60)
        if p.returncode:
            raise SetupError("./start tls: " + p.stderr[-300:])

    def make_certificates(self, name):
        subprocess.run([Stack._certgen(), "-c", "-s", os.path.join(self.squid_dir, name),
                        "-M", "64MB"], check=True, capture_output=True, timeout=30)

    # --- processes ----------------------------------------------------------------

    def start(self):
        self.prepare()
        for host in self.hosts:
            host.start()
        for host in self.hosts:
            until(host.answers, 15, "c-icap %s does not come up" % host.name, host.logs())
            host.note_leftovers()
        self.start_squid()

    def squid_command(self, *options):
        return [squid_program(), "-n", "optout%d" % self.proxy, "-f", self.squid_conf, *options]

    def start_squid(self):
        self.squid = self.processes.launch(
            self.squid_command("--foreground" if self.smp else "-N"), self.squid_dir + "/squid.out")
        until(self.is_up, 20, "Squid does not come up",
              [self.squid_dir + "/squid.out", self.squid_dir + "/cache.log"])

    def is_up(self):
        import socket
        if self.squid.poll() is not None:
            raise SetupError("Squid ended with %d\n%s" % (
                self.squid.returncode, "\n".join(tail(self.squid_dir + "/squid.out", 10)
                                                 + tail(self.squid_dir + "/cache.log", 10))))
        socket.create_connection(("127.0.0.1", self.proxy), 1).close()
        return not self.smp or len(self.workers()) == 2

    def workers(self):
        """The processes of Squid that take requests."""
        found = []
        for pid in Stack.children(self.squid.pid):
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    if f.read().startswith(b"(squid-") and b"coord" not in open(
                            "/proc/%d/cmdline" % pid, "rb").read():
                        found.append(pid)
            except OSError:
                pass
        return found

    def told(self, *options):
        """What `squid OPTIONS` says, and its status."""
        p = subprocess.run(self.squid_command(*options), capture_output=True, text=True,
                           timeout=30)
        return p.returncode, p.stdout + p.stderr

    def reconfigure(self):
        status, said = self.told("-k", "reconfigure")
        if status:
            raise SetupError("squid -k reconfigure: " + said[-300:])

    def cache_log(self):
        try:
            with open(self.squid_dir + "/cache.log", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def access_log(self):
        try:
            with open(self.squid_dir + "/access.log", errors="replace") as f:
                return f.read().splitlines()
        except OSError:
            return []

    def stop(self):
        """At once: how they end in order is no case but the sidecar's."""
        self.squid = None
        for process in self.processes.all:
            Processes.kill(process)
        for host in self.hosts:
            if host.cicap is not None:
                until(host.is_gone, 10, "processes of c-icap outlive SIGKILL")
            host.sweep()
        for path in glob.glob("/dev/shm/optout%d-*" % self.proxy) + \
                glob.glob("/run/squid/optout%d-*" % self.proxy):
            try:
                os.unlink(path)
            except OSError:
                pass

    def final(self, token):
        """The final record of an exchange, from whichever host wrote it."""
        for host in self.hosts:
            found = [r for r in host.records.of(token)
                     if r.get("decision") != "pending" and r.get("event") != "gap"]
            if found:
                return found[-1]
        return None


class Sidecar(Setup):
    """Everything of it is one script's, and one user's."""

    def __init__(self, *args, **named):
        super().__init__("sidecar", *args, **named)
        self.user = "proxy"
        self.share = None         # the URL of a Redis
        self.hosts[0].run = self.folder + "/sidecar"
        self.hosts[0].records.folder = self.hosts[0].audit = self.folder + "/sidecar/audit"

    def start(self):
        self.prepare()
        run = self.hosts[0].run
        self.write("run", run, run=run)
        if self.share:
            self._share(run + "/optoutd.conf")
        self.squid_conf = shutil.move(self.squid_dir + "/squid.conf", run)
        own(run, self.user)
        own(self.squid_dir, self.user)
        self.squid = self.processes.launch(user_of(self.user) + [run + "/run"], run + "/run.out")
        until(self.is_up, 25, "the sidecar does not come up",
              self.hosts[0].logs() + [run + "/run.out", self.squid_dir + "/cache.log"])
        with open(run + "/c-icap.pid") as f:
            self.hosts[0].note_leftovers(int(f.read()))

    def stop(self):
        """Its servers lead groups of their own, so they are found by the folder in their
        command lines."""
        if self.squid is not None and self.squid.poll() is None:
            self.squid.send_signal(signal.SIGTERM)
            try:
                self.squid.wait(20)
            except subprocess.TimeoutExpired:
                pass
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as f:
                    if self.folder.encode() + b"/" in f.read():
                        os.kill(int(path.split("/")[2]), signal.SIGKILL)
            except (OSError, ProcessLookupError):
                pass
        super().stop()

    def _share(self, path):
        """The line that the example has as a comment, with the test's Redis."""
        with open(os.path.join(EXAMPLES, "sidecar", "optoutd.conf")) as f:
            line = [n for n in f.read().splitlines() if n.startswith("#optoutd.Share ")][0]
        with open(path, "a") as f:
            f.write("\n%s %s\n" % (line[1:].split()[0], self.share))
