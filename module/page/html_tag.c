/* SPDX-License-Identifier: Apache-2.0 */
/* html_tag.c - tags, HTML standard sections 13.2.5.6 to 13.2.5.8 and 13.2.5.32
 * to 13.2.5.40.
 *
 * Most tags of a page state nothing, so that a tag is first only run over to
 * find its '>', quotes honoured. The attributes of one that may state something
 * are read from its raw text when it is complete (html_attr.c). The raw text
 * lies in the run, or, when the run ended inside the tag, in h->tag; values
 * that nobody keeps whole are shortened on the way there, and a tag in the run
 * that is long enough to be shortened takes the same way, so that the result
 * never depends on where the input was cut. Blanks in front of a value are left
 * out, for they are cheap to write and would hide what comes after them.
 *
 * MAX: HTML_TAG_MAX bytes of a tag and HTML_RAW_VALUE_MAX bytes of a value. */
#include "page/html_internal.h"
#include "page/html_look.h"
#include "page/html_scan.h"
#include "page/html_text.h"

enum { SPACE = 1, NAME_END = 2, ATTR_END = 4, UNQUOTED_END = 8 };

static const uint8_t class_of[256] = {
    ['\t'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
    ['\n'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
    ['\f'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
    ['\r'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
    [' '] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
    ['/'] = NAME_END | ATTR_END,
    ['>'] = NAME_END | ATTR_END | UNQUOTED_END,
    ['='] = ATTR_END,
};

static void save(struct html *h, const uint8_t *from, const uint8_t *to)
{
    size_t n = (size_t)(to - from), left = HTML_TAG_MAX - h->tag_n;
    if (n > left) {
        h->tag_cut = true;
        n = left;
    }
    memcpy(h->tag + h->tag_n, from, n);
    h->tag_n += n;
}

/* What lies between values, blanks and slashes but once. */
static void save_between(struct html *h, const uint8_t *from, const uint8_t *to)
{
    for (const uint8_t *p = from; p < to; p++) {
        uint8_t last = h->tag_n ? h->tag[h->tag_n - 1] : 0;
        bool again = *p == '/' ? last == '/' : class_of[*p] & SPACE && class_of[last] & SPACE;
        if (!again)
            save(h, p, p + 1);
    }
}

static bool ends_name(uint8_t c)
{
    return class_of[c] & SPACE || c == '/' || c == '"' || c == '\'';
}

/* How much is kept of the value that is to follow what was saved: name, '=', a quote. */
static size_t value_max(const struct html *h)
{
    size_t end = h->tag_n, from;
    if (h->o.start_tag)
        return HTML_RAW_VALUE_MAX;
    while (end && (ends_name(h->tag[end - 1]) || h->tag[end - 1] == '='))
        end--;
    for (from = end; from && !ends_name(h->tag[from - 1]);)
        from--;
    return html_attr_is_read(h, slice_of(h->tag + from, end - from)) ? HTML_RAW_VALUE_MAX
                                                                  : HTML_OTHER_VALUE_MAX;
}

/* One byte more than the maximum is kept, so that it can be seen to be cut. */
static void save_value(struct html *h, const uint8_t *from, const uint8_t *to)
{
    if (h->value_n == 0) {
        while (!h->o.start_tag && from < to && class_of[*from] & SPACE)
            from++;
        h->value_max = value_max(h) + 1;
    }
    size_t n = (size_t)(to - from), left = h->value_max - h->value_n;
    if (n > left)
        n = left;
    h->value_n += n;
    save(h, from, from + n);
}

/* For one of these names alone anchors are stopped at. */
static bool is_link_attr(const uint8_t *p, const uint8_t *end)
{
    static const struct slice rel = SLICE("rel"), itemprop = SLICE("itemprop");
    struct slice name = slice_of(p, (size_t)(end - p));
    return slice_eq_nocase(name, rel) || slice_eq_nocase(name, itemprop);
}

struct skipped {
    bool has_link_attr;
    bool self_closing;
};

/* From the end of a tag's name to its '>' when both lie before `end`, else
 * NULL: what run_over does, for the usual case, without a state. */
static inline const uint8_t *skip_attrs(const uint8_t *p, const uint8_t *end, struct skipped *s)
{
    for (;;) {
        const uint8_t *from = p;
        while (p < end && (class_of[*p] & SPACE || *p == '/'))
            p++;
        if (p == end)
            return NULL;
        if (*p == '>') {
            s->self_closing = p > from && p[-1] == '/';
            return p;
        }
        from = p++; /* even '=' begins a name */
        while (p < end && !(class_of[*p] & ATTR_END))
            p++;
        s->has_link_attr = s->has_link_attr || is_link_attr(from, p);
        while (p < end && class_of[*p] & SPACE)
            p++;
        if (p == end)
            return NULL;
        if (*p != '=')
            continue;
        p++;
        while (p < end && class_of[*p] & SPACE)
            p++;
        if (p == end)
            return NULL;
        if (*p == '"' || *p == '\'') {
            p = html_find(p + 1, end, *p);
            if (!p)
                return NULL;
            p++;
        } else {
            while (p < end && !(class_of[*p] & UNQUOTED_END))
                p++;
        }
    }
}

const uint8_t *html_calm_run(struct html *h, const uint8_t *p, const uint8_t *end)
{
    for (;;) {
        if (html_calm_skip(h, &p, end))
            return p;
        const uint8_t *less = html_find(p, end, '<');
        if (h->look)
            html_look_add(h, p, less ? less : end, end);
        if (!less)
            return end;
        p = less + 1;
        bool closing = p < end && *p == '/';
        p += closing;
        if (p == end || !ascii_is_alpha(*p))
            return less;
        const uint8_t *name = p;
        while (p < end && !(class_of[*p] & NAME_END))
            p++;
        size_t n = (size_t)(p - name);
        bool anchor = n == 1 && (*name | 0x20) == 'a';
        /* Of end tags only that of a template is heeded. */
        if (p == end || (closing ? n == 8 : !anchor && html_name_may_matter(name, n)))
            return less;
        struct skipped s = { false, false };
        p = skip_attrs(p, end, &s);
        if (!p || (anchor && s.has_link_attr))
            return less;
        p++;
    }
}

/* From where an attribute name goes on to where it ends. */
static const uint8_t *attr_name(struct html *h, const uint8_t *from, const uint8_t *p,
                                const uint8_t *end)
{
    while (p < end && !(class_of[*p] & ATTR_END))
        p++;
    if (p == end)
        h->has_link_attr = true; /* perhaps; the rest of the name is not at hand */
    else if (is_link_attr(from, p))
        h->has_link_attr = true;
    return p;
}

/* Runs over a value from p; past its end, or `end` when it goes on there. */
static const uint8_t *value_quoted(struct html *h, const uint8_t *p, const uint8_t *end,
                                   uint8_t quote)
{
    const uint8_t *q = html_find(p, end, quote);
    if (h->saving)
        save_value(h, p, q ? q : end);
    if (!q)
        return end;
    if (h->saving)
        save(h, q, q + 1);
    h->state = HTML_BEFORE_ATTR;
    return q + 1;
}

static const uint8_t *value_unquoted(struct html *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *q = p;
    while (q < end && !(class_of[*q] & UNQUOTED_END))
        q++;
    if (h->saving)
        save_value(h, p, q);
    if (q < end)
        h->state = HTML_BEFORE_ATTR;
    return q;
}

/* What lies between values: spaces, names, '=', '/' and the opening quote.
 * Stops at '>', which it does not take, and in front of a value. */
static const uint8_t *between_values(struct html *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from;
    for (;;) {
        switch (h->state) {
        case HTML_SELF_CLOSING:
            h->state = HTML_BEFORE_ATTR;
            h->self_closing = p < end && *p == '>';
            /* fall through */
        case HTML_BEFORE_ATTR:
            while (p < end && class_of[*p] & SPACE)
                p++;
            if (p == end || *p == '>')
                return p;
            if (*p == '/') {
                h->state = HTML_SELF_CLOSING;
                p++;
                break;
            }
            from = p++; /* even '=' begins a name */
            h->state = HTML_ATTR_NAME;
            p = attr_name(h, from, p, end);
            break;
        case HTML_ATTR_NAME:
            p = attr_name(h, p, p, end);
            break;
        default:
            return p;
        }
        if (p == end)
            return p;
        if (h->state == HTML_SELF_CLOSING)
            continue;
        /* After the name. */
        while (p < end && class_of[*p] & SPACE)
            p++;
        h->state = HTML_AFTER_ATTR;
        if (p == end)
            return p;
        if (*p != '=') {
            h->state = HTML_BEFORE_ATTR;
            continue;
        }
        h->state = HTML_BEFORE_VALUE;
        return p + 1;
    }
}

static const uint8_t *before_value(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && class_of[*p] & SPACE)
        p++;
    if (p == end)
        return p;
    h->value_n = 0;
    switch (*p) {
    case '"':
        h->state = HTML_VALUE_DOUBLE;
        return p + 1;
    case '\'':
        h->state = HTML_VALUE_SINGLE;
        return p + 1;
    case '>':
        h->state = HTML_BEFORE_ATTR;
        return p;
    default:
        h->state = HTML_VALUE_UNQUOTED;
        return p;
    }
}

/* From after the name to the '>', or to `end`. */
static const uint8_t *run_over(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *from = p;
        switch (h->state) {
        case HTML_VALUE_DOUBLE:
            p = value_quoted(h, p, end, '"');
            continue;
        case HTML_VALUE_SINGLE:
            p = value_quoted(h, p, end, '\'');
            continue;
        case HTML_VALUE_UNQUOTED:
            p = value_unquoted(h, p, end);
            continue;
        case HTML_BEFORE_VALUE:
            p = before_value(h, p, end);
            break;
        case HTML_AFTER_ATTR:
            while (p < end && class_of[*p] & SPACE)
                p++;
            if (p < end && *p == '=') {
                h->state = HTML_BEFORE_VALUE;
                p++;
            } else if (p < end) {
                h->state = HTML_BEFORE_ATTR;
            }
            break;
        default:
            p = between_values(h, p, end);
            break;
        }
        if (h->saving)
            save_between(h, from, p);
        if (p < end && *p == '>' && h->state == HTML_BEFORE_ATTR)
            return p;
    }
    return end;
}

/* Collects in h->tag what the run holds of the tag, up to `end`. */
static void begin_saving(struct html *h, const uint8_t *end)
{
    h->saving = true;
    h->tag_n = 0;
    if (h->state == HTML_TAG_NAME) {
        save(h, h->start, end);
        return;
    }
    save(h, h->start, h->start + h->name_n);
    h->state = HTML_BEFORE_ATTR;
    bool self_closing = h->self_closing;
    run_over(h, h->start + h->name_n, end);
    h->self_closing = self_closing;
}

void html_tag_suspend(struct html *h, const uint8_t *end)
{
    if (!h->lt_known) {
        h->tag_at = charset_offset(&h->run, h->lt);
        h->lt_known = true;
    }
    bool in_tag = h->state >= HTML_TAG_NAME && h->state <= HTML_SELF_CLOSING;
    if (in_tag && !h->saving && (h->wanted || h->state == HTML_TAG_NAME))
        begin_saving(h, end);
}

static void read_attrs(struct html *h, const uint8_t *gt)
{
    if (!h->saving && gt - h->start > HTML_RAW_VALUE_MAX) {
        begin_saving(h, gt);
        h->state = HTML_DATA;
    }
    struct slice all = h->saving ? slice_of(h->tag, h->tag_n)
                                 : slice_of(h->start, (size_t)(gt - h->start));
    struct slice name = slice_sub(all, 0, h->name_n);
    name = html_attrs_read(h, name, slice_from(all, h->name_n));
    if (h->o.start_tag)
        h->o.start_tag(h->o.ctx, name, h->attr, h->n_attr, h->self_closing);
}

static bool is_anchor(const struct html *h)
{
    return h->name && (h->name->tag == TAG_A || h->name->tag == TAG_AREA);
}

/* Whether it makes a difference to read the attributes of the tag that ends at `gt`. */
static bool may_state(const struct html *h, const uint8_t *gt)
{
    if (h->o.start_tag)
        return true;
    if (h->text_reader)
        return h->saving || h->n_open || h->role == ROLE_DIALOG ||
               html_text_may_hide(h->start + h->name_n, gt) ||
               (h->text_reader->page && html_property_may_be(h->start + h->name_n, gt));
    if (is_anchor(h) && !h->has_link_attr)
        return false;
    bool by_word = is_anchor(h) || h->name->tag == TAG_LINK || h->name->tag == TAG_SCRIPT;
    return !by_word || h->saving || h->images || html_may_hold_word(h->start + h->name_n, gt);
}

static void tag_finish(struct html *h, const uint8_t *gt)
{
    h->state = HTML_DATA;
    if (h->end_tag) {
        html_tree_end(h);
        return;
    }
    h->n_attr = 0;
    h->attr_cut = false;
    if (h->wanted && may_state(h, gt))
        read_attrs(h, gt);
    html_tree_start(h);
}

static uint32_t hash(struct slice name)
{
    uint32_t v = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name.n; i++)
        v = (v ^ ascii_lower(name.p[i])) * 16777619u;
    return v;
}

/* The name is complete: does the tag matter, and do its attributes? */
static void name_read(struct html *h, struct slice name)
{
    h->name_n = name.n;
    h->state = HTML_BEFORE_ATTR;
    if (h->look && h->lt_known)
        html_look_tag(h, name);
    h->name = NULL;
    if (html_tree_calm(h) && !html_name_may_matter(name.p, name.n)) {
        h->wanted = false;
    } else {
        if (h->o.xml)
            for (size_t colon; (colon = slice_find(name, ':')) < name.n;)
                name = slice_from(name, colon + 1);
        h->name = html_name_find(name, !h->o.xml);
        if (h->n_open || h->text_reader) /* else nobody looks at it */
            h->name_hash = hash(name);
        if (h->text_reader)
            h->role = (uint8_t)html_role(name, !h->o.xml);
        h->wanted = !h->end_tag && html_tree_wants(h);
    }
    if (!h->wanted)
        h->saving = false;
}

/* Whether somebody asks if the tag closes itself. */
static bool may_close_itself(const struct html *h)
{
    return h->o.xml || h->o.start_tag || h->n_open ||
           (h->name && (h->name->tag == TAG_SVG || h->name->tag == TAG_MATH));
}

/* The '>' of the tag whose name ended at p, NULL when it lies beyond `end`. `in_run`: the name
 * lies in this run, too. */
static const uint8_t *end_of_tag(struct html *h, const uint8_t *p, const uint8_t *end, bool in_run)
{
    if (in_run && !may_close_itself(h)) {
        const uint8_t *plain = html_plain_end(h->start, end);
        h->has_link_attr = plain && is_anchor(h); /* perhaps */
        if (plain)
            return plain;
    }
    struct skipped s = { false, false };
    const uint8_t *gt = skip_attrs(p, end, &s);
    if (gt) {
        h->has_link_attr = s.has_link_attr;
        h->self_closing = s.self_closing;
    }
    return gt;
}

const uint8_t *html_tag_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    if (h->state == HTML_TAG_NAME) {
        const uint8_t *q = p;
        while (q < end && !(class_of[*q] & NAME_END))
            q++;
        if (h->saving)
            save(h, p, q);
        if (q == end)
            return end;
        bool in_run = !h->saving;
        name_read(h, in_run ? slice_of(h->start, (size_t)(q - h->start))
                            : slice_of(h->tag, h->tag_n));
        p = q;
        const uint8_t *gt = h->saving ? NULL : end_of_tag(h, p, end, in_run);
        if (gt) {
            tag_finish(h, gt);
            return gt + 1;
        }
    }
    p = run_over(h, p, end);
    if (p == end)
        return end;
    tag_finish(h, p);
    return p + 1;
}

static const uint8_t *tag_begin(struct html *h, const uint8_t *p, const uint8_t *end, bool end_tag)
{
    h->end_tag = end_tag;
    h->from_raw = h->self_closing = h->wanted = h->has_link_attr = h->saving = h->tag_cut = false;
    h->start = p;
    h->tag_n = 0;
    h->state = HTML_TAG_NAME;
    return html_tag_step(h, p, end);
}

void html_raw_end_tag(struct html *h)
{
    h->end_tag = h->from_raw = h->lt_known = true;
    h->self_closing = h->wanted = h->saving = false;
    h->name = NULL;
    h->state = HTML_BEFORE_ATTR;
}

const uint8_t *html_end_tag_open(struct html *h, const uint8_t *p, const uint8_t *end)
{
    if (ascii_is_alpha(*p))
        return tag_begin(h, p, end, true);
    h->state = *p == '>' ? HTML_DATA : HTML_BOGUS;
    return *p == '>' ? p + 1 : p;
}

const uint8_t *html_tag_open(struct html *h, const uint8_t *p, const uint8_t *end)
{
    if (ascii_is_alpha(*p))
        return tag_begin(h, p, end, false);
    switch (*p) {
    case '/':
        h->state = HTML_END_TAG_OPEN;
        return p + 1 < end ? html_end_tag_open(h, p + 1, end) : end;
    case '!':
        h->state = HTML_MARKUP;
        h->word = NULL;
        return p + 1;
    case '?':
        h->state = h->o.xml ? HTML_XML_PI : HTML_BOGUS;
        h->dashes = 0;
        return p + 1;
    default:
        h->state = HTML_DATA;
        if (html_tree_heeds_text(h))
            html_tree_text(h);
        if (h->text_reader)
            html_text_less(h);
        return p;
    }
}
