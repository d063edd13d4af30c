#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A machine in a folder of its own: c-icap with the module, optoutd, and the files that Squid
would run with. First nothing is wrong; then one thing at a time is, and `optout doctor --local`
must find it, under its id, and nothing else of that id's probes.

With OPTOUT_LONG=1 each broken machine is looked at as a whole: there must be no other finding."""
import contextlib
import fcntl
import glob
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ["OPTOUT_BUILDDIR"]
SOURCE = os.environ["OPTOUT_SRCDIR"]
LONG = bool(os.environ.get("OPTOUT_LONG"))
ROOT = os.geteuid() == 0
TOOL = BUILD + "/optout"
FINE = ("ok", "notice")
number = failed = 0


def ok(good, name, why=""):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
    if not good and why:
        print("\n".join("# " + line for line in str(why).splitlines()), flush=True)


def skip(name, why):
    global number
    number += 1
    print(f"ok {number} - {name} # SKIP {why}", flush=True)


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text, mode="w"):
    with open(path, mode) as f:
        f.write(text)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Machine:
    def __init__(self, at):
        self.at = at
        self.port = free_port()
        self.children = []
        for folder in ("audit", "spool", "store", "run", "certs", "tls", "etc/logrotate.d"):
            os.makedirs(f"{at}/{folder}", 0o750)
        os.chmod(f"{at}/store", 0o770)
        self.module = at + "/srv_optout.so"
        shutil.copy(BUILD + "/.libs/srv_optout.so", self.module)
        self.make_ca()
        self.make_files()
        self.good = {name: read(f"{at}/{name}") for name in
                     ("c-icap.conf", "srv_optout.conf", "optoutd.conf", "squid.conf")}

    def make_ca(self, days="300", key="tls/fleet-ca.key", cert="tls/fleet-ca.crt"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", days,
                        "-keyout", f"{self.at}/{key}", "-out", f"{self.at}/{cert}", "-subj",
                        "/CN=Test fleet CA", "-addext", "basicConstraints=critical,CA:TRUE"],
                       check=True, capture_output=True)
        os.chmod(f"{self.at}/{key}", 0o640)
        write(self.at + "/certs/index.txt", "")
        write(self.at + "/tls/never-bump.txt", "# none\n")

    def make_files(self):
        at = self.at
        modules = subprocess.run(["c-icap-config", "--modulesdir"], capture_output=True,
                                 text=True).stdout.strip() or "/usr/lib/c_icap"
        write(at + "/c-icap.conf", f"""\
PidFile {at}/run/c-icap.pid
CommandsSocket {at}/run/c-icap.ctl
Timeout 300
MaxKeepAliveRequests 0
KeepAliveTimeout 600
StartServers 1
MaxServers 1
ThreadsPerChild 160
MaxRequestsPerChild 0
Port 127.0.0.1:{self.port}
TmpDir {at}/spool
DebugLevel 1
Pipelining on
ModulesDir {modules}
ServicesDir {modules}
TemplateDir {at}
ServerLog {at}/run/c-icap.log
LoadMagicFile /etc/c-icap/c-icap.magic
Service optout {self.module}
Include {at}/srv_optout.conf
""")
        write(at + "/srv_optout.conf", f"""\
optout.Profile training purpose=train-ai
optout.Profile search purpose=search
optout.AuditDir {at}/audit
optout.SpoolDir {at}/spool
optout.SiteStore {at}/store
optout.SiteSocket {at}/run/optoutd.sock
""")
        write(at + "/optoutd.conf", f"""\
optoutd.SiteStore {at}/store
optoutd.Socket {at}/run/optoutd.sock
""")
        text = read(SOURCE + "/conf/squid-bump.conf")
        for was, now in (("/etc/squid/optout", at + "/tls"), ("127.0.0.1:1344",
                         f"127.0.0.1:{self.port}"), ("/var/spool/squid/optout_certs",
                         at + "/certs"), ("/var/log/squid", at + "/run"),
                         ("/var/spool/squid", at + "/run"), ("/run/squid.pid",
                         at + "/run/squid.pid")):
            text = text.replace(was, now)
        write(at + "/squid.conf", text)

    def env_of_the_filter(self):
        """c-icap itself has no sanitizer: where the module has, its runtime is loaded first."""
        with open(self.module, "rb") as f:
            if b"__asan_init" not in f.read():
                return None
        runtimes = glob.glob("/usr/lib/*/libasan.so.*") + glob.glob("/usr/lib/gcc/*/*/libasan.so")
        return dict(os.environ, LD_PRELOAD=runtimes[0], ASAN_OPTIONS="detect_leaks=0")

    def start(self):
        log = open(self.at + "/run/out", "ab")
        self.daemon = subprocess.Popen([BUILD + "/optoutd", "--config", self.at + "/optoutd.conf"],
                                       stdout=log, stderr=log)
        self.filter = subprocess.Popen(["c-icap", "-N", "-f", self.at + "/c-icap.conf"],
                                       stdout=log, stderr=log, env=self.env_of_the_filter())
        self.children += [self.daemon, self.filter]
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                if os.path.exists(self.at + "/run/optoutd.sock") and \
                        os.path.exists(self.at + "/run/c-icap.ctl.optout"):
                    return True
            time.sleep(0.05)
        return False

    def stop(self):
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()

    def doctor(self, *more, user=None, **environ):
        p = subprocess.run(
            [TOOL, "doctor", "--local", "--json", "--config", self.at + "/c-icap.conf",
             "--squid-conf", self.at + "/squid.conf", "--daemon-conf", self.at + "/optoutd.conf",
             *more], capture_output=True, text=True, user=user,
            env={**os.environ, "OPTOUT_SQUID_VERSION": "5.7", "OPTOUT_DOCTOR_ROOT": self.at,
                 **environ}, timeout=60)
        return p.returncode, [json.loads(line) for line in p.stdout.splitlines()], p.stderr

    def restore(self):
        for name, text in self.good.items():
            write(f"{self.at}/{name}", text)

    def edit(self, name, pattern, by):
        text, n = re.subn(pattern, by, self.good[name], flags=re.M)
        assert n, f"{pattern} is not in {name}"
        write(f"{self.at}/{name}", text)


def broken(m, what, finding, severity="error", seen="", also=(), **environ):
    """The machine as it is now has exactly this finding."""
    args = () if LONG else ("--only", finding)
    status, found, err = m.doctor(*args, **environ)
    wrong = [f for f in found if f["severity"] not in FINE]
    # What hangs on it cannot be looked at, too.
    ids = {f["id"] for f in wrong if f["severity"] != "unknown"} - set(also)
    match = [f for f in found if f["id"] == finding and f["severity"] == severity and
             seen in f["evidence"] + f["effect"]]
    want = {"error": 2, "warning": 1, "unknown": 3}.get(severity, 0)
    good = bool(match) and (status == want or also or severity in FINE) and \
        ids <= {finding} and all(f["remedy"] for f in match)
    ok(good, f"{finding}: {what}", f"exit {status} {err}\n" +
       "\n".join(json.dumps(f) for f in (wrong if LONG else found)))
    m.restore()


def squid(m, what, finding, severity, pattern, by, seen="", also=(), **environ):
    m.edit("squid.conf", pattern, by)
    broken(m, "squid.conf: " + what, finding, severity, seen, also, **environ)


# ---- what is broken ----------------------------------------------------------------------------

def squid_cases(m):
    training = r"^(icap_service training_resp .*)bypass=off"
    squid(m, "icap_enable off", "squid-unfiltered", "error", "^icap_enable on", "icap_enable off",
          "squid.conf:")
    squid(m, "no list takes all", "squid-unfiltered", "error",
          "^adaptation_access training_resp.*", "adaptation_access training_resp allow fleet")
    squid(m, "a mistyped name", "squid-service-unknown", "error",
          "^adaptation_access search_resp +allow", "adaptation_access serach_resp allow fleet\n"
          r"\g<0>", "serach_resp")
    squid(m, "a member that is no service", "squid-service-unknown", "error",
          "^adaptation_access search_resp +allow",
          r"adaptation_service_set both training_resp nobody" "\n" r"\g<0>", "nobody")
    squid(m, "bypass=on", "squid-bypass", "error", training, r"\1bypass=on")
    squid(m, "bypass in an included file, under a condition", "squid-bypass", "error", r"\Z",
          "include " + m.at + "/more*.conf\n", "more.conf:2")
    squid(m, "on-overload=bypass", "squid-bypass", "error",
          r"^(icap_service training_resp .*)on-overload=wait", r"\1on-overload=bypass")
    squid(m, "the usual failure limit", "squid-failure-limit", "error",
          "^icap_service_failure_limit.*", "")
    squid(m, "no REQMOD", "squid-reqmod-missing", "warning",
          "^(icap_service|adaptation_access) [a-z]+_req .*", "")
    squid(m, "a cache", "squid-cache", "error", "^cache deny all", "")
    squid(m, "a version that is claimed", "squid-version", "error",
          "^adaptation_meta X-Squid-Version.*", "adaptation_meta X-Squid-Version 6.13")
    squid(m, "a version that is not claimed", "squid-version", "warning",
          "^adaptation_meta X-Squid-Version.*", "", OPTOUT_SQUID_VERSION="6.13")
    m.edit("srv_optout.conf", r"\Z", "optout.HoldMode locked\n")
    broken(m, "HoldMode locked with a Squid that cannot wait", "squid-version", "error", "locked",
           also=("configuration-old",))
    squid(m, "a port that opens nothing", "squid-unread", "warning", r"\Z", "http_port 3130\n")
    squid(m, "optoutd's own port, as shipped", "squid-own-port", "notice",
          "^#(http_port|acl discovery|adaptation_access)", r"\1")
    squid(m, "nor is it told as unread", "squid-unread", "ok",
          "^#(http_port|acl discovery|adaptation_access)", r"\1")
    squid(m, "a port of this machine that is not left out", "squid-unread", "warning", r"\Z",
          "http_port 127.0.0.1:3130\n")
    squid(m, "other protocols in tunnels", "squid-unread", "warning", r"\Z",
          "on_unsupported_protocol tunnel all\n")
    squid(m, "icap_retry", "squid-waits", "error", "^icap_retry deny", "icap_retry allow")
    squid(m, "no icap_io_timeout", "squid-waits", "warning", "^icap_io_timeout.*", "")
    squid(m, "icap_io_timeout below SiteWait", "squid-waits", "warning", "^icap_io_timeout.*",
          "icap_io_timeout 2 seconds", "SiteWait")
    squid(m, "no 206", "squid-slow", "warning", "^icap_206_enable on", "icap_206_enable off")
    squid(m, "the usual read_ahead_gap", "squid-slow", "warning", "^read_ahead_gap.*", "")
    squid(m, "nothing that makes Squid 5 read on", "squid-slow", "warning",
          r"^(icap_service training_live .*icap://)127\.0\.0\.1", r"\g<1>192.0.2.1")
    squid(m, "a profile that is not defined", "squid-profile-unknown", "error",
          r"^(icap_service search_resp .*profile=)search", r"\1serach", "no profile serach",
          also=("icap-service-fails",))
    m.edit("c-icap.conf", "^Service optout", "Service watcher")
    broken(m, "c-icap knows the filter by another name", "squid-profile-unknown", "error",
           "no service optout")
    squid(m, "the module's own name", "squid-profile-unknown", "ok",
          r"^(icap_service search_resp .*)/optout\?", r"\1/srv_optout?")
    squid(m, "more connections than threads", "icap-connections", "warning", training,
          r"\1max-conn=500 bypass=off", "160 threads")
    squid(m, "few connections for each worker", "icap-connections", "warning",
          training, r"\1max-conn=8 bypass=off" "\nworkers 2")
    squid(m, "key log", "squid-logs", "error", r"\Z", "tls_key_log " + m.at + "/run/keys\n",
          also=("squid-conf-broken",)) # Squid 5 does not know it
    squid(m, "debug_options", "squid-logs", "warning", r"\Z", "debug_options ALL,1 11,2\n")
    m.edit("srv_optout.conf", r"\Z", "optout.AuditQuery drop\n")
    broken(m, "queries kept by Squid alone", "squid-logs", "warning", "strip_query_terms",
           also=("configuration-old",))
    hosts = read("/etc/hosts") if os.path.exists("/etc/hosts") else ""
    if re.search(r"^::1\s.*\blocalhost\b", hosts, re.M):
        squid(m, "localhost", "squid-localhost", "warning", "//127.0.0.1:", "//localhost:",
              also=("icap-unreachable",))
    else:
        skip("squid-localhost", "localhost has no address of IPv6 here")


def splice_cases(m):
    path = m.at + "/tls/never-bump.txt"
    write(path, "bank.example\n.clinic.example # why\n")
    broken(m, "two hosts", "squid-splice-list", "notice", "2 entries")
    write(path, ".com\n")
    broken(m, "a whole top-level domain", "squid-splice-list", "warning", "top-level")
    os.rename(path, path + ".gone")
    broken(m, "a list that is not there", "squid-splice-list", "unknown", "No such file",
           also=("squid-conf-broken",))
    os.rename(path + ".gone", path)
    write(path, "# none\n")
    squid(m, "all hosts", "squid-splice-list", "warning", "^ssl_bump splice never_bump",
          "ssl_bump splice all", "all hosts")


def parse_cases(m):
    broken(m, "what Squid takes", "squid-conf-broken", "ok")
    squid(m, "an unknown ACL", "squid-conf-broken", "error" if ROOT else "unknown", r"\Z",
          "http_access deny nobody_defined_this\n", "nobody_defined_this" if ROOT else "")
    squid(m, "an if without an end", "squid-conf-broken", "error" if ROOT else "unknown", r"\Z",
          "if true\n")
    m.edit("squid.conf", "^icap_enable on", "if true\n")
    status, found, _ = m.doctor("--only", "squid-bypass")
    ok(status == 3 and found[0]["severity"] == "unknown" and "endif" in found[0]["evidence"],
       "a squid.conf that cannot be read to its end is not fine", found)
    m.restore()


def ca_cases(m):
    cert, key = m.at + "/tls/fleet-ca.crt", m.at + "/tls/fleet-ca.key"
    good = {p: read(p) for p in (cert, key)}

    def mend():
        for p, text in good.items():
            write(p, text)
        os.chmod(key, 0o640)
    os.chmod(key, 0o644)
    broken(m, "its mode", "ca-key-open", "error", "0644")
    mend()
    m.make_ca("10")
    broken(m, "soon", "ca-expires", "warning", "days are left")
    mend()
    m.make_ca("300", cert="tls/other.crt", key="tls/other.key")
    write(key, read(m.at + "/tls/other.key"))
    broken(m, "the key of another", "ca-unusable", "error", "is not the key of",
           also=("squid-conf-broken",))
    mend()
    write(cert, "nothing\n")
    broken(m, "no certificate", "ca-unusable", "error", "holds no certificate",
           also=("squid-conf-broken", "ca-expires"))
    mend()
    os.rename(m.at + "/certs", m.at + "/certs.gone")
    broken(m, "no folder of certificates", "ca-unusable", "error", "never made")
    os.rename(m.at + "/certs.gone", m.at + "/certs")
    signer_cases(m)


def signer_cases(m):
    """Certificates as security_file_certgen leaves them, each by the CA of before, by today's, and by nobody."""
    def row(number, ca, key, sign="signTrusted", host="a.example"):
        serial, folder = "%04X" % number, m.at + "/certs/certs"
        os.makedirs(folder, exist_ok=True)
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=" + host,
             "-keyout", m.at + "/tls/leaf.key", "-out", f"{folder}/{serial}.pem",
             *(["-CA", ca, "-CAkey", key] if ca else [])], capture_output=True, text=True)
        if made.returncode:
            return made.stderr
        write(m.at + "/certs/index.txt", f"/CN={host}+Sign={sign}+SignHash=SHA256\t261210000452Z\t\t{serial}\t/CN={host}\n", "a")
        return ""
    now, before = (m.at + "/tls/fleet-ca.crt", m.at + "/tls/fleet-ca.key"), (m.at + "/tls/other.crt", m.at + "/tls/other.key")
    why = row(1, *now) + row(2, None, None, "signSelf") + row(3, *before, "signUntrusted")
    if "-CA" in why:
        skip("ca-mixed", "this openssl signs no certificate of another")
    else:
        broken(m, "all of today's CA", "ca-mixed", "ok", "1 certificates")
        row(4, *before, host="busy.example")
        broken(m, "one of the CA of before", "ca-mixed", "warning", "1 of 2, the first for busy.example by /CN=Test fleet CA")
        write(m.at + "/certs/index.txt", "x\n\t\t\t\t\n/CN=a+Sign=signTrusted\tx\t\t../../tls/other\t/CN=a\n")
        broken(m, "an index of nonsense", "ca-mixed", "ok", "0 certificates")
        os.remove(m.at + "/certs/certs/0004.pem")
        os.mkfifo(m.at + "/certs/certs/0004.pem")
        write(m.at + "/certs/index.txt", "/CN=a+Sign=signTrusted\tx\t\t0004\t/CN=a\n")
        broken(m, "a pipe in the place of a certificate", "ca-mixed", "unknown", "0004.pem")
        shutil.rmtree(m.at + "/certs/certs")
    write(m.at + "/certs/index.txt", "")


def c_icap_cases(m):
    def edited(what, finding, severity, pattern, by, seen="", also=()):
        m.edit("c-icap.conf", pattern, by)
        broken(m, "c-icap.conf: " + what, finding, severity, seen, also)
    edited("MaxKeepAliveRequests", "c-icap-servers", "warning", "^MaxKeepAliveRequests.*", "",
           "MaxKeepAliveRequests")
    edited("StartServers", "c-icap-servers", "warning", "^MaxServers 1", "MaxServers 4",
           "StartServers 1")
    edited("SiteWaiters", "c-icap-servers", "warning", "^ThreadsPerChild.*", "ThreadsPerChild 8",
           "SiteWaiters")
    edited("DebugLevel", "c-icap-logs", "warning", "^DebugLevel 1", "DebugLevel 5", "DebugLevel")
    edited("AccessLog, in another file", "c-icap-logs", "warning", r"\Z", "Include access.conf\n",
           "AccessLog")
    edited("a port for everybody", "icap-open", "warning", r"^Port .*", "Port 1",
           also=("icap-unreachable",))
    edited("no filter", "icap-service-unknown", "error", "^Service .*", "",
           "no line loads", also=("config-unreadable", "module-replaced", "versions-differ"))
    edited("Include of nothing", "c-icap-servers", "unknown", r"\Z", "Include missing.conf\n",
           "missing.conf", also=("config-unreadable",))
    with socket.socket() as s:
        s.bind(("0.0.0.0", 0))
        s.listen()
        edited("a listener on all addresses", "icap-open", "warning", "^Port .*",
               f"Port 127.0.0.1:{s.getsockname()[1]}", "addresses of the network")


def unit_cases(m):
    """A systemd of our own: its program says what a file says."""
    os.makedirs(m.at + "/run/systemd/system")
    os.makedirs(m.at + "/bin")
    write(m.at + "/bin/systemctl", "#!/bin/sh\n[ \"$1\" = is-enabled ] || exit 9\n"
          f"w=$(sed -n \"s/^$2 //p\" {m.at}/units)\necho \"$w\"\n[ \"$w\" = enabled ]\n")
    os.chmod(m.at + "/bin/systemctl", 0o755)
    path = m.at + "/bin:" + os.environ["PATH"]
    for c_icap, daemon, severity, seen in (
            ("enabled", "enabled", "ok", "optoutd.service is enabled"),
            ("disabled", "enabled", "warning", "c-icap.service is disabled"),
            ("enabled", "masked", "warning", "optoutd.service is masked"),
            ("Failed to connect to bus", "enabled", "unknown", "bus")):
        write(m.at + "/units", f"c-icap.service {c_icap}\noptoutd.service {daemon}\n")
        broken(m, f"{c_icap}, {daemon}", "unit-disabled", severity, seen, PATH=path)
    write(m.at + "/bin/systemctl", "#!/bin/sh\nexec sleep 60\n")
    broken(m, "systemctl hangs", "unit-disabled", "unknown", "does not answer", PATH=path)
    shutil.rmtree(m.at + "/run/systemd")


def process_cases(m):
    m.edit("srv_optout.conf", r"\Z", "optout.BlockStatus 403\n")
    broken(m, "the file was changed", "configuration-old", "warning", "runs")
    os.rename(m.module, m.module + ".old")
    shutil.copy(m.module + ".old", m.module)
    broken(m, "another file has its name", "module-replaced", "warning", "no more on disk")
    os.remove(m.module)
    broken(m, "it was deleted", "module-replaced", "warning", "no more on disk",
           also=("versions-differ",))
    os.rename(m.module + ".old", m.module)
    data = open(m.module, "rb").read()
    other = m.at + "/other/srv_optout.so"
    os.makedirs(m.at + "/other", exist_ok=True)
    write(other, re.sub(rb"optout-module-version [^\0]*",
                        lambda r: b"optout-module-version 9.9".ljust(len(r[0]), b"\0"), data), "wb")
    m.edit("c-icap.conf", "^Service .*", "Service optout " + other)
    broken(m, "a module of another version", "versions-differ", "warning", "9.9")
    pid_file = m.at + "/run/c-icap.pid"
    pid = read(pid_file)
    write(pid_file, f"{os.getpid()}\n")
    broken(m, "its number has gone to another program", "icap-unreachable", "error", f"names process {os.getpid()}",
           also=("module-replaced", "limits-low", "audit-folder"))
    write(pid_file, pid)
    soft, hard = subprocess.run(
        ["prlimit", "--nofile", "--output", "SOFT,HARD", "--noheadings", "--pid",
         str(m.daemon.pid)], capture_output=True, text=True).stdout.split()
    subprocess.run(["prlimit", "--pid", str(m.daemon.pid), f"--nofile=512:{hard}"], check=True)
    broken(m, "of optoutd", "limits-low", "warning", "512")
    subprocess.run(["prlimit", "--pid", str(m.daemon.pid), f"--nofile={soft}:{hard}"], check=True)


def audit_cases(m):
    folder = m.at + "/audit"
    m.edit("srv_optout.conf", r"\Z", "optout.OnAuditFailure pass\n")
    broken(m, "OnAuditFailure pass", "audit-failure-passes", "error", also=("configuration-old",))
    m.edit("srv_optout.conf", "^optout.AuditDir .*", "optout.AuditDir /dev/shm/optout-test")
    broken(m, "a tmpfs", "audit-place", "warning", "tmpfs",
           also=("configuration-old", "audit-folder"))
    os.chmod(folder, 0o755)
    broken(m, "for everybody to look at", "audit-open", "warning", "0755")
    os.chmod(folder, 0o750)
    m.edit("srv_optout.conf", "^optout.AuditDir .*", f"optout.AuditDir {m.at}/c-icap.conf")
    broken(m, "a file", "audit-folder", "error", "is no folder",
           also=("configuration-old", "audit-gaps", "audit-damaged", "audit-left-open"))
    m.edit("srv_optout.conf", "^optout.AuditDir .*", f"optout.AuditDir {m.at}/no/where")
    broken(m, "nowhere", "audit-folder", "error", "No such file",
           also=("configuration-old", "audit-disk", "audit-place"))
    if ROOT:
        m.edit("c-icap.conf", r"\Z", "User nobody\nGroup nogroup\n")
        broken(m, "of another user", "audit-folder", "error", "nobody cannot write",
               also=("daemon-socket", "temporary-full", "site-store", "config-unreadable"))
        m.edit("c-icap.conf", r"\Z", "User nobody\nGroup nogroup\n")
        broken(m, "of another user", "site-store", "error", "nobody may not use",
               also=("daemon-socket", "temporary-full", "audit-folder", "config-unreadable"))
        os.chmod(m.at, 0o755)
        m.edit("c-icap.conf", r"\Z", "User nobody\nGroup nogroup\n")
        os.chmod(m.at + "/srv_optout.conf", 0o600)
        runs = subprocess.run([shutil.which("setpriv") or "false", "--reuid=65534", TOOL, "--version"], capture_output=True)
        if runs.returncode:
            skip("config-unreadable: for root alone", "nobody may not run the tool where it was built")
            m.restore()
        else:
            broken(m, "for root alone", "config-unreadable", "warning", "srv_optout.conf",
                   also=("daemon-socket", "temporary-full", "audit-folder", "site-store"))
        os.chmod(m.at + "/srv_optout.conf", 0o644)
        os.chmod(m.at, 0o700)
        m.edit("c-icap.conf", r"\Z", "User nobody-here\n")
        broken(m, "of a user that there is not", "audit-folder", "unknown", "no user nobody-here",
               also=("daemon-socket",))
    else:
        skip("audit-folder: of another user", "only root can try")
    rotate = m.at + "/etc/logrotate.d/all"
    write(rotate, f'# all\n"{m.at}/run/*.log"\n{m.at}/audit/* {{\n  weekly\n}}\n')
    broken(m, "a pattern that takes segments", "audit-logrotate", "error", "all:3")
    write(rotate, f"{m.at}/run/*.log {{\n  postrotate\n    ls {m.at}/audit/*\n  endscript\n}}\n"
          f"{m.at}/audit/*.log\n{{\n}}\n")
    broken(m, "patterns that do not", "audit-logrotate", "ok")
    os.remove(rotate)


GAP = ('{"v":2,"event":"gap","id":"01KAV9FT3V05WKNXJVWQX4Y1F3","time":"%s","node":"n",'
       '"reason":"writer-died","segment":"s"}\n')


def segment_cases(m):
    at = m.at + "/audit/n-20260101T000000Z-1-1.jsonl"
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    write(at, '{"v":2}\n' + GAP % now)
    broken(m, "of today", "audit-gaps", "warning", "writer-died")
    write(at, GAP % "2026-01-01T00:00:00.000Z")
    broken(m, "of long ago", "audit-gaps", "notice", "writer-died")
    write(at, '{"v":2}\nnonsense\n')
    broken(m, "a line that is no record", "audit-damaged", "error", ":2: is no record")
    write(at, '{"v":2}\n{"v":2')
    broken(m, "a line without its end", "audit-damaged", "error", ":2: breaks off")
    os.utime(at, (1, 1))
    broken(m, "of last year", "audit-damaged", "ok")
    os.remove(at)
    if shutil.which("zstd"):
        write(at, '{"v":2}\n' * 1000)
        subprocess.run(["zstd", "-q", at], check=True)
        os.truncate(at + ".zst", os.path.getsize(at + ".zst") - 5)
        broken(m, "compressed, and still at it", "audit-damaged", "ok")
        os.remove(at)
        broken(m, "compressed, and cut", "audit-damaged", "error", "zst:")
        os.remove(at + ".zst")
    else:
        skip("audit-damaged: compressed, and cut", "zstd is missing")
    write(at + ".torn", "{")
    broken(m, "a torn line", "audit-gaps", "notice", ".torn")
    os.remove(at + ".torn")
    write(at + ".open", '{"v":2}\n')
    broken(m, "nobody holds its lock", "audit-left-open", "warning", ".open")
    with open(at + ".open") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        broken(m, "somebody does", "audit-left-open", "ok")
    os.remove(at + ".open")
    for i in range(1, 9):
        write(f"{at[:-7]}{i}.jsonl", GAP % now)
    status, found, _ = m.doctor("--only", "audit-gaps")
    ok(status == 1 and len(found) == 6 and found[-1]["evidence"] == "and 3 more",
       "audit-gaps: many are counted", found)
    for i in range(1, 9):
        os.remove(f"{at[:-7]}{i}.jsonl")


def disk_cases(m):
    if not ROOT or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        skip("audit-disk, temporary-full: a full disk", "nothing can be mounted here")
        return
    full = m.at + "/full"
    os.makedirs(full, exist_ok=True)
    m.edit("srv_optout.conf", "^optout.(AuditDir|SpoolDir) .*", rf"optout.\1 {full}")
    script = (f"mount -t tmpfs -o size=512k tmpfs {full} && head -c 510000 /dev/zero >{full}/x; "
              "for id in audit-disk temporary-full; do "
              f"{TOOL} doctor --local --json --config {m.at}/c-icap.conf --only $id; done")
    p = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True)
    found = [json.loads(line) for line in p.stdout.splitlines()]
    for finding in ("audit-disk", "temporary-full"):
        ok(any(f["id"] == finding and f["severity"] == "error" and full in f["evidence"]
               for f in found), f"{finding}: a full disk", p.stdout + p.stderr)
    m.restore()


def answer_once(path, answer, delay=0.0):
    """A daemon that answers every question by these bytes."""
    with contextlib.suppress(OSError):
        os.remove(path)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    os.chmod(path, 0o660)
    s.listen()

    def serve():
        with contextlib.suppress(OSError):
            while True:
                c, _ = s.accept()
                head = c.recv(65536)
                if head: # else somebody asks who listens, and no more
                    time.sleep(delay)
                    c.sendall(b"OPT1" + bytes([6, 1]) + b"\0\0" +
                              (4 + len(answer)).to_bytes(4, "big") + head[12:16] +
                              len(answer).to_bytes(4, "big") + answer)
                c.close()
    threading.Thread(target=serve, daemon=True).start()
    return s


def daemon_cases(m):
    m.edit("optoutd.conf", r"\Z", "optoutd.Nonsense 1\n")
    broken(m, "a wrong line", "daemon-config", "error", "Nonsense")
    m.edit("optoutd.conf", "^optoutd.SiteStore .*", "optoutd.SiteStore /nowhere")
    broken(m, "another store than the filter's", "daemon-config", "error", "SiteStore")
    away = f"optout.SiteSocket {m.at}/run/other.sock"
    moved = ("configuration-old",)
    m.edit("srv_optout.conf", "^optout.SiteSocket .*", away)
    broken(m, "another socket than the filter's", "daemon-config", "error", "SiteSocket",
           also=moved + ("daemon-away", "daemon-slow"))
    m.edit("srv_optout.conf", "^optout.SiteSocket .*", away)
    broken(m, "nobody listens", "daemon-away", "error", "other.sock",
           also=moved + ("daemon-config", "daemon-slow"))
    other = m.at + "/run/other.sock"
    for what, answer, delay, finding, severity, seen, also in (
            ("after a while", b'{"version":"0.1.0"}', 0.4, "daemon-slow", "warning", "ms", ()),
            ("of another version", b'{"version":"9.9"}', 0, "versions-differ", "warning", "9.9",
             ()),
            ("something else", b"[]", 0, "daemon-away", "error", "no optoutd", ())):
        with answer_once(other, answer, delay):
            m.edit("srv_optout.conf", "^optout.SiteSocket .*", away)
            broken(m, what, finding, severity, seen,
                   also=moved + ("daemon-config", "module-replaced") + also)
    s = m.at + "/run/optoutd.sock"
    mode = os.stat(s).st_mode & 0o777
    os.chmod(s, 0o666)
    broken(m, "open to everybody", "daemon-socket", "warning", "0666")
    os.chmod(s, mode)
    m.edit("srv_optout.conf", "^optout.SiteStore .*", f"optout.SiteStore {m.at}/c-icap.conf")
    broken(m, "a file", "site-store", "error", "Not a directory",
           also=moved + ("daemon-config", "site-store-full"))
    os.makedirs(m.at + "/bad/rules", exist_ok=True)
    write(m.at + "/bad/rules/data.mdb", "x" * 8192)
    write(m.at + "/bad/rules/lock.mdb", "")
    m.edit("srv_optout.conf", "^optout.SiteStore .*", f"optout.SiteStore {m.at}/bad")
    broken(m, "no store", "site-store", "error", "bad",
           also=moved + ("daemon-config", "site-store-full"))
    os.remove(m.at + "/bad/rules/lock.mdb")
    m.edit("srv_optout.conf", "^optout.SiteStore .*", f"optout.SiteStore {m.at}/bad")
    broken(m, "its lock is gone", "site-store", "unknown", "lock.mdb is gone",
           also=moved + ("daemon-config",))
    ok(not os.path.exists(m.at + "/bad/rules/lock.mdb"), "and the doctor makes none")
    m.edit("srv_optout.conf", "^optout.Site(Store|Socket) .*\n", "")
    broken(m, "none", "site-store", "warning", "not set", also=moved)
    old = m.at + "/agents.tsv"
    shutil.copy(SOURCE + "/conf/agents.tsv", old)
    os.utime(old, (1600000000, 1600000000))
    m.edit("srv_optout.conf", r"\Z", f"optout.Agents {old}\n")
    broken(m, "of 2020", "catalogue-old", "warning", "agents.tsv", also=moved)


def redis_cases(m):
    path = m.at + "/run/redis.sock"
    m.edit("optoutd.conf", r"\Z", f"optoutd.Share unix:{path}\n")
    broken(m, "it is not there", "redis-away", "warning", "No such file", also=("redis-eviction",))
    m.edit("optoutd.conf", r"\Z", "optoutd.Share redis://192.0.2.1\n")
    broken(m, "without TLS and password", "redis-open", "warning", "neither",
           also=("redis-away", "redis-eviction"))
    if not shutil.which("redis-server"):
        skip("redis-eviction", "redis-server is missing")
        return
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--requirepass",
         "secret", "--maxmemory", "64mb", "--maxmemory-policy", "noeviction", "--dir",
         m.at + "/run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    m.children.append(server)
    until = time.monotonic() + 10
    while not os.path.exists(path) and time.monotonic() < until:
        time.sleep(0.05)
    m.edit("optoutd.conf", r"\Z", f"optoutd.Share unix:{path}\n")
    broken(m, "a password is wanted", "redis-away", "warning", "NOAUTH", also=("redis-eviction",))
    write(m.at + "/run/password", "secret\n")
    os.chmod(m.at + "/run/password", 0o640)
    known = f"optoutd.Share unix:{path}\noptoutd.SharePasswordFile {m.at}/run/password\n"
    m.edit("optoutd.conf", r"\Z", known)
    broken(m, "noeviction", "redis-eviction", "warning", "64 MiB")
    subprocess.run(["redis-cli", "-s", path, "-a", "secret", "config", "set", "maxmemory-policy",
                    "volatile-ttl"], capture_output=True)
    m.edit("optoutd.conf", r"\Z", known)
    broken(m, "a policy that suits", "redis-eviction", "ok", "volatile-ttl")
    os.chmod(m.at + "/run/password", 0o644)
    m.edit("optoutd.conf", r"\Z", known)
    broken(m, "a password for everybody to read", "redis-open", "warning", "0644", also=("redis-eviction",))
    os.chmod(m.at + "/run/password", 0o640)


def redis_tls_cases(m):
    """A real Redis that speaks TLS alone: by a CA that is known, or not, for another name, with a certificate of the
    client wanted, and one that speaks none."""
    if not shutil.which("redis-server"):
        skip("Redis over TLS", "redis-server is missing")
        return
    at, servers = m.at + "/redis-tls", {}
    os.makedirs(at)

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=at)

    def certificate(name, host):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + host, "-keyout", name + ".key", "-out", name + ".csr")
        write(f"{at}/{name}.ext", f"subjectAltName=DNS:{host}\n")
        openssl("x509", "-req", "-sha256", "-days", "9", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                "-set_serial", "7", "-extfile", name + ".ext", "-out", name + ".crt")

    def serve(name, *more):
        servers[name] = free_port()
        m.children.append(subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--save", "", "--requirepass", "secret", "--dir", at, "--maxmemory", "64mb",
             "--maxmemory-policy", "volatile-ttl", *(word.replace("PORT", str(servers[name])) for word in more)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", servers[name]), 1):
                return
            time.sleep(0.05)

    def look(what, server, severity, seen="", ca="ca.crt", also=(), finding="redis-away"):
        m.edit("optoutd.conf", r"\Z", f"optoutd.Share rediss://localhost:{servers[server]}\n"
               f"optoutd.SharePasswordFile {m.at}/run/password\noptoutd.ShareCaFile {at}/{ca}\n")
        broken(m, "TLS, " + what, finding, severity, seen, also=also)

    def tls(name, clients):
        return ("--port", "0", "--tls-port", "PORT", "--tls-cert-file", f"{at}/{name}.crt", "--tls-key-file",
                f"{at}/{name}.key", "--tls-ca-cert-file", at + "/ca.crt", "--tls-auth-clients", clients)

    write(m.at + "/run/password", "secret\n")
    os.chmod(m.at + "/run/password", 0o640)
    for ca in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=" + ca, "-keyout", ca + ".key",
                "-out", ca + ".crt", "-addext", "basicConstraints=critical,CA:TRUE")
    certificate("here", "localhost")
    certificate("elsewhere", "redis.example.net")
    serve("good", *tls("here", "no"))
    serve("named", *tls("elsewhere", "no"))
    serve("wary", *tls("here", "yes"))
    serve("plain", "--port", "PORT")
    more = ("redis-eviction",)
    look("all as it should be", "good", "ok", "it answers")
    look("its memory", "good", "ok", "volatile-ttl", finding="redis-eviction")
    look("with a password", "good", "ok", finding="redis-open")
    look("a CA that is not known", "good", "warning", "certificate", ca="other.crt", also=more)
    look("a certificate for another name", "named", "warning", "another name", also=more)
    look("a certificate of the client is wanted", "wary", "warning", "may want a certificate of the client", also=more)
    look("none is spoken", "plain", "warning", "may speak none", also=more)
    look("no file of CAs", "good", "warning", "cannot be read", ca="none.crt", also=("redis-eviction", "daemon-config"))


def no_proxy(m):
    """All is to be looked at, and squid.conf has no port for clients: that is not fine."""
    write(m.at + "/squid-intercept.conf", "http_port 3199 require-proxy-header\n")
    p = subprocess.run([TOOL, "doctor", "--json", "--only", "proxy-unreachable", "--squid-conf", m.at + "/squid-intercept.conf",
                        "--config", m.at + "/c-icap.conf"], capture_output=True, text=True)
    found = [json.loads(line) for line in p.stdout.splitlines()]
    ok(p.returncode == 3 and [f["severity"] for f in found] == ["unknown"] and "--proxy" in found[0]["evidence"],
       "proxy-unreachable: no port for clients", p.stdout + p.stderr)


def without_rights(m):
    """Somebody else's look: what he cannot read is not said to be fine."""
    if not ROOT:
        skip("unprivileged", "only root can become somebody else")
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chmod(m.at, 0o755)
    for path in (m.at + "/squid.conf", m.at + "/srv_optout.conf"):
        os.chmod(path, 0o600)
    status, found, err = m.doctor(user=nobody)
    by = {}
    for f in found:
        by.setdefault(f["id"], set()).add(f["severity"])
    unknown = "config-unreadable squid-bypass squid-conf-broken ca-expires audit-folder configuration-old site-store"
    ok(all(by.get(i) == {"unknown"} for i in unknown.split()) and status in (2, 3) and not err,
       "what cannot be read is unknown, not fine", f"{status} {err} {by}")
    for path in (m.at + "/squid.conf", m.at + "/srv_optout.conf"):
        os.chmod(path, 0o644)
    status, found, err = m.doctor(user=nobody)
    bad = [f for f in found if f["severity"] in ("error", "warning")]
    ok(not bad and status in (0, 3), "without rights nothing is made up",
       "\n".join(map(json.dumps, bad)))


def sections():
    """Each finding of a file or of this machine has its section."""
    listed = [line.split()[0] for line in
              subprocess.run([TOOL, "doctor", "--list"], capture_output=True,
                             text=True).stdout.splitlines()]
    mine = listed[listed.index("squid-conf-broken"):]
    text = read(SOURCE + "/docs/troubleshooting.md")
    missing = [i for i in mine if f"\n## {i}\n" not in text]
    ok(len(mine) > 40 and not missing, "each finding has a section", missing)


def after_the_filter(m):
    m.filter.terminate()
    m.filter.wait(20)
    status, found, _ = m.doctor("--only", "module-replaced")
    ok(found and found[0]["severity"] == "unknown", "module-replaced: nothing runs", found)
    p = subprocess.run([TOOL, "doctor", "--local", "--json", "--only", "icap-unreachable",
                        "--config", m.at + "/c-icap.conf"], capture_output=True, text=True)
    ok(p.returncode == 2 and "nobody listens" in p.stdout, "icap-unreachable: nobody listens",
       p.stdout)


def main():
    os.umask(0o022)
    at = tempfile.mkdtemp(prefix="optout-doctor.")
    os.chmod(at, 0o755)
    m = Machine(at)
    write(at + "/more.conf", "if 1 = 1\nicap_service more respmod_precache "
          f"icap://127.0.0.1:{m.port}/optout bypass=on\nendif\n")
    write(at + "/access.conf", "AccessLog /dev/null\n")
    try:
        if not m.start():
            ok(False, "c-icap and optoutd are up", read(at + "/run/out"))
            return
        began = time.monotonic()
        status, found, err = m.doctor()
        took = time.monotonic() - began
        wrong = [f for f in found if f["severity"] not in FINE]
        ok(status == 0 and not wrong and len(found) > 40, "nothing is wrong with a good machine",
           f"exit {status} {err}\n" + "\n".join(map(json.dumps, wrong)))
        ok(took < 3, "and that takes less than 3 s", took)
        status, found, err = m.doctor("--quiet")
        ok(status == 0 and not found and not err, "--quiet says nothing then", found)
        for cases in (squid_cases, splice_cases, parse_cases, ca_cases, c_icap_cases,
                      without_rights, unit_cases, process_cases, audit_cases, segment_cases, disk_cases,
                      daemon_cases, redis_cases, redis_tls_cases, no_proxy, after_the_filter):
            cases(m)
        sections()
    finally:
        m.stop()
        shutil.rmtree(at, ignore_errors=True)
        print(f"1..{number}")


main()
sys.exit(1 if failed else 0)
