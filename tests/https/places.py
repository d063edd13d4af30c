# SPDX-License-Identifier: Apache-2.0
"""What a test changes in an example set-up before it starts it, and nothing else: ports,
paths, who runs it, and that the origin is on this machine. Each row must find its text in
the file, so an example that moves on is noticed; and no path of the system may be left but
those of programs and of what packages bring."""
import os
import re

# file, text as the example has it, what is put there. {names} are the test's.
EVERYWHERE = [
    ("squid.conf", "{squid_paths[log]}", "{squid}/"),
    ("squid.conf", "{squid_paths[pid]}", "{squid}/squid.pid"),
    ("squid.conf", "{squid_paths[core]}", "{squid}\n"),
    ("squid.conf", "tls_outgoing_options ", "tls_outgoing_options cafile={squid}/origin-ca.crt "),
    ("squid.conf", "X-Squid-Version 5.7", "X-Squid-Version {squid_version}"),
    ("squid.conf", "port 80 443 1025-65535", "port 1025-65535"),
    ("squid.conf", "http_access deny to_localhost\n",
     "acl origin_here dstdomain -n .localhost\nhttp_access allow fleet origin_here\n"
     "http_access deny to_localhost\n"),
    ("squid.conf", "netdb_filename none\n", "netdb_filename none\nhosts_file {squid}/hosts\n"),
    ("c-icap.conf", "/usr/share/c_icap/templates", "{templates}"),
    ("srv_optout.conf", "Service optout srv_optout.so", "Service optout {module}"),
    ("srv_optout.conf", "/etc/c-icap/agents.tsv", "{conf}/agents.tsv"),
    ("srv_optout.conf", "/etc/c-icap/clients.tsv", "{conf}/clients.tsv"),
    ("optoutd.conf", "/etc/c-icap/agents.tsv", "{conf}/agents.tsv"),
    ("optoutd.conf", "optoutd.UserAgent",
     "optoutd.AllowPrivate on\noptoutd.CaFile {squid}/origin-ca.crt\noptoutd.UserAgent"),
]
MACHINE = [                       # what is installed on a machine by hand or by packages
    ("c-icap.conf", "/run/c-icap/", "{run}/"),
    ("c-icap.conf", "/etc/c-icap/srv_optout.conf", "{run}/srv_optout.conf"),
    ("c-icap.conf", "TmpDir /var/tmp", "TmpDir {run}"),
    ("c-icap.conf", "/var/log/c-icap/server.log", "{run}/server.log"),
    ("srv_optout.conf", "/var/log/c-icap/optout", "{run}/audit"),
    ("srv_optout.conf", "/var/tmp", "{run}"),
    ("srv_optout.conf", "/var/lib/optout", "{run}/store"),
    ("srv_optout.conf", "/run/optout/", "{run}/"),
    ("optoutd.conf", "/var/lib/optout", "{run}/store"),
    ("optoutd.conf", "/run/optout/", "{run}/"),
]
ONE = [
    ("squid.conf", "icap://127.0.0.1:1344/", "icap://127.0.0.1:{icap}/"),
    ("c-icap.conf", "Port 127.0.0.1:1344", "Port 127.0.0.1:{icap}"),
]
BUMP = [
    ("squid.conf", "http_port 3128 ", "http_port 127.0.0.1:{proxy} "),
    ("squid.conf", "port 443 8443", "port {tls_ports}"),
    ("squid.conf", "acl home_b src 10.20.128.0/17", "acl home_b src 127.0.0.2"),
    ("squid.conf", "icap://10.20.0.11:1344/", "icap://127.0.0.1:{icap}/"),
    ("squid.conf", "icap://10.20.0.12:1344/", "icap://127.0.0.1:{icap_b}/"),
    ("squid.conf", "/etc/squid/optout/", "{squid}/"),
    ("squid.conf", "/usr/lib/squid/security_file_certgen", "{certgen}"),
    ("squid.conf", "/var/spool/squid/optout_certs", "{squid}/certs"),
    ("never-bump.txt", "nobody.invalid", "nobody.invalid\n{spliced}"),
    ("c-icap.conf", "Port 10.20.0.11:1344", "Port 127.0.0.1:{own_icap}"),
    ("srv_optout.conf", "Node filter-a", "Node {node}"),
]
SIDECAR = [
    ("squid.conf", "http_port 127.0.0.1:3128", "http_port 127.0.0.1:{proxy}"),
    ("c-icap.conf", "/run/optout-sidecar/", "{run}/"),
    ("c-icap.conf", "/var/log/optout-sidecar/", "{run}/"),
    ("c-icap.conf", "/etc/optout-sidecar/", "{run}/"),
    ("c-icap.conf", "/var/lib/optout-sidecar", "{run}"),
    ("srv_optout.conf", "/var/log/optout-sidecar/", "{run}/"),
    ("srv_optout.conf", "/var/lib/optout-sidecar", "{run}"),
    ("srv_optout.conf", "/run/optout-sidecar/", "{run}/"),
    ("optoutd.conf", "/var/lib/optout-sidecar", "{run}"),
    ("optoutd.conf", "/run/optout-sidecar/", "{run}/"),
    ("run", "/etc/optout-sidecar", "{run}"),
    ("run", "/var/lib/optout-sidecar", "{run}"),
    ("run", "-p 1344", "-p {icap}"),
    ("run", "PATH=$PATH", "PATH={programs}:$PATH"),
    ("run", "-n optoutsidecar", "-n optout{proxy}"),
]
PLACES = {
    "plain-proxy": ONE + EVERYWHERE + MACHINE + [
        ("squid.conf", "http_port 3128\n", "http_port 127.0.0.1:{proxy}\n")],
    "bump": BUMP + EVERYWHERE + MACHINE,
    "sidecar": ONE + SIDECAR + EVERYWHERE,
}
SQUID_PATHS = {
    "plain-proxy": {"log": "/var/log/squid/", "pid": "/run/squid.pid",
                    "core": "/var/spool/squid\n"},
    "sidecar": {"log": "/var/log/optout-sidecar/", "pid": "/run/optout-sidecar/squid.pid",
                "core": "/var/lib/optout-sidecar\n"},
}
SQUID_PATHS["bump"] = SQUID_PATHS["plain-proxy"]
# Times and users that a test cannot have: where the file has them.
ALSO = [
    ("squid.conf", r"(?m)^shutdown_lifetime .*", "shutdown_lifetime 1 seconds"),
]
ORDINARY_USER = [("c-icap.conf", r"(?m)^(User|Group) c-icap\n", "")]
LEFT = re.compile(r"/(?:etc|var|run|srv|usr)/[\w./-]+")
LEFT_AS_IT_IS = ("/etc/c-icap/c-icap.magic", "/usr/sbin")


class PlacesError(Exception):
    pass


def code_of(text):
    return "".join(line for line in text.splitlines(True) if not line.startswith("#"))


def localised(example, name, text, values):
    """The text of an example's file with the test's ports and paths."""
    values = dict(values, squid_paths=SQUID_PATHS[example])
    comments = name.endswith((".service", ".txt"))
    if not comments:
        text = code_of(text) if name != "run" else text
    for file, old, new in PLACES[example]:
        if file != name:
            continue
        old = old.format(**values) if old.startswith("{squid_paths") else old
        if old not in text:
            raise PlacesError("%s/%s has no %r any more" % (example, name, old))
        text = text.replace(old, new.format(**values))
    for file, old, new in ALSO + (ORDINARY_USER if os.geteuid() else []):
        if file == name:
            text = re.sub(old, new, text)
    own = [v for v in values.values() if isinstance(v, str) and v.startswith("/")]
    for path in LEFT.findall(code_of(text)):
        if not path.startswith(LEFT_AS_IT_IS + tuple(own)):
            raise PlacesError("%s/%s: %s is no place of the test's" % (example, name, path))
    return text
