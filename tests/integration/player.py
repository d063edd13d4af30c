# SPDX-License-Identifier: Apache-2.0
"""Plays one case against a running stack and says what is wrong."""
import itertools
import re
import socket
import time

import checks
import http_clients
import procedures
import replay
import scenario
import sites
from http_clients import RawConnection, WireError, request_bytes
from icap_client import IcapConnection, IcapRequest

_numbers = itertools.count(1)


class Played:
    """A request as it was made."""

    def __init__(self, step, token, method, url, version, target):
        self.step = step
        self.token = token
        self.method = method
        self.url = url
        self.version = version
        self.target = target      # host:port of a CONNECT
        self.response = None


class Player:
    def __init__(self, case, stack, origin, prefix, replayed):
        self.replay = replayed
        self.case = case
        self.stack = stack
        self.origin = origin
        self.prefix = prefix
        self.wrong = []
        self.last = None
        self.sites = {}           # name in the scenario -> sites.Site
        for step in case.steps:
            if (step.action or "").startswith("site "):
                self._site(step.action[5:])

    def _site(self, name):
        """The site of this name; it is there before anything is asked of it."""
        if name not in self.sites:
            tls = any(step.line.split()[1:2] and "https://%s/" % name in step.line
                      for step in self.case.steps)
            site = sites.Site("%s-%s" % (self.prefix, name), tls)
            self.sites[name] = site
            self.origin.sites[site.host] = site
        return self.sites[name]

    def addressed(self, text):
        """`@NAME@` is the address of a site."""
        return re.sub(r"@([a-z0-9-]+)@", lambda m: self.origin.authority(self.sites[m.group(1)])
                      if m.group(1) in self.sites else m.group(0), text)

    def play(self):
        begun = len(self.stack.deaths)
        try:
            if self.case.connection == "pipelined":
                self._pipelined()
            else:
                self._in_turn()
        except (OSError, WireError) as e:
            self.wrong.append("%s: %s" % (type(e).__name__, e))
        self.replay.rest(self.case, self.stack, self.origin, self.prefix)
        if self.wrong and any((s.action or "").startswith("reload-with") for s in self.case.steps):
            procedures.run(scenario.Step("", None, "reload-with"), self.stack, self.origin, self)
        self.wrong += self.stack.deaths[begun:]
        if self.wrong and self.stack.daemon is not None and not self.stack.daemon.alive():
            self.stack.daemon.start()         # the next scenario wants one
        return self.wrong

    # --- requests through Squid ----------------------------------------------

    def prepare(self, step):
        words = step.line.split()
        method, url = words[0], words[1]
        version = words[2] if len(words) > 2 else "HTTP/1.1"
        if url == "again":
            last = self.last
            if step.origin is not None:
                self.origin.add(last.token, step.origin.answer())
            return Played(step, last.token, method, last.url, version, last.target)
        token = "%s-%d" % (self.prefix, next(_numbers))
        if step.origin is not None:
            answer = step.origin.answer()
            answer.head = [self.addressed(line.decode()).encode() for line in answer.head]
            self.origin.add(token, answer)
        scheme, name, path = re.fullmatch(r"(\w+)://([^/]+)(.*)", url).groups()
        if name in self.sites:
            target = self.origin.authority(self.sites[name])
            url = "%s://%s%s" % (scheme, target, path)
            if path in sites.WELL_KNOWN or path in self.sites[name].files:
                return Played(step, "=" + url, method, url, version, target)
            url += ("&" if "?" in path else "?") + "case=" + token
            return Played(step, token, method, url, version, target)
        target = "origin.test:%d" % (self.origin.tls_port if url.startswith("https:")
                                     or method == "CONNECT" else self.origin.port)
        url = url.replace("//origin", "//" + target, 1)
        if "/case" in url:        # where the query is not to be recorded
            url = url.replace("/case", "/case=" + token, 1)
        else:
            url += ("&" if "?" in url else "?") + "case=" + token
        return Played(step, token, method, url, version, target)

    def _in_turn(self):
        connection = None
        for step in self.case.steps:
            if (step.action or "").startswith("site "):
                self.sites[step.action[5:]].files = sites.read_files(
                    [self.addressed(line) for line in step.headers])
                continue
            if step.action:
                self.wrong += procedures.run(step, self.stack, self.origin, self)
                continue
            played = self.prepare(step)
            self.last = played
            if step.icap:
                self._raw_icap(played)
                self._replay(played)
                continue
            words = step.client.split()
            if words[0] == "raw":
                if connection is None:
                    connection = self._connect(played)
                if connection is not None:
                    self._raw(connection, played, words[1:])
                if self.case.connection != "keep-alive" or played.response is None:
                    if connection is not None:
                        connection.close()
                    connection = None
            else:
                self._foreign(played)
            self._judge(played)
            self._replay(played)
            if self.wrong:
                break
        if connection is not None:
            connection.close()

    def headers(self, step):
        headers = [self.addressed(h) for h in step.headers if h]
        if step.profile:
            headers.append("X-Profile: " + step.profile)
        return headers

    def _connect(self, played):
        https = played.url.startswith("https:")
        return RawConnection(self.stack.bump_port if https else self.stack.proxy_port,
                             self.case.timeout, self.stack.tls.ca,
                             played.target if https else None)

    def _raw(self, connection, played, words):
        data = request_bytes(played.method, played.url, self.headers(played.step),
                             played.version, origin_form=played.url.startswith("https:"))
        if played.method == "CONNECT":
            self._tunnel(connection, played)
            return
        leave = None
        for word in words:
            if word.startswith("leave-after="):
                leave = int(word.split("=")[1])
        played.response = connection.exchange(played.method, data, leave)

    def _tunnel(self, connection, played):
        """CONNECT on the port that does not look inside, then TLS through it."""
        if played.step.profile:   # a tunnel that shall be refused
            data = request_bytes("CONNECT", "https://%s/" % played.target,
                                 self.headers(played.step))
            played.response = connection.exchange("GET", data)
            return
        connection.close()
        through = RawConnection(self.stack.proxy_port, self.case.timeout, self.stack.tls.ca,
                                played.target)
        url = "https://%s/tunnelled?case=%s" % (played.target, played.token)
        played.response = through.exchange("GET", request_bytes("GET", url, [], origin_form=True))
        through.close()

    def _foreign(self, played):
        https = played.url.startswith("https:")
        played.response = http_clients.foreign(
            played.step.client, played.url, self.headers(played.step),
            self.stack.bump_port if https else self.stack.proxy_port,
            self.case.timeout, self.stack.tls.ca if https else None)

    def _pipelined(self):
        played = [self.prepare(step) for step in self.case.steps]
        connection = RawConnection(self.stack.proxy_port, self.case.timeout)
        connection.send(b"".join(request_bytes(p.method, p.url, self.headers(p.step), p.version)
                                 for p in played))
        for p in played:
            p.response = http_clients.read_response(connection.wire, p.method, time.monotonic())
            if p is played[-1]:
                p.response.extra = connection.wire.buf[:200]
        connection.close()
        for p in played:
            self._judge(p)
            self._replay(p)

    def _replay(self, played):
        """Asks the tool now, while the site is known as it was."""
        reason = played.step.replay or self.case.replay
        for token in (played.token, "CONNECT %s" % played.target):
            self.replay.exchange(self.case, self.stack, self.origin, token, reason,
                                 self._site_file(played))

    def _site_file(self, played):
        """What a site answers for a file of its own, as of any page."""
        for site in self.sites.values():
            path = played.url.partition(self.origin.authority(site))[2]
            if played.token.startswith("=") and path in site.files:
                return replay.of_site_file(site.files[path])
        return None

    # --- judging -------------------------------------------------------------

    def _judge(self, played):
        step = played.step
        label = "%s: " % step.line if len(self.case.steps) > 1 else ""
        original = step.origin.body() if step.origin else b""
        wrong = checks.response(step.expect, played.response, original)
        wrong += self._judge_records(played, original)
        wrong += self._judge_squid(played)
        if wrong and played.response.error:
            wrong += ["-- logs --"] + self.stack.logs()
        self.wrong += [label + w for w in wrong]

    def _judge_records(self, played, original):
        wrong = []
        for qualifier, lines in played.step.records:
            late = "later" in qualifier.split()
            absent = [line for line in lines if line] == ["absent"]
            if absent:
                time.sleep(0.3)

            def there(found):
                return absent or bool(checks.pick(qualifier, found))
            token = played.token
            if "connect" in qualifier.split():
                token = "CONNECT " + played.target
            found, at_once = self.stack.records.wait(token, there, 6 if late else 3)
            if there(found) and not at_once and not late:
                wrong.append("the record came only after the answer")
            if played.step.line.split()[1] == "again":
                found = found[-1:] if "last" not in qualifier.split() else found
            lines = [self.addressed(line) for line in lines]
            wrong += checks.record(qualifier, lines, found, original)
        return wrong

    def _judge_squid(self, played):
        wrong = []
        for line in played.step.expect:
            key, _, wanted = line.partition(" ")
            if key in ("icap:", "icap-req:"):
                vector = "RESPMOD" if key == "icap:" else "REQMOD"
                got = self._icap_result(played.token, vector, wanted)
                if got is None or not checks.one_of(wanted, got):
                    wrong.append("%s: %s instead of %s" % (vector, got, wanted))
            elif key == "asked":
                wrong += self._judge_asked(wanted)
            elif key == "fetches:":
                got = self.origin.count(played.token)
                if str(got) != wanted:
                    wrong.append("%d fetches instead of %s" % (got, wanted))
            elif key == "origin" and wanted.startswith("!~ "):
                heads = b"\n".join(self.origin.heads.get(played.token, []))
                if wanted[3:].encode() in heads:
                    wrong.append("the origin was told: %s" % wanted[3:])
        return wrong

    def _judge_asked(self, line):
        """`SITE PATH [STATUS]: N`, `SITE as: TEXT`: what a site was asked, and as whom."""
        words, _, wanted = line.partition(": ")
        name, path, *status = words.split()
        site = self.sites[name]
        if path == "as":
            strangers = {a.agent for a in site.asked if wanted not in a.agent}
            return ["%s was asked as %s" % (name, ", ".join(map(repr, strangers)))] \
                if strangers or not site.asked else []
        got = site.count(path, int(status[0]) if status else None)
        if not checks.one_of(wanted, got):
            return ["%s was asked for %s %d times instead of %s; all: %s"
                    % (name, " ".join(words.split()[1:]), got, wanted,
                       ", ".join("%s %s %d" % (a.method, a.target, a.status)
                                 for a in site.asked[:12]))]
        return []

    def _icap_result(self, token, vector, wanted):
        """Squid writes its line a moment after the answer, and a request that is made again
        has an earlier one."""
        end = time.monotonic() + 3
        while True:
            found = [r for v, r in self.stack.icap_results(token) if v == vector]
            last = found[-1] if found else None
            if last and checks.one_of(wanted, last) or time.monotonic() > end:
                return last
            time.sleep(0.05)

    # --- raw ICAP ------------------------------------------------------------

    def _raw_icap(self, played):
        step = played.step
        line, options = step.icap
        method, service = line.split()[:2]
        request = IcapRequest(method, "icap://127.0.0.1:%d/%s" % (self.stack.icap_port, service))
        original = step.origin.body() if step.origin else b""
        splits, times, write_split = [0], 1, 0
        request.req_head = request_bytes(played.method, played.url, self.headers(step),
                                         played.version)
        if step.origin and method == "RESPMOD":
            request.res_head = step.origin.answer().wire_head(True)
            request.body = original
        elif method == "REQMOD" and played.method == "POST":
            request.body = original
        for option in filter(None, options):
            key, _, value = option.partition(":")
            value = value.strip()
            if key == "Preview":
                if value.isdigit():
                    request.preview = int(value)
                elif value != "none":
                    request.preview, request.preview_text = len(original), value
            elif key == "Allow":
                if value != "none":
                    request.headers.append("Allow: " + value.replace("+", ", "))
            elif key == "claim-preview":
                request.preview_text = value
            elif key == "omit":
                self._omit(request, value)
            elif key == "ieof":
                request.ieof = value == "yes"
            elif key == "split":
                splits = range(1, len(original) + 1) if value == "every" else [int(value)]
            elif key == "write":
                write_split = int(value)
            elif key == "stop-at":
                request.stop_at = int(value)
            elif key == "times":
                times = int(value)
            else:
                request.headers.append(option)
        if times > 1:
            self._icap_pipelined(request, times, step, original)
            return
        for split in splits:
            request.split = split
            self._icap_once(request, write_split, step, original)
            if self.wrong:
                if len(splits) > 1:
                    self.wrong.append("(chunks of %d)" % split)
                return
        self.wrong += self._judge_icap_records(played, original)

    @staticmethod
    def _omit(request, what):
        if "req-hdr" in what:
            request.req_head = None
        if "res-hdr" in what:
            request.res_head = None
        if "body" in what:
            request.body = None

    def _judge_icap_records(self, played, original):
        wrong = []
        for qualifier, lines in played.step.records:
            found, _ = self.stack.records.wait(
                played.token, lambda f, q=qualifier: bool(checks.pick(q, f)), 3)
            wrong += checks.record(qualifier + " last", lines, found, original)
        return wrong

    def _icap_once(self, request, write_split, step, original):
        connection = IcapConnection(self.stack.icap_port)
        try:
            answer = connection.exchange(request, write_split)
            if request.stop_at is not None:
                answer.error = answer.extra = ""
            self.wrong += checks.icap_answer(step.expect, answer, original)
            closes = "close" in ",".join(answer.all("connection")).lower() \
                or answer.status not in (200, 204, 206)
            if not self.wrong and not closes and request.stop_at is None \
                    and "extra: any" not in step.expect:
                self._still_usable(connection)
        finally:
            connection.close()
        if request.stop_at is not None:
            probe = IcapConnection(self.stack.icap_port)
            self._still_usable(probe)
            probe.close()

    def _still_usable(self, connection):
        answer = connection.exchange(IcapRequest(
            "OPTIONS", "icap://127.0.0.1:%d/optout" % self.stack.icap_port))
        if answer.status != 200 or answer.error or answer.extra:
            self.wrong.append("the connection is not usable afterwards: %d %s %r"
                              % (answer.status, answer.error, answer.extra))

    def _icap_pipelined(self, request, times, step, original):
        """All requests at once; only for those that need no 100 Continue."""
        connection = IcapConnection(self.stack.icap_port)
        tail = b""
        if request.body is not None:
            whole = request.preview is not None and len(request.body) <= request.preview
            tail = request.chunks(request.body) + (b"0; ieof\r\n\r\n" if whole else b"0\r\n\r\n")
        connection.send((request.head() + tail) * times)
        for i in range(times):
            answer = checks_reader(connection, request)
            answer.extra = connection.wire.buf[:200] if i == times - 1 else b""
            self.wrong += ["answer %d: %s" % (i + 1, w)
                           for w in checks.icap_answer(step.expect, answer, original)]
        connection.close()


def checks_reader(connection, request):
    from icap_client import IcapAnswer
    answer = IcapAnswer()
    try:
        connection._read(request, answer)
    except (WireError, socket.timeout, ValueError) as e:
        answer.error = str(e)
    return answer
