# SPDX-License-Identifier: Apache-2.0
"""Asks the tool about every exchange that the filter recorded: the same head and body, the
same configuration, the same store. Whatever judges is one piece of code, so the answers are
equal, or the scenario says why they are not: `replay: no REASON`."""
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import tempfile
import threading
import time
from datetime import datetime

import archived
import sanitizer
from complete import Segment
from origin import BODILESS, Answer

COMPARED = ("decision", "usage", "signals", "undecided", "site_files")
PASSES = "the request passes, without a record"
NOT_FOUND = Answer([b"HTTP/1.1 404 Not Found"], b"")
SHOWN = 20                        # exchanges that differ, in the result
LOAD_MAX = 20                     # runs of the tool for what the procedures of a case ask for
# These reasons excuse only records that have them: whoever holds bodies back says them, not
# the judge. `earlier` excuses a record that names an earlier one. Any other excuses all.
SAID = ("limit-size", "limit-memory", "limit-time", "aborted", "truncated")


class Job:
    """One exchange, and how often the same came of the same bytes."""

    def __init__(self, case, stack, answer, record, reason, config):
        self.case = case
        self.stack = stack
        self.answer = answer
        self.record = record
        self.reason = reason
        self.config = config
        self.times = 1
        self.excuse = None        # empty: equal; None: they differ


class Replay:
    def __init__(self, stage):
        self.stage = stage
        self.lock = threading.Lock()
        self.runs = self.left_out = 0
        self.results = collections.Counter()  # excuse, empty for equal -> exchanges
        self.wrong = []
        self.taken = {}           # (stack, token) -> records that were looked at
        self.jobs = {}            # what is asked -> Job
        self.digests = {}         # path of a configuration -> its digest
        self.waiting = []         # those that need no store wait until the scenarios are done

    def exchange(self, case, stack, origin, token, reason="", site_file=None, limit=None):
        """The records of a token that are new since the last call. Returns how many had to
        be asked about."""
        records = stack.records.of(token)
        with self.lock:
            new = records[self.taken.get((stack, token), 0):]
            self.taken[(stack, token)] = len(records)
        asked = 0
        for record in new:
            if record["event"] == "final":
                answer = site_file or origin.answers.get(token, NOT_FOUND)
                asked += self._one(case, stack, answer, token, record, reason,
                                   limit is None or asked < limit)
        return asked

    def rest(self, case, stack, origin, prefix):
        """What the procedures of a scenario have asked for."""
        stack.records.refresh()
        mine = re.compile(re.escape(prefix) + r"-([a-z]+[0-9]*-\d+|\d+|[a-z]+)")
        with stack.records.lock:
            tokens = [t for t in stack.records.by_token if mine.fullmatch(t)]
        left = LOAD_MAX
        for token in tokens:
            left -= self.exchange(case, stack, origin, token, case.replay, limit=left)

    def _one(self, case, stack, answer, token, record, reason, may_ask):
        facts = [record[k] for k in ("vector", "method", "profile", "status", "config")]
        facts += [record["url"].replace(token, ""), _compared(record)]
        key = (stack, json.dumps(facts, sort_keys=True), tuple(answer.head), answer.body,
               answer.abort_at, answer.announce)
        with self.lock:
            if key in self.jobs:
                self.jobs[key].times += 1
                return 0
            if not may_ask:
                self.left_out += 1
                return 0
            job = Job(case, stack, answer, record, reason,
                      self._configuration(stack, record))
            self.jobs[key] = job
            if stack.daemon is None:
                self.waiting.append(job)
                return 1
        self._run(job)
        return 1

    def _configuration(self, stack, record):
        """A copy of the one that the record names, for a reload may bring another."""
        stack.keep_configuration()
        kept = stack.kept_configurations
        named = [p for p in kept if len(kept) > 1 and self._digest(stack, p) == record["config"][:32]]
        return named[-1] if named else kept[-1]

    def _digest(self, stack, path):
        if path not in self.digests:
            done = subprocess.run([self.stage.tool, "config", "digest", path], capture_output=True,
                                  env=stack.environment(), timeout=60 * sanitizer.patience, check=False)
            self.digests[path] = done.stdout.split(b"\n", 1)[0].decode().strip()[:32]
        return self.digests[path]

    def _run(self, job):
        wanted = _compared(job.record)
        found, error = self._ask(job)
        job.excuse = "" if found == wanted else _excuse(job.reason, job.record)
        if job.excuse is None and _was_late(wanted, found, error):
            job.excuse = "the site became known later"
        if found == wanted and job.stack.daemon and _is_request(job.record):
            error = self._ask_list(job)
            if error:
                job.excuse = None
        with self.lock:
            self.runs += 1
            if job.excuse is None:
                self.wrong.append("%s: %s %s %s: %s" % (
                    job.case.name, job.record["vector"], job.record["method"],
                    job.record["url"], error or _difference(wanted, found)))

    def _ask(self, job):
        """What the tool says, as COMPARED; or why it says nothing."""
        record = job.record
        command = [self.stage.tool, "inspect", "--record", "--url", record["url"], "--method",
                   record["method"], "--profile", record["profile"], "--config", job.config]
        environment = self._environment(job)
        with tempfile.TemporaryDirectory(prefix="optout-replay-") as folder:
            if record["vector"] == "reqmod":
                command.append("--request")
            else:
                command += self._response(job.answer, record, folder)
            for _ in range(3):
                done = subprocess.run(command, env=environment, capture_output=True, timeout=60 * sanitizer.patience,
                                      check=False)
                if b"MDB_" not in done.stderr:
                    break              # else somebody wrote while the store was opened
        if record["vector"] == "reqmod" and not done.stdout and done.returncode == 0:
            return None, PASSES
        try:
            said = _last_record(done.stdout)
        except ValueError:
            return None, "no record: %s" % (done.stderr.decode(errors="replace").strip()
                                            or "status %d" % done.returncode)
        if said["config"] != record["config"]:
            return None, "another configuration"
        return _compared(said), ""

    def _ask_list(self, job):
        """A list with this URL in it must be told the same of it; returns what differs."""
        record = job.record
        done = subprocess.run([self.stage.tool, "urls", "--all", "--format", "jsonl", "-q", "--no-fetch",
                               "--profile", record["profile"], "--config", job.config],
                              env=self._environment(job), capture_output=True, timeout=60 * sanitizer.patience, check=False,
                              input=record["url"].encode() + b"\n")
        try:
            said = json.loads(done.stdout)["optout"]
        except ValueError:
            return "optout urls: %s" % done.stderr.decode(errors="replace").strip()
        refused = said["verdict"] != "allowed"
        if (said.get("decision"), refused) == (record["decision"], record["action"] == "block"):
            return ""
        return "optout urls: %s" % json.dumps(said)

    @staticmethod
    def _environment(job):
        when = datetime.fromisoformat(job.record["time"].replace("Z", "+00:00")).timestamp()
        return dict(job.stack.environment(), OPTOUT_CLOCK=str(round(when * 1000)))

    @staticmethod
    def _response(answer, record, folder):
        head, body = folder + "/head", folder + "/body"
        with open(head, "wb") as f:
            f.write(answer.wire_head(True))
        if record["method"] == "HEAD" or answer.status in BODILESS or \
                (not answer.body and answer.framing == "length"):
            return ["--headers", head, "--no-body"]
        with open(body, "wb") as f:
            f.write(answer.body[:answer.abort_at])
        return ["--headers", head, body]

    def result(self):
        """What is wrong, and what to tell. After all scenarios."""
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self._run, self.waiting))
        for job in self.jobs.values():
            self.results[job.excuse] += job.times
        differ = self.results.pop(None, 0)
        told = ["%d exchanges equal, %d excused; the tool was run %d times, %d of them in %.1f s "
                "after the rest" % (self.results[""], sum(self.results.values())
                                    - self.results[""], self.runs, len(self.waiting),
                                    time.monotonic() - begun)]
        told += ["%d excused: %s" % (self.results[r], r) for r in sorted(self.results) if r]
        if self.left_out:
            told.append("%d of the load that procedures make not looked at" % self.left_out)
        archived_wrong, archived_told = archived.compare(self.stage.tool, self.jobs.values())
        told += archived_told
        wrong = archived_wrong + self.wrong[:SHOWN] + (["%d exchanges differ" % differ] if differ else [])
        return wrong if self.jobs else ["no exchange was looked at"], told


def _last_record(output):
    """What the tool prints is a segment that begins with what the record refers to."""
    segment = Segment()
    records = [segment.take(json.loads(line)) for line in output.splitlines()]
    if not records or not records[-1]:
        raise ValueError("no record")
    return records[-1]


def _excuse(reasons, record):
    """Of what the scenario says, separated by commas, what holds for this record; or None."""
    for reason in filter(None, map(str.strip, reasons.split(","))):
        if reason in SAID:
            if reason in record["undecided"]:
                return reason
        elif reason != "earlier" or record.get("earlier"):
            return reason
    return None


def _is_request(record):
    """Which a list of URLs can stand for."""
    return record["vector"] == "reqmod" and record["method"] != "CONNECT"


def _was_late(wanted, found, error):
    """The store is asked a moment after the filter asked it: a site that was late is there,
    and then a request may not be refused any more."""
    if "site-unknown" not in wanted["undecided"]:
        return False
    return "site-unknown" not in found["undecided"] if found else error == PASSES


def of_site_file(file):
    """What a site answers for a file of its own, as an answer of the test origin."""
    head, _, body = file.wire(b"", "GET")[1].partition(b"\r\n\r\n")
    if "chunked" in file.forms:
        end = 2 if "cut" in file.forms else 7
        body = body.partition(b"\r\n")[2][:-end]
    return Answer(head.split(b"\r\n"), body)


def _compared(record):
    """When a file was fetched is another matter than what it says."""
    found = {k: record[k] for k in COMPARED}
    found["site_files"] = [{k: v for k, v in f.items() if k != "fetched_at"}
                           for f in record["site_files"]]
    return found


def _difference(wanted, found):
    return "; ".join("%s: proxy %s, tool %s" % (k, json.dumps(wanted[k]), json.dumps(found[k]))
                     for k in COMPARED if wanted[k] != found[k])
