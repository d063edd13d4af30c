/* SPDX-License-Identifier: Apache-2.0 */
/* photoshop.c - Adobe Photoshop File Formats Specification, "Image Resource Blocks":
 * signature (4), id (2), name (Pascal string padded to even), size (4), data padded to even. */
#include "formats/parts/photoshop.h"

#define MAX_RESOURCES 4096
#define MAX_WHERE 80 /* of the caller's that is kept */

#define RESOURCE_IIM 0x0404
#define RESOURCE_XMP 0x0424

enum state {
    SIGNATURE,
    ID_AND_NAME, /* id and the length of the name */
    NAME,
    SIZE,
    DATA,
    PAD,
    REST /* padding, or what cannot be read */
};

struct photoshop {
    const struct format_env *env;
    enum packet_role role;
    struct slice where;
    uint64_t at; /* of the next byte in the body */
    enum state state;
    enum optout_rc failed; /* first loss, or OK */
    unsigned resources;
    uint8_t head[4]; /* of the present state */
    unsigned have;
    uint16_t id;
    uint32_t left; /* of NAME or DATA */
    bool odd;
    /* the packet of the present resource */
    unsigned handle;
};

static void fail(struct photoshop *p, enum optout_rc rc)
{
    if (p->failed == OPTOUT_OK)
        p->failed = rc;
}

static bool set_where(struct photoshop *p, struct slice where, uint64_t offset)
{
    p->at = offset;
    p->where = arena_copy(p->env->arena, where, MAX_WHERE);
    return p->where.p != NULL;
}

struct photoshop *photoshop_open(const struct format_env *env, enum packet_role role,
                                 struct slice where, uint64_t offset)
{
    struct photoshop *p = arena_alloc(env->arena, sizeof *p);
    if (!p)
        return NULL;
    p->env = env;
    p->role = role;
    return set_where(p, where, offset) ? p : NULL;
}

static void enter(struct photoshop *p, enum state state)
{
    p->state = state;
    p->have = 0;
}

enum optout_rc photoshop_continue(struct photoshop *p, struct slice where, uint64_t offset)
{
    if (p->state == SIGNATURE && p->have)
        fail(p, OPTOUT_E_SYNTAX); /* the list before ended in a signature */
    if (p->state == SIGNATURE || p->state == PAD || p->state == REST)
        enter(p, SIGNATURE);
    return set_where(p, where, offset) ? OPTOUT_MORE : OPTOUT_E_NOMEM;
}

static void end_packet(struct photoshop *p, enum packet_end how)
{
    if (p->handle)
        p->env->out->end(p->env->out->ctx, p->handle, how);
    p->handle = 0;
}

static bool is_signature(const uint8_t *s)
{
    /* the last four are met in files of image catalogues and of ImageReady */
    static const char known[][5] = { "8BIM", "AgHg", "DCSR", "PHUT", "MeSa" };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memcmp(s, known[i], 4) == 0)
            return true;
    return false;
}

static void end_resource(struct photoshop *p)
{
    end_packet(p, PACKET_WHOLE);
    enter(p, p->odd ? PAD : SIGNATURE);
}

static void begin_resource(struct photoshop *p)
{
    p->left = be32(p->head);
    p->odd = p->left & 1;
    enter(p, DATA);
    if (p->id == RESOURCE_IIM || p->id == RESOURCE_XMP) {
        struct packet packet = {
            .kind = p->id == RESOURCE_XMP ? PACKET_XMP : PACKET_IIM,
            .role = p->role,
            .offset = p->at,
            .where = format_where(p->env->arena, "%.*s, 8BIM %04X", SLICE_FMT(p->where),
                                  p->id),
        };
        p->handle = p->env->out->begin(p->env->out->ctx, &packet);
    }
    if (p->left == 0)
        end_resource(p);
}

static void read_signature(struct photoshop *p)
{
    static const uint8_t zeros[4];
    if (is_signature(p->head)) {
        if (p->resources++ >= MAX_RESOURCES) {
            fail(p, OPTOUT_E_LIMIT);
            enter(p, REST);
            return;
        }
        enter(p, ID_AND_NAME);
        return;
    }
    if (memcmp(p->head, zeros, 4) != 0)
        fail(p, OPTOUT_E_SYNTAX);
    enter(p, REST);
}

/* One byte of what is collected; the state's bytes are complete when they are so many. */
static void photoshop_step(struct photoshop *p, uint8_t byte)
{
    static const uint8_t wanted[] = { [SIGNATURE] = 4, [ID_AND_NAME] = 3, [SIZE] = 4 };
    p->head[p->have++] = byte;
    if (p->have < wanted[p->state])
        return;
    if (p->state == SIGNATURE) {
        read_signature(p);
    } else if (p->state == SIZE) {
        begin_resource(p);
    } else {
        p->id = be16(p->head);
        /* with its length the name is even */
        p->left = p->head[2] + (p->head[2] % 2 ? 0u : 1u);
        enter(p, NAME);
    }
}

static void take_data(struct photoshop *p, struct slice bytes)
{
    const struct packet_sink *out = p->env->out;
    if (p->handle && bytes.n && !out->bytes(out->ctx, p->handle, bytes)) {
        fail(p, OPTOUT_E_LIMIT);
        p->handle = 0;
    }
    p->left -= (uint32_t)bytes.n;
    if (p->left == 0)
        end_resource(p);
}

enum optout_rc photoshop_feed(struct photoshop *p, struct slice bytes)
{
    while (bytes.n && p->state != REST) {
        size_t n = 1;
        switch (p->state) {
        case NAME:
        case DATA:
            n = bytes.n < p->left ? bytes.n : p->left;
            p->at += n;
            if (p->state == DATA)
                take_data(p, slice_sub(bytes, 0, n));
            else if ((p->left -= (uint32_t)n) == 0)
                enter(p, SIZE);
            break;
        case PAD:
            enter(p, SIGNATURE);
            if (bytes.p[0] != 0) { /* some writers leave it out */
                n = 0;
                break;
            }
            p->at++;
            break;
        default:
            p->at++;
            photoshop_step(p, bytes.p[0]);
        }
        bytes = slice_from(bytes, n);
    }
    return OPTOUT_MORE;
}

enum optout_rc photoshop_end(struct photoshop *p)
{
    static const uint8_t zeros[4];
    bool in_padding = p->state == SIGNATURE && memcmp(p->head, zeros, p->have) == 0;
    if (!in_padding && p->state != PAD && p->state != REST)
        fail(p, OPTOUT_E_SYNTAX);
    end_packet(p, PACKET_CUT);
    return p->failed == OPTOUT_OK ? OPTOUT_DONE : p->failed;
}
