/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/iim.h"

enum optout_rc iim_read(struct arena *arena, const struct property *base, struct slice datasets,
                        property_visit *visit, void *ctx)
{
    (void)arena; (void)base; (void)datasets; (void)visit; (void)ctx;
    return OPTOUT_DONE;
}
