/* SPDX-License-Identifier: Apache-2.0 */
/* coding.h - content codings undone for inspection, never for delivery.
 *
 * RFC 9110 section 8.4: gzip (with x-gzip, any number of members), deflate
 * (zlib, and the raw form that servers send), br, zstd, identity; stacked
 * codings. Servers name codings that are not there and leave out those that are: the first
 * bytes decide. Streaming with fixed memory per layer. */
#ifndef OPTOUT_HTTP_CODING_H
#define OPTOUT_HTTP_CODING_H

#include "core/buf.h"
#include "core/rc.h"
#include "core/slice.h"

#define CODING_STACK_MAX 3     /* codings that Content-Encoding names */
#define CODING_LAYERS_MAX 5    /* undone of one body, those that nobody named among them */
#define CODING_WINDOW_LOG 23   /* largest zstd window read, 8 MiB */
#define CODING_HEAD 1024       /* first bytes that coding_front is shown, or all there are */

enum coding_kind {
    CODING_NONE, /* the bytes are as they are */
    CODING_GZIP,
    CODING_DEFLATE,
    CODING_BR,
    CODING_ZSTD
};

/* ---- what a field means ---- */

/* Names of charsets, of transfer encodings and media types are no codings and change nothing
 * (`UTF-8`, `none`, `8bit`, `text/html`, `aws-chunked` …); parameters, quotation marks and
 * blanks in place of commas are forgiven. */
struct coding_names {
    uint8_t kind[CODING_STACK_MAX]; /* enum coding_kind, in the order they were applied */
    size_t n;
    bool foreign; /* among them one that is not undone here: `compress`, or a name nobody knows */
    bool over;    /* more than CODING_STACK_MAX */
};

void coding_names(struct slice value, struct coding_names *out);

/* Whether these bytes, the first of a body, are of a kind that is read as it is. */
typedef bool coding_known(void *ctx, struct slice head);

/* The coding that is really at the front of these first bytes, whatever the field says.
 * Names that are settled by the answer are taken off `names`; all of them, when it is
 * CODING_NONE. `ended`: no bytes follow. `known` may be NULL: texts are known.
 * *lost: a coding was named, the bytes are not in it, and they are nothing known either. */
enum coding_kind coding_front(struct coding_names *names, struct slice head, bool ended,
                              coding_known *known, void *ctx, bool *lost);
/* The same by a signature alone, for the first bytes of nearly all coded bodies. */
bool coding_begins(enum coding_kind kind, struct slice head);

/* False: bodies that begin with this byte are in no coding that a signature tells. */
bool coding_may_begin(uint8_t first);

/* ---- undoing it ---- */

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

/* One layer more, inside of those that *c undoes, NULL: none yet. The sink may call it: what it
 * would be given next then goes through the new layer, and comes back to it decoded.
 * OPTOUT_E_UNSUP beyond CODING_LAYERS_MAX. */
enum optout_rc coding_push(struct coding **c, enum coding_kind kind,
                           const struct coding_limits *limits, coding_sink *sink,
                           void *ctx) OPTOUT_CHECKED;
/* Bytes that the sink had been given before the newest layer was found, for that layer; from
 * within the sink, or after all was fed. Answers as coding_feed. */
enum optout_rc coding_feed_newest(struct coding *c, struct slice bytes) OPTOUT_CHECKED;

/* A whole body in hand, all layers undone that are really there. `value` may be empty. *body
 * becomes what is left, in `kept` where something was undone. OPTOUT_OK, OPTOUT_E_SYNTAX when
 * it is corrupt, cut short, or coded in a way that is not known, OPTOUT_E_LIMIT,
 * OPTOUT_E_NOMEM: then *body is as far as it could be read. */
enum optout_rc coding_undo(struct slice value, const struct coding_limits *limits,
                           coding_known *known, void *ctx, struct slice *body,
                           struct buf *kept) OPTOUT_CHECKED;

#endif
