/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_filter.c - ISO 32000-2 sections 7.4.2 (ASCIIHex), 7.4.3 (ASCII85), 7.4.4 (LZW, Flate,
 * predictors), 7.4.5 (RunLength); TIFF 6.0 section 14 (predictor 2), PNG section 9.
 *
 * A stage takes bytes and gives bytes to the next one; there are two at most for each filter,
 * so calls are nested no deeper than STAGES_MAX.
 *
 * Limits: PDF_FILTERS_MAX, PDF_ROW_MAX, the caller's, those of unpack.h. */
#include "formats/doc/pdf_filter.h"

#include "formats/doc/pdf_lex.h"

#include <stdlib.h>

#define STAGES_MAX (2 * PDF_FILTERS_MAX)
#define LZW_CODES 4096
#define LZW_CLEAR 256
#define LZW_END 257
#define OUT 256 /* bytes that a small stage gathers */

enum stage_kind { HEX, ASCII85, LZW, FLATE, RUN, PNG, TIFF };

struct lzw {
    uint16_t before[LZW_CODES], length[LZW_CODES];
    uint8_t last[LZW_CODES];
    uint8_t text[LZW_CODES];
    unsigned next, width, early;
    int previous; /* code, or -1: none since the table was cleared */
    uint32_t bits;
    unsigned n_bits;
};

struct rows {
    unsigned colors, bits, bpp; /* bytes of a pixel, at least 1 */
    size_t n, at;               /* bytes of a row; that came */
    bool tagged;                /* the tag of the row came */
    uint8_t tag;
    uint8_t *row, *above;
};

struct stage {
    struct pdf_decode *d;
    uint8_t kind; /* enum stage_kind */
    size_t index;
    enum optout_rc rc; /* OPTOUT_MORE until it has ended */
    struct unpack *unpack;
    struct lzw *lzw;
    struct rows rows;
    uint32_t group;   /* ASCII85, hex: digits so far */
    unsigned n_group;
    bool begun;       /* ASCII85: a group has come */
    bool finished;    /* what it held back went on */
    unsigned literal, repeat; /* RunLength: bytes to copy; times to repeat the next */
    uint8_t out[OUT];
    size_t n_out;
};

struct pdf_decode {
    struct stage stage[STAGES_MAX];
    size_t n;
    uint64_t out, max;   /* of what comes out at last */
    uint64_t work, most; /* of what all stages put out */
    unpack_sink *sink;
    void *ctx;
};

/* ---- names ---- */

enum pdf_filter_kind pdf_filter_of(struct slice name)
{
    static const struct {
        struct slice name, brief;
        enum pdf_filter_kind kind;
    } known[] = {
        { SLICE("FlateDecode"), SLICE("Fl"), PDF_FLATE },
        { SLICE("LZWDecode"), SLICE("LZW"), PDF_LZW },
        { SLICE("ASCII85Decode"), SLICE("A85"), PDF_ASCII_85 },
        { SLICE("ASCIIHexDecode"), SLICE("AHx"), PDF_ASCII_HEX },
        { SLICE("RunLengthDecode"), SLICE("RL"), PDF_RUN_LENGTH },
        { SLICE("Crypt"), SLICE("Crypt"), PDF_CRYPT },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_eq(name, known[i].name) || slice_eq(name, known[i].brief))
            return known[i].kind;
    return PDF_FILTER_OTHER;
}

static unsigned or_default(uint32_t value, unsigned otherwise)
{
    return value ? value : otherwise;
}

/* Bytes of a row; 0: such rows are not read. */
static size_t row_bytes(const struct pdf_parms *p)
{
    uint64_t colors = or_default(p->colors, 1), bits = or_default(p->bits, 8);
    uint64_t columns = or_default(p->columns, 1);
    bool known = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    if (!known || colors > PDF_ROW_MAX || columns > 8 * PDF_ROW_MAX)
        return 0;
    uint64_t n = (colors * bits * columns + 7) / 8;
    return n <= PDF_ROW_MAX ? (size_t)n : 0;
}

bool pdf_filters_are_read(const struct pdf_filters *f)
{
    if (f->too_many)
        return false;
    for (size_t i = 0; i < f->n; i++) {
        const struct pdf_parms *p = &f->parms[i];
        if (f->v[i].kind >= PDF_FILTER_REF || p->ref)
            return false;
        if (f->v[i].kind != PDF_LZW && f->v[i].kind != PDF_FLATE)
            continue;
        bool known = p->predictor <= 2 || (p->predictor >= 10 && p->predictor <= 15);
        if (!known || (p->predictor > 1 && row_bytes(p) == 0))
            return false;
    }
    return true;
}

/* ---- what comes out ---- */

static enum optout_rc feed_stage(struct stage *s, struct slice bytes);

/* Bytes of stage `index` - 1, or of the input. OPTOUT_OK: go on. */
static enum optout_rc hand_on(struct pdf_decode *d, size_t index, struct slice bytes)
{
    if (bytes.n == 0)
        return OPTOUT_OK;
    uint64_t left = d->most - d->work;
    bool last = index == d->n;
    if (last && d->max - d->out < left)
        left = d->max - d->out;
    struct slice fits = slice_sub(bytes, 0, left < bytes.n ? (size_t)left : bytes.n);
    if (index > 0)
        d->work += fits.n;
    enum optout_rc rc = OPTOUT_OK;
    if (last && fits.n) {
        d->out += fits.n;
        rc = d->sink(d->ctx, fits);
    } else if (!last) {
        rc = feed_stage(&d->stage[index], fits);
        rc = rc == OPTOUT_MORE ? OPTOUT_OK : rc;
    }
    return rc == OPTOUT_OK && fits.n < bytes.n ? OPTOUT_E_LIMIT : rc;
}

static enum optout_rc give(struct stage *s, struct slice bytes)
{
    return hand_on(s->d, s->index + 1, bytes);
}

static enum optout_rc flush(struct stage *s)
{
    struct slice bytes = slice_of(s->out, s->n_out);
    s->n_out = 0;
    return give(s, bytes);
}

static enum optout_rc stage_put(struct stage *s, uint8_t c)
{
    s->out[s->n_out++] = c;
    return s->n_out == OUT ? flush(s) : OPTOUT_OK;
}

/* ---- ASCIIHex, ASCII85 ---- */

static enum optout_rc hex_byte(struct stage *s, uint8_t c)
{
    uint8_t low = ascii_lower(c);
    if (pdf_is_white(c))
        return OPTOUT_OK;
    if (c == '>')
        return OPTOUT_DONE;
    bool letter = low >= 'a' && low <= 'f';
    if (!ascii_is_digit(c) && !letter)
        return OPTOUT_E_SYNTAX;
    s->group = s->group << 4 | (uint32_t)(letter ? low - 'a' + 10 : c - '0');
    s->n_group ^= 1;
    return s->n_group ? OPTOUT_OK : stage_put(s, (uint8_t)s->group);
}

static enum optout_rc hex_end(struct stage *s)
{
    return s->n_group ? stage_put(s, (uint8_t)(s->group << 4)) : OPTOUT_OK;
}

/* The first `n` bytes of the group. */
static enum optout_rc put_group(struct stage *s, unsigned n)
{
    enum optout_rc rc = OPTOUT_OK;
    for (unsigned i = 0; i < n && rc == OPTOUT_OK; i++)
        rc = stage_put(s, (uint8_t)(s->group >> (24 - 8 * i)));
    s->group = 0;
    s->n_group = 0;
    s->begun = true;
    return rc;
}

static enum optout_rc ascii85_byte(struct stage *s, uint8_t c)
{
    if (pdf_is_white(c))
        return OPTOUT_OK;
    /* "<~" stands in front where the encoder is one of mail's. */
    bool front = !s->begun && s->n_group == 1 && s->group == '<' - '!';
    if (c == '~' && !front)
        return OPTOUT_DONE;
    if (c == '~')
        return put_group(s, 0);
    if (c == 'z' && s->n_group == 0)
        return put_group(s, 4);
    if (c < '!' || c > 'u')
        return OPTOUT_E_SYNTAX;
    s->group = s->group * 85 + (uint32_t)(c - '!');
    return ++s->n_group == 5 ? put_group(s, 4) : OPTOUT_OK;
}

static enum optout_rc ascii85_end(struct stage *s)
{
    unsigned n = s->n_group;
    if (n < 2)
        return OPTOUT_OK;
    for (unsigned i = n; i < 5; i++)
        s->group = s->group * 85 + 84;
    return put_group(s, n - 1);
}

/* ---- RunLength ---- */

static enum optout_rc run_byte(struct stage *s, uint8_t c)
{
    enum optout_rc rc = OPTOUT_OK;
    if (s->literal) {
        s->literal--;
        return stage_put(s, c);
    }
    if (s->repeat) {
        for (; s->repeat && rc == OPTOUT_OK; s->repeat--)
            rc = stage_put(s, c);
        s->repeat = 0;
        return rc;
    }
    if (c == 128)
        return OPTOUT_DONE;
    if (c < 128)
        s->literal = c + 1u;
    else
        s->repeat = 257u - c;
    return OPTOUT_OK;
}

/* ---- LZW ---- */

static void lzw_clear(struct lzw *z)
{
    z->next = LZW_END + 1;
    z->width = 9;
    z->previous = -1;
}

static struct lzw *lzw_new(bool late)
{
    struct lzw *z = calloc(1, sizeof *z);
    if (!z)
        return NULL;
    for (unsigned i = 0; i < 256; i++) {
        z->last[i] = (uint8_t)i;
        z->length[i] = 1;
    }
    z->early = !late;
    lzw_clear(z);
    return z;
}

/* What the code stands for; its first byte is text[0]. */
static struct slice lzw_text(struct lzw *z, unsigned code)
{
    unsigned n = z->length[code];
    for (unsigned i = n; i > 0; i--) {
        z->text[i - 1] = z->last[code];
        code = z->before[code];
    }
    return slice_of(z->text, n);
}

static void lzw_add(struct lzw *z, unsigned before, uint8_t last)
{
    if (z->next == LZW_CODES)
        return;
    z->before[z->next] = (uint16_t)before;
    z->length[z->next] = (uint16_t)(z->length[before] + 1);
    z->last[z->next] = last;
    z->next++;
    while (z->width < 12 && z->next + z->early >= 1u << z->width)
        z->width++;
}

static enum optout_rc lzw_code(struct stage *s, unsigned code)
{
    struct lzw *z = s->lzw;
    if (code == LZW_END)
        return OPTOUT_DONE;
    if (code == LZW_CLEAR) {
        lzw_clear(z);
        return OPTOUT_OK;
    }
    bool itself = code == z->next && z->previous >= 0; /* the one that is made now */
    if (code >= z->next && !itself)
        return OPTOUT_E_SYNTAX;
    if (z->previous >= 0) {
        uint8_t first = lzw_text(z, itself ? (unsigned)z->previous : code).p[0];
        if (itself && z->next == LZW_CODES)
            return OPTOUT_E_SYNTAX;
        lzw_add(z, (unsigned)z->previous, first);
    }
    z->previous = (int)code;
    return give(s, lzw_text(z, code));
}

static enum optout_rc lzw_byte(struct stage *s, uint8_t c)
{
    struct lzw *z = s->lzw;
    z->bits = z->bits << 8 | c;
    z->n_bits += 8;
    if (z->n_bits < z->width)
        return OPTOUT_OK;
    z->n_bits -= z->width;
    return lzw_code(s, z->bits >> z->n_bits & ((1u << z->width) - 1));
}

/* ---- predictors ---- */

static bool rows_open(struct rows *r, const struct pdf_parms *p)
{
    r->colors = or_default(p->colors, 1);
    r->bits = or_default(p->bits, 8);
    r->bpp = (r->colors * r->bits + 7) / 8;
    r->n = row_bytes(p);
    r->row = calloc(2, r->n);
    r->above = r->row ? r->row + r->n : NULL;
    return r->row != NULL;
}

static uint8_t paeth(int left, int up, int corner)
{
    int p = left + up - corner;
    int a = abs(p - left), b = abs(p - up), c = abs(p - corner);
    return (uint8_t)(a <= b && a <= c ? left : b <= c ? up : corner);
}

/* PNG section 9.2, in place. False: no such filter. */
static bool undo_png(struct rows *r)
{
    for (size_t i = 0; i < r->at; i++) {
        uint8_t left = i >= r->bpp ? r->row[i - r->bpp] : 0, up = r->above[i];
        uint8_t corner = i >= r->bpp ? r->above[i - r->bpp] : 0;
        switch (r->tag) {
        case 0: break;
        case 1: r->row[i] = (uint8_t)(r->row[i] + left); break;
        case 2: r->row[i] = (uint8_t)(r->row[i] + up); break;
        case 3: r->row[i] = (uint8_t)(r->row[i] + (left + up) / 2); break;
        case 4: r->row[i] = (uint8_t)(r->row[i] + paeth(left, up, corner)); break;
        default: return false;
        }
    }
    return true;
}

/* Each sample is the difference from the one of the same colour before it. */
static void undo_tiff(struct rows *r)
{
    if (r->bits == 8) {
        for (size_t i = r->colors; i < r->at; i++)
            r->row[i] = (uint8_t)(r->row[i] + r->row[i - r->colors]);
    } else if (r->bits == 16) {
        for (size_t i = 2 * (size_t)r->colors; i + 1 < r->at; i += 2) {
            const uint8_t *b = r->row + i - 2 * (size_t)r->colors;
            unsigned v = (unsigned)(r->row[i] << 8 | r->row[i + 1]) + (unsigned)(b[0] << 8 | b[1]);
            r->row[i] = (uint8_t)(v >> 8);
            r->row[i + 1] = (uint8_t)v;
        }
    } else {
        unsigned mask = (1u << r->bits) - 1, each = 8 / r->bits;
        for (size_t k = r->colors; k < r->at * each; k++) {
            size_t b = k - r->colors;
            unsigned shift = 8 - r->bits * (unsigned)(k % each + 1);
            unsigned left = 8 - r->bits * (unsigned)(b % each + 1);
            unsigned before = (unsigned)r->row[b / each] >> left;
            unsigned v = ((unsigned)(r->row[k / each] >> shift) + before) & mask;
            r->row[k / each] = (uint8_t)((r->row[k / each] & ~(mask << shift)) | v << shift);
        }
    }
}

/* The row, or what there is of the last one. */
static enum optout_rc end_row(struct stage *s)
{
    struct rows *r = &s->rows;
    if (s->kind == TIFF)
        undo_tiff(r);
    else if (!undo_png(r))
        return OPTOUT_E_SYNTAX;
    enum optout_rc rc = give(s, slice_of(r->row, r->at));
    uint8_t *above = r->above;
    r->above = r->row;
    r->row = above;
    r->at = 0;
    r->tagged = false;
    return rc;
}

static enum optout_rc feed_rows(struct stage *s, struct slice bytes)
{
    struct rows *r = &s->rows;
    enum optout_rc rc = OPTOUT_OK;
    while (bytes.n && rc == OPTOUT_OK) {
        if (s->kind == PNG && !r->tagged) {
            r->tag = bytes.p[0];
            r->tagged = true;
            bytes = slice_from(bytes, 1);
            continue;
        }
        struct slice some = slice_sub(bytes, 0, r->n - r->at);
        memcpy(r->row + r->at, some.p, some.n);
        r->at += some.n;
        bytes = slice_from(bytes, some.n);
        if (r->at == r->n)
            rc = end_row(s);
    }
    return rc;
}

/* ---- stages ---- */

static enum optout_rc on_unpacked(void *ctx, struct slice bytes)
{
    return give(ctx, bytes);
}

static enum optout_rc feed_bytes(struct stage *s, struct slice bytes)
{
    static enum optout_rc (*const take[])(struct stage *, uint8_t) = {
        [HEX] = hex_byte, [ASCII85] = ascii85_byte, [LZW] = lzw_byte, [RUN] = run_byte,
    };
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < bytes.n && rc == OPTOUT_OK; i++)
        rc = take[s->kind](s, bytes.p[i]);
    return rc;
}

/* What the stage holds back; whether its data may end here. */
static enum optout_rc end_stage(struct stage *s)
{
    enum optout_rc rc = OPTOUT_OK;
    bool torn = s->rc == OPTOUT_MORE &&
                (s->kind == FLATE || (s->kind == RUN && (s->literal || s->repeat)));
    if (s->kind == HEX)
        rc = hex_end(s);
    else if (s->kind == ASCII85)
        rc = ascii85_end(s);
    else if (s->rows.at)
        rc = end_row(s);
    enum optout_rc given = flush(s);
    if (rc == OPTOUT_OK)
        rc = given;
    return rc == OPTOUT_OK && torn ? OPTOUT_E_SYNTAX : rc;
}

/* Ends this stage and all behind it. `rc`: what went wrong before. */
static enum optout_rc end_stages(struct pdf_decode *d, size_t from, enum optout_rc rc)
{
    for (size_t i = from; i < d->n; i++) {
        if (d->stage[i].finished)
            continue;
        d->stage[i].finished = true;
        enum optout_rc ended = end_stage(&d->stage[i]);
        if (rc == OPTOUT_OK || rc == OPTOUT_DONE)
            rc = ended;
    }
    return rc == OPTOUT_OK ? OPTOUT_DONE : rc;
}

static enum optout_rc feed_stage(struct stage *s, struct slice bytes)
{
    if (s->rc != OPTOUT_MORE)
        return s->rc;
    enum optout_rc rc;
    if (s->kind == FLATE) {
        rc = unpack_feed(s->unpack, bytes, NULL);
        rc = rc == OPTOUT_MORE ? OPTOUT_OK : rc;
    } else if (s->kind == PNG || s->kind == TIFF) {
        rc = feed_rows(s, bytes);
    } else {
        rc = feed_bytes(s, bytes);
    }
    if (rc == OPTOUT_OK)
        return OPTOUT_MORE;
    s->rc = rc;
    s->rc = end_stages(s->d, s->index, rc);
    return s->rc;
}

/* ---- the whole ---- */

static bool add_stage(struct pdf_decode *d, enum stage_kind kind, const struct pdf_parms *p)
{
    struct stage *s = &d->stage[d->n];
    *s = (struct stage){ .d = d, .kind = (uint8_t)kind, .index = d->n, .rc = OPTOUT_MORE };
    d->n++;
    if (kind == LZW)
        return (s->lzw = lzw_new(p->late_change)) != NULL;
    if (kind == FLATE)
        return (s->unpack = unpack_open(UNPACK_ZLIB, d->most, on_unpacked, s)) != NULL;
    return kind < PNG || rows_open(&s->rows, p);
}

static bool add_filter(struct pdf_decode *d, enum pdf_filter_kind kind,
                       const struct pdf_parms *p)
{
    static const uint8_t stages[] = {
        [PDF_ASCII_HEX] = HEX, [PDF_ASCII_85] = ASCII85, [PDF_LZW] = LZW,
        [PDF_FLATE] = FLATE,   [PDF_RUN_LENGTH] = RUN,
    };
    if (kind == PDF_CRYPT)
        return true;
    if (!add_stage(d, (enum stage_kind)stages[kind], p))
        return false;
    bool rows = (kind == PDF_LZW || kind == PDF_FLATE) && p->predictor > 1;
    return !rows || add_stage(d, p->predictor == 2 ? TIFF : PNG, p);
}

struct pdf_decode *pdf_decode_open(const struct pdf_filters *f, uint64_t max, uint64_t most,
                                   unpack_sink *sink, void *ctx)
{
    struct pdf_decode *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->max = max;
    d->most = most;
    d->sink = sink;
    d->ctx = ctx;
    for (size_t i = 0; i < f->n; i++)
        if (!add_filter(d, (enum pdf_filter_kind)f->v[i].kind, &f->parms[i])) {
            pdf_decode_close(d);
            return NULL;
        }
    return d;
}

enum optout_rc pdf_decode_feed(struct pdf_decode *d, struct slice bytes)
{
    enum optout_rc rc = hand_on(d, 0, bytes);
    return rc == OPTOUT_OK ? OPTOUT_MORE : rc;
}

enum optout_rc pdf_decode_end(struct pdf_decode *d)
{
    if (d->n && d->stage[0].rc != OPTOUT_MORE)
        return d->stage[0].rc;
    enum optout_rc rc = end_stages(d, 0, OPTOUT_OK);
    if (d->n)
        d->stage[0].rc = rc;
    return rc;
}

uint64_t pdf_decode_worked(const struct pdf_decode *d)
{
    return d->work;
}

void pdf_decode_close(struct pdf_decode *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n; i++) {
        struct stage *s = &d->stage[i];
        uint8_t *rows = s->rows.row < s->rows.above ? s->rows.row : s->rows.above;
        unpack_close(s->unpack);
        free(s->lzw);
        free(rows);
    }
    free(d);
}
