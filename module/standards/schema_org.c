/* SPDX-License-Identifier: Apache-2.0 */
/* schema_org.c - schema.org (license, usageInfo, acquireLicensePage …) in microdata and RDFa, and the
 * names that it and other vocabularies have in structured data.
 *
 * HTML Living Standard section 5 (microdata), RDFa Core 1.1: itemprop of meta, link, a and area,
 * property of meta, and either of others, whose value is an attribute or their text. Of what item
 * it is a property is not known here: it is taken for the page's. DCMI, "Expressing Dublin Core
 * in HTML/XHTML": metas named dc.rights, dcterms.license and their like, when they hold a URL;
 * their words are natural_language.c's.
 *
 * Limits: those of the page's elements, TOKENS_MAX names of one itemprop. */
#include "standards/schema_org.h"

#include "standards/common.h"

#define TOKENS_MAX 8

#define NS_DC "http://purl.org/dc/elements/1.1"
#define NS_DCTERMS "http://purl.org/dc/terms"
#define NS_CC "http://creativecommons.org/ns"
#define NS_PLUS "http://ns.useplus.org/ldf/xmp/1.0"
#define NS_IPTC_EXT "http://iptc.org/std/Iptc4xmpExt/2008-02-29"
#define NS_XMP_RIGHTS "http://ns.adobe.com/xap/1.0/rights"
#define NS_TDMREP "http://www.w3.org/ns/tdmrep"

/* ---- names ---- */

static const char *const of_schema[] = {
    "license", "usageInfo", "acquireLicensePage", "conditionsOfAccess",
    "copyrightNotice", "copyrightHolder", "creditText", NULL,
};

static const struct {
    struct slice prefix; /* as it is usually called */
    const char *ns;
} vocabularies[] = {
    { SLICE("schema"), NS_SCHEMA },       { SLICE("dc"), NS_DC },
    { SLICE("dcterms"), NS_DCTERMS },     { SLICE("dct"), NS_DCTERMS },
    { SLICE("cc"), NS_CC },               { SLICE("plus"), NS_PLUS },
    { SLICE("Iptc4xmpExt"), NS_IPTC_EXT }, { SLICE("xmpRights"), NS_XMP_RIGHTS },
    { SLICE("tdm"), NS_TDMREP },          { SLICE("tdmrep"), NS_TDMREP },
};
#define VOCABULARIES (sizeof vocabularies / sizeof *vocabularies)

static bool is_listed(struct slice name)
{
    for (const char *const *n = of_schema; *n; n++)
        if (slice_eq(name, slice_cstr(*n)))
            return true;
    return false;
}

/* Of whole IRIs the name space, as it is listed; NULL: another's. */
static const char *vocabulary_of(struct slice iri)
{
    for (size_t i = 0; i < VOCABULARIES; i++)
        if (property_ns_is(iri, vocabularies[i].ns))
            return vocabularies[i].ns;
    return NULL;
}

static const char *vocabulary_called(struct slice prefix)
{
    for (size_t i = 0; i < VOCABULARIES; i++)
        if (slice_eq_nocase(prefix, vocabularies[i].prefix))
            return vocabularies[i].ns;
    return NULL;
}

bool schema_name(struct slice key, struct slice *ns, struct slice *local)
{
    const char *of = NS_SCHEMA;
    size_t colon = slice_find(key, ':'), from = key.n;
    *local = key;
    if (colon < key.n && colon + 1 < key.n && key.p[colon + 1] == '/') {
        while (from && key.p[from - 1] != '/' && key.p[from - 1] != '#')
            from--;
        of = vocabulary_of(slice_sub(key, 0, from));
        *local = slice_from(key, from);
    } else if (colon < key.n) {
        of = vocabulary_called(slice_sub(key, 0, colon));
        *local = slice_from(key, colon + 1);
    }
    *ns = slice_cstr(of);
    return of && local->n && (strcmp(of, NS_SCHEMA) != 0 || is_listed(*local));
}

/* ---- values ---- */

/* What a document of that name is, whoever names it: the licence of RSL's own examples. */
static bool is_rsl_url(struct slice value)
{
    size_t from = slice_sub(value, 0, slice_find(value, '?')).n;
    struct slice path = slice_sub(value, 0, from);
    while (from && path.p[from - 1] != '/')
        from--;
    struct slice file = slice_from(path, from);
    return slice_eq_nocase(file, SLICE_OF("license.xml")) ||
           slice_eq_nocase(file, SLICE_OF("rsl.xml")) ||
           (file.n > 4 && slice_eq_nocase(slice_from(file, file.n - 4), SLICE_OF(".rsl")));
}

static bool is_schema(struct slice ns, struct slice local, const char *name)
{
    return slice_eq(ns, SLICE_OF(NS_SCHEMA)) && slice_eq(local, slice_cstr(name));
}

void schema_put(const struct schema_sink *to, const struct schema_place *at, struct slice ns,
                struct slice local, struct slice value)
{
    value = slice_trim_space(value);
    bool licence = is_schema(ns, local, "license") || is_schema(ns, local, "usageInfo");
    if (value.n == 0 || at->about == SCHEMA_NOBODY)
        return;
    if (licence && is_rsl_url(value)) {
        ns = SLICE_OF("https://rslstandard.org/rsl");
        local = SLICE_OF("license");
    }
    struct property p = {
        .carrier = CARRIER_HTML,
        .role = at->flawed || to->s->lenient ? PACKET_SALVAGED : PACKET_MAIN,
        .ns = ns,
        .name = local,
        .value = slice_sub(value, 0, PROPERTY_VALUE_MAX),
        .shown = to->s->shown,
        .nested = at->about == SCHEMA_PART,
        .of_image = at->about == SCHEMA_IMAGE,
        .image = at->image,
        .cut = to->s->cut,
        .format = "html",
        .offset = to->s->offset,
    };
    to->visit(to->ctx, &p);
}

/* ---- elements ---- */

static bool is_url(struct slice value)
{
    return slice_starts_nocase(value, SLICE_OF("https://")) ||
           slice_starts_nocase(value, SLICE_OF("http://")) || slice_begins(value, '/');
}

static bool next_token(struct slice *s, struct slice *token)
{
    *s = slice_trim_space(*s);
    size_t n = 0;
    while (n < s->n && !ascii_is_space(s->p[n]))
        n++;
    *token = slice_sub(*s, 0, n);
    *s = slice_from(*s, n);
    return n > 0;
}

/* itemprop, or the property of RDFa, which Open Graph has taken for names of its own. */
static void read_names(const struct schema_sink *to, struct slice names, struct slice value)
{
    struct schema_place at = { .about = SCHEMA_PAGE };
    struct slice token, ns, local;
    for (size_t i = 0; i < TOKENS_MAX && next_token(&names, &token); i++)
        if (schema_name(token, &ns, &local))
            schema_put(to, &at, ns, local, value);
}

/* "dcterms.license", "DC.rights", "copyright": only where the value is a URL. */
static void read_rights_meta(const struct schema_sink *to, struct slice name, struct slice value)
{
    static const struct {
        struct slice name, local;
        const char *ns;
    } metas[] = {
        { SLICE("dcterms.license"), SLICE("license"), NS_DCTERMS },
        { SLICE("dcterms:license"), SLICE("license"), NS_DCTERMS },
        { SLICE("dc.license"), SLICE("license"), NS_DCTERMS },
        { SLICE("dc.rights.license"), SLICE("license"), NS_DCTERMS },
        { SLICE("dcterms.rights"), SLICE("rights"), NS_DCTERMS },
        { SLICE("dcterms:rights"), SLICE("rights"), NS_DCTERMS },
        { SLICE("dc.rights"), SLICE("rights"), NS_DCTERMS },
        { SLICE("dc:rights"), SLICE("rights"), NS_DCTERMS },
        { SLICE("rights"), SLICE("rights"), NS_DCTERMS },
        { SLICE("copyright"), SLICE("rights"), NS_DCTERMS },
        { SLICE("license"), SLICE("license"), NS_DCTERMS },
    };
    struct schema_place at = { .about = SCHEMA_PAGE };
    if (!is_url(value))
        return;
    for (size_t i = 0; i < sizeof metas / sizeof *metas; i++)
        if (slice_eq_nocase(name, metas[i].name)) {
            schema_put(to, &at, slice_cstr(metas[i].ns), metas[i].local, value);
            return;
        }
}

static bool is_json_ld(const struct page_statement *s)
{
    struct slice type = page_attr(s, "type");
    type = slice_trim_space(slice_sub(type, 0, slice_find(type, ';')));
    return s->kind == PAGE_SCRIPT && slice_eq_nocase(type, SLICE_OF("application/ld+json"));
}

/* itemprop, or else property. */
static struct slice names_of(const struct page_statement *s)
{
    struct slice item = page_attr(s, "itemprop");
    return item.n ? item : page_attr(s, "property");
}

bool schema_org_names(const struct page_statement *property)
{
    struct slice names = names_of(property), token, ns, local;
    for (size_t i = 0; i < TOKENS_MAX && next_token(&names, &token); i++)
        if (schema_name(token, &ns, &local))
            return true;
    return false;
}

void schema_org_read(const struct page_statement *s, const struct hook_input *r,
                     property_visit *visit, void *ctx)
{
    const struct schema_sink to = { s, r, visit, ctx };
    if (is_json_ld(s)) {
        json_ld_read(&to);
        return;
    }
    if (s->kind == PAGE_PROPERTY)
        read_names(&to, names_of(s), s->text);
    if (s->kind != PAGE_META && s->kind != PAGE_LINK && s->kind != PAGE_ANCHOR)
        return;
    bool meta = s->kind == PAGE_META;
    struct slice value = slice_trim_space(page_attr(s, meta ? "content" : "href"));
    struct slice names = page_attr(s, "itemprop");
    if (value.n == 0)
        return;
    if (names.n)
        read_names(&to, names, value);
    if (!meta)
        return;
    if (page_attr(s, "property").n)
        read_names(&to, page_attr(s, "property"), value);
    read_rights_meta(&to, slice_trim_space(page_attr(s, "name")), value);
}
