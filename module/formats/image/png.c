/* SPDX-License-Identifier: Apache-2.0 */
/* png.c - PNG and APNG: the chunks that hold metadata.
 *
 * PNG 3 (W3C Recommendation), sections 5 and 11.3.3; ISO 16684-3, "PNG" (XMP in iTXt);
 * C2PA 2.4, "PNG" (caBX). Chunks are read to IEND, for text may follow the picture; check
 * sums are not looked at. What stands after IEND is no part of the picture.
 *
 * MAX_INFLATED  PACKET_XMP_MAX * 2 and a bit: as hexadecimal digits a packet is as long
 * BLOCK         2048  compressed bytes that are handed on at a time, so that where inflating
 *               stops does not depend on where the input was cut
 * The texts' limits: png_text.h. Chunks may be any number; each is walked by its length. */
#include "formats/parts/exif.h"
#include "formats/image/png_text.h"
#include "formats/rows.h"
#include "formats/parts/unpack.h"

#define MAX_INFLATED (PACKET_XMP_MAX * 2 + (256u << 10))
#define BLOCK 2048
#define SIGNATURE 8
#define CHUNK_HEADER 8
#define LENGTH_MAX 0x7FFFFFFFu /* PNG 3, section 5.3 */

enum stage { STAGE_SIGNATURE, STAGE_HEADER, STAGE_DATA, STAGE_CRC };

enum chunk_use { CHUNK_SKIP, CHUNK_STORE, CHUNK_XMP, CHUNK_EXIF, CHUNK_TEXT };

/* The fields in front of the text, and the text. */
enum field {
    FIELD_KEYWORD,
    FIELD_FLAG,     /* iTXt: whether it is compressed */
    FIELD_METHOD,   /* iTXt, zTXt */
    FIELD_LANGUAGE, /* iTXt */
    FIELD_TRANSLATED,
    FIELD_TEXT,
    FIELD_OVER      /* nothing more is wanted */
};

enum text_kind { TEXT_PLAIN, TEXT_COMPRESSED, TEXT_INTERNATIONAL };

static const struct chunk_kind {
    char type[5];
    uint8_t use;  /* enum chunk_use */
    uint8_t text; /* enum text_kind */
    struct slice where;
} chunk_kinds[] = {
    { "caBX", CHUNK_STORE, 0, SLICE("caBX chunk") },
    { "tXMP", CHUNK_XMP, 0, SLICE("tXMP chunk") },
    { "eXIf", CHUNK_EXIF, 0, SLICE("eXIf chunk") },
    { "iTXt", CHUNK_TEXT, TEXT_INTERNATIONAL, SLICE("iTXt chunk") },
    { "zTXt", CHUNK_TEXT, TEXT_COMPRESSED, SLICE("zTXt chunk") },
    { "tEXt", CHUNK_TEXT, TEXT_PLAIN, SLICE("tEXt chunk") },
};

struct png {
    struct png_text text;
    enum stage stage;
    bool done;
    uint64_t at;   /* offset of the next byte */
    uint32_t left; /* of the chunk's data */
    const struct chunk_kind *chunk; /* NULL: skip it */
    enum field field;
    bool compressed;
    bool begun; /* the text was */
    unsigned n_exifs;
    struct unpack *unpack;
    size_t n_head, n_block;
    uint8_t head[CHUNK_HEADER];
    uint8_t block[BLOCK];
};

/* ---- compressed text ---- */

static enum optout_rc on_inflated(void *ctx, struct slice bytes)
{
    struct png *p = ctx;
    enum optout_rc rc = png_text_bytes(&p->text, bytes);
    return rc == OPTOUT_MORE ? OPTOUT_OK : rc;
}

/* Ends inflating: the text with it, when `rc` tells how it ended. */
static void end_inflating(struct png *p, enum optout_rc rc)
{
    enum packet_end how = rc == OPTOUT_DONE      ? PACKET_WHOLE
                          : rc == OPTOUT_E_LIMIT ? PACKET_LIMIT
                          : rc == OPTOUT_MORE    ? PACKET_CUT
                                                 : PACKET_CORRUPT;
    unpack_close(p->unpack);
    p->unpack = NULL;
    if (rc == OPTOUT_E_NOMEM)
        png_fail(&p->text, rc);
    png_text_end(&p->text, how);
    p->field = FIELD_OVER;
}

static void inflate_block(struct png *p)
{
    struct slice s = slice_of(p->block, p->n_block);
    p->n_block = 0;
    if (s.n == 0 || !p->unpack)
        return;
    enum optout_rc rc = unpack_feed(p->unpack, s, NULL);
    if (rc != OPTOUT_MORE)
        end_inflating(p, rc);
}

static void inflate_bytes(struct png *p, struct slice s)
{
    while (s.n && p->unpack) {
        struct slice piece = slice_sub(s, 0, BLOCK - p->n_block);
        memcpy(p->block + p->n_block, piece.p, piece.n);
        p->n_block += piece.n;
        s = slice_from(s, piece.n);
        if (p->n_block == BLOCK)
            inflate_block(p);
    }
}

/* ---- text chunks ---- */

static void begin_text(struct png *p, uint8_t first)
{
    png_text_begin(&p->text, p->chunk->where, p->at);
    p->begun = true;
    /* no zlib stream begins with '<': the flag is wrong then */
    if (!p->compressed || first == '<')
        return;
    p->n_block = 0;
    p->unpack = unpack_open(UNPACK_ZLIB, MAX_INFLATED, on_inflated, p);
    if (!p->unpack)
        end_inflating(p, OPTOUT_E_NOMEM);
}

static void text_run(struct png *p, struct slice s)
{
    if (!p->begun)
        begin_text(p, s.p[0]);
    if (p->unpack) {
        inflate_bytes(p, s);
    } else if (p->field == FIELD_TEXT && png_text_bytes(&p->text, s) == OPTOUT_DONE) {
        png_text_end(&p->text, PACKET_WHOLE);
        p->field = FIELD_OVER;
    }
}

static void keyword_byte(struct png *p, uint8_t c)
{
    static const uint8_t next[] = {
        [TEXT_PLAIN] = FIELD_TEXT, [TEXT_COMPRESSED] = FIELD_METHOD,
        [TEXT_INTERNATIONAL] = FIELD_FLAG,
    };
    if (c == 0) {
        p->field = (enum field)next[p->chunk->text];
        p->compressed = p->chunk->text == TEXT_COMPRESSED;
    } else if (p->text.n_keyword < sizeof p->text.keyword) {
        p->text.keyword[p->text.n_keyword++] = c;
    } else {
        p->field = FIELD_OVER; /* no keyword is as long */
    }
}

/* One byte of the fields in front of the text; false when it is the text's own. Some writers
 * leave out the fields after the keyword, or the last of them, so that '<' stands in their
 * place, where none of them can hold it. */
static bool field_byte(struct png *p, uint8_t c)
{
    if (p->field == FIELD_KEYWORD) {
        keyword_byte(p, c);
        return true;
    }
    bool xmp = p->chunk->text == TEXT_INTERNATIONAL && png_text_is_carrier(&p->text);
    if (c == '<' && (xmp || p->field == FIELD_FLAG || p->field == FIELD_METHOD)) {
        p->field = FIELD_TEXT;
        return false;
    }
    switch (p->field) {
    case FIELD_FLAG:
        p->compressed = c != 0;
        p->field = FIELD_METHOD;
        break;
    case FIELD_METHOD:
        p->field = p->chunk->text == TEXT_INTERNATIONAL ? FIELD_LANGUAGE : FIELD_TEXT;
        break;
    case FIELD_LANGUAGE:
        p->field = c == 0 ? FIELD_TRANSLATED : p->field;
        break;
    default:
        p->field = c == 0 ? FIELD_TEXT : p->field;
        break;
    }
    return true;
}

static void text_bytes(struct png *p, struct slice s)
{
    uint64_t at = p->at;
    while (s.n && p->field < FIELD_TEXT) {
        if (!field_byte(p, s.p[0]))
            break;
        s = slice_from(s, 1);
        p->at++;
    }
    if (s.n && p->field == FIELD_TEXT)
        text_run(p, s);
    p->at = at;
}

static void end_text(struct png *p, bool whole)
{
    if (p->unpack)
        inflate_block(p);
    if (p->unpack)
        end_inflating(p, OPTOUT_MORE);
    else if (p->begun && p->field == FIELD_TEXT)
        png_text_end(&p->text, whole ? PACKET_WHOLE : PACKET_CUT);
    else if (!p->begun && p->field != FIELD_KEYWORD && png_text_is_carrier(&p->text))
        png_fail(&p->text, OPTOUT_E_SYNTAX);
}

/* ---- chunks ---- */

static void begin_packet(struct png *p, enum packet_kind kind)
{
    struct packet packet = { .kind = kind, .role = PACKET_MAIN, .offset = p->at,
                             .where = p->chunk->where };
    packet_out_begin(&p->text.flow, p->text.env->out, &packet);
}

static void begin_chunk(struct png *p)
{
    switch (p->chunk->use) {
    case CHUNK_STORE:
        begin_packet(p, PACKET_C2PA);
        break;
    case CHUNK_XMP:
        begin_packet(p, PACKET_XMP);
        break;
    case CHUNK_EXIF:
        p->text.n_hold = 0;
        p->text.offset = p->at;
        if (p->n_exifs++ >= PNG_PROFILES_MAX)
            p->chunk = NULL; /* a hint at best, and only one is allowed */
        break;
    default:
        p->field = FIELD_KEYWORD;
        p->text.n_keyword = 0;
        p->begun = p->compressed = false;
        break;
    }
}

static void end_chunk(struct png *p, bool whole)
{
    struct png_text *t = &p->text;
    if (!p->chunk)
        return;
    if (p->chunk->use == CHUNK_TEXT)
        end_text(p, whole);
    else if (p->chunk->use == CHUNK_EXIF && t->n_hold)
        exif_read(t->env, PACKET_MAIN, p->chunk->where, t->offset, slice_of(t->hold, t->n_hold));
    else
        packet_out_end(&t->flow, whole ? PACKET_WHOLE : PACKET_CUT);
    t->n_hold = 0;
    p->chunk = NULL;
}

static void chunk_bytes(struct png *p, struct slice s)
{
    if (!p->chunk)
        return;
    if (p->chunk->use == CHUNK_TEXT)
        text_bytes(p, s);
    else if (p->chunk->use == CHUNK_EXIF)
        (void)png_hold(&p->text, s);
    else
        packet_out_bytes(&p->text.flow, s);
}

static bool is_type(const uint8_t *type)
{
    return ascii_is_alpha(type[0]) && ascii_is_alpha(type[1]) && ascii_is_alpha(type[2]) &&
           ascii_is_alpha(type[3]);
}

static void go(struct png *p, enum stage stage)
{
    p->stage = stage;
    p->n_head = 0;
}

/* p->head is the header of a chunk; p->at is behind it. */
static enum optout_rc on_header(struct png *p)
{
    const uint8_t *type = p->head + 4;
    p->left = be32(p->head);
    if (!memcmp(type, "IEND", 4))
        return OPTOUT_DONE;
    if (p->left > LENGTH_MAX || !is_type(type))
        return OPTOUT_E_SYNTAX;
    for (size_t i = 0; i < sizeof chunk_kinds / sizeof *chunk_kinds; i++)
        if (!memcmp(chunk_kinds[i].type, type, 4))
            p->chunk = &chunk_kinds[i];
    if (p->chunk)
        begin_chunk(p);
    if (p->left == 0)
        end_chunk(p, true);
    go(p, p->left ? STAGE_DATA : STAGE_CRC);
    return OPTOUT_MORE;
}

static bool png_sniff(struct slice head)
{
    return head.n >= SIGNATURE && !memcmp(head.p, "\x89PNG\r\n\x1A\n", SIGNATURE);
}

static enum optout_rc read_head(struct png *p, uint8_t c)
{
    static const uint8_t size[] = {
        [STAGE_SIGNATURE] = SIGNATURE, [STAGE_HEADER] = CHUNK_HEADER, [STAGE_CRC] = 4,
    };
    p->head[p->n_head++] = c;
    p->at++;
    if (p->n_head < size[p->stage])
        return OPTOUT_MORE;
    if (p->stage == STAGE_HEADER)
        return on_header(p);
    if (p->stage == STAGE_SIGNATURE && !png_sniff(slice_of(p->head, SIGNATURE)))
        return OPTOUT_E_SYNTAX;
    go(p, STAGE_HEADER);
    return OPTOUT_MORE;
}

static void *png_open(const struct format_env *env)
{
    struct png *p = arena_alloc(env->arena, sizeof *p);
    if (p)
        png_text_init(&p->text, env);
    return p;
}

static enum optout_rc png_feed(void *state, struct slice s)
{
    struct png *p = state;
    enum optout_rc rc = OPTOUT_MORE;
    while (s.n && rc == OPTOUT_MORE) {
        if (p->stage != STAGE_DATA) {
            rc = read_head(p, s.p[0]);
            s = slice_from(s, 1);
            continue;
        }
        struct slice data = slice_sub(s, 0, p->left);
        chunk_bytes(p, data);
        p->at += data.n;
        p->left -= (uint32_t)data.n;
        s = slice_from(s, data.n);
        if (p->left == 0) {
            end_chunk(p, true);
            go(p, STAGE_CRC);
        }
    }
    p->done = rc == OPTOUT_DONE;
    if (rc < 0)
        png_fail(&p->text, rc);
    return rc;
}

static enum optout_rc png_end(void *state)
{
    struct png *p = state;
    end_chunk(p, false);
    if (!p->done)
        png_fail(&p->text, OPTOUT_E_SYNTAX);
    return p->text.rc;
}

static const char *const png_types[] = {
    "image/png", "image/apng", "image/x-png", "image/vnd.mozilla.apng", NULL,
};

const struct format format_png = {
    .name = "png",
    .title = "PNG, APNG",
    .reads = "XMP (iTXt, also compressed, raw profiles), C2PA (caBX), IPTC and EXIF profiles, "
             "texts of comment and copyright; to the IEND chunk, pictures are skipped",
    .types = png_types,
    .sniff = png_sniff,
    .to_end = true,
    .open = png_open,
    .feed = png_feed,
    .end = png_end,
};
