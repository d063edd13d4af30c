/* SPDX-License-Identifier: Apache-2.0 */
/* loose_tags.c - limits: LOOSE_TAG_MAX, LOOSE_TEXT_MAX. Each byte is looked at a few times at
 * most: a tag that is not closed within its limit is passed over by its first byte only when
 * another '<' comes before that limit. */
#include "metadata/loose_tags.h"

static bool is_name(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c >= 0x80;
}

static size_t tags_find(struct slice s, size_t from, struct slice what)
{
    for (size_t i = from; what.n <= s.n && i <= s.n - what.n; i++)
        if (memcmp(s.p + i, what.p, what.n) == 0)
            return i;
    return s.n;
}

/* Bytes of the name that begins there. */
static size_t name_at(struct slice s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && is_name(s.p[at + n]))
        n++;
    return n;
}

/* Where the tag ends whose attributes begin at `at`: its '>' outside of quotes, or a '<'
 * where it was never closed. */
static size_t tag_end(struct slice s, size_t at)
{
    size_t most = s.n - at < LOOSE_TAG_MAX ? s.n : at + LOOSE_TAG_MAX;
    uint8_t quote = 0;
    for (size_t i = at; i < most; i++) {
        uint8_t c = s.p[i];
        if (c == '<' || (!quote && c == '>'))
            return i;
        if (c == quote)
            quote = 0;
        else if (!quote && (c == '"' || c == '\''))
            quote = c;
    }
    return most;
}

bool loose_tag_next(struct slice s, size_t *at, struct loose_tag *t)
{
    size_t i = *at;
    for (; i < s.n; i++) {
        if (s.p[i] != '<')
            continue;
        if (slice_eq(slice_sub(s, i, 4), SLICE_OF("<!--"))) {
            i = tags_find(s, i, SLICE_OF("-->"));
            continue;
        }
        if (name_at(s, i + 1))
            break;
    }
    if (i >= s.n)
        return false;
    size_t begin = i + 1, n = name_at(s, begin);
    t->prefix = SLICE_EMPTY;
    if (begin + n < s.n && s.p[begin + n] == ':') {
        t->prefix = slice_sub(s, begin, n);
        begin += n + 1;
        n = name_at(s, begin);
    }
    t->name = slice_sub(s, begin, n);
    size_t end = tag_end(s, begin + n);
    t->inside = slice_sub(s, begin + n, end - begin - n);
    size_t text = end < s.n && s.p[end] == '>' ? end + 1 : end;
    struct slice rest = slice_sub(s, text, LOOSE_TEXT_MAX);
    t->text = slice_sub(rest, 0, slice_find(rest, '<'));
    *at = text;
    return true;
}

static size_t skip_space(struct slice s, size_t i)
{
    while (i < s.n && ascii_is_space(s.p[i]))
        i++;
    return i;
}

/* The value at i, and where it is over. */
static struct slice value_at(struct slice s, size_t *i)
{
    size_t begin = *i = skip_space(s, *i);
    if (begin < s.n && (s.p[begin] == '"' || s.p[begin] == '\'')) {
        struct slice rest = slice_from(s, begin + 1);
        size_t n = slice_find(rest, s.p[begin]);
        *i = begin + 1 + n;
        return slice_sub(rest, 0, n);
    }
    while (*i < s.n && !ascii_is_space(s.p[*i]))
        ++*i;
    return slice_sub(s, begin, *i - begin);
}

struct slice loose_tag_attr(const struct loose_tag *t, const char *name)
{
    struct slice s = t->inside;
    for (size_t i = 0; i < s.n;) {
        size_t n = name_at(s, i);
        struct slice found = slice_sub(s, i, n);
        if (n == 0) {
            i++;
            continue;
        }
        size_t equals = skip_space(s, i + n);
        if (equals >= s.n || s.p[equals] != '=') {
            i += n; /* a prefix, or a name without a value */
            continue;
        }
        i = equals + 1;
        struct slice value = value_at(s, &i);
        if (slice_eq_nocase(found, slice_cstr(name)))
            return value.p ? value : slice_of("", 0);
    }
    return SLICE_EMPTY;
}
