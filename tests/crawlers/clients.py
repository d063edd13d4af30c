# SPDX-License-Identifier: Apache-2.0
"""How each crawler is run: through the proxy, with the fleet's CA, one URL, and otherwise
with its defaults. What it says of itself at the end is what counts."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = os.path.join(HERE, "clients")
AGENT = "TestBot/1.0"             # the same for all: what a client is known for must not help
PYTHON = "/usr/bin/python3"       # Debian's own, whose modules these are
SECONDS = 100


class Got:
    def __init__(self, status=0, size=0, error=""):
        self.status, self.size, self.error = status, size, error

    def noticed(self):
        """The client did not take it for a success."""
        return bool(self.error) or self.status >= 400

    def __str__(self):
        return "status %d, %d bytes, %s" % (self.status, self.size, self.error or "no error")


class Place:
    """Where the proxy is, and what the fleet's CA is called."""

    def __init__(self, folder, tls, modules):
        self.folder, self.ca, self.modules = folder, tls.ca, modules
        self.trust_store = os.path.join(folder, "ca.p12")
        self.proxy = ""

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env.update(NODE_EXTRA_CA_CERTS=self.ca, SSL_CERT_FILE=self.ca, CA_HASH=self.key_hash(),
                   HOME=self.folder, GOCACHE=self.modules + "/go", GOFLAGS="-mod=mod",
                   PYTHONDONTWRITEBYTECODE="1", PYTHONWARNINGS="ignore")
        return env

    def key_hash(self):
        """The SHA-256 of the CA's key, as Chromium wants to hear it."""
        pem = subprocess.run(["openssl", "x509", "-in", self.ca, "-noout", "-pubkey"],
                             capture_output=True, check=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem,
                             capture_output=True, check=True).stdout
        import base64
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


def _run(command, place, env=None, cwd=None, seconds=SECONDS):
    try:
        p = subprocess.run(command, capture_output=True, timeout=seconds, cwd=cwd,
                           stdin=subprocess.DEVNULL, env=env or place.environment())
        return p.returncode, p.stdout.decode("latin-1"), p.stderr.decode("latin-1")
    except subprocess.TimeoutExpired:
        return -1, "", "did not end within %d s" % seconds


def _said(result):
    """The line that our own small programs print."""
    code, out, err = result
    m = re.search(r"(?m)^GOT (\{.*\})$", out)
    if not m:
        return Got(error="it did not run: %d %s" % (code, (err or out).strip()[-300:]))
    return Got(**json.loads(m.group(1)))


# --- programs --------------------------------------------------------------------------

def curl(url, place, more=()):
    with tempfile.TemporaryDirectory() as d:
        code, out, err = _run(["curl", "-q", "-sS", "-A", AGENT, "-x", place.proxy, "--cacert",
                               place.ca, "-o", d + "/body", "-w", "%{http_code} %{size_download}",
                               *more, url], place)
        status, _, size = out.rpartition("\n")[2].partition(" ")
        return Got(int(status or 0), int(size or 0), "exit %d: %s" % (code, err.strip()[:200])
                   if code else "")


def curl_fail(url, place):
    return curl(url, place, ("--fail", "--retry", "3"))


def wget(url, place):
    with tempfile.TemporaryDirectory() as d:
        env = dict(place.environment(), http_proxy=place.proxy, https_proxy=place.proxy)
        code, _, err = _run(["wget", "--no-config", "-S", "--tries=3", "-U", AGENT,
                             "--ca-certificate", place.ca, "-O", d + "/body", url], place, env)
        found = re.findall(r"(?m)^ *HTTP/1\.[01] (\d{3})", err)
        return Got(int(found[-1]) if found else 0, os.path.getsize(d + "/body"),
                   "exit %d" % code if code else "")


def aria2(url, place):
    with tempfile.TemporaryDirectory() as d:
        code, out, err = _run(["aria2c", "--no-conf", "--all-proxy=" + place.proxy,
                               "--ca-certificate=" + place.ca, "-U", AGENT, "--allow-overwrite",
                               "--console-log-level=info", "-d", d, "-o", "body", url], place)
        found = re.findall(r"(?m)^HTTP/1\.[01] (\d{3})", out)
        size = os.path.getsize(d + "/body") if os.path.exists(d + "/body") else 0
        return Got(int(found[-1]) if found else 0, size, "exit %d" % code if code else "")


def httrack(url, place):
    """Its exit status says nothing; its log does, if anything does."""
    with tempfile.TemporaryDirectory() as d:
        code, _, err = _run(["httrack", url, "-O", d, "-P", place.proxy.split("//")[1], "-F",
                             AGENT, "-r1", "-s0", "-I0", "-q", "-n", "-%P0"], place)
        try:
            with open(d + "/hts-log.txt", errors="replace") as f:
                log = f.read()
        except OSError:
            return Got(error="it did not run: %d %s" % (code, err[-200:]))
        errors = re.findall(r"(?m)^\S+\s+Error:\s+(.*)$", log)
        status = re.search(r"\((\d{3})\)", errors[0]) if errors else None
        size = 0
        for base, _, files in os.walk(d):
            for name in files:
                if "page" in name and "hts-" not in base and not name.endswith(".tmp"):
                    size = max(size, os.path.getsize(os.path.join(base, name)))
        return Got(int(status.group(1)) if status else 200, size,
                   errors[0][:200] if errors else "")


# --- going on with what is there in part ---------------------------------------------------

RESUME = {
    "curl": lambda place, url: ["curl", "-q", "-sS", "-A", AGENT, "-x", place.proxy, "-C", "-",
                                "-o", "body", url],
    "wget": lambda place, url: ["wget", "--no-config", "-q", "-U", AGENT, "-c", "-O", "body", url],
    "aria2": lambda place, url: ["aria2c", "--no-conf", "-q", "-U", AGENT, "-c", "--all-proxy="
                                 + place.proxy, "-o", "body", url],
}


def resume(name, url, place, begun):
    """What `name` makes of a file that begins with `begun`."""
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/body", "wb") as f:
            f.write(begun)
        env = dict(place.environment(), http_proxy=place.proxy)
        code, _, err = _run(RESUME[name](place, url), place, env, cwd=d)
        with open(d + "/body", "rb") as f:
            return f.read(), "exit %d: %s" % (code, err.strip()[:200]) if code else ""


# --- libraries -------------------------------------------------------------------------

def python(script):
    return lambda url, place: _said(_run([PYTHON, os.path.join(CLIENTS, script), url, place.proxy,
                                          place.ca], place))


def node(script, **more):
    """Modules are looked for beside a script, so it is run from where they are."""
    def run(url, place):
        env = dict(place.environment(), **more)
        for name in (script, "say.mjs"):
            shutil.copy(os.path.join(CLIENTS, name), place.modules)
        return _said(_run(["node", script, url, place.proxy, place.ca], place, env,
                          cwd=place.modules))
    return run


def go(url, place):
    program = os.path.join(place.folder, "go_client")
    if not os.path.exists(program):
        code, out, err = _run(["go", "build", "-o", program, os.path.join(CLIENTS,
                                                                        "go_client.go")], place,
                              seconds=400)
        if code:
            return Got(error="go build: " + err[-300:])
    return _said(_run([program, url, place.proxy, place.ca], place))


def java(url, place):
    if not os.path.exists(place.trust_store):
        _run(["keytool", "-importcert", "-noprompt", "-alias", "fleet", "-file", place.ca,
              "-keystore", place.trust_store, "-storetype", "PKCS12", "-storepass", "changeit"],
             place)
    return _said(_run(["java", "-Djavax.net.ssl.trustStore=" + place.trust_store,
                       "-Djavax.net.ssl.trustStorePassword=changeit",
                       os.path.join(CLIENTS, "JavaClient.java"), url, place.proxy, place.ca],
                      place))


# --- what there is ----------------------------------------------------------------------

def needs_program(*names):
    def lacks(_):
        return ", ".join("the program " + n for n in names if not shutil.which(n))
    return lacks


def needs_module(name):
    def lacks(_):
        p = subprocess.run([PYTHON, "-c", "import " + name], capture_output=True)
        return "" if p.returncode == 0 else "python3-" + name
    return lacks


def needs_npm(name, *programs):
    def lacks(place):
        missing = needs_program("node", *programs)(place)
        if missing:
            return missing
        there = os.path.exists(os.path.join(place.modules, "node_modules", name, "package.json"))
        return "" if there else name + " of npm"
    return lacks


# name: (how it is run, what it lacks here)
ALL = {
    "curl": (curl, needs_program("curl")),
    "curl --fail --retry": (curl_fail, needs_program("curl")),
    "wget": (wget, needs_program("wget")),
    "aria2": (aria2, needs_program("aria2c")),
    "HTTrack": (httrack, needs_program("httrack")),
    "Scrapy": (python("scrapy_client.py"), needs_module("scrapy")),
    "requests": (python("requests_client.py"), needs_module("requests")),
    "httpx": (python("httpx_client.py"), needs_module("httpx")),
    "aiohttp": (python("aiohttp_client.py"), needs_module("aiohttp")),
    "undici": (node("undici_client.mjs"), needs_npm("undici")),
    "fetch": (node("fetch_client.mjs"), needs_npm("undici")),
    "Crawlee": (node("crawlee_client.mjs"), needs_npm("@crawlee/cheerio")),
    "Puppeteer": (node("puppeteer_client.mjs"), needs_npm("puppeteer-core", "chromium")),
    "Puppeteer, buffer()": (node("puppeteer_client.mjs", CAREFUL="1"),
                            needs_npm("puppeteer-core", "chromium")),
    "Playwright": (node("playwright_client.mjs"), needs_npm("playwright-core", "chromium")),
    "Go net/http": (go, needs_program("go")),
    "Java HttpClient": (java, needs_program("java", "keytool")),
}

assert sys.version_info >= (3, 9)
