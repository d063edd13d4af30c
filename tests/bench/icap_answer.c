/* SPDX-License-Identifier: Apache-2.0 */
#include "icap_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ICAP_HEAD, HTTP_HEADS, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, BODY_END, WHOLE };

static const char *const names[ICAP_KINDS] = { "204", "200-body", "206-original", "206-page",
                                               "200-page", "200-request" };

const char *icap_kind_name(enum icap_kind kind)
{
    return kind < ICAP_KINDS ? names[kind] : NULL;
}

enum icap_kind icap_kind_of(const char *name)
{
    int kind = 0;
    while (kind < ICAP_KINDS && strcmp(names[kind], name) != 0)
        kind++;
    return (enum icap_kind)kind;
}

void icap_answer_begin(struct icap_answer *a)
{
    a->n = a->http_at = a->heads_end = a->line_n = 0;
    a->heads[0] = '\0';
    a->state = ICAP_HEAD;
    a->status = a->http_status = 0;
    a->chunk_left = a->body = 0;
    a->same = true;
    a->has_body = a->original = a->closes = false;
    a->why = NULL;
}

static enum icap_progress bad(struct icap_answer *a, const char *why)
{
    a->why = why;
    return ICAP_BAD;
}

const char *icap_field(const char *head, const char *name, size_t *n)
{
    size_t length = strlen(name);
    const char *line = strstr(head, "\r\n");
    while (line && line[2] != '\r' && line[2] != '\0') {
        line += 2;
        const char *end = strstr(line, "\r\n");
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            line += strspn(line, " \t");
            *n = end ? (size_t)(end - line) : strlen(line);
            return line;
        }
        line = end;
    }
    return NULL;
}

static bool field_is(const char *head, const char *name, const char *value)
{
    size_t n = 0;
    const char *found = icap_field(head, name, &n);
    return found && n == strlen(value) && strncasecmp(found, value, n) == 0;
}

/* Encapsulated tells where the HTTP heads end, and whether a body follows. */
static enum icap_progress read_encapsulated(struct icap_answer *a)
{
    size_t n = 0;
    char text[128];
    const char *field = icap_field(a->heads, "Encapsulated", &n);
    if (!field || n >= sizeof text)
        return bad(a, "no Encapsulated field that could be read");
    memcpy(text, field, n);
    text[n] = '\0';
    const char *end = strstr(text, "-body=");
    if (!end || strchr(end, ','))
        return bad(a, "Encapsulated does not end with a body");
    a->has_body = strncmp(text, "null-", 5) != 0 && !strstr(text, " null-");
    char *rest = NULL;
    unsigned long at = strtoul(end + 6, &rest, 10);
    if (rest == end + 6 || at > ICAP_HEADS_MAX - a->n)
        return bad(a, "Encapsulated: heads longer than is read here");
    a->heads_end = a->n + at;
    a->state = at ? HTTP_HEADS : a->has_body ? CHUNK_SIZE : WHOLE;
    return ICAP_MORE;
}

static enum icap_progress read_icap_head(struct icap_answer *a)
{
    if (sscanf(a->heads, "ICAP/1.0 %3d", &a->status) != 1)
        return bad(a, "no ICAP status line");
    if (a->status == 100) {
        icap_answer_begin(a);
        return ICAP_CONTINUE;
    }
    a->http_at = a->n;
    a->closes = field_is(a->heads, "Connection", "close");
    if (a->status == 200 || a->status == 206)
        return read_encapsulated(a);
    a->state = WHOLE; /* 204, or an error */
    return ICAP_MORE;
}

static enum icap_progress read_http_heads(struct icap_answer *a)
{
    if (strcmp(a->heads + a->n - 4, "\r\n\r\n") != 0)
        return bad(a, "the HTTP head does not end where Encapsulated says");
    const char *status = strstr(a->heads + a->http_at, "HTTP/1.");
    if (status == a->heads + a->http_at || (status && status[-1] == '\n'))
        (void)sscanf(status, "HTTP/1.%*1d %3d", &a->http_status);
    a->state = a->has_body ? CHUNK_SIZE : WHOLE;
    return ICAP_MORE;
}

/* Takes up to the end of the heads that are being read; they are looked at once all are there. */
static enum icap_progress take_heads(struct icap_answer *a, const char *bytes, size_t n,
                                     size_t *taken)
{
    if (a->state == HTTP_HEADS) {
        size_t wanted = a->heads_end - a->n;
        *taken = n < wanted ? n : wanted;
        memcpy(a->heads + a->n, bytes, *taken);
        a->n += *taken;
        a->heads[a->n] = '\0';
        return a->n == a->heads_end ? read_http_heads(a) : ICAP_MORE;
    }
    for (*taken = 0; *taken < n;) {
        if (a->n == ICAP_HEADS_MAX)
            return bad(a, "an ICAP head without an end");
        a->heads[a->n++] = bytes[(*taken)++];
        a->heads[a->n] = '\0';
        if (a->n >= 4 && memcmp(a->heads + a->n - 4, "\r\n\r\n", 4) == 0)
            return read_icap_head(a);
    }
    return ICAP_MORE;
}

/* What a line between chunks means: a size, the end of a chunk, the end of the body. */
static enum icap_progress read_line(struct icap_answer *a)
{
    a->line[a->line_n] = '\0';
    a->line_n = 0;
    if (a->state != CHUNK_SIZE) {
        if (a->line[0])
            return bad(a, "a chunk longer than it said, or a trailer");
        a->state = a->state == CHUNK_END ? CHUNK_SIZE : WHOLE;
        return ICAP_MORE;
    }
    char *end = NULL;
    a->chunk_left = strtoull(a->line, &end, 16);
    if (end == a->line || strchr(" \t+-", a->line[0]))
        return bad(a, "no size of a chunk");
    end += strspn(end, " ");
    bool original = a->chunk_left == 0 && strcmp(end, "; use-original-body=0") == 0;
    if (*end && !original)
        return bad(a, "an extension of a chunk that is not known here");
    a->original = original;
    a->state = a->chunk_left ? CHUNK_DATA : BODY_END;
    return ICAP_MORE;
}

static enum icap_progress take_line(struct icap_answer *a, const char *bytes, size_t n,
                                    size_t *taken)
{
    for (*taken = 0; *taken < n;) {
        char c = bytes[(*taken)++];
        if (c == '\n' && a->line_n && a->line[a->line_n - 1] == '\r') {
            a->line_n--;
            return read_line(a);
        }
        if (a->line_n == sizeof a->line - 1)
            return bad(a, "a line between chunks without an end");
        a->line[a->line_n++] = c;
    }
    return ICAP_MORE;
}

static void take_data(struct icap_answer *a, const char *bytes, size_t n, size_t *taken,
                      const char *sent, size_t sent_n)
{
    *taken = a->chunk_left < n ? (size_t)a->chunk_left : n;
    if (a->same)
        a->same = a->body <= sent_n && *taken <= sent_n - a->body &&
                  memcmp(sent + a->body, bytes, *taken) == 0;
    a->body += *taken;
    a->chunk_left -= *taken;
    if (a->chunk_left == 0)
        a->state = CHUNK_END;
}

enum icap_progress icap_answer_read(struct icap_answer *a, const char *bytes, size_t n,
                                    size_t *taken, const char *sent, size_t sent_n)
{
    enum icap_progress progress = ICAP_MORE;
    for (*taken = 0; progress == ICAP_MORE && a->state != WHOLE && *taken < n;) {
        size_t step = 0;
        if (a->state == ICAP_HEAD || a->state == HTTP_HEADS)
            progress = take_heads(a, bytes + *taken, n - *taken, &step);
        else if (a->state == CHUNK_DATA)
            take_data(a, bytes + *taken, n - *taken, &step, sent, sent_n);
        else
            progress = take_line(a, bytes + *taken, n - *taken, &step);
        *taken += step;
    }
    return progress == ICAP_MORE && a->state == WHOLE ? ICAP_DONE : progress;
}

const char *icap_answer_differs(const struct icap_answer *a, enum icap_kind kind,
                                const char *says, size_t sent_n)
{
    static const int icap[ICAP_KINDS] = { 204, 200, 206, 206, 200, 200 };
    static const int http[ICAP_KINDS] = { 0, 200, 200, 451, 451, 0 };
    if (a->status != icap[kind])
        return "another ICAP status";
    if (a->http_status != http[kind])
        return "another HTTP status";
    if (kind == ICAP_PASS)
        return NULL;
    if (kind == ICAP_REQUEST)
        return a->has_body || a->heads_end == a->http_at ? "no head of a request alone" : NULL;
    if (!a->has_body || a->original != (kind == ICAP_ORIGINAL))
        return "another kind of body";
    if (kind == ICAP_SAME && (!a->same || a->body != sent_n))
        return "not the body that was sent";
    if (kind == ICAP_ORIGINAL && a->body)
        return "bytes in front of the original body";
    if ((kind == ICAP_PAGE || kind == ICAP_PAGE_200) && !a->body)
        return "an empty page";
    if (says && (kind != ICAP_SAME) != (strstr(a->heads + a->http_at, says) != NULL))
        return "the HTTP head does not say what it should, or says what it should not";
    return NULL;
}
