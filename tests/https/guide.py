# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/https.md, run as they stand there but for a test's paths. A block
that is run stands behind a line `<!-- run: NAME -->`."""
import os
import re
import subprocess

import setups


def block(name):
    """The commands of that block."""
    with open(os.path.join(setups.TOP, "docs", "https.md"), encoding="utf-8") as f:
        text = f.read()
    found = re.search(r"<!-- run: %s -->\n\n?((?:    .*\n|\n(?=    ))+)" % re.escape(name), text)
    if not found:
        raise setups.SetupError("docs/https.md has no block %r" % name)
    return re.sub(r"(?m)^    ", "", found.group(1))


def run(name, s):
    """Status and output; the first command that fails ends it."""
    text = block(name)
    for old, new in (("/etc/squid/squid.conf", s.squid_conf), ("/etc/squid/optout", s.squid_dir),
                     ("/var/spool/squid/optout_certs", s.squid_dir + "/certs"),
                     ("/usr/lib/squid/security_file_certgen", s.values()["certgen"]),
                     ("squid -k", " ".join(s.squid_command("-k"))),
                     ("optout config", s.stage.tool + " config"),
                     ("optout audit", s.stage.tool + " audit"),
                     ("/var/log/c-icap/optout", s.hosts[0].audit)):
        text = text.replace(old, new)
    p = subprocess.run(["bash", "-euo", "pipefail", "-c", text], capture_output=True, text=True,
                       timeout=60)
    return p.returncode, p.stdout + p.stderr
