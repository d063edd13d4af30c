# SPDX-License-Identifier: Apache-2.0
"""Origins whose certificate or TLS is not as it should be, each at a port of its own."""
import os
import ssl
import subprocess
import threading
import time

# What is wrong, how openssl makes it. All name the host but "wrong-name".
KINDS = ("untrusted", "self-signed", "expired", "wrong-name", "tls-1.1")


_lock = threading.Lock()


def _openssl(*args):
    p = subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=60)
    if p.returncode:
        raise OSError("openssl %s: %s" % (args[0], p.stderr[-300:]))


def _signed(folder, name, ca, ca_key, host, *dates):
    """A certificate for the host under that CA."""
    key, csr, crt, ext = (os.path.join(folder, "%s.%s" % (name, suffix))
                          for suffix in ("key", "csr", "crt", "ext"))
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", csr,
             "-subj", "/CN=" + host)
    with open(ext, "w") as f:
        f.write("subjectAltName=DNS:%s\n" % host)
    if dates:                     # x509 -days takes no past: the CA's own command does
        conf = os.path.join(folder, name + ".cnf")
        with open(conf, "w") as f:
            f.write("[ca]\ndefault_ca=c\n[c]\ndatabase=%s/%s.db\nnew_certs_dir=%s\n"
                    "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n"
                    % (folder, name, folder))
        open("%s/%s.db" % (folder, name), "w").close()
        _openssl("ca", "-batch", "-config", conf, "-cert", ca, "-keyfile", ca_key, "-in", csr,
                 "-out", crt, "-extfile", ext, "-startdate", dates[0], "-enddate", dates[1],
                 "-notext")
    else:
        _openssl("x509", "-req", "-in", csr, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
                 "-days", "2", "-extfile", ext, "-out", crt)
    return crt, key


def open_all(run):
    """Makes them, once a run: kind to port."""
    with _lock:
        if not getattr(run, "bad_ports", None):
            run.bad_ports = _open(run, os.path.join(run.folder, "bad-origins"))
        return run.bad_ports


def _open(run, folder):
    os.makedirs(folder)
    host = run.origin.names[0]
    stranger = os.path.join(folder, "stranger")
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
             stranger + ".key", "-out", stranger + ".crt", "-subj", "/CN=A CA that nobody knows")
    own = os.path.join(folder, "self-signed")
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
             own + ".key", "-out", own + ".crt", "-subj", "/CN=" + host,
             "-addext", "subjectAltName=DNS:" + host)
    then = [time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() - days * 86400))
            for days in (20, 10)]
    made = {
        "untrusted": _signed(folder, "untrusted", stranger + ".crt", stranger + ".key", host),
        "self-signed": (own + ".crt", own + ".key"),
        "expired": _signed(folder, "expired", run.tls.ca, run.tls.ca_key, host, *then),
        "wrong-name": _signed(folder, "wrong", run.tls.ca, run.tls.ca_key, "other.invalid"),
        "tls-1.1": _signed(folder, "old", run.tls.ca, run.tls.ca_key, host),
    }
    ports = {}
    for kind, files in made.items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        if kind == "tls-1.1":
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        ports[kind] = run.origin._listen(context)
    return ports
