# SPDX-License-Identifier: Apache-2.0
"""The lines of `optout warc` on standard input, shortened to what tests compare."""
import json
import sys

for line in sys.stdin:
    r = json.loads(line)
    where = "%s+%s" % (r.get("offset", ""), r.get("length", ""))
    if r["event"] == "damage":
        print("damage", where, r["damage"])
    elif r["event"] == "file":
        print("file", r["form"], "alone" if r["record_at_a_time"] else "not-record-at-a-time",
              r["records"], r["judged"], *("%s=%d" % s for s in sorted(r["skipped"].items())))
    else:
        words = [r["url"].rpartition("/")[2], r["type"], str(r["status"]), r["decision"]]
        words += ["(%s)" % ",".join(r["undecided_all"])] if r["undecided_all"] else []
        words += r.get("notes", [])
        words += ["%s:%s" % (k, r[k]) for k in ("block_digest", "payload_digest", "damage") if k in r]
        print("record", *(["null"] if r["offset"] is None else []), *words)
