/* SPDX-License-Identifier: Apache-2.0 */
/* jumbf.c - ISO/IEC 19566-5:2023 (JUMBF); C2PA 2.4 section 11.1 with compressed manifests
 * (brob).
 *
 * A box that is longer than its parent is read up to the parent's end, and the store said to
 * be broken; so is one whose description cannot be read, which is passed over. What was
 * promised in length is passed over by length.
 *
 * Limits: JUMBF_DEPTH_MAX, JUMBF_BOXES_MAX, JUMBF_LABEL_MAX, JUMBF_UNPACKED_MAX,
 *         JUMD_MAX bytes of a description box. */
#include "metadata/jumbf.h"

#include "syntax/digest.h"
#include "formats/format.h"
#include "formats/parts/unpack.h"

#define JUMD_MAX 1024
#define BROB_PIECE 256
#define KEEP_FIRST 4096 /* bytes first taken for a content box; then four times that, and so on */

enum walk_state { WALK_HEADER, WALK_JUMD, WALK_CONTENT, WALK_SKIP, WALK_BROB };

struct frame {
    uint64_t left;   /* bytes of it that belong to no child yet */
    bool endless;    /* it ends where the store does */
    bool cut;        /* its parent is too short for it */
    bool described;  /* its jumd was read */
    bool compressing; /* a compressed manifest, which is not reported but the one inside */
    bool has_brob;
    enum jumbf_want want;
    size_t keep_max;
    uint64_t offset;
    struct digest *digest;
};

/* The boxes of the store, or those of a compressed manifest. */
struct walk {
    struct frame frame[JUMBF_DEPTH_MAX];
    unsigned n;
    unsigned above; /* reported superboxes around this walk */
    unsigned digests;
    enum walk_state state;
    uint8_t head[16];
    uint8_t n_head, head_size;
    uint8_t type[4];
    uint64_t left;    /* bytes of the box at hand */
    bool left_cut;    /* its parent is too short for it */
    bool inner;       /* of a compressed manifest */
    bool done;
    uint64_t at;      /* bytes that went by */
    size_t n_jumd;
    uint8_t jumd[16 + JUMD_MAX]; /* with its header in front: it is hashed */
};

struct jumbf {
    struct arena *arena;
    const struct jumbf_events *events;
    void *ctx;
    unsigned boxes;
    enum optout_rc fatal;  /* OPTOUT_OK, or why nothing more is read */
    enum optout_rc broken; /* OPTOUT_OK, or the first thing that was passed over */
    uint8_t *kept;
    size_t n_kept, kept_size;
    struct unpack *unpack;
    enum optout_rc unpacked; /* OPTOUT_MORE until the compressed manifest has ended */
    uint64_t brob_offset;
    /* A decoder that meets an error keeps back what it had not yet handed out. Given always
     * the same pieces it always gives the same bytes. */
    uint8_t brob[BROB_PIECE];
    size_t n_brob;
    struct walk *inner; /* once needed */
    struct walk outer;
};

static void broken(struct jumbf *j, enum optout_rc why)
{
    if (j->broken == OPTOUT_OK)
        j->broken = why;
}

static struct frame *top(struct walk *w)
{
    return w->n ? &w->frame[w->n - 1] : NULL;
}

static void begin_header(struct walk *w)
{
    w->state = WALK_HEADER;
    w->n_head = 0;
    w->head_size = 8;
}

/* ---- superboxes ---- */

static bool is_reported(const struct frame *f)
{
    return f->described && !f->compressing;
}

static enum optout_rc close_frame(struct jumbf *j, struct walk *w, bool whole)
{
    struct frame *f = top(w);
    uint8_t sha256[32];
    bool hashed = false;
    if (f->digest) {
        hashed = digest_close(f->digest, sha256);
        f->digest = NULL;
        w->digests--;
    }
    whole = whole && !f->cut;
    if (f->compressing && !f->has_brob)
        broken(j, OPTOUT_E_SYNTAX);
    unsigned depth = w->above + w->n;
    bool reported = is_reported(f);
    w->n--;
    if (!reported)
        return OPTOUT_OK;
    return j->events->close(j->ctx, depth, whole, whole && hashed ? sha256 : NULL);
}

/* Closes what has come to its end. */
static enum optout_rc close_ended(struct jumbf *j, struct walk *w)
{
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK && w->n && !top(w)->endless && top(w)->left == 0)
        rc = close_frame(j, w, true);
    w->done = w->n == 0;
    begin_header(w);
    return rc;
}

static void hash(struct walk *w, const uint8_t *p, size_t n)
{
    for (unsigned i = 0; w->digests && i < w->n; i++)
        if (w->frame[i].digest)
            digest_feed(w->frame[i].digest, slice_of(p, n));
}

/* What is left of the innermost superbox is of no use. */
static void skip_rest(struct walk *w)
{
    struct frame *f = top(w);
    w->left = f->endless ? UINT64_MAX : f->left;
    w->left_cut = false;
    if (!f->endless)
        f->left = 0;
    w->state = WALK_SKIP;
}

static void give_up_superbox(struct jumbf *j, struct walk *w, enum optout_rc why)
{
    broken(j, why);
    skip_rest(w);
}

/* 19566-5 Annex B.2: label, ID and hash as the toggles say; a private box after that. */
static enum optout_rc parse_jumd(struct slice payload, struct jumbf_superbox *s)
{
    if (payload.n < 17)
        return OPTOUT_E_SYNTAX;
    uint8_t toggles = payload.p[16];
    s->uuid = payload.p;
    struct slice rest = slice_from(payload, 17);
    if (toggles & 0x02) {
        size_t n = slice_find(rest, 0);
        if (n == rest.n)
            return OPTOUT_E_SYNTAX;
        if (n > JUMBF_LABEL_MAX)
            return OPTOUT_E_LIMIT;
        s->label = slice_sub(rest, 0, n);
        rest = slice_from(rest, n + 1);
    }
    size_t need = (toggles & 0x04 ? 4u : 0u) + (toggles & 0x08 ? 32u : 0u);
    return rest.n < need ? OPTOUT_E_SYNTAX : OPTOUT_OK;
}

static bool is_compressed_manifest(const uint8_t *uuid)
{
    return memcmp(uuid, "c2cm", 4) == 0;
}

/* The description is complete: asks what is wanted. */
static enum optout_rc describe(struct jumbf *j, struct walk *w)
{
    struct frame *f = top(w);
    struct slice payload = slice_of(w->jumd + w->head_size, w->n_jumd - w->head_size);
    struct jumbf_superbox s = {
        .depth = w->above + w->n, .offset = f->offset, .compressed = w->inner,
    };
    enum optout_rc rc = parse_jumd(payload, &s);
    if (rc != OPTOUT_OK) {
        give_up_superbox(j, w, rc);
        return OPTOUT_OK;
    }
    f->described = true;
    if (is_compressed_manifest(s.uuid) && !w->inner) {
        f->compressing = true;
        f->want = JUMBF_ENTER;
        return OPTOUT_OK;
    }
    f->want = JUMBF_SKIP;
    rc = j->events->open(j->ctx, &s, &f->want, &f->keep_max);
    if (rc != OPTOUT_OK)
        return rc;
    if (f->want == JUMBF_KEEP_HASH) {
        f->digest = digest_open();
        if (!f->digest)
            return OPTOUT_E_NOMEM;
        w->digests++;
        digest_feed(f->digest, slice_of(w->jumd, w->n_jumd));
    }
    if (f->want == JUMBF_SKIP)
        skip_rest(w);
    return OPTOUT_OK;
}

static enum optout_rc end_jumd(struct jumbf *j, struct walk *w)
{
    w->state = WALK_HEADER;
    enum optout_rc rc = describe(j, w);
    if (rc != OPTOUT_OK || (w->state == WALK_SKIP && w->left))
        return rc;
    return close_ended(j, w);
}

/* ---- compressed manifests ---- */

static enum optout_rc walk_feed(struct jumbf *j, struct walk *w, struct slice bytes);

static enum optout_rc on_unpacked(void *ctx, struct slice bytes)
{
    struct jumbf *j = ctx;
    if (j->fatal == OPTOUT_OK)
        j->fatal = walk_feed(j, j->inner, bytes);
    return j->fatal;
}

static enum optout_rc walk_cut(struct jumbf *j, struct walk *w);

static enum optout_rc begin_brob(struct jumbf *j, struct walk *w)
{
    if (!j->inner)
        j->inner = arena_take(j->arena, sizeof *j->inner);
    if (!j->inner)
        return OPTOUT_E_NOMEM;
    memset(j->inner, 0, offsetof(struct walk, jumd));
    begin_header(j->inner);
    j->inner->inner = true;
    j->inner->above = w->above + w->n - 1;
    j->brob_offset = top(w)->offset;
    j->unpack = unpack_open(UNPACK_BROTLI, JUMBF_UNPACKED_MAX, on_unpacked, j);
    if (!j->unpack)
        return OPTOUT_E_NOMEM;
    j->unpacked = OPTOUT_MORE;
    j->n_brob = 0;
    top(w)->has_brob = true;
    w->state = WALK_BROB;
    return OPTOUT_OK;
}

static void unpack_piece(struct jumbf *j)
{
    if (j->unpacked == OPTOUT_MORE && j->fatal == OPTOUT_OK && j->n_brob)
        j->unpacked = unpack_feed(j->unpack, slice_of(j->brob, j->n_brob), NULL);
    j->n_brob = 0;
}

static enum optout_rc brob_bytes(struct jumbf *j, struct slice bytes)
{
    while (bytes.n && j->unpacked == OPTOUT_MORE && j->fatal == OPTOUT_OK) {
        size_t room = BROB_PIECE - j->n_brob, n = bytes.n < room ? bytes.n : room;
        memcpy(j->brob + j->n_brob, bytes.p, n);
        j->n_brob += n;
        bytes = slice_from(bytes, n);
        if (j->n_brob == BROB_PIECE)
            unpack_piece(j);
    }
    return j->fatal;
}

static enum optout_rc end_brob(struct jumbf *j)
{
    unpack_piece(j);
    unpack_close(j->unpack);
    j->unpack = NULL;
    if (j->fatal != OPTOUT_OK)
        return j->fatal;
    if (j->unpacked == OPTOUT_MORE || (j->unpacked == OPTOUT_DONE && !j->inner->done))
        j->unpacked = OPTOUT_E_SYNTAX;
    if (j->unpacked != OPTOUT_DONE)
        broken(j, j->unpacked);
    return walk_cut(j, j->inner);
}

/* ---- content boxes ---- */

static enum optout_rc jumbf_keep(struct jumbf *j, struct walk *w, struct slice bytes)
{
    size_t max = top(w)->keep_max;
    size_t n = max - j->n_kept;
    n = n < bytes.n ? n : bytes.n;
    if (n > j->kept_size - j->n_kept) {
        size_t size = j->kept_size ? j->kept_size : KEEP_FIRST;
        while (size < j->n_kept + n)
            size *= 4;
        uint8_t *more = arena_take(j->arena, size);
        if (!more)
            return OPTOUT_E_NOMEM;
        if (j->n_kept)
            memcpy(more, j->kept, j->n_kept);
        j->kept = more;
        j->kept_size = size;
    }
    if (n)
        memcpy(j->kept + j->n_kept, bytes.p, n);
    j->n_kept += n;
    w->left_cut = w->left_cut || n < bytes.n;
    return OPTOUT_OK;
}

static enum optout_rc end_content(struct jumbf *j, struct walk *w, bool cut)
{
    struct slice bytes = slice_of(j->kept ? j->kept : (const uint8_t *)"", j->n_kept);
    return j->events->content(j->ctx, w->type, bytes, cut || w->left_cut);
}

/* ---- boxes ---- */

static enum optout_rc push(struct jumbf *j, struct walk *w, uint64_t payload, bool endless,
                           bool cut)
{
    if (w->above + w->n >= JUMBF_DEPTH_MAX) {
        broken(j, OPTOUT_E_LIMIT);
        w->left = payload;
        w->state = WALK_SKIP;
        return OPTOUT_OK;
    }
    w->frame[w->n++] = (struct frame){
        .left = payload, .endless = endless, .cut = cut,
        .offset = w->inner ? j->brob_offset : w->at - w->head_size,
    };
    if (!endless && payload == 0) { /* not even a description */
        broken(j, OPTOUT_E_SYNTAX);
        return close_ended(j, w);
    }
    begin_header(w);
    return OPTOUT_OK;
}

/* The first box of a superbox has to describe it. */
static enum optout_rc begin_jumd(struct jumbf *j, struct walk *w)
{
    struct frame *f = top(w);
    bool good = memcmp(w->type, "jumd", 4) == 0 && !w->left_cut;
    if (!good || w->left > JUMD_MAX) {
        if (!f->endless)
            f->left += w->left; /* passed over with all the rest */
        give_up_superbox(j, w, good ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
        return OPTOUT_OK;
    }
    memcpy(w->jumd, w->head, w->head_size);
    w->n_jumd = w->head_size;
    w->state = WALK_JUMD;
    return OPTOUT_OK;
}

static enum optout_rc begin_child(struct jumbf *j, struct walk *w)
{
    struct frame *f = top(w);
    if (f->compressing && memcmp(w->type, "brob", 4) == 0)
        return begin_brob(j, w);
    if (!f->compressing && memcmp(w->type, "jumb", 4) == 0)
        return push(j, w, w->left, false, w->left_cut);
    w->state = WALK_SKIP;
    if (f->want >= JUMBF_KEEP) {
        w->state = WALK_CONTENT;
        j->n_kept = 0;
    }
    return OPTOUT_OK;
}

static enum optout_rc end_box(struct jumbf *j, struct walk *w)
{
    enum optout_rc rc = OPTOUT_OK;
    if (w->state == WALK_CONTENT)
        rc = end_content(j, w, false);
    else if (w->state == WALK_BROB)
        rc = end_brob(j);
    else if (w->state == WALK_JUMD)
        return end_jumd(j, w);
    return rc == OPTOUT_OK ? close_ended(j, w) : rc;
}

/* Takes the box at hand from its parent. False: its size makes no sense there. */
static bool claim_size(struct jumbf *j, struct walk *w, uint64_t size)
{
    struct frame *f = top(w);
    w->left_cut = false;
    if (size < w->head_size)
        return false;
    w->left = size - w->head_size;
    if (!f || f->endless)
        return true;
    if (w->left > f->left) {
        broken(j, OPTOUT_E_SYNTAX);
        w->left = f->left;
        w->left_cut = true;
    }
    f->left -= w->left;
    return true;
}

static enum optout_rc begin_outermost(struct jumbf *j, struct walk *w, uint32_t lbox)
{
    if (memcmp(w->type, "jumb", 4) != 0 || (lbox == 0 && w->inner))
        return OPTOUT_E_SYNTAX;
    return push(j, w, lbox == 0 ? 0 : w->left, lbox == 0, false);
}

static enum optout_rc end_header(struct jumbf *j, struct walk *w)
{
    uint32_t lbox = be32(w->head);
    struct frame *f = top(w);
    if (++j->boxes > JUMBF_BOXES_MAX)
        return OPTOUT_E_LIMIT;
    memcpy(w->type, w->head + 4, 4);
    uint64_t size = lbox == 1 ? be64(w->head + 8) : lbox;
    if (!f && lbox == 0)
        return begin_outermost(j, w, lbox);
    if (!claim_size(j, w, size)) {
        if (!f)
            return OPTOUT_E_SYNTAX;
        give_up_superbox(j, w, OPTOUT_E_SYNTAX);
        return w->left ? OPTOUT_OK : close_ended(j, w);
    }
    if (!f)
        return begin_outermost(j, w, lbox);
    hash(w, w->head, w->head_size);
    enum optout_rc rc = f->described ? begin_child(j, w) : begin_jumd(j, w);
    if (rc == OPTOUT_OK && w->left == 0 && w->state != WALK_HEADER)
        rc = end_box(j, w);
    return rc;
}

static enum optout_rc header_step(struct jumbf *j, struct walk *w, struct slice *bytes)
{
    struct frame *f = top(w);
    uint64_t need = w->head_size - w->n_head;
    if (f && !f->endless && w->n_head == 0 && f->left < 8) {
        give_up_superbox(j, w, OPTOUT_E_SYNTAX);
        return OPTOUT_OK;
    }
    size_t n = bytes->n < need ? bytes->n : (size_t)need;
    memcpy(w->head + w->n_head, bytes->p, n);
    w->n_head = (uint8_t)(w->n_head + n);
    w->at += n;
    if (f && !f->endless)
        f->left -= n;
    *bytes = slice_from(*bytes, n);
    if (w->n_head < w->head_size)
        return OPTOUT_OK;
    if (w->head_size == 8 && be32(w->head) == 1) {
        if (!f || f->endless || f->left >= 8) {
            w->head_size = 16;
            return OPTOUT_OK;
        }
        give_up_superbox(j, w, OPTOUT_E_SYNTAX);
        return w->left ? OPTOUT_OK : close_ended(j, w);
    }
    return end_header(j, w);
}

/* Bytes of the box at hand. */
static enum optout_rc box_step(struct jumbf *j, struct walk *w, struct slice *bytes)
{
    struct slice part = slice_sub(*bytes, 0, w->left < bytes->n ? (size_t)w->left : bytes->n);
    *bytes = slice_from(*bytes, part.n);
    w->at += part.n;
    if (w->left != UINT64_MAX)
        w->left -= part.n;
    hash(w, part.p, part.n);
    enum optout_rc rc = OPTOUT_OK;
    if (w->state == WALK_JUMD) {
        memcpy(w->jumd + w->n_jumd, part.p, part.n);
        w->n_jumd += part.n;
    } else if (w->state == WALK_CONTENT) {
        rc = jumbf_keep(j, w, part);
    } else if (w->state == WALK_BROB) {
        rc = brob_bytes(j, part);
    }
    if (rc == OPTOUT_OK && w->left == 0)
        rc = end_box(j, w);
    return rc;
}

static enum optout_rc walk_feed(struct jumbf *j, struct walk *w, struct slice bytes)
{
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK && bytes.n && !w->done)
        rc = w->state == WALK_HEADER ? header_step(j, w, &bytes) : box_step(j, w, &bytes);
    return rc;
}

/* No more bytes come: closes what is open. */
static enum optout_rc walk_cut(struct jumbf *j, struct walk *w)
{
    enum optout_rc rc = OPTOUT_OK;
    bool whole = w->n == 1 && top(w)->endless && top(w)->described &&
                 w->state == WALK_HEADER && w->n_head == 0;
    if (whole)
        w->done = true;
    if (w->n && w->state == WALK_CONTENT)
        rc = end_content(j, w, true);
    while (w->n) {
        enum optout_rc closed = close_frame(j, w, whole);
        rc = rc == OPTOUT_OK ? closed : rc;
    }
    return rc;
}

struct jumbf *jumbf_open(struct arena *arena, const struct jumbf_events *events, void *ctx)
{
    struct jumbf *j = arena_take(arena, sizeof *j);
    if (!j)
        return NULL;
    memset(j, 0, offsetof(struct jumbf, outer.jumd));
    j->arena = arena;
    j->events = events;
    j->ctx = ctx;
    begin_header(&j->outer);
    return j;
}

enum optout_rc jumbf_feed(struct jumbf *j, struct slice bytes)
{
    if (j->fatal == OPTOUT_OK && !j->outer.done)
        j->fatal = walk_feed(j, &j->outer, bytes);
    if (j->fatal != OPTOUT_OK)
        return j->fatal;
    return j->outer.done ? OPTOUT_DONE : OPTOUT_MORE;
}

enum optout_rc jumbf_end(struct jumbf *j)
{
    bool was_fatal = j->fatal != OPTOUT_OK;
    enum optout_rc rc = OPTOUT_OK;
    if (j->unpack)
        rc = end_brob(j);
    if (j->inner && was_fatal)
        (void)walk_cut(j, j->inner);
    enum optout_rc cut = walk_cut(j, &j->outer);
    if (was_fatal)
        return j->fatal;
    rc = rc == OPTOUT_OK ? cut : rc;
    if (rc != OPTOUT_OK)
        return rc;
    if (j->broken != OPTOUT_OK)
        return j->broken;
    return j->outer.done ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}
