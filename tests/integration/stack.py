# SPDX-License-Identifier: Apache-2.0
"""Starts and stops one pair of c-icap and Squid with private configuration."""
import glob
import hashlib
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import icap_client
import sites
from daemon import Daemon, DaemonError
from records import Records
from sanitizer import Sanitizer

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = ("training", "search", "tagger", "careful", "watch", "lenient", "words", "binding",
            "nosuch")

CICAP_CONF = """\
PidFile {run}/c-icap.pid
CommandsSocket {run}/c-icap.ctl
Timeout 300
MaxKeepAliveRequests 0
KeepAliveTimeout 600
StartServers 2
MaxServers 2
MinSpareThreads 1
MaxSpareThreads 1000
ThreadsPerChild 60
MaxRequestsPerChild 0
Port 127.0.0.1:{icap_port}
ServerName optout.test
TmpDir {run}
MaxMemObject 131072
DebugLevel 1
Pipelining on
SupportBuggyClients off
ModulesDir {modules}
ServicesDir {modules}
TemplateDir {templates}
TemplateDefaultLanguage en
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {run}/server.log
AccessLog {run}/access.log
Service optout {module}{unload}
Include {run}/optout.conf
"""

# As conf/examples/bump/squid.conf has them.
SQUID_DELAY_POOL = """\
delay_pools 1
delay_class 1 2
delay_access 1 allow all
delay_parameters 1 none 200000000/200000000
"""

SQUID_CONF = """\
http_port 127.0.0.1:{proxy_port}
http_port 127.0.0.1:{bump_port} ssl-bump tls-cert={squid}/bump.pem \
generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
sslcrtd_program {certgen} -s {squid}/ssl_db -M 4MB
sslcrtd_children 2 startup=1
tls_outgoing_options cafile={squid}/ca.crt
acl step1 at_step SslBump1
ssl_bump peek step1
ssl_bump bump all
hosts_file {squid}/hosts
pid_filename {squid}/squid.pid
cache_log {squid}/cache.log
coredump_dir {squid}
visible_hostname crawlproxy.test
cache_mem 16 MB
cache deny all
# Squid 5 now and then forgets the last chunk of a body without length when its store defers
# the producer: with more room than any body here it never does, however late a client reads.
read_ahead_gap 64 MB
netdb_filename none
pinger_enable off
shutdown_lifetime 1 seconds
logfile_rotate 0
forwarded_for delete
strip_query_terms off
pipeline_prefetch 3
acl localnet src 127.0.0.0/8
http_access allow localnet
http_access deny all
request_header_access X-Profile deny all
logformat audit %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru err=%err_code/%err_detail
access_log stdio:{squid}/access.log audit
logformat icapaudit %icap::to/%03icap::Hs %icap::rm %icap::<service_name http=%ru in=%icap::<st \
out=%icap::>st
icap_log stdio:{squid}/icap.log icapaudit
icap_enable on
icap_preview_enable on
icap_206_enable on
icap_persistent_connections on
icap_connect_timeout 3 seconds
icap_io_timeout {io_seconds} seconds
icap_service_revival_delay 30
icap_service_failure_limit -1
adaptation_send_client_ip on
adaptation_meta X-Squid-Xact "%master_xaction"
"""


class StackError(Exception):
    pass


_given = set()                # ports of this run: each is given out once
_given_lock = threading.Lock()


def free_port():
    """A port that nobody listens at, below those that outgoing connections take and the
    demonstration looks for. Many stacks start at the same time, each a moment after it
    has chosen its ports."""
    with _given_lock:
        while True:
            port = random.randrange(11000, 20000)
            if port in _given:
                continue
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", port))
                except OSError:
                    continue
            _given.add(port)
            return port


def squid_version():
    out = subprocess.run([squid_program(), "-v"], capture_output=True, text=True).stdout
    m = re.search(r"Version (\d+)\.(\d+)", out)
    return (int(m.group(1)), int(m.group(2))) if m else (0, 0)


def squid_program():
    return shutil.which("squid") or shutil.which("squid", path="/usr/sbin") or "squid"


def tail(path, lines=15):
    try:
        with open(path, "rb") as f:
            f.seek(0, 2)
            f.seek(max(0, f.tell() - 8000))
            return f.read().decode("latin-1").splitlines()[-lines:]
    except OSError:
        return []


class Stage:
    """What is under test: the installed module, its templates, the schema."""

    def __init__(self, root, schema_path):
        self.module = self._one(root, "**/srv_optout.so")
        found = self._one(root, "**/templates/srv_optout", missing_ok=True)
        self.templates = os.path.dirname(found) if found else root
        self.tool = self._one(root, "**/bin/optout", missing_ok=True)
        self.daemon = self._one(root, "**/sbin/optoutd", missing_ok=True) \
            or self._one(root, "**/bin/optoutd", missing_ok=True)
        self.schema = None
        self.schema_reason = "no docs/audit-record.schema.json"
        if os.path.exists(schema_path):
            try:
                import jsonschema  # noqa: F401
                with open(schema_path, encoding="utf-8") as f:
                    self.schema = json.load(f)
            except ImportError:
                self.schema_reason = "python3-jsonschema is not installed"

    @staticmethod
    def _one(root, pattern, missing_ok=False):
        if os.path.realpath(root) == "/":
            root = "/usr"         # where packages put them; the rest is not ours to walk
        found = sorted(glob.glob(os.path.join(root, pattern), recursive=True))
        if not found and not missing_ok:
            raise StackError("no %s under %s (OPTOUT_STAGE, `make install DESTDIR=…`)"
                             % (pattern, root))
        return os.path.abspath(found[0]) if found else None


class Tls:
    """A certificate authority for one run: it signs the origin's certificate and
    is also what Squid imitates origins with."""

    def __init__(self, folder):
        self.ca = os.path.join(folder, "ca.crt")
        self.ca_key = os.path.join(folder, "ca.key")
        self.cert = os.path.join(folder, "origin.pem")
        key, csr, ext = (os.path.join(folder, n) for n in ("origin.key", "origin.csr", "ext"))
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
                      self.ca_key, "-out", self.ca, "-subj", "/CN=Integration Test CA",
                      "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", csr,
                      "-subj", "/CN=origin.test")
        with open(ext, "w") as f:
            f.write("subjectAltName=" + ",".join(
                "DNS:" + host for host in ["origin.test"] + sites.TLS_HOSTS) + "\n")
        crt = os.path.join(folder, "origin.crt")
        self._openssl("x509", "-req", "-in", csr, "-CA", self.ca, "-CAkey", self.ca_key,
                      "-CAcreateserial", "-days", "2", "-extfile", ext, "-out", crt)
        with open(self.cert, "w") as out:
            for part in (crt, key):
                with open(part) as f:
                    out.write(f.read())

    @staticmethod
    def _openssl(*args):
        p = subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=60)
        if p.returncode:
            raise StackError("openssl %s: %s" % (args[0], p.stderr[-300:]))


class Stack:
    running = set()               # every stack that has started something

    def __init__(self, name, folder, stage, tls, sanitizer=None, extra=""):
        self.name = name
        self.run = folder
        self.squid_dir = os.path.join(folder, "squid")
        self.audit_dir = os.path.join(folder, "audit")
        self.stage = stage
        self.tls = tls
        self.sanitizer = sanitizer or Sanitizer()
        self.extra = extra
        self.cicap = self.squid = None
        self.kept_configurations = []
        self.daemon = None        # optoutd, where the configuration has lines for it
        self.vectors = ("req", "rsp")
        self.icap_port = free_port()
        self.proxy_port = free_port()
        self.bump_port = free_port()
        self.records = Records(self.audit_dir, stage.schema)
        self.deaths = []          # children that went while nobody wanted it
        self.expected = threading.Event()
        self.leaving = set()      # children that a reconfigure has told to go
        self.watching = False
        self.icap_lines = {}
        self.icap_offset = 0
        self.icap_lock = threading.Lock()

    # --- start ---------------------------------------------------------------

    def start(self):
        self._write_configuration()
        if self.daemon is not None:
            try:
                self.daemon.start()
            except DaemonError as e:
                raise StackError(str(e)) from e
        self.start_cicap()
        self.start_squid()
        self.watching = True
        threading.Thread(target=self._watch, daemon=True).start()

    def variant_text(self):
        path = os.path.join(HERE, "configs", self.name + ".conf")
        try:
            with open(path, encoding="utf-8") as f:
                text = f.read()
        except OSError:
            raise StackError("no such configuration: %s" % path)
        with open(os.path.join(HERE, "configs", "common.inc"), encoding="utf-8") as f:
            text = f.read() + text + self.extra
        included = re.search(r"(?m)^include: (\S+)$", text)
        if included:
            with open(os.path.join(HERE, "configs", included.group(1) + ".inc"),
                      encoding="utf-8") as f:
                text = text.replace(included.group(0), f.read())
        for mark, value in (("@RUN@", self.run), ("@AUDIT@", self.audit_dir),
                            ("@SITE@", self.run + "/site"),
                            ("@CLIENTS@", os.path.join(HERE, "../../conf/clients.tsv")),
                            ("@SOCKET@", self.run + "/optoutd.sock"), ("@CA@", self.tls.ca)):
            text = text.replace(mark, value)
        return text

    def filter_text(self):
        """The lines for the filter: the same file has those for optoutd, and what
        concerns Squid."""
        return "\n".join(line for line in self.variant_text().split("\n")
                         if not line.startswith(("optoutd.", "squid:")))

    def keep_configuration(self):
        """A copy of the one in force, at the end of what was kept."""
        with open(self.run + "/optout.conf", "rb") as f:
            text = f.read()
        path = "%s/kept-%s.conf" % (self.run, hashlib.sha256(text).hexdigest()[:16])
        if path in self.kept_configurations:
            self.kept_configurations.remove(path)
        else:
            with open(path, "wb") as f:
                f.write(text)
        self.kept_configurations.append(path)

    def _write_configuration(self):
        os.makedirs(self.squid_dir)
        for folder in (self.run, self.squid_dir):
            os.chmod(folder, 0o755)
        lines = self.variant_text().split("\n")
        for_daemon = [line for line in lines if line.startswith("optoutd.")]
        if for_daemon:
            self.daemon = Daemon(self.run, self.stage.daemon, for_daemon, self.environment())
        if "squid: no-reqmod" in lines:
            self.vectors = ("rsp",)
        self.delay_pool = "squid: delay-pool" in lines
        self._write("optout.conf", self.filter_text())
        self._write("c-icap.conf", CICAP_CONF.format(
            run=self.run, icap_port=self.icap_port, module=self.stage.module,
            modules=os.path.dirname(self.stage.module), templates=self.stage.templates,
            # or stack traces at exit would lack the names of the module's functions
            unload=" forceUnload=off" if self.sanitizer.name else ""))
        shutil.copy(self.tls.ca, self.squid_dir)
        with open(self.squid_dir + "/bump.pem", "w") as out:
            for part in (self.tls.ca, self.tls.ca_key):
                with open(part) as f:
                    out.write(f.read())
        self._write("squid/hosts", "127.0.0.1 %s\n" % " ".join(["origin.test"] + sites.TLS_HOSTS))
        self._write("squid/squid.conf", self._squid_conf())
        certgen = self._certgen()
        subprocess.run([certgen, "-c", "-s", self.squid_dir + "/ssl_db", "-M", "4MB"],
                       check=True, capture_output=True, timeout=30)
        if os.geteuid() == 0:
            proxy = pwd.getpwnam("proxy")
            for base, folders, files in os.walk(self.squid_dir):
                for path in [base] + [os.path.join(base, n) for n in folders + files]:
                    os.chown(path, proxy.pw_uid, proxy.pw_gid)

    @staticmethod
    def _certgen():
        for path in ("/usr/lib/squid/security_file_certgen",
                     "/usr/libexec/squid/security_file_certgen"):
            if os.path.exists(path):
                return path
        raise StackError("security_file_certgen was not found; it comes with squid-openssl")

    def _squid_conf(self):
        lines = [SQUID_CONF.format(squid=self.squid_dir, proxy_port=self.proxy_port,
                                   io_seconds=60 * self.sanitizer.patience,
                                   bump_port=self.bump_port, certgen=self._certgen())]
        if self.delay_pool:
            lines.append(SQUID_DELAY_POOL)
        uri = "icap://127.0.0.1:%d/optout" % self.icap_port
        services = [("default", uri, "")]
        for p in PROFILES:
            lines.append("acl wants_%s req_header X-Profile ^%s$" % (p, p))
            services.append((p, uri + "?profile=" + p, "wants_" + p))
        for p, u, acl in services:
            for vector in self.vectors:
                point = {"req": "reqmod_precache", "rsp": "respmod_precache"}[vector]
                lines.append("icap_service %s_%s %s %s bypass=off on-overload=wait"
                             % (vector, p, point, u))
        # Streams, as in the shipped configuration: the services of an empty preview first.
        lines.append("acl streams rep_mime_type -i ^text/event-stream ^application/(x-)?ndjson "
                     "^multipart/x-mixed-replace")
        lines.append("acl radio rep_header icy-name .")
        for p, u, acl in services[1:] + services[:1]:
            lines.append("icap_service live_%s respmod_precache %s%spreview=0 bypass=off "
                         "on-overload=wait" % (p, u, "&" if "?" in u else "?"))
            for kind in ("streams", "radio"):
                lines.append("adaptation_access live_%s allow %s %s" % (p, acl or "all", kind))
        for p, u, acl in services[1:] + services[:1]:
            for vector in self.vectors:
                lines.append("adaptation_access %s_%s allow %s" % (vector, p, acl or "all"))
        return "\n".join(lines) + "\n"

    def _write(self, name, text):
        with open(os.path.join(self.run, name), "w", encoding="utf-8") as f:
            f.write(text)

    def environment(self):
        """Of what runs our code: with the sanitizer's options where it is built in."""
        return self.sanitizer.environment(self.run)

    def launch_cicap(self):
        Stack.running.add(self)
        env = self.environment()
        env.update(self.sanitizer.preload())
        out = open(self.run + "/c-icap.out", "ab")
        self.cicap = subprocess.Popen(["c-icap", "-N", "-f", self.run + "/c-icap.conf"],
                                      stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env,
                                      start_new_session=True)
        out.close()

    def start_cicap(self):
        self.launch_cicap()
        end = time.monotonic() + 8 * self.sanitizer.slower
        problem = "nobody answers"
        while time.monotonic() < end:
            try:
                answer = icap_client.options(self.icap_port, "optout")
                if answer.status == 200:
                    return
                problem = "OPTIONS gives %d %s" % (answer.status, answer.error)
            except OSError as e:
                problem = str(e)
            if self.cicap.poll() is not None:
                problem = "c-icap ended with %d" % self.cicap.returncode
                break
            time.sleep(0.1)
        raise StackError("c-icap does not come up: %s\n%s" % (problem, "\n".join(self.logs())))

    def start_squid(self):
        out = open(self.squid_dir + "/squid.out", "ab")
        self.squid = subprocess.Popen(
            [squid_program(), "-N", "-n", "optout%d" % self.proxy_port, "-f",
             self.squid_dir + "/squid.conf"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        out.close()
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if self.squid.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.bump_port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise StackError("Squid does not come up\n" + "\n".join(self.logs()))

    # --- stop ----------------------------------------------------------------

    def stop(self):
        self.watching = False
        Stack.running.discard(self)
        if self.daemon is not None and self.daemon.alive():
            status = self.daemon.stop()
            if status != 0:
                self.deaths.append("optoutd ended with %d: %s"
                                   % (status, self.daemon.tail(300)))
        leftovers = set()
        for process, patience in ((self.squid, 8), (self.cicap, 18)):
            if process is None or process.poll() is not None:
                continue
            children = self.children(process.pid)
            leftovers |= _leftovers(process.pid)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            for pid in children:
                _kill(pid, process.pid)
        self.squid = self.cicap = None
        for path in leftovers | set(glob.glob("/dev/shm/optout%d-*" % self.proxy_port)):
            _unlink(path)

    @staticmethod
    def children(pid):
        try:
            with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                return {int(p) for p in f.read().split()}
        except OSError:
            return set()

    # --- looking at it ---------------------------------------------------------

    def cicap_children(self):
        return self.children(self.cicap.pid) if self.cicap else set()

    def _watch(self):
        known = self.cicap_children()
        while self.watching:
            time.sleep(0.2)
            if not self.watching or self.cicap is None:
                return
            if self.daemon is not None and self.daemon.wanted and not self.daemon.alive():
                self.daemon.wanted = False
                self.deaths.append("optoutd ended with %s: %s"
                                   % (self.daemon.process.returncode, self.daemon.tail(300)))
            if self.cicap.poll() is not None:
                self.deaths.append("c-icap itself ended with %s" % self.cicap.returncode)
                return
            now = self.cicap_children()
            if self.expected.is_set():
                known = now
                continue
            for pid in known - now - self.leaving:
                self.deaths.append("child %d of c-icap died" % pid)
            known = now

    def logs(self):
        lines = []
        for name in ("optoutd.out", "c-icap.out", "server.log", "squid/squid.out",
                     "squid/cache.log", "squid/access.log", "squid/icap.log"):
            part = tail(os.path.join(self.run, name), 8)
            if part:
                lines += ["--- " + name] + part
        return lines

    def sanitizer_reports(self):
        return self.sanitizer.reports(self.run)

    def icap_results(self, token):
        """The vector and the result of each ICAP transaction of a token."""
        with self.icap_lock:
            try:
                with open(self.squid_dir + "/icap.log", "rb") as f:
                    f.seek(self.icap_offset)
                    data = f.read()
            except OSError:
                data = b""
            end = data.rfind(b"\n") + 1
            self.icap_offset += end
            for line in data[:end].decode("latin-1").splitlines():
                m = re.search(r"http=\S*[?&/]case=([A-Za-z0-9-]+)", line)
                words = line.split()
                if m and len(words) > 1:
                    self.icap_lines.setdefault(m.group(1), []).append((words[1], words[0]))
            return list(self.icap_lines.get(token, []))

    def control(self, command):
        """One command to c-icap's FIFO, without the newline that would spoil it."""
        fd = os.open(self.run + "/c-icap.ctl", os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(fd, command.encode())
        finally:
            os.close(fd)


def _leftovers(pid):
    """Lock files and shared memory of a c-icap, which a killed one leaves behind."""
    found = set()
    try:
        for n in os.listdir("/proc/%d/fd" % pid):
            found.add(os.readlink("/proc/%d/fd/%s" % (pid, n)))
        with open("/proc/%d/maps" % pid) as f:
            found |= {line.split()[-1] for line in f if "/dev/shm/" in line}
    except OSError:
        pass
    return {p for p in found if p.startswith(("/tmp/icap_lock_", "/dev/shm/c-icap-shared-"))}


def _unlink(path):
    try:
        os.unlink(path)
    except OSError:
        pass


def _kill(pid, parent):
    """Ends a child that outlived its parent; only if it is still one of ours."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            command = f.read()
    except OSError:
        return
    if b"c-icap" in command or b"squid" in command or b"certgen" in command:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
