/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/answer.h"

#include <stdio.h>

enum phase { HEAD, BODY_LENGTH, BODY_CLOSE, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, ENDED };

void answer_init(struct answer *a, bool no_body)
{
    *a = (struct answer){ .no_body = no_body };
    buf_init(&a->head, ANSWER_HEAD_MAX);
    buf_init(&a->body, ANSWER_KEPT_MAX);
    arena_init(&a->arena, 1u << 20, NULL, 0);
}

void answer_free(struct answer *a)
{
    buf_free(&a->head);
    buf_free(&a->body);
    arena_reset(&a->arena);
}

struct slice answer_field(const struct answer *a, const char *name)
{
    const struct header *h = a->status ? headers_find(&a->headers, name) : NULL;
    return h ? h->value : SLICE_EMPTY;
}

/* --- head ------------------------------------------------------------------ */

/* "HTTP/1.1 200 OK", "ICAP/1.0 204 No Content" */
static bool read_status(struct slice line, int *status)
{
    size_t slash = slice_find(line, '/'), space = slice_find(line, ' ');
    struct slice digits = slice_sub(line, space + 1, 3);
    uint64_t n;
    if (slash > space || space > 16 || digits.n != 3 || !slice_to_u64(digits, &n) || n < 100)
        return false;
    struct slice behind = slice_from(line, space + 4);
    *status = (int)n;
    return !behind.n || behind.p[0] == ' ';
}

/* Length of the head with its empty line; 0: it is not all there. */
static size_t head_length(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\n')
            continue;
        if (i + 1 < s.n && s.p[i + 1] == '\n')
            return i + 2;
        if (i + 2 < s.n && s.p[i + 1] == '\r' && s.p[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

static enum optout_rc begin_body(struct answer *a)
{
    struct slice length = answer_field(a, "content-length");
    if (a->no_body || a->status == 101 || a->status == 204 || a->status == 304) {
        a->phase = ENDED;
    } else if (headers_list_has(&a->headers, "transfer-encoding", "chunked")) {
        a->phase = CHUNK_SIZE;
    } else if (length.n) {
        if (!slice_to_u64(length, &a->left))
            return OPTOUT_E_SYNTAX;
        a->phase = a->left ? BODY_LENGTH : ENDED;
    } else {
        a->phase = BODY_CLOSE;
    }
    a->whole = a->phase == ENDED;
    return a->whole ? OPTOUT_DONE : OPTOUT_MORE;
}

/* Takes what belongs to the head off `*bytes`. */
static enum optout_rc feed_head(struct answer *a, struct slice *bytes)
{
    size_t before = a->head.n;
    size_t room = a->head.limit - before;
    struct slice taken = slice_sub(*bytes, 0, room);
    if (buf_append(&a->head, taken.p, taken.n) != OPTOUT_OK)
        return a->head.failed;
    size_t n = head_length(buf_slice(&a->head));
    *bytes = slice_from(*bytes, n ? n - before : taken.n);
    if (!n)
        return bytes->n ? OPTOUT_E_LIMIT : OPTOUT_MORE;
    a->head.n = n;
    struct slice head = buf_slice(&a->head);
    size_t line = slice_find(head, '\n');
    if (!read_status(slice_trim_space(slice_sub(head, 0, line)), &a->status))
        return OPTOUT_E_SYNTAX;
    if (a->status < 200 && a->status != 101) {
        buf_clear(&a->head);
        a->status = 0;
        return OPTOUT_MORE;
    }
    enum optout_rc rc = headers_parse(&a->headers, &a->arena, slice_from(head, line + 1));
    return rc == OPTOUT_OK ? begin_body(a) : rc;
}

/* --- body ------------------------------------------------------------------ */

static enum optout_rc take_body(struct answer *a, struct slice bytes)
{
    if (bytes.n > ANSWER_BODY_MAX - a->body_n)
        return OPTOUT_E_LIMIT;
    a->body_n += bytes.n;
    struct slice kept = slice_sub(bytes, 0, a->body.limit - a->body.n);
    return buf_append(&a->body, kept.p, kept.n);
}

/* Of a length that is known: `*bytes` less what belongs to it. */
static enum optout_rc feed_counted(struct answer *a, struct slice *bytes)
{
    struct slice part = slice_sub(*bytes, 0, a->left > SIZE_MAX ? SIZE_MAX : (size_t)a->left);
    enum optout_rc rc = take_body(a, part);
    *bytes = slice_from(*bytes, part.n);
    a->left -= part.n;
    if (rc != OPTOUT_OK)
        return rc;
    if (a->left == 0)
        a->phase = a->phase == CHUNK_DATA ? CHUNK_END : ENDED;
    return OPTOUT_MORE;
}

static int hex_digit(uint8_t c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The line of a chunk's size, extensions and all; of it a few bytes are kept. */
static enum optout_rc end_size_line(struct answer *a)
{
    size_t i = 0;
    a->left = 0;
    for (; i < a->line_n && i < 8 && hex_digit((uint8_t)a->line[i]) >= 0; i++)
        a->left = a->left * 16 + (uint64_t)hex_digit((uint8_t)a->line[i]);
    if (i == 0 || (i < a->line_n && !strchr(" \t\r;", a->line[i])))
        return OPTOUT_E_SYNTAX;
    a->line_n = 0;
    a->phase = a->left ? CHUNK_DATA : TRAILER;
    return OPTOUT_MORE;
}

static enum optout_rc end_line(struct answer *a)
{
    bool empty = a->line_n == 0 || (a->line_n == 1 && a->line[0] == '\r');
    if (a->phase == CHUNK_SIZE)
        return end_size_line(a);
    if (a->phase == CHUNK_END && !empty)
        return OPTOUT_E_SYNTAX;
    if (a->phase == CHUNK_END)
        a->phase = CHUNK_SIZE;
    else if (empty)
        a->phase = ENDED;
    a->line_n = 0;
    return OPTOUT_MORE;
}

static enum optout_rc feed_line(struct answer *a, struct slice *bytes)
{
    size_t n = slice_find(*bytes, '\n');
    for (size_t i = 0; i < n && a->line_n < sizeof a->line - 1; i++)
        a->line[a->line_n++] = (char)bytes->p[i];
    bool ended = n < bytes->n;
    *bytes = slice_from(*bytes, n + 1);
    return ended ? end_line(a) : OPTOUT_MORE;
}

static enum optout_rc feed_part(struct answer *a, struct slice *bytes)
{
    enum optout_rc rc;
    switch (a->phase) {
    case HEAD: return feed_head(a, bytes);
    case BODY_LENGTH:
    case CHUNK_DATA: return feed_counted(a, bytes);
    case BODY_CLOSE:
        rc = take_body(a, *bytes);
        *bytes = SLICE_EMPTY;
        return rc == OPTOUT_OK ? OPTOUT_MORE : rc;
    default: return feed_line(a, bytes);
    }
}

enum optout_rc answer_feed(struct answer *a, struct slice bytes)
{
    enum optout_rc rc = OPTOUT_MORE;
    while (bytes.n && rc == OPTOUT_MORE && a->phase != ENDED)
        rc = feed_part(a, &bytes);
    if (rc < OPTOUT_OK)
        return rc;
    a->whole |= a->phase == ENDED;
    return a->whole ? OPTOUT_DONE : OPTOUT_MORE;
}

enum optout_rc answer_end(struct answer *a)
{
    a->whole |= a->phase == BODY_CLOSE;
    return a->whole ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}
