# SPDX-License-Identifier: Apache-2.0
"""Reads scenario files. See README for the format."""
import copy
import itertools
import os
import re

import bodies
from origin import Answer

TOP_KEYS = {"config", "set", "needs", "each", "long", "timeout", "connection", "alone"}


class ScenarioError(Exception):
    pass


class OriginSpec:
    def __init__(self, lines):
        text = "\n".join(lines)
        head, _, body = text.partition("\n\n")
        self.head = [line.encode() for line in head.split("\n") if line]
        self.text = body.encode()
        self.recipe = "text"
        self.options = {}

    def body(self):
        return bodies.make(self.recipe, self.text)

    def answer(self):
        return Answer(self.head, self.body(), **self.options)


class Step:
    """One request with what is expected of it, or one action of the harness."""

    def __init__(self, line, origin, action=None):
        self.line = line
        self.headers = []
        self.origin = origin
        self.client = "raw"
        self.profile = ""
        self.icap = None          # (first line, option lines) of a raw ICAP exchange
        self.expect = []
        self.records = []         # (qualifier, lines)
        self.replay = ""          # why the tool cannot say what the proxy decided
        self.action = action


class Case:
    """One line of TAP: a scenario file with its variables filled in."""

    def __init__(self, name, intent):
        self.name = name
        self.intent = intent
        self.config = "default"
        self.sets = {"full"}
        self.needs = []
        self.timeout = 30.0
        self.connection = ""
        self.alone = False
        self.steps = []
        self.recipes = []
        self.replay = ""          # the same of what procedures ask for


def _sections(text, where):
    """(key, value, indented lines) of a scenario, in order."""
    found = []
    for number, line in enumerate(text.split("\n")[1:], 2):
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "") and (found or not line.strip()):
            if found:
                found[-1][2].append(line[2:] if line.strip() else "")
            continue
        key, colon, value = line.partition(":")
        if not colon:
            raise ScenarioError("%s:%d: neither a section nor indented: %r" % (where, number, line))
        found.append((key.strip(), value.strip(), []))
    for _, _, lines in found:
        while lines and not lines[-1]:
            lines.pop()
    return found


def _send_options(value):
    """`send: chunked rate=100KB abort-at=5000 fin` as arguments of Answer."""
    options = {}
    for word in value.split():
        name, _, v = word.partition("=")
        if name in ("length", "chunked", "close"):
            options["framing"] = name
            if v:
                options["chunk"] = bodies.number(v)
        elif name == "rate":
            options["rate"] = bodies.number(v)
        elif name == "abort-at":
            options["abort_at"] = bodies.number(v)
        elif name in ("rst", "fin"):
            options["abort"] = name
        elif name == "announce":
            options["announce"] = bodies.number(v)
        elif name == "pause-at":
            options["pause_at"] = bodies.number(v)
        elif name == "pause":
            options["pause"] = float(v.rstrip("s"))
        else:
            raise ScenarioError("send: no such word: %r" % word)
    return options


def _parse_top(case, key, value):
    if key == "config":
        case.config = value
    elif key == "set":
        case.sets |= set(value.split())
    elif key == "needs":
        case.needs += [v.strip() for v in value.split(",")]
    elif key == "timeout":
        case.timeout = float(value.rstrip("s"))
    elif key == "connection":
        if value not in ("keep-alive", "pipelined"):
            raise ScenarioError("connection: %r" % value)
        case.connection = value
    elif key == "alone":
        case.alone = value == "yes"


def _parse_case(name, intent, text, where):
    case = Case(name, intent)
    origin, used, step = None, False, None
    icap = None
    for key, value, lines in _sections(text, where):
        if key in TOP_KEYS:
            _parse_top(case, key, value)
        elif key == "origin":
            origin, used = OriginSpec(lines), False
        elif key in ("body", "send"):
            if origin is None:
                raise ScenarioError("%s: %s before origin" % (where, key))
            if used:
                origin, used = copy.copy(origin), False
            if key == "body":
                origin.recipe = value
                case.recipes.append(value)
            else:
                origin.options = _send_options(value)
        elif key == "icap":
            icap = (value, lines)
        elif key == "request":
            step = Step(value, origin)
            step.headers = lines
            step.icap, icap = icap, None
            used = True
            case.steps.append(step)
        elif key in ("do", "site"):
            step = Step(value, origin, value if key == "do" else "site " + value)
            step.headers = lines
            used = True
            case.steps.append(step)
        elif key == "replay":
            word, _, reason = value.partition(" ")
            if word != "no" or not reason:
                raise ScenarioError("%s: replay: %r" % (where, value))
            for one in [step] if step else [case]:
                one.replay = reason
        elif step is None:
            raise ScenarioError("%s: %s before any request" % (where, key))
        elif key in ("client", "profile"):
            setattr(step, key, value)
        elif key == "expect":
            step.expect += lines
        elif key.split()[0] == "record":
            step.records.append((key[6:].strip(), lines))
        else:
            raise ScenarioError("%s: no such section: %r" % (where, key))
    return case


def _variables(text, where, long):
    """The combinations that the `each:` lines of a scenario ask for; a `long:` line takes
    the place of the `each:` line for the same variables in the long set."""
    lines = {}
    for key, line in re.findall(r"(?m)^(each|long):(.*)$", text):
        names, _, values = line.partition("=")
        names = tuple(names.split())
        if key == "long" and names not in lines:
            raise ScenarioError("%s: long: no each: for %s before it" % (where, " ".join(names)))
        if key == "each" or long:
            lines[names] = values
    axes = []
    for names, values in lines.items():
        rows = [row.split() for row in values.split(",")]
        for row in rows:
            if len(row) != len(names):
                raise ScenarioError("%s: each: %r needs %d words" % (where, row, len(names)))
        axes.append([list(zip(names, row)) for row in rows])
    for combination in itertools.product(*axes):
        yield [pair for row in combination for pair in row]


def load(path, long=False):
    """Every case of one scenario file."""
    name = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="utf-8") as f:
        text = f.read()
    first = text.split("\n", 1)[0]
    if not first.startswith("# "):
        raise ScenarioError("%s: the first line must say what it is about" % path)
    cases = []
    for pairs in _variables(text, path, long):
        filled = text
        for variable, value in sorted(pairs, key=lambda p: -len(p[0])):
            filled = filled.replace("$" + variable, value)
        full = name
        if pairs:
            full += "[%s]" % ",".join(value for _, value in pairs)
        intent = filled.split("\n", 1)[0][2:].strip()
        try:
            cases.append(_parse_case(full, intent, filled, path))
        except (bodies.BadRecipe, ValueError) as e:
            raise ScenarioError("%s: %s" % (path, e)) from e
    return cases


def load_all(folder, long=False):
    cases = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".scn"):
            cases += load(os.path.join(folder, name), long)
    return cases
