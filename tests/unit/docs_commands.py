# SPDX-License-Identifier: Apache-2.0
"""Reads pages in Markdown and says what a reader who follows them would stumble over: a command or option
of ours that the programs' own --help does not have, an option without its value, a link to a file or heading
that is not there. A line of TAP for each page, and how much was looked at.

    docs_commands.py BUILD SOURCES PAGE..."""
import functools
import os
import re
import shlex
import subprocess
import sys
import unicodedata

BUILD, SOURCES = sys.argv[1:3]
PROGRAMS = {name: os.path.join(BUILD, name) for name in ("optout", "optoutd", "optout-ship")}
if not os.path.exists(PROGRAMS["optout-ship"]):  # librdkafka was not there
    del PROGRAMS["optout-ship"]
PROGRAMS["./start"] = os.path.join(SOURCES, "start")
# What may stand before a command: operators, a prompt, words of the shell and programs that run others.
OPERATORS = {"|", "||", "&", "&&", ";", "(", "{", "!", "$", "do", "then", "else", "if", "while", "until"}
RUNNERS = {"sudo", "nice", "exec", "time", "root", "--"}  # root: in a crontab
OPTION = re.compile(r"(?:^ +|, )(?:(-[A-Za-z0-9]), )?(--[a-z][a-z-]*)(\[=[^ ]*| [^ ,]+)?")
PLACEHOLDER = re.compile(r"^(?:…|\.\.\.|[A-Z][A-Z0-9_-]*|\[.*|<.*)$")


# ---- what the programs say ----

@functools.lru_cache(maxsize=None)
def help_of(program, *words):
    done = subprocess.run([PROGRAMS[program], *words, "--help"], stdin=subprocess.DEVNULL, timeout=20,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(words)} --help fails: {done.stderr}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def options_of(program, *words):
    """{option: whether a value must follow it}"""
    text = help_of(program, *words)
    if program == "./start":  # "./start up [--port N]"
        return {name: bool(value) for name, value in re.findall(r"(--[a-z]+)( [A-Z]+)?", text)} | {"-h": False}
    options = {}
    for line in text.splitlines():
        found = OPTION.match(line)
        while found:
            short, name, value = found.groups()
            options |= {o: bool(value) and value[0] == " " for o in (short, name) if o}
            found = OPTION.match(line, found.end())  # "--purpose LIST, --profile NAME"
    return options


@functools.lru_cache(maxsize=None)
def commands_of(program, *words):
    text = help_of(program, *words)
    if program == "./start":
        return set() if words else set(re.findall(r"^ +\./start ([a-z]+)", text, re.M))
    if not words:
        return set(re.findall(r"^  ([a-z]+) ", text.partition("Commands:")[2].partition("Options:")[0], re.M))
    return set(re.findall(rf"^(?:Usage:|  or:)? *{program} {words[0]} ([a-z]+)", text, re.M)) if len(words) == 1 else set()


def fault_of(program, arguments, whole):
    """What is wrong with a command, or None. Of one that is not WHOLE, words may be missing at the end."""
    words = []
    while commands := commands_of(program, *words):
        if not arguments or arguments[0].startswith("-") or PLACEHOLDER.match(arguments[0]):
            if whole and program == "optout" and not {"-h", "--help", "--version"} & set(arguments):
                return "a command is missing"
            break
        if program == "./start" and words:
            break
        known = [w for w in re.split(r"[|/]", arguments[0]) if w not in commands]
        if known:
            return f"there is no command {' '.join([program, *words, known[0]])}"
        words.append(re.split(r"[|/]", arguments[0])[0])
        arguments = arguments[1:]
    asked = () if program == "./start" else words
    options = options_of(program, *asked)
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            continue
        name, equals, _ = word.partition("=")
        if name not in options and not word.startswith("--"):  # -cFILE, -qv
            name, equals = word[:2], word[2:]
        if name not in options:
            return f"{' '.join([program, *words])} has no option {name}"
        if options[name] and not equals and next(rest, None) is None and whole:
            return f"{name} needs a value"
    return None


# ---- what a page shows ----

def lines_of(text):
    """(number, line, whether it is code) of a page, continued lines joined."""
    fence, joined, first = None, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"^ *(```|~~~)", line)
        if mark and fence in (None, mark.group(1)):
            fence = None if fence else mark.group(1)
            continue
        code = bool(fence) or line.startswith("    ")
        if code and line.endswith("\\"):
            joined, first = joined + line[:-1], first or number
            continue
        yield first or number, joined + line, code
        joined, first = "", 0


def calls(line):
    """(program, arguments) of each of our commands in a line of the shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.commenters = ""
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:  # no line of the shell
        words = line.replace("'", " ").replace('"', " ").split()
    before, at = None, 0
    while at < len(words):
        word = words[at]
        name = word if word in PROGRAMS else os.path.basename(word)
        runner = before in RUNNERS or before is None or before in OPERATORS or re.match(r"^[A-Z_]+=", before)
        if name not in PROGRAMS or not runner:
            if " " in word:  # sh -c '...'
                yield from calls(word)
            before, at = word, at + 1
            continue
        arguments, at = [], at + 1
        while at < len(words) and not re.match(r"^[();|&]+$", words[at]) and not words[at].startswith("#"):
            if re.match(r"^[<>&]+$", words[at]):  # and the file behind it
                at += 1
                if arguments and arguments[-1].isdigit():
                    arguments.pop()
            else:
                arguments.append(words[at])
            at += 1
        yield name, arguments
        before = None


def slug(heading):
    """The anchor that a heading has on GitHub."""
    heading = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", heading.strip().rstrip("#").strip())
    kept = (c for c in heading.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN")
    return re.sub(r"(?<=[^\w])_|_(?=[^\w]|$)", "", "".join(kept)).replace(" ", "-")


@functools.lru_cache(maxsize=None)
def anchors_of(path):
    found, seen = set(), {}
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for _, line, code in lines_of(text):
        if not code and (heading := re.match(r"^#{1,6} (.*)", line)):
            name = slug(heading.group(1))
            found.add(f"{name}-{seen[name]}" if name in seen else name)
            seen[name] = seen.get(name, 0) + 1
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def link_fault(page, target):
    path, _, anchor = target.partition("#")
    there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not os.path.exists(there):
        return f"there is no {path}"
    if anchor and there.endswith(".md") and anchor not in anchors_of(there):
        return f"{path or 'the page'} has no heading #{anchor}"
    return None


def parts_of(text):
    """(number, part, whether it is code) of a page: lines of code, and paragraphs, in which a span may go on."""
    start, paragraph = 0, []
    for number, line, code in lines_of(text):
        if paragraph and (code or not line.strip()):
            yield start, "\n".join(paragraph), False
            paragraph = []
        if code:
            yield number, line, True
        elif line.strip():
            start = start if paragraph else number
            paragraph.append(line)
    if paragraph:
        yield start, "\n".join(paragraph), False


def look_at(page):
    """(faults, commands, links) of a page."""
    with open(page, encoding="utf-8") as f:
        text = f.read()
    faults, commands, links = [], 0, 0
    for number, part, code in parts_of(text):
        spans = [(0, part)] if code else [(m.start(), m.group(1)) for m in re.finditer(r"`([^`]+)`", part)]
        for at, span in spans:
            for program, arguments in calls(span.replace("\n", " ")):
                commands += bool(arguments)
                if fault := fault_of(program, arguments, code):
                    faults.append(f"line {number + part.count(chr(10), 0, at)}: {fault}")
        if code:
            continue
        prose = re.sub(r"`[^`]*`", lambda m: "\n" * m.group().count("\n"), part)
        for link in re.finditer(r"\]\(([^)\s]+)\)", prose):
            if not re.match(r"^[a-z]+:", link.group(1)):
                links += 1
                if fault := link_fault(page, link.group(1)):
                    faults.append(f"line {number + prose.count(chr(10), 0, link.start())}: {fault}")
    return faults, commands, links


def main():
    commands = links = wrong = 0
    for number, page in enumerate(sys.argv[3:], 1):
        faults, here, linked = look_at(page)
        commands, links, wrong = commands + here, links + linked, wrong + bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {os.path.relpath(page, SOURCES)}")
        for fault in faults:
            print(f"# {fault}")
    print(f"# looked at: {commands} commands, {links} links")
    return 1 if wrong else 0


sys.exit(main())
