# SPDX-License-Identifier: Apache-2.0
"""Writes the WARC files that test_cli_warc.sh reads, into the current folder. Each says below
what is strange about it; bytes are made here, nothing is taken from anywhere."""
import base64
import gzip
import hashlib
import os
import struct
import subprocess
import sys
import zlib

CLEAR = b"<title>a page</title><p>Something to read."
NOAI = b"<meta name=robots content=noai><p>Not for you."
HTTP = "application/http;msgtype=response"


def record(kind, url, block, media=HTTP, more=(), length=None, end=b"\r\n\r\n", date=1, no=None,
           version="WARC/1.1"):
    record.n += 1
    lines = [version, "WARC-Type: " + kind,
             "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>" % (no or record.n),
             "WARC-Date: 2026-11-%02dT00:00:00Z" % date]
    if url:
        lines.append("WARC-Target-URI: " + url)
    if media:
        lines.append("Content-Type: " + media)
    lines += more
    if length is None:
        length = str(len(block))
    if length != "":
        lines.append("Content-Length: %s" % length)
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + block + end


record.n = 0


def http(body, more=(), line="HTTP/1.1 200 OK", media="text/html", end=b"\r\n\r\n", length=True):
    head = [line] + (["Content-Type: " + media] if media else []) + list(more)
    if length:
        head.append("Content-Length: %d" % len(body))
    return "\r\n".join(head).encode("latin-1") + end + body


def response(name, body=CLEAR, more=(), **kw):
    return record("response", "https://o.example/" + name, http(body, more), **kw)


def write(name, *parts):
    with open(name, "wb") as f:
        f.write(b"".join(parts))


def gz(data, level=6):
    return gzip.compress(data, level, mtime=0)


def chunked(body, size=10, last=b"0\r\n\r\n"):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + last


def digest(name, data, form="32"):
    value = hashlib.new(name.replace("-", ""), data).digest()
    text = {"32": base64.b32encode(value).decode(), "hex": value.hex(),
            "HEX": value.hex().upper(), "64": base64.b64encode(value).decode()}[form]
    return name + ":" + text


def framing():
    three = [response("one"), response("two", NOAI), response("three")]
    empty = gz(b"")
    members = [gz(three[0]), empty, gz(three[1]), gz(three[2])]
    write("w1.warc.gz", *members)
    write("w2.warc.gz", gz(b"".join(three)))
    # a member that ends where a buffer of 512 KiB does, and one byte before and behind it
    for k in (-1, 0, 1):
        size = 0
        pad = os.urandom(524288)
        n = 524288 - 400
        while size != 524288 + k:
            first = gz(record("resource", "https://o.example/pad", pad[:n], "image/gif", no=9), 0)
            size = len(first)
            n += 524288 + k - size
        write("w3%d.warc.gz" % k, first, gz(three[1]), gz(three[2]))
    write("w4zeros.warc.gz", *members, bytes(512))
    write("w4hello.warc.gz", *members, b"hello")
    write("w5.warc.gz", b"".join(members)[:-20])
    second = bytearray(members[2])
    second[len(second) // 2] ^= 0xFF
    write("w6.warc.gz", members[0], bytes(second), members[3])
    nested = b"<p>" + gz(three[1]) + b"\r\n\r\n" + three[1] + b"</p>"
    write("w7.warc", three[0], response("nested", nested), three[2])
    write("w7.warc.gz", gz(three[0]), gz(response("nested", nested), 0), gz(three[2]))
    block = http(NOAI)
    for name, by in (("short", -10), ("long", 500)):
        lied = record("response", "https://o.example/two", block, length=len(block) + by)
        write("w8%s.warc" % name, three[0], lied, three[2])
        write("w8%s.warc.gz" % name, gz(three[0]), gz(lied), gz(three[2]))
    for i, length in enumerate(["", "-5", "18446744073709551616", "12abc", "5\r\nContent-Length: 7"]):
        bad = record("response", "https://o.example/two", block, length=length)
        write("w9%d.warc" % i, three[0], bad, three[2])
        write("w9%d.warc.gz" % i, gz(three[0]), gz(bad), gz(three[2]))
    # sloppy heads
    lf = three[1].partition(b"\r\n\r\n")
    lf = lf[0].replace(b"\r\n", b"\n") + b"\n\n" + lf[2]
    tabs = three[1].replace(b"WARC-Type:", b"WARC-Type\t:").replace(b"Content-Length:", b"Content-Length \t:", 1)
    folded = record("response", "https://o.example/\r\n  folded", block)
    lower = three[1].partition(b"\r\n\r\n")
    lower = lower[0].lower().replace(b"warc/1.1", b"WARC/1.1") + lower[1] + lower[2]
    wide = response("wide").replace(b"WARC-Date", b"X-Wide: " + b"x" * 71680 + b"\r\nWARC-Date", 1)
    json = response("json", NOAI).replace(b"WARC-Date", b"WARC-JSON-Metadata: " + b"x" * 300000 + b"\r\nWARC-Date", 1)
    write("w10.warc", lf, tabs, folded, lower, wide, json)
    write("w10.warc.gz", *map(gz, (lf, tabs, folded, lower, wide, json)))
    write("w11.warc", record("response", "<http://h.example/a b>", block))
    for end in (b"", b"\r\n", b"\n" * 8):
        write("ends%d.warc" % len(end), *[response("r%d" % i, end=end) for i in range(3)])
    garbage = b"this is no record\nand neither is this\n"
    write("garbage.warc", three[0], garbage, three[1], garbage)
    write("garbage.warc.gz", members[0], garbage, members[2], garbage)
    write("filler.warc.gz", members[0], b"\0\0\0", members[2])
    # several members to a record, and several records to a member of a file
    write("spans.warc.gz", gz(three[0]), gz(three[1][:400]), gz(three[1][400:]), gz(three[2]))
    write("mixed.warc.gz", gz(three[0]), gz(three[1] + three[2]), gz(response("four")))
    write("old.warc", b"WARC/0.18" + three[1][8:], b"WARC/1.7" + three[0][8:])
    write("arc.arc", b"filedesc://x.arc 0.0.0.0 20260101000000 text/plain 5\nhello\n")
    write("empty.warc")
    write("empty.warc.gz", empty)
    write("page.html", CLEAR)
    deep = b"\r\n\r\nWARC/1.0\r\nWARC-Type: response\r\n" * 3000
    write("pretends.warc", three[0], record("response", "https://o.example/p", http(deep), length=7), three[2])
    write("hostile.warc", record("response", "https://o.example/h\x1b[31m\x00\xff", http(CLEAR, ["X-Robots-Tag: noai \x1b[2J\xff"])))
    zeros = gz(record("response", "https://o.example/bomb", http(NOAI + bytes(24 << 20))), 9)
    write("bomb.warc.gz", members[0], zeros, members[3])
    with open("sparse.warc", "wb") as f:
        size = 8 << 30
        head = record("response", "https://o.example/sparse", b"", length=size + 45, end=b"")
        f.write(head + b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n\r\n" + b"\0")
        f.truncate(f.tell() + size)
        f.seek(0, 2)
        f.write(b"\r\n\r\n" + three[1])
    with open("many.warc", "wb") as f:
        f.write(b"".join(record("response", "https://o.example/0", b"", no=1) for _ in range(20000)))


def payloads():
    def one(body, more=(), **kw):
        return record("response", "https://o.example/p", http(body, more, length=False), **kw)
    te = ["Transfer-Encoding: chunked"]
    write("w12.warc", one(chunked(NOAI), te), one(NOAI, te), one(chunked(NOAI), ["X-Orig-Transfer-Encoding: chunked"]))
    write("w13.warc", one(b"FFFFFFFFFFFFFFFF\r\n" + NOAI, te), one(chunked(CLEAR, last=b""), te),
          one(chunked(NOAI, last=b"0\r\nX-Trailer: y\r\n\r\n"), te), one(chunked(CLEAR * 20000, 1), te))
    zero = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([zero.compress(bytes(1 << 20)) for _ in range(64)]) + zero.flush()
    write("w14.warc", one(NOAI, ["Content-Encoding: gzip"]),
          one(b"\x1b\x29\x00\xf8\x25\x82\x42\x8c", ["Content-Encoding: br"]),
          one(bomb, ["Content-Encoding: gzip"]),
          one(gz(NOAI), ["Content-Encoding: gzip"]))
    write("w15.warc", one(CLEAR, ["X-Crawler-Content-Encoding: gzip", "X-Crawler-X-Robots-Tag: noai"]))
    xmp = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
           b'<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
           b'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/></rdf:RDF></x:xmpmeta>')
    app1 = b"http://ns.adobe.com/xap/1.0/\0" + xmp
    quiet = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    jpeg = b"\xff\xd8" + quiet + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + b"\xff\xd9"
    image = lambda body, **kw: record("response", "https://o.example/i.jpg", http(body, media="image/jpeg", length=False), **kw)
    write("w16.warc", image(b"\r\n" + jpeg), image(jpeg))
    write("w30.warc", image(jpeg[:20], more=["WARC-Truncated: length"]))
    lines = ["HTTP/2 200", "HTTP/1.1 200", "HTTP/1.1 0 ", "ICY 200 OK"]
    write("w17.warc", *[record("response", "https://o.example/s", http(NOAI, line=l)) for l in lines])
    write("nohead.warc", record("response", "https://o.example/n", b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai"))
    write("short.warc", record("response", "https://o.example/c", http(CLEAR, ["Content-Length: 4000"], length=False)))
    write("head.warc", record("request", "https://o.example/h", b"HEAD / HTTP/1.1\r\nHost: o\r\n\r\n", "application/http;msgtype=request", no=701),
          record("response", "https://o.example/h", http(b"", ["Content-Length: 4000"], length=False), more=["WARC-Concurrent-To: <urn:uuid:00000000-0000-4000-8000-000000000701>"]))


def revisits():
    clean = record("response", "https://o.example/clean", http(CLEAR), no=501,
                   more=["WARC-Payload-Digest: " + digest("sha1", CLEAR)])
    profile = "WARC-Profile: http://netpreserve.org/warc/1.%d/revisit/%s"
    same, not_modified = profile % (1, "identical-payload-digest"), profile % (0, "server-not-modified")
    head = http(b"", ["tdm-reservation: 1"], length=False)
    quiet = http(b"", length=False)
    denied = record("response", "https://o.example/denied", http(NOAI), no=502, date=2,
                    more=["WARC-Payload-Digest: " + digest("sha256", NOAI, "hex")])
    write("w18.warc", clean, denied,
          record("revisit", "https://o.example/clean", head, more=[same, "WARC-Payload-Digest: " + digest("sha1", CLEAR)]),
          record("revisit", "https://o.example/clean", quiet, more=[same, "WARC-Payload-Digest: " + digest("sha1", CLEAR, "hex")]),
          record("revisit", "https://o.example/copy", quiet, more=[same, "WARC-Truncated: length", "WARC-Payload-Digest: " + digest("sha256", NOAI)]),
          record("revisit", "https://o.example/lost", quiet, more=[same, "WARC-Payload-Digest: " + digest("sha1", b"other")]),
          record("revisit", "https://o.example/none", b"", more=[same, "WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000502>"]))
    nm = http(b"", line="HTTP/1.1 304 Not Modified", length=False, media="")
    write("w19.warc", denied,
          record("request", "https://o.example/denied", b"GET / HTTP/1.1\r\n\r\n", "application/http;msgtype=request", no=510),
          record("revisit", "https://o.example/denied", nm, "message/http", more=[not_modified, "WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000510>"]),
          record("revisit", "https://o.example/denied", nm, "message/http", more=[not_modified, "WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000510>",
                 "WARC-Refers-To-Target-URI: https://o.example/denied", "WARC-Refers-To-Date: 2026-11-02T00:00:00Z"]))
    write("w20.warc", record("revisit", "https://o.example/u", http(NOAI), more=["WARC-Profile: http://x.example/mine"]))
    write("later.warc", clean)
    write("earlier.warc", record("revisit", "https://o.example/clean", quiet, more=[same, "WARC-Payload-Digest: " + digest("sha1", CLEAR)]))
    write("wet.warc", denied, record("conversion", "https://o.example/denied", b"Not for you.", "text/plain", more=["WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000502>"]),
          record("conversion", "https://o.example/gone", b"Something.", "text/plain", more=["WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000999>"]))
    # a page in three records of two files, out of order
    page = http(b"<title>x</title>" + b"<p>text</p>" * 50 + NOAI, length=False)
    parts = [page[:200], page[200:400], page[400:]]
    seg = lambda n, no, more=(): record("continuation", "https://o.example/seg", parts[n - 1], "", no=no, more=[
        "WARC-Segment-Number: %d" % n, "WARC-Segment-Origin-ID: <urn:uuid:00000000-0000-4000-8000-000000000600>"] + list(more))
    last = ["WARC-Segment-Total-Length: %d" % len(page)]
    first = record("response", "https://o.example/seg", parts[0], no=600, more=["WARC-Segment-Number: 1"])
    write("w21a.warc", seg(3, 603, last), first)
    write("w21b.warc", seg(2, 602))
    write("w21c.warc", first, seg(2, 602))


def digests():
    block = http(CLEAR)
    lines = [["WARC-Block-Digest: " + digest(n, block, f)] for n, f in
             (("sha1", "32"), ("sha1", "HEX"), ("sha256", "hex"), ("sha-256", "64"), ("md5", "hex"))]
    lines += [["WARC-Block-Digest: whirlpool:00"], ["WARC-Block-Digest: " + digest("sha1", b"other")]]
    chunks = chunked(CLEAR)
    over = http(chunks, ["Transfer-Encoding: chunked"], length=False)
    wire = [record("response", "https://o.example/d", over, more=["WARC-Payload-Digest: " + digest("sha1", d)]) for d in (chunks, CLEAR, b"x")]
    write("w22.warc", *[record("response", "https://o.example/d", block, more=m) for m in lines], *wire)


def kinds():
    page = CLEAR
    write("w23.warc", record("warcinfo", "", b"software: x\r\n", "application/warc-fields"),
          *[record("resource", u, page, "text/html") for u in ("urn:pageinfo:https://o.example/", "urn:view:https://o.example/",
            "metadata://gnu.org/software/wget/warc/MANIFEST.txt", "screenshot:https://o.example/")],
          record("response", "dns:o.example", b"o.example. 1 IN A 192.0.2.1", "text/dns"),
          record("resource", "https://o.example/r", NOAI, "text/html"),
          record("metadata", "https://o.example/r", b"via: x\r\n", "application/warc-fields"),
          record("request", "https://o.example/r", b"GET / HTTP/1.1\r\n\r\n", "application/http;msgtype=request"),
          record("strange", "https://o.example/r", b"x", "text/plain"))


def sites():
    robots = lambda host, rules, date, line="HTTP/1.1 200 OK", more=(): record(
        "response", "https://%s/robots.txt" % host, http(rules, more, line=line, media="text/plain"), date=date)
    page = lambda host, date, path="a": record("response", "https://%s/%s" % (host, path), http(CLEAR), date=date)
    deny = b"User-agent: GPTBot\nDisallow: /\n"
    write("w27.warc", page("a.example", 5), robots("a.example", b"", 1), robots("a.example", deny, 4), page("a.example", 2),
          robots("a.example", b"", 9), page("b.example", 5), robots("b.example", b"gone", 2, "HTTP/1.1 404 Not Found"),
          page("c.example", 5), page("d.example", 5), robots("d.example", b"", 2, "HTTP/1.1 301 Moved", ["Location: https://a.example/robots.txt"]),
          page("e.example", 1), robots("e.example", deny, 3))
    # of a.example the file holds what it said, of the others the log
    write("logged.warc", robots("a.example", b"", 1), page("a.example", 5),
          *[page("l.example", date) for date in (1, 3, 5, 9)], *[page(h + ".example", 5) for h in "mnopq"])


def zstandard():
    def run(*argv, data=None):
        return subprocess.run(["zstd", "-q", *argv], input=data, stdout=subprocess.PIPE, check=True).stdout
    records = [response("z%d" % i, NOAI if i == 1 else CLEAR) for i in range(3)]
    os.makedirs("parts", exist_ok=True)
    for i in range(300):
        write("parts/%d" % i, response("t%d" % i, CLEAR + b"%d" % (i * 7919)))
    run("--train", *["parts/%d" % i for i in range(300)], "-o", "dict", "--dictID=70001", "--maxdict=4096")
    with open("dict", "rb") as f:
        d = f.read()
    skippable = lambda magic, data: struct.pack("<II", magic, len(data)) + data
    frames = [run("-c", "-D", "dict", data=r) for r in records]
    plain = [run("-c", data=r) for r in records]
    nosize = [run("-c", "--no-content-size", data=r) for r in records]
    write("raw.warc.zst", skippable(0x184D2A5D, d), *frames)
    write("packed.warc.zst", skippable(0x184D2A5D, run("-9", "-c", data=d)), *frames)
    write("plain.warc.zst", plain[0], skippable(0x184D2A50, b"x" * 100), *plain[1:])
    write("nosize.warc.zst", *nosize)
    write("missing.warc.zst", *frames)
    run("--train", *["parts/%d" % i for i in range(300)], "-o", "other", "--dictID=70002", "--maxdict=4096")
    with open("other", "rb") as f:
        other = f.read()
    write("other.warc.zst", skippable(0x184D2A5D, other), *frames)
    write("huge.warc.zst", struct.pack("<II", 0x184D2A5D, 0xFFFFFFF0), b"x" * 100)
    write("window.warc.zst", run("-c", "--ultra", "--long=30", "--no-content-size", data=records[0]))
    write("legacy.warc.zst", b"\x27\xb5\x2f\xfd" + b"x" * 100)
    write("cut.warc.zst", b"".join(plain)[:-8])
    broken = bytearray(plain[1])
    broken[20] ^= 0x55
    write("broken.warc.zst", plain[0], bytes(broken), plain[2])


for name in sys.argv[1:]:
    record.n = 0
    globals()[name]()
