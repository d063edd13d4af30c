/* SPDX-License-Identifier: Apache-2.0 */
/* html_attr.c - the attributes of one whole tag, HTML standard sections
 * 13.2.5.32 to 13.2.5.40, and character references, 13.2.5.72 to 13.2.5.80.
 *
 * MAX: PAGE_ATTRS_MAX attributes, PAGE_VALUE_MAX bytes of a decoded value,
 *      HTML_RAW_VALUE_MAX bytes of one before decoding, HTML_DECODED_MAX bytes
 *      of all names and values of a tag together. Attributes that nobody reads
 *      take no place from those that somebody does, HTML_OTHER_* below. */
#include "syntax/unicode.h"
#include "syntax/utf8.h"
#include "page/charset_table.h"
#include "page/html_internal.h"
#include "page/html_scan.h"

#define HTML_OTHER_ATTRS (PAGE_ATTRS_MAX - 16) /* there are fewer names that are read */
#define HTML_OTHER_DECODED (HTML_DECODED_MAX / 4)
#define LEGACY_MAX 6 /* longest name that counts without ';' */

/* What numeric references to the C1 controls mean: windows-1252. */
static const uint16_t c1[32] = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
};

uint32_t html_windows_1252(uint8_t byte)
{
    return byte >= 0x80 && byte < 0xA0 ? c1[byte - 0x80] : byte;
}

static size_t numeric(struct slice s, uint32_t *code)
{
    size_t i = 2, base = 10, digits = 0;
    uint32_t v = 0;
    if (i < s.n && (s.p[i] | 0x20) == 'x') {
        base = 16;
        i++;
    }
    for (; i < s.n; i++, digits++) {
        uint8_t c = s.p[i];
        uint32_t digit;
        if (ascii_is_digit(c))
            digit = c - '0';
        else if (base == 16 && (uint8_t)((c | 0x20) - 'a') < 6)
            digit = (c | 0x20u) - 'a' + 10;
        else
            break;
        v = v > 0x10FFFF ? v : v * (uint32_t)base + digit;
    }
    if (digits == 0)
        return 0;
    if (v == 0 || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        v = 0xFFFD;
    *code = v >= 0x80 && v < 0xA0 ? c1[v - 0x80] : v;
    return i < s.n && s.p[i] == ';' ? i + 1 : i;
}

/* The bytes that the reference at the front of `s` takes, 0 when it is none. */
static size_t reference(struct slice s, bool attribute, uint32_t code[2])
{
    code[1] = 0;
    if (s.n > 1 && s.p[1] == '#')
        return numeric(s, code);
    if (s.n > 4 && !memcmp(s.p, "&amp;", 5)) { /* by far the most frequent */
        code[0] = '&';
        return 5;
    }
    size_t n = 0;
    while (n < HTML_ENTITY_NAME_MAX && 1 + n < s.n && ascii_is_alnum(s.p[1 + n]))
        n++;
    if (1 + n < s.n && s.p[1 + n] == ';' && html_entity(slice_sub(s, 1, n), true, code))
        return n + 2;
    /* Without semicolon the longest name counts, in an attribute only when what
     * follows is neither '=' nor more of a word. */
    if (attribute && (n > LEGACY_MAX || (1 + n < s.n && s.p[1 + n] == '=')))
        return 0;
    for (size_t k = n < LEGACY_MAX ? n : LEGACY_MAX; k >= 2; k--) {
        if (html_entity(slice_sub(s, 1, k), false, code))
            return k + 1;
        if (attribute)
            return 0;
    }
    return 0;
}

/* Without a character at the end of which only the beginning is there. */
static size_t whole_chars(const uint8_t *p, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        uint8_t c = p[n - back];
        if ((c & 0xC0) == 0x80)
            continue;
        size_t need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return need > back ? n - back : n;
    }
    return n;
}

bool html_decode(struct slice raw, bool attribute, uint8_t *out, size_t size, size_t *written)
{
    size_t n = 0;
    while (raw.n) {
        size_t plain = (size_t)(html_find_special(raw.p, raw.p + raw.n) - raw.p);
        if (plain > size - n) {
            memcpy(out + n, raw.p, size - n);
            *written = whole_chars(out, size);
            return false;
        }
        memcpy(out + n, raw.p, plain);
        n += plain;
        raw = slice_from(raw, plain);
        if (raw.n == 0)
            break;
        uint8_t utf8[8];
        uint32_t code[2] = { raw.p[0], 0 };
        size_t took = 1;
        if (raw.p[0] == '\0') {
            code[0] = 0xFFFD;
        } else if (raw.p[0] == '\r') {
            code[0] = '\n';
            took = raw.n > 1 && raw.p[1] == '\n' ? 2 : 1;
        } else {
            took = reference(raw, attribute, code);
            if (took == 0) {
                code[0] = '&';
                took = 1;
            }
        }
        size_t k = unicode_encode(code[0], utf8);
        if (code[1])
            k += unicode_encode(code[1], utf8 + k);
        *written = n;
        if (k > size - n)
            return false;
        memcpy(out + n, utf8, k);
        n += k;
        raw = slice_from(raw, took);
    }
    *written = n;
    return true;
}

enum { NAME_ENDS = 1, NAME_CHANGES = 2, NAME_NUL = 4 }; /* CHANGES: to lower case */

static const uint8_t in_name[256] = {
    ['\t'] = NAME_ENDS,   ['\n'] = NAME_ENDS,   ['\f'] = NAME_ENDS,   ['\r'] = NAME_ENDS,
    [' '] = NAME_ENDS,    ['/'] = NAME_ENDS,    ['='] = NAME_ENDS,    ['\0'] = NAME_NUL,
    ['A'] = NAME_CHANGES, ['B'] = NAME_CHANGES, ['C'] = NAME_CHANGES, ['D'] = NAME_CHANGES,
    ['E'] = NAME_CHANGES, ['F'] = NAME_CHANGES, ['G'] = NAME_CHANGES, ['H'] = NAME_CHANGES,
    ['I'] = NAME_CHANGES, ['J'] = NAME_CHANGES, ['K'] = NAME_CHANGES, ['L'] = NAME_CHANGES,
    ['M'] = NAME_CHANGES, ['N'] = NAME_CHANGES, ['O'] = NAME_CHANGES, ['P'] = NAME_CHANGES,
    ['Q'] = NAME_CHANGES, ['R'] = NAME_CHANGES, ['S'] = NAME_CHANGES, ['T'] = NAME_CHANGES,
    ['U'] = NAME_CHANGES, ['V'] = NAME_CHANGES, ['W'] = NAME_CHANGES, ['X'] = NAME_CHANGES,
    ['Y'] = NAME_CHANGES, ['Z'] = NAME_CHANGES,
};

struct raw_attr {
    struct slice name, value;
    unsigned kinds; /* in_name of all bytes of the name */
    bool plain;     /* the value has nothing to decode */
};

/* To the end of the name that begins at p. Even '=' begins a name. */
static const uint8_t *name_end(const uint8_t *p, const uint8_t *end, unsigned *kinds)
{
#ifdef __SSE2__
    /* Small letters and '-' up to '=', a blank or '/', as most are written. */
    if (end - p > 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i small = _mm_or_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('a' - 1)),
                                     _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
        unsigned other = ~(unsigned)_mm_movemask_epi8(small) & 0xFFFF;
        unsigned n = (unsigned)__builtin_ctz(other | 0x10000);
        *kinds = 0;
        if (n && n < 16 && in_name[p[n]] & NAME_ENDS)
            return p + n;
    }
#endif
    *kinds = in_name[*p++];
    while (p < end && !(in_name[*p] & NAME_ENDS))
        *kinds |= in_name[*p++];
    return p;
}

/* The quote that ends the value at p, or NULL. */
static const uint8_t *value_end(const uint8_t *p, const uint8_t *end, uint8_t quote, bool *plain)
{
    const uint8_t *q = html_find_special_or(p, end, quote);
    *plain = q == end || *q == quote;
    return *plain && q < end ? q : html_find(q, end, quote);
}

/* Cuts the next attribute off the front of what follows a tag's name. */
static bool next_attr(struct slice *rest, struct raw_attr *attr)
{
    const uint8_t *p = rest->p, *end = rest->p + rest->n, *from;
    while (p < end && (ascii_is_space(*p) || *p == '/'))
        p++;
    if (p == end)
        return false;
    from = p;
    p = name_end(p, end, &attr->kinds);
    attr->name = slice_of(from, (size_t)(p - from));
    attr->value = slice_of(p, 0);
    attr->plain = true;
    while (p < end && ascii_is_space(*p))
        p++;
    if (p < end && *p == '=') {
        p++;
        while (p < end && ascii_is_space(*p))
            p++;
        const uint8_t *stop = end;
        from = p;
        if (p < end && (*p == '"' || *p == '\'')) {
            from++;
            stop = value_end(from, end, *p, &attr->plain);
            stop = stop ? stop : end;
            p = stop < end ? stop + 1 : end;
        } else {
            while (p < end && !ascii_is_space(*p))
                p++;
            stop = p;
            attr->plain = html_find_special(from, stop) == stop;
        }
        attr->value = slice_of(from, (size_t)(stop - from));
    }
    *rest = slice_of(p, (size_t)(end - p));
    return true;
}

/* A name in lower case (in XML as it is) with U+FFFD for NUL. */
static bool put_name(const struct html *h, struct slice name, uint8_t *out, size_t size, size_t *n)
{
    static const uint8_t replacement[3] = { 0xEF, 0xBF, 0xBD };
    *n = 0;
    for (size_t i = 0; i < name.n; i++) {
        size_t k = name.p[i] ? 1 : 3;
        if (k > size - *n)
            return false;
        if (name.p[i])
            out[*n] = h->o.xml ? name.p[i] : ascii_lower(name.p[i]);
        else
            memcpy(out + *n, replacement, 3);
        *n += k;
    }
    return true;
}

/* The name of an attribute, in the raw text when it can be left there; NULL when there is no
 * room for it. */
static struct slice read_name(struct html *h, const struct raw_attr *attr, size_t used)
{
    size_t n, size = HTML_DECODED_MAX - used;
    unsigned changes = h->o.xml ? NAME_NUL : NAME_NUL | NAME_CHANGES;
    if (!(attr->kinds & changes))
        return attr->name.n <= size ? attr->name : SLICE_EMPTY;
    uint8_t *out = h->decoded + used;
    return put_name(h, attr->name, out, size, &n) ? slice_of(out, n) : SLICE_EMPTY;
}

bool html_has_attr(const struct html *h, const char *name)
{
    return html_attr(h, name).p != NULL;
}

struct slice html_attr(const struct html *h, const char *name)
{
    struct page_statement s = { .attr = h->attr, .n_attr = h->n_attr };
    return page_attr(&s, name);
}

/* "data-" is what scripts put in place of the others when the reader has come near. */
bool html_attr_is_image(struct slice name)
{
    static const struct slice names[] = {
        SLICE("src"), SLICE("srcset"), SLICE("poster"), SLICE("imagesrcset"), SLICE("xlink:href"),
        SLICE("data-src"), SLICE("data-srcset"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_eq_nocase(name, names[i]))
            return true;
    return false;
}

static bool embeds_image(const struct html *h)
{
    enum html_tag tag = h->images && h->name ? (enum html_tag)h->name->tag : TAG_OTHER;
    return tag == TAG_IMG || tag == TAG_SOURCE || tag == TAG_VIDEO || tag == TAG_LINK;
}

bool html_attr_is_read(const struct html *h, struct slice name)
{
    static const struct slice names[32][2] = { /* by their first letter */
        ['c' & 31] = { SLICE("content"), SLICE("color") },
        ['e' & 31] = { SLICE("encoding") },
        ['f' & 31] = { SLICE("face") },
        ['h' & 31] = { SLICE("href"), SLICE("http-equiv") },
        ['i' & 31] = { SLICE("itemprop") },
        ['n' & 31] = { SLICE("name") },
        ['p' & 31] = { SLICE("property") },
        ['r' & 31] = { SLICE("rel") },
        ['s' & 31] = { SLICE("size") },
        ['t' & 31] = { SLICE("type") },
        ['v' & 31] = { SLICE("value") },
    };
    const struct slice *of = names[name.n ? name.p[0] & 31 : 0];
    return name.n && (slice_eq_nocase(name, of[0]) || slice_eq_nocase(name, of[1]) ||
                      (embeds_image(h) && html_attr_is_image(name)));
}

/* Entities of the document's own are not expanded: any word may be behind one. */
static bool may_refer(const struct html *h, struct slice value)
{
    return h->has_entities && slice_find(value, '&') < value.n;
}

/* Of the names of schema.org those that html_may_hold_word lets pass. */
static bool names_rights(struct slice item)
{
    return slice_find_nocase(item, SLICE_OF("license")) < item.n ||
           slice_find_nocase(item, SLICE_OF("conditionsOfAccess")) < item.n;
}

bool html_link_is_read(const struct html *h)
{
    struct slice rel = html_attr(h, "rel"), type = html_attr(h, "type");
    struct slice item = html_attr(h, "itemprop");
    if (names_rights(item))
        return true;
    if (!rel.p && h->name->tag != TAG_LINK)
        return h->attr_cut && item.p;
    return h->attr_cut || may_refer(h, rel) || may_refer(h, type) ||
           slice_find_nocase(rel, SLICE_OF("license")) < rel.n ||
           slice_find_nocase(rel, SLICE_OF("c2pa")) < rel.n ||
           slice_find_nocase(rel, SLICE_OF("terms-of-service")) < rel.n ||
           slice_find_nocase(rel, SLICE_OF("copyright")) < rel.n ||
           slice_find_nocase(type, SLICE_OF("rsl+xml")) < type.n;
}

bool html_link_is_image(const struct html *h)
{
    struct slice rel = html_attr(h, "rel"), as = slice_trim_space(html_attr(h, "as"));
    return slice_find_nocase(rel, SLICE_OF("image_src")) < rel.n ||
           (slice_find_nocase(rel, SLICE_OF("preload")) < rel.n &&
            slice_eq_nocase(as, SLICE_OF("image")));
}

/* "c2", "ce", "yr", '+', or a reference that may stand for one of these. */
bool html_may_hold_word(const uint8_t *p, const uint8_t *end)
{
    if (end - p > HTML_OTHER_VALUE_MAX)
        return true;
#ifdef __SSE2__
    const __m128i amp = _mm_set1_epi8('&'), plus = _mm_set1_epi8('+'), c = _mm_set1_epi8('c'),
                  e = _mm_set1_epi8('e'), two = _mm_set1_epi8('2'), lower = _mm_set1_epi8(0x20),
                  y = _mm_set1_epi8('y'), r = _mm_set1_epi8('r');
    for (; end - p > 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
        next = _mm_or_si128(next, lower);
        __m128i pair = _mm_or_si128(_mm_cmpeq_epi8(next, two), _mm_cmpeq_epi8(next, e));
        __m128i low = _mm_or_si128(v, lower);
        pair = _mm_and_si128(pair, _mm_cmpeq_epi8(low, c));
        __m128i right = _mm_and_si128(_mm_cmpeq_epi8(low, y), _mm_cmpeq_epi8(next, r));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, amp), _mm_cmpeq_epi8(v, plus));
        hit = _mm_or_si128(_mm_or_si128(hit, right), pair);
        if (_mm_movemask_epi8(hit))
            return true;
    }
#endif
    for (; p < end; p++) {
        uint8_t low = *p | 0x20, next = p + 1 < end ? p[1] | 0x20 : 0;
        if (*p == '&' || *p == '+' || (low == 'c' && (next == '2' || next == 'e')) ||
            (low == 'y' && next == 'r'))
            return true;
    }
    return false;
}

static bool listed(const struct html *h, struct slice name)
{
    for (size_t i = 0; i < h->n_attr; i++)
        if (h->attr[i].name.n == name.n && h->attr[i].name.p[0] == name.p[0] &&
            !memcmp(h->attr[i].name.p, name.p, name.n))
            return true;
    return false;
}

/* The value of the attribute in hand, decoded behind what is used, or in the raw text when
 * there is nothing to decode; sets its `cut`. */
static struct slice read_value(struct html *h, struct page_attr *attr, size_t used,
                               const struct raw_attr *from)
{
    struct slice raw = from->value;
    uint8_t *out = h->decoded + used;
    size_t n, size = HTML_DECODED_MAX - used;
    size_t max = HTML_RAW_VALUE_MAX;
    size = size < PAGE_VALUE_MAX ? size : PAGE_VALUE_MAX;
    if (!h->o.start_tag)
        while (raw.n && ascii_is_space(raw.p[0]))
            raw = slice_from(raw, 1);
    if (raw.n > HTML_OTHER_VALUE_MAX && !h->o.start_tag && !html_attr_is_read(h, attr->name))
        max = HTML_OTHER_VALUE_MAX;
    if (from->plain && raw.n <= max && raw.n <= size)
        return raw;
    bool long_raw = raw.n > max;
    if (long_raw)
        raw.n = max;
    attr->cut = !html_decode(raw, true, out, size, &n) || long_raw;
    if (long_raw)
        n = whole_chars(out, n);
    return slice_of(out, n);
}

struct slice html_attrs_read(struct html *h, struct slice tag_name, struct slice raw)
{
    struct slice element = SLICE_EMPTY;
    struct raw_attr next;
    size_t used = 0, n; /* of `decoded`, had all been put there: limits do not depend on it */
    h->n_attr = 0;
    h->attr_cut = h->attrs_cut = h->tag_cut;
    if (h->o.start_tag) {
        put_name(h, tag_name, h->decoded, HTML_DECODED_MAX / 2, &n);
        element = slice_of(h->decoded, n);
        used = n;
    }
    while (next_attr(&raw, &next)) {
        bool full = h->n_attr >= HTML_OTHER_ATTRS || used >= HTML_OTHER_DECODED;
        if (full && !h->o.start_tag && !html_attr_is_read(h, next.name))
            continue;
        struct slice name = SLICE_EMPTY;
        if (h->n_attr < PAGE_ATTRS_MAX)
            name = read_name(h, &next, used);
        if (!name.n) {
            h->attr_cut = h->attrs_cut = true;
            break;
        }
        if (listed(h, name))
            continue;
        struct page_attr *attr = &h->attr[h->n_attr++];
        *attr = (struct page_attr){ .name = name, .raw = next.value };
        attr->value = read_value(h, attr, used + name.n, &next);
        h->attr_cut = h->attr_cut || (attr->cut && html_attr_is_read(h, name));
        used += name.n + attr->value.n;
    }
    return element;
}

/* ---- values in other encodings ---- */

/* The character in front, which is beyond ASCII; never 0 bytes. */
static size_t one_char(const struct charset_table *t, struct slice s, uint32_t *ch)
{
    *ch = 0xFFFD;
    size_t n = t ? charset_char(t, s.p, s.n, ch) : 1;
    return n ? n : 1;
}

/* Into `out`, which has room for three bytes for each; what is UTF-8 stays that where `mixed`. */
static size_t to_utf8(const struct charset_table *t, bool mixed, struct slice s, uint8_t *out)
{
    size_t n = 0, k;
    for (; s.n; s = slice_from(s, k)) {
        uint32_t ch = s.p[0];
        k = ch < 0x80 ? 1 : mixed ? utf8_length(s) : 0;
        if (k) {
            memcpy(out + n, s.p, k);
            n += k;
        } else {
            k = one_char(t, s, &ch);
            n += unicode_encode(ch, out + n);
        }
    }
    return n;
}

struct slice html_value(struct arena *arena, struct slice raw, enum charset_code code)
{
    bool mixed = code == CODE_NONE || code == CODE_UTF8 || code == CODE_1252;
    raw = slice_sub(raw, 0, PAGE_VALUE_MAX);
    size_t size = 3 * raw.n + 1, n;
    uint8_t *text = arena_take(arena, size), *out = arena_take(arena, 2 * size);
    if (!text || !out)
        return SLICE_EMPTY;
    n = to_utf8(charset_table(mixed ? CODE_1252 : code), mixed, raw, text);
    (void)html_decode(slice_of(text, n), true, out, 2 * size, &n);
    return slice_of(out, n);
}

/* Everything has its place in `decoded`, and what lies there already lies in it. */
void html_attrs_keep(struct html *h)
{
    uint8_t *out = h->decoded;
    for (size_t i = 0; i < h->n_attr; i++) {
        struct slice *parts[2] = { &h->attr[i].name, &h->attr[i].value };
        for (size_t k = 0; k < 2; k++) {
            memmove(out, parts[k]->p, parts[k]->n);
            parts[k]->p = out;
            out += parts[k]->n;
        }
        h->attr[i].raw = SLICE_EMPTY;
    }
}
