# SPDX-License-Identifier: Apache-2.0
"""Holds what the clients got against what the origin sent and what was recorded. Each
function gives the exchanges that break one promise."""
import collections
import json
import multiprocessing
import os
import re
import signal

from plan import Plan, die_with_parent
from complete import Segment

Record = collections.namedtuple("Record", "event vector decision action whole reason")
EXCHANGE = re.compile(r"[?&]case=([A-Za-z0-9]+)-(\d+)")

_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# What differs from record to record, and is well formed beyond doubt: two records that differ
# in these alone keep the schema both or neither, so that one of them need be validated.
PLAIN = {name: re.compile(pattern, re.ASCII) for name, pattern in (
    ("id", _ULID), ("earlier", _ULID), ("time", _TIME), ("fetched_at", _TIME),
    ("sha256", r"[0-9a-f]{64}"), ("transaction", r"\d{1,20}"),
    ("url", r"http://[0-9./:a-z?=-]{1,300}"))}
COUNTS = {"micros", "seen", "length", "released", "at"}

_validator = None
_valid = set()                    # shapes of records that were validated


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
        return "\0"
    if type(value) is int and name in COUNTS and 0 <= value < 1 << 40:
        return -1
    return value


def _error(record):
    shape = json.dumps(_shape(record))
    if shape in _valid:
        return None
    error = next(_validator.iter_errors(record), None)
    if error is None:
        _valid.add(shape)
    return error


def _read(path):
    """One segment: [(number, Record)], gaps, lines that are wrong, number of lines."""
    found, gaps, bad = [], 0, []
    with open(path, "rb") as f:
        data = f.read()
    lines = data[:data.rfind(b"\n") + 1].splitlines()     # what is torn is no record
    segment = Segment()
    for line in lines:
        try:
            printed = json.loads(line)
            r = segment.take(printed)
        except ValueError as e:
            bad.append("%s: %s: %r" % (os.path.basename(path), e, line[:120]))
            continue
        error = _error(printed) if _validator else None
        if error is not None:
            bad.append("%s: %s: %s" % (printed.get("id"), "/".join(map(str, error.path)),
                                       error.message[:160]))
        if r is None:
            continue
        gaps += r.get("event") == "gap"
        m = EXCHANGE.search(str(r.get("url")))
        if m:
            found.append((int(m.group(2)), Record(r["event"], r["vector"], r["decision"],
                                                  r["action"], r["whole"], r["reason"])))
    return found, gaps, bad, len(lines)


class Log:
    """All records of a run, in short, by the number of their exchange."""

    def __init__(self, folder, schema):
        names = [os.path.join(folder, n) for n in sorted(os.listdir(folder))
                 if n.endswith((".jsonl", ".jsonl.open"))]
        self.of = collections.defaultdict(list)
        self.lines = self.gaps = 0
        self.bad = []
        with multiprocessing.get_context("fork").Pool(2, _begin, (schema,)) as pool:
            for found, gaps, bad, lines in pool.imap_unordered(_read, names):
                for number, record in found:
                    self.of[number].append(record)
                self.gaps += gaps
                self.bad += bad
                self.lines += lines


class Judge:
    def __init__(self, seed, got, ledger, log):
        self.log = log
        self.ledger = ledger
        self.exchanges = []       # (plan, what its clients got)
        by_number = collections.defaultdict(list)
        for g in got:
            by_number[g.number].append(g)
        for number in sorted(by_number):
            self.exchanges.append((Plan(seed, number), by_number[number]))

    def _each(self, wrong):
        return ["%s: %s" % (plan, "; ".join(map(_short, gots))) for plan, gots in self.exchanges
                if wrong(plan, gots)]

    def _origin(self, plan):
        return self.ledger.get(plan.number, (0, 0, 0))

    def reserved_whole(self):
        def wrong(plan, gots):
            part = plan.method == "range" and plan.last - plan.first + 1 < len(plan.body)
            return plan.reserved and not part and any(g.whole for g in gots)
        return self._each(wrong)

    def without_record(self):
        """What came to its end needs a final record each, what began any at all."""
        def wrong(plan, gots):
            records = self.log.of.get(plan.number, ())
            finals = sum(r.event == "final" for r in records)
            ended = sum(not g.error and (g.status < 400 or g.status == 451) for g in gots)
            began = any(0 < g.status < 400 for g in gots)
            return finals < ended or (began and not records)
        return self._each(wrong)

    def hung(self):
        return self._each(lambda plan, gots: any(g.timed_out() for g in gots))

    def taken_for_whole(self):
        """Broken off, though its length was announced, and the client noticed nothing."""
        return self._each(lambda plan, gots: plan.broken and plan.framing == "length"
                          and any(0 < g.status < 400 and not g.error for g in gots))

    def hidden_by_the_proxy(self):
        """The same of chunked bodies: what the proxy hides nobody behind it can tell."""
        return self._each(lambda plan, gots: plan.broken and plan.framing == "chunked"
                          and any(0 < g.status < 400 and not g.error for g in gots))

    def recorded_whole(self):
        return self._each(lambda plan, gots: plan.broken and self._origin(plan)[1] == 0 and any(
            r.whole for r in self.log.of.get(plan.number, ()) if r.vector == "respmod"))

    def forbidden_fetched(self):
        return self._each(lambda plan, gots: plan.kind == "forbidden"
                          and self._origin(plan)[0] > 0)

    def changed(self):
        return self._each(lambda plan, gots: any(g.differs for g in gots))

    # --- what there was at all ---------------------------------------------------------

    def counts(self):
        c = collections.Counter()
        for plan, gots in self.exchanges:
            calm = (not plan.reserved and not plan.broken and plan.leave_after is None
                    and plan.method == "GET" and plan.kind != "clean-corrupt")
            c["clean"] += calm
            c["clean, whole"] += calm and any(g.whole for g in gots)
            asked = plan.reserved and plan.method == "GET" and plan.leave_after is None
            c["reserved"] += asked
            c["reserved, refused or cut"] += asked and any(g.status == 451 or g.error
                                                           for g in gots)
            c["broken off by the origin"] += plan.broken and self._origin(plan)[2] > 0
            c["left by the client"] += any(g.error == "left" for g in gots)
            for g in gots:
                c["exchanges"] += 1
                c["put off (503)"] += g.status == 503
                c["no answer of the filter (500)"] += g.status == 500
        return c

    def kinds_missing(self, kinds):
        seen = {plan.kind for plan, _ in self.exchanges}
        return [k for k in kinds if k not in seen]


def _short(g):
    return "status %d, %d bytes, %s, %.1f s" % (g.status, g.size, g.error or "complete",
                                                g.seconds)
