/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/opf.h"

enum optout_rc opf_read(struct arena *arena, const struct property *base, struct slice document,
                        property_visit *visit, void *ctx)
{
    (void)arena; (void)base; (void)document; (void)visit; (void)ctx;
    return OPTOUT_DONE;
}
