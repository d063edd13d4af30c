# SPDX-License-Identifier: Apache-2.0
"""What is broken, and what optout doctor must find then: one entry each.

A case changes one thing of a healthy stack: `squid` and `c_icap` are pairs (what stands in the
file, what shall stand there; nothing: appended), `filter` are lines more for the filter, `broken`
is called once the stack is up, `options` replace or add options of the doctor (None leaves one
away; @RUN@ is the stack's folder). Without any of the first four the stack is shared with other
cases. `expect` must be found and nothing else but `may`, which are patterns of the shell.
`stack="none"` needs none. `short`: in the default check."""
import os
import socket
import socketserver
import threading

from stack import free_port, squid_version


class Case:
    def __init__(self, name, expect=(), squid=(), c_icap=(), filter="", broken=None, options=None,
                 config="default", env=None, may=(), evidence=None, stack="", needs=None,
                 local=False, short=False, empty=False, notices=()):
        self.name, self.expect, self.squid, self.c_icap = name, list(expect), squid, c_icap
        self.filter, self.broken, self.config, self.env = filter, broken, config, env or {}
        self.options = options or {}
        self.may, self.evidence, self.stack = may, evidence or {}, stack
        self.needs, self.local, self.short, self.empty = needs, local, short, empty
        self.notices = list(notices)

    def unmet(self, run):
        return self.needs(run) if self.needs else ""

    def arguments(self, run, stack):
        given = {"--origin": "127.0.0.1:0"}
        if stack:
            given.update({"--proxy": "http://127.0.0.1:%d" % stack.bump_port,
                          "--icap": "icap://127.0.0.1:%d/optout" % stack.icap_port,
                          "--config": stack.run + "/c-icap.conf",
                          "--ca": run.tls.ca, "--origin-name": "origin.test",
                          "--origin-cert": run.tls.cert, "--user-agent": "TestBot/1.0"})
        for name, value in self.options.items():
            given[name] = value(run, stack) if callable(value) else value
        words = ["--local"] if self.local else []
        for name, value in given.items():
            if value is not None:
                words += [name, value.replace("@RUN@", stack.run if stack else run.folder)]
        return words


# --- what is done to a stack ------------------------------------------------------------------

def stop_cicap(_, stack):
    stack.watching = False
    stack.cicap.terminate()
    stack.cicap.wait(20)


def other_ca_in_file(run, stack):
    with open(stack.squid_dir + "/bump.pem", "w") as out:
        for part in (run.other.ca, run.other.ca_key):
            with open(part) as f:
                out.write(f.read())


def empty_audit_dir(_, stack):
    """A configuration of the doctor's own, which names a folder nobody writes to."""
    os.makedirs(stack.run + "/nobody")
    with open(stack.run + "/optout.conf") as f:
        text = f.read()
    with open(stack.run + "/elsewhere.conf", "w") as f:
        f.write(text.replace(stack.audit_dir, stack.run + "/nobody"))


# --- servers of our own -----------------------------------------------------------------------

def icap_that_answers(head):
    """The URL of an ICAP server that gives this answer to everybody, as long as we run."""
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.settimeout(5)
            data = b""
            while b"\r\n\r\n" not in data:
                part = self.request.recv(4096)
                if not part:
                    return
                data += part
            self.request.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")

    def url(*_):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return "icap://127.0.0.1:%d/optout" % server.server_address[1]
    return url


def listener(*_):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(5)
    listener.kept = s
    return "http://127.0.0.1:%d/" % s.getsockname()[1]


def closed_port(scheme, path=""):
    return lambda *_: "%s://127.0.0.1:%d%s" % (scheme, free_port(), path)


def other_address(_):
    """Of this machine, for others; a reason when there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
            return "" if not s.getsockname()[0].startswith("127.") else "no other address"
        except OSError:
            return "this machine has no address but loopback"


def squid_that_stalls(_):
    return "" if squid_version() < (6, 13) else "this Squid does not stall"


UNFILTERED = ["filter-not-in-path", "https-unfiltered"]
ICAP = {"--proxy": None, "--config": None}
BY_SQUID_CONF = {"--proxy": None, "--icap": None, "--ca": None,
                 "--squid-conf": "@RUN@/squid/squid.conf"}
METRICS = {"--proxy": None, "--icap": None, "--daemon-conf": "@RUN@/optoutd.conf",
           "--only": "metrics-unreachable"}

CASES = [
    Case("healthy", short=True, notices=["http2-not-spoken"]),
    Case("healthy-site", config="site-refused", short=True),   # rules of what passes are learned
    # As shipped: no certificate that Squid trusts, but an exception for the doctor's origin.
    Case("healthy-exception", options={"--origin-cert": None, "--origin-name": None},
         squid=[("", "acl doctor_origin dst 127.0.0.1\nacl doctor_https port 1024-65535\n"
                 "sslproxy_cert_error allow doctor_https doctor_origin\n"
                 "sslproxy_cert_error deny all\n"
                 "sslproxy_cert_sign signTrusted doctor_https doctor_origin\n")]),
    # Proxy and CA as squid.conf has them.
    Case("by-squid-conf", options=dict(BY_SQUID_CONF, **{"--only": "filter-not-in-path"})),
    Case("by-squid-conf-ca", options=dict(BY_SQUID_CONF, **{"--only": "ca-not-trusted"})),
    # Debian's list of ports for CONNECT stands before the lines of setup, and takes one more.
    Case("healthy-debian", squid=[("http_access allow localnet",
                                   "acl SSL_ports port 443\nhttp_access deny CONNECT !SSL_ports\n"
                                   "acl SSL_ports port 1-65535\nhttp_access allow localnet")]),
    # --- the path ---
    Case("adaptation-off", UNFILTERED, squid=[("icap_enable on", "icap_enable off")], short=True),
    Case("service-misspelt", UNFILTERED,
         squid=[("adaptation_access rsp_default", "adaptation_access rsp_defualt")]),
    Case("bypass", UNFILTERED + ["icap-unreachable"], squid=[("bypass=off", "bypass=on")],
         broken=stop_cicap),
    Case("filter-down", ["icap-unreachable"], broken=stop_cicap),
    Case("no-reqmod", ["reqmod-missing"], filter="squid: no-reqmod\n"),
    Case("no-reqmod-site", ["reqmod-missing"], filter="squid: no-reqmod\n", config="site-refused"),
    Case("https-only-unfiltered", ["https-unfiltered", "record-missing"],
         squid=[("adaptation_access rsp_default", "acl tls_only proto HTTPS\n"
                 "adaptation_access rsp_default deny tls_only\nadaptation_access rsp_default")]),
    Case("cache", ["cache-on"], squid=[("cache deny all\n", "")]),
    Case("stall", ["stall-64k"], filter="optout.HoldMode locked\n", needs=squid_that_stalls),
    Case("range", ["range-passes"],
         filter="optout.Profile default purpose=train-ai agents=TestBot undecided=pass\n"
                "optout.DefaultProfile default\n"),
    Case("coding", ["coding-passes", "record-missing"],
         squid=[("adaptation_access rsp_default", "acl coded rep_header Content-Encoding .\n"
                 "adaptation_access rsp_default deny coded\nadaptation_access rsp_default")]),
    Case("upgrade", ["upgrade-passes"],
         squid=[("", "http_upgrade_request_protocols websocket allow all\n")]),
    # --- https ---
    Case("no-https", notices=["https-not-opened"],
         squid=[("http_access allow localnet", "http_access deny CONNECT\n"
                 "http_access allow localnet")],
         options={"--proxy": lambda _, s: "http://127.0.0.1:%d" % s.proxy_port}),
    Case("not-opened", ["https-not-opened", "tunnel-unread"],
         options={"--proxy": lambda _, s: "http://127.0.0.1:%d" % s.proxy_port}, short=True),
    Case("ca-of-others", ["ca-not-trusted"], options={"--ca": lambda run, _: run.other.ca},
         short=True),
    Case("ca-old", ["ca-old"], broken=other_ca_in_file, may=["squid-*"],
         options={"--squid-conf": "@RUN@/squid/squid.conf"}),
    # With REQMOD such a tunnel fails in the filter.
    Case("tunnel", ["tunnel-unread", "reqmod-missing"], filter="squid: no-reqmod\n",
         squid=[("", "on_unsupported_protocol tunnel all\n")]),
    Case("origin-not-trusted", ["https-unfiltered"], options={"--origin-cert": None},
         evidence={"https-unfiltered": "does not trust the certificate"}),
    # --- what origins and records see ---
    Case("crawl-field", ["fields-leaked"],
         squid=[("request_header_access X-Crawl-Programme deny all\n", "")]),
    Case("forwarded-for", ["client-leaked"], squid=[("forwarded_for delete", "forwarded_for on")]),
    Case("no-transaction", ["transaction-missing"],
         squid=[('adaptation_meta X-Squid-Xact "%master_xaction"\n', "")]),
    Case("no-client", ["transaction-missing"], filter="optout.AuditClient on\n",
         squid=[("adaptation_send_client_ip on", "adaptation_send_client_ip off")]),
    Case("agent", ["agent-unknown"], options={"--user-agent": "OtherBot/2.0"}, short=True),
    Case("clock", ["clock-off"], env={"OPTOUT_CLOCK": "1767225600000"}),
    Case("record-elsewhere", ["record-missing"], broken=empty_audit_dir,
         options={"--config": "@RUN@/elsewhere.conf"}),
    Case("threads", ["slow-together", "icap-connections"],
         may=["stall-64k", "icap-unreachable", "filter-not-in-path", "https-unfiltered", "cache-on",
              "https-not-opened", "ca-not-trusted", "record-missing", "reqmod-missing",
              "client-leaked", "fields-leaked"],
         c_icap=[("StartServers 2", "StartServers 1"), ("MaxServers 2", "MaxServers 1"),
                 ("ThreadsPerChild 60", "ThreadsPerChild 4")],
         squid=[("on-overload=wait", "on-overload=wait max-conn=500")]),
    # --- what cannot be looked at ---
    Case("no-proxy", ["proxy-unreachable"], options={"--proxy": closed_port("http")}, short=True),
    Case("origin-forbidden", ["origin-refused"],
         squid=[("http_access allow localnet", "http_access deny to_localhost")]),
    Case("no-configuration", ["config-unreadable"], options={"--config": "@RUN@/none.conf"}),
    Case("second-way-out", ["second-way-out"], options={"--direct": listener, **ICAP,
                                                        "--icap": None}, stack="none"),
    # --- metrics ---
    Case("metrics", config="site", filter="optoutd.MetricsListen @RUN@/metrics.sock\n", local=True,
         options=METRICS),
    Case("metrics-empty", ["metrics-unreachable"], config="site", local=True, options=METRICS,
         filter="optoutd.MetricsListen @RUN@/metrics.sock\n", broken=stop_cicap,
         evidence={"metrics-unreachable": "no process of the filter counts"}),
    Case("metrics-away", ["metrics-unreachable"], config="site", local=True, options=METRICS,
         filter="optoutd.MetricsListen @RUN@/metrics.sock\n",
         broken=lambda _, stack: stack.daemon.stop()),
    # --- the filter, asked ---
    Case("icap-down", ["icap-unreachable"], options={"--icap": closed_port("icap", "/optout"),
                                                     **ICAP}, stack="none"),
    Case("icap-no-icap", ["icap-unreachable"],
         options={"--icap": icap_that_answers("HTTP/1.1 200 OK"), **ICAP}, stack="none"),
    Case("icap-silent", ["icap-unreachable"], stack="none",
         options={"--icap": lambda *_: listener().replace("http:", "icap:") + "optout", **ICAP},
         evidence={"icap-unreachable": "no answer in time"}),
    Case("icap-service", ["icap-service-unknown"],
         options={"--icap": lambda _, s: "icap://127.0.0.1:%d/optuot" % s.icap_port,
                  "--proxy": None}),
    Case("icap-fails", ["icap-service-fails"], stack="none",
         options={"--icap": icap_that_answers("ICAP/1.0 500 Server Error\nX-C-ICAP-Fail: x"),
                  **ICAP}),
    Case("icap-offers", ["icap-preview", "icap-answers", "icap-connections"], stack="none",
         options={"--icap": icap_that_answers(
             "ICAP/1.0 200 OK\nMethods: RESPMOD\nPreview: 65535\nAllow: 204\n"
             "Max-Connections: 8\nEncapsulated: null-body=0"), **ICAP}),
    Case("icap-open", ["icap-open"], needs=other_address,
         c_icap=[("Port 127.0.0.1:", "Port 0.0.0.0:")], options={"--proxy": None}),
]
