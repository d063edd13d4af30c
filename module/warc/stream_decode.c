/* SPDX-License-Identifier: Apache-2.0 */
/* stream_decode.c - RFC 1952, RFC 8878, and "WARC zstd" 1.0 of the IIPC.
 *
 * Limits: a zstd window of 8 MiB, a dictionary of STREAM_DICTIONARY_MAX. The sizes that zstd
 * frames announce are never used: writers of archives leave them out or lie. */
#include "warc/stream_decode.h"

#include "core/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#include <zlib.h>
#include <zstd.h>

#define GZIP_MAGIC "\x1f\x8b\x08"
#define ZSTD_MAGIC 0xFD2FB528u
#define DICTIONARY_MAGIC 0x184D2A5Du /* the skippable frame that holds it */
#define DICTIONARY_RAW 0xEC30A437u
#define WINDOW_LOG_MAX 23

struct stream_decoders {
    z_stream gz;
    bool gz_ready;
#ifdef HAVE_LIBDEFLATE
    struct libdeflate_decompressor *whole; /* of members that are in memory as they are */
#endif
    ZSTD_DCtx *zstd;
    unsigned dictionary; /* its id; 0: none, or it has none */
    bool has_dictionary;
};

struct stream_decoders *decoders_new(void)
{
    return calloc(1, sizeof(struct stream_decoders));
}

void decoders_free(struct stream_decoders *d)
{
    if (!d)
        return;
    if (d->gz_ready)
        inflateEnd(&d->gz);
#ifdef HAVE_LIBDEFLATE
    libdeflate_free_decompressor(d->whole);
#endif
    ZSTD_freeDCtx(d->zstd);
    free(d);
}

static bool is_skippable(uint32_t magic)
{
    return (magic & 0xFFFFFFF0u) == 0x184D2A50u;
}

static bool is_legacy(uint32_t magic)
{
    return magic >= 0xFD2FB522u && magic < ZSTD_MAGIC;
}

enum stream_kind decoders_tell(struct slice head)
{
    if (head.n >= 3 && memcmp(head.p, GZIP_MAGIC, 3) == 0)
        return STREAM_GZIP;
    if (head.n < 4)
        return STREAM_PLAIN;
    uint32_t magic = le32(head.p);
    return magic == ZSTD_MAGIC || is_skippable(magic) || is_legacy(magic) ? STREAM_ZSTD
                                                                         : STREAM_PLAIN;
}

/* ---- the dictionary ---- */

static enum optout_rc refuse(struct stream *s, const char *why)
{
    s->why = why;
    return OPTOUT_E_UNSUP;
}

static enum optout_rc load(struct stream *s, struct slice dictionary)
{
    struct stream_decoders *d = s->d;
    if (ZSTD_isError(ZSTD_DCtx_loadDictionary(d->zstd, dictionary.p, dictionary.n)))
        return refuse(s, "its dictionary cannot be used");
    d->dictionary = ZSTD_getDictID_fromDict(dictionary.p, dictionary.n);
    d->has_dictionary = true;
    return OPTOUT_OK;
}

/* One that is itself a frame, into memory that its own announcement bounds. */
static enum optout_rc load_packed(struct stream *s, struct slice packed)
{
    enum optout_rc rc = OPTOUT_OK;
    size_t size = STREAM_DICTIONARY_MAX;
    unsigned long long told = ZSTD_getFrameContentSize(packed.p, packed.n);
    if (told != ZSTD_CONTENTSIZE_UNKNOWN && told != ZSTD_CONTENTSIZE_ERROR) {
        if (told > STREAM_DICTIONARY_MAX)
            return refuse(s, "its dictionary is larger than 8 MiB");
        size = (size_t)told;
    }
    uint8_t *plain = malloc(size ? size : 1);
    if (!plain)
        return OPTOUT_E_NOMEM;
    size_t n = ZSTD_decompress(plain, size, packed.p, packed.n);
    rc = ZSTD_isError(n) ? refuse(s, "its dictionary cannot be decoded")
                         : load(s, slice_of(plain, n));
    free(plain);
    return rc;
}

static enum optout_rc take_dictionary(struct stream *s, struct slice frame)
{
    uint32_t magic = frame.n >= 4 ? le32(frame.p) : 0;
    if (magic == ZSTD_MAGIC)
        return load_packed(s, frame);
    return magic == DICTIONARY_RAW ? load(s, frame) : refuse(s, "its dictionary is none");
}

static enum optout_rc read_dictionary(struct stream *s, uint32_t size)
{
    uint8_t *frame = malloc(size ? size : 1);
    enum optout_rc rc = frame ? stream_skip(s, 8) : OPTOUT_E_NOMEM;
    if (rc == OPTOUT_OK)
        rc = stream_stored(s, frame, size);
    if (rc == OPTOUT_DONE)
        rc = refuse(s, "the file ends within its dictionary");
    if (rc == OPTOUT_OK)
        rc = take_dictionary(s, slice_of(frame, size));
    free(frame);
    return rc;
}

enum optout_rc decoders_dictionary(struct stream *s)
{
    struct stream_decoders *d = s->d;
    struct slice head = slice_of(s->in + s->in_at, s->in_n - s->in_at);
    d->zstd = ZSTD_createDCtx();
    if (!d->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax,
                                                        WINDOW_LOG_MAX)))
        return OPTOUT_E_NOMEM;
    if (head.n >= 8 && le32(head.p) == DICTIONARY_MAGIC) {
        uint32_t size = le32(head.p + 4);
        return size > STREAM_DICTIONARY_MAX ? refuse(s, "its dictionary is larger than 8 MiB")
                                            : read_dictionary(s, size);
    }
    return s->side_dictionary.n ? take_dictionary(s, s->side_dictionary) : OPTOUT_OK;
}

/* ---- members ---- */

static enum optout_rc begin_gzip(struct stream *s, struct slice head)
{
    struct stream_decoders *d = s->d;
    if (head.n < 3 || memcmp(head.p, GZIP_MAGIC, 3) != 0 ||
        (head.n > 3 && head.p[3] & 0xE0)) {
        s->why = "no gzip member begins here";
        return OPTOUT_E_SYNTAX;
    }
    int z = d->gz_ready ? inflateReset2(&d->gz, 31) : inflateInit2(&d->gz, 31);
    d->gz_ready |= z == Z_OK;
    return z == Z_OK ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

/* A frame that asks for a dictionary that is not there says so by its number. */
static enum optout_rc check_dictionary(struct stream *s, struct slice head)
{
    unsigned wanted = ZSTD_getDictID_fromFrame(head.p, head.n);
    if (!wanted || (s->d->has_dictionary && s->d->dictionary == wanted))
        return OPTOUT_OK;
    snprintf(s->why_text, sizeof s->why_text, "it needs the zstd dictionary %u, %s", wanted,
             s->d->has_dictionary ? "and has another" : "which is not in the file");
    return refuse(s, s->why_text);
}

static enum optout_rc begin_zstd(struct stream *s, struct slice head, uint64_t *skip)
{
    uint32_t magic = head.n >= 4 ? le32(head.p) : 0;
    if (is_skippable(magic) && head.n >= 8) {
        *skip = 8u + (uint64_t)le32(head.p + 4);
        return OPTOUT_MORE;
    }
    if (is_legacy(magic))
        return refuse(s, "its zstd frames are of a version before 0.8");
    if (magic != ZSTD_MAGIC) {
        s->why = "no zstd frame begins here";
        return OPTOUT_E_SYNTAX;
    }
    ZSTD_DCtx_reset(s->d->zstd, ZSTD_reset_session_only);
    return check_dictionary(s, head);
}

enum optout_rc decoders_begin(struct stream *s, struct slice head, uint64_t *skip)
{
    return s->kind == STREAM_GZIP ? begin_gzip(s, head) : begin_zstd(s, head, skip);
}

static enum optout_rc step_gzip(struct stream *s, struct slice in, uint8_t *out, size_t room,
                                size_t *used, size_t *made)
{
    z_stream *z = &s->d->gz;
    union { const uint8_t *in; uint8_t *z; } u = { in.p }; /* zlib's own pointer is not const */
    z->next_in = u.z;
    z->avail_in = (uInt)in.n;
    z->next_out = out;
    z->avail_out = (uInt)room;
    int rc = inflate(z, Z_NO_FLUSH);
    *used = in.n - z->avail_in;
    *made = room - z->avail_out;
    if (rc == Z_STREAM_END)
        return OPTOUT_DONE;
    if (rc == Z_OK || rc == Z_BUF_ERROR)
        return OPTOUT_OK;
    s->why = rc == Z_DATA_ERROR && z->msg && strstr(z->msg, "check")
                 ? "its checksum is wrong" : "its gzip data is damaged";
    return rc == Z_MEM_ERROR ? OPTOUT_E_NOMEM : OPTOUT_E_SYNTAX;
}

#ifdef HAVE_LIBDEFLATE
enum optout_rc decoders_whole(struct stream *s, struct slice in, uint8_t *out, size_t room,
                              size_t *used, size_t *made)
{
    struct stream_decoders *d = s->d;
    if (s->kind != STREAM_GZIP)
        return OPTOUT_MORE;
    if (!d->whole && !(d->whole = libdeflate_alloc_decompressor()))
        return OPTOUT_MORE;
    return libdeflate_gzip_decompress_ex(d->whole, in.p, in.n, out, room, used, made) ==
                   LIBDEFLATE_SUCCESS ? OPTOUT_DONE : OPTOUT_MORE;
}
#else
enum optout_rc decoders_whole(struct stream *s, struct slice in, uint8_t *out, size_t room,
                              size_t *used, size_t *made)
{
    (void)s, (void)in, (void)out, (void)room, (void)used, (void)made;
    return OPTOUT_MORE;
}
#endif

static enum optout_rc step_zstd(struct stream *s, struct slice in, uint8_t *out, size_t room,
                                size_t *used, size_t *made)
{
    ZSTD_inBuffer i = { in.p, in.n, 0 };
    ZSTD_outBuffer o = { out, room, 0 };
    size_t rc = ZSTD_decompressStream(s->d->zstd, &o, &i);
    *used = i.pos;
    *made = o.pos;
    if (!ZSTD_isError(rc))
        return rc == 0 ? OPTOUT_DONE : OPTOUT_OK;
    snprintf(s->why_text, sizeof s->why_text, "its zstd frame cannot be decoded: %s",
             ZSTD_getErrorName(rc));
    s->why = s->why_text;
    return strstr(s->why_text, "memory") ? OPTOUT_E_UNSUP : OPTOUT_E_SYNTAX;
}

enum optout_rc decoders_step(struct stream *s, struct slice in, uint8_t *out, size_t room,
                             size_t *used, size_t *made)
{
    return (s->kind == STREAM_GZIP ? step_gzip : step_zstd)(s, in, out, room, used, made);
}

size_t decoders_find(const struct stream *s, struct slice in)
{
    bool gzip = s->kind == STREAM_GZIP;
    uint8_t first = gzip ? 0x1f : 0x28;
    for (size_t i = 0; i + 4 <= in.n; i++) {
        size_t k = slice_find(slice_from(in, i), first);
        i += k;
        if (i + 4 > in.n)
            break;
        if (gzip ? memcmp(in.p + i, GZIP_MAGIC, 3) == 0 && !(in.p[i + 3] & 0xE0)
                 : le32(in.p + i) == ZSTD_MAGIC)
            return i;
    }
    return in.n;
}
