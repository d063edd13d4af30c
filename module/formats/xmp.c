/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/xmp.h"
#include "formats/rows.h"

static const char *const xmp_types[] = { NULL };

const struct format format_xmp = { .name = "xmp", .title = "xmp", .reads = "nothing yet", .types = xmp_types };

struct xmp *xmp_open(struct arena *arena, const struct property *base, property_visit *visit,
                     void *ctx)
{
    (void)base; (void)visit; (void)ctx;
    return arena_alloc(arena, 1);
}

enum optout_rc xmp_feed(struct xmp *x, struct slice bytes)
{
    (void)x; (void)bytes;
    return OPTOUT_MORE;
}

enum optout_rc xmp_end(struct xmp *x, enum packet_end how)
{
    (void)x; (void)how;
    return OPTOUT_DONE;
}
