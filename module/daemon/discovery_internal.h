/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_internal.h - what discovery.c and learn.c share. */
#ifndef OPTOUT_DAEMON_DISCOVERY_INTERNAL_H
#define OPTOUT_DAEMON_DISCOVERY_INTERNAL_H

#include "daemon/discovery.h"

struct discovery {
    struct loop *loop;
    struct inquiries *inquiries;
    struct intake *intake;
    struct ask *newest;
    size_t n_asks, n_waiting;
    bool stopped;
};

#endif
