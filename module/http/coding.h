/* SPDX-License-Identifier: Apache-2.0 */
/* coding.h - content codings undone for inspection, never for delivery.
 *
 * RFC 9110 section 8.4: gzip (with x-gzip, any number of members), deflate
 * (zlib, and the raw form that servers send), br, zstd, identity; stacked
 * codings up to CODING_STACK_MAX. Streaming with fixed memory per layer. */
#ifndef OPTOUT_HTTP_CODING_H
#define OPTOUT_HTTP_CODING_H

#include "core/rc.h"
#include "core/slice.h"

#define CODING_STACK_MAX 3     /* codings applied on top of each other */
#define CODING_WINDOW_LOG 23   /* largest zstd window read, 8 MiB */

struct coding;

/* Receives decoded bytes; returns OPTOUT_DONE when it wants no more. */
typedef enum optout_rc coding_sink(void *ctx, struct slice bytes);

struct coding_limits {
    uint64_t output_max; /* decoded bytes; more is OPTOUT_E_LIMIT */
    unsigned ratio_max;  /* decoded bytes per coded byte, counted once 1 MiB has been
                            decoded; 0 = not checked */
};

/* `value` is the joined Content-Encoding field. Sets *out to NULL with
 * OPTOUT_OK when nothing has to be undone; OPTOUT_E_UNSUP for a coding we do
 * not know or too many of them. */
enum optout_rc coding_open(struct slice value, const struct coding_limits *limits,
                           coding_sink *sink, void *ctx, struct coding **out) OPTOUT_CHECKED;
/* OPTOUT_MORE, OPTOUT_DONE when the sink has enough, OPTOUT_E_SYNTAX for
 * corrupt data, OPTOUT_E_LIMIT, OPTOUT_E_NOMEM. After an error the same error
 * is returned for ever. Bytes after the end of the coded data are ignored (and
 * noted for gzip: a new member is decoded, other bytes end the data). */
enum optout_rc coding_feed(struct coding *c, struct slice bytes) OPTOUT_CHECKED;
/* OPTOUT_OK when every layer had come to its end, when no byte was fed at all or
 * when the sink had enough; the error that coding_feed gave; else, the data being
 * cut short, OPTOUT_E_SYNTAX. */
enum optout_rc coding_finish(struct coding *c) OPTOUT_CHECKED;
void coding_close(struct coding *c); /* NULL is fine */

#endif
