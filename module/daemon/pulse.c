/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pulse.h"

const char *pulse_trouble(struct pulse *p, const struct pulse_signs *now)
{
    if (!p->moved_us || !now->documents_waiting || now->documents_done != p->documents)
        p->moved_us = now->now_us;
    p->documents = now->documents_done;
    if (!now->store_is_read)
        return "the store cannot be read";
    if (now->now_us - p->moved_us > PULSE_STILL_US)
        return "documents wait and none is read";
    return NULL;
}
