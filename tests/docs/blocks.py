# SPDX-License-Identifier: Apache-2.0
"""The blocks of a page: what is indented by four or stands in a fence in Markdown, and what is
literal in the EXAMPLES of a man page."""
import re
from dataclasses import dataclass


@dataclass
class Block:
    page: str
    line: int
    text: str
    language: str = ""   # of a fence
    mark: str = ""       # of a remark right before it, `<!-- run: tunnels -->`

    @property
    def place(self):
        return "%s:%d" % (self.page, self.line)


def of_markdown(page, text):
    lines, blocks, at, border, mark = text.split("\n"), [], 0, True, ""
    while at < len(lines):
        line, first = lines[at], at
        fence = re.match(r" *(```|~~~)(\S*)", line)
        if fence:
            at += 1
            while not lines[at].lstrip().startswith(fence.group(1)):
                at += 1
            blocks.append(Block(page, first + 2, "\n".join(lines[first + 1:at]), fence.group(2), mark))
            at, border, mark = at + 1, True, ""
        elif border and line.startswith("    "):
            while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
                at += 1
            body = "\n".join(x[4:] for x in lines[first:at]).rstrip()
            blocks.append(Block(page, first + 1, body, "", mark))
            border, mark = True, ""
        else:
            remark = re.fullmatch(r"<!-- (.*) -->", line)
            if remark or line.strip():
                mark = remark.group(1) if remark else ""
            border = bool(remark) or not line.strip()
            at += 1
    return blocks


def of_man(page, text):
    examples = re.search(r"(?ms)^\.Sh EXAMPLES$(.*?)^\.Sh ", text)
    if not examples:
        return []
    blocks = []
    for literal in re.finditer(r"(?ms)^\.Bd -literal.*?\n(.*?)\n\.Ed$", examples.group(1)):
        line = text.count("\n", 0, examples.start(1) + literal.start(1)) + 1
        body = literal.group(1).replace(r"\e", "\\").replace(r"\&", "").replace(r"\-", "-")
        blocks.append(Block(page, line, body))
    return blocks


def of_page(page, text):
    return of_markdown(page, text) if page.endswith(".md") else of_man(page, text)
