/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h - what kind of body a response has: what its head says, what its first bytes show. */
#ifndef OPTOUT_INSPECT_KIND_H
#define OPTOUT_INSPECT_KIND_H

#include "core/arena.h"
#include "http/exchange.h"

#define KIND_TYPES_MAX 8          /* media types of one response that are looked at */
#define KIND_PROLOG_MAX (64u << 10) /* bytes before the root of an XML document that are kept */

/* When a page is looked for. */
enum page_hint {
    PAGE_NEVER,
    PAGE_IF_IT_LOOKS_LIKE_ONE,
    PAGE_IF_ITS_ROOT_IS_ONE, /* any XML */
    PAGE_HTML,
    PAGE_XHTML
};

struct body_kind {
    struct slice type[KIND_TYPES_MAX]; /* lower case; the first is the one that browsers take,
                                          and may be empty */
    size_t n_types;
    struct slice charset;
    enum page_hint page;
    bool data;        /* of all these types it is known that no reservation is written in them */
    bool plain;       /* no type says data or a file: what is text is read by people */
    bool markdown;    /* likewise, with marks in it */
    bool file;        /* one of them is that of a file whose first bytes tell what it is */
    size_t sniff_max; /* how many first bytes tell */
};

/* What the first bytes show of a text. */
struct kind_look {
    struct slice text;     /* the first bytes as UTF-8 */
    struct slice root;     /* from the '<' of the root of an XML document, or of what looks
                              like one; empty: none */
    struct slice charset;  /* the form that was undone, where nothing in it says so */
    bool xml;              /* it has an XML declaration, or an XHTML root */
    bool foreign;          /* UTF-32, or an XML declaration in EBCDIC: no reader of pages has it */
    bool unfinished;       /* comments and the like have not ended yet */
};

/* Which readers of pages a body is given to. */
struct kind_pages {
    bool xml, html;
    bool html_is_second; /* what only HTML shows is not the document's own meaning */
};

/* False when memory is used up. */
bool kind_of_head(struct body_kind *k, const struct exchange *x, struct arena *arena);
/* Whether no statement is written in bodies of this type (lower case). */
bool kind_is_data(struct slice type);
/* A page that begins as pages do is nothing else; all else that calls itself one may be a
 * file too. */
bool kind_begins_page(const struct body_kind *k, struct slice head);
/* Whether a '<' is the first thing in these bytes: in no coding do they begin so. */
bool kind_begins_text(struct slice head);
/* False when memory is used up. */
bool kind_look(struct kind_look *l, struct slice head, struct arena *arena);
/* `is_file`: the first bytes are those of a file. */
struct kind_pages kind_pages(const struct body_kind *k, const struct kind_look *l, bool is_file);
/* Whether these bytes are of a kind that is read as it is; for coding_front. */
bool kind_is_known(struct slice head, bool texts_too);

/* One from the middle of a file begins with nothing that tells what it is. */
bool kind_is_middle(const struct exchange *x);

#endif
