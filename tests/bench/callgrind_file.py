# SPDX-License-Identifier: Apache-2.0
"""Reads what callgrind writes: instructions of each function, by itself and with all that it
calls.

callgrind_annotate is not used: of counts that were begun anew while functions were running, as
those of a server's threads always are, it makes the outermost one the only one."""
import re
from collections import defaultdict

NAME = re.compile(r"\((\d+)\)(?: (.*))?")
COST = re.compile(r"(?:[+-]?\d+|\*) (\d+)$")


class Profile:
    """`own` and `whole` by (function, object), for each of so many exchanges. What a function
    that calls itself costs is in its `whole` more than once."""

    def __init__(self, path, exchanges):
        self.own, self.whole = defaultdict(int), defaultdict(int)
        self.names = {"fn": {}, "ob": {}}
        with open(path, errors="replace") as f:
            self.read(f)
        for costs in (self.own, self.whole):
            for key in costs:
                costs[key] /= exchanges

    def name(self, kind, text):
        """Names are written once and referred to by number afterwards."""
        found = NAME.match(text)
        if not found:
            return text
        if found[2]:
            self.names[kind][found[1]] = found[2]
        return self.names[kind].get(found[1], text)

    def read(self, lines):
        at, obj, called = None, "", False
        for line in lines:
            key, _, value = line.rstrip("\n").partition("=")
            if key in ("fn", "cfn"):
                function = self.name("fn", value)
                if key == "fn":
                    at = (re.sub(r"'\d+$", "", function), obj)
            elif key in ("ob", "cob"):
                name = self.name("ob", value)
                if key == "ob":
                    obj = name
            elif key == "calls":
                called = True
            elif at and (found := COST.match(line.rstrip())):
                self.whole[at] += int(found[1])
                if not called:
                    self.own[at] += int(found[1])
                called = False

    def total(self):
        return sum(self.own.values())
