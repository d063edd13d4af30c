# SPDX-License-Identifier: Apache-2.0
"""What c-icap keeps in memory while many large bodies are held at once.

Bodies whose metadata may stand at their very end come whole but for the last piece; then
memory is read, the last pieces follow and every answer is checked. Unlocked, the way is
Squid's. Locked it is too where Squid is 6.13 or later; else an ICAP client of our own, for
earlier ones wait for an answer that does not come before the end."""
import http.client
import os
import re
import socket
import subprocess
import threading
import time

import cells as plan
import servers

import media  # pages.py told where it is

BODIES = 20
SIZE = 50000000
TAIL = 65536         # bytes of each body that come last, when memory was read
PREVIEW = 32768
HOLD_MEMORY = 1 << 20
LOCKED_SQUID = (6, 13)
PATIENCE = 60        # seconds for the bodies to arrive, and to leave
MIB = float(1 << 20)

CONF = """optout.HoldMode {mode}
optout.HoldMax 64M
optout.HoldMemory 1M
optout.HoldTotal 2G
optout.SpoolDir @RUN@/spool
"""
KINDS = ["mp4 plus=DMI-ALLOWED at=end", "pdf plus=DMI-ALLOWED"]


class Origin:
    """Sends all of a body but its tail, and that when it is told to."""

    def __init__(self, bodies):
        self.bodies, self.go, self.waiting = bodies, threading.Event(), 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=BODIES * 2)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with client:
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = client.recv(4096)
                    if not piece:
                        return
                    request += piece
                kind, body = self.bodies[request.split()[1].decode()]
                client.sendall(response_head(kind, body))
                client.sendall(memoryview(body)[:-TAIL])
                self.wait()
                client.sendall(memoryview(body)[-TAIL:])
        except (OSError, KeyError):
            pass  # the client notices

    def wait(self):
        with self.lock:
            self.waiting += 1
        self.go.wait(PATIENCE)

    def close(self):
        self.go.set()
        self.listener.close()


def response_head(kind, body):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n").encode()


class Client(threading.Thread):
    """One exchange. `received` counts body bytes; `error` says what was wrong."""

    def __init__(self, path, origin):
        super().__init__(daemon=True)
        self.path, self.origin = path, origin
        self.body = origin.bodies[path][1]
        self.received, self.error = 0, "no answer"

    def run(self):
        try:
            self.error = self.exchange()
        except (http.client.HTTPException, OSError) as e:
            self.error = repr(e)


class ByProxy(Client):
    def __init__(self, path, origin, port):
        super().__init__(path, origin)
        self.port = port

    def exchange(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        c.request("GET", f"http://127.0.0.1:{self.origin.port}{self.path}")
        r = c.getresponse()
        while piece := r.read1(1 << 18):
            self.received += len(piece)
        c.close()
        right = r.status == 200 and self.received == len(self.body)
        return "" if right else f"status {r.status}, {self.received} bytes"


class ByIcap(Client):
    """The body goes straight to c-icap; nothing comes back before its end."""

    def __init__(self, path, origin, port):
        super().__init__(path, origin)
        self.port = port

    def exchange(self):
        kind, body = self.origin.bodies[self.path]
        request = f"GET http://bench.test{self.path} HTTP/1.1\r\nHost: bench.test\r\n\r\n".encode()
        head = response_head(kind, body)
        icap = (f"RESPMOD icap://127.0.0.1:{self.port}/optout?profile=pass ICAP/1.0\r\n"
                f"Host: 127.0.0.1\r\nAllow: 204\r\nPreview: {PREVIEW}\r\n"
                f"Encapsulated: req-hdr=0, res-hdr={len(request)}, "
                f"res-body={len(request) + len(head)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
            s.sendall(icap + request + head)
            view = memoryview(body)
            send_chunks(s, view[:PREVIEW])
            s.sendall(b"0\r\n\r\n")
            answer = s.recv(4096)
            if answer.startswith(b"ICAP/1.0 100"):
                send_chunks(s, view[PREVIEW:-TAIL])
                self.origin.wait()
                send_chunks(s, view[-TAIL:])
                s.sendall(b"0\r\n\r\n")
                answer = s.recv(4096)
        return "" if answer.startswith(b"ICAP/1.0 204") else repr(answer[:60])


def send_chunks(s, view, step=TAIL):
    for at in range(0, len(view), step):
        piece = view[at:at + step]
        s.sendall(b"%x\r\n" % len(piece))
        s.sendall(piece)
        s.sendall(b"\r\n")


class Held:
    def __init__(self, bench, settings):
        self.bench, self.settings = bench, settings
        self.spool = os.path.join(bench.run, "spool")
        os.makedirs(self.spool, exist_ok=True)
        kinds = [media.TYPES[k.split()[0]] for k in KINDS]
        made = [media.make(k.split() + [f"size={SIZE}"]) for k in KINDS]
        self.bodies = {f"/{i}": (kinds[i % len(kinds)], made[i % len(made)])
                       for i in range(BODIES)}
        # As many at once, so that the threads and buffers of an idle c-icap are there.
        self.small = {f"/s{i}": (kinds[0], media.make(["mp4", "at=end", "size=120000"]))
                      for i in range(BODIES)}

    def conf(self, mode):
        text = plan.OPTOUT_CONF + CONF.format(mode=mode)
        text += "".join(f"optout.{line}\n" for line in self.settings)
        return text.replace("@DEPTH@", "document").replace("@RUN@", self.bench.run)

    def squid(self, icap_port):
        port = servers.free_port()
        tail = plan.ICAP_CONF + (
            f"icap_log none\nhttp_port 127.0.0.1:{port}\n"
            f"icap_service s respmod_precache icap://127.0.0.1:{icap_port}/optout?profile=pass "
            "bypass=off on-overload=wait\nadaptation_access s allow all\n")
        return self.bench.squid(tail, [port]), port

    def settle(self, origin, clients, pids):
        """Waits until all bodies have come and memory has come to rest. Returns the most
        that was seen on the way, in KiB."""
        end, peak, last = time.monotonic() + PATIENCE, 0, None
        while time.monotonic() < end:
            time.sleep(0.25)
            now = (servers.pss_kib(pids), sum(c.received for c in clients))
            peak = max(peak, now[0])
            if origin.waiting == len(clients) and last and now[1] == last[1] and (
                    abs(now[0] - last[0]) < 64):
                return peak
            last = now
        raise servers.BenchError(
            f"held: {origin.waiting} of {len(clients)} bodies came within {PATIENCE} s: "
            + "; ".join(sorted({c.error for c in clients})) + self.bench.log_tail("c-icap"))

    def finish(self, origin, clients):
        origin.go.set()
        for c in clients:
            c.join(PATIENCE)
        wrong = sorted({c.error for c in clients if c.error})
        if wrong:
            raise servers.BenchError("held: " + "; ".join(wrong) + self.bench.log_tail("c-icap"))

    def crowd(self, way, port, bodies):
        origin = Origin(bodies)
        clients = [way(path, origin, port) for path in bodies]
        for c in clients:
            c.start()
        return origin, clients

    def run(self, mode, way_name):
        cicap, icap_port = self.bench.cicap(self.conf(mode))
        squid, port = self.squid(icap_port) if way_name == "Squid" else (None, icap_port)
        way = ByProxy if squid else ByIcap
        origins = []
        try:
            origin, clients = self.crowd(way, port, self.small)
            origins.append(origin)
            self.finish(origin, clients)
            pids = servers.cicap_family(cicap)
            idle = servers.pss_kib(pids)
            origin, clients = self.crowd(way, port, self.bodies)
            origins.append(origin)
            peak = self.settle(origin, clients, pids)
            row = {"mode": mode, "way": way_name, "bodies": BODIES, "size": SIZE,
                   "idle_kib": idle, "peak_kib": peak, "held_kib": servers.pss_kib(pids),
                   "rss_kib": servers.memory_kib(pids),
                   "spool": servers.spool_bytes(pids, self.spool),
                   "withheld": BODIES * (SIZE - TAIL) - sum(c.received for c in clients)}
            self.finish(origin, clients)
            row["after_kib"] = servers.pss_kib(pids)
        finally:
            for origin in origins:
                origin.close()
            for process in (squid, cicap):
                if process:
                    self.bench.stop(process)
        if mode == "locked" and row["spool"] < BODIES * (SIZE - TAIL - 2 * HOLD_MEMORY):
            raise servers.BenchError(f"held: only {row['spool']} bytes were in the spool")
        return row


def squid_version():
    path, = servers.need(("squid", "squid-openssl"))
    out = subprocess.run([path, "-v"], capture_output=True, text=True).stdout
    found = re.search(r"Version (\d+)\.(\d+)", out)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def line(row):
    mib = [(row[k] - row["idle_kib"]) / 1024 / row["bodies"] for k in ("held_kib", "peak_kib")]
    kept = min(HOLD_MEMORY, row["withheld"] / row["bodies"]) / MIB
    return (f"{row['mode']:9}{'by ' + row['way']:19}{row['idle_kib'] / 1024:9.1f}"
            f"{row['held_kib'] / 1024:9.1f}{row['peak_kib'] / 1024:9.1f}"
            f"{row['after_kib'] / 1024:9.1f}{row['withheld'] / row['bodies'] / MIB:10.2f}"
            f"{row['spool'] / row['bodies'] / MIB:9.2f}{mib[0]:10.2f}{kept:8.2f}"
            f"{mib[0] - kept:8.2f}{mib[1] - kept:9.2f}")


def head():
    return [f"held: {BODIES} bodies of {SIZE / 1e6:.0f} MB at once, MP4 and PDF in turn; MiB of "
            "PSS of c-icap, all processes; from `withheld` on per body",
            f"{'HoldMode':9}{'':19}{'idle':>9}{'held':>9}{'peak':>9}{'after':>9}{'withheld':>10}"
            f"{'spool':>9}{'memory':>10}{'kept':>8}{'above':>8}{'at peak':>9}"]


def measure(bench, settings, say):
    held = Held(bench, settings)
    locked = "Squid" if squid_version() >= LOCKED_SQUID else "our ICAP client"
    rows = []
    for mode, way in (("unlocked", "Squid"), ("locked", locked)):
        say(f"  held-50m {mode}")
        rows.append(held.run(mode, way))
    return {"rows": rows, "lines": head() + [line(row) for row in rows]}
