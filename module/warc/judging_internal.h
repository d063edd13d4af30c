/* SPDX-License-Identifier: Apache-2.0 */
/* judging_internal.h - one record on its way through the judge, between judging.c, which says
 * what each type means, judging_body.c and judging_others.c. */
#ifndef OPTOUT_WARC_JUDGING_INTERNAL_H
#define OPTOUT_WARC_JUDGING_INTERNAL_H

#include "formats/parts/chunked.h"
#include "warc/judging.h"

#define JUDGING_REQUEST_MAX (8u << 10)

/* The request that was met last: responses stand beside theirs. */
struct request {
    char id[128], concurrent[128];
    uint8_t text[JUDGING_REQUEST_MAX];
    size_t n;
};

struct judging {
    struct judging_options o;
    void *first; /* FIRST_BLOCK */
    struct arena arena;
    struct judge judge;
    struct request request;
    struct warc_index *own;
    uint32_t file;
    bool seekable;
    /* the record in hand */
    struct judged *out;
    struct warc_reader other; /* originals and segments are read with this one */
    uint32_t other_file;
    int other_fd; /* -1: none is open */
    struct chunked chunked;
    bool is_chunked, done, holds;
    struct warc_hash *unchunked; /* of the payload, when it is checked and has chunks */
    uint64_t fed;
    uint8_t *back;
    size_t n_back, back_size;
};

/* ---- judging_body.c ---- */

/* Body bytes, chunks undone, as far as the judge or a digest wants them. */
enum optout_rc body_put(void *ctx, struct slice s); /* without chunks; a chunked sink */
/* The rest of the block, behind `begun`; `hash`, either may be NULL, are fed it as stored.
 * OPTOUT_E_IO, OPTOUT_E_NOMEM. */
enum optout_rc body_feed_block(struct judging *w, struct warc_reader *r, struct slice begun,
                               struct warc_hash *hash[2]) OPTOUT_CHECKED;
/* The judge's view of what went by. */
struct lookback body_lookback(struct judging *w);

/* ---- judging_others.c ---- */

/* Whether the original of a revisit or conversion stands in w->other now; noted. */
bool others_original(struct judging *w, const struct warc_head *h);
/* Whether part `n` of the record does. */
bool others_segment(struct judging *w, const struct warc_head *first, unsigned n);
void others_close(struct judging *w);

#endif
