/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_box.c - ISO/IEC 19566-5 annex D (JUMBF in JPEG-1), C2PA 2.4 appendix A: "JP", En (2),
 * Z (4), then LBox, TBox and perhaps XLBox of the whole box, repeated in each segment, and a
 * piece of its content. Pieces of one box share En and are numbered by Z from 1, with some
 * writers from 0. One writer has LBox and TBox in the wrong byte order.
 *
 * Limits: JPEG_BOXES_MAX, JPEG_HELD_MAX. */
#include "formats/image/jpeg_internal.h"

#include "formats/looks.h"

#define SEGMENT_HEAD 8 /* "JP", En, Z */

struct segment {
    uint16_t instance; /* En */
    uint32_t number;   /* Z */
    uint64_t size;     /* of the whole box; 0: to the end */
    uint8_t head[16];  /* the box's, in the right byte order */
    size_t head_size;
    struct slice content;
    uint64_t at; /* of its content */
};

/* False: no piece of a superbox. */
static bool parse(struct jpeg_common *c, struct slice payload, uint64_t at, struct segment *s)
{
    if (payload.n < SEGMENT_HEAD + 8 || memcmp(payload.p, "JP", 2) != 0)
        return false;
    const uint8_t *box = payload.p + SEGMENT_HEAD;
    bool swapped = memcmp(box + 4, "bmuj", 4) == 0;
    if (!swapped && memcmp(box + 4, "jumb", 4) != 0)
        return false;
    *s = (struct segment){ .instance = be16(payload.p + 2), .number = be32(payload.p + 4),
                           .head_size = 8 };
    uint32_t size = swapped ? le32(box) : be32(box);
    s->size = size;
    if (size == 1) {
        if (payload.n < SEGMENT_HEAD + 16) {
            jpeg_fail(c, OPTOUT_E_SYNTAX);
            return false;
        }
        s->head_size = 16;
        s->size = swapped ? le64(box + 8) : be64(box + 8);
        for (unsigned i = 0; i < 8; i++)
            s->head[8 + i] = (uint8_t)(s->size >> (56 - 8 * i));
    }
    for (unsigned i = 0; i < 4; i++)
        s->head[i] = (uint8_t)(size >> (24 - 8 * i));
    memcpy(s->head + 4, "jumb", 4);
    s->content = slice_from(payload, SEGMENT_HEAD + s->head_size);
    s->at = at + SEGMENT_HEAD + s->head_size;
    return true;
}

/* The first piece begins with the description box. */
static bool is_first(const struct segment *s)
{
    if (s->number > 1)
        return false;
    return s->number == 0 || s->content.n < 8 || memcmp(s->content.p + 4, "jumd", 4) == 0;
}

static struct jpeg_box *box_find(struct jpeg_boxes *b, uint16_t instance)
{
    for (size_t i = 0; i < JPEG_BOXES_MAX; i++)
        if (b->box[i].used && b->box[i].instance == instance)
            return &b->box[i];
    return NULL;
}

static struct jpeg_box *new_box(struct jpeg_boxes *b, uint16_t instance)
{
    struct jpeg_box *box = NULL;
    for (size_t i = 0; i < JPEG_BOXES_MAX && !box; i++)
        if (!b->box[i].used)
            box = &b->box[i];
    for (size_t i = 0; i < JPEG_BOXES_MAX && !box; i++)
        if (b->box[i].ended)
            box = &b->box[i];
    if (box)
        *box = (struct jpeg_box){ .used = true, .instance = instance };
    return box;
}

static void end_box(struct jpeg_box *box, struct jpeg_common *c, enum packet_end how)
{
    box->ended = true;
    box->waiting = NULL;
    if (box->handle)
        c->env->out->end(c->env->out->ctx, box->handle, how);
    box->handle = 0;
}

/* Content of the box, or its head, in its place. */
static void box_take(struct jpeg_box *box, struct jpeg_common *c, struct slice bytes)
{
    if (box->left != UINT64_MAX) {
        bytes = slice_sub(bytes, 0, box->left < SIZE_MAX ? (size_t)box->left : SIZE_MAX);
        box->left -= bytes.n;
    }
    if (box->c2pa) {
        const struct packet_sink *out = c->env->out;
        if (box->handle && bytes.n && !out->bytes(out->ctx, box->handle, bytes)) {
            jpeg_fail(c, OPTOUT_E_LIMIT);
            end_box(box, c, PACKET_LIMIT);
            return;
        }
    }
    if (box->left == 0)
        end_box(box, c, PACKET_WHOLE);
}

static void take_waiting(struct jpeg_box *box, struct jpeg_common *c)
{
    while (box->waiting && box->waiting->key <= box->next) {
        struct jpeg_piece *p = box->waiting;
        box->waiting = p->next;
        if (p->key < box->next) {
            jpeg_fail(c, OPTOUT_E_SYNTAX); /* twice: readers differ in which they take */
            continue;
        }
        box->next++;
        box_take(box, c, slice_of(p->bytes, p->n));
    }
}

static bool is_store(struct jpeg_common *c, struct slice content)
{
    if (content.n < 12)
        jpeg_fail(c, OPTOUT_E_SYNTAX); /* too short to tell */
    return looks_like_store_content(content);
}

static void start(struct jpeg_box *box, struct jpeg_common *c, const struct segment *s,
                  unsigned ordinal)
{
    box->started = true;
    box->next = (uint64_t)s->number + 1;
    box->left = s->size ? s->size : UINT64_MAX;
    box->c2pa = is_store(c, s->content);
    if (s->size && s->size < s->head_size) {
        jpeg_fail(c, OPTOUT_E_SYNTAX);
        end_box(box, c, PACKET_CUT);
        return;
    }
    if (box->c2pa) {
        struct packet p = {
            .kind = PACKET_C2PA,
            .role = c->resynced ? PACKET_SALVAGED : PACKET_MAIN,
            .offset = s->at - s->head_size,
            .where = format_where(c->env->arena, "APP11 segment %u", ordinal),
        };
        box->handle = c->env->out->begin(c->env->out->ctx, &p);
    }
    box_take(box, c, slice_of(s->head, s->head_size));
    if (!box->ended)
        box_take(box, c, s->content);
    take_waiting(box, c);
}

/* What is incomplete of it is lost. */
static void give_up(struct jpeg_box *box, struct jpeg_common *c, bool whole)
{
    if (box->ended)
        return;
    bool endless = whole && box->left == UINT64_MAX && !box->waiting && !box->lost;
    if (!box->started || (box->c2pa && !endless))
        jpeg_fail(c, OPTOUT_E_SYNTAX);
    end_box(box, c, box->lost ? PACKET_LIMIT : endless ? PACKET_WHOLE : PACKET_CUT);
}

void jpeg_box_part(struct jpeg_boxes *b, struct jpeg_common *c, struct slice payload,
                   uint64_t at, unsigned ordinal)
{
    struct segment s;
    if (!parse(c, payload, at, &s))
        return;
    bool first = is_first(&s);
    struct jpeg_box *box = box_find(b, s.instance);
    if (box && first && box->started) {
        give_up(box, c, true);
        *box = (struct jpeg_box){ .used = true, .instance = s.instance };
    }
    if (!box)
        box = new_box(b, s.instance);
    if (!box)
        jpeg_fail(c, OPTOUT_E_LIMIT);
    else if (first)
        start(box, c, &s, ordinal);
    else if (box->ended)
        return; /* beyond its length */
    else if (s.number < box->next)
        jpeg_fail(c, OPTOUT_E_SYNTAX);
    else if (s.number > box->next || !box->started)
        box->lost |= !jpeg_hold(c, &box->waiting, s.number, s.content, s.at);
    else {
        box->next++;
        box_take(box, c, s.content);
        take_waiting(box, c);
    }
}

void jpeg_box_end(struct jpeg_boxes *b, struct jpeg_common *c, bool whole)
{
    for (size_t i = 0; i < JPEG_BOXES_MAX; i++)
        if (b->box[i].used)
            give_up(&b->box[i], c, whole);
}
