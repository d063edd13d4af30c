/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - what all lines of the log have in common. */
#ifndef OPTOUT_AUDIT_LINE_H
#define OPTOUT_AUDIT_LINE_H

#include "core/buf.h"

#define AUDIT_VERSION 2 /* "v" of every line: docs/audit-format.md */

/* The LF, or nothing at all of what was printed from `start` on: half a line must never get
 * out. */
static inline enum optout_rc line_finish(struct buf *out, size_t start)
{
    buf_putc(out, '\n');
    if (out->failed == OPTOUT_OK)
        return OPTOUT_OK;
    out->n = start;
    return out->failed;
}

#endif
