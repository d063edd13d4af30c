/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_xmp.c - XMP Specification Part 3, section 1.1.3.1 "Extended XMP in JPEG": GUID (32
 * hex digits), length of the whole (4), offset of this part (4), data.
 *
 * Parts may come in any order and before the main packet. The main packet names its extension
 * in xmpNote:HasExtendedXMP; one that nobody names is salvaged. Limits: jpeg_internal.h. */
#include "formats/image/jpeg_internal.h"

#include "core/hex.h"

#define MAX_NAMES 16         /* places where a main packet seems to name an extension */
#define MAX_NAME_DISTANCE 64 /* bytes from the property's name to the GUID's first */

#define PART_HEAD (JPEG_GUID_SIZE + 8)

bool jpeg_hold(struct jpeg_common *c, struct jpeg_piece **list, uint64_t key,
               struct slice bytes, uint64_t at)
{
    /* Small pieces are charged what a block of the arena costs. */
    size_t size = sizeof(struct jpeg_piece) + bytes.n;
    size_t charge = size < 8192 ? 8192 : size + 64;
    if (charge > JPEG_HELD_MAX - c->held) {
        jpeg_fail(c, OPTOUT_E_LIMIT);
        return false;
    }
    struct jpeg_piece *piece = arena_take(c->env->arena, size);
    if (!piece) {
        jpeg_fail(c, OPTOUT_E_NOMEM);
        return false;
    }
    c->held += charge;
    while (*list && (*list)->key <= key)
        list = &(*list)->next;
    *piece = (struct jpeg_piece){ .next = *list, .key = key, .at = at, .n = bytes.n };
    if (bytes.n)
        memcpy(piece->bytes, bytes.p, bytes.n);
    *list = piece;
    return true;
}

/* ---- who names whom ---- */

static bool same_guid(const uint8_t *a, const uint8_t *b)
{
    return slice_eq_nocase(slice_of(a, JPEG_GUID_SIZE), slice_of(b, JPEG_GUID_SIZE));
}

static bool is_named(const struct jpeg_xmp *x, const uint8_t *guid)
{
    for (size_t i = 0; i < x->n_named; i++)
        if (same_guid(x->named[i], guid))
            return true;
    return false;
}

static void set_role(struct jpeg_extension *e, struct jpeg_common *c, enum packet_role role)
{
    if (e->role != PACKET_PENDING)
        return;
    e->role = role;
    if (e->handle)
        c->env->out->role(c->env->out->ctx, e->handle, role);
}

static void name(struct jpeg_xmp *x, struct jpeg_common *c, const uint8_t *guid)
{
    if (is_named(x, guid) || x->n_named == JPEG_EXTENSIONS_MAX)
        return;
    memcpy(x->named[x->n_named++], guid, JPEG_GUID_SIZE);
    for (size_t i = 0; i < x->n_extensions; i++)
        if (x->extension[i].begun && same_guid(x->extension[i].guid, guid))
            set_role(&x->extension[i], c, PACKET_MAIN);
}

/* As an attribute or as an element: the first run of 32 hex digits after the name. */
void jpeg_xmp_main(struct jpeg_xmp *x, struct jpeg_common *c, struct slice packet)
{
    static const char property[] = "HasExtendedXMP";
    for (unsigned names = 0; names < MAX_NAMES; names++) {
        const uint8_t *hit = packet.n ? memmem(packet.p, packet.n, property, sizeof property - 1)
                                      : NULL;
        if (!hit)
            return;
        packet = slice_from(packet, (size_t)(hit - packet.p) + sizeof property - 1);
        size_t run = 0;
        for (size_t i = 0; i < packet.n && i < MAX_NAME_DISTANCE + JPEG_GUID_SIZE; i++) {
            run = hex_value(packet.p[i]) >= 0 ? run + 1 : 0;
            if (run == JPEG_GUID_SIZE) {
                name(x, c, packet.p + i + 1 - JPEG_GUID_SIZE);
                break;
            }
        }
    }
}

/* ---- parts ---- */

static void end_packet(struct jpeg_extension *e, struct jpeg_common *c, enum packet_end how)
{
    e->ended = true;
    e->waiting = NULL;
    if (e->handle)
        c->env->out->end(c->env->out->ctx, e->handle, how);
}

static void begin_packet(const struct jpeg_xmp *x, struct jpeg_extension *e,
                         struct jpeg_common *c, uint64_t at)
{
    e->begun = true;
    e->role = c->resynced                ? PACKET_SALVAGED
              : is_named(x, e->guid) ? PACKET_MAIN
                                         : PACKET_PENDING;
    struct packet p = { .kind = PACKET_XMP, .role = e->role, .offset = at,
                        .where = SLICE_OF("APP1 extended XMP") };
    e->handle = c->env->out->begin(c->env->out->ctx, &p);
}

/* Bytes from `key` on, of which those before e->next have been there already. */
static void extension_take(const struct jpeg_xmp *x, struct jpeg_extension *e,
                           struct jpeg_common *c, uint64_t key, struct slice bytes, uint64_t at)
{
    if (key < e->next) {
        jpeg_fail(c, OPTOUT_E_SYNTAX); /* readers differ in which of both they believe */
        if (bytes.n <= e->next - key)
            return;
        bytes = slice_from(bytes, (size_t)(e->next - key));
    }
    if (!e->begun)
        begin_packet(x, e, c, at);
    const struct packet_sink *out = c->env->out;
    e->next += bytes.n;
    if (e->handle && bytes.n && !out->bytes(out->ctx, e->handle, bytes)) {
        jpeg_fail(c, OPTOUT_E_LIMIT);
        end_packet(e, c, PACKET_LIMIT);
    } else if (e->next == e->total) {
        end_packet(e, c, PACKET_WHOLE);
    }
}

static void take_waiting(const struct jpeg_xmp *x, struct jpeg_extension *e,
                         struct jpeg_common *c)
{
    while (e->waiting && e->waiting->key <= e->next) {
        struct jpeg_piece *p = e->waiting;
        e->waiting = p->next;
        extension_take(x, e, c, p->key, slice_of(p->bytes, p->n), p->at);
    }
}

static struct jpeg_extension *extension_find(struct jpeg_xmp *x, const uint8_t *guid)
{
    for (size_t i = 0; i < x->n_extensions; i++)
        if (same_guid(x->extension[i].guid, guid))
            return &x->extension[i];
    if (x->n_extensions == JPEG_EXTENSIONS_MAX)
        return NULL;
    struct jpeg_extension *e = &x->extension[x->n_extensions++];
    memcpy(e->guid, guid, JPEG_GUID_SIZE);
    e->role = PACKET_PENDING;
    return e;
}

void jpeg_xmp_part(struct jpeg_xmp *x, struct jpeg_common *c, struct slice part, uint64_t at)
{
    if (part.n < PART_HEAD) {
        jpeg_fail(c, OPTOUT_E_SYNTAX);
        return;
    }
    struct jpeg_extension *e = extension_find(x, part.p);
    if (!e) {
        jpeg_fail(c, OPTOUT_E_LIMIT);
        return;
    }
    uint64_t total = be32(part.p + JPEG_GUID_SIZE), key = be32(part.p + JPEG_GUID_SIZE + 4);
    struct slice bytes = slice_from(part, PART_HEAD);
    at += PART_HEAD;
    if (e->total == 0)
        e->total = total;
    if (total != e->total || key > e->total || bytes.n > e->total - key) {
        jpeg_fail(c, OPTOUT_E_SYNTAX);
        bytes = slice_sub(bytes, 0, key < e->total ? (size_t)(e->total - key) : 0);
    }
    if (bytes.n == 0 || e->ended)
        return;
    if (key > e->next) {
        e->lost |= !jpeg_hold(c, &e->waiting, key, bytes, at);
        return;
    }
    extension_take(x, e, c, key, bytes, at);
    take_waiting(x, e, c);
}

void jpeg_xmp_end(struct jpeg_xmp *x, struct jpeg_common *c)
{
    for (size_t i = 0; i < x->n_extensions; i++) {
        struct jpeg_extension *e = &x->extension[i];
        if (!e->ended) {
            jpeg_fail(c, OPTOUT_E_SYNTAX);
            /* what stands behind a gap may still deny */
            while (e->waiting) {
                if (e->waiting->key > e->next)
                    e->next = e->waiting->key;
                e->total = UINT64_MAX;
                take_waiting(x, e, c);
            }
        }
        if (!e->ended)
            end_packet(e, c, e->lost ? PACKET_LIMIT : PACKET_CUT);
        set_role(e, c, PACKET_SALVAGED);
    }
}
