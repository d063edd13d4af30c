/* SPDX-License-Identifier: Apache-2.0 */
/* members.h - inspects the files inside a container, each as the body it is.
 *
 * One per container that is read of a body. What a member states is about a component of the
 * whole: it is reported, it never allows, and what it denies is weak. The root of a container
 * that stands for one document (the page of an MHTML) is that document: its statements count
 * as if it came alone. */
#ifndef OPTOUT_INSPECT_MEMBERS_H
#define OPTOUT_INSPECT_MEMBERS_H

#include "core/member.h"
#include "inspect/inspect.h"

#define MEMBERS_MAX 10000             /* of one response, at all depths */
#define MEMBERS_BYTES_MAX (1ull << 30) /* of them that are read */
#define MEMBERS_DEPTH_MAX 2           /* a container in a container is read, one in that is not */
#define MEMBERS_ARENA_MAX (4u << 20)  /* memory of one member; given back at its end */

/* What is spent of these limits; shared by all depths of one response. */
struct members_budget {
    unsigned n;
    uint64_t bytes;
};

/* Whose members they are. */
struct members_owner {
    const struct exchange *x;
    const struct inspect_options *options;
    struct members_budget *budget;
    struct signals *out;
    undecided_set *undecided;
};

struct members;

/* `back` reads the container as sent, NULL read: it cannot be. NULL when memory is used up. */
struct members *members_open(struct arena *arena, const struct members_owner *owner,
                             struct lookback back);
const struct member_sink *members_sink(struct members *m);
/* The container has ended: what its members stated is handed on. */
void members_close(struct members *m);

#endif
