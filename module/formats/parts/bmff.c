/* SPDX-License-Identifier: Apache-2.0 */
/* bmff.c - the walker of boxes, and what the formats built of them share.
 *
 * ISO/IEC 14496-12 section 4.2 (boxes), ISO 16684-3 (XMP in uuid boxes), C2PA 2.4
 * section A.5 (BMFF), ISO/IEC 19566-5 (JUMBF). Limits: BMFF_DEPTH_MAX, BMFF_BOXES_MAX,
 * BMFF_TOP_BOXES_MAX, BMFF_KEEP_MAX; of packets packet_max. */
#include "formats/parts/bmff.h"

#include "formats/looks.h"

const uint8_t bmff_uuid_xmp[16] = { 0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8,
                                    0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC };

void bmff_init(struct bmff *w, struct arena *arena, const struct bmff_user *user)
{
    *w = (struct bmff){ .arena = arena, .user = *user, .failed = OPTOUT_DONE };
}

void bmff_fail(struct bmff *w, enum optout_rc rc)
{
    if (w->failed == OPTOUT_DONE && rc < 0)
        w->failed = rc;
}

/* Counts n consumed bytes off everything they lie in. */
static void consume(struct bmff *w, size_t n)
{
    w->at += n;
    for (unsigned i = 0; i < w->depth; i++)
        if (w->in[i].left != UINT64_MAX)
            w->in[i].left -= n;
}

static void leave(struct bmff *w, bool whole)
{
    struct bmff_box b = w->in[--w->depth];
    w->maybe_full = false;
    if (w->user.end)
        w->user.end(w->user.ctx, &b, whole);
}

/* After a box: what ended together with it ends too. */
static void next_box(struct bmff *w)
{
    w->state = BMFF_IN_HEADER;
    w->box.header_n = 0;
    while (w->depth && w->in[w->depth - 1].left == 0)
        leave(w, true);
}

static void end_box(struct bmff *w, bool whole)
{
    if (w->state == BMFF_IN_PASSED && w->user.end)
        w->user.end(w->user.ctx, &w->box, whole);
    next_box(w);
}

static void enter(struct bmff *w, bool meta)
{
    if (w->depth == BMFF_DEPTH_MAX) {
        bmff_fail(w, OPTOUT_E_LIMIT);
        w->state = BMFF_IN_SKIPPED;
        return;
    }
    w->in[w->depth++] = w->box;
    w->maybe_full = meta;
    next_box(w);
}

static void begin_keep(struct bmff *w)
{
    size_t want = w->box.keep < BMFF_KEEP_MAX ? w->box.keep : BMFF_KEEP_MAX;
    if (want > w->box.left)
        want = (size_t)w->box.left;
    w->state = BMFF_IN_KEPT;
    w->box.keep = want;
    w->kept_n = 0;
    if (want <= w->kept_size)
        return;
    /* Few sizes, so that what boxes claim does not use up the arena. */
    size_t size = want <= 4096 ? 4096 : want <= 65536 ? 65536 : BMFF_KEEP_MAX;
    uint8_t *p = arena_take(w->arena, size);
    if (!p) {
        bmff_fail(w, OPTOUT_E_NOMEM);
        w->state = BMFF_IN_SKIPPED;
        return;
    }
    w->kept = p;
    w->kept_size = size;
}

/* The payload's state; an empty one is over at once. */
static void begin_payload(struct bmff *w, enum bmff_do what)
{
    switch (what) {
    case BMFF_ENTER:
    case BMFF_ENTER_META:
        enter(w, what == BMFF_ENTER_META);
        break;
    case BMFF_KEEP:
        begin_keep(w);
        break;
    case BMFF_PASS:
        w->state = BMFF_IN_PASSED;
        break;
    case BMFF_SKIP:
        w->state = BMFF_IN_SKIPPED;
        break;
    }
    if (w->state == BMFF_IN_KEPT && w->box.keep == 0) {
        enum bmff_do then = w->user.kept(w->user.ctx, &w->box, slice_of("", 0));
        w->state = then == BMFF_PASS ? BMFF_IN_PASSED : BMFF_IN_SKIPPED;
    }
    if (w->state != BMFF_IN_HEADER && w->state != BMFF_IN_KEPT && w->box.left == 0)
        end_box(w, true);
}

/* The rest of the innermost box is not boxes: padding, or a terminator. */
static void skip_parent(struct bmff *w)
{
    w->box = (struct bmff_box){ .left = w->in[w->depth - 1].left };
    w->state = BMFF_IN_SKIPPED;
    if (w->box.left == 0)
        next_box(w);
}

static bool too_many(struct bmff *w)
{
    if (w->depth ? ++w->boxes <= BMFF_BOXES_MAX : ++w->top_boxes <= BMFF_TOP_BOXES_MAX)
        return false;
    bmff_fail(w, OPTOUT_E_LIMIT);
    w->state = BMFF_IN_SKIPPED;
    w->box = (struct bmff_box){ .left = w->depth ? w->in[w->depth - 1].left : UINT64_MAX };
    if (w->box.left == 0)
        next_box(w);
    return true;
}

/* Boxes that stand in front of others: one that goes on to the end of the body hides them. */
static bool never_last(uint32_t type)
{
    static const uint32_t types[] = {
        BMFF_TYPE('f', 't', 'y', 'p'), BMFF_TYPE('s', 't', 'y', 'p'),
        BMFF_TYPE('f', 'r', 'e', 'e'), BMFF_TYPE('s', 'k', 'i', 'p'),
        BMFF_TYPE('w', 'i', 'd', 'e'),
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i] == type)
            return true;
    return false;
}

/* Payload length from the size field, against what is left of the parent. False when the
 * header makes no sense. */
static bool size_box(struct bmff *w, uint64_t size)
{
    struct bmff_box *b = &w->box;
    uint64_t room = w->depth ? w->in[w->depth - 1].left : UINT64_MAX;
    if (size == 0) {
        b->left = room;
        if (never_last(b->type))
            bmff_fail(w, OPTOUT_E_SYNTAX);
        return true;
    }
    if (size < b->header_n)
        return false;
    b->left = size - b->header_n;
    if (b->left > room) {
        bmff_fail(w, OPTOUT_E_SYNTAX);
        b->left = room;
    }
    return true;
}

static void header_done(struct bmff *w)
{
    struct bmff_box *b = &w->box;
    uint64_t size = b->header_n == 16 ? be64(b->header + 8) : be32(b->header);
    b->type = be32(b->header + 4);
    b->offset = w->at - b->header_n;
    w->maybe_full = false;
    /* A size of 0 ends the list of user data in QuickTime. */
    if (w->depth && size == 0) {
        skip_parent(w);
        return;
    }
    if (too_many(w))
        return;
    if (!size_box(w, size) || (b->header_n == 16 && size == 0)) {
        bmff_fail(w, OPTOUT_E_SYNTAX);
        b->left = UINT64_MAX;
        w->state = BMFF_IN_SKIPPED;
        if (w->depth)
            skip_parent(w);
        return;
    }
    uint32_t parent = w->depth ? w->in[w->depth - 1].context : 0;
    begin_payload(w, w->user.box(w->user.ctx, parent, b));
}

/* Version and flags are told from a box header: they are 0, or no type follows them. */
static bool drop_full(struct bmff *w)
{
    const uint8_t *h = w->box.header;
    bool type = true;
    for (int i = 4; i < 8; i++)
        type = type && h[i] >= ' ' && (h[i] < 0x7f || h[i] == 0xa9);
    w->maybe_full = false;
    if (be32(h) != 0 && type)
        return false;
    memmove(w->box.header, h + 4, 4);
    w->box.header_n = 4;
    return true;
}

static size_t step_header(struct bmff *w, struct slice bytes)
{
    struct bmff_box *b = &w->box;
    uint64_t room = w->depth ? w->in[w->depth - 1].left : UINT64_MAX;
    if (b->header_n == 0 && room < 8) {
        skip_parent(w);
        return 0;
    }
    unsigned want = b->header_n >= 8 ? 16 : 8;
    size_t n = want - b->header_n;
    if (n > bytes.n)
        n = bytes.n;
    if (n > room)
        n = (size_t)room;
    memcpy(b->header + b->header_n, bytes.p, n);
    b->header_n += (unsigned)n;
    consume(w, n);
    if (b->header_n == 8 && want == 8 && w->maybe_full && drop_full(w))
        b->header_n = 4;
    else if (b->header_n == want && (want == 16 || be32(b->header) != 1)) {
        header_done(w);
        return n;
    }
    if (w->depth && w->in[w->depth - 1].left == 0) {
        bmff_fail(w, OPTOUT_E_SYNTAX); /* the parent ends inside a header */
        next_box(w);
    }
    return n;
}

static size_t step_kept(struct bmff *w, struct slice bytes)
{
    size_t n = w->box.keep - w->kept_n;
    if (n > bytes.n)
        n = bytes.n;
    memcpy(w->kept + w->kept_n, bytes.p, n);
    w->kept_n += n;
    consume(w, n);
    if (w->box.left != UINT64_MAX)
        w->box.left -= n;
    if (w->kept_n < w->box.keep)
        return n;
    enum bmff_do then = w->user.kept(w->user.ctx, &w->box, slice_of(w->kept, w->kept_n));
    w->state = then == BMFF_PASS ? BMFF_IN_PASSED : BMFF_IN_SKIPPED;
    if (w->box.left == 0)
        end_box(w, true);
    return n;
}

static size_t step_rest(struct bmff *w, struct slice bytes)
{
    size_t n = bytes.n;
    if (n > w->box.left)
        n = (size_t)w->box.left;
    consume(w, n);
    if (w->box.left != UINT64_MAX)
        w->box.left -= n;
    if (w->state == BMFF_IN_PASSED)
        w->user.bytes(w->user.ctx, &w->box, slice_of(bytes.p, n));
    if (w->box.left == 0)
        end_box(w, true);
    return n;
}

size_t bmff_step(struct bmff *w, struct slice bytes)
{
    if (w->state == BMFF_IN_HEADER) {
        /* Padding at the end of a box is known before any byte of it was seen: 0. */
        size_t n = step_header(w, bytes);
        if (n)
            return n;
    }
    return w->state == BMFF_IN_KEPT ? step_kept(w, bytes) : step_rest(w, bytes);
}

bool bmff_stuck(const struct bmff *w)
{
    return w->failed < 0 && w->depth == 0 && w->state == BMFF_IN_SKIPPED &&
           w->box.left == UINT64_MAX;
}

enum optout_rc bmff_feed(struct bmff *w, struct slice bytes)
{
    while (bytes.n) {
        bytes = slice_from(bytes, bmff_step(w, bytes));
        if (bmff_stuck(w))
            return w->failed;
    }
    return OPTOUT_MORE;
}

enum optout_rc bmff_end(struct bmff *w)
{
    bool open_end = w->state != BMFF_IN_HEADER && w->box.left == UINT64_MAX;
    if (w->state == BMFF_IN_KEPT && open_end) {
        /* All there was; what is asked for in vain is as good as a short payload. */
        enum bmff_do then = w->user.kept(w->user.ctx, &w->box, slice_of(w->kept, w->kept_n));
        w->state = then == BMFF_PASS ? BMFF_IN_PASSED : BMFF_IN_SKIPPED;
    }
    bool inside = w->state == BMFF_IN_HEADER ? w->box.header_n != 0 : !open_end;
    for (unsigned i = 0; i < w->depth; i++)
        inside = inside || w->in[i].left != UINT64_MAX;
    if (w->state == BMFF_IN_PASSED && w->user.end)
        w->user.end(w->user.ctx, &w->box, !inside);
    w->state = BMFF_IN_HEADER;
    while (w->depth)
        leave(w, !inside);
    if (inside)
        bmff_fail(w, OPTOUT_E_SYNTAX);
    return w->failed;
}

/* ---- by the first bytes ---- */

/* A size in letters is text. */
static bool is_text(const uint8_t *p)
{
    for (int i = 0; i < 4; i++)
        if (p[i] < '\t' || p[i] >= 0x7f)
            return false;
    return true;
}

bool bmff_head_box(struct slice head, const char *types, struct slice *payload)
{
    while (head.n >= 8 && !is_text(head.p)) {
        uint64_t size = be32(head.p);
        unsigned header = size == 1 ? 16 : 8;
        if (header > head.n)
            return false;
        if (header == 16)
            size = be64(head.p + 8);
        if ((size && size < header) || size >> 48)
            return false;
        struct slice box = slice_sub(head, 0, size && size < head.n ? (size_t)size : head.n);
        for (const char *t = types; *t; t += 4)
            if (memcmp(head.p + 4, t, 4) == 0) {
                *payload = slice_from(box, header);
                return true;
            }
        if (size == 0)
            return false;
        head = slice_from(head, box.n);
    }
    return false;
}

/* ---- for people ---- */

static void type_text(uint32_t type, char out[5])
{
    for (int i = 0; i < 4; i++) {
        uint8_t c = (uint8_t)(type >> (24 - 8 * i));
        out[i] = (char)(c > ' ' && c < 0x7f ? c : c == ' ' ? ' ' : '?');
    }
    out[4] = '\0';
}

struct slice bmff_where(const struct bmff *w)
{
    char text[5 * (BMFF_DEPTH_MAX + 1) + 1];
    size_t n = 0;
    for (unsigned i = 0; i <= w->depth; i++) {
        type_text(i < w->depth ? w->in[i].type : w->box.type, text + n);
        n += 4;
        text[n++] = '/';
    }
    return arena_copy(w->arena, slice_trim_space(slice_of(text, n - 1)), PACKET_WHERE_MAX);
}

/* ---- what is packed ---- */

enum optout_rc bmff_unpack_begin(struct bmff_unpack *u, enum unpack_kind kind, uint64_t max,
                                 unpack_sink *sink, void *ctx)
{
    u->n = 0;
    u->unpack = unpack_open(kind, max, sink, ctx);
    return u->unpack ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

bool bmff_unpack_bytes(struct bmff_unpack *u, struct slice bytes)
{
    while (bytes.n) {
        size_t n = sizeof u->block - u->n;
        n = n < bytes.n ? n : bytes.n;
        memcpy(u->block + u->n, bytes.p, n);
        u->n += n;
        bytes = slice_from(bytes, n);
        if (u->n < sizeof u->block)
            break;
        u->n = 0;
        if (unpack_feed(u->unpack, slice_of(u->block, sizeof u->block), NULL) != OPTOUT_MORE)
            return false;
    }
    return true;
}

enum optout_rc bmff_unpack_end(struct bmff_unpack *u)
{
    enum optout_rc rc = unpack_feed(u->unpack, slice_of(u->block, u->n), NULL);
    unpack_close(u->unpack);
    u->unpack = NULL;
    return rc;
}

enum packet_end bmff_unpack_how(enum optout_rc rc)
{
    return rc == OPTOUT_DONE      ? PACKET_WHOLE
           : rc == OPTOUT_E_LIMIT ? PACKET_LIMIT
           : rc == OPTOUT_MORE    ? PACKET_CUT
                                  : PACKET_CORRUPT;
}

void bmff_store_begin(struct packet_out *o, const struct format_env *env, uint64_t offset,
                      struct slice where, struct slice first)
{
    struct packet p = { .kind = PACKET_C2PA, .role = PACKET_MAIN, .offset = offset,
                        .where = where };
    packet_out_begin(o, env->out, &p);
    uint64_t length = first.n >= 4 ? be32(first.p) : 0;
    if (length == 1 && first.n >= 16)
        length = be64(first.p + 8);
    if (length >= 8)
        o->left = length;
    packet_out_bytes(o, first);
}

enum bmff_do bmff_store_box(struct packet_out *o, const struct format_env *env,
                            const struct bmff_box *b, struct slice kept)
{
    uint8_t head[16 + BMFF_STORE_HEAD];
    memcpy(head, b->header, b->header_n);
    memcpy(head + b->header_n, kept.p, kept.n);
    struct slice first = slice_of(head, b->header_n + kept.n);
    if (!looks_like_store(first))
        return BMFF_SKIP;
    bmff_store_begin(o, env, b->offset, SLICE_OF("jumb box"), first);
    return BMFF_PASS;
}
