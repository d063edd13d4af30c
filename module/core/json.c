/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

/* Length of the well-formed UTF-8 sequence at the front (Unicode table 3-7),
 * or 0. */
static size_t utf8_length(struct slice s)
{
    uint8_t a = s.p[0];
    if (a < 0x80)
        return 1;
    size_t n = a >= 0xC2 && a <= 0xDF ? 2 : (a & 0xF0) == 0xE0 ? 3 : a >= 0xF0 && a <= 0xF4 ? 4 : 0;
    if (n == 0 || s.n < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s.p[i] & 0xC0) != 0x80)
            return 0;
    uint8_t b = s.p[1];
    if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F) || (a == 0xF0 && b < 0x90) ||
        (a == 0xF4 && b > 0x8F))
        return 0;
    return n;
}

static void quote_special(struct buf *out, uint8_t c)
{
    switch (c) {
    case '"': buf_puts(out, "\\\""); break;
    case '\\': buf_puts(out, "\\\\"); break;
    case '\n': buf_puts(out, "\\n"); break;
    case '\r': buf_puts(out, "\\r"); break;
    case '\t': buf_puts(out, "\\t"); break;
    default: buf_printf(out, "\\u%04x", c);
    }
}

void json_quote(struct buf *out, struct slice s)
{
    buf_putc(out, '"');
    while (s.n) {
        size_t plain = 0; /* bytes that stand for themselves */
        while (plain < s.n && s.p[plain] >= 0x20 && s.p[plain] < 0x7F && s.p[plain] != '"' &&
               s.p[plain] != '\\')
            plain++;
        buf_append(out, s.p, plain);
        s = slice_from(s, plain);
        if (s.n == 0)
            break;
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
    }
    buf_putc(out, '"');
}

static void json_key(struct json *j, const char *key)
{
    if (j->comma)
        buf_putc(j->out, ',');
    j->comma = true;
    if (key) {
        json_quote(j->out, slice_cstr(key));
        buf_putc(j->out, ':');
    }
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
    json_key(j, key);
    buf_printf(j->out, "%lld", (long long)value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    buf_puts(j->out, value ? "true" : "false");
}

void json_nil(struct json *j, const char *key)
{
    json_key(j, key);
    buf_puts(j->out, "null");
}
