# SPDX-License-Identifier: Apache-2.0
"""Reads the tables of docs/failures.md, or of docs/security.md: each row must name its tests, and all that a row names must be
there. One line of TAP for each row.

    failures_table.py SOURCES [TABLE]"""
import glob
import os
import re
import sys

SOURCES = sys.argv[1]
TABLE = sys.argv[2] if len(sys.argv) > 2 else os.path.join(SOURCES, "docs/failures.md")
HEADS = [[a, b, "Done in", "Shown by"] for a, b in (("When", "Then"), ("Attack", "What stops it"),
                                                    ("Secret", "What keeps it"))]
PROGRAM = re.compile(r"^(test_[a-z0-9_]+)(\.sh)?: (.+)$")
HTTPS = re.compile(r"^https: ([a-z_]+(?:, [a-z_]+)*)$")
MACHINE = re.compile(r"^machine: (.+)$")
FILE = re.compile(r"^([A-Za-z0-9_/*-]+\.[a-z]+)(?:: (.+))?$")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def rows(text):
    """(line number, cells) of each row; tables begin with one of HEADS."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        cells = [c.strip() for c in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells in HEADS:
            inside = True
        elif not cells:
            inside = False
        elif inside and not re.match(r"^-+$", cells[0]):
            yield number, cells


def shell_texts(name):
    """What may print the name of a case: the script and the programs of ours that it runs."""
    script = read(os.path.join(SOURCES, "tests/unit", name))
    others = set(re.findall(r"[a-z_]+\.py", script))
    paths = [os.path.join(SOURCES, "tests/unit", o) for o in others]
    return [script] + [read(p) for p in paths if os.path.exists(p)]


def is_case(text, case):
    """It is handed to a macro that makes a test of it, or stands in a row of them."""
    return re.search(r"\b\w+\((?:test_)?%s\s*[,)]|\.test_func = %s\b" % (case, case), text)


def no_test(item):
    """Why `item` names no test, or None."""
    if re.match(r"^[a-z0-9-]+\.scn$", item):
        path = os.path.join(SOURCES, "tests/integration/scenarios", item)
        return None if os.path.exists(path) else "there is no scenario %s" % item
    m = HTTPS.match(item)
    if m:
        text = "".join(read(p) for p in glob.glob(os.path.join(SOURCES, "tests/https/cases*.py")))
        missing = [c for c in m.group(1).split(", ")
                   if not re.search(r"[\[ ]%s[,\]]" % c, text) or "def %s(" % c not in text]
        return "tests/https has no case %s" % ", ".join(missing) if missing else None
    m = MACHINE.match(item)
    if m:
        found = 'check "%s"' % m.group(1) in read(os.path.join(SOURCES, "tests/packages/in_machine"))
        return None if found else "tests/packages/in_machine has no check %s" % m.group(1)
    m = re.match(r'^overload: "(.+)"$', item)
    if m:
        found = '"%s"' % m.group(1) in read(os.path.join(SOURCES, "tests/bench/overload"))
        return None if found else "tests/bench/overload has no case %s" % m.group(1)
    m = PROGRAM.match(item)
    if not m:
        return "%s is neither a scenario nor a case" % item
    name = m.group(1) + (m.group(2) or ".c")
    if not os.path.exists(os.path.join(SOURCES, "tests/unit", name)):
        return "there is no tests/unit/%s" % name
    if m.group(2):
        found = any(m.group(3) in text for text in shell_texts(name))
        return None if found else "%s does not print: %s" % (name, m.group(3))
    text = read(os.path.join(SOURCES, "tests/unit", name))
    missing = [c for c in m.group(3).split(", ") if not is_case(text, c)]
    return "%s has no case %s" % (name, ", ".join(missing)) if missing else None


def no_place(item):
    """Why `item` names no code, or None. What names no file of ours is prose."""
    m = FILE.match(item)
    if not m:
        return None
    folders = ["module/", "module/**/", ""]
    paths = [p for f in folders for p in glob.glob(os.path.join(SOURCES, f, m.group(1)), recursive=True)]
    if not paths:
        return "there is no file %s" % m.group(1)
    for function in (m.group(2) or "").split(", "):
        if function and not any(re.search(r"\b%s\(" % function, read(p)) for p in paths):
            return "%s has no function %s" % (m.group(1), function)
    return None


def wrong(cells):
    if len(cells) != 4 or not all(cells):
        return ["this row has no four cells"]
    tests = re.findall(r"`([^`]+)`", cells[3])
    found = [no_test(t) for t in tests] + [no_place(p) for p in re.findall(r"`([^`]+)`", cells[2])]
    return [w for w in found if w] + ([] if tests else ["this row names no test"])


def main():
    table = list(rows(read(TABLE)))
    failed = 0
    for i, (number, cells) in enumerate(table, 1):
        why = wrong(cells)
        failed += bool(why)
        print("%sok %d - %s" % ("not " if why else "", i, cells[0].replace("#", "")))
        for w in why:
            print("# line %d: %s" % (number, w))
    print("1..%d" % len(table))
    return 1 if failed or not table else 0


sys.exit(main())
