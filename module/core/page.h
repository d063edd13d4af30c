/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - one thing a page states, between the format that found it and the
 * standards that read it.
 *
 * Formats report only elements that exist in the page (never text inside
 * comments, scripts, templates or attribute values), so a standard may take
 * what it is given at its word. */
#ifndef OPTOUT_CORE_PAGE_H
#define OPTOUT_CORE_PAGE_H

#include "core/slice.h"

enum page_kind {
    PAGE_META,   /* <meta> */
    PAGE_LINK,   /* <link>; only one that holds a word by which a standard reads it, or is cut */
    PAGE_ANCHOR, /* <a> or <area>, likewise */
    PAGE_BASE,   /* <base> */
    PAGE_SCRIPT, /* <script> of a type that a standard reads, with its text */
    PAGE_IMAGE,  /* <img>, <source>, <video>, <image>, and a <link> to one; only on demand */
    PAGE_PROPERTY /* any element whose itemprop or property may name a right, and is not among
                     those above for it; with its value. Only from who reads text */
};

#define PAGE_ATTRS_MAX 64         /* attributes kept per element; later ones are dropped */
#define PAGE_VALUE_MAX 4096       /* bytes kept of a decoded attribute value */
#define PAGE_SCRIPT_MAX (64 << 10) /* bytes kept of a script's text */
#define PAGE_PROPERTY_MAX 4096     /* bytes kept of the text of an element that is a value */

struct page_attr {
    struct slice name;  /* lower-cased; of duplicates only the first is listed */
    struct slice value; /* without blanks in front, character references decoded, UTF-8 */
    bool cut;           /* it was longer */
    struct slice raw;   /* as it is written; empty of scripts */
};

/* Valid only during the call that hands it over. */
struct page_statement {
    enum page_kind kind;
    const struct page_attr *attr;
    size_t n_attr;
    struct slice text; /* PAGE_SCRIPT: its text. PAGE_PROPERTY: its value, an attribute's or the
                          element's text, paragraphs of which are parted by an empty line */
    bool shown;        /* PAGE_PROPERTY: the value is text that the page shows as its own */
    uint64_t offset;   /* of the '<', in bytes of the body after content coding */
    bool in_head;      /* false: in the body, where meta does not belong */
    bool in_noscript;  /* in a <noscript> */
    bool of_media;     /* PAGE_IMAGE: its src is a film or a sound, only its poster an image */
    bool cut;          /* not all is there: a value that may be read, attributes, the text */
    bool later;        /* its words are told again, when it is known what its bytes stand for */
    bool attrs_cut;    /* attributes are missing, whole or in part */
    const char *lenient; /* why a browser does not take this for an element, and other
                            readers do: it may deny, never allow; NULL: it is one */
};

static inline const struct page_attr *page_attr_find(const struct page_statement *s,
                                                     struct slice name)
{
    for (size_t i = 0; i < s->n_attr; i++)
        if (s->attr[i].name.n == name.n && !memcmp(s->attr[i].name.p, name.p, name.n))
            return &s->attr[i];
    return NULL;
}

/* The value of `name` (lower case), or an empty slice whose p is NULL when the
 * element has no such attribute. `<meta content>` gives an empty value whose p
 * is not NULL. */
static inline struct slice page_attr(const struct page_statement *s, const char *name)
{
    const struct page_attr *a = page_attr_find(s, slice_cstr(name));
    return a ? a->value : SLICE_EMPTY;
}

/* Whether the value of `name` is not whole. */
static inline bool page_attr_cut(const struct page_statement *s, const char *name)
{
    const struct page_attr *a = page_attr_find(s, slice_cstr(name));
    return a && a->cut;
}

#endif
