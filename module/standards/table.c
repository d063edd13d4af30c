/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - every standard that is read. The rows stand in the files of the standards. */
#include "standards/common.h"
#include "standards/schema_org.h"

#include "http/link.h"

#define DECLARE(NAME, row) extern const struct standard standard_##row;
#define ENTRY(NAME, row) [STD_##NAME] = &standard_##row,
STANDARDS(DECLARE)
const struct standard *const standards[STD_COUNT] = { STANDARDS(ENTRY) };

static bool has_field(const struct standard *row, const struct headers *h)
{
    if (row->fields)
        for (const char *const *name = row->fields; *name; name++)
            if (headers_find(h, *name))
                return true;
    return false;
}

void standards_read_headers(const struct hook_input *in)
{
    for (size_t i = 0; i < STD_COUNT; i++) {
        const struct standard *row = standards[i];
        if (row->headers && ((row->reads_status && in->x->status >= 400) ||
                             has_field(row, &in->x->response)))
            row->headers(in);
    }
}

static void on_structured(void *ctx, const struct property *p)
{
    const struct hook_input *const *in = ctx;
    standards_read_property(p, *in);
}

void standards_read_page(const struct page_statement *s, const struct hook_input *in)
{
    for (size_t i = 0; i < STD_COUNT; i++)
        if (standards[i]->page)
            standards[i]->page(s, in);
    schema_org_read(s, in, on_structured, &in);
}

bool standards_read_meta(struct slice name)
{
    for (size_t i = 0; i < STD_COUNT; i++)
        if (standards[i]->meta_names && word_in(name, standards[i]->meta_names))
            return true;
    return false;
}

#define NAME_SURE 256 /* bytes of a name that cannot begin one that is known */

static bool name_is_hidden(const struct page_statement *s, const char *attr)
{
    return page_attr_cut(s, attr) && slice_trim_space(page_attr(s, attr)).n < NAME_SURE;
}

static bool meta_may_miss(const struct page_statement *s)
{
    bool all = page_attr(s, "content").p && (page_attr(s, "name").n || page_attr(s, "property").n);
    return (s->attrs_cut && !all) || name_is_hidden(s, "name") || name_is_hidden(s, "property") ||
           name_is_hidden(s, "http-equiv");
}

static bool link_may_miss(const struct page_statement *s)
{
    struct slice rel = page_attr(s, "rel");
    bool licence = link_rel_has(rel, "license");
    return page_attr_cut(s, "rel") || (licence && page_attr_cut(s, "type")) ||
           (s->attrs_cut && (licence || !rel.p));
}

bool standards_may_miss(const struct page_statement *s)
{
    if (!s->cut)
        return false;
    switch (s->kind) {
    case PAGE_META:
        return meta_may_miss(s);
    case PAGE_LINK:
        return link_may_miss(s);
    case PAGE_BASE: /* what is named relative to it may be named wrong */
    case PAGE_SCRIPT:
        return true;
    case PAGE_PROPERTY:
        return !s->shown && schema_org_names(s);
    case PAGE_IMAGE:
    case PAGE_ANCHOR:
        break; /* leads to nothing that is read */
    }
    return false;
}

void standards_read_property(const struct property *p, const struct hook_input *in)
{
    for (size_t i = 0; i < STD_COUNT; i++)
        if (standards[i]->property)
            standards[i]->property(p, in);
}

void standard_resolve(enum standard_id id, const struct signal *const *sig, size_t n,
                      struct prefs *out)
{
    *out = (struct prefs){ { 0 } };
    if ((unsigned)id < STD_COUNT && standards[id]->resolve) {
        standards[id]->resolve(sig, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        prefs_join(out, &sig[i]->prefs);
}
