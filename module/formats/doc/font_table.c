/* SPDX-License-Identifier: Apache-2.0 */
/* font_table.c - the table "C2PA" of a font: the URI of an active manifest and a manifest
 * store, each at an offset from the table's start.
 *
 * C2PA 2.x "Embedding manifests into fonts". */
#include "formats/doc/font_internal.h"

#include <inttypes.h>
#include <stdio.h>

void font_table_open(struct font_table *t, const struct format_env *env, uint64_t offset,
                     bool packed, enum packet_role role, uint32_t font)
{
    *t = (struct font_table){ .env = env, .offset = offset, .packed = packed, .role = role,
                              .font = font };
}

/* The parts, when the header is in hand. */
static enum optout_rc take_header(struct font_table *t)
{
    uint64_t uri = be32(t->head + 4), uri_length = be16(t->head + 8);
    uint64_t store = be32(t->head + 12), store_length = be32(t->head + 16);
    struct font_part text = { .begin = uri, .end = uri + uri_length, .kind = PACKET_TEXT };
    struct font_part c2pa = { .begin = store, .end = store + store_length, .kind = PACKET_C2PA };
    if (uri == 0 || uri_length == 0)
        text.begin = text.end = 0;
    if (store == 0 || store_length == 0)
        c2pa.begin = c2pa.end = 0;
    bool text_first = text.begin <= c2pa.begin;
    t->parts[0] = text_first ? text : c2pa;
    t->parts[1] = text_first ? c2pa : text;
    for (size_t i = 0; i < 2; i++)
        if (t->parts[i].end && t->parts[i].begin < FONT_TABLE_HEADER)
            return OPTOUT_E_SYNTAX;
    return OPTOUT_OK;
}

static void begin_part(struct font_table *t, struct font_part *p)
{
    char where[PACKET_WHERE_MAX];
    if (t->font)
        snprintf(where, sizeof where, "font %" PRIu32 ", C2PA table", t->font);
    else
        snprintf(where, sizeof where, "C2PA table");
    struct packet packet = { .kind = p->kind, .role = t->role,
                             .offset = t->packed ? t->offset : t->offset + p->begin,
                             .where = slice_cstr(where) };
    if (p->kind == PACKET_TEXT)
        packet.field = SLICE_OF("activeManifestUri");
    p->begun = true;
    p->handle = t->env->out->begin(t->env->out->ctx, &packet);
}

static void end_part(struct font_table *t, struct font_part *p, enum packet_end how)
{
    p->ended = true;
    if (p->handle)
        t->env->out->end(t->env->out->ctx, p->handle, how);
}

/* What of `bytes`, which begin at t->at, belongs to the part. */
static void feed_part(struct font_table *t, struct font_part *p, struct slice bytes)
{
    if (p->end == 0 || p->ended || p->begin >= t->at + bytes.n)
        return;
    if (!p->begun)
        begin_part(t, p);
    uint64_t from = p->begin > t->at ? p->begin - t->at : 0;
    uint64_t to = p->end - t->at < bytes.n ? p->end - t->at : bytes.n;
    const struct packet_sink *out = t->env->out;
    bool over = p->handle && to > from &&
                !out->bytes(out->ctx, p->handle, slice_sub(bytes, (size_t)from,
                                                           (size_t)(to - from)));
    if (over || p->end <= t->at + bytes.n)
        end_part(t, p, over ? PACKET_LIMIT : PACKET_WHOLE);
}

static bool all_read(const struct font_table *t)
{
    for (size_t i = 0; i < 2; i++)
        if (t->parts[i].end && !t->parts[i].ended)
            return false;
    return true;
}

enum optout_rc font_table_feed(struct font_table *t, struct slice bytes)
{
    if (t->at < FONT_TABLE_HEADER) {
        struct slice head = slice_sub(bytes, 0, FONT_TABLE_HEADER - (size_t)t->at);
        memcpy(t->head + t->at, head.p, head.n);
        t->at += head.n;
        bytes = slice_from(bytes, head.n);
        if (t->at < FONT_TABLE_HEADER)
            return OPTOUT_OK;
        enum optout_rc rc = take_header(t);
        if (rc != OPTOUT_OK) {
            t->parts[0].end = t->parts[1].end = 0;
            return rc;
        }
    }
    if (bytes.n)
        for (size_t i = 0; i < 2; i++)
            feed_part(t, &t->parts[i], bytes);
    t->at += bytes.n;
    return all_read(t) ? OPTOUT_DONE : OPTOUT_OK;
}

enum optout_rc font_table_end(struct font_table *t, enum packet_end cut)
{
    if (t->at < FONT_TABLE_HEADER)
        return OPTOUT_E_SYNTAX;
    bool all = all_read(t);
    for (size_t i = 0; i < 2; i++)
        if (t->parts[i].begun && !t->parts[i].ended)
            end_part(t, &t->parts[i], cut);
    return all ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}

enum optout_rc font_stream_feed(struct font_stream *s, struct slice bytes, bool last)
{
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE && (bytes.n || (last && s->have))) {
        struct slice piece = slice_sub(bytes, 0, sizeof s->block - s->have);
        if (piece.n)
            memcpy(s->block + s->have, piece.p, piece.n);
        s->have += piece.n;
        bytes = slice_from(bytes, piece.n);
        if (s->have < sizeof s->block && !last)
            break;
        rc = unpack_feed(s->unpack, slice_of(s->block, s->have), NULL);
        s->have = 0;
    }
    return rc;
}

void font_stream_close(struct font_stream *s)
{
    unpack_close(s->unpack);
    s->unpack = NULL;
    s->have = 0;
}
