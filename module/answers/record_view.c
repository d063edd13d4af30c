/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/record_view.h"

#include "syntax/json_scan.h"

static const struct slice names[FIELD_COUNT] = {
#define X(id, name) [FIELD_##id] = SLICE(name),
    RECORD_FIELDS(X)
#undef X
};

const char *record_field_name(enum record_field f)
{
    return (const char *)names[f].p;
}

/* They come in their order, so the first try is nearly always right. */
static bool find_field(struct slice name, unsigned from, unsigned *f)
{
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        unsigned at = from + i < FIELD_COUNT ? from + i : from + i - FIELD_COUNT;
        if (slice_eq(names[at], name)) {
            *f = at;
            return true;
        }
    }
    return false;
}

bool record_field_from_name(struct slice name, enum record_field *f)
{
    unsigned at;
    if (!find_field(name, 0, &at))
        return false;
    *f = (enum record_field)at;
    return true;
}

/* A name that is written with escapes. */
static bool find_escaped(struct slice name, unsigned *f)
{
    struct buf plain;
    buf_init(&plain, 64);
    json_unescape(name, &plain);
    bool found = plain.failed == OPTOUT_OK && find_field(buf_slice(&plain), 0, f);
    buf_free(&plain);
    return found;
}

bool record_view_read(struct record_view *v, struct slice line)
{
    struct json_scan s;
    struct slice name, value;
    unsigned f, next = 0;
    *v = (struct record_view){ .line = line };
    if (!json_scan_open(&s, line) || s.close != '}')
        return false;
    while (json_scan_next(&s, &name, &value)) {
        bool escaped = memchr(name.p, '\\', name.n) != NULL;
        if (!(escaped ? find_escaped(name, &f) : find_field(name, next, &f)))
            continue;
        v->value[f] = slice_eq(value, SLICE_OF("null")) ? SLICE_EMPTY : value;
        next = f + 1 < FIELD_COUNT ? f + 1 : 0;
    }
    return s.ended;
}

static bool is_final(const struct record_view *v)
{
    return !v->value[FIELD_EVENT].n || slice_eq(v->value[FIELD_EVENT], SLICE_OF("\"final\""));
}

static bool is_version_1(const struct record_view *v)
{
    return slice_eq(v->value[FIELD_V], SLICE_OF("1"));
}

/* Version 1 left nothing out. */
static struct slice left_out(const struct record_view *v, enum record_field f)
{
    bool response = !v->value[FIELD_VECTOR].n;
    if (is_version_1(v))
        return SLICE_EMPTY;
    switch (f) {
    case FIELD_EVENT: return SLICE_OF("final");
    case FIELD_VECTOR: return SLICE_OF("respmod");
    case FIELD_METHOD: return SLICE_OF("GET");
    case FIELD_STATUS: return response ? SLICE_OF("200") : SLICE_EMPTY;
    case FIELD_LENGTH:
        return !record_is_whole(v)     ? SLICE_EMPTY
               : v->value[FIELD_SEEN].n ? v->value[FIELD_SEEN]
                                        : SLICE_OF("0");
    case FIELD_ACTION: return is_final(v) ? SLICE_OF("pass") : SLICE_EMPTY;
    case FIELD_WHOLE: return record_is_whole(v) ? SLICE_OF("true") : SLICE_OF("false");
    case FIELD_MODE: return SLICE_OF("enforce");
    case FIELD_SEEN:
    case FIELD_SIGNALS_OMITTED: return SLICE_OF("0");
    case FIELD_URL_CUT: return SLICE_OF("false");
    default: return SLICE_EMPTY;
    }
}

struct slice record_text(const struct record_view *v, enum record_field f, struct buf *scratch)
{
    struct slice inner, value = v->value[f];
    if (!value.n)
        return left_out(v, f);
    if (!json_is_text(value, &inner))
        return value;
    if (!memchr(inner.p, '\\', inner.n))
        return inner;
    buf_clear(scratch);
    json_unescape(inner, scratch);
    return buf_slice(scratch);
}

int64_t record_number(const struct record_view *v, enum record_field f, int64_t missing)
{
    uint64_t n;
    struct slice value = v->value[f].n ? v->value[f] : left_out(v, f);
    return slice_to_u64(value, &n) && n <= INT64_MAX ? (int64_t)n : missing;
}

bool record_is(const struct record_view *v, enum record_field f)
{
    return slice_eq(v->value[f], SLICE_OF("true"));
}

bool record_is_whole(const struct record_view *v)
{
    return record_is(v, FIELD_WHOLE) || (!v->value[FIELD_WHOLE].n && v->value[FIELD_SHA256].n);
}

struct slice record_host(struct slice url)
{
    size_t at = 0;
    for (size_t i = 0; i + 2 < url.n && url.p[i] != '/' && url.p[i] != '?'; i++) {
        if (url.p[i] == ':' && url.p[i + 1] == '/' && url.p[i + 2] == '/') {
            at = i + 3;
            break;
        }
    }
    url = slice_from(url, at);
    size_t n = 0;
    while (n < url.n && url.p[n] != '/' && url.p[n] != '?' && url.p[n] != '#' && url.p[n] != '\\')
        n++;
    struct slice host = slice_sub(url, 0, n);
    if (slice_begins(host, '[')) {
        size_t close = slice_find(host, ']');
        return slice_sub(host, 0, close < host.n ? close + 1 : host.n);
    }
    host.n = slice_find(host, ':');
    return host;
}
