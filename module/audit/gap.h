/* SPDX-License-Identifier: Apache-2.0 */
/* gap.h - the place in the log where records may be missing. */
#ifndef OPTOUT_AUDIT_GAP_H
#define OPTOUT_AUDIT_GAP_H

#include "core/buf.h"

/* Why records may be missing. Printed by whoever found it, at the place in the
 * log where they would have been. */
struct gap {
    const char *reason;  /* "writer-died" "write-failed" "sync-failed" "segment-removed" */
    const char *node;    /* who writes this down */
    const char *segment; /* name of the closed file that is concerned */
    uint64_t torn_bytes; /* of an unfinished last line, cut off and kept beside it */
    int64_t lost;        /* at most so many records; -1: not known */
};

/* Appends the line with its LF; on failure `out` is as it was. */
enum optout_rc gap_print(const struct gap *g, struct buf *out) OPTOUT_CHECKED;

#endif
