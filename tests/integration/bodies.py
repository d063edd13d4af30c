# SPDX-License-Identifier: Apache-2.0
"""Bodies that scenarios ask for by a short recipe.

    html 65536 reserve=end         a page of exactly that many bytes
    html 65536 noai=40000          the same with a robots noai at that offset
    prose 65536 reserve=end        the same, of words that do not compress so well
    bytes 5000                     bytes without meaning, the same in each run
    zeros 1MB                      a body of NULs
    media jpeg plus=DMI-PROHIBITED a file of that format: see media.py
    text                           what stands below the head, as it is
    … | gzip | gzip-members 3 | deflate | raw-deflate | br | zstd
    … | flip 500 | keep 1000       damage a byte, keep only the first bytes
    … | append media epub tdm=1    another body behind it
    … | inside tar                 a container around it: see containers.py
    … | inside zip photo.jpg       under that name; of parts and WARC: inside warc photo.jpg image/jpeg
"""
import functools
import gzip
import random
import re
import zlib

import containers
import media

try:
    import brotli
except ImportError:
    brotli = None
try:
    import zstandard
except ImportError:
    zstandard = None

UNITS = {"": 1, "B": 1, "KB": 1000, "KIB": 1024, "MB": 1000 ** 2, "MIB": 1024 ** 2}
STATEMENTS = {
    "reserve": b'<meta name="tdm-reservation" content="1">',
    "noai": b'<meta name="robots" content="noai">',
    "allow": b'<meta name="tdm-reservation" content="0">',
}
HEAD = b"<!DOCTYPE html><html><head><title>A page</title></head><body>\n"
PARAGRAPH = b"<p>The quick brown fox jumps over the lazy dog, again and again.</p>\n"


class BadRecipe(ValueError):
    pass


def number(text):
    """"65536", "65,536", "48KiB", "1MB" as bytes."""
    m = re.fullmatch(r"([\d.]+)([A-Za-z]*)", text.replace(",", "").replace("_", ""))
    if not m or m.group(2).upper() not in UNITS:
        raise BadRecipe("not a number of bytes: %r" % text)
    return int(float(m.group(1)) * UNITS[m.group(2).upper()])


def _fill(n):
    return (PARAGRAPH * (n // len(PARAGRAPH) + 1))[:n]


def _prose(n):
    words = random.Random(11).randbytes(n // 2 + 1).hex().encode()
    return b"\n".join(words[i:i + 63] for i in range(0, len(words), 63))[:n]


def html(size, placed, fill=_fill):
    """A page of `size` bytes; `placed` lists (statement, offset or 'start' or 'end')."""
    if size < len(HEAD) and not placed:
        return b"x" * size
    page = bytearray(HEAD[:size] + fill(max(0, size - len(HEAD))))
    for name, where in placed:
        tag = STATEMENTS[name]
        at = {"start": 30, "end": size - len(tag)}.get(where)
        if at is None:
            at = number(where)
        if at < 0 or at + len(tag) > size:
            raise BadRecipe("%s at %s does not fit into %d bytes" % (name, where, size))
        if where == "start":
            page[:len(HEAD)] = b"<!DOCTYPE html><html><head>" + tag + b"</head><body>\n"
            page = page[:size] if len(page) >= size else page + fill(size - len(page))
            continue
        # A paragraph must not be left half open by the tag: "<p" would swallow it.
        begin = bytes(page).rfind(b"\n", 0, at) + 1
        page[begin:at] = b"." * (at - begin)
        page[at:at + len(tag)] = tag
        end = bytes(page).find(b"\n", at + len(tag))
        if end > 0:
            page[at + len(tag):end] = b"." * (end - at - len(tag))
    return bytes(page)


def _code(data, step, args):
    if step == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if step == "gzip-members":
        parts = int(args[0])
        size = len(data) // parts + 1
        return b"".join(gzip.compress(data[i:i + size], 6, mtime=0)
                        for i in range(0, len(data), size))
    if step == "deflate":
        return zlib.compress(data)
    if step == "raw-deflate":
        c = zlib.compressobj(wbits=-15)
        return c.compress(data) + c.flush()
    if step == "br":
        return brotli.compress(data, quality=4)
    if step == "zstd":
        return zstandard.ZstdCompressor().compress(data)
    if step == "flip":
        at = number(args[0])
        return data[:at] + bytes([data[at] ^ 0xff]) + data[at + 1:]
    if step == "keep":
        return data[:number(args[0])]
    if step == "append":
        return data + _first(args[0], args[1:], b"")
    if step == "inside":
        made = containers.make(args[0], data, *args[1:])
        if made is not None:
            return made
    raise BadRecipe("no such step: %r" % step)


def _first(kind, args, text):
    if kind == "text":
        return text
    if kind in ("html", "prose"):
        placed = [tuple(a.split("=", 1)) for a in args[1:]]
        return html(number(args[0]), placed, _fill if kind == "html" else _prose)
    if kind == "bytes":
        return random.Random(7).randbytes(number(args[0]))
    if kind == "media":
        return media.make(args, number)
    if kind == "zeros":
        return bytes(number(args[0]))
    raise BadRecipe("no such body: %r" % kind)


@functools.lru_cache(maxsize=8)
def make(recipe, text=b""):
    """The bytes that a recipe describes."""
    first, *steps = [part.split() for part in recipe.split("|")]
    data = _first(first[0], first[1:], text)
    for step in steps:
        data = _code(data, step[0], step[1:])
    return data


def missing(recipe):
    """The Debian package a recipe needs and this machine lacks, or None."""
    if brotli is None and re.search(r"\| *br\b", recipe):
        return "python3-brotli"
    if zstandard is None and re.search(r"\| *zstd\b", recipe):
        return "python3-zstandard"
    return None
