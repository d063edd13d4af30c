# SPDX-License-Identifier: Apache-2.0
"""Holds what the clients got against what the origin sent and what was recorded: each exchange
once, against every promise."""
import collections
import hashlib
import json
import multiprocessing
import os
import re
import signal

from ledger import LIMIT, Counts, Wrong
from plan import Plan, die_with_parent
from sites_origin import ASKED, BROKEN, WHOLE
from complete import Segment

RECORDS, FINAL, CALLED_WHOLE = range(3)   # what the log has of each exchange
EXCHANGE = re.compile(r"[?&]case=([A-Za-z0-9]+)-(\d+)")

_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_SITE = r"[0-9a-f]{32}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# What differs from record to record, and is well formed beyond doubt: two records that differ
# in these alone keep the schema both or neither, so that one of them need be validated.
PLAIN = {name: re.compile(pattern, re.ASCII) for name, pattern in (
    ("id", _ULID + "|" + _SITE), ("earlier", _ULID), ("time", _TIME), ("fetched_at", _TIME),
    ("sha256", r"[0-9a-f]{64}"), ("seen_sha256", r"[0-9a-f]{64}"), ("transaction", r"\d{1,20}"),
    ("url", r"http://[0-9./:a-z?=-]{1,300}"))}
COUNTS = {"micros", "seen", "length", "released", "at"}

_validator = None
_valid = set()                    # digests of shapes of records that were validated


def _begin(schema):
    global _validator
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):   # not our parent's ways
        signal.signal(number, signal.SIG_DFL)
    if schema is not None:
        import jsonschema
        _validator = jsonschema.validators.validator_for(schema)(schema)


def _shape(value, name=""):
    if isinstance(value, dict):
        return {k: _shape(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_shape(v) for v in value]
    if isinstance(value, str) and name in PLAIN and PLAIN[name].fullmatch(value):
        return "\0%d" % len(value) if name == "id" else "\0"   # of a record, or of a site
    if type(value) is int and name in COUNTS and 0 <= value < 1 << 40:
        return -1
    return value


def _error(record):
    shape = hashlib.blake2b(json.dumps(_shape(record)).encode(), digest_size=16).digest()
    if shape in _valid:
        return None
    error = next(_validator.iter_errors(record), None)
    if error is None:
        _valid.add(shape)
    return error


def _read(path):
    """One segment: [(number, what it counts as)], gaps, wrong lines, how many, all lines."""
    found, gaps, bad = [], 0, Wrong()
    with open(path, "rb") as f:
        data = f.read()
    lines = data[:data.rfind(b"\n") + 1].splitlines()     # what is torn is no record
    segment = Segment()
    for line in lines:
        try:
            printed = json.loads(line)
            r = segment.take(printed)
        except ValueError as e:
            bad.add("%s: %s: %r" % (os.path.basename(path), e, line[:120]))
            continue
        error = _error(printed) if _validator else None
        if error is not None:
            bad.add("%s: %s: %s" % (printed.get("id"), "/".join(map(str, error.path)),
                                    error.message[:160]))
        if r is None:
            continue
        gaps += r.get("event") == "gap"
        m = EXCHANGE.search(str(r.get("url")))
        if m and int(m.group(2)) < LIMIT:
            number = int(m.group(2))
            found.append((number, RECORDS))
            if r["event"] == "final":
                found.append((number, FINAL))
            if r["whole"] and r["vector"] == "respmod":
                found.append((number, CALLED_WHOLE))
    return found, gaps, bad.texts, len(bad), len(lines)


class Log:
    """All records of a run, counted by the number of their exchange."""

    def __init__(self, folder, schema):
        names = [os.path.join(folder, n) for n in sorted(os.listdir(folder))
                 if n.endswith((".jsonl", ".jsonl.open"))]
        self.counts = Counts(3)
        self.lines = self.gaps = 0
        self.bad = Wrong()
        with multiprocessing.get_context("fork").Pool(2, _begin, (schema,)) as pool:
            for found, gaps, bad, wrong, lines in pool.imap_unordered(_read, names):
                for number, column in found:
                    self.counts.add(number, column)
                self.gaps += gaps
                self.bad.join(bad, wrong)
                self.lines += lines


class Exchange:
    """What is known of one number."""

    def __init__(self, plan, gots, ledger, log):
        self.plan, self.gots = plan, gots
        of_origin, of_log = ledger.of(plan.number), log.counts.of(plan.number)
        self.asked, self.sent_whole, self.broken = (of_origin[i] for i in (ASKED, WHOLE, BROKEN))
        self.records, self.finals, self.called_whole = (
            of_log[i] for i in (RECORDS, FINAL, CALLED_WHOLE))

    def __str__(self):
        return "%s: %s" % (self.plan, "; ".join(map(str, self.gots)))

    def looked_complete(self):
        return any(0 < g.status < 400 and not g.error for g in self.gots)


# --- What may not be ---------------------------------------------------------------------


def reserved_whole(e):
    part = e.plan.method == "range" and e.plan.last - e.plan.first + 1 < len(e.plan.body)
    return e.plan.reserved and not part and any(g.whole for g in e.gots)


def without_record(e):
    """What came to its end needs a final record each, what began any at all."""
    ended = sum(not g.error and (g.status < 400 or g.status == 451) for g in e.gots)
    began = any(0 < g.status < 400 for g in e.gots)
    return e.finals < ended or (began and not e.records)


def hung(e):
    return any(g.timed_out() for g in e.gots)


def taken_for_whole(e):
    """Broken off, though its length was announced, and the client noticed nothing."""
    return e.plan.broken and e.plan.framing == "length" and e.looked_complete()


def hidden_by_the_proxy(e):
    """The same of chunked bodies: what the proxy hides nobody behind it can tell."""
    return e.plan.broken and e.plan.framing == "chunked" and e.looked_complete()


def recorded_whole(e):
    return e.plan.broken and not e.sent_whole and e.called_whole > 0


def forbidden_fetched(e):
    return e.plan.kind == "forbidden" and e.asked > 0


def changed(e):
    return any(g.differs for g in e.gots)


PROMISES = (reserved_whole, without_record, hung, taken_for_whole, hidden_by_the_proxy,
            recorded_whole, forbidden_fetched, changed)


class Judge:
    """`wrong`: what breaks each promise, by its name. `counts`: what there was at all."""

    def __init__(self, seed, gots, ledger, log):
        self.wrong = {promise.__name__: Wrong() for promise in PROMISES}
        self.counts = collections.Counter(dict.fromkeys((
            "exchanges", "clean", "clean, whole", "reserved", "reserved, refused or cut",
            "broken off by the origin", "left by the client", "put off (503)",
            "no answer of the filter (500)", "no answer of the origin (502)"), 0))
        self.kinds = set()
        for number, of_number in gots.by_number():
            e = Exchange(Plan(seed, number), of_number, ledger, log)
            for promise in PROMISES:
                if promise(e):
                    self.wrong[promise.__name__].add(e)
            self._count(e)

    def _count(self, e):
        c, plan, gots = self.counts, e.plan, e.gots
        self.kinds.add(plan.kind)
        calm = (not plan.reserved and not plan.broken and plan.leave_after is None
                and plan.method == "GET" and plan.kind not in ("clean-corrupt", "garbage"))
        c["clean"] += calm
        c["clean, whole"] += calm and any(g.whole for g in gots)
        asked = plan.reserved and plan.method == "GET" and plan.leave_after is None
        c["reserved"] += asked
        c["reserved, refused or cut"] += asked and any(g.status == 451 or g.error for g in gots)
        c["broken off by the origin"] += plan.broken and e.broken > 0
        c["left by the client"] += any(g.error == "left" for g in gots)
        for g in gots:
            c["exchanges"] += 1
            c["put off (503)"] += g.status == 503
            c["no answer of the filter (500)"] += g.status == 500
            c["no answer of the origin (502)"] += g.status == 502
