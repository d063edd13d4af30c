/* SPDX-License-Identifier: Apache-2.0 */
/* structured.c - Structured Field Values for HTTP, RFC 9651 section 4.2.
 *
 * Limits: SF_MEMBERS_MAX members and SF_PARAMS_MAX parameters, duplicates
 * counted; both above the capacities that the RFC asks for. Strings, tokens,
 * keys and byte sequences may be as long as the field.
 *
 * Each function is named after the step of the RFC that it carries out and
 * takes what it reads off the front of the input. The grammar nests only two
 * deep (inner lists), so nothing here recurses. */
#include "http/structured.h"

#define INTEGER_DIGITS_MAX 15       /* section 3.3.1 */
#define DECIMAL_WHOLE_DIGITS_MAX 12 /* section 3.3.2 */
#define DECIMAL_PART_DIGITS_MAX 3

struct sf_input {
    const uint8_t *p, *end;
    struct arena *arena;
};

/* What items and parameters have in common. */
struct sf_bare {
    enum sf_type type;
    int64_t number;
    struct slice text;
};

enum { CHAR_KEY = 1, CHAR_TOKEN = 2 };

/* Bytes that may follow the first one of a key (section 3.1.2) or of a token
 * (section 3.3.4: tchar, ':' and '/'). */
static const uint8_t char_class[256] = {
    ['a' ... 'z'] = CHAR_KEY | CHAR_TOKEN,
    ['0' ... '9'] = CHAR_KEY | CHAR_TOKEN,
    ['A' ... 'Z'] = CHAR_TOKEN,
    ['*'] = CHAR_KEY | CHAR_TOKEN,
    ['_'] = CHAR_KEY | CHAR_TOKEN,
    ['-'] = CHAR_KEY | CHAR_TOKEN,
    ['.'] = CHAR_KEY | CHAR_TOKEN,
    ['!'] = CHAR_TOKEN,
    ['#' ... '\''] = CHAR_TOKEN, /* # $ % & ' */
    ['+'] = CHAR_TOKEN,
    ['^'] = CHAR_TOKEN,
    ['`'] = CHAR_TOKEN,
    ['|'] = CHAR_TOKEN,
    ['~'] = CHAR_TOKEN,
    [':'] = CHAR_TOKEN,
    ['/'] = CHAR_TOKEN,
};

static bool next_is(const struct sf_input *in, uint8_t c)
{
    return in->p < in->end && *in->p == c;
}

static bool sf_take(struct sf_input *in, uint8_t c)
{
    if (!next_is(in, c))
        return false;
    in->p++;
    return true;
}

static void skip_sp(struct sf_input *in)
{
    while (next_is(in, ' '))
        in->p++;
}

static void skip_ows(struct sf_input *in)
{
    while (next_is(in, ' ') || next_is(in, '\t'))
        in->p++;
}

static struct slice take_class(struct sf_input *in, uint8_t class)
{
    const uint8_t *from = in->p;
    while (in->p < in->end && (char_class[*in->p] & class))
        in->p++;
    return slice_of(from, (size_t)(in->p - from));
}

/* Room for one more element of an array that doubles: a new block is needed
 * whenever `n` is 0 or a power of two above 1. */
static enum optout_rc make_room(struct sf_input *in, void **v, size_t n, size_t size, size_t max)
{
    if (n >= max)
        return OPTOUT_E_LIMIT;
    if (n == 1 || (n & (n - 1)) != 0)
        return OPTOUT_OK;
    void *grown = arena_array(in->arena, n ? n * 2 : 2, size);
    if (!grown)
        return OPTOUT_E_NOMEM;
    if (n)
        memcpy(grown, *v, n * size);
    *v = grown;
    return OPTOUT_OK;
}

/* ---- duplicate keys ---------------------------------------------------- */

/* Dictionary members and parameters both begin with their key. */
struct keyed {
    uint8_t *base;
    size_t size; /* of one element */
};

static struct slice key_at(const struct keyed *k, size_t i)
{
    struct slice key;
    memcpy(&key, k->base + i * k->size, sizeof key);
    return key;
}

/* Orders by length, bytes and then position. */
static bool key_before(const struct keyed *k, uint16_t a, uint16_t b)
{
    struct slice x = key_at(k, a), y = key_at(k, b);
    if (x.n != y.n)
        return x.n < y.n;
    int d = memcmp(x.p, y.p, x.n);
    return d != 0 ? d < 0 : a < b;
}

static void sift_down(const struct keyed *k, uint16_t *heap, size_t at, size_t n)
{
    uint16_t moving = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && key_before(k, heap[child], heap[child + 1]))
            child++;
        if (!key_before(k, moving, heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static void sort_keys(const struct keyed *k, uint16_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint16_t)i;
    for (size_t i = n / 2; i-- > 0;)
        sift_down(k, order, i, n);
    for (size_t i = n; i-- > 1;) {
        uint16_t last = order[i];
        order[i] = order[0];
        order[0] = last;
        sift_down(k, order, 0, i);
    }
}

/* Sections 4.2.2 and 4.2.3.2: a later value overwrites an earlier one of the
 * same key, in the earlier one's place. Done once at the end and by heap sort,
 * so that no choice of keys costs more than n log n. Returns what is left. */
static size_t overwrite_duplicates(const struct keyed *k, size_t n)
{
    uint16_t order[SF_MEMBERS_MAX];
    bool dropped[SF_MEMBERS_MAX];
    if (n < 2)
        return n;
    memset(dropped, 0, n);
    sort_keys(k, order, n);
    size_t duplicates = 0;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && slice_eq(key_at(k, order[i]), key_at(k, order[j])); j++)
            dropped[order[j]] = true;
        if (j - i > 1)
            memcpy(k->base + order[i] * k->size, k->base + order[j - 1] * k->size, k->size);
        duplicates += j - i - 1;
    }
    if (duplicates == 0)
        return n;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!dropped[i])
            memmove(k->base + kept++ * k->size, k->base + i * k->size, k->size);
    return kept;
}

/* ---- bare items, section 4.2.3.1 --------------------------------------- */

/* Section 4.2.4. */
static enum optout_rc parse_number(struct sf_input *in, struct sf_bare *out)
{
    bool negative = sf_take(in, '-');
    int64_t v = 0;
    size_t digits = 0, part = 0;
    for (; in->p < in->end && ascii_is_digit(*in->p); in->p++) {
        if (++digits > INTEGER_DIGITS_MAX)
            return OPTOUT_E_SYNTAX;
        v = v * 10 + (*in->p - '0');
    }
    if (digits == 0)
        return OPTOUT_E_SYNTAX;
    out->type = SF_INTEGER;
    if (sf_take(in, '.')) {
        if (digits > DECIMAL_WHOLE_DIGITS_MAX)
            return OPTOUT_E_SYNTAX;
        for (; in->p < in->end && ascii_is_digit(*in->p); in->p++) {
            if (++part > DECIMAL_PART_DIGITS_MAX)
                return OPTOUT_E_SYNTAX;
            v = v * 10 + (*in->p - '0');
        }
        if (part == 0)
            return OPTOUT_E_SYNTAX;
        for (; part < DECIMAL_PART_DIGITS_MAX; part++)
            v *= 10;
        out->type = SF_DECIMAL;
    }
    out->number = negative ? -v : v;
    return OPTOUT_OK;
}

/* Section 4.2.5; the opening quote is still there. */
static enum optout_rc parse_string(struct sf_input *in, struct sf_bare *out)
{
    const uint8_t *from = ++in->p;
    size_t escapes = 0;
    while (in->p < in->end && *in->p != '"') {
        if (*in->p == '\\') {
            escapes++;
            in->p++;
            if (!next_is(in, '"') && !next_is(in, '\\'))
                return OPTOUT_E_SYNTAX;
        } else if (*in->p < 0x20 || *in->p > 0x7E) {
            return OPTOUT_E_SYNTAX;
        }
        in->p++;
    }
    out->type = SF_STRING;
    out->text = slice_of(from, (size_t)(in->p - from));
    if (!sf_take(in, '"'))
        return OPTOUT_E_SYNTAX;
    if (escapes == 0)
        return OPTOUT_OK;
    uint8_t *to = arena_alloc(in->arena, out->text.n - escapes);
    if (!to)
        return OPTOUT_E_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < out->text.n; i++) {
        if (from[i] == '\\')
            i++;
        to[n++] = from[i];
    }
    out->text = slice_of(to, n);
    return OPTOUT_OK;
}

/* Section 4.2.6. */
static enum optout_rc parse_token(struct sf_input *in, struct sf_bare *out)
{
    out->type = SF_TOKEN;
    out->text = take_class(in, CHAR_TOKEN);
    return OPTOUT_OK;
}

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Section 4.2.7. Padding may be missing and pad bits may be set, as the RFC
 * asks of parsers; padding that is in excess or not at the end may not. */
static enum optout_rc parse_bytes(struct sf_input *in, struct sf_bare *out)
{
    struct slice rest = slice_of(in->p + 1, (size_t)(in->end - in->p - 1));
    struct slice coded = slice_sub(rest, 0, slice_find(rest, ':'));
    if (coded.n == rest.n)
        return OPTOUT_E_SYNTAX;
    in->p = coded.p + coded.n + 1;
    size_t pad = 0;
    while (coded.n && coded.p[coded.n - 1] == '=')
        coded.n--, pad++;
    size_t odd = coded.n % 4;
    if (odd == 1 || pad > (odd ? 4 - odd : 0))
        return OPTOUT_E_SYNTAX;
    uint8_t *to = arena_alloc(in->arena, coded.n / 4 * 3 + 2);
    if (!to)
        return OPTOUT_E_NOMEM;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;
    for (size_t i = 0; i < coded.n; i++) {
        int d = base64_digit(coded.p[i]);
        if (d < 0)
            return OPTOUT_E_SYNTAX;
        bits = (bits << 6 | (uint32_t)d) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[n++] = (uint8_t)(bits >> held);
        }
    }
    out->type = SF_BYTES;
    out->text = slice_of(to, n);
    return OPTOUT_OK;
}

/* Section 4.2.8. */
static enum optout_rc parse_boolean(struct sf_input *in, struct sf_bare *out)
{
    in->p++;
    out->type = SF_BOOLEAN;
    out->number = next_is(in, '1');
    return sf_take(in, '1') || sf_take(in, '0') ? OPTOUT_OK : OPTOUT_E_SYNTAX;
}

/* Section 4.2.9. */
static enum optout_rc parse_date(struct sf_input *in, struct sf_bare *out)
{
    in->p++;
    enum optout_rc rc = parse_number(in, out);
    if (rc == OPTOUT_OK && out->type != SF_INTEGER)
        rc = OPTOUT_E_SYNTAX;
    out->type = SF_DATE;
    return rc;
}

/* Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing
 * above U+10FFFF. */
static bool utf8_valid(struct slice s)
{
    for (size_t i = 0; i < s.n;) {
        uint8_t c = s.p[i++];
        if (c < 0x80)
            continue;
        size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0xC2 || c > 0xF4 || more > s.n - i)
            return false;
        /* Only the second byte has a narrower range, after some first bytes. */
        uint8_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
        uint8_t high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        for (; more > 0; more--, i++, low = 0x80, high = 0xBF)
            if (s.p[i] < low || s.p[i] > high)
                return false;
    }
    return true;
}

/* Lower-case hexadecimal digits only, as section 4.2.10 has it. */
static int lower_hex(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Section 4.2.10. */
static enum optout_rc parse_display(struct sf_input *in, struct sf_bare *out)
{
    in->p++;
    if (!sf_take(in, '"'))
        return OPTOUT_E_SYNTAX;
    struct slice rest = slice_of(in->p, (size_t)(in->end - in->p));
    struct slice coded = slice_sub(rest, 0, slice_find(rest, '"'));
    if (coded.n == rest.n)
        return OPTOUT_E_SYNTAX;
    in->p = coded.p + coded.n + 1;
    uint8_t *to = arena_alloc(in->arena, coded.n);
    if (!to)
        return OPTOUT_E_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < coded.n; i++) {
        uint8_t c = coded.p[i];
        if (c < 0x20 || c > 0x7E)
            return OPTOUT_E_SYNTAX;
        if (c == '%') {
            int high = i + 2 < coded.n ? lower_hex(coded.p[i + 1]) : -1;
            int low = high >= 0 ? lower_hex(coded.p[i + 2]) : -1;
            if (low < 0)
                return OPTOUT_E_SYNTAX;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        to[n++] = c;
    }
    out->type = SF_DISPLAY;
    out->text = slice_of(to, n);
    return utf8_valid(out->text) ? OPTOUT_OK : OPTOUT_E_SYNTAX;
}

static enum optout_rc parse_bare_item(struct sf_input *in, struct sf_bare *out)
{
    *out = (struct sf_bare){ .type = SF_BOOLEAN };
    if (in->p == in->end)
        return OPTOUT_E_SYNTAX;
    switch (*in->p) {
    case '"':
        return parse_string(in, out);
    case ':':
        return parse_bytes(in, out);
    case '?':
        return parse_boolean(in, out);
    case '@':
        return parse_date(in, out);
    case '%':
        return parse_display(in, out);
    default:
        if (ascii_is_alpha(*in->p) || *in->p == '*')
            return parse_token(in, out);
        return parse_number(in, out);
    }
}

/* ---- items, parameters and inner lists --------------------------------- */

/* Section 4.2.3.3. */
static enum optout_rc parse_key(struct sf_input *in, struct slice *key)
{
    if (in->p == in->end || !((*in->p >= 'a' && *in->p <= 'z') || *in->p == '*'))
        return OPTOUT_E_SYNTAX;
    *key = take_class(in, CHAR_KEY);
    return OPTOUT_OK;
}

/* Section 4.2.3.2. */
static enum optout_rc parse_parameters(struct sf_input *in, struct sf_item *item)
{
    void *v = NULL;
    size_t n = 0;
    while (sf_take(in, ';')) {
        struct slice key;
        struct sf_bare value = { .type = SF_BOOLEAN, .number = 1 };
        skip_sp(in);
        enum optout_rc rc = parse_key(in, &key);
        if (rc == OPTOUT_OK && sf_take(in, '='))
            rc = parse_bare_item(in, &value);
        if (rc == OPTOUT_OK)
            rc = make_room(in, &v, n, sizeof(struct sf_param), SF_PARAMS_MAX);
        if (rc != OPTOUT_OK)
            return rc;
        ((struct sf_param *)v)[n++] =
            (struct sf_param){ key, value.type, value.number, value.text };
    }
    item->params = v;
    item->n_params = overwrite_duplicates(&(struct keyed){ v, sizeof(struct sf_param) }, n);
    return OPTOUT_OK;
}

/* Section 4.2.3. */
static enum optout_rc parse_item(struct sf_input *in, struct sf_item *item)
{
    struct sf_bare value;
    enum optout_rc rc = parse_bare_item(in, &value);
    item->type = value.type;
    item->number = value.number;
    item->text = value.text;
    return rc == OPTOUT_OK ? parse_parameters(in, item) : rc;
}

/* Section 4.2.1.2. */
static enum optout_rc parse_inner_list(struct sf_input *in, struct sf_item *list)
{
    void *v = NULL;
    size_t n = 0;
    list->type = SF_INNER_LIST;
    in->p++;
    for (;;) {
        skip_sp(in);
        if (sf_take(in, ')'))
            break;
        struct sf_item item = { 0 };
        enum optout_rc rc = parse_item(in, &item);
        if (rc == OPTOUT_OK && !next_is(in, ' ') && !next_is(in, ')'))
            rc = OPTOUT_E_SYNTAX;
        if (rc == OPTOUT_OK)
            rc = make_room(in, &v, n, sizeof item, SF_MEMBERS_MAX);
        if (rc != OPTOUT_OK)
            return rc;
        ((struct sf_item *)v)[n++] = item;
    }
    list->items = v;
    list->n_items = n;
    return parse_parameters(in, list);
}

/* Section 4.2.1.1. */
static enum optout_rc parse_member(struct sf_input *in, struct sf_item *item)
{
    return next_is(in, '(') ? parse_inner_list(in, item) : parse_item(in, item);
}

/* One member of a dictionary, section 4.2.2. */
static enum optout_rc parse_named_member(struct sf_input *in, struct sf_item *item)
{
    enum optout_rc rc = parse_key(in, &item->key);
    if (rc != OPTOUT_OK)
        return rc;
    if (sf_take(in, '='))
        return parse_member(in, item);
    item->type = SF_BOOLEAN;
    item->number = 1;
    return parse_parameters(in, item);
}

/* Sections 4.2.1 and 4.2.2, which differ only in what a member is. */
static enum optout_rc parse_members(struct sf_input *in, struct sf_list *out,
                                    enum optout_rc (*parse)(struct sf_input *, struct sf_item *))
{
    void *v = NULL;
    size_t n = 0;
    skip_sp(in);
    while (in->p < in->end) {
        struct sf_item item = { 0 };
        enum optout_rc rc = parse(in, &item);
        if (rc == OPTOUT_OK)
            rc = make_room(in, &v, n, sizeof item, SF_MEMBERS_MAX);
        if (rc != OPTOUT_OK)
            return rc;
        ((struct sf_item *)v)[n++] = item;
        skip_ows(in);
        if (in->p == in->end)
            break;
        if (!sf_take(in, ','))
            return OPTOUT_E_SYNTAX;
        skip_ows(in);
        if (in->p == in->end) /* a trailing comma */
            return OPTOUT_E_SYNTAX;
    }
    *out = (struct sf_list){ v, n };
    return OPTOUT_OK;
}

static struct sf_input input_of(struct arena *a, struct slice value)
{
    static const uint8_t nothing[1];
    const uint8_t *p = value.p ? value.p : nothing;
    return (struct sf_input){ p, p + value.n, a };
}

enum optout_rc sf_parse_dictionary(struct arena *a, struct slice value, struct sf_list *out)
{
    struct sf_input in = input_of(a, value);
    *out = (struct sf_list){ NULL, 0 };
    enum optout_rc rc = parse_members(&in, out, parse_named_member);
    if (rc == OPTOUT_OK)
        out->n = overwrite_duplicates(
            &(struct keyed){ (uint8_t *)out->v, sizeof(struct sf_item) }, out->n);
    return rc;
}

enum optout_rc sf_parse_list(struct arena *a, struct slice value, struct sf_list *out)
{
    struct sf_input in = input_of(a, value);
    *out = (struct sf_list){ NULL, 0 };
    return parse_members(&in, out, parse_member);
}

enum optout_rc sf_parse_item(struct arena *a, struct slice value, struct sf_item *out)
{
    struct sf_input in = input_of(a, value);
    *out = (struct sf_item){ .type = SF_BOOLEAN };
    skip_sp(&in);
    enum optout_rc rc = parse_item(&in, out);
    skip_sp(&in);
    if (rc == OPTOUT_OK && in.p != in.end)
        rc = OPTOUT_E_SYNTAX;
    return rc;
}

const struct sf_item *sf_get(const struct sf_list *dictionary, const char *key)
{
    struct slice k = slice_cstr(key);
    for (size_t i = 0; i < dictionary->n; i++)
        if (slice_eq(dictionary->v[i].key, k))
            return &dictionary->v[i];
    return NULL;
}
