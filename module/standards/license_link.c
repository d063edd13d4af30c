/* SPDX-License-Identifier: Apache-2.0 */
/* license_link.c - rel=license in the Link field and in pages, licences named in XMP.
 *
 * RFC 8288 (field), RFC 4946 (relation), HTML Living Standard, link type license;
 * XMP properties of Creative Commons, Dublin Core terms and XMP rights management; RFC 4946,
 * Creative Commons, Media RSS and Podcast elements of feeds; schema.org.
 * A copyright licence is no preference about AI: it is reported with its URL
 * and says neither yes nor no. Links to RSL documents belong to rsl.c.
 *
 * MAX_* limits: those of http/link.h. */
#include "standards/license_link.h"

#include "standards/common.h"

#include "http/link.h"

/* Of the part of a Creative Commons URL that names the licence, first hit. */
static const struct {
    const char *part;
    const char *note;
} kinds[] = {
    { "nc", "Creative Commons, NonCommercial: a copyright licence, not a preference" },
    { "nd", "Creative Commons, NoDerivatives: a copyright licence, not a preference" },
    { "", "Creative Commons, open: a copyright licence, not a preference" },
};

static const char *kind_of(struct slice url)
{
    static const struct slice host = SLICE("creativecommons.org/");
    struct slice path = slice_from(url, slice_find_nocase(url, host));
    if (path.n == 0)
        return NULL;
    path = slice_from(path, host.n);
    struct slice dir;
    if (!slice_split(&path, '/', &dir))
        return NULL;
    if (!slice_eq_nocase(dir, SLICE_OF("licenses")) &&
        !slice_eq_nocase(dir, SLICE_OF("publicdomain")))
        return NULL;
    struct slice name = slice_sub(path, 0, slice_find(path, '/'));
    for (size_t i = 0;; i++)
        if (*kinds[i].part == '\0' || slice_find_nocase(name, slice_cstr(kinds[i].part)) < name.n)
            return kinds[i].note;
}

static void add(struct signals *out, struct signal *sig, struct slice url)
{
    sig->raw = sig->url = url;
    if (!sig->note)
        sig->note = kind_of(url);
    signals_add(out, sig);
}

static void visit(void *ctx, const struct link_value *link, const struct header *h, size_t at)
{
    if (type_is_rsl(link->type))
        return;
    struct signal sig = signal_from_header(STD_LICENSE_LINK, h, at);
    add(ctx, &sig, link->target);
}

static void license_link_headers(const struct hook_input *r)
{
    links_each(r->x, r->out, "license", visit, r->out);
}

static void license_link_page(const struct page_statement *s, const struct hook_input *r)
{
    if (s->kind != PAGE_LINK && s->kind != PAGE_ANCHOR)
        return;
    struct slice url = slice_trim_space(page_attr(s, "href"));
    if (url.n == 0 || !link_rel_has(page_attr(s, "rel"), "license"))
        return;
    if (s->kind == PAGE_LINK && type_is_rsl(page_attr(s, "type")))
        return;
    struct signal sig = signal_from_page(STD_LICENSE_LINK, s);
    add(r->out, &sig, url);
}

static const struct {
    const char *ns;
    struct slice name;
} properties[] = {
    { "http://creativecommons.org/ns", SLICE("license") },
    { "http://web.resource.org/cc", SLICE("license") },
    { "http://ns.adobe.com/xap/1.0/rights", SLICE("WebStatement") },
    { "http://purl.org/dc/terms", SLICE("license") },
    { "http://www.w3.org/2005/Atom", SLICE("license") },
    { "http://backend.userland.com/creativeCommonsRssModule", SLICE("license") },
    { "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html", SLICE("license") },
    { "http://search.yahoo.com/mrss", SLICE("license") },
    { "http://search.yahoo.com/mrss", SLICE("copyright") },
    { "https://podcastindex.org/namespace/1.0", SLICE("license") },
    { "http://schema.org", SLICE("license") },
    { "http://schema.org", SLICE("usageInfo") },
    { "http://schema.org", SLICE("acquireLicensePage") },
    { "http://schema.org", SLICE("conditionsOfAccess") },
    { "http://purl.org/dc/terms", SLICE("rights") },
};

/* In feeds and pages the same names hold words: "CC BY 4.0", "Copyright 2026 …". In metadata
 * of other kinds rights are words. */
static bool is_words(const struct property *p)
{
    bool url = slice_find(p->value, '/') < p->value.n;
    if (p->carrier != CARRIER_FEED && p->carrier != CARRIER_HTML)
        return slice_eq(p->name, SLICE_OF("rights"));
    for (size_t i = 0; i < p->value.n && url; i++)
        url = !ascii_is_space(p->value.p[i]);
    return !url;
}

static void license_link_property(const struct property *p, const struct hook_input *r)
{
    if (p->value.n == 0 || is_words(p))
        return;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (slice_eq(p->name, properties[i].name) && property_ns_is(p->ns, properties[i].ns)) {
            struct signal sig = signal_from_property(STD_LICENSE_LINK, p);
            sig.url = property_url(p, r);
            sig.property = slice_eq(p->name, SLICE_OF("acquireLicensePage")) ? LICENCE_OFFER : 0;
            if (sig.property == LICENCE_OFFER && !sig.note)
                sig.note = "where a licence can be had";
            if (!sig.note)
                sig.note = kind_of(sig.url);
            signals_add(r->out, &sig);
            return;
        }
}

const struct standard standard_license_link = {
    .name = "license-link",
    .title = "Licence links",
    .spec = "RFC 8288, RFC 4946, HTML Living Standard section 4.6.7",
    .version = "2017-10",
    .reads = "HTTP header, HTML link and a, XMP, EPUB, feeds, "
             "structured data of pages",
    .fields = FIELDS("link"),
    .headers = license_link_headers,
    .page = license_link_page,
    .property = license_link_property,
};
