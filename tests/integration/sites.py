# SPDX-License-Identifier: Apache-2.0
"""Site files of many origins: each site of a scenario has an address of its own in
127.0.0.0/8, so that nobody needs a name server, or a name of its own for https. What was
asked of it is kept."""
import gzip
import itertools
import re
import threading
import time

HOSTS = ("127.17.%d.%d" % (n >> 8, n & 255) for n in itertools.count(1))
# Named in the origin's certificate. Squid 5 takes no certificate for an address; these
# names it finds in its hosts file, and libcurl takes all of *.localhost for loopback.
TLS_HOSTS = ["site%d.localhost" % n for n in range(1, 41)]
_tls_hosts = iter(TLS_HOSTS)
_lock = threading.Lock()

TYPES = {".json": "application/json", ".xml": "application/rsl+xml", ".txt": "text/plain"}
WELL_KNOWN = {"/robots.txt", "/ai.txt", "/trust.txt", "/.well-known/tdmrep.json",
              "/.well-known/ai.txt", "/.well-known/trust.txt"}
ODDITIES = ("hang", "drop", "garbage")
FORMS = ("gzip", "chunked", "cut")


class SiteError(Exception):
    pass


class SiteFile:
    """What is answered for one path: `200 text/plain delay=1 | ETag: "a"`, or an oddity:
    hang (no answer), drop (the connection is closed), garbage (no HTTP). gzip and chunked
    are how the body is sent; cut leaves away the second half: of coded data with a
    Content-Length that is right, else with the end of the connection for an end."""

    def __init__(self, path, words, lines):
        first, *headers = [part.strip() for part in words.split(" | ")]
        words = first.split()
        if not words or not (words[0].isdigit() or words[0] in ODDITIES):
            raise SiteError("site file %s: %r is neither a status nor one of %s"
                            % (path, first, ", ".join(ODDITIES)))
        self.oddity = "" if words[0].isdigit() else words[0]
        self.status = int(words[0]) if not self.oddity else 0
        self.delay = 0.0
        repeat = 1
        self.forms = set()
        self.headers = headers
        kind = TYPES.get("." + path.rsplit(".", 1)[-1], "text/plain")
        for word in words[1:]:
            if word.startswith("delay="):
                self.delay = float(word[6:])
            elif word.startswith("repeat="):
                repeat = int(word[7:])
            elif set(word.split("+")) <= set(FORMS):
                self.forms.update(word.split("+"))
            else:
                kind = word
        if not any(h.lower().startswith("content-type:") for h in headers):
            self.headers = ["Content-Type: " + kind] + headers
        self.body = "".join(line + "\n" for line in lines)
        if repeat > 1:            # all but what stands behind the dashes
            again, _, once = self.body.partition("# ----------\n")
            self.body = "".join(again.replace("@N@", str(i)) for i in range(repeat)) + once

    def etag(self):
        for h in self.headers:
            if h.lower().startswith("etag:"):
                return h.split(":", 1)[1].strip()
        return None

    def wire(self, request_head, method):
        """The status sent and the whole answer."""
        status, body = self.status, self.body.encode()
        asked = re.search(rb"(?i)\r\nif-none-match: *([^\r]*)", request_head)
        if status == 200 and asked and self.etag() and asked.group(1).decode() == self.etag():
            status = 304
        lines = ["HTTP/1.1 %d Test" % status] + self.headers
        if "gzip" in self.forms and status != 304:
            lines.append("Content-Encoding: gzip")
            body = gzip.compress(body)
        announced = len(body)
        if "cut" in self.forms:
            body = body[:len(body) // 2]
            announced = len(body) if "gzip" in self.forms else announced
        if "chunked" in self.forms and status != 304:
            lines.append("Transfer-Encoding: chunked")
            end = b"" if "cut" in self.forms else b"0\r\n\r\n"
            body = b"%x\r\n%s\r\n" % (len(body), body) + end
        elif status != 304:
            lines.append("Content-Length: %d" % announced)
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        return status, head + (b"" if method == "HEAD" or status == 304 else body)


class Asked:
    """One request as a site saw it."""

    def __init__(self, method, target, agent, status):
        self.method, self.target, self.agent, self.status = method, target, agent, status
        self.time = time.monotonic()


class Site:
    def __init__(self, name, tls):
        self.name = name
        with _lock:
            self.host = next(_tls_hosts if tls else HOSTS, None)
        if self.host is None:
            raise SiteError("more https sites than the certificate names")
        self.tls = tls
        self.files = {}
        self.asked = []

    def count(self, path, status=None):
        return sum(a.target.split("?")[0] == path or path == "*" for a in self.asked
                   if status is None or a.status == status)


def read_files(lines):
    """The lines of a `site:` section: a file is a line that begins with `/`, its
    content is indented below it."""
    files, path, words, content = {}, None, "", []

    def end():
        if path is not None:
            while content and not content[-1]:
                content.pop()
            files[path] = SiteFile(path, words, content)
    for line in lines:
        if line.startswith("/"):
            end()
            path, colon, words = line.partition(": ")
            content = []
            if not colon:
                raise SiteError("site: %r has no answer" % line)
        elif path is None:
            if line.strip():
                raise SiteError("site: %r belongs to no file" % line)
        else:
            content.append(line[2:])
    end()
    return files
