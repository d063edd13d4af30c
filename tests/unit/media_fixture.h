/* SPDX-License-Identifier: Apache-2.0 */
/* media_fixture.h - a small file of every format, with XMP, with a C2PA manifest store, with
 * EXIF, or with nothing. */
#ifndef OPTOUT_TESTS_MEDIA_FIXTURE_H
#define OPTOUT_TESTS_MEDIA_FIXTURE_H

#include "core/format_list.h"
#include "manifest_fixture.h"
#include "zip_fixture.h"

#define MEDIA_XMP                                                                         \
    "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta "                        \
    "xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"              \
    "22-rdf-syntax-ns#'><rdf:Description rdf:about='' xmlns:plus='http://ns.useplus.org/"  \
    "ldf/xmp/1.0/' plus:DataMining='http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED'/>"     \
    "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
/* One field, Copyright, of 24 bytes. */
#define MEDIA_EXIF                                                  \
    "II*\0\x08\0\0\0\1\0\x98\x82\2\0\x18\0\0\0\x1a\0\0\0\0\0\0\0"    \
    "Please: no AI training.\0"
#define MEDIA_PAGE "<!doctype html><title>x</title>"
#define MEDIA_NOAI "<meta name=robots content=noai>"

/* What is put in: a packet that is empty is left out. */
struct media {
    struct slice xmp, store, exif;
    size_t padding; /* of a TIFF file: bytes before what is pointed to, and up to what points */
    size_t stated;  /* set by the maker: where what it states ends in the file */
};

static inline void media_stated(struct media *m, const struct buf *b)
{
    m->stated = b->n;
}

static inline void media_zeros(struct buf *b, size_t n)
{
    while (n--)
        put_be(b, 0, 1);
}

static inline void media_bytes(struct buf *b, const char *p, size_t n)
{
    put_slice(b, slice_of(p, n));
}
#define MEDIA_LITERAL(b, s) media_bytes(b, s, sizeof s - 1)

/* ---- images ---- */

static inline void jpeg_segment(struct buf *b, unsigned marker, size_t n)
{
    put_be(b, 0xFF00 | marker, 2);
    put_be(b, n + 2, 2);
}

static inline void make_jpeg(struct buf *b, struct media *m)
{
    put_be(b, 0xFFD8, 2);
    jpeg_segment(b, 0xE0, 14);
    MEDIA_LITERAL(b, "JFIF\0\1\1\0\0\1\0\1\0\0");
    if (m->xmp.n) {
        jpeg_segment(b, 0xE1, 29 + m->xmp.n);
        MEDIA_LITERAL(b, "http://ns.adobe.com/xap/1.0/\0");
        put_slice(b, m->xmp);
    }
    if (m->exif.n) {
        jpeg_segment(b, 0xE1, 6 + m->exif.n);
        MEDIA_LITERAL(b, "Exif\0\0");
        put_slice(b, m->exif);
    }
    if (m->store.n) {
        jpeg_segment(b, 0xEB, 8 + m->store.n);
        MEDIA_LITERAL(b, "JP\x02\x11\0\0\0\x01");
        put_slice(b, m->store);
    }
    media_stated(m, b);
    jpeg_segment(b, 0xDA, 6);
    media_zeros(b, 40);
    put_be(b, 0xFFD9, 2);
}

static inline void png_chunk(struct buf *b, const char *type, struct slice data)
{
    size_t at = b->n + 4;
    put_be(b, data.n, 4);
    put_text(b, type);
    put_slice(b, data);
    put_be(b, crc32(0, b->p + at, (uInt)(b->n - at)), 4);
}

static inline void make_png(struct buf *b, struct media *m)
{
    MEDIA_LITERAL(b, "\x89PNG\r\n\x1a\n");
    png_chunk(b, "IHDR", slice_of("\0\0\0\1\0\0\0\1\x08\0\0\0\0", 13));
    if (m->xmp.n) {
        struct buf text;
        buf_init(&text, 4096);
        MEDIA_LITERAL(&text, "XML:com.adobe.xmp\0\0\0\0\0");
        put_slice(&text, m->xmp);
        png_chunk(b, "iTXt", buf_slice(&text));
        buf_free(&text);
    }
    if (m->exif.n)
        png_chunk(b, "eXIf", m->exif);
    if (m->store.n)
        png_chunk(b, "caBX", m->store);
    media_stated(m, b);
    png_chunk(b, "IDAT", SLICE_OF("x\x9c\x63\0\0\0\2\0\1"));
    png_chunk(b, "IEND", SLICE_EMPTY);
}

static inline void make_gif(struct buf *b, struct media *m)
{
    MEDIA_LITERAL(b, "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff");
    if (m->store.n) {
        MEDIA_LITERAL(b, "\x21\xff\x0b" "C2PA_GIF\x01\0\0");
        for (struct slice rest = m->store; rest.n; rest = slice_from(rest, 255)) {
            put_be(b, rest.n < 255 ? rest.n : 255, 1);
            put_slice(b, slice_sub(rest, 0, 255));
        }
        put_be(b, 0, 1);
    }
    if (m->xmp.n) {
        MEDIA_LITERAL(b, "\x21\xff\x0bXMP DataXMP");
        put_slice(b, m->xmp);
        put_be(b, 1, 1);
        for (unsigned i = 256; i-- > 0;)
            put_be(b, i, 1);
        put_be(b, 0, 1);
    }
    media_stated(m, b);
    MEDIA_LITERAL(b, "\x2c\0\0\0\0\1\0\1\0\0\2\2D\1\0\x3b");
}

static inline void riff_chunk(struct buf *b, const char *id, struct slice data)
{
    put_text(b, id);
    put_le(b, data.n, 4);
    put_slice(b, data);
    media_zeros(b, data.n & 1);
}

static inline void make_riff(struct buf *b, struct media *m, const char *form, const char *xmp_id)
{
    put_text(b, "RIFF");
    put_le(b, 0, 4);
    put_text(b, form);
    if (form[1] == 'E')
        riff_chunk(b, "VP8X", slice_of(m->xmp.n    ? "\4\0\0\0\0\0\0\0\0\0"
                                       : m->exif.n ? "\x08\0\0\0\0\0\0\0\0\0"
                                                   : "\0\0\0\0\0\0\0\0\0\0", 10));
    else if (form[0] == 'W')
        riff_chunk(b, "fmt ", slice_of("\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0", 16));
    else
        riff_chunk(b, "LIST", SLICE_OF("hdrl"));
    riff_chunk(b, form[1] == 'E' ? "VP8 " : form[0] == 'W' ? "data" : "JUNK", SLICE_OF("ab"));
    if (m->xmp.n)
        riff_chunk(b, xmp_id, m->xmp);
    if (m->exif.n)
        riff_chunk(b, "EXIF", m->exif);
    if (m->store.n)
        riff_chunk(b, "C2PA", m->store);
    media_stated(m, b);
    for (unsigned i = 0; i < 4; i++)
        b->p[4 + i] = (uint8_t)((b->n - 8) >> 8 * i);
}

static inline void make_webp(struct buf *b, struct media *m)
{
    make_riff(b, m, "WEBP", "XMP ");
}

static inline void make_wav(struct buf *b, struct media *m)
{
    make_riff(b, m, "WAVE", "_PMX");
}

static inline void make_avi(struct buf *b, struct media *m)
{
    make_riff(b, m, "AVI ", "_PMX");
}

static inline void tiff_entry(struct buf *b, unsigned tag, unsigned type, size_t n, size_t at)
{
    put_le(b, tag, 2);
    put_le(b, type, 2);
    put_le(b, n, 4);
    put_le(b, at, 4);
}

/* The directory stands behind what it points to. */
static inline void make_tiff(struct buf *b, struct media *m)
{
    size_t xmp = 8 + m->padding, store = xmp + m->xmp.n, end = store + m->store.n + m->padding;
    MEDIA_LITERAL(b, "II*\0");
    put_le(b, end, 4);
    media_zeros(b, m->padding);
    put_slice(b, m->xmp);
    put_slice(b, m->store);
    media_zeros(b, m->padding);
    put_le(b, 1u + (m->xmp.n != 0) + (m->store.n != 0), 2);
    tiff_entry(b, 256, 4, 1, 1);
    if (m->xmp.n)
        tiff_entry(b, 700, 1, m->xmp.n, xmp);
    if (m->store.n)
        tiff_entry(b, 0xCD41, 7, m->store.n, store);
    media_stated(m, b);
    put_le(b, 0, 4);
}

static inline void make_psd(struct buf *b, struct media *m)
{
    MEDIA_LITERAL(b, "8BPS\0\1\0\0\0\0\0\0\0\3\0\0\0\1\0\0\0\1\0\x08\0\3\0\0\0\0");
    put_be(b, m->xmp.n ? 12 + m->xmp.n + (m->xmp.n & 1) : 0, 4);
    if (m->xmp.n) {
        MEDIA_LITERAL(b, "8BIM\x04\x24\0\0");
        put_be(b, m->xmp.n, 4);
        put_slice(b, m->xmp);
        media_zeros(b, m->xmp.n & 1);
    }
    media_stated(m, b);
    media_zeros(b, 4 + 2 + 3);
}

/* ---- boxes ---- */

static inline void media_box(struct buf *b, const char *type, struct slice head, struct slice data)
{
    put_be(b, 8 + head.n + data.n, 4);
    put_text(b, type);
    put_slice(b, head);
    put_slice(b, data);
}

static const uint8_t uuid_xmp[] = { 0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8,
                                    0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC };
static const uint8_t uuid_c2pa[] = { 0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92,
                                     0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81, 0,    0,
                                     0,    0,    'm',  'a',  'n',  'i',  'f',  'e',  's',
                                     't',  0,    0,    0,    0,    0,    0,    0,    0, 0 };

static inline void media_xmp_box(struct buf *b, struct media *m)
{
    if (m->xmp.n)
        media_box(b, "uuid", slice_of(uuid_xmp, sizeof uuid_xmp), m->xmp);
    media_stated(m, b);
}

static inline void media_store_box(struct buf *b, struct media *m)
{
    if (m->store.n)
        media_box(b, "uuid", slice_of(uuid_c2pa, sizeof uuid_c2pa), m->store);
    media_stated(m, b);
}

static inline void make_mp4(struct buf *b, struct media *m)
{
    media_box(b, "ftyp", SLICE_OF("isom\0\0\2\0isommp42"), SLICE_EMPTY);
    media_store_box(b, m);
    media_xmp_box(b, m);
    media_box(b, "moov", SLICE_OF("\0\0\0\x0cmvhd\0\0\0\0"), SLICE_EMPTY);
    media_box(b, "mdat", SLICE_OF("data"), SLICE_EMPTY);
}

static inline void make_jp2(struct buf *b, struct media *m)
{
    MEDIA_LITERAL(b, "\0\0\0\x0cjP  \r\n\x87\n");
    media_box(b, "ftyp", SLICE_OF("jp2 \0\0\0\0jp2 "), SLICE_EMPTY);
    put_slice(b, m->store);
    if (m->exif.n)
        media_box(b, "uuid", SLICE_OF("JpgTiffExif->JP2"), m->exif);
    media_xmp_box(b, m);
    media_box(b, "jp2c", SLICE_OF("\xff\x4f" "code"), SLICE_EMPTY);
}

static inline void make_jxl(struct buf *b, struct media *m)
{
    MEDIA_LITERAL(b, "\0\0\0\x0cJXL \r\n\x87\n");
    media_box(b, "ftyp", SLICE_OF("jxl \0\0\0\0jxl "), SLICE_EMPTY);
    if (m->xmp.n)
        media_box(b, "xml ", SLICE_EMPTY, m->xmp);
    if (m->exif.n)
        media_box(b, "Exif", SLICE_OF("\0\0\0\0"), m->exif);
    put_slice(b, m->store);
    media_stated(m, b);
    media_box(b, "jxlc", SLICE_OF("\xff\x0a" "code"), SLICE_EMPTY);
}

/* Behind the image, in mdat, stands XMP or EXIF; stores are boxes of their own. */
static inline void heif_meta(struct buf *b, const struct media *m, size_t mdat)
{
    struct slice xmp = SLICE_OF("\2\0\0\1\0\2\0\0mime\0application/rdf+xml\0");
    struct slice exif = SLICE_OF("\2\0\0\1\0\2\0\0Exif\0"), entry = m->xmp.n ? xmp : exif;
    size_t length = m->xmp.n ? m->xmp.n : m->exif.n ? 4 + m->exif.n : 0;
    unsigned items = length ? 2 : 1;
    struct buf in;
    buf_init(&in, 4096);
    put_be(&in, 0, 4);
    media_box(&in, "hdlr", SLICE_OF("\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"), SLICE_EMPTY);
    media_box(&in, "pitm", SLICE_OF("\0\0\0\0\0\1"), SLICE_EMPTY);
    put_be(&in, 14 + 21 + (length ? 8 + entry.n : 0), 4);
    put_text(&in, "iinf");
    put_be(&in, 0, 4);
    put_be(&in, items, 2);
    media_box(&in, "infe", SLICE_OF("\2\0\0\0\0\1\0\0hvc1\0"), SLICE_EMPTY);
    if (length) {
        media_box(&in, "infe", entry, SLICE_EMPTY);
        media_box(&in, "iref", SLICE_OF("\0\0\0\0\0\0\0\x0e" "cdsc\0\2\0\1\0\1"), SLICE_EMPTY);
    }
    put_be(&in, 16 + 14 * items, 4);
    put_text(&in, "iloc");
    put_be(&in, 0, 4);
    put_be(&in, 0x4400, 2);
    put_be(&in, items, 2);
    for (unsigned i = 0; i < items; i++) {
        put_be(&in, i + 1, 2);
        put_be(&in, 0, 2);
        put_be(&in, 1, 2);
        put_be(&in, mdat + 8 + 4 * i, 4);
        put_be(&in, i ? length : 4, 4);
    }
    media_box(b, "meta", SLICE_EMPTY, buf_slice(&in));
    buf_free(&in);
}

static inline void make_heif(struct buf *b, struct media *m)
{
    media_box(b, "ftyp", SLICE_OF("heic\0\0\0\0mif1heic"), SLICE_EMPTY);
    media_store_box(b, m);
    size_t at = b->n;
    heif_meta(b, m, 0);
    size_t mdat = b->n;
    b->n = at;
    heif_meta(b, m, mdat);
    media_box(b, "mdat", m->exif.n ? SLICE_OF("data\0\0\0\0") : SLICE_OF("data"),
              m->exif.n ? m->exif : m->xmp);
    if (!m->store.n)
        media_stated(m, b);
}

/* ---- sound ---- */

static inline void media_id3(struct buf *b, struct media *m)
{
    static const char geob[] = "\0application/c2pa\0c2pa\0c2pa manifest store";
    size_t n = (m->xmp.n ? 14 + m->xmp.n : 0) + (m->store.n ? 10 + sizeof geob + m->store.n : 0);
    MEDIA_LITERAL(b, "ID3\3\0\0");
    for (unsigned shift = 28; shift; shift -= 7)
        put_be(b, n >> (shift - 7) & 127, 1);
    if (m->xmp.n) {
        put_text(b, "PRIV");
        put_be(b, 4 + m->xmp.n, 4);
        MEDIA_LITERAL(b, "\0\0XMP\0");
        put_slice(b, m->xmp);
    }
    if (m->store.n) {
        put_text(b, "GEOB");
        put_be(b, sizeof geob + m->store.n, 4);
        put_be(b, 0, 2);
        media_bytes(b, geob, sizeof geob);
        put_slice(b, m->store);
    }
    media_stated(m, b);
}

static inline void make_mp3(struct buf *b, struct media *m)
{
    media_id3(b, m);
    for (unsigned i = 0; i < 4; i++) { /* 128 kbit/s at 44.1 kHz */
        put_be(b, 0xFFFB9064, 4);
        media_zeros(b, 413);
    }
}

static inline void make_flac(struct buf *b, struct media *m)
{
    if (m->xmp.n || m->store.n)
        media_id3(b, m);
    MEDIA_LITERAL(b, "fLaC\x80\0\0\x22");
    media_zeros(b, 34 + 40);
}

static inline void ogg_page(struct buf *b, unsigned kind, unsigned serial, unsigned sequence,
                            struct slice head, struct slice data)
{
    size_t n = head.n + data.n;
    MEDIA_LITERAL(b, "OggS\0");
    put_be(b, kind, 1);
    media_zeros(b, 8);
    put_le(b, serial, 4);
    put_le(b, sequence, 4);
    put_le(b, 0, 4);
    put_be(b, n / 255 + 1, 1);
    for (size_t i = 0; i < n / 255; i++)
        put_be(b, 255, 1);
    put_be(b, n % 255, 1);
    put_slice(b, head);
    put_slice(b, data);
}

static inline void make_ogg(struct buf *b, struct media *m)
{
    ogg_page(b, 2, 1, 0, SLICE_OF("\1vorbis\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
             SLICE_EMPTY);
    if (m->store.n)
        ogg_page(b, 2, 2, 0, SLICE_OF("\0c2pa"), m->store);
    media_stated(m, b);
    ogg_page(b, 0, 1, 1, SLICE_OF("\3vorbis\0\0\0\0\0\0\0\0\1"), SLICE_EMPTY);
    ogg_page(b, 4, 1, 2, SLICE_OF("x"), SLICE_EMPTY);
}

static inline void make_aiff(struct buf *b, struct media *m)
{
    size_t odd = m->xmp.n & 1;
    put_text(b, "FORM");
    put_be(b, 4 + 8 + 18 + 8 + 8 + (m->xmp.n ? 12 + m->xmp.n + odd : 0), 4);
    MEDIA_LITERAL(b, "AIFFCOMM\0\0\0\x12");
    media_zeros(b, 18);
    MEDIA_LITERAL(b, "SSND\0\0\0\x08");
    media_zeros(b, 8);
    if (m->xmp.n) {
        put_text(b, "APPL");
        put_be(b, 4 + m->xmp.n, 4);
        put_text(b, "XMP ");
        put_slice(b, m->xmp);
        media_zeros(b, odd);
    }
    media_stated(m, b);
}

/* ---- documents ---- */

static inline void make_pdf(struct buf *b, struct media *m)
{
    size_t at[6] = { 0 };
    put_text(b, "%PDF-1.7\n");
    at[1] = b->n;
    buf_printf(b, "1 0 obj\n<</Type/Catalog/Pages 2 0 R%s%s>>\nendobj\n",
               m->xmp.n ? "/Metadata 3 0 R" : "", m->store.n ? "/AF[5 0 R]" : "");
    at[2] = b->n;
    put_text(b, "2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n");
    if (m->xmp.n) {
        at[3] = b->n;
        buf_printf(b, "3 0 obj\n<</Type/Metadata/Subtype/XML/Length %zu>>\nstream\n", m->xmp.n);
        put_slice(b, m->xmp);
        put_text(b, "\nendstream\nendobj\n");
    }
    if (m->store.n) {
        at[4] = b->n;
        buf_printf(b, "4 0 obj\n<</Type/EmbeddedFile/Subtype/application#2Fc2pa/Length %zu>>\n"
                   "stream\n", m->store.n);
        put_slice(b, m->store);
        put_text(b, "\nendstream\nendobj\n");
        at[5] = b->n;
        put_text(b, "5 0 obj\n<</Type/Filespec/AFRelationship/C2PA_Manifest/EF<</F 4 0 R>>>>\n"
                 "endobj\n");
    }
    media_stated(m, b);
    size_t xref = b->n;
    put_text(b, "xref\n0 6\n0000000000 65535 f \n");
    for (unsigned i = 1; i < 6; i++)
        buf_printf(b, "%010zu 00000 %c \n", at[i], at[i] ? 'n' : 'f');
    buf_printf(b, "trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", xref);
}

static inline void media_zip(struct buf *b, const char *const *name, const struct slice *data,
                             size_t n)
{
    struct archive a;
    archive_init(&a);
    for (size_t i = 0; i < n; i++)
        archive_add(&a, name[i], data[i], 0);
    put_slice(b, archive_end(&a, ""));
    archive_free(&a);
}

/* An office document, whose metadata its container keeps. */
static inline void make_zip(struct buf *b, struct media *m)
{
    const char *name[3] = { "[Content_Types].xml" };
    struct slice data[3] = { SLICE("<Types/>") };
    size_t n = 1;
    if (m->xmp.n) {
        name[n] = "META-INF/metadata.xml";
        data[n++] = m->xmp;
    }
    if (m->store.n) {
        name[n] = "META-INF/content_credential.c2pa";
        data[n++] = m->store;
    }
    media_zip(b, name, data, n);
    media_stated(m, b);
}

static inline void make_svg(struct buf *b, struct media *m)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    put_text(b, "<svg xmlns='http://www.w3.org/2000/svg'><metadata>");
    put_slice(b, m->xmp);
    if (m->store.n)
        put_text(b, "<c2pa:manifest xmlns:c2pa='http://c2pa.org/manifest'>");
    for (size_t i = 0; i < m->store.n; i += 3) {
        uint32_t v = 0;
        size_t left = m->store.n - i;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < left ? m->store.p[i + k] : 0);
        for (unsigned k = 0; k < 4; k++)
            put_be(b, k > left ? '=' : (uint8_t)digits[v >> (18 - 6 * k) & 63], 1);
    }
    put_text(b, m->store.n ? "</c2pa:manifest>" : "");
    media_stated(m, b);
    put_text(b, "</metadata><path d='M0 0'/></svg>");
}

static inline void make_feed(struct buf *b, struct media *m)
{
    put_text(b, "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>");
    put_text(b, m->exif.n ? "<copyright>Please: no AI training.</copyright>" : "");
    media_stated(m, b);
    put_text(b, "<item><title>i</title></item></channel></rss>");
}

/* Of statements it has TDMRep alone. */
static inline void make_jsonfeed(struct buf *b, struct media *m)
{
    put_text(b, "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",");
    put_text(b, m->exif.n ? "\"copyright\":\"Please: no AI training.\"," : "");
    media_stated(m, b);
    put_text(b, "\"items\":[{\"id\":\"1\",\"content_text\":\"i\"}]}");
}

static inline void make_font(struct buf *b, struct media *m)
{
    unsigned n = m->store.n ? 2 : 1;
    size_t at = 12 + 16 * n;
    put_be(b, 0x10000, 4);
    put_be(b, n, 2);
    MEDIA_LITERAL(b, "\0\x10\0\0\0\x10");
    if (m->store.n) {
        put_text(b, "C2PA");
        put_be(b, 0, 4);
        put_be(b, at + 56, 4);
        put_be(b, 20 + m->store.n, 4);
    }
    put_text(b, "head");
    put_be(b, 0, 4);
    put_be(b, at, 4);
    put_be(b, 54, 4);
    media_zeros(b, 56);
    if (m->store.n) {
        MEDIA_LITERAL(b, "\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\x14");
        put_be(b, m->store.n, 4);
        put_slice(b, m->store);
    }
    media_stated(m, b);
}

static inline void make_xmp(struct buf *b, struct media *m)
{
    static const char nothing[] =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"
        "22-rdf-syntax-ns#'/></x:xmpmeta>";
    put_slice(b, m->xmp.n ? m->xmp : SLICE_OF(nothing));
    media_stated(m, b);
}

/* A store of no assertion is empty. */
static inline void make_c2pa(struct buf *b, struct media *m)
{
    static const uint8_t nothing[] = {
        0, 0, 0, 0x26, 'j', 'u', 'm', 'b', 0, 0, 0, 0x1E, 'j', 'u', 'm', 'd', 'c', '2', 'p', 'a',
        0, 0x11, 0, 0x10, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71, 3, 'c', '2', 'p', 'a', 0 };
    put_slice(b, m->store.n ? m->store : slice_of(nothing, sizeof nothing));
    media_stated(m, b);
}

static inline void make_eps(struct buf *b, struct media *m)
{
    put_text(b, "%!PS-Adobe-3.0 EPSF-3.0\n");
    put_text(b, m->xmp.n ? "%ADO_ContainsXMP: MainFirst\n" : "%ADO_ContainsXMP: NoMain\n");
    put_slice(b, m->xmp);
    media_stated(m, b);
    put_text(b, "\n%%EOF\n");
}

/* C2PA 2.1 section A.7: a variation selector for each byte of the wrapper. */
static inline void make_text(struct buf *b, struct media *m)
{
    struct buf data;
    buf_init(&data, 4096);
    put_text(b, "A text.\n");
    if (m->store.n) {
        MEDIA_LITERAL(&data, "C2PATXT\0\1");
        put_be(&data, m->store.n, 4);
        put_slice(&data, m->store);
        MEDIA_LITERAL(b, "\xEF\xBB\xBF");
    }
    for (size_t i = 0; i < data.n; i++) {
        unsigned v = data.p[i];
        if (v < 16)
            put_be(b, 0xEFB880 + v, 3); /* U+FE00 */
        else
            put_be(b, 0xF3A08480 + ((v - 16) >> 6 << 8) + ((v - 16) & 63), 4); /* U+E0100 */
    }
    media_stated(m, b);
    put_text(b, "Its end.\n");
    buf_free(&data);
}

/* ---- containers: a page inside, which states what the packets would ---- */

static inline struct slice media_inside(const struct media *m)
{
    return m->xmp.n ? SLICE_OF(MEDIA_PAGE MEDIA_NOAI) : SLICE_OF(MEDIA_PAGE);
}

static inline void make_tar(struct buf *b, struct media *m)
{
    struct slice page = media_inside(m);
    char head[512] = "page.html";
    unsigned sum = 0;
    snprintf(head + 100, 8, "%07o", 0644u);
    snprintf(head + 124, 12, "%011o", (unsigned)page.n);
    memset(head + 148, ' ', 8);
    head[156] = '0';
    memcpy(head + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof head; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    media_bytes(b, head, sizeof head);
    put_slice(b, page);
    media_stated(m, b);
    media_zeros(b, 512 - page.n % 512 + 1024);
}

static inline void make_mime(struct buf *b, struct media *m)
{
    put_text(b, "--b\r\nContent-Type: text/html\r\n\r\n");
    put_slice(b, media_inside(m));
    media_stated(m, b);
    put_text(b, "\r\n--b--\r\n");
}

static inline void make_warc(struct buf *b, struct media *m)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    struct slice page = media_inside(m);
    buf_printf(b, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://o.example/a\r\n"
               "Content-Type: application/http;msgtype=response\r\nContent-Length: %zu\r\n\r\n",
               sizeof head - 1 + page.n);
    put_text(b, head);
    put_slice(b, page);
    media_stated(m, b);
    put_text(b, "\r\n\r\n");
}

static inline void make_sxg(struct buf *b, struct media *m)
{
    MEDIA_LITERAL(b, "sxg1-b3\0");
    put_slice(b, media_inside(m));
    media_stated(m, b);
}

#endif
