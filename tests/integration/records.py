# SPDX-License-Identifier: Apache-2.0
"""Reads what the filter wrote to its audit segments, while it writes them."""
import json
import os
import threading
import time

import sanitizer
from complete import Missing, Segment
from origin import TOKEN

VALIDATED_OF_ONE = 50


class Records:
    def __init__(self, folder, schema=None):
        self.folder = folder
        self.lock = threading.Lock()
        self.offsets = {}         # inode -> bytes read
        self.segments = {}        # inode -> Segment
        self.by_token = {}
        self.gaps = []            # (file name, record)
        self.count = 0
        self.bad = []             # lines that are no JSON or break the schema
        self.validator = None
        if schema:
            import jsonschema
            cls = jsonschema.validators.validator_for(schema)
            self.validator = cls(schema)

    def refresh(self):
        with self.lock:
            try:
                names = sorted(os.listdir(self.folder))
            except OSError:
                return
            for name in names:
                if ".jsonl" in name:
                    self._read(name)

    def _read(self, name):
        try:
            with open(os.path.join(self.folder, name), "rb") as f:
                inode = os.fstat(f.fileno()).st_ino
                f.seek(self.offsets.get(inode, 0))
                data = f.read()
        except OSError:
            if name.endswith(".open"):      # closed since it was found, it has another name
                self._read(name[:-len(".open")])
            return
        end = data.rfind(b"\n") + 1
        self.offsets[inode] = self.offsets.get(inode, 0) + end
        segment = self.segments.setdefault(inode, Segment())
        for line in data[:end].splitlines():
            self._take(name, line, segment)

    def _take(self, name, line, segment):
        self.count += 1
        try:
            printed = json.loads(line)
            record = segment.take(printed)
        except Missing as e:
            self.bad.append("%s: %s: %r" % (name, e, line[:200]))
            return
        except ValueError as e:
            self.bad.append("%s: not JSON: %s: %r" % (name, e, line[:200]))
            return
        if record is None:
            self._validate(name, printed)
            return
        m = TOKEN.search(str(record.get("url", "")).encode())
        token = m.group(1).decode() if m else ""
        before = len(self.by_token.get(token, ()))
        # Thousands of records of one and the same exchange need not all be validated.
        if before < VALIDATED_OF_ONE:
            self._validate(name, printed)
        if record.get("event") == "gap":
            self.gaps.append((name, record))
        if record.get("method") == "CONNECT":
            self.by_token.setdefault("CONNECT " + str(record.get("url")), []).append(record)
        # What carries no token, a site file, is found by its URL.
        self.by_token.setdefault(token or "=%s" % record.get("url"), []).append(record)

    def _validate(self, name, printed):
        for error in self.validator.iter_errors(printed) if self.validator else ():
            where = "/".join(str(p) for p in error.path)
            self.bad.append("%s: schema: %s: %s" % (name, where, error.message[:200]))
            break

    def of(self, token):
        self.refresh()
        with self.lock:
            return list(self.by_token.get(token, []))

    def wait(self, token, wanted, seconds):
        """The records of `token` once `wanted(records)` holds, and whether that
        was so at once."""
        end = time.monotonic() + sanitizer.patience * seconds
        found = self.of(token)
        at_once = wanted(found)
        while not wanted(found) and time.monotonic() < end:
            time.sleep(0.05)
            found = self.of(token)
        return found, at_once

    def forget_read(self, folder):
        """Goes on in another folder, with the same schema."""
        with self.lock:
            self.folder = folder
            self.offsets = {}
            self.segments = {}
