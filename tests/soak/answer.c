/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define LOOK_SECONDS 1.0

/* Everything of a head that says how its body ends. */
struct framing_said {
    bool coded, has_length;
    uint64_t length;
};

/* ---- bytes ---- */

/* Waits for more, within `patience` seconds. */
static enum answer_error wire_more(struct wire *w, double patience)
{
    if (w->at == w->n)
        w->at = w->n = 0;
    if (w->n == WIRE_ROOM) {
        memmove(w->buffer, w->buffer + w->at, w->n - w->at);
        w->n -= w->at;
        w->at = 0;
        if (w->n == WIRE_ROOM)
            return ANSWER_LONG_HEAD;
    }
    for (double end = now() + patience;;) {
        ssize_t came = recv(w->fd, w->buffer + w->n, WIRE_ROOM - w->n, MSG_DONTWAIT);
        if (came > 0)
            w->n += (size_t)came;
        if (came > 0)
            return ANSWER_COMPLETE;
        if (came == 0)
            return ANSWER_CLOSED_EARLY;
        if (errno != EAGAIN && errno != EINTR)
            return ANSWER_BROKE;
        double left = end - now();
        if (left <= 0)
            return ANSWER_TIMED_OUT;
        struct pollfd p = { .fd = w->fd, .events = POLLIN };
        (void)poll(&p, 1, (int)(left * 1000) + 1);
    }
}

static enum answer_error wire_wait(struct wire *w)
{
    return wire_more(w, w->deadline - now());
}

/* What comes before `mark`, which is read over. It lies in the buffer until the next call. */
static enum answer_error wire_until(struct wire *w, const char *mark, struct bytes *part)
{
    size_t n = strlen(mark);
    for (;;) {
        const char *found = memmem(w->buffer + w->at, w->n - w->at, mark, n);
        if (found) {
            *part = (struct bytes){ w->buffer + w->at, (size_t)(found - w->buffer) - w->at };
            w->at += part->n + n;
            return ANSWER_COMPLETE;
        }
        enum answer_error e = wire_wait(w);
        if (e)
            return e;
    }
}

/* ---- heads ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool read_status_line(struct answer *a, struct bytes line)
{
    const char *s = line.at;
    if (line.n < 12 || memcmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') ||
        s[8] != ' ' || (line.n > 12 && s[12] != ' '))
        return false;
    a->status = 0;
    for (unsigned i = 9; i < 12; i++) {
        if (!is_digit(s[i]))
            return false;
        a->status = a->status * 10 + (unsigned)(s[i] - '0');
    }
    return true;
}

static bool is_named(struct bytes name, const char *wanted)
{
    return name.n == strlen(wanted) && strncasecmp(name.at, wanted, name.n) == 0;
}

static bool has_word(struct bytes value, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= value.n; i++)
        if (strncasecmp(value.at + i, word, n) == 0)
            return true;
    return false;
}

static void note_length(struct framing_said *f, struct bytes value)
{
    if (f->has_length)
        return;
    f->has_length = true;
    for (size_t i = 0; i < value.n && is_digit(value.at[i]) && f->length < 1ull << 40; i++)
        f->length = f->length * 10 + (unsigned)(value.at[i] - '0');
}

static bool read_header_line(struct answer *a, struct framing_said *f, struct bytes line)
{
    const char *colon = memchr(line.at, ':', line.n);
    struct bytes name = { line.at, colon ? (size_t)(colon - line.at) : 0 };
    if (name.n == 0 || name.at[0] == ' ' || name.at[0] == '\t' || name.at[name.n - 1] == ' ' ||
        name.at[name.n - 1] == '\t')
        return false;
    struct bytes value = { colon + 1, line.n - name.n - 1 };
    while (value.n && (*value.at == ' ' || *value.at == '\t'))
        value.at++, value.n--;
    if (is_named(name, "etag"))
        a->has_etag = true;
    else if (is_named(name, "connection"))
        a->closes |= has_word(value, "close");
    else if (is_named(name, "transfer-encoding"))
        f->coded = true;
    else if (is_named(name, "content-length"))
        note_length(f, value);
    return true;
}

static enum answer_error read_head(struct answer *a, struct wire *w, struct framing_said *f)
{
    struct bytes head, line;
    enum answer_error e = wire_until(w, "\r\n\r\n", &head);
    if (e)
        return e;
    *f = (struct framing_said){ 0 };
    for (bool first = true; head.n; first = false) {
        const char *end = memmem(head.at, head.n, "\r\n", 2);
        line = (struct bytes){ head.at, end ? (size_t)(end - head.at) : head.n };
        if (first && !read_status_line(a, line))
            return ANSWER_NO_STATUS_LINE;
        if (!first && !read_header_line(a, f, line))
            return ANSWER_NO_HEADER_LINE;
        size_t over = line.n + (end ? 2 : 0);
        head = (struct bytes){ head.at + over, head.n - over };
    }
    return a->status ? ANSWER_COMPLETE : ANSWER_NO_STATUS_LINE;
}

/* ---- bodies ---- */

static void take_body(struct answer *a, struct wire *w, size_t n, struct bytes expected)
{
    if (a->same && (a->size + n > expected.n ||
                    memcmp(expected.at + a->size, w->buffer + w->at, n) != 0))
        a->same = false;
    a->size += n;
    w->at += n;
}

static enum answer_error read_exactly(struct answer *a, struct wire *w, uint64_t n,
                                      struct bytes expected)
{
    while (n) {
        enum answer_error e = w->at == w->n ? wire_wait(w) : ANSWER_COMPLETE;
        if (e)
            return e;
        size_t part = w->n - w->at < n ? w->n - w->at : (size_t)n;
        take_body(a, w, part, expected);
        n -= part;
    }
    return ANSWER_COMPLETE;
}

static bool read_chunk_size(struct bytes line, uint64_t *size)
{
    const char *semicolon = memchr(line.at, ';', line.n);
    size_t n = semicolon ? (size_t)(semicolon - line.at) : line.n;
    while (n && (line.at[n - 1] == ' ' || line.at[n - 1] == '\t'))
        n--;
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        char c = line.at[i] | 0x20;
        if (!is_digit(line.at[i]) && (c < 'a' || c > 'f'))
            return false;
        *size = *size << 4 | (unsigned)(is_digit(line.at[i]) ? line.at[i] - '0' : c - 'a' + 10);
    }
    return n > 0 && n <= 16;
}

static enum answer_error read_chunks(struct answer *a, struct wire *w, struct bytes expected)
{
    for (;;) {
        struct bytes line;
        uint64_t n;
        enum answer_error e = wire_until(w, "\r\n", &line);
        if (e)
            return e;
        if (!read_chunk_size(line, &n))
            return ANSWER_BAD_CHUNK_SIZE;
        if ((e = read_exactly(a, w, n, expected)) || (e = wire_until(w, "\r\n", &line)))
            return e;
        if (line.n)
            return n ? ANSWER_BAD_CHUNK_END : ANSWER_TRAILERS;
        if (n == 0)
            return ANSWER_COMPLETE;
    }
}

static enum answer_error read_to_the_close(struct answer *a, struct wire *w, struct bytes expected)
{
    for (;;) {
        take_body(a, w, w->n - w->at, expected);
        enum answer_error e = wire_wait(w);
        if (e)
            return e == ANSWER_CLOSED_EARLY ? ANSWER_COMPLETE : e;
    }
}

static enum answer_error read_body(struct answer *a, struct wire *w, const struct framing_said *f,
                                   struct bytes expected)
{
    if (f->coded && f->has_length)
        return ANSWER_TWO_FRAMINGS;
    if (f->coded)
        return read_chunks(a, w, expected);
    if (f->has_length)
        return read_exactly(a, w, f->length, expected);
    a->closes = true;
    return read_to_the_close(a, w, expected);
}

/* ---- answers ---- */

void answer_read(struct answer *a, struct wire *w, bool head_only, struct bytes expected)
{
    struct framing_said f;
    *a = (struct answer){ .same = true };
    do
        a->error = read_head(a, w, &f);
    while (!a->error && a->status < 200);
    if (!a->error && !head_only && a->status != 204 && a->status != 304)
        a->error = read_body(a, w, &f, expected);
    a->extra = w->at < w->n;
}

void answer_look_in(struct answer *a, struct wire *w, size_t enough)
{
    struct framing_said f;
    *a = (struct answer){ .same = true };
    a->error = read_head(a, w, &f);
    if (a->error)
        return;
    a->error = ANSWER_LEFT;
    for (;;) {
        a->size += w->n - w->at;
        w->at = w->n;
        if (a->size >= enough || wire_more(w, LOOK_SECONDS) != ANSWER_COMPLETE)
            return;
    }
}
