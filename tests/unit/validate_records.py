#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds audit records of version 2 against docs/audit-record.schema.json.

Usage: validate_records.py [--schema FILE] FILE...

Each line is looked at by itself: that a segment holds what its records refer to, `optout audit cat`
tells. For version 1, name docs/audit-record-1.schema.json. What is compressed is not read.

Exit status: 0 every line is a valid record, 1 some are not or there are none,
77 python3-jsonschema is missing.
"""
import argparse
import json
import os
import sys

ERRORS_SHOWN = 10


def no_duplicates(pairs):
    """A key that is there twice would hide its first value."""
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("duplicate key in %s" % keys)
    return dict(pairs)


def problems(raw, validator):
    """What is wrong with one line, as texts."""
    if not raw.endswith(b"\n"):
        return ["no LF at the end"]
    try:
        record = json.loads(raw.decode("utf-8"), object_pairs_hook=no_duplicates)
    except ValueError as e:
        return [str(e)]
    return ["%s: %s" % ("/".join(map(str, e.absolute_path)) or "record", e.message)
            for e in validator.iter_errors(record)]


def main():
    here = os.path.dirname(os.path.realpath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schema", help="another, such as docs/audit-record-1.schema.json",
                        default=os.path.join(here, "..", "..", "docs", "audit-record.schema.json"))
    parser.add_argument("files", nargs="+", metavar="FILE", help="segments, not compressed")
    args = parser.parse_args()
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("SKIPPED, NOTHING WAS VALIDATED: python3-jsonschema (4.0 or later) is missing. "
              "On Debian: apt-get install python3-jsonschema", file=sys.stderr)
        return 77
    with open(args.schema, encoding="utf-8") as f:
        schema = json.load(f)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    lines = bad = shown = 0
    for name in args.files:
        with open(name, "rb") as f:
            for number, raw in enumerate(f, 1):
                lines += 1
                found = problems(raw, validator)
                bad += bool(found)
                for text in found[:max(0, ERRORS_SHOWN - shown)]:
                    print("%s:%d: %s" % (name, number, text))
                    shown += 1
    print("%d records, %d invalid" % (lines, bad))
    return 1 if bad or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
