/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/photoshop.h"

struct photoshop *photoshop_open(const struct format_env *env, enum packet_role role,
                                 struct slice where, uint64_t offset)
{
    (void)env; (void)role; (void)where; (void)offset;
    return NULL;
}

enum optout_rc photoshop_feed(struct photoshop *p, struct slice bytes)
{
    (void)p; (void)bytes;
    return OPTOUT_MORE;
}

enum optout_rc photoshop_end(struct photoshop *p)
{
    (void)p;
    return OPTOUT_DONE;
}
