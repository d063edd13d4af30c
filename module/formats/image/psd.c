/* SPDX-License-Identifier: Apache-2.0 */
/* psd.c - Adobe Photoshop File Formats Specification, "Photoshop File Format": header (26),
 * colour mode data and image resources, each with its length (4); then layers and pixels.
 * The large variant (PSB) is the same so far. Limits: those of photoshop.c. */
#include "formats/parts/photoshop.h"
#include "formats/rows.h"

#define HEADER_SIZE 26

enum state { HEADER, COLOUR_LENGTH, COLOUR, RESOURCES_LENGTH, RESOURCES, ENDED };

struct psd {
    const struct format_env *env;
    enum state state;
    uint8_t head[HEADER_SIZE];
    unsigned have;
    uint32_t left;
    uint64_t at;
    struct photoshop *resources;
    enum optout_rc rc; /* once ENDED */
};

static const char *const psd_types[] = {
    "image/vnd.adobe.photoshop", "image/x-photoshop", "image/photoshop", "image/psd",
    "image/x-psd", "application/photoshop", "application/x-photoshop", "application/psd", NULL,
};

static bool psd_sniff(struct slice head)
{
    return head.n >= 6 && memcmp(head.p, "8BPS\0", 5) == 0 && (head.p[5] == 1 || head.p[5] == 2);
}

static void *psd_open(const struct format_env *env)
{
    struct psd *d = arena_alloc(env->arena, sizeof *d);
    if (d)
        d->env = env;
    return d;
}

static void psd_finish(struct psd *d, enum optout_rc rc)
{
    if (d->resources) {
        enum optout_rc end = photoshop_end(d->resources);
        if (rc == OPTOUT_DONE)
            rc = end;
        d->resources = NULL;
    }
    d->rc = rc;
    d->state = ENDED;
}

/* The bytes of `head` are complete. */
static void read_head(struct psd *d)
{
    d->have = 0;
    d->left = be32(d->head);
    if (d->state == HEADER) {
        if (psd_sniff(slice_of(d->head, HEADER_SIZE)))
            d->state = COLOUR_LENGTH;
        else
            psd_finish(d, OPTOUT_E_SYNTAX);
    } else if (d->state == COLOUR_LENGTH) {
        d->state = d->left ? COLOUR : RESOURCES_LENGTH;
    } else if (d->left == 0) {
        psd_finish(d, OPTOUT_DONE);
    } else {
        d->state = RESOURCES;
        d->resources = photoshop_open(d->env, PACKET_MAIN, SLICE_OF("image resources"), d->at);
        if (!d->resources)
            psd_finish(d, OPTOUT_E_NOMEM);
    }
}

static void take_section(struct psd *d, struct slice bytes)
{
    d->at += bytes.n;
    d->left -= (uint32_t)bytes.n;
    enum optout_rc rc = OPTOUT_MORE;
    if (d->state == RESOURCES)
        rc = photoshop_feed(d->resources, bytes);
    if (rc < 0)
        psd_finish(d, rc);
    else if (d->left == 0 && d->state == RESOURCES)
        psd_finish(d, OPTOUT_DONE);
    else if (d->left == 0)
        d->state = RESOURCES_LENGTH;
}

static enum optout_rc psd_feed(void *state, struct slice bytes)
{
    struct psd *d = state;
    while (bytes.n && d->state != ENDED) {
        if (d->state == COLOUR || d->state == RESOURCES) {
            size_t n = bytes.n < d->left ? bytes.n : d->left;
            take_section(d, slice_sub(bytes, 0, n));
            bytes = slice_from(bytes, n);
            continue;
        }
        d->head[d->have++] = bytes.p[0];
        d->at++;
        bytes = slice_from(bytes, 1);
        if (d->have == (d->state == HEADER ? HEADER_SIZE : 4))
            read_head(d);
    }
    return d->state == ENDED ? d->rc : OPTOUT_MORE;
}

static enum optout_rc psd_end(void *state)
{
    struct psd *d = state;
    if (d->state != ENDED)
        psd_finish(d, OPTOUT_E_SYNTAX);
    return d->rc;
}

const struct format format_psd = {
    .name = "psd",
    .title = "Photoshop document",
    .reads = "XMP and IPTC-IIM among the image resources of PSD and PSB files, to the end of "
             "that section; metadata of single layers is not read.",
    .types = psd_types,
    .sniff = psd_sniff,
    .open = psd_open,
    .feed = psd_feed,
    .end = psd_end,
};
