# SPDX-License-Identifier: Apache-2.0
"""A record of the log as it reads once what was left out and what it refers to are filled
in: by docs/audit-format.md alone, so that the tests read what an outsider would."""

ABSENT = {"event": "final", "vector": "respmod", "agent": None, "transaction": None,
          "method": "GET", "url": None, "media_type": None, "seen": 0,
          "sha256": None, "inspected": None, "decision": None,
          "mode": "enforce", "undecided": [], "usage": {}, "signals": [], "conflicts": [],
          "contact": None}
SIGNAL_ABSENT = {"agent": None, "place": None, "preferences": {}, "confidence": "exact",
                 "url": None, "image": None, "page": None, "note": None, "deciding": False}
FILE_ABSENT = {"status": None}


class Missing(ValueError):
    """The segment does not hold what a record refers to."""


class Segment:
    """One segment, read from its beginning."""

    def __init__(self):
        self.references = {}  # event, id -> line

    def take(self, line):
        """The record that the line is, complete; None when it is none."""
        if line.get("event") in ("config", "site"):
            self.references[line["event"], line["id"]] = line
            return None
        if line.get("event") == "gap":
            return {"torn_bytes": 0, "lost": None, **line}
        if line.get("event") == "removed":
            return {"pending": 0, "gaps": 0, "removals": 0, **line}
        return self._complete(line)

    def _of(self, event, name):
        if (event, name) not in self.references:
            raise Missing("%s %s is not in the segment" % (event, name))
        return self.references[event, name]

    def _complete(self, line):
        config = self._of("config", line["config"])
        name = line.get("profile", config["profile"])
        profile = next(p for p in config["profiles"] if p["name"] == name)
        record = {**ABSENT, **line, "node": config["node"], "profile": name,
                  "purpose": profile["purpose"], "config": config["sha256"]}
        record["whole"] = "whole" in line or "sha256" in line
        record.setdefault("length", record["seen"] if record["whole"] else None)
        record.setdefault("status", 200 if record["vector"] == "respmod" else None)
        if record["event"] == "final":
            record.setdefault("action", "pass")
        else:
            record.setdefault("action", None)
        undecided = record["decision"] == "undecided" and record["undecided"]
        record["reason"] = undecided[0] if undecided else None
        record["signals"] = [{**SIGNAL_ABSENT, **s} for s in record["signals"]]
        record["site_files"] = [f for s in record.pop("site", []) for f in self._files(s)]
        return record

    def _files(self, site):
        lines = {r["file"]: r["line"] for r in site.get("rules", [])}
        for file in self._of("site", site["id"])["bundle"]["files"]:
            file = {**FILE_ABSENT, **file}
            if file["file"] in lines:
                file["line"] = lines[file["file"]]
            if file["file"] in site.get("stale", []):
                file["stale"] = True
            yield file
