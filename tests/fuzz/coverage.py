# SPDX-License-Identifier: Apache-2.0
"""Lines that fuzz targets reach, from `llvm-cov export -summary-only` on standard input: a line
for each folder, and those files of it that are reached least."""
import collections
import json
import os
import sys

WORST = 80          # percent; files below it are named
# They talk to disks, to the daemon and to other processes, or count; other code brings them along, and
# no target is meant to reach them.
NO_PARSERS = {"audit/segment.c", "audit/segment_file.c", "core/file.c", "doctor/command.c",
              "doctor/redis.c", "doctor/wire.c", "metrics/metrics.c", "policy/board.c",
              "verdict/evidence.c", "verdict/remember.c", "verdict/sites.c", "verdict/terms.c",
              "verdict/url_set.c"} | {
    "site/%s.c" % name for name in
    ("learn", "message_client", "site", "store", "store_folder", "store_guard", "store_kept",
     "store_key", "store_open", "store_originals", "store_pages", "store_repair", "store_write")}


def main():
    top = sys.argv[1] + "/module/"
    files = {}
    for f in json.load(sys.stdin)["data"][0]["files"]:
        name = os.path.normpath(f["filename"])
        lines = f["summary"]["lines"]
        if not name.startswith(top) or name[len(top):] in NO_PARSERS:
            continue
        if name.endswith(".c") and lines["count"]:
            files[name[len(top):]] = (lines["covered"], lines["count"])
    folders = collections.defaultdict(dict)
    for name, counts in files.items():
        folders[os.path.dirname(name)][os.path.basename(name)] = counts
    print("Lines of module/ that the fuzz targets reach, by `make fuzz-coverage`. What no target\n"
          "is meant to reach (servers, disks, the command line) is left out.\n")
    print("%-20s %6s %6s %5s" % ("folder", "lines", "met", "%"))
    for folder in sorted(folders):
        met = sum(c for c, _ in folders[folder].values())
        lines = sum(n for _, n in folders[folder].values())
        print("%-20s %6d %6d %5.1f" % (folder, lines, met, 100 * met / lines))
        for name, (c, n) in sorted(folders[folder].items(), key=lambda i: i[1][0] / i[1][1]):
            if 100 * c / n < WORST:
                print("    %-28s %4d of %4d, %.1f %%" % (name, c, n, 100 * c / n))
    met, lines = (sum(v[i] for v in files.values()) for i in (0, 1))
    print("%-20s %6d %6d %5.1f" % ("all", lines, met, 100 * met / lines))


main()
