/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_internal.h - what discovery.c and learn.c share. */
#ifndef OPTOUT_DAEMON_DISCOVERY_INTERNAL_H
#define OPTOUT_DAEMON_DISCOVERY_INTERNAL_H

#include "daemon/discovery.h"

struct learning; /* an answer that is being read; see learn.c */

struct discovery {
    struct loop *loop;
    struct inquiries *inquiries;
    struct intake *intake;
    struct ask *newest;
    size_t n_asks, n_waiting;
    bool stopped;
    struct learning *learning; /* newest first */
};

/* An answer of this key is being read. */
bool learning_has(const struct discovery *d, struct slice key);
/* One has been: whoever asks for the key goes on. */
void discovery_learned(struct discovery *d, struct slice key);
/* Nothing that is being read now is learned any more. */
void learning_drop(struct discovery *d);

#endif
