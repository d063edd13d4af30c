# SPDX-License-Identifier: Apache-2.0
"""Origin, c-icap and Squid of the benchmark: private configuration, loopback
only, and nothing left behind. CPU time is read from /proc."""
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WAIT = 20  # seconds for a server to accept, or to end


class BenchError(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def need(*programs):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    found = []
    for program, package in programs:
        where = shutil.which(program, path=path)
        if not where:
            raise BenchError(f"{program} was not found. On Debian: apt-get install {package}")
        found.append(where)
    return found


def modules_dir():
    """Where Debian's services of c-icap are."""
    script, = need(("c-icap-config", "libicapapi-dev"))
    return subprocess.run([script, "--modulesdir"], capture_output=True, text=True,
                          check=True).stdout.strip()


def cpu_ns(pids):
    """CPU time of all threads of these processes, in ns. The scheduler's own
    figure where the kernel tells it, else utime + stime in clock ticks."""
    total = 0
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
            for task in tasks:
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
        except FileNotFoundError:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) * 10**9 // os.sysconf("SC_CLK_TCK")
    return total


def memory_kib(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
    return total


def pss_kib(pids):
    """What is theirs: shared pages count in part."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total


def spool_bytes(pids, folder):
    """Disk space of the files without a name that they keep open below the folder."""
    files = {}
    for pid in pids:
        for name in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{name}"
            try:
                if os.readlink(path).startswith(folder):
                    st = os.stat(path)
                    files[st.st_dev, st.st_ino] = st.st_blocks * 512
            except FileNotFoundError:
                pass  # closed meanwhile
    return sum(files.values())


class Bench:
    """The run folder, who runs there, and every process started."""

    def __init__(self, folder=None):
        self.user = "proxy" if os.geteuid() == 0 else None
        self.run = tempfile.mkdtemp(prefix="optout-bench.", dir=folder or "/var/tmp")
        os.chmod(self.run, 0o755)
        self.processes = []
        self.names = []
        self.count = 0

    def own(self):
        """Root hands the run folder to the user that the servers run as."""
        if self.user:
            entry = pwd.getpwnam(self.user)
            for folder, _, files in os.walk(self.run):
                for path in [folder] + [os.path.join(folder, name) for name in files]:
                    with contextlib.suppress(FileNotFoundError): # it is in use
                        os.chown(path, entry.pw_uid, entry.pw_gid)

    def fill(self, template, target, tail="", **values):
        with open(os.path.join(HERE, template)) as f:
            text = f.read()
        for key, value in dict(values, RUN=self.run).items():
            text = text.replace(f"@{key}@", str(value))
        path = os.path.join(self.run, target)
        with open(path, "w") as f:
            f.write(text + tail)
        return path

    def start(self, argv, ports, log):
        self.own()
        extra = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        with open(os.path.join(self.run, log + ".out"), "wb") as out:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       cwd=self.run, start_new_session=True, **extra)
        self.processes.append(process)
        for port in ports:
            self.wait_port(process, argv[0], port, log)
        return process

    def wait_port(self, process, name, port, log):
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise BenchError(f"{name} does not serve port {port}:\n{self.log_tail(log)}")

    def log_tail(self, log):
        text = ""
        for name in (log + ".out", log + ".log"):
            try:
                with open(os.path.join(self.run, name), errors="replace") as f:
                    text += f"--- {name}\n" + "".join(f.readlines()[-15:])
            except OSError:
                pass
        return text

    def stop(self, process):
        if process not in self.processes:
            return
        self.processes.remove(process)
        for sig in (signal.SIGINT, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(sig)
            try:
                process.wait(WAIT if sig == signal.SIGINT else 5)
                break
            except subprocess.TimeoutExpired:
                continue
        try:
            os.killpg(process.pid, signal.SIGKILL)  # children that outlived it
        except (ProcessLookupError, PermissionError):
            pass

    def close(self):
        for process in list(reversed(self.processes)):
            self.stop(process)
        for name in self.names:  # shared memory of a Squid that was killed
            for entry in os.listdir("/dev/shm"):
                if entry.startswith(name):
                    os.unlink(os.path.join("/dev/shm", entry))
        shutil.rmtree(self.run, ignore_errors=True)

    # --- the three servers

    def origin(self, locations):
        port = free_port()
        conf = self.fill("nginx.conf.in", "nginx.conf", PORT=port, LOCATIONS=locations)
        nginx, = need(("nginx", "nginx"))
        self.start([nginx, "-e", f"{self.run}/nginx.log", "-p", self.run, "-c", conf], [port],
                   "nginx")
        return port

    def cicap(self, tail, threads=128, under=(), children=1):
        """`threads` in each of its children; `under` names a program that runs it, with its options."""
        port = free_port()
        program, = need(("c-icap", "c-icap"))
        conf = self.fill("c-icap.conf.in", "c-icap.conf", tail, PORT=port, MODULESDIR=modules_dir(),
                         TEMPLATES=f"{self.run}/templates", THREADS=threads, CHILDREN=children,
                         SPARE=min(threads, 64) if children == 1 else threads * children)
        process = self.start([*under, program, "-N", "-f", conf], [port], "c-icap")
        return process, port

    def squid(self, tail, ports, workers=False):
        """With workers it is a process that starts them."""
        self.count += 1
        name = f"obench{os.getpid()}x{self.count}"
        self.names.append(name)
        conf = self.fill("squid.conf.in", f"{name}.conf", tail, NAME=name)
        program, = need(("squid", "squid-openssl"))
        return self.start([program, "--foreground" if workers else "-N", "-n", name, "-f", conf], ports, name)


def family(process):
    """The process and all its descendants."""
    pids, queue = [], [process.pid]
    while queue:
        pid = queue.pop()
        pids.append(pid)
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as f:
                queue += [int(child) for child in f.read().split()]
    return pids


def cicap_family(process, children=1):
    """c-icap with its children, the first of which it starts a moment after it has begun to
    listen: phrases are compiled before. The others follow, one a second."""
    end = time.monotonic() + WAIT
    while len(pids := family(process)) < 1 + children:
        if time.monotonic() > end:
            raise BenchError("c-icap has no child")
        time.sleep(0.05)
    return pids
