# SPDX-License-Identifier: Apache-2.0
"""Compares what came with what a scenario expects. Every function returns a list
of complaints; an empty list is a pass."""
import hashlib
import json
import re

import bodies
import sanitizer
from scenario import ScenarioError


def sha(data):
    return hashlib.sha256(data).hexdigest()


def short(value, n=160):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= n else text[:n] + "…"


def one_of(wanted, got):
    return str(got) in [w.strip() for w in wanted.split("|")]


# --- what the client got ------------------------------------------------------

def _header(rest, response):
    m = re.fullmatch(r"([A-Za-z0-9-]+)\s*(!?~|:|absent|present)\s*(.*)", rest)
    if not m:
        raise ScenarioError("expect: header %s" % rest)
    name, op, wanted = m.groups()
    got = response.all(name)
    good = {":": lambda: wanted in got,
            "~": lambda: any(wanted in v for v in got),
            "!~": lambda: not any(wanted in v for v in got),
            "absent": lambda: not got,
            "present": lambda: bool(got)}[op]()
    return [] if good else ["header %s: wanted %s %s, got %s" % (name, op, wanted, short(got))]


def _body(rest, response, original):
    body = response.body
    if rest.startswith("~"):
        wanted = rest[1:].strip().encode()
        return [] if wanted in body else ["body has no %r: %s" % (wanted, short(body))]
    if rest.startswith("!~"):
        wanted = rest[2:].strip().encode()
        return [] if wanted not in body else ["body has %r" % wanted]
    what = rest.lstrip(": ")
    if what == "identical":
        if sha(body) == sha(original):
            return []
        return ["body differs: %d bytes %s instead of %d bytes %s"
                % (len(body), sha(body)[:12], len(original), sha(original)[:12])]
    if what == "empty":
        return [] if not body else ["body of %d bytes, none expected" % len(body)]
    if what == "something":
        return [] if body else ["an empty body"]
    if what == "a beginning of the origin's":
        return [] if original.startswith(body) else ["body is no beginning of the origin's"]
    if what == "json":
        try:
            json.loads(body)
            return []
        except ValueError as e:
            return ["body is no JSON: %s: %s" % (e, short(body))]
    m = re.fullmatch(r"at (most|least) (\S+)", what)
    if m:
        limit = bodies.number(m.group(2))
        good = len(body) <= limit if m.group(1) == "most" else len(body) >= limit
        return [] if good else ["body of %d bytes, at %s %d expected"
                                % (len(body), m.group(1), limit)]
    raise ScenarioError("expect: body %s" % rest)


def _is_squids_error(r):
    """A cut that overtakes the head of the answer: Squid says so with a page of its own."""
    return r.status == 500 and ("ERR_ICAP_FAILURE" in ",".join(r.all("X-Squid-Error"))
                                or b"ERR_ICAP_FAILURE" in r.body)


def response(lines, r, original):
    """`lines` of an expect section against what the client got; the lines that
    concern others (icap, fetches) are left to them."""
    wrong, complete = [], "yes"
    if "cut: yes" in lines:
        if _is_squids_error(r):
            return [] if original[:64] not in r.body else ["the page is in Squid's error"]
        complete = "no"
        if r.status not in (200, 206) and not (r.status == 0 and r.error):
            wrong.append("status %d instead of 200 and a break" % r.status)
    for line in lines:
        if not line:
            continue
        word, _, rest = line.partition(" ")
        key = word.rstrip(":")
        if key == "status":
            if not one_of(rest, r.status):
                wrong.append("status %d instead of %s" % (r.status, rest))
        elif key == "complete":
            complete = rest.strip()
        elif key == "header":
            wrong += _header(rest, r)
        elif key == "body" or word.startswith("body"):
            wrong += _body(line[4:].lstrip(": ") if word == "body:" else rest, r, original)
        elif key == "error":
            if rest.lstrip("~ ") not in r.error:
                wrong.append("error %r lacks %r" % (r.error, rest.lstrip("~ ")))
        elif key == "within":
            if r.seconds > sanitizer.patience * float(rest.rstrip("s")):
                wrong.append("took %.1f s" % r.seconds)
        elif key == "first":
            limit = sanitizer.patience * float(rest.split()[-1].rstrip("s"))
            if r.first_body is None or r.first_body > limit:
                wrong.append("the first byte of the body took %s s" % r.first_body)
        elif key not in ("cut", "icap", "icap-req", "fetches", "origin", "asked"):
            raise ScenarioError("expect: no such line: %r" % line)
    # "any" leaves it open: who closes a chunked body early is believed by Squid 5.
    if complete == "yes" and r.error:
        wrong.append("the client reports: %s" % r.error)
    if complete == "no" and not r.error:
        wrong.append("looks complete to the client: status %d, %d bytes" % (r.status, len(r.body)))
    if r.extra and complete == "yes":
        wrong.append("bytes behind the message: %s" % short(r.extra))
    return wrong


# --- the audit record ----------------------------------------------------------

def field(record, path):
    value = record
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _signal(wanted, record):
    """"tdmrep http-header deny" — each word must be in one and the same signal."""
    for s in record.get("signals", []):
        words = {s.get("standard"), s.get("carrier"), s.get("scope"), s.get("confidence"),
                 s.get("agent"), s.get("grade"), s.get("phrase")}
        usage = s.get("usage") or s.get("preferences") or {}
        place = s.get("place") or {}
        words.add("%s:%s" % (place.get("kind"), place.get("at")))
        words.add("page:%s" % s.get("page"))
        words |= set(usage.values()) | {"%s=%s" % pair for pair in usage.items()}
        if all(w in words for w in wanted.split()):
            return []
    have = ["%s/%s %s" % (s.get("standard"), s.get("carrier"), s.get("usage", s.get("preferences")))
            for s in record.get("signals", [])]
    return ["no signal %r; there are %s" % (wanted, short(", ".join(have) or "none", 300))]


def _site_file(wanted, record):
    """"/robots.txt state=published line=2": each word holds for one and the same entry;
    the first is its name or the end of its URL."""
    end, *pairs = wanted.split()
    files = record.get("site_files", [])
    for f in files:
        if (f.get("file") == end or str(f.get("url")).endswith(end)) and all(
                str(f.get(k)) == v or (v == "present" and f.get(k) is not None)
                for k, _, v in (p.partition("=") for p in pairs)):
            return []
    return ["no site file %r; there are %s" % (wanted, short(json.dumps(files), 400))]


def _record_line(line, record, original):
    if line == "no signal":
        n = len(record.get("signals", []))
        return [] if not n else ["%d signals, none expected" % n]
    key, _, wanted = line.partition(":")
    wanted = wanted.strip()
    if key == "signal":
        return _signal(wanted, record)
    if key == "site-file":
        return _site_file(wanted, record)
    if key == "undecided":
        got = record.get("undecided") or []
        got = got if isinstance(got, list) else [got]
        return [] if wanted in got else ["undecided: %s instead of %s" % (got, wanted)]
    got = field(record, key.strip())
    if wanted == "absent":
        return [] if got is None else ["%s is %s" % (key, short(got))]
    if wanted == "body":
        wanted = sha(original)
    if isinstance(got, bool):
        got = "yes" if got else "no"
    if wanted.startswith("~ "):
        return [] if wanted[2:] in str(got) else ["record %s: %s lacks %s" % (key, got, wanted[2:])]
    return [] if one_of(wanted, got) else ["record %s: %s instead of %s" % (key, got, wanted)]


def pick(qualifier, records):
    """The records a `record QUALIFIER:` section speaks of."""
    words = qualifier.split()
    if "connect" in words:
        return [r for r in records if r.get("method") == "CONNECT"][-1:]
    event = "pending" if "pending" in words else "final"
    vector = "reqmod" if "reqmod" in words else "respmod"
    return [r for r in records
            if r.get("event", "final") == event and r.get("vector", "respmod") == vector]


def record(qualifier, lines, records, original):
    found = pick(qualifier, records)
    if [line for line in lines if line] == ["absent"]:
        return [] if not found else ["%d records, none expected" % len(found)]
    if not found:
        return ["no %srecord; there are %d others" % (qualifier + " " if qualifier else "",
                                                     len(records))]
    wrong = []
    if len(found) > 1 and "last" not in qualifier.split():
        wrong.append("%d records of one exchange" % len(found))
    for line in lines:
        if line == "ended: yes":
            if not any(r["event"] == "final" and r["id"] == found[-1]["id"] for r in records):
                wrong.append("no final record of the id %s" % found[-1]["id"])
        elif line and not line.startswith("#"):
            wrong += _record_line(line, found[-1], original)
    return wrong


# --- a raw ICAP answer ---------------------------------------------------------

def icap_answer(lines, answer, original):
    """An expect section against the answer to a raw ICAP request."""
    wrong = []
    expect_error = extra_is_fine = False
    for line in lines:
        word, _, rest = line.partition(" ")
        key = word.rstrip(":")
        if not line:
            continue
        if key == "icap":
            if not one_of(rest, answer.status):
                wrong.append("ICAP status %d instead of %s" % (answer.status, rest))
        elif key == "continue":
            if answer.continued != (rest.strip() == "yes"):
                wrong.append("100 Continue: %s" % answer.continued)
        elif key == "status":
            if not one_of(rest, answer.http_status):
                wrong.append("HTTP status %d instead of %s" % (answer.http_status, rest))
        elif key == "original":
            if rest.strip() == "no" and answer.use_original is not None:
                wrong.append("use-original-body=%d" % answer.use_original)
            elif rest.strip() != "no" and answer.use_original != int(rest):
                wrong.append("use-original-body=%s" % answer.use_original)
        elif key == "header":
            wrong += _header(rest, _Head(answer.http_headers))
        elif key == "icap-header":
            wrong += _header(rest, _Head(answer.headers))
        elif key == "body" or word.startswith("body"):
            if rest == "none":
                if answer.body is not None:
                    wrong.append("a body of %d bytes, none expected" % len(answer.body))
                continue
            got = _Head([])
            got.body = answer.whole_body(original) or b""
            wrong += _body(rest, got, original)
        elif key == "error":
            expect_error = True
        elif key == "extra":
            extra_is_fine = True
        else:
            raise ScenarioError("expect: no such line: %r" % line)
    if answer.error and not expect_error:
        wrong.append("protocol: " + answer.error)
    if answer.extra and not extra_is_fine:
        wrong.append("bytes behind the answer: %s" % short(answer.extra))
    lengths = _Head(answer.http_headers).all("content-length")
    if lengths and answer.status == 200 and answer.body is not None and not answer.error \
            and int(lengths[0]) != len(answer.body):
        wrong.append("Content-Length %s with %d bytes" % (lengths[0], len(answer.body)))
    return wrong


class _Head:
    def __init__(self, headers):
        self.headers = headers
        self.body = b""

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]
