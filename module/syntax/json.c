/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax/json.h"

#include "syntax/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static void quote_special(struct buf *out, uint8_t c)
{
    switch (c) {
    case '\0': buf_puts(out, "\\ufffd"); break; /* many readers refuse \u0000 */
    case '"': buf_puts(out, "\\\""); break;
    case '\\': buf_puts(out, "\\\\"); break;
    case '\n': buf_puts(out, "\\n"); break;
    case '\r': buf_puts(out, "\\r"); break;
    case '\t': buf_puts(out, "\\t"); break;
    default: buf_printf(out, "\\u%04x", c);
    }
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* True when one of eight bytes is below 0x20, above 0x7E, a quote or a backslash:
 * the high bit of each sum or difference tells; carries only ever cause a slow look. */
static bool any_special(uint64_t w)
{
    uint64_t quote = w ^ EACH('"'), slash = w ^ EACH('\\');
    uint64_t bad = w | (w - EACH(0x20)) | (w + EACH(1)) | (quote - EACH(1)) | (slash - EACH(1));
    return bad & EACH(0x80);
}

static bool eight_are_plain(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return !any_special(w);
}

/* Bytes at the front that stand for themselves in a JSON string. */
static size_t plain_length(struct slice s)
{
    size_t n = 0;
    if (s.n >= 8 && s.n <= 16 && eight_are_plain(s.p) && eight_are_plain(s.p + s.n - 8))
        return s.n; /* as most are */
#ifdef __SSE2__
    const __m128i low = _mm_set1_epi8(0x1F), quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\'), del = _mm_set1_epi8(0x7F);
    for (; n + 16 <= s.n; n += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + n));
        __m128i bad = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)),
                                   _mm_or_si128(_mm_cmpeq_epi8(v, del),
                                                _mm_cmpeq_epi8(_mm_max_epu8(v, low), low)));
        int hit = _mm_movemask_epi8(bad) | _mm_movemask_epi8(v); /* from 0x80 on */
        if (hit)
            return n + (size_t)__builtin_ctz((unsigned)hit);
    }
#endif
    while (n + 8 <= s.n && eight_are_plain(s.p + n))
        n += 8;
    while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7F && s.p[n] != '"' && s.p[n] != '\\')
        n++;
    return n;
}

void json_quote(struct buf *out, struct slice s)
{
    size_t plain = plain_length(s);
    uint8_t *p = buf_room(out, plain + 2);
    if (!p)
        return;
    p[0] = '"';
    if (plain)
        memcpy(p + 1, s.p, plain);
    if (plain == s.n) { /* nearly always */
        p[plain + 1] = '"';
        out->n += plain + 2;
        return;
    }
    out->n += plain + 1;
    s = slice_from(s, plain);
    while (s.n) {
        size_t n = utf8_length(s);
        if (n > 1) {
            buf_append(out, s.p, n);
        } else if (n == 1) {
            quote_special(out, s.p[0]);
        } else {
            buf_puts(out, "\\ufffd");
            n = 1;
        }
        s = slice_from(s, n);
        plain = plain_length(s);
        buf_append(out, s.p, plain);
        s = slice_from(s, plain);
    }
    buf_putc(out, '"');
}

/* Keys are our own: plain ASCII that needs no escape. */
static void json_key(struct json *j, const char *key)
{
    size_t n = key ? strlen(key) : 0;
    uint8_t *p = buf_room(j->out, n + 4);
    if (!p)
        return;
    uint8_t *start = p;
    if (j->comma)
        *p++ = ',';
    j->comma = true;
    if (key) {
        *p++ = '"';
        memcpy(p, key, n);
        p += n;
        *p++ = '"';
        *p++ = ':';
    }
    j->out->n += (size_t)(p - start);
}

void json_open(struct json *j, const char *key, char bracket)
{
    json_key(j, key);
    buf_putc(j->out, bracket);
    j->comma = false;
}

void json_close(struct json *j, char bracket)
{
    buf_putc(j->out, bracket);
    j->comma = true;
}

void json_slice(struct json *j, const char *key, struct slice value)
{
    json_key(j, key);
    json_quote(j->out, value);
}

void json_str(struct json *j, const char *key, const char *value)
{
    if (value)
        json_slice(j, key, slice_cstr(value));
    else
        json_nil(j, key);
}

void json_int(struct json *j, const char *key, int64_t value)
{
    char text[20]; /* of INT64_MIN */
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        text[--at] = '-';
    json_key(j, key);
    buf_append(j->out, text + at, sizeof text - at);
}

void json_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    buf_puts(j->out, value ? "true" : "false");
}

void json_count(struct json *j, const char *key, uint64_t n)
{
    json_int(j, key, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

void json_nil(struct json *j, const char *key)
{
    json_key(j, key);
    buf_puts(j->out, "null");
}

void json_raw(struct json *j, const char *key, struct slice value)
{
    json_key(j, key);
    buf_append(j->out, value.p, value.n);
}

bool json_is_bounded(struct slice text, size_t depth_max, size_t values_max)
{
    size_t depth = 0, values = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{'))
            depth++, values++;
        else if (!quoted && (c == ']' || c == '}'))
            depth -= depth != 0;
        else if (!quoted && c == ',')
            values++;
        if (depth > depth_max || values > values_max)
            return false;
    }
    return true;
}
