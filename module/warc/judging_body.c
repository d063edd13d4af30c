/* SPDX-License-Identifier: Apache-2.0 */
/* judging_body.c - the body of a record on its way to the judge. Kept of it: what formats that
 * point backwards may ask for, JUDGING_BACK_MAX. */
#include "warc/judging_internal.h"

#include "formats/format.h"

#include <stdlib.h>

#define BACK_FIRST (256u << 10)

static enum optout_rc read_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    const struct judging *w = ctx;
    if (offset > w->n_back || n > w->n_back - offset)
        return OPTOUT_E_LIMIT;
    memcpy(to, w->back + offset, n);
    return OPTOUT_OK;
}

/* Formats that point backwards ask for what went by. Text does not. */
static void hold(struct judging *w, struct slice s)
{
    if (w->fed == 0 && s.n)
        w->holds = s.p[0] != '<' && !ascii_is_space(s.p[0]);
    if (!w->holds)
        return;
    if (w->n_back + s.n > w->back_size) {
        size_t size = w->back_size ? w->back_size : BACK_FIRST;
        while (size < w->n_back + s.n && size < JUDGING_BACK_MAX)
            size *= 2;
        uint8_t *p = size >= w->n_back + s.n ? realloc(w->back, size) : NULL;
        w->holds = p != NULL;
        if (!p)
            return;
        w->back = p;
        w->back_size = size;
    }
    memcpy(w->back + w->n_back, s.p, s.n);
    w->n_back += s.n;
}

enum optout_rc body_put(void *ctx, struct slice s)
{
    struct judging *w = ctx;
    warc_hash_feed(w->unchunked, s);
    if (s.n && !w->done) {
        hold(w, s);
        w->done = judge_feed(&w->judge, s) == OPTOUT_DONE;
    }
    w->fed += s.n;
    return w->done && !w->unchunked ? OPTOUT_DONE : OPTOUT_OK;
}

static void feed(struct judging *w, struct slice s)
{
    if (w->is_chunked && (!w->done || w->unchunked))
        (void)chunked_feed(&w->chunked, s, body_put, w);
    else
        (void)body_put(w, s);
}

/* Some crawls have an empty line too many before the body: harmless to pages, but other
 * files are told by their first bytes. */
static struct slice without_newlines(struct judging *w, struct slice s)
{
    const struct format *found[FORMATS_OPEN_MAX];
    size_t i = 0;
    while (i < s.n && i < 4 && (s.p[i] == '\r' || s.p[i] == '\n'))
        i++;
    if (i == 0 || formats_sniff(slice_sub(s, 0, FORMAT_SNIFF), found) ||
        !formats_sniff(slice_sub(s, i, FORMAT_SNIFF), found))
        return s;
    w->out->notes |= 1u << NOTE_EXTRA_NEWLINES;
    return slice_from(s, i);
}

/* The rest of the block, as far as anybody wants it. */
enum optout_rc body_feed_block(struct judging *w, struct warc_reader *r, struct slice begun,
                               struct warc_hash *hash[2])
{
    struct slice piece = without_newlines(w, begun);
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK) {
        feed(w, piece);
        if (w->done && !hash[0] && !hash[1])
            return OPTOUT_OK;
        rc = warc_block(r, &piece);
        if (rc != OPTOUT_OK)
            break;
        warc_hash_feed(hash[0], piece);
        warc_hash_feed(hash[1], piece);
    }
    return rc == OPTOUT_DONE ? OPTOUT_OK : rc;
}

struct lookback body_lookback(struct judging *w)
{
    return (struct lookback){ read_back, w };
}
