/* SPDX-License-Identifier: Apache-2.0 */
/* undecided.h - why something could not be read to its end.
 *
 * What could not be read is undecided, never clear. Each reason has its own
 * configurable action. */
#ifndef OPTOUT_CORE_UNDECIDED_H
#define OPTOUT_CORE_UNDECIDED_H

#include "core/slice.h"

enum undecided {
    UNDECIDED_PARTIAL,         /* 206: only a range of the body */
    UNDECIDED_TRUNCATED,       /* the body ended before its announced end */
    UNDECIDED_CODING,          /* unknown or corrupt Content-Encoding */
    UNDECIDED_LIMIT_SIZE,      /* longer than what may be held back */
    UNDECIDED_LIMIT_EXPANSION, /* decodes to too many bytes (a bomb) */
    UNDECIDED_LIMIT_MEMORY,    /* hold memory, spool or arena used up */
    UNDECIDED_LIMIT_SIGNALS,   /* more statements or longer tags than are kept */
    UNDECIDED_LIMIT_TIME,      /* the verdict took longer than allowed */
    UNDECIDED_ABORTED,         /* client or proxy broke the transfer off */
    UNDECIDED_TUNNEL,          /* CONNECT: nothing of it is seen */
    UNDECIDED_SITE_UNKNOWN,    /* the site files of the origin are not known yet */
    UNDECIDED_ROBOTS_UNREACHABLE, /* robots.txt: 5xx, 429, no answer (RFC 9309 2.3.1.4) */
    UNDECIDED_SITE_UNREACHABLE, /* another site file: the same */
    UNDECIDED_SITE_UNPARSEABLE, /* a site file is there that cannot be read */
    UNDECIDED_LIMIT_RULES,     /* matching the site's rules would take too long */
    UNDECIDED_MALFORMED,       /* a file or its metadata is broken before its end */
    UNDECIDED_ENCRYPTED,       /* what could state something is encrypted */
    UNDECIDED_LIMIT_METADATA,  /* more or larger metadata than is read */
    UNDECIDED_CONTAINER,       /* an archive or multipart that was not looked into whole */
    UNDECIDED_UNREAD,          /* a body of no known kind: nothing of it was read */
    UNDECIDED_UNSEEN,          /* 304 and HEAD: the body they speak of was not there */
    UNDECIDED_LIMIT_PHRASES,   /* more sentences deserve a look at their words than get one */
    UNDECIDED_COUNT
};

typedef uint32_t undecided_set; /* bit 1 << enum undecided; 0: everything was read */

static inline undecided_set undecided_bit(enum undecided u)
{
    return 1u << u;
}

/* "partial", "truncated", "coding", "limit-size", … */
const char *undecided_name(enum undecided u);
/* For people, to end a sentence: "its content coding is corrupt or unknown". */
const char *undecided_text(enum undecided u);
bool undecided_from_name(struct slice name, enum undecided *u);
/* The first reason of the set, in the order above; the set must not be empty. */
enum undecided undecided_first(undecided_set set);

#endif
