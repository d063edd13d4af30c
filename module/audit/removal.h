/* SPDX-License-Identifier: Apache-2.0 */
/* removal.h - the place in the log that tells which closed segment was removed from it, by which rule,
 * so that what is missing is explained. */
#ifndef OPTOUT_AUDIT_REMOVAL_H
#define OPTOUT_AUDIT_REMOVAL_H

#include "core/buf.h"
#include "core/slice.h"

struct removal {
    const char *node;    /* who removed it */
    const char *rule;    /* "age" "size" */
    const char *limit;   /* what is kept: "400d", "200G" */
    const char *segment; /* its name, as it was closed */
    uint64_t bytes;      /* of its file, compressed or not */
    uint8_t sha256[32];  /* of its lines, as they were written */
    uint64_t records, pending, gaps, removals; /* in it; removals: such lines */
    char from[25], to[25]; /* time of its first and last line that has one; empty: none has */
};

/* Appends the line with its LF; on failure `out` is as it was. */
enum optout_rc removal_print(const struct removal *r, struct buf *out) OPTOUT_CHECKED;

#endif
