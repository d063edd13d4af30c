# SPDX-License-Identifier: Apache-2.0
"""Containers around a body, for scenarios: "html 3000 noai=100 | inside tar"."""
import base64
import io
import tarfile
import zipfile

CLEAN = b"<!DOCTYPE html><html><head><title>Another</title></head><body>Words.</body></html>\n"
BOUNDARY = b"----=_next.part"
TIME = (2026, 1, 1, 0, 0, 0)


def _zip(data, name, how):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("first.html", TIME), CLEAN, zipfile.ZIP_DEFLATED)
        z.writestr(zipfile.ZipInfo(name, TIME), data, how)
    return out.getvalue()


def _tar(data, name):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for n, b in (("first.html", CLEAN), (name, data)):
            info = tarfile.TarInfo(n)
            info.size = len(b)
            t.addfile(info, io.BytesIO(b))
    return out.getvalue()


def _part(kind, data, encode=True):
    head = b"--" + BOUNDARY + b"\r\nContent-Type: " + kind.encode() + b"\r\n"
    if encode:
        head += b"Content-Transfer-Encoding: base64\r\n"
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return head + b"\r\n" + data + b"\r\n"


def _parts(data, kind, root_first, encode):
    parts = [_part(kind, data, encode), _part("text/html", CLEAN, encode)]
    return b"".join(parts if root_first else parts[::-1]) + b"--" + BOUNDARY + b"--\r\n"


def _mhtml(data, kind, root_first=True):
    return (b"From: <Saved by a browser>\r\nSubject: A page\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\""
            + BOUNDARY + b"\"\r\n\r\n" + _parts(data, kind, root_first, True))


def _warc(data, kind, fields=b""):
    def record(what, media, block):
        return (b"WARC/1.1\r\nWARC-Type: %s\r\nWARC-Target-URI: http://elsewhere.test/page\r\n"
                b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n" % (what, media, len(block))
                + block + b"\r\n\r\n")
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind.encode() + b"\r\n" + fields + b"\r\n"
    return (record(b"warcinfo", b"application/warc-fields", b"software: none\r\n")
            + record(b"response", b"application/http;msgtype=response", answer + data))


def make(kind, data, name="page.html", media="text/html"):
    """`data` inside a container of that kind, beside a page that states nothing."""
    makers = {
        "zip": lambda: _zip(data, name, zipfile.ZIP_DEFLATED),
        "zip-stored": lambda: _zip(data, name, zipfile.ZIP_STORED),
        "zip-bzip2": lambda: _zip(data, name, zipfile.ZIP_BZIP2),
        "tar": lambda: _tar(data, name),
        "mhtml": lambda: _mhtml(data, media),
        "mhtml-frame": lambda: _mhtml(data, media, root_first=False),
        "parts": lambda: _parts(data, media, True, False),
        "warc": lambda: _warc(data, media),
        "warc-header": lambda: _warc(data, media, b"X-Robots-Tag: noai\r\n"),
        "sxg": lambda: b"sxg1-b3\0" + data,
    }
    return makers[kind]() if kind in makers else None
