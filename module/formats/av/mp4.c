/* SPDX-License-Identifier: Apache-2.0 */
/* mp4.c - MP4, M4A, M4V, 3GP, QuickTime movies and fragments of them.
 *
 * ISO/IEC 14496-12, QuickTime File Format. What is found, and all limits: movie.c. */
#include "formats/av/movie.h"
#include "formats/rows.h"

static const char *const mp4_types[] = {
    "video/mp4", "audio/mp4", "application/mp4", "video/quicktime", "audio/x-m4a",
    "video/x-m4v", "video/3gpp", "audio/3gpp", "video/3gpp2", "audio/3gpp2",
    "video/iso.segment", "audio/m4a", "audio/mp4a-latm", NULL
};

/* QuickTime files from before ftyp begin with any of these. A size that could not be one
 * keeps text apart from them. */
static bool begins_like_a_movie(struct slice head)
{
    static const char *const first[] = { "moov", "mdat", "wide", "free", "skip", "pnot", "styp",
                                         "moof", "sidx", "uuid", "udta", "meta", "emsg", "prft",
                                         "pdin", "mfra", "ssix" };
    uint64_t size = be32(head.p);
    if (size == 1)
        size = head.n >= 16 ? be64(head.p + 8) : 0;
    bool found = false;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        found = found || memcmp(head.p + 4, first[i], 4) == 0;
    bool text = true;
    for (int i = 0; i < 4; i++)
        text = text && head.p[i] >= '\t' && head.p[i] < 0x7f;
    return found && !text && (size == 0 || size >= 8) && !(size >> 48);
}

static bool sniff(struct slice head)
{
    if (head.n < 8)
        return false;
    struct slice p;
    if (bmff_head_box(head, "JXL jP  ", &p))
        return false;
    if (bmff_head_box(head, "ftyp", &p))
        return !heif_brands(head) && !movie_brand(p, "jxl jp2 jpx jpm jph mjp2", false);
    return bmff_head_box(head, "moovmoof", &p) || begins_like_a_movie(head);
}

static void *open_mp4(const struct format_env *env)
{
    struct movie *m = arena_alloc(env->arena, sizeof *m);
    if (m)
        movie_init(m, env);
    return m;
}

static enum optout_rc feed(void *state, struct slice bytes)
{
    struct movie *m = state;
    return bmff_feed(&m->walk, bytes);
}

static enum optout_rc end(void *state)
{
    return movie_end(state);
}

const struct format format_mp4 = {
    .name = "mp4",
    .title = "MP4, QuickTime",
    .reads = "XMP and Content Credentials in uuid boxes, XMP and copyright in the user data of "
             "the movie, to the end of the file",
    .types = mp4_types,
    .sniff = sniff,
    .to_end = true,
    .open = open_mp4,
    .feed = feed,
    .end = end,
};
