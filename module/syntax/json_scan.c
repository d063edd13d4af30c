/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax/json_scan.h"

#include "core/hex.h"
#include "syntax/unicode.h"
#include "syntax/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* ---- strings ---- */

/* Behind the bytes that need no look: no control, quote, backslash, nothing beyond ASCII. */
static const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    const __m128i low = _mm_set1_epi8(0x1F), quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i bad = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)),
                                   _mm_cmpeq_epi8(_mm_max_epu8(v, low), low));
        int hit = _mm_movemask_epi8(bad) | _mm_movemask_epi8(v); /* from 0x80 on */
        if (hit)
            return p + __builtin_ctz((unsigned)hit);
    }
#endif
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* The 16 bits of "uXXXX"; -1: it is none. */
static int32_t hex4(const uint8_t *p, const uint8_t *end)
{
    int32_t v = 0;
    if (end - p < 5 || *p != 'u')
        return -1;
    for (int i = 1; i < 5; i++) {
        int d = hex_value(p[i]);
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* Behind an escape, from its backslash on; NULL: it is none. */
static const uint8_t *skip_escape(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 2)
        return NULL;
    if (p[1] == 'u')
        return hex4(p + 1, end) < 0 ? NULL : p + 6;
    return p[1] && strchr("\"\\/bfnrt", p[1]) ? p + 2 : NULL;
}

/* Behind a string, from its quote on; NULL: it is none. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
    for (p++;;) {
        p = skip_plain(p, end);
        if (p == end || *p < 0x20)
            return NULL;
        if (*p == '"')
            return p + 1;
        if (*p == '\\') {
            p = skip_escape(p, end);
        } else {
            size_t n = utf8_length(slice_of(p, (size_t)(end - p)));
            p = n ? p + n : NULL;
        }
        if (!p)
            return NULL;
    }
}

/* ---- values ---- */

static const uint8_t *skip_digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && ascii_is_digit(*p))
        p++;
    return p;
}

static const uint8_t *skip_number(const uint8_t *p, const uint8_t *end)
{
    if (p < end && *p == '-')
        p++;
    const uint8_t *from = p;
    p = skip_digits(p, end);
    if (p == from || (*from == '0' && p - from > 1))
        return NULL;
    if (p < end && *p == '.') {
        from = ++p;
        p = skip_digits(p, end);
        if (p == from)
            return NULL;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        p = skip_digits(p, end);
        if (p == from)
            return NULL;
    }
    return p;
}

static const uint8_t *skip_word(const uint8_t *p, const uint8_t *end, struct slice word)
{
    bool is = (size_t)(end - p) >= word.n && memcmp(p, word.p, word.n) == 0;
    return is ? p + word.n : NULL;
}

static const uint8_t *skip_scalar(const uint8_t *p, const uint8_t *end)
{
    switch (*p) {
    case '"': return skip_string(p, end);
    case 't': return skip_word(p, end, SLICE_OF("true"));
    case 'f': return skip_word(p, end, SLICE_OF("false"));
    case 'n': return skip_word(p, end, SLICE_OF("null"));
    default: return skip_number(p, end);
    }
}

/* Behind a name and its colon; NULL: it is none. */
static const uint8_t *skip_name(const uint8_t *p, const uint8_t *end, struct slice *name)
{
    const uint8_t *quote = p;
    if (p == end || *p != '"')
        return NULL;
    p = skip_string(p, end);
    if (!p)
        return NULL;
    *name = slice_of(quote + 1, (size_t)(p - quote) - 2);
    p = skip_space(p, end);
    return p < end && *p == ':' ? skip_space(p + 1, end) : NULL;
}

/* A value of any depth; the bits of `objects` tell what each open bracket is. */
static const uint8_t *skip_value(const uint8_t *p, const uint8_t *end)
{
    uint64_t objects = 0;
    unsigned depth = 0;
    struct slice name;
    while (p && p < end) {
        bool opened = *p == '{' || *p == '[';
        if (opened) {
            if (depth == JSON_SCAN_DEPTH)
                return NULL;
            objects = objects << 1 | (*p == '{');
            depth++;
            p = skip_space(p + 1, end);
        } else {
            p = skip_scalar(p, end);
        }
        for (;;) { /* behind a value, or at the first one of a bracket */
            if (!p || depth == 0)
                return p;
            p = opened ? p : skip_space(p, end);
            if (p == end)
                return NULL;
            if (*p != (objects & 1 ? '}' : ']'))
                break;
            p++;
            depth--;
            objects >>= 1;
            opened = false;
        }
        if (!opened) {
            if (*p != ',')
                return NULL;
            p = skip_space(p + 1, end);
        }
        if (objects & 1)
            p = skip_name(p, end, &name);
    }
    return NULL;
}

/* ---- members ---- */

bool json_scan_open(struct json_scan *s, struct slice text)
{
    *s = (struct json_scan){ .first = true };
    if (!text.n)
        return !(s->broken = true);
    s->end = text.p + text.n;
    s->p = skip_space(text.p, s->end);
    if (s->p == s->end || (*s->p != '{' && *s->p != '['))
        return !(s->broken = true);
    s->close = *s->p == '{' ? '}' : ']';
    s->p = skip_space(s->p + 1, s->end);
    return true;
}

static bool scan_break(struct json_scan *s)
{
    s->broken = true;
    return false;
}

bool json_scan_next(struct json_scan *s, struct slice *name, struct slice *value)
{
    *name = *value = SLICE_EMPTY;
    if (s->broken || s->ended)
        return false;
    if (s->p == s->end)
        return scan_break(s);
    if (*s->p == s->close) {
        s->ended = skip_space(s->p + 1, s->end) == s->end;
        s->broken = !s->ended;
        return false;
    }
    if (!s->first) {
        if (*s->p != ',')
            return scan_break(s);
        s->p = skip_space(s->p + 1, s->end);
    }
    s->first = false;
    const uint8_t *p = s->close == '}' ? skip_name(s->p, s->end, name) : s->p;
    const uint8_t *behind = p ? skip_value(p, s->end) : NULL;
    if (!behind)
        return scan_break(s);
    *value = slice_of(p, (size_t)(behind - p));
    s->p = skip_space(behind, s->end);
    return true;
}

bool json_is_text(struct slice value, struct slice *inner)
{
    *inner = SLICE_EMPTY;
    if (value.n < 2 || value.p[0] != '"')
        return false;
    *inner = slice_of(value.p + 1, value.n - 2);
    return true;
}

struct slice json_member(struct slice object, struct slice wanted)
{
    struct json_scan s;
    struct slice name, value, found = SLICE_EMPTY;
    if (!json_scan_open(&s, object) || s.close != '}')
        return found;
    while (json_scan_next(&s, &name, &value))
        if (slice_eq(name, wanted))
            found = value;
    return s.ended ? found : SLICE_EMPTY;
}

/* ---- escapes ---- */

static void put_code_point(struct buf *out, uint32_t c)
{
    uint8_t bytes[4];
    buf_append(out, bytes, unicode_encode(c ? c : 0xFFFD, bytes));
}

/* From "uXXXX" on; the second half of a pair is taken, too. */
static const uint8_t *put_escaped(struct buf *out, const uint8_t *p, const uint8_t *end)
{
    int32_t c = hex4(p, end), low = -1;
    if (c < 0)
        return end;
    p += 5;
    if (c >= 0xD800 && c < 0xDC00 && end - p >= 6 && *p == '\\')
        low = hex4(p + 1, end);
    if (low >= 0xDC00 && low < 0xE000) {
        put_code_point(out, 0x10000u + (((uint32_t)c & 0x3FF) << 10) + ((uint32_t)low & 0x3FF));
        return p + 6;
    }
    put_code_point(out, (uint32_t)c);
    return p;
}

void json_unescape(struct slice inner, struct buf *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const uint8_t *p = inner.p, *end = p + inner.n;
    while (p < end) {
        const uint8_t *slash = memchr(p, '\\', (size_t)(end - p));
        buf_append(out, p, (size_t)((slash ? slash : end) - p));
        if (!slash || end - slash < 2)
            return;
        p = slash + 1;
        const char *at = *p ? strchr(from, *p) : NULL;
        if (*p == 'u') {
            p = put_escaped(out, p, end);
        } else {
            buf_putc(out, at ? to[at - from] : (char)*p);
            p++;
        }
    }
}
