/* SPDX-License-Identifier: Apache-2.0 */
/* member.h - a file inside a file, between the container that finds it and those who
 * inspect it as the body it is.
 *
 * A container takes off all framing and coding of its own (base64, chunks, deflate of a
 * ZIP), so that a member's bytes are those of the file. It does not look into them. */
#ifndef OPTOUT_CORE_MEMBER_H
#define OPTOUT_CORE_MEMBER_H

#include "core/slice.h"

#define MEMBER_NAME_MAX 200 /* bytes of a name that are kept: people must find it */

struct member {
    struct slice name; /* for people: "docs/a.html", "part 2"; may hold any byte */
    struct slice type; /* Content-Type where `head` has none; may be empty */
    struct slice head; /* header lines of its own, without a status line; may be empty */
    struct slice url;  /* where it came from; may be empty */
    int status;        /* of an HTTP response; 0: it is none */
    bool root;         /* the container stands for this one, which speaks for the whole */
    bool bodiless;     /* there is only the head */
    bool in_place;     /* its bytes stand in the container as they are, from `at` on */
    uint64_t at;       /* where it begins in the container */
};

/* Where members go, one after another. Slices are read during the call only. */
struct member_sink {
    /* False: nobody wants its bytes; bytes and end may be called for it or not. */
    bool (*begin)(void *ctx, const struct member *m);
    /* False: no later byte of it can matter. */
    bool (*bytes)(void *ctx, struct slice bytes);
    /* `whole`: all its bytes were there. */
    void (*end)(void *ctx, bool whole);
    /* There is something inside that is not looked into. */
    void (*missed)(void *ctx);
    /* All that the members stated, and what was missed, is of no account: the container turned
     * out to be one document. */
    void (*forget)(void *ctx);
    void *ctx;
};

/* Of containers that nobody looks into, `s` is NULL. */
static inline bool member_begin(const struct member_sink *s, const struct member *m)
{
    return s && s->begin(s->ctx, m);
}

static inline bool member_bytes(const struct member_sink *s, struct slice bytes)
{
    return s && s->bytes(s->ctx, bytes);
}

static inline void member_end(const struct member_sink *s, bool whole)
{
    if (s)
        s->end(s->ctx, whole);
}

static inline void member_missed(const struct member_sink *s)
{
    if (s)
        s->missed(s->ctx);
}

#endif
