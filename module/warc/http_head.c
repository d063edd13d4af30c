/* SPDX-License-Identifier: Apache-2.0 */
/* http_head.c - the head of an archived HTTP message: RFC 9112 sections 2 to 5, and what
 * archives make of it. Limit: JUDGING_HEAD_MAX. */
#include "warc/judging.h"

static bool begins_http(struct slice s)
{
    return s.n >= 4 && slice_starts_nocase(s, SLICE_OF("HTTP")) &&
           (s.n == 4 || s.p[4] == '/' || s.p[4] == ' ');
}

/* Of the text up to where the body begins. */
static void take_lines(struct warc_http *out, struct slice text)
{
    size_t end = slice_find(text, '\n');
    out->line = slice_trim_space(slice_sub(text, 0, end));
    out->fields = slice_from(text, end < text.n ? end + 1 : end);
}

/* The first piece nearly always holds all of it. */
enum optout_rc warc_http_head(struct warc_reader *r, struct arena *arena, struct warc_http *out,
                              struct warc_hash *hash)
{
    struct slice piece;
    uint8_t *text = NULL;
    size_t n = 0;
    *out = (struct warc_http){ .broken = true };
    for (;;) {
        enum optout_rc rc = warc_block(r, &piece);
        if (rc < 0)
            return rc;
        warc_hash_feed(hash, piece);
        struct slice all = piece;
        if (n) {
            size_t room = JUDGING_HEAD_MAX - n, take = piece.n < room ? piece.n : room;
            if (take)
                memcpy(text + n, piece.p, take);
            all = slice_of(text, n + take);
        }
        if (n == 0 && all.n && !begins_http(all)) {
            out->body = piece; /* it is no HTTP message */
            return OPTOUT_OK;
        }
        size_t end = warc_head_end(slice_sub(all, 0, JUDGING_HEAD_MAX));
        bool last = rc == OPTOUT_DONE || r->left == 0 || all.n >= JUDGING_HEAD_MAX;
        if (end || last) {
            out->broken = !end && all.n >= JUDGING_HEAD_MAX; /* it may end with the block */
            size_t head = end ? end : all.n;
            out->body = end ? slice_from(piece, end - n) : SLICE_EMPTY;
            struct slice copy = arena_copy(arena, slice_sub(all, 0, head), JUDGING_HEAD_MAX);
            take_lines(out, copy);
            return copy.p ? OPTOUT_OK : OPTOUT_E_NOMEM;
        }
        if (!text && !(text = arena_take(arena, JUDGING_HEAD_MAX)))
            return OPTOUT_E_NOMEM;
        if (n == 0)
            memcpy(text, piece.p, piece.n);
        n = all.n;
    }
}
