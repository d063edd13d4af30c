/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa.c - a manifest store that is a file of its own (application/c2pa), C2PA 2.4
 * section 11.4; its boxes are read by jumbf.c.
 */
#include "formats/looks.h"
#include "formats/packet_out.h"
#include "formats/rows.h"

#define HEAD 16 /* LBox, TBox, XLBox */

struct c2pa {
    const struct packet_sink *sink;
    struct packet_out out;
    bool begun;
    uint8_t head[HEAD];
    size_t n_head;
};

static void *open_c2pa(const struct format_env *env)
{
    struct c2pa *c = arena_alloc(env->arena, sizeof *c);
    if (c)
        c->sink = env->out;
    return c;
}

static enum optout_rc hand_on(struct c2pa *c, struct slice bytes)
{
    if (packet_out_bytes(&c->out, bytes))
        return OPTOUT_MORE;
    return c->out.limited ? OPTOUT_E_LIMIT : OPTOUT_DONE;
}

/* The header is complete: how long the store is. */
static enum optout_rc begin(struct c2pa *c)
{
    uint32_t lbox = be32(c->head);
    uint64_t size = lbox == 1 ? be64(c->head + 8) : lbox == 0 ? UINT64_MAX : lbox;
    if (memcmp(c->head + 4, "jumb", 4) != 0 || size < c->n_head)
        return OPTOUT_E_SYNTAX;
    struct packet p = { .kind = PACKET_C2PA, .role = PACKET_MAIN, .where = SLICE("store") };
    c->begun = true;
    packet_out_begin(&c->out, c->sink, &p);
    c->out.left = size;
    return hand_on(c, slice_of(c->head, c->n_head));
}

static enum optout_rc feed_c2pa(void *state, struct slice bytes)
{
    struct c2pa *c = state;
    while (!c->begun && bytes.n) {
        size_t need = c->n_head >= 4 && be32(c->head) == 1 ? HEAD : 8;
        c->head[c->n_head++] = bytes.p[0];
        bytes = slice_from(bytes, 1);
        if (c->n_head < 8 || c->n_head < need)
            continue;
        enum optout_rc rc = begin(c);
        if (rc != OPTOUT_MORE)
            return rc;
    }
    return bytes.n ? hand_on(c, bytes) : OPTOUT_MORE;
}

static enum optout_rc end_c2pa(void *state)
{
    struct c2pa *c = state;
    if (c->begun && !c->out.open)
        return OPTOUT_DONE;
    bool whole = c->begun && c->out.left == UINT64_MAX;
    packet_out_end(&c->out, whole ? PACKET_WHOLE : PACKET_CUT);
    return whole ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}

static const char *const c2pa_types[] = {
    "application/c2pa", "application/x-c2pa-manifest-store", NULL
};

const struct format format_c2pa = {
    .name = "c2pa",
    .title = "C2PA manifest store",
    .reads = "the whole store, up to 16 MiB",
    .types = c2pa_types,
    .sniff = looks_like_store,
    .open = open_c2pa,
    .feed = feed_c2pa,
    .end = end_c2pa,
};
