/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - every standard that is read, one row each. */
#include "standards/common.h"

#include "http/link.h"

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

const struct standard standards[STD_COUNT] = {
    [STD_AIPREF] = {
        .id = STD_AIPREF,
        .name = "aipref",
        .title = "IETF AI Preferences",
        .spec = "draft-ietf-aipref-vocab, draft-ietf-aipref-attach (datatracker.ietf.org)",
        .version = "vocab-08, attach-05",
        .reads = "HTTP header, HTML meta, site file",
        .fields = FIELDS("content-usage"),
        .headers = aipref_headers,
        .page = aipref_page,
    },
    [STD_TDMREP] = {
        .id = STD_TDMREP,
        .name = "tdmrep",
        .title = "TDM Reservation Protocol",
        .spec = "https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/",
        .version = "2024-05-10",
        .reads = "HTTP header, HTML meta, site file, XMP, EPUB",
        .fields = FIELDS("tdm-reservation", "tdm-policy"),
        .headers = tdmrep_headers,
        .page = tdmrep_page,
        .property = tdmrep_property,
        .resolve = tdmrep_resolve,
        .may_lift = tdmrep_may_lift,
    },
    [STD_ROBOTS_META] = {
        .id = STD_ROBOTS_META,
        .name = "robots-meta",
        .title = "Robots rules of pages and responses, noai among them",
        .spec = "https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag, "
                "draft-illyes-repext, noai and noimageai as published by DeviantArt",
        .version = "2026-11, repext-03",
        .reads = "HTTP header, HTML meta",
        .fields = FIELDS("x-robots-tag", "robots-tag"),
        .headers = robots_meta_headers,
        .page = robots_meta_page,
    },
    [STD_CONTENT_SIGNALS] = {
        .id = STD_CONTENT_SIGNALS,
        .name = "content-signals",
        .title = "Content Signals",
        .spec = "https://contentsignals.org/",
        .version = "2025-09-24, with use= of 2026",
        .reads = "HTTP header, HTML meta, site file",
        .fields = FIELDS("content-signal"),
        .headers = content_signals_headers,
        .page = content_signals_page,
    },
    [STD_LICENSE_LINK] = {
        .id = STD_LICENSE_LINK,
        .name = "license-link",
        .title = "Licence links",
        .spec = "RFC 8288, RFC 4946, HTML Living Standard section 4.6.7",
        .version = "2017-10",
        .reads = "HTTP header, HTML link and a, XMP, EPUB",
        .fields = FIELDS("link"),
        .headers = license_link_headers,
        .page = license_link_page,
        .property = license_link_property,
    },
    [STD_RSL] = {
        .id = STD_RSL,
        .name = "rsl",
        .title = "Really Simple Licensing",
        .spec = "https://rslstandard.org/rsl",
        .version = "1.0",
        .reads = "HTTP header, HTML link and script, site file, XMP, EPUB",
        .fields = FIELDS("link", "www-authenticate"),
        .headers = rsl_headers,
        .page = rsl_page,
        .property = rsl_property,
    },
    [STD_C2PA] = {
        .id = STD_C2PA,
        .name = "c2pa",
        .title = "Content Credentials",
        .spec = "https://spec.c2pa.org/",
        .version = "2.4",
        .reads = "HTTP header, HTML link, C2PA manifest store, XMP, text",
        .fields = FIELDS("link"),
        .headers = c2pa_headers,
        .page = c2pa_page,
        .property = c2pa_property,
        .resolve = c2pa_resolve,
    },
    [STD_ACCESS] = {
        .id = STD_ACCESS,
        .name = "access",
        .title = "Payment and refusal: 402, 451, pay per crawl, x402",
        .spec = "RFC 9110 section 15.5.3, RFC 7725, "
                "https://developers.cloudflare.com/ai-crawl-control/features/pay-per-crawl/",
        .version = "2026-11",
        .reads = "HTTP status, HTTP header",
        .fields = FIELDS("crawler-price", "crawler-error", "crawler-charged", "payment-required"),
        .headers = access_headers,
        .reads_status = true,
    },
    [STD_AI_META] = {
        .id = STD_AI_META,
        .name = "ai-meta",
        .title = "Meta names about AI that no specification defines",
        .spec = "none",
        .version = "as met in pages",
        .reads = "HTML meta",
        .page = ai_meta_page,
    },
    [STD_ROBOTS_TXT] = {
        .id = STD_ROBOTS_TXT,
        .name = "robots-txt",
        .title = "Robots Exclusion Protocol, with DisallowAITraining and purpose tokens",
        .spec = "RFC 9309, draft-canel-robots-ai-control",
        .version = "RFC, -00",
        .reads = "site file",
    },
    [STD_AI_TXT] = {
        .id = STD_AI_TXT,
        .name = "ai-txt",
        .title = "ai.txt: Spawning's file types, and the well-known form",
        .spec = "https://spawning.ai/ai-txt, draft-car-ai-txt-wellknown",
        .version = "2023, -00",
        .reads = "site file",
    },
    [STD_TRUST_TXT] = {
        .id = STD_TRUST_TXT,
        .name = "trust-txt",
        .title = "trust.txt datatrainingallowed",
        .spec = "https://journallist.net/reference-document-for-trust-txt-specifications",
        .version = "2024-04-04",
        .reads = "site file",
    },
    [STD_PLUS] = {
        .id = STD_PLUS,
        .name = "plus",
        .title = "PLUS Data Mining, also of IPTC Photo Metadata",
        .spec = "http://ns.useplus.org/LDF/ldf-XMPSpecification, IPTC Photo Metadata 2025.1",
        .version = "LDF 2.0.1",
        .reads = "XMP, C2PA metadata assertion",
        .property = plus_property,
    },
    [STD_CAWG] = {
        .id = STD_CAWG,
        .name = "cawg",
        .title = "CAWG Training and Data Mining assertion",
        .spec = "https://cawg.io/training-and-data-mining/1.1/",
        .version = "1.1",
        .reads = "C2PA manifest store",
        .resolve = c2pa_resolve,
    },
    [STD_NATURAL_LANGUAGE] = {
        .id = STD_NATURAL_LANGUAGE,
        .name = "natural-language",
        .title = "Words for people in the metadata of files",
        .spec = "none",
        .version = "as met in files",
        .reads = "XMP, IIM, text fields",
        .property = natural_language_property,
    },
};

static bool has_field(const struct standard *row, const struct headers *h)
{
    if (row->fields)
        for (const char *const *name = row->fields; *name; name++)
            if (headers_find(h, *name))
                return true;
    return false;
}

void standards_read_headers(const struct exchange *x, struct signals *out)
{
    for (size_t i = 0; i < STD_COUNT; i++) {
        const struct standard *row = &standards[i];
        if (row->headers && ((row->reads_status && x->status >= 400) ||
                             has_field(row, &x->response)))
            row->headers(x, out);
    }
}

void standards_read_page(const struct page_statement *s, const struct exchange *x,
                         struct signals *out)
{
    for (size_t i = 0; i < STD_COUNT; i++)
        if (standards[i].page)
            standards[i].page(s, x, out);
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
    case PAGE_ANCHOR:
        break; /* leads to nothing that is read */
    }
    return false;
}

void standards_read_property(const struct property *p, const struct exchange *x,
                             struct signals *out)
{
    for (size_t i = 0; i < STD_COUNT; i++)
        if (standards[i].property)
            standards[i].property(p, x, out);
}

void standard_resolve(enum standard_id id, const struct signal *const *sig, size_t n,
                      struct prefs *out)
{
    *out = (struct prefs){ { 0 } };
    if ((unsigned)id < STD_COUNT && standards[id].resolve) {
        standards[id].resolve(sig, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        prefs_join(out, &sig[i]->prefs);
}
