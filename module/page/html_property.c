/* SPDX-License-Identifier: Apache-2.0 */
/* html_property.c - elements that are the value of a property: HTML standard section 5.2.4
 * (microdata), RDFa Core 1.1 section 7.5. What has an attribute for its value has it there;
 * of all others it is the text, hidden or not, but for that of templates and scripts.
 *
 * Only of names that may be those of a right (html_watch.h), and not of those elements that the
 * scanner reports for their itemprop or property anyway.
 *
 * MAX: PROPERTY_OPEN_MAX properties in each other, PAGE_PROPERTY_MAX bytes of all their text, then
 *      they are cut; PROPERTY_NAMES_MAX bytes of names. */
#include "page/html_scan.h"
#include "page/html_text.h"
#include "page/html_watch.h"

bool html_property_may_be(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 4; p++) {
        p = html_find(p, end - 1, '=');
        if (!p)
            return false;
        const uint8_t *q = p;
        while (ascii_is_space(q[-1]))
            q--;
        if ((q[-1] | 0x20) == 'p' || (q[-1] | 0x20) == 'y') /* itemprop, property */
            return true;
    }
    return false;
}

/* Metas are reported for either, links for an itemprop that names a licence. */
static bool is_reported(const struct html *h, bool item)
{
    enum html_tag tag = h->name ? (enum html_tag)h->name->tag : TAG_OTHER;
    bool link = tag == TAG_A || tag == TAG_AREA || tag == TAG_LINK;
    return tag == TAG_META || (item && link && html_link_is_read(h));
}

/* The value of microdata or RDFa that stands in an attribute; p NULL: none does. */
static struct slice value_attr(const struct html *h)
{
    static const char *const names[] = { "content", "href", "src", "resource", "data", "value" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (html_has_attr(h, names[i]))
            return html_attr(h, names[i]);
    return SLICE_EMPTY;
}

static uint64_t place_of(struct html *h)
{
    return h->lt_known ? h->tag_at : charset_offset(&h->run, h->lt);
}

static void tell(struct html_text *t, const struct text_property *p, struct slice value)
{
    struct page_attr attr = {
        .name = p->is_item ? SLICE_OF("itemprop") : SLICE_OF("property"),
        .value = slice_of(p->names, p->n_names),
    };
    struct page_statement s = {
        .kind = PAGE_PROPERTY,
        .attr = &attr,
        .n_attr = 1,
        .text = value,
        .shown = p->shown,
        .offset = p->offset,
        .cut = p->cut,
        .lenient = p->lenient,
    };
    if (value.n || p->cut)
        t->page(t->page_ctx, &s);
}

static bool take_names(struct text_property *p, struct slice names)
{
    if (names.n > sizeof p->names)
        return false;
    memcpy(p->names, names.p, names.n);
    p->n_names = names.n;
    return true;
}

static uint8_t begin(struct html *h, bool item, struct slice names, bool holds)
{
    struct html_text *t = h->text_reader;
    struct slice value = value_attr(h);
    struct text_property p = {
        .offset = place_of(h),
        .from = t->property_n,
        .is_item = item,
        .lenient = h->charset.misread ? HTML_MISREAD : NULL,
    };
    bool full = t->n_property == PROPERTY_OPEN_MAX;
    if (!take_names(&p, names))
        return 0;
    if (value.p || !holds || full) {
        p.cut = value.p ? h->attr_cut : full;
        tell(t, &p, value);
        return 0;
    }
    p.shown = true;
    t->property[t->n_property++] = p;
    return (uint8_t)t->n_property;
}

uint8_t html_property_begin(struct html *h, bool holds)
{
    struct slice item = html_attr(h, "itemprop"), property = html_attr(h, "property");
    if (h->templates)
        return 0;
    if (item.n && html_names_right(item) && !is_reported(h, true))
        return begin(h, true, item, holds);
    if (property.n && html_names_right(property) && !is_reported(h, false))
        return begin(h, false, property, holds);
    return 0;
}

static void add(struct html_text *t, const uint8_t *p, size_t n)
{
    if (n > sizeof t->property_text - t->property_n) {
        for (size_t i = 0; i < t->n_property; i++)
            t->property[i].cut = t->property[i].cut || !t->property[i].ended;
        return;
    }
    memcpy(t->property_text + t->property_n, p, n);
    t->property_n += n;
}

void html_property_char(struct html *h, const uint8_t *p, size_t n)
{
    struct html_text *t = h->text_reader;
    if (h->templates)
        return;
    if (t->now.skip || t->now.voice != VOICE_OWN || t->now.kind == TEXT_TITLE)
        for (size_t i = 0; i < t->n_property; i++)
            t->property[i].shown = t->property[i].shown && t->property[i].ended;
    add(t, p, n);
}

void html_property_blank(struct html_text *t, const char *blank)
{
    bool line = t->property_n && t->property_text[t->property_n - 1] == '\n';
    bool space = t->property_n && t->property_text[t->property_n - 1] == ' ';
    if (t->property_n && !line && (!space || *blank == '\n'))
        add(t, (const uint8_t *)blank, strlen(blank));
}

void html_property_end(struct html_text *t, uint8_t number)
{
    struct text_property *p = &t->property[number - 1];
    p->ended = true;
    tell(t, p, slice_trim_space(slice_of(t->property_text + p->from, t->property_n - p->from)));
    while (t->n_property && t->property[t->n_property - 1].ended)
        t->n_property--;
    if (t->n_property == 0)
        t->property_n = 0;
}
