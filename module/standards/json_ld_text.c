/* SPDX-License-Identifier: Apache-2.0 */
/* json_ld_text.c - limits: JSON_LD_DEPTH_MAX, JSON_LD_VALUES_MAX, counted before the parser, which
 * allocates for itself and calls itself for what is nested, sees the text. Linear. */
#include "standards/json_ld_text.h"

#include "core/hex.h"
#include "syntax/json.h"

/* ---- whether anything of it matters ---- */

/* How names end that matter; longer ones with a prefix end so too. */
static const struct slice endings[] = {
    SLICE("license"),         SLICE("usageInfo"),       SLICE("acquireLicensePage"),
    SLICE("conditionsOfAccess"), SLICE("copyrightNotice"), SLICE("copyrightHolder"),
    SLICE("creditText"),      SLICE("rights"),          SLICE("accessRights"),
    SLICE("DataMining"),      SLICE("OtherConstraints"), SLICE("RightsExpr"),
    SLICE("UsageTerms"),      SLICE("WebStatement"),    SLICE("reservation"),
    SLICE("policy"),
};

/* Of their last letters. */
static const uint32_t last_letters =
    1u << ('e' & 31) | 1u << ('g' & 31) | 1u << ('n' & 31) | 1u << ('o' & 31) | 1u << ('r' & 31) |
    1u << ('s' & 31) | 1u << ('t' & 31) | 1u << ('y' & 31);

static bool ends_as_a_name(struct slice s)
{
    if (!s.n || !(last_letters >> (s.p[s.n - 1] & 31) & 1))
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct slice e = endings[i];
        if (s.n >= e.n && s.p[s.n - 1] == e.p[e.n - 1] &&
            memcmp(s.p + s.n - e.n, e.p, e.n) == 0)
            return true;
    }
    return false;
}

/* An ASCII letter that is written as an escape, in a name or not. */
static bool has_escaped_letter(struct slice s)
{
    for (const uint8_t *p = s.p; (p = memmem(p, (size_t)(s.p + s.n - p), "\\u00", 4)); p++)
        if (s.p + s.n - p > 4 && p[4] >= '4' && p[4] <= '7')
            return true;
    return false;
}

/* The next quote, also as an entity, an apostrophe or with a backslash, behind a name that
 * matters; s.n: none. */
size_t json_ld_next_name(struct slice s, size_t from)
{
    for (size_t i = from; i < s.n; i++)
        if ((s.p[i] == '"' || s.p[i] == '\'' || s.p[i] == '&' || s.p[i] == '\\') &&
            ends_as_a_name(slice_sub(s, 0, i)))
            return i;
    return s.n;
}

bool json_ld_may_matter(struct slice s)
{
    return json_ld_next_name(s, 0) < s.n || has_escaped_letter(s);
}

/* ---- mending ---- */

static bool starts(struct slice s, const char *what)
{
    return slice_starts_nocase(s, slice_cstr(what));
}

/* Bytes of what JSON does not have at the front: comments of HTML and scripts, the ends of a
 * CDATA section. */
static size_t foreign(struct slice s)
{
    static const char *const marks[] = { "<!--", "-->", "<![CDATA[", "]]>", ";" };
    size_t n = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (starts(s, marks[i]))
            return strlen(marks[i]);
    if (starts(s, "/*")) {
        for (n = 2; n + 1 < s.n && !(s.p[n] == '*' && s.p[n + 1] == '/');)
            n++;
        return n + 1 < s.n ? n + 2 : s.n;
    }
    if (!starts(s, "//"))
        return 0;
    for (n = 2; n < s.n && s.p[n] != '\n' && s.p[n] != '\r' && !starts(slice_from(s, n), "<![");)
        n++;
    return n;
}

/* "&quot;" where quotes should stand: the whole script was escaped. */
static size_t quote_of(struct slice s, bool escaped)
{
    if (s.p[0] == '"')
        return 1;
    return !escaped            ? 0
           : starts(s, "&quot;") ? 6
           : starts(s, "&#34;")  ? 5
                                 : 0;
}

/* A copy without what JSON does not have: comments, marks around it, a comma behind the last
 * element, control characters in strings. */
struct slice json_ld_mended(struct slice s, struct arena *a)
{
    bool quoted = false, escaped = s.n && memchr(s.p, '"', s.n) == NULL;
    size_t n = 0, comma = SIZE_MAX;
    uint8_t *out = arena_take(a, s.n + 1);
    while (out && s.n) {
        size_t skip = quoted ? 0 : foreign(s), quote = quote_of(s, escaped);
        uint8_t c = s.p[0];
        if (skip) {
            s = slice_from(s, skip);
            continue;
        }
        if (quoted && c == '\\' && s.n > 1 && s.p[1] >= 0x20) {
            out[n++] = c;
            out[n++] = s.p[1];
            s = slice_from(s, 2);
            continue;
        }
        quoted = quoted != (quote > 0);
        if (!quoted && (c == ']' || c == '}') && comma != SIZE_MAX)
            out[comma] = ' ';
        if (!quoted && c == ',')
            comma = n;
        else if (quoted || !ascii_is_space(c))
            comma = SIZE_MAX;
        out[n++] = quote ? '"' : c < 0x20 ? ' ' : c;
        s = slice_from(s, quote ? quote : 1);
    }
    return slice_of(out, n);
}

/* Bytes of all strings when they are decoded. */
static size_t bytes_written(struct slice s)
{
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned code = 0;
        if (s.p[i] == '"') {
            quoted = !quoted;
        } else if (quoted && s.p[i] == '\\' && i + 5 < s.n && s.p[i + 1] == 'u') {
            for (size_t k = 2; k < 6; k++)
                code = code << 4 | (unsigned)(hex_value(s.p[i + k]) & 15);
            bool half = code >= 0xD800 && code < 0xE000; /* of a pair: four bytes */
            n += half || (code >= 0x80 && code < 0x800) ? 2 : code < 0x80 ? 1 : 3;
            i += 5;
        } else if (quoted) {
            i += s.p[i] == '\\';
            n++;
        }
    }
    return n;
}

json_t *json_ld_next_child(struct json_ld_visit *v, struct slice *key)
{
    *key = SLICE_EMPTY;
    if (json_is_array(v->of))
        return json_array_get(v->of, v->index++);
    v->iter = v->iter ? json_object_iter_next(v->of, v->iter) : json_object_iter(v->of);
    if (!v->iter)
        return NULL;
    *key = slice_cstr(json_object_iter_key(v->iter));
    return json_object_iter_value(v->iter);
}

static size_t bytes_read(json_t *root)
{
    struct json_ld_visit stack[JSON_LD_DEPTH_MAX + 1] = { { .of = root } };
    size_t depth = 1, n = 0;
    while (depth) {
        struct slice key;
        json_t *j = json_ld_next_child(&stack[depth - 1], &key);
        n += key.n + (json_is_string(j) ? json_string_length(j) : 0);
        if (!j)
            depth--;
        else if ((json_is_object(j) || json_is_array(j)) && depth <= JSON_LD_DEPTH_MAX)
            stack[depth++] = (struct json_ld_visit){ .of = j };
    }
    return n;
}

static json_t *load(struct slice s, size_t flags, json_error_t *error)
{
    *error = (json_error_t){ .line = 0 };
    return json_loadb((const char *)s.p, s.n, flags | JSON_ALLOW_NUL, error);
}

/* A parser that has no memory for a token may drop bytes of it and go on, so that what it read
 * is counted. */
json_t *json_ld_parse(struct slice s, bool more, struct json_ld_result *result)
{
    json_error_t error;
    size_t flags = more ? JSON_DISABLE_EOF_CHECK : 0;
    *result = (struct json_ld_result){ .n = s.n };
    if (!json_is_bounded(s, JSON_LD_DEPTH_MAX, JSON_LD_VALUES_MAX))
        return NULL;
    json_t *json = load(s, flags | JSON_REJECT_DUPLICATES, &error);
    result->twice = !json && json_error_code(&error) == json_error_duplicate_key;
    if (result->twice)
        json = load(s, flags, &error);
    result->n = error.position > 0 ? (size_t)error.position : s.n;
    result->lost = json ? !result->twice && bytes_written(slice_sub(s, 0, result->n)) != bytes_read(json)
                        : !error.text[0];
    return json;
}
