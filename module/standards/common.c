/* SPDX-License-Identifier: Apache-2.0 */
#include "standards/common.h"

#include "http/link.h"
#include "http/media_type.h"
#include "http/url.h"

struct signal signal_from_header(enum standard_id id, const struct header *h, size_t index)
{
    return (struct signal){
        .standard = (uint8_t)id,
        .carrier = CARRIER_HTTP_HEADER,
        .scope = SCOPE_ASSET,
        .confidence = CONF_EXACT,
        .place_kind = PLACE_HEADER,
        .at = index + 1,
        .name = h->name,
        .raw = h->value,
    };
}

/* What a meta calls itself; links and scripts have no value that needs a name. */
static struct slice name_of(const struct page_statement *s)
{
    static const char *const attributes[] = { "name", "property", "http-equiv" };
    struct slice name = SLICE_EMPTY;
    for (size_t i = 0; s->kind == PAGE_META && name.n == 0 && i < 3; i++)
        name = slice_trim_space(page_attr(s, attributes[i]));
    return name;
}

struct signal signal_from_page(enum standard_id id, const struct page_statement *s)
{
    struct signal sig = {
        .standard = (uint8_t)id,
        .carrier = CARRIER_HTML,
        .scope = SCOPE_PAGE,
        .confidence = CONF_EXACT,
        .place_kind = PLACE_BYTE,
        .at = s->offset,
        .name = name_of(s),
    };
    if (s->lenient)
        signal_lax(&sig, s->lenient);
    if (s->kind == PAGE_META && s->in_noscript)
        signal_lax(&sig, "inside noscript");
    else if (s->kind == PAGE_META && !s->in_head)
        signal_lax(&sig, "meta outside the head");
    return sig;
}

bool page_denies_only(const struct page_statement *s)
{
    return s->lenient != NULL;
}

bool property_denies_only(const struct property *p)
{
    return p->role == PACKET_SALVAGED;
}

struct signal signal_from_property(enum standard_id id, const struct property *p)
{
    struct signal sig = {
        .standard = (uint8_t)id,
        .carrier = (uint8_t)p->carrier,
        .scope = SCOPE_ASSET,
        .confidence = CONF_EXACT,
        .place_kind = PLACE_PART,
        .at = p->offset,
        .name = p->name,
        .part = p->where,
        .raw = p->value,
    };
    if (p->carrier == CARRIER_HTML) {
        sig.scope = p->of_image ? SCOPE_EMBEDDED_IMAGES : SCOPE_PAGE;
        sig.place_kind = PLACE_BYTE;
        if (p->of_image) /* one without a URL is not all of them, but the page's own "#" */
            sig.image = p->image.n ? p->image : SLICE_OF("#");
    }
    signal_demote(&sig, p->nested || p->refines ? PACKET_COMPONENT : p->role);
    return sig;
}

struct slice property_url(const struct property *p, const struct hook_input *r)
{
    if (!p->base.n)
        return p->value;
    struct slice base = url_resolve(r->out->arena, r->x->url, p->base);
    return url_resolve(r->out->arena, base, p->value);
}

struct slice meta_name(const struct page_statement *s, bool *by_property)
{
    struct slice name = slice_trim_space(page_attr(s, "name"));
    *by_property = false;
    if (name.n)
        return name;
    name = slice_trim_space(page_attr(s, "property"));
    *by_property = name.n != 0;
    return name;
}

struct slice meta_content(const struct page_statement *s, struct signal *sig)
{
    struct slice content = page_attr(s, "content");
    if (content.p)
        return slice_trim_space(content);
    content = page_attr(s, "value");
    if (!content.p)
        return SLICE_EMPTY;
    signal_lax(sig, "value attribute in place of content");
    return slice_trim_space(content);
}

bool meta_content_cut(const struct page_statement *s)
{
    return page_attr_cut(s, page_attr(s, "content").p ? "content" : "value");
}

struct slice meta_field(const struct page_statement *s)
{
    struct slice field = s->kind == PAGE_META ? page_attr(s, "http-equiv") : SLICE_EMPTY;
    return field.n ? slice_trim_space(field) : SLICE_EMPTY;
}

bool word_in(struct slice s, const char *const *words)
{
    uint8_t first = s.n ? ascii_lower(s.p[0]) : 0; /* no word is empty */
    for (; *words; words++)
        if (ascii_lower((uint8_t)**words) == first && slice_eq_nocase(s, slice_cstr(*words)))
            return true;
    return false;
}

bool meta_of_nobody(enum standard_id id, const struct page_statement *s, const char *const *names,
                    struct signals *out, struct signal *sig)
{
    bool by_property;
    if (s->kind != PAGE_META || !word_in(meta_name(s, &by_property), names))
        return false;
    *sig = (struct signal){ .note = NULL };
    struct slice value = meta_content(s, sig);
    if (!value.p)
        return false;
    *sig = signal_from_page(id, s);
    sig->raw = value;
    sig->note = NULL;
    if (meta_content_cut(s))
        out->overflow = true;
    return true;
}

struct slice agent_fold(struct slice token, uint8_t out[AGENT_MAX])
{
    size_t n = token.n < AGENT_MAX ? token.n : AGENT_MAX;
    for (size_t i = 0; i < n; i++)
        out[i] = ascii_lower(token.p[i]);
    return slice_of(out, n);
}

void links_each(const struct exchange *x, struct signals *out, const char *rel, link_visit *each,
                void *ctx)
{
    const struct header *h;
    for (size_t i = 0; (h = headers_next(&x->response, "link", &i)) != NULL;) {
        struct slice rest = h->value;
        struct link_value link;
        enum optout_rc rc;
        do { /* links before a malformed part are good */
            rc = link_next(out->arena, &rest, &link);
            if (link.target.p && slice_empty(link.anchor) && link_rel_has(link.rel, rel))
                each(ctx, &link, h, i - 1);
        } while (rc == OPTOUT_OK);
        if (rc == OPTOUT_E_NOMEM)
            out->overflow = true;
    }
}

bool type_is_rsl(struct slice type)
{
    struct media_type t = media_type_parse(type);
    return media_type_is(&t, "application/rsl+xml");
}
