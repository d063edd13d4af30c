/* SPDX-License-Identifier: Apache-2.0 */
/* share_value.c - the form of a shared value.
 *
 * All numbers are big-endian. One byte version, then fields: one byte what, four
 * bytes length, the bytes. Fields stand in ascending order of `what`, each at most
 * once, but for header lines, which come as pairs name, value. The body ends it.
 * Unknown fields break the value: another version says so in its first byte. */
#include "daemon/share_value.h"

#include "core/buf.h"

#include <stdint.h>

#define VERSION 1u
#define MAX_ORIGIN 512u
#define MAX_URL SITE_URL_MAX
#define MAX_AGENT SITE_AGENT_MAX
#define MAX_WHY SITE_WHY_MAX
#define MAX_HEADER_VALUE 4096u
#define MAX_HEADER_LINES 32u

enum field {
    FIELD_FACTS = 1, /* kind, body_cut, has headers: a byte each; status: 2; time: 8 */
    FIELD_ORIGIN,
    FIELD_URL,
    FIELD_AGENT,
    FIELD_WHY,
    FIELD_NAME,
    FIELD_VALUE,
    FIELD_BODY
};
#define FACTS_SIZE 13u
#define FIELD_HEAD 5u

/* What says how long an answer holds, what it is and whom it is for. */
static const char *const kept_headers[] = {
    "content-type", "cache-control", "expires",  "date",          "age",
    "etag",         "last-modified", "vary",     "location",      "retry-after",
    "pragma",       "content-language",
};
#define KEPT (sizeof kept_headers / sizeof kept_headers[0])

static bool is_kept(struct slice name)
{
    for (size_t i = 0; i < KEPT; i++)
        if (slice_eq_nocase(name, slice_cstr(kept_headers[i])))
            return true;
    return false;
}

static void put_number(uint8_t *p, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static uint64_t get_number(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static enum optout_rc put_field(struct buf *out, enum field what, struct slice s)
{
    uint8_t head[FIELD_HEAD] = { (uint8_t)what };
    if (s.n > UINT32_MAX)
        return OPTOUT_E_LIMIT;
    put_number(head + 1, s.n, 4);
    enum optout_rc rc = buf_append(out, head, sizeof head);
    return rc == OPTOUT_OK ? buf_append(out, s.p, s.n) : rc;
}

static enum optout_rc put_headers(struct buf *out, const struct headers *h)
{
    size_t lines = 0;
    for (size_t i = 0; i < h->n && lines < MAX_HEADER_LINES; i++) {
        const struct header *line = &h->v[i];
        if (!is_kept(line->name) || line->value.n > MAX_HEADER_VALUE)
            continue;
        enum optout_rc rc = put_field(out, FIELD_NAME, line->name);
        if (rc == OPTOUT_OK)
            rc = put_field(out, FIELD_VALUE, line->value);
        if (rc != OPTOUT_OK)
            return rc;
        lines++;
    }
    return OPTOUT_OK;
}

enum optout_rc share_value_print(const struct site_answer *a, struct buf *out)
{
    if (a->status < 0 || a->status > 999 || (a->status != 0) != (a->headers != NULL) ||
        a->origin.n > MAX_ORIGIN || a->url.n > MAX_URL || a->agent.n > MAX_AGENT)
        return OPTOUT_E_LIMIT;
    uint8_t facts[FACTS_SIZE] = { (uint8_t)a->kind, a->body_cut, a->headers != NULL };
    put_number(facts + 3, (uint64_t)a->status, 2);
    put_number(facts + 5, (uint64_t)a->now_ms, 8);
    const struct slice text[] = { slice_of(facts, sizeof facts), a->origin, a->url, a->agent,
                                  slice_sub(a->why, 0, MAX_WHY) };
    enum optout_rc rc = buf_putc(out, VERSION);
    for (size_t i = 0; i < sizeof text / sizeof text[0] && rc == OPTOUT_OK; i++)
        rc = put_field(out, (enum field)(FIELD_FACTS + i), text[i]);
    if (rc == OPTOUT_OK && a->headers)
        rc = put_headers(out, a->headers);
    return rc == OPTOUT_OK ? put_field(out, FIELD_BODY, a->body) : rc;
}

/* Cuts the field `what` of at most `max` bytes off the front. */
static bool take_field(struct slice *rest, enum field what, size_t max, struct slice *out)
{
    if (rest->n < FIELD_HEAD || rest->p[0] != what)
        return false;
    uint64_t n = get_number(rest->p + 1, 4);
    if (n > max || n > rest->n - FIELD_HEAD)
        return false;
    *out = slice_sub(*rest, FIELD_HEAD, (size_t)n);
    *rest = slice_from(*rest, FIELD_HEAD + (size_t)n);
    return true;
}

static bool read_facts(struct slice s, struct site_answer *out, bool *has_headers)
{
    if (s.n != FACTS_SIZE || s.p[0] >= SITE_KIND_COUNT ||
        !site_kind_is_file((enum site_kind)s.p[0]) || s.p[1] > 1 || s.p[2] > 1)
        return false;
    uint64_t status = get_number(s.p + 3, 2), ms = get_number(s.p + 5, 8);
    *has_headers = s.p[2];
    if (status > 999 || (status != 0) != *has_headers || ms > INT64_MAX)
        return false;
    out->kind = (enum site_kind)s.p[0];
    out->body_cut = s.p[1];
    out->status = (int)status;
    out->now_ms = (int64_t)ms;
    return true;
}

/* A value that no line of a head could have held is not ours. */
static bool is_line(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\0')
            return false;
    return true;
}

static enum optout_rc read_headers(struct slice *rest, struct arena *arena, struct headers *h)
{
    struct slice name, value;
    *h = (struct headers){ .n = 0 };
    while (take_field(rest, FIELD_NAME, 64, &name)) {
        if (h->n == MAX_HEADER_LINES || !is_kept(name) ||
            !take_field(rest, FIELD_VALUE, MAX_HEADER_VALUE, &value) || !is_line(value))
            return OPTOUT_E_SYNTAX;
        if (h->n == 0) {
            enum optout_rc rc = headers_reserve(h, arena, MAX_HEADER_LINES);
            if (rc != OPTOUT_OK)
                return rc;
        }
        h->v[h->n++] = (struct header){ .name = name, .value = value };
    }
    return OPTOUT_OK;
}

enum optout_rc share_value_read(struct slice value, struct arena *arena, struct headers *headers,
                                struct site_answer *out)
{
    struct slice facts;
    bool has_headers = false;
    *out = (struct site_answer){ .source = SITE_SHARED };
    if (!slice_take(&value, VERSION) || !take_field(&value, FIELD_FACTS, FACTS_SIZE, &facts) ||
        !read_facts(facts, out, &has_headers) ||
        !take_field(&value, FIELD_ORIGIN, MAX_ORIGIN, &out->origin) ||
        !take_field(&value, FIELD_URL, MAX_URL, &out->url) ||
        !take_field(&value, FIELD_AGENT, MAX_AGENT, &out->agent) ||
        !take_field(&value, FIELD_WHY, MAX_WHY, &out->why) || !is_line(out->origin) ||
        !is_line(out->url) || !is_line(out->agent) || !is_line(out->why))
        return OPTOUT_E_SYNTAX;
    *headers = (struct headers){ .n = 0 };
    if (has_headers) {
        enum optout_rc rc = read_headers(&value, arena, headers);
        if (rc != OPTOUT_OK)
            return rc;
        out->headers = headers;
    }
    if (!take_field(&value, FIELD_BODY, value.n, &out->body) || value.n)
        return OPTOUT_E_SYNTAX;
    return OPTOUT_OK;
}
