# SPDX-License-Identifier: Apache-2.0
"""Small files of every format, with or without a statement inside.

    media jpeg                      nothing stated
    media jpeg plus=DMI-PROHIBITED  PLUS in XMP, where the format keeps it
    media png c2pa                  a manifest store: generative training not allowed
    media pdf tdm=1                 TDMRep in XMP (or in the package document of an EPUB)
    media webp plus=… size=1MB      filled up with payload to that size
    media png plus=… at=end         behind the payload, where the format has both places
    media jpeg says=No_AI           words for people, in the instructions of IPTC-IIM
    media png bomb=20MB             compressed XMP that comes to so many bytes; epub: its package
                                    document
    media pdf plus=… encrypted      the statement cannot be read
    media docx holds=pdf plus=…     an archive whose first member makes it a PDF as well, which
                                    states it

Run by itself it writes one: media.py 'jpeg plus=DMI-PROHIBITED' > picture.jpg
"""
import io
import re
import struct
import sys
import zipfile
import zlib

PLUS = "http://ns.useplus.org/ldf/vocab/"
TYPES = {
    "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "tiff": "image/tiff", "psd": "image/vnd.adobe.photoshop", "jp2": "image/jp2",
    "jxl": "image/jxl", "heif": "image/heic", "mp4": "video/mp4", "pdf": "application/pdf",
    "epub": "application/epub+zip", "docx":
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "mp3": "audio/mpeg", "wav": "audio/wav", "avi": "video/x-msvideo", "aiff": "audio/aiff",
    "flac": "audio/flac", "ogg": "audio/ogg", "svg": "image/svg+xml", "font": "font/ttf",
    "eps": "application/postscript", "xmp": "application/rdf+xml", "c2pa": "application/c2pa",
    "text": "text/plain", "html": "text/html", "feed": "application/rss+xml",
    "jsonfeed": "application/feed+json",
}

# A manifest store without claim: ai_generative_training notAllowed, ai_training constrained.
STORE = bytes.fromhex("""
0000015e6a756d620000001e6a756d646332706100110010800000aa00389b71
036332706100000001386a756d62000000476a756d6463326d61001100108000
00aa00389b710375726e3a633270613a31313131313131312d313131312d3431
31312d383131312d31313131313131313131313100000000e96a756d62000000
296a756d646332617300110010800000aa00389b7103633270612e6173736572
74696f6e7300000000b86a756d620000002e6a756d6463626f72001100108000
00aa00389b7103636177672e747261696e696e672d6d696e696e670000000082
63626f72a167656e7472696573a2781b636177672e61695f67656e6572617469
76655f747261696e696e67a1637573656a6e6f74416c6c6f7765647063617767
2e61695f747261696e696e67a2637573656b636f6e73747261696e65646f636f
6e73747261696e745f696e666f7068747470733a2f2f652e746573742f70
""")
XMP_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
C2PA_UUID = bytes.fromhex("D8FEC3D61B0E483C92975828877EC481")


def xmp(plus=None, tdm=None):
    inner = ""
    if plus:
        inner += "<plus:DataMining>%s%s</plus:DataMining>" % (PLUS, plus)
    if tdm:
        inner += "<tdm:reservation>%s</tdm:reservation>" % tdm
    return ("<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>"
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
            "<rdf:Description rdf:about='' xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' "
            "xmlns:tdm='http://www.w3.org/ns/tdmrep/'>%s</rdf:Description>"
            "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>" % inner).encode()


def filling(n):
    return bytes(i * 7 & 0x7F for i in range(256)) * (n // 256) + bytes(n % 256)


def jpeg(x, c, fill, end, says=None):
    seg = lambda m, d: b"\xff" + bytes([m]) + struct.pack(">H", len(d) + 2) + d
    meta = seg(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + x) if x else b""
    if c:
        meta += seg(0xEB, b"JP\x02\x11\0\0\0\x01" + c)
    if says:
        iim = b"\x1c\2\x28" + struct.pack(">H", len(says)) + says.replace("_", " ").encode()
        meta += seg(0xED, b"Photoshop 3.0\0" b"8BIM\4\4\0\0" + struct.pack(">I", len(iim)) +
                    iim + b"\0" * (len(iim) & 1))
    front = b"\xff\xd8" + seg(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    scan = seg(0xDA, b"\1\1\0\0\x3f\0") + filling(fill).replace(b"\xff", b"\xfe") + b"\xff\xd9"
    if end:  # behind as many colour profiles as it takes, as cameras' makers do
        icc = b"".join(seg(0xE2, filling(max(0, min(60000, fill - i) - 4)))
                       for i in range(0, fill, 60000))
        return front + icc + meta + seg(0xDA, b"\1\1\0\0\x3f\0") + b"\0" * 32 + b"\xff\xd9"
    return front + meta + scan


def chunk(t, d):
    return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))


def bomb(size):
    """XMP of one blank after another, compressed."""
    x = xmp().replace(b"</rdf:RDF>", b" " * size + b"</rdf:RDF>")
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    itxt = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(x, 9))
    return head + itxt + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def png(x, c, fill, end):
    meta = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + x) if x else b""
    meta += chunk(b"caBX", c) if c else b""
    data = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"prVt", filling(fill))
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return head + (data + meta if end else meta + data) + chunk(b"IEND", b"")


def gif(x, c, fill, end):
    def blocks(d):
        return b"".join(bytes([len(d[i:i + 255])]) + d[i:i + 255]
                        for i in range(0, len(d), 255)) + b"\0"
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    if c:
        head += b"\x21\xff\x0bC2PA_GIF\x01\0\0" + blocks(c)
    trailer = bytes([1]) + bytes(range(255, -1, -1)) + b"\0"
    meta = b"\x21\xff\x0bXMP DataXMP" + x + trailer if x else b""
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2" + blocks(filling(fill) or b"D\1")
    return head + (image + meta if end else meta + image) + b"\x3b"


def riff(form, xmp_id):
    def make(x, c, fill, end):
        chunk = lambda i, d: i + struct.pack("<I", len(d)) + d + b"\0" * (len(d) & 1)
        flags = b"\4" if x else b"\0"  # of VP8X: XMP comes
        first = {b"WEBP": chunk(b"VP8X", flags + b"\0\0\0\0\0\0\0\0\0"),
                 b"WAVE": chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)),
                 b"AVI ": chunk(b"LIST", b"hdrl")}[form]
        data = chunk({b"WEBP": b"VP8 ", b"WAVE": b"data", b"AVI ": b"JUNK"}[form],
                     filling(fill) or b"\0\0")
        meta = (chunk(xmp_id, x) if x else b"") + (chunk(b"C2PA", c) if c else b"")
        body = form + first + data + meta
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return make


def tiff(x, c, fill, end):
    entries, data, at = [], b"", 8 + (fill if end else 0)
    for tag, kind, value in ((700, 1, x), (0xCD41, 7, c)):
        if value:
            entries.append(struct.pack("<HHII", tag, kind, len(value), at + len(data)))
            data += value + b"\0" * (len(value) & 1)
    entries.insert(0, struct.pack("<HHII", 256, 4, 1, 1))
    ifd = struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
    body = filling(fill) + data if end else data + filling(fill)
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + ifd


def psd(x, c, fill, end):
    res = b"8BIM\x04\x24\0\0" + struct.pack(">I", len(x)) + x + b"\0" * (len(x) & 1) if x else b""
    return (b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 1, 1, 8, 3) + b"\0\0\0\0" +
            struct.pack(">I", len(res)) + res + struct.pack(">I", fill) + filling(fill))


def box(t, d):
    return struct.pack(">I", len(d) + 8) + t + d


def uuids(x, c):
    out = box(b"uuid", C2PA_UUID + b"\0\0\0\0manifest\0" + bytes(8) + c) if c else b""
    return out + (box(b"uuid", XMP_UUID + x) if x else b"")


def mp4(x, c, fill, end):
    moov = box(b"moov", box(b"mvhd", bytes(100)))
    head, data = box(b"ftyp", b"isom\0\0\2\0isommp42"), box(b"mdat", filling(fill))
    if end:
        return head + uuids(None, c) + data + moov + uuids(x, None)
    return head + uuids(x, c) + moov + data


def heif(x, c, fill, end):
    size = lambda d: struct.pack(">H", d)
    infe = box(b"infe", b"\2\0\0\0" + size(1) + size(0) + b"hvc1\0")
    if x:
        infe += box(b"infe", b"\2\0\0\1" + size(2) + size(0) + b"mime\0application/rdf+xml\0")
    head = box(b"ftyp", b"heic\0\0\0\0mif1heic") + uuids(None, c)

    def meta(at):
        items = b"\0\1" + size(0) + size(1) + struct.pack(">II", at, fill)
        if x:
            items += b"\0\2" + size(0) + size(1) + struct.pack(">II", at + fill, len(x))
        iloc = box(b"iloc", b"\0\0\0\0\x44\0" + size(2 if x else 1) + items)
        cdsc = box(b"iref", b"\0\0\0\0" + box(b"cdsc", size(2) + size(1) + size(1))) if x else b""
        return box(b"meta", b"\0\0\0\0" + box(b"hdlr", bytes(8) + b"pict" + bytes(13)) +
                   box(b"pitm", b"\0\0\0\0" + size(1)) +
                   box(b"iinf", b"\0\0\0\0" + size(2 if x else 1) + infe) + cdsc + iloc)
    at = len(head) + len(meta(0)) + 8
    return head + meta(at) + box(b"mdat", filling(fill) + x)


def jxl(x, c, fill, end):
    head = bytes.fromhex("0000000C4A584C200D0A870A") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    meta = (box(b"xml ", x) if x else b"") + (c or b"")
    data = box(b"jxlc", b"\xff\x0a" + filling(fill))
    return head + (data + meta if end else meta + data)


def jp2(x, c, fill, end):
    head = bytes.fromhex("0000000C6A5020200D0A870A") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    meta, data = uuids(x, None), box(b"jp2c", b"\xff\x4f" + filling(fill))
    return head + (data + meta if end else meta + data)


def pdf(x, c, fill, end, encrypted=False):
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}

    def obj(n, d):
        offsets[n] = len(out)
        out.extend(b"%d 0 obj\n%s\nendobj\n" % (n, d))

    def stream(d, data):
        return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (d, len(data), data)
    cat = b"<</Type/Catalog/Pages 2 0 R" + (b"/Metadata 4 0 R" if x else b"")
    obj(1, cat + (b"/AF[6 0 R]>>" if c else b">>"))
    obj(2, b"<</Type/Pages/Kids[]/Count 0>>")
    obj(3, stream(b"", filling(fill)))
    if x:
        shown = bytes(b ^ 0x5A for b in x) if encrypted else x
        obj(4, stream(b"/Type/Metadata/Subtype/XML", shown))
    if c:
        obj(5, stream(b"/Type/EmbeddedFile/Subtype/application#2Fc2pa", c))
        obj(6, b"<</Type/Filespec/AFRelationship/C2PA_Manifest/EF<</F 5 0 R>>>>")
    at = len(out)
    out.extend(b"xref\n0 7\n0000000000 65535 f \n")
    for n in range(1, 7):
        out.extend(b"%010d 00000 %s \n" % (offsets.get(n, 0), b"n" if n in offsets else b"f"))
    lock = b"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%s>/U<%s>>>/ID[<%s><%s>]" % (
        b"4f" * 32, b"55" * 32, b"49" * 16, b"49" * 16) if encrypted else b""
    out.extend(b"trailer\n<</Size 7/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (lock, at))
    return bytes(out)


def archive(kind):
    def make(x, c, fill, end, tdm=None, holds=None, bomb=0):
        out = io.BytesIO()
        z = zipfile.ZipFile(out, "w")

        def add(name, data, how=zipfile.ZIP_DEFLATED):
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, how)
        if holds:
            add("file", MAKERS[holds](x, c, 0, end), zipfile.ZIP_STORED)
            x = c = None
        if kind == "epub":
            add("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
            add("META-INF/container.xml",
                '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
                '<rootfiles><rootfile full-path="OPS/book.opf" '
                'media-type="application/oebps-package+xml"/></rootfiles></container>')
        else:
            add("[Content_Types].xml", "<Types/>")
        add("OPS/filling", filling(fill), zipfile.ZIP_STORED)
        if kind == "epub":
            meta = '<meta property="tdm:reservation">%s</meta>' % tdm if tdm else ""
            add("OPS/book.opf", '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
                'prefix="tdm: http://www.w3.org/ns/tdmrep#"><metadata>%s%s</metadata></package>'
                % (meta, " " * bomb))
        if x:
            add("META-INF/metadata.xml", x)
        if c:
            add("META-INF/content_credential.c2pa", c, zipfile.ZIP_STORED)
        z.close()
        return out.getvalue()
    return make


def id3(x, c):
    frames = b""
    geob = b"\0application/c2pa\0c2pa\0c2pa manifest store\0"
    for name, d in ((b"PRIV", b"XMP\0" + x if x else None), (b"GEOB", geob + c if c else None)):
        if d:
            frames += name + struct.pack(">IH", len(d), 0) + d
    n = len(frames)
    return b"ID3\3\0\0" + bytes([n >> 21 & 127, n >> 14 & 127, n >> 7 & 127, n & 127]) + frames


def frames(fill):
    """MPEG audio of 128 kbit/s at 44.1 kHz, three frames and more; what fills goes to the last."""
    head = b"\xff\xfb\x90\x64"
    return (head + filling(413)) * (3 + fill // 417) + b"\0" * (fill % 417)


def mp3(x, c, fill, end):
    return (id3(x, c) if x or c else b"") + frames(fill)


def flac(x, c, fill, end):
    return (id3(x, c) if x or c else b"") + b"fLaC\x80\0\0\x22" + bytes(34) + filling(fill)


def ogg(x, c, fill, end):
    def page(kind, serial, seq, packet):
        lacing = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        return (b"OggS\0" + bytes([kind]) + bytes(8) + struct.pack("<III", serial, seq, 0) +
                bytes([len(lacing)]) + lacing + packet)
    out = page(2, 1, 0, b"\1vorbis" + bytes(23))
    out += page(2, 2, 0, b"\0c2pa" + c) if c else b""
    out += page(0, 1, 1, b"\3vorbis\0\0\0\0\0\0\0\0\1")
    for i in range(fill // 50000):
        out += page(0, 1, 2 + i, filling(50000))
    return out + page(4, 1, 9999, b"x")


def aiff(x, c, fill, end):
    chunk = lambda i, d: i + struct.pack(">I", len(d)) + d + b"\0" * (len(d) & 1)
    body = (b"AIFF" + chunk(b"COMM", bytes(18)) + chunk(b"SSND", filling(fill + 8)) +
            (chunk(b"APPL", b"XMP " + x) if x else b""))
    return b"FORM" + struct.pack(">I", len(body)) + body


def svg(x, c, fill, end):
    inner = x.decode() if x else ""
    if c:
        import base64
        inner += ("<c2pa:manifest xmlns:c2pa='http://c2pa.org/manifest'>%s</c2pa:manifest>" %
                  base64.b64encode(c).decode())
    return ("<svg xmlns='http://www.w3.org/2000/svg'><metadata>%s</metadata><path d='%s'/></svg>" %
            (inner, "M0 0 " * (fill // 5))).encode()


def font(x, c, fill, end):
    tables = [(b"head", filling(54 + fill))]
    if c:
        tables.insert(0, (b"C2PA", struct.pack(">HHIHHII", 0, 1, 0, 0, 0, 20, len(c)) + c))
    at, directory, data = 12 + 16 * len(tables), b"", b""
    for tag, d in tables:
        directory += tag + struct.pack(">III", 0, at + len(data), len(d))
        data += d + bytes(-len(d) % 4)
    return b"\0\1\0\0" + struct.pack(">HHHH", len(tables), 16, 0, 16) + directory + data


def eps(x, c, fill, end):
    told = b"%ADO_ContainsXMP: MainFirst\n" if x else b""
    comment = b"%" + filling(fill).replace(b"\n", b" ") + b"\n"
    return b"%!PS-Adobe-3.0 EPSF-3.0\n" + told + comment + (x or b"") + b"\n%%EOF\n"


def text(x, c, fill, end):
    wrapped = ""
    if c:
        data = b"C2PATXT\0\1" + struct.pack(">I", len(c)) + c
        wrapped = "\ufeff" + "".join(chr(0xFE00 + b) if b < 16 else chr(0xE0100 + b - 16)
                                     for b in data)
    return ("A text. " * (fill // 8 + 1) + wrapped + "\n").encode()


def feed(x, c, fill, end):
    """TDMRep alone, as an element of the channel: feeds hold no XMP."""
    told = re.search(rb"<tdm:reservation>.*?</tdm:reservation>", x or b"")
    items = "<item><description>%s</description></item>" % ("word " * (fill // 5))
    stated = told.group(0).decode() if told else ""
    return ("<?xml version='1.0'?><rss version='2.0' xmlns:tdm='http://www.w3.org/ns/tdmrep/'>"
            "<channel><title>A feed</title>%s</channel></rss>" %
            (items + stated if end else stated + items)).encode()


def jsonfeed(x, c, fill, end):
    """The same in JSON."""
    told = re.search(rb"<tdm:reservation>(.*?)</tdm:reservation>", x or b"")
    items = '"items": [{"id": "1", "content_text": "%s"}]' % ("word " * (fill // 5))
    stated = '"tdm-reservation": %s' % told.group(1).decode() if told else '"expired": false'
    return ('{"version": "https://jsonfeed.org/version/1.1", "title": "A feed", %s}\n' %
            ", ".join((items, stated) if end else (stated, items))).encode()


def html(x, c, fill, end):
    import base64
    script = ("<script type='application/c2pa'>%s</script>" % base64.b64encode(c).decode()
              if c else "")
    return ("<!DOCTYPE html><html><head><title>A page</title>%s</head><body>%s</body></html>" %
            (script, "<p>word " * (fill // 8))).encode()


MAKERS = {
    "jpeg": jpeg, "png": png, "gif": gif, "webp": riff(b"WEBP", b"XMP "), "tiff": tiff,
    "psd": psd, "jp2": jp2, "jxl": jxl, "heif": heif, "mp4": mp4, "pdf": pdf, "mp3": mp3,
    "wav": riff(b"WAVE", b"_PMX"), "avi": riff(b"AVI ", b"_PMX"), "aiff": aiff, "flac": flac,
    "ogg": ogg, "svg": svg, "font": font, "eps": eps, "text": text, "html": html,
    "feed": feed, "jsonfeed": jsonfeed,
    "xmp": lambda x, c, fill, end: x or xmp(),
    "c2pa": lambda x, c, fill, end: c or STORE[:30] + STORE[30:],
}


def make(words, number=int):
    """A file by its recipe: a list of words, the format first; '+' also stands between."""
    words = "+".join(words).split("+")
    kind, size, end, plus, tdm, store = words[0], 0, False, None, None, None
    options = {}
    for word in words[1:]:
        key, _, value = word.partition("=")
        if key == "size":
            size = number(value)
        elif key == "at":
            end = value == "end"
        elif key == "plus":
            plus = value
        elif key == "tdm":
            tdm = value
        elif key == "c2pa":
            store = STORE
        elif key == "bomb" and kind == "png":
            return bomb(number(value))
        elif key == "bomb" and kind == "epub":
            options["bomb"] = number(value)
        elif key == "says" and kind == "jpeg":
            options["says"] = value
        elif key == "encrypted" and kind == "pdf":
            options["encrypted"] = True
        elif key == "holds" and kind in ("epub", "docx"):
            options["holds"] = value
        else:
            raise ValueError("media: no such word: %r" % word)
    if kind in ("epub", "docx"):
        packet = xmp(plus) if plus else None
        maker = lambda fill: archive(kind)(packet, store, fill, end, tdm, **options)
    else:
        packet = xmp(plus, tdm) if plus or tdm else b""
        maker = lambda fill: MAKERS[kind](packet, store, fill, end, **options)
    fill, made = 0, maker(0)
    for _ in range(4):  # what counts bytes in digits grows with them
        if len(made) == size or size - len(made) + fill <= 0:
            break
        fill += size - len(made)
        made = maker(fill)
    return made


if __name__ == "__main__":
    sys.stdout.buffer.write(make(sys.argv[1].split()))
