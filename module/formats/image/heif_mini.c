/* SPDX-License-Identifier: Apache-2.0 */
/* heif_mini.c - the XMP of a minimized image (brand mif3).
 *
 * ISO/IEC 23008-12:2025, MinimizedImageBox. Limits: HEIF_MINI_TAIL; TRIES_MAX places where
 * compressed XMP may begin; UNPACKED_MAX bytes unpacked in all. */
#include "formats/looks.h"
#include "formats/parts/bmff.h"
#include "formats/image/heif.h"
#include "formats/parts/unpack.h"

#define TRIES_MAX 64
#define UNPACKED_MAX (4u << 20)
#define XMP_HEAD 4096

bool heif_mini_has_xmp(const uint8_t head[2])
{
    return (head[1] & 0x20) != 0;
}

static struct packet packet_at(uint64_t offset)
{
    return (struct packet){ .kind = PACKET_XMP, .role = PACKET_MAIN, .offset = offset,
                            .where = SLICE_OF("mini box") };
}

struct attempt {
    uint64_t *budget;
    uint8_t head[XMP_HEAD];
    size_t head_n;
    struct packet_out *to; /* NULL: only a trial */
};

static enum optout_rc on_unpacked(void *ctx, struct slice bytes)
{
    struct attempt *a = ctx;
    if (a->to) {
        packet_out_bytes(a->to, bytes);
        return OPTOUT_OK;
    }
    if (bytes.n > *a->budget)
        return OPTOUT_E_LIMIT;
    *a->budget -= bytes.n;
    struct slice part = slice_sub(bytes, 0, sizeof a->head - a->head_n);
    if (part.n)
        memcpy(a->head + a->head_n, part.p, part.n);
    a->head_n += part.n;
    return OPTOUT_OK;
}

/* A zlib stream of XMP begins here: first unpacked for trial, then in earnest. */
static bool try_zlib(const struct format_env *env, struct slice s, uint64_t offset,
                     uint64_t *budget)
{
    struct attempt a = { .budget = budget };
    struct packet_out out;
    enum optout_rc rc = unpack_all(UNPACK_ZLIB, PACKET_XMP_MAX, s, on_unpacked, &a);
    if (rc != OPTOUT_DONE || !looks_like_xmp(slice_of(a.head, a.head_n)))
        return false;
    struct packet p = packet_at(offset);
    packet_out_begin(&out, env->out, &p);
    a.to = &out;
    rc = unpack_all(UNPACK_ZLIB, PACKET_XMP_MAX, s, on_unpacked, &a);
    packet_out_end(&out, rc == OPTOUT_DONE ? PACKET_WHOLE : PACKET_CORRUPT);
    return true;
}

enum optout_rc heif_mini_read(const struct format_env *env, struct slice tail, uint64_t offset)
{
    size_t at = looks_xmp_at(tail, 0);
    if (at < tail.n) {
        struct packet p = packet_at(offset + at);
        (void)packet_put(env->out, &p, slice_from(tail, at), PACKET_WHOLE);
        return OPTOUT_DONE;
    }
    uint64_t budget = UNPACKED_MAX;
    unsigned tries = 0;
    /* From the end, for XMP is the last. */
    for (size_t i = tail.n; i-- > 0 && tries < TRIES_MAX && budget;) {
        struct slice s = slice_from(tail, i);
        if (s.n < 8 || (s.p[0] & 0x8f) != 8 || be16(s.p) % 31 != 0 || (s.p[1] & 0x20))
            continue;
        tries++;
        if (try_zlib(env, s, offset + i, &budget))
            return OPTOUT_DONE;
    }
    return OPTOUT_E_LIMIT;
}
