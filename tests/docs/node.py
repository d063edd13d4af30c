# SPDX-License-Identifier: Apache-2.0
"""A machine of its own to run the commands of the pages on, word for word: the installation laid
over /usr and /etc, folders of its own in the place of /var, /srv and /run, a network of its own in
which every name of the pages is a site or this machine. Nothing of it is left, and nothing of the real
machine is touched: all of it is mounts of a namespace."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
ADDRESS = "93.184.216.34"  # of all sites; a public one, for private ones are never asked
THIS = "proxy crawl-proxy node redis.example.net"
SITES = "demo.test site.example news.example example.com www.example.org www.example.co.uk a.example"
LOG = "/var/log/c-icap/optout"
ID = "01KAV9FT3V05WKNXJVWQX4Y1F3"  # the record that the pages speak of
WORK = "/srv/work"  # where commands are run


class NodeError(Exception):
    pass


def sh(command, **more):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False, **more)
    if done.returncode:
        raise NodeError("%s: status %d\n%s%s" % (command[:200], done.returncode, done.stdout, done.stderr))
    return done.stdout


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())


def enter(*arguments):
    """Begins this program anew in namespaces; comes back when that may not be."""
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        return "it needs root"
    for tool in ("unshare", "setpriv", "ip", "squid", "c-icap", "jq", "zstd", "systemd-sysusers"):
        if not shutil.which(tool):
            return tool + " is missing"
    probe = r"""d=$(mktemp -d) && mount -t tmpfs none "$d" && mkdir "$d"/{a,u,w,m} &&
        mount -t overlay none -o "lowerdir=$d/a,upperdir=$d/u,workdir=$d/w" "$d/m" && ip link set lo up
        s=$?; umount -l "$d"; rmdir "$d"; exit $s"""
    if subprocess.run([*command, "bash", "-c", probe], capture_output=True, check=False).returncode:
        return "namespaces or overlays may not be made here"
    # A shell is the first process there, for it collects what ends without a parent.
    os.execvp("unshare", [*command, "bash", "-c", '"$@"; exit', "docs", sys.executable, "-B",
                          os.path.abspath(sys.argv[0]), "--inside", *arguments])


# ---- the machine ----

def lay_over(scratch, stage):
    sh("mount --make-rprivate / && mount -t tmpfs -o mode=755 none %s" % scratch)
    for name in ("usr", "etc", "var"):
        upper, work = "%s/%s" % (scratch, name), "%s/%s.work" % (scratch, name)
        os.makedirs(upper)
        os.makedirs(work)
        layers = ["/" + name]
        if os.path.isdir(os.path.join(stage, name)):
            layers.insert(0, os.path.join(stage, name))
        sh("mount -t overlay none -o lowerdir=%s,upperdir=%s,workdir=%s /%s" % (":".join(layers), upper, work, name))
    for folder, mode in (("/run", "755"), ("/srv", "755"), ("/dev/shm", "1777"), ("/var/log/squid", "755")):
        os.makedirs(folder, exist_ok=True)
        sh("mount -t tmpfs -o mode=%s none %s" % (mode, folder))


def people_and_folders():
    # What the packages do, and Debian's c-icap.
    sh("systemd-sysusers %s/debian/optoutd.sysusers && usermod -g c-icap c-icap" % TOP)
    sh("""mkdir -p /run/systemd/system /run/squid /srv/logs %s /var/lib/optout-ship /var/lib/prometheus/node-exporter
          install -d -o c-icap -g c-icap -m 0755 /run/c-icap /var/log/c-icap
          install -d -o c-icap -g c-icap -m 0750 %s
          install -d -o optout -g c-icap -m 2770 /var/lib/optout /var/lib/optout/metrics
          install -d -o optout -g c-icap -m 0750 /run/optout
          chown proxy:proxy /var/log/squid /run/squid
          install -o proxy -g proxy -m 750 -d /var/spool/squid""" % (WORK, LOG))
    sh("useradd -r crawler")
    shutil.copy(HERE + "/systemctl", "/usr/bin/systemctl")
    write("/usr/local/bin/ssh", "#!/bin/sh\nshift\nexec \"$@\"\n")  # the other machine is this one
    write("/etc/c-icap/redis.password", "secret\n")
    sh("chmod 755 /usr/local/bin/ssh && chmod 640 /etc/c-icap/redis.password && chgrp c-icap /etc/c-icap/redis.password")


def network():
    sh("ip link set lo up && ip addr add %s/32 dev lo && ip addr add 10.20.0.7/32 dev lo" % ADDRESS)
    write("/etc/hosts", "127.0.0.1 localhost %s\n%s %s\n" % (THIS, ADDRESS, SITES))
    if os.path.islink("/etc/resolv.conf"):
        os.unlink("/etc/resolv.conf")
    write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")


def origin():
    names = ",".join("DNS:" + name for name in SITES.split())
    sh("""mkdir -p /srv/origin && cd /srv/origin
        openssl req -x509 -newkey rsa:2048 -sha256 -nodes -batch -days 2 -subj "/CN=CA of the sites" \\
            -keyout ca.key -out ca.crt -addext basicConstraints=critical,CA:TRUE
        openssl req -newkey rsa:2048 -nodes -batch -subj /CN=sites -keyout site.key -out site.csr
        openssl x509 -req -sha256 -in site.csr -days 2 -out site.crt -CA ca.crt -CAkey ca.key -set_serial 1 \\
            -extfile <(echo subjectAltName=%s)
        cat ca.crt >>/etc/ssl/certs/ca-certificates.crt
        ln -s /srv/origin/ca.crt "/etc/ssl/certs/$(openssl x509 -hash -noout -in ca.crt).0" """ % names)
    process = subprocess.Popen([sys.executable, "-B", HERE + "/origin.py", ADDRESS, "/srv/origin/site.crt",
                                "/srv/origin/site.key"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdout.readline() != "ready\n":
        raise NodeError("the sites do not start")
    return process


def make(stage):
    lay_over("/mnt", stage)
    people_and_folders()
    network()
    return origin()


# ---- what the commands are about ----

def fetch(url, *options):
    return sh("curl -sS -o /dev/null -w '%%{http_code}' -x http://127.0.0.1:3128 --cacert /etc/squid/optout/fleet-ca.crt "
              "%s '%s'" % (" ".join(options), url)).strip()


def records():
    """Records of everything that the pages ask about, and one of them under the id that they name."""
    seen = {url: fetch(url) for url in (
        "http://demo.test:3130/tdm-paid.html", "https://site.example/page", "https://site.example/open",
        "https://site.example/words", "https://site.example/broken", "https://news.example/archive/1", "https://news.example/closed/1",
        "https://www.example.co.uk/", "https://example.com/")}
    sh("optout reopen")
    closed = [os.path.join(LOG, name) for name in os.listdir(LOG) if name.endswith(".jsonl")]
    lines = [line for path in closed for line in open(path, encoding="utf-8")]
    blocked = next(json.loads(line)["id"] for line in lines
                   if '"url":"https://site.example/page"' in line and '"decision":"reserved"' in line)
    for folder in ("/srv/logs/node-1", "/srv/logs/node-2", "/var/log/optout", LOG):
        os.makedirs(folder, exist_ok=True)
        for path in closed:
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if blocked in text:
                write(os.path.join(folder, os.path.basename(path)), text.replace(blocked, ID))
    sh("zstd -q -o /srv/logs/node-3.jsonl.zst '%s'" % closed[0])
    return seen, next(json.loads(line)["id"] for line in lines if "tdm-paid" in line and '"decision"' in line)


def warc_record(kind, url, head, body):
    block = head + body
    record = ("WARC/1.0\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012x>\r\n"
              "WARC-Date: 2026-11-01T00:00:00Z\r\nWARC-Target-URI: %s\r\nContent-Type: application/http; msgtype=%s\r\n"
              "Content-Length: %d\r\n\r\n" % (kind, zlib.crc32(url.encode()), url, kind, len(block)))
    return gzip.compress(record.encode() + block + b"\r\n\r\n")


def files():
    """What the commands read, in the folder in which they are run."""
    page = b"<!doctype html><title>A page</title><p>Tides come and go.\n"
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n%s\r\n"
    urls = ["https://a.example/yes", "https://a.example/no/1", "https://news.example/closed/1"]
    warc = b"".join(warc_record("response", url, (head % (len(page), more)).encode(), page) for url, more in (
        ("https://a.example/yes", ""), ("https://a.example/no/1", ""),
        ("https://site.example/page", "tdm-reservation: 1\r\n")))
    for name, content in {
            "frontier.txt": "\n".join(urls) + "\n", "list": "\n".join(urls[:2] + ["https://b.example/x"]) + "\n",
            "pairs.csv.gz": gzip.compress(("url,text\n" + "".join(u + ",x\n" for u in urls)).encode()),
            "items.jsonl": "".join(json.dumps({"image": {"url": u}}) + "\n" for u in urls),
            "crawl/x.warc.gz": warc, "x.warc.gz": warc, "robots.txt": "User-agent: *\nDisallow: /x\n",
            "page.html": page, "head.txt": head % (len(page), ""), "one.html": page,
            "paths.txt": "0\t/srv/logs/node-3.jsonl.zst\n"}.items():
        write(os.path.join(WORK, name), content)
    sh("zstd -q --rm items.jsonl && cp -r %s/conf conf" % TOP, cwd=WORK)
    for kind in ("jpeg", "pdf", "mp4", "epub"):
        name = {"jpeg": "photo.jpg", "pdf": "report.pdf", "mp4": "clip.mp4", "epub": "book.epub"}[kind]
        sh("python3 -B %s/tests/integration/media.py '%s tdm=1' >%s" % (TOP, kind, name), cwd=WORK)
