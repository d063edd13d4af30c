/* SPDX-License-Identifier: Apache-2.0 */
/* iff.c - EA IFF 85, RIFF, RF64 and BW64; see iff.h.
 *
 * MAX_SIZES  16   entries read of a ds64 table
 * MAX_TEXTS  32   texts that are handed on
 * MAX_TAGS    4   ID3 tags and EXIF blocks, each
 * Two levels: the chunks of the file and those of one LIST; nothing nests deeper. Chunks may
 * be any number; each is walked by its length. */
#include "formats/parts/iff.h"

#include "formats/parts/exif.h"
#include "formats/packet_out.h"
#include "formats/av/id3.h"

#define MAX_SIZES 16
#define MAX_TEXTS 32
#define MAX_TAGS 4
#define FILE_HEADER 12
#define CHUNK_HEADER 8
#define DS64_FIXED 28
#define VP8X_XMP 4 /* of its flags */
#define SIZE_MOST (UINT64_MAX >> 2) /* so that offsets cannot wrap */
#define UNKNOWN UINT64_MAX /* as an end: wherever the body ends */

enum stage { STAGE_FILE, STAGE_HEADER, STAGE_TYPE, STAGE_DATA };

struct size64 {
    uint8_t id[4];
    uint64_t size;
};

struct iff {
    const struct format_env *env;
    const struct iff_kind *kind;
    struct packet_out flow;
    struct id3 *id3;
    enum stage stage;
    enum optout_rc rc;
    bool wide;      /* RF64, BW64 */
    bool later;     /* in a second RIFF chunk, or behind the end */
    bool tail;      /* behind the end: what looks like chunks is walked, and need not be any */
    bool announced, met; /* XMP: by VP8X; as a chunk */
    bool padded;    /* a pad byte may stand before the header that is being read */
    bool overrun;   /* the chunk is longer than what it is in */
    bool done;
    uint64_t at;    /* offset of the next byte */
    uint64_t end;   /* of the file chunk, or UNKNOWN */
    uint64_t list;  /* end of the LIST that is read, or 0 */
    uint64_t start; /* of the chunk's data */
    uint64_t left;  /* of the chunk's data; UNKNOWN: to the end of the body */
    const struct iff_chunk *chunk; /* NULL: skip it */
    unsigned n_texts, n_exifs, n_id3s;
    uint8_t id[4];
    size_t n_head;
    uint8_t head[FILE_HEADER];
    uint64_t data_size; /* of ds64 */
    size_t n_sizes;
    struct size64 sizes[MAX_SIZES];
    size_t n_hold, hold_max;
    uint8_t *hold; /* EXIF_MAX bytes, once they are needed */
};

static void fail(struct iff *f, enum optout_rc rc)
{
    if (f->rc == OPTOUT_DONE)
        f->rc = rc;
}

static uint32_t size32(const struct iff *f, const uint8_t *p)
{
    return f->kind->big ? be32(p) : le32(p);
}

static const struct iff_chunk *iff_find(const struct iff *f, const uint8_t *id)
{
    for (size_t i = 0; i < f->kind->n_chunks; i++)
        if (!memcmp(f->kind->chunks[i].id, id, 4))
            return &f->kind->chunks[i];
    return NULL;
}

static uint64_t parent_end(const struct iff *f)
{
    return f->list ? f->list : f->end;
}

static void go(struct iff *f, enum stage stage)
{
    f->stage = stage;
    f->n_head = 0;
}

/* ---- what is made of a chunk's data ---- */

static struct packet packet_of(const struct iff *f, enum packet_kind kind)
{
    bool doubtful = f->overrun || f->later;
    return (struct packet){ .kind = kind, .offset = f->start,
                            .role = doubtful ? PACKET_SALVAGED : PACKET_MAIN,
                            .where = slice_cstr(f->chunk->where) };
}

static bool begin_hold(struct iff *f, size_t max)
{
    if (!f->hold)
        f->hold = arena_take(f->env->arena, EXIF_MAX);
    if (!f->hold)
        fail(f, OPTOUT_E_NOMEM);
    f->n_hold = 0;
    f->hold_max = max;
    return f->hold != NULL;
}

static bool begin_id3(struct iff *f)
{
    if (f->n_id3s == MAX_TAGS) {
        fail(f, OPTOUT_E_LIMIT);
        return false;
    }
    f->n_id3s++;
    f->id3 = id3_open(f->env, packet_of(f, PACKET_XMP).role, f->start);
    if (!f->id3)
        fail(f, OPTOUT_E_NOMEM);
    return f->id3 != NULL;
}

static void end_id3(struct iff *f)
{
    if (!f->id3)
        return;
    enum optout_rc rc = id3_end(f->id3);
    if (rc < 0)
        fail(f, rc);
    f->id3 = NULL;
}

static bool begin_exif(struct iff *f)
{
    if (f->n_exifs == MAX_TAGS) {
        fail(f, OPTOUT_E_LIMIT);
        return false;
    }
    f->n_exifs++;
    return begin_hold(f, EXIF_MAX);
}

/* The chunk's data begin; false when nobody wants them. */
static bool begin_use(struct iff *f)
{
    switch (f->chunk->use) {
    case IFF_PACKET:
    case IFF_TYPED: {
        struct packet p = packet_of(f, (enum packet_kind)f->chunk->kind);
        f->met = f->met || p.kind == PACKET_XMP;
        packet_out_begin(&f->flow, f->env->out, &p);
        return true;
    }
    case IFF_TEXT:
        return f->n_texts < MAX_TEXTS && begin_hold(f, PACKET_TEXT_MAX + 1);
    case IFF_EXIF:
        return begin_exif(f);
    case IFF_ID3:
        return begin_id3(f);
    case IFF_VP8X:
        f->n_hold = 0;
        return !f->tail;
    case IFF_SIZES:
        return f->wide && begin_hold(f, DS64_FIXED + MAX_SIZES * 12);
    default:
        return false;
    }
}

static void use_bytes(struct iff *f, struct slice s)
{
    size_t used;
    if (f->chunk->use == IFF_PACKET || f->chunk->use == IFF_TYPED) {
        packet_out_bytes(&f->flow, s);
    } else if (f->chunk->use == IFF_ID3) {
        enum optout_rc rc = f->id3 ? id3_feed(f->id3, s, &used) : OPTOUT_MORE;
        if (rc < 0)
            fail(f, rc);
        if (rc != OPTOUT_MORE)
            end_id3(f);
    } else if (f->chunk->use == IFF_VP8X) {
        if (f->n_hold++ == 0)
            f->announced = s.p[0] & VP8X_XMP;
    } else {
        s = slice_sub(s, 0, f->hold_max - f->n_hold);
        if (s.n)
            memcpy(f->hold + f->n_hold, s.p, s.n);
        f->n_hold += s.n;
    }
}

static void read_sizes(struct iff *f)
{
    if (f->n_hold < DS64_FIXED)
        return;
    uint64_t whole = le64(f->hold), n = le32(f->hold + 24);
    f->data_size = le64(f->hold + 8);
    if (whole && whole < SIZE_MOST && f->end == UNKNOWN)
        f->end = whole + CHUNK_HEADER;
    for (size_t at = DS64_FIXED; n-- > 0 && at + 12 <= f->n_hold; at += 12) {
        struct size64 *s = &f->sizes[f->n_sizes];
        if (f->n_sizes == MAX_SIZES)
            break;
        memcpy(s->id, f->hold + at, 4);
        s->size = le64(f->hold + at + 4);
        f->n_sizes++;
    }
}

static void end_text(struct iff *f, enum packet_end how)
{
    struct packet p = packet_of(f, PACKET_TEXT);
    p.field = slice_of(f->chunk->id, 4);
    f->n_texts++;
    packet_out_text(f->env->out, &p, slice_of(f->hold, f->n_hold), how);
}

static void end_use(struct iff *f, bool whole)
{
    enum packet_end how = whole ? PACKET_WHOLE : PACKET_CUT;
    const struct iff_chunk *c = f->chunk;
    if (!c)
        return;
    packet_out_end(&f->flow, how);
    end_id3(f);
    if (c->use == IFF_TEXT)
        end_text(f, how);
    else if (c->use == IFF_SIZES)
        read_sizes(f);
    else if (c->use == IFF_EXIF && f->n_hold)
        exif_read(f->env, packet_of(f, PACKET_XMP).role, slice_cstr(c->where), f->start,
                  slice_of(f->hold, f->n_hold));
    f->chunk = NULL;
}

/* ---- chunks ---- */

/* The file is over by its own account: is the body? */
static enum optout_rc begin_tail(struct iff *f)
{
    go(f, STAGE_HEADER);
    f->tail = f->later = true;
    f->end = UNKNOWN;
    f->list = 0;
    f->done = f->env->length == f->at || f->env->length == f->at + f->padded;
    return f->done ? OPTOUT_DONE : OPTOUT_MORE;
}

/* After a chunk: the header of the next, or the end of what it is in. A pad byte that is
 * missing at the end is forgiven. */
static enum optout_rc next_chunk(struct iff *f)
{
    go(f, STAGE_HEADER);
    if (f->list && f->at + f->padded >= f->list)
        f->list = 0;
    if (f->end == UNKNOWN || f->at + f->padded < f->end)
        return OPTOUT_MORE;
    if (!f->kind->continues)
        return begin_tail(f);
    go(f, STAGE_FILE);
    return OPTOUT_MORE;
}

static enum optout_rc end_chunk(struct iff *f)
{
    end_use(f, true);
    return next_chunk(f);
}

/* What the size field says, and what is known better. */
static uint64_t chunk_size(struct iff *f, const struct iff_chunk *c)
{
    uint32_t n = size32(f, f->head + 4);
    if (n == UINT32_MAX && f->wide) {
        if (!memcmp(f->head, "data", 4))
            return f->data_size && f->data_size < SIZE_MOST ? f->data_size : UNKNOWN;
        for (size_t i = 0; i < f->n_sizes; i++)
            if (!memcmp(f->sizes[i].id, f->head, 4))
                return f->sizes[i].size < SIZE_MOST ? f->sizes[i].size : UNKNOWN;
    }
    bool media = c && c->use == IFF_MEDIA;
    return media && (n == UINT32_MAX || (n == 0 && f->end == UNKNOWN)) ? UNKNOWN : n;
}

static bool is_id(const uint8_t *id)
{
    for (size_t i = 0; i < 4; i++)
        if ((id[i] < 0x20 || id[i] > 0x7E) && id[i] != 0xA9 && (id[i] != 0 || i < 3))
            return false;
    return true;
}

static enum optout_rc start_data(struct iff *f)
{
    go(f, STAGE_DATA);
    f->start = f->at;
    if (f->chunk && !begin_use(f))
        f->chunk = NULL;
    return f->left ? OPTOUT_MORE : end_chunk(f);
}

/* The header is in f->head; f->at is behind it. */
static enum optout_rc on_header(struct iff *f)
{
    const struct iff_chunk *c = iff_find(f, f->head);
    if (!c && !is_id(f->head)) {
        f->done = f->tail;
        return f->tail ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
    }
    f->left = chunk_size(f, c);
    f->padded = f->left != UNKNOWN && f->left % 2;
    uint64_t end = parent_end(f);
    f->overrun = f->left != UNKNOWN && end != UNKNOWN &&
                 (f->at > end || f->left > end - f->at);
    if (f->overrun)
        fail(f, OPTOUT_E_SYNTAX);
    memcpy(f->id, f->head, 4);
    f->chunk = c;
    bool typed = c && (c->use == IFF_TYPED || (c->use == IFF_LIST && !f->list));
    if (typed && f->left < 4)
        f->chunk = NULL;
    if (!typed || !f->chunk)
        return start_data(f);
    go(f, STAGE_TYPE);
    return OPTOUT_MORE;
}

static enum optout_rc on_type(struct iff *f)
{
    bool ours = !memcmp(f->head, f->chunk->type, 4);
    f->left -= 4;
    if (!ours)
        f->chunk = NULL;
    if (!ours || f->chunk->use != IFF_LIST || f->left == UNKNOWN - 4)
        return start_data(f);
    /* Its chunks are walked as the file's are; it cannot be longer than the file. */
    uint64_t size = f->left;
    f->chunk = NULL;
    f->list = f->at + size;
    if (f->end != UNKNOWN && f->list > f->end)
        f->list = f->end;
    f->padded = false;
    return next_chunk(f);
}

static enum optout_rc on_file(struct iff *f)
{
    uint32_t n = size32(f, f->head + 4);
    bool first = f->at == FILE_HEADER;
    f->later = !first;
    f->wide = first && !f->kind->big && memcmp(f->head, "RIFF", 4) != 0;
    bool known = n >= 4 && n != UINT32_MAX;
    f->end = known ? f->at - 4 + n : UNKNOWN;
    f->padded = false;
    return next_chunk(f);
}

/* A header that may have a pad byte in front of it: without one when it is a known id as it
 * stands, for there are writers that leave it out. True when the byte was dropped. */
static bool drop_pad(struct iff *f)
{
    f->padded = false;
    if (iff_find(f, f->head) || !memcmp(f->head, "RIFF", 4))
        return false;
    memmove(f->head, f->head + 1, --f->n_head);
    return true;
}

static enum optout_rc read_head(struct iff *f, uint8_t c)
{
    static const uint8_t size[] = {
        [STAGE_FILE] = FILE_HEADER, [STAGE_HEADER] = CHUNK_HEADER, [STAGE_TYPE] = 4,
    };
    f->head[f->n_head++] = c;
    f->at++;
    if (f->padded && f->n_head == 4 && f->stage != STAGE_TYPE && drop_pad(f))
        return OPTOUT_MORE;
    /* Not the file's first header, and not one that continues it. */
    if (f->stage == STAGE_FILE && f->at > FILE_HEADER && f->n_head == CHUNK_HEADER &&
        memcmp(f->head, "RIFF", 4) != 0) {
        f->padded = false;
        return begin_tail(f) == OPTOUT_MORE ? on_header(f) : OPTOUT_DONE;
    }
    if (f->n_head < size[f->stage])
        return OPTOUT_MORE;
    return f->stage == STAGE_FILE     ? on_file(f)
           : f->stage == STAGE_HEADER ? on_header(f)
                                      : on_type(f);
}

void *iff_open(const struct format_env *env, const struct iff_kind *kind)
{
    struct iff *f = arena_alloc(env->arena, sizeof *f);
    if (!f)
        return NULL;
    f->env = env;
    f->kind = kind;
    f->rc = OPTOUT_DONE;
    return f;
}

enum optout_rc iff_feed(void *state, struct slice s)
{
    struct iff *f = state;
    enum optout_rc rc = OPTOUT_MORE;
    while (s.n && rc == OPTOUT_MORE) {
        if (f->stage != STAGE_DATA) {
            rc = read_head(f, s.p[0]);
            s = slice_from(s, 1);
            continue;
        }
        size_t n = s.n < f->left ? s.n : (size_t)f->left;
        if (f->chunk)
            use_bytes(f, slice_sub(s, 0, n));
        f->at += n;
        f->left -= f->left == UNKNOWN ? 0 : n;
        s = slice_from(s, n);
        if (f->left == 0)
            rc = end_chunk(f);
    }
    if (rc < 0)
        fail(f, rc);
    return rc;
}

/* Whether the body may well end here: between chunks, when the file does not say how long it
 * is or would be over but for a pad byte; or in media data that go on to the end. */
static bool ends_well(const struct iff *f)
{
    if (f->done)
        return true;
    if (f->tail)
        return f->stage != STAGE_DATA || !f->chunk;
    if (f->wide && f->end == UNKNOWN) /* ds64 did not come, or does not tell */
        return false;
    if (f->stage == STAGE_FILE)
        return f->at > FILE_HEADER && (f->n_head < 4 || memcmp(f->head, "RIFF", 4) != 0);
    if (f->stage == STAGE_DATA)
        return f->left == UNKNOWN && f->end == UNKNOWN && !f->chunk;
    return f->stage == STAGE_HEADER && f->n_head <= f->padded && f->end == UNKNOWN && !f->list;
}

enum optout_rc iff_end(void *state)
{
    struct iff *f = state;
    bool well = ends_well(f);
    end_use(f, false);
    if (!well || (f->announced && !f->met))
        fail(f, OPTOUT_E_SYNTAX);
    return f->rc;
}
