# SPDX-License-Identifier: Apache-2.0
"""The programs under a service manager whose journal is ours: each is started with standard error
that is the stream of $JOURNAL_STREAM, in a mount namespace where /run/systemd/journal/socket is a
socket of this test. Prints TAP."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

build, source = os.environ["OPTOUT_BUILDDIR"], os.environ["OPTOUT_SRCDIR"]
folder = pathlib.Path(tempfile.mkdtemp(prefix="optout-journal."))
count = failures = 0


def ok(good, name, detail=""):
    global count, failures
    count += 1
    failures += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name))
    if not good:
        print("".join("# %s\n" % line for line in str(detail).splitlines()[-20:]), end="")


def skip(name, reason):
    global count
    count += 1
    print("ok %d - %s # SKIP %s" % (count, name, reason))


class Journal:
    def __init__(self):
        os.makedirs(folder / "journal")
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(str(folder / "journal/socket"))
        os.chmod(folder / "journal/socket", 0o666)
        os.chmod(folder / "journal", 0o755)
        self.stream, self.theirs = socket.socketpair()
        self.said = []

    def plain(self):
        self.stream.settimeout(0.1)
        try:
            return self.stream.recv(1 << 16).decode()
        except TimeoutError:
            return ""

    @staticmethod
    def fields(data):
        found = {}
        while data:
            name, data = re.match(rb"([A-Z][A-Z0-9_]*)(?==|\n)(.*)", data, re.S).groups()
            if data[:1] == b"=":
                value, data = data[1:].split(b"\n", 1)
            else:
                n, = struct.unpack("<Q", data[1:9])
                value, data = data[9:9 + n], data[10 + n:]
            found[name.decode()] = value.decode()
        return found

    def message(self, event, seconds=5):
        """The first message of this kind, now or soon."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.s.settimeout(left)
            try:
                m = self.fields(self.s.recv(1 << 20))
            except TimeoutError:
                break
            self.said.append(m)
            if m.get("OPTOUT_EVENT") == event:
                return m
        return {}

    def run(self, *command):
        st = os.fstat(self.theirs.fileno())
        env = {**os.environ, "JOURNAL_STREAM": "%d:%d" % (st.st_dev, st.st_ino)}
        env.pop("NOTIFY_SOCKET", None)
        script = ("mount -t tmpfs none /run && mkdir -p /run/systemd/journal && "
                  "mount --bind %s/journal /run/systemd/journal && exec \"$@\"" % folder)
        return subprocess.Popen([*namespace(), "sh", "-c", script, "sh", *command], env=env,
                                stdin=subprocess.DEVNULL, stdout=self.theirs, stderr=self.theirs)


def namespace():
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def daemon(journal):
    (folder / "d.conf").write_text(
        "optoutd.SiteStore %s/store\noptoutd.SiteStoreSize 16M\noptoutd.Socket %s/d.sock\n"
        "optoutd.MetricsListen off\noptoutd.Agents %s/conf/agents.tsv\n" % (folder, folder, source))
    p = journal.run(build + "/optoutd", "-c", str(folder / "d.conf"))
    m = journal.message("started")
    ok(m.get("MESSAGE_ID") == "17ca1fc275a24dc1982ee2dec020d98c" and m.get("PRIORITY") == "5" and
       m.get("SYSLOG_IDENTIFIER") == "optoutd" and "ready on" in m.get("MESSAGE", ""),
       "optoutd: started", "%s\n%s" % (journal.said, journal.plain()))
    p.send_signal(signal.SIGTERM)
    ok(journal.message("stopped") and p.wait(10) == 0, "optoutd: stopped", journal.said)


def ship(journal):
    (folder / "log").mkdir()
    p = journal.run(build + "/optout-ship", "-b", "127.0.0.1:1", "--stop-after", "0", str(folder / "log"))
    m = journal.message("started")
    ok(m.get("SYSLOG_IDENTIFIER") == "optout-ship", "optout-ship: started", (m, journal.said))
    p.send_signal(signal.SIGTERM)
    ok(journal.message("ship-figures"), "optout-ship: what it says at its end", journal.said)
    p.wait(10)


def rights_of_the_drop_in():
    """What c-icap starts with under our drop-in, as far as it can be had without systemd."""
    text = pathlib.Path(source, "debian/c-icap.service.d/optout.conf").read_text()
    kept = re.search(r"(?m)^CapabilityBoundingSet=(.+)$", text).group(1).lower().replace("cap_", "")
    assert "\nNoNewPrivileges=yes\n" in text and "\nProtectSystem=full\n" in text
    script = ("for d in /usr /etc; do mount --bind $d $d && mount -o remount,ro,bind $d || exit; done; "
              "exec setpriv --no-new-privs --bounding-set=-all,%s \"$@\"" %
              ",".join("+" + k for k in kept.split()))
    return ["sh", "-c", script, "sh"]


def has_user(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def filter_in_cicap(journal):
    """c-icap as its unit starts it: it goes into the background, and children have no standard
    error. As root it becomes its user, with no more rights than the drop-in leaves it."""
    becomes = os.geteuid() == 0 and shutil.which("setpriv") and has_user("c-icap")
    module = build + "/.libs/srv_optout.so"
    if b"__asan_init" in pathlib.Path(module).read_bytes():
        skip("the filter in c-icap", "a build with sanitizers, whose runtime c-icap has not")
        return
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (folder / "c-icap.conf").write_text("""\
PidFile {0}/c-icap.pid
CommandsSocket {0}/c-icap.ctl
StartServers 1
MaxServers 1
ThreadsPerChild 5
Port 127.0.0.1:{1}
TmpDir {0}
DebugLevel 1
ModulesDir {2}
ServicesDir {2}
TemplateDir {3}/conf/templates
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {0}/server.log
AccessLog {0}/access.log
{5}Service optout {4}
optout.AuditDir {0}/audit
optout.Clients {0}/clients.tsv
optout.Agents {0}/agents.tsv
""".format(folder, port, os.path.dirname(module), source, module,
           "User c-icap\nGroup c-icap\n" if becomes else ""))
    (folder / "audit").mkdir()
    for name in ("agents.tsv", "clients.tsv"):  # where its user can read them
        shutil.copy(source + "/conf/" + name, folder)
    if becomes:
        for path in (folder, folder / "audit"):
            shutil.chown(path, "c-icap", "c-icap")
        os.chmod(folder, 0o755)
    p = journal.run(*(rights_of_the_drop_in() if becomes else []), "c-icap", "-f", str(folder / "c-icap.conf"))
    p.wait(20)
    m = journal.message("started", 10)
    ok(m.get("SYSLOG_IDENTIFIER") == "srv_optout" and "configuration" in m.get("MESSAGE", ""),
       "the filter: started, by the process in the foreground" + (", with the drop-in's rights" if becomes else ""),
       "%s\n%s\n%s" % (m, journal.said, journal.plain()))
    end = time.monotonic() + 5
    while time.monotonic() < end and not os.path.exists(folder / "c-icap.ctl"):
        time.sleep(0.05)
    time.sleep(0.5)
    reload()
    texts = [journal.message("config-loaded").get("MESSAGE", "") for _ in range(2)]
    ok(sorted(t.split()[0] for t in texts if t) == ["child", "master"],
       "the filter: reloaded, by processes in the background", (texts, journal.said))
    text = (folder / "server.log").read_text(errors="replace")
    ok(all("optout: " + t in text for t in texts), "server.log has the same lines", text)
    rotation(text)
    pid = int((folder / "c-icap.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 10
    while time.monotonic() < end and os.path.exists("/proc/%d" % pid):
        time.sleep(0.05)
    ok(not os.path.exists("/proc/%d" % pid), "c-icap ends")


def reload():
    with open(folder / "c-icap.ctl", "w") as fifo:
        fifo.write("optout_reload")


def rotation(before):
    """The packages' file for logrotate, with the folders of this test: c-icap goes on in a new
    server.log, and nothing happens to what else is there."""
    if not shutil.which("logrotate"):
        skip("logrotate", "it is not installed")
        return
    text = pathlib.Path(source, "debian/libc-icap-mod-optout.logrotate").read_text()
    places = [("/var/log/c-icap", str(folder)), ("/run/c-icap", str(folder))]
    if folder.stat().st_uid == os.geteuid():  # nobody is c-icap here
        places += [("    su c-icap c-icap\n", ""), ("create 0640 c-icap c-icap", "create 0640")]
    for old, new in places:
        assert old in text
        text = text.replace(old, new)
    (folder / "rotate").write_text(text)
    os.chmod(folder / "rotate", 0o644)
    os.chmod(folder, 0o755)
    segment = folder / "audit/node-1.jsonl"
    segment.write_text("a line\n")
    begin = time.monotonic()
    run = subprocess.run(["logrotate", "-f", "-s", str(folder / "rotate.state"), str(folder / "rotate")],
                         capture_output=True, text=True, timeout=30)
    ok(run.returncode == 0 and not run.stderr and time.monotonic() - begin < 5, "logrotate rotates", run)
    old = folder / "server.log.1"
    ok(old.exists() and old.read_text(errors="replace").startswith(before), "server.log.1 is what was")
    time.sleep(1.2)  # c-icap looks at its pipe once a second
    reload()
    end = time.monotonic() + 5
    while time.monotonic() < end and "reloaded" not in (folder / "server.log").read_text(errors="replace"):
        time.sleep(0.1)
    ok("reloaded" in (folder / "server.log").read_text(errors="replace"), "c-icap writes into the new one")
    ok(sorted(p.name for p in (folder / "audit").iterdir() if p.name.startswith("node-")) ==
       ["node-1.jsonl"] and segment.read_text() == "a line\n", "segments are as they were")


REAL = """\
mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal || exit 9
[ -s /etc/machine-id ] || { echo 0123456789abcdef0123456789abcdef >/run/id; mount --bind /run/id /etc/machine-id; } || exit 9
"$JOURNALD" >/dev/null 2>&1 & journald=$!
i=0; until [ -S /run/systemd/journal/socket ] || [ $((i += 1)) -gt 50 ]; do sleep 0.1; done
"$@" & daemon=$!
sleep 0.5
i=0; until [ -S "$SOCKET" ] || [ $((i += 1)) -gt 50 ]; do sleep 0.1; done
kill $daemon; wait $daemon
i=0
until journalctl -D /run/log/journal/* MESSAGE_ID=1e59ef424a4141b98720e77f792329b2 -o cat --no-pager 2>/dev/null | grep . ||
    [ $((i += 1)) -gt 30 ]; do sleep 0.1; done
journalctl -D /run/log/journal/* OPTOUT_EVENT=started -o cat --no-pager 2>&1
kill $journald; wait $journald
"""


def real_journal(journal):
    """systemd's own journald keeps what optoutd says, and journalctl finds it as the guide says."""
    programs = [p + "/systemd/systemd-journald" for p in ("/usr/lib", "/lib")
                if os.path.exists(p + "/systemd/systemd-journald")]
    if os.geteuid() or not programs or not shutil.which("journalctl"):
        skip("the real journal", "journald is not here, or this is not root")
        return
    st = os.fstat(journal.theirs.fileno())
    r = subprocess.run(["unshare", "-m", "sh", "-c", REAL, "sh", build + "/optoutd", "-c",
                        str(folder / "d.conf")],
                       env={**os.environ, "JOURNALD": programs[0], "SOCKET": str(folder / "d.sock"),
                            "JOURNAL_STREAM": "%d:%d" % (st.st_dev, st.st_ino)},
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=journal.theirs,
                       text=True, timeout=60)
    lines = r.stdout.splitlines()
    ok(len(lines) == 2 and lines[0] == "stopped" and "ready on" in lines[1],
       "journalctl finds what the real journald was told", (r, journal.plain()))


def main():
    if subprocess.run([*namespace(), "mount", "-t", "tmpfs", "none", "/run"],
                      capture_output=True).returncode:
        print("1..0 # SKIP no mount namespace can be made here")
        return 0
    journal = Journal()
    try:
        daemon(journal)
        real_journal(journal)
        if os.path.exists(build + "/optout-ship"):
            ship(journal)
        else:
            skip("optout-ship", "built without librdkafka")
        if shutil.which("c-icap") and os.path.exists(build + "/.libs/srv_optout.so"):
            filter_in_cicap(journal)
        else:
            skip("the filter", "c-icap is not installed")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("1..%d" % count)
    return 1 if failures else 0


sys.exit(main())
