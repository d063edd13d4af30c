/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - reads a body as a page: as HTML, as XML, or as both, for a document that nobody
 * named may be read either way.
 *
 * One per inspection; memory from its arena. */
#ifndef OPTOUT_INSPECT_PAGES_H
#define OPTOUT_INSPECT_PAGES_H

#include "core/undecided.h"
#include "page/html.h"
#include "http/exchange.h"
#include "inspect/kind.h"
#include "core/signal.h"

struct pages;
struct words;

struct pages_env {
    struct arena *arena;
    const struct exchange *x;
    struct signals *out;
    undecided_set *undecided;
    struct words *words; /* of standards/natural_language.h */
    const struct packet_sink *packets; /* may be NULL */
    struct slice charset;
    bool head_only;
    /* What people read in the page goes to `text` if it may hold one of `literals`, which are
     * compiled for text and outlive it, near to which it is `worth` reading. Either NULL, or head_only:
     * no text is read. */
    text_visit *text;
    void *text_ctx;
    const struct literals *literals;
    bool (*worth)(void *ctx, struct slice text);
    void *worth_ctx;
    void (*image)(void *ctx, struct slice base, struct slice reference); /* inspect.h */
    void *image_ctx;
    void (*linked)(void *ctx, struct slice base, struct slice reference); /* the same, terms */
    void *linked_ctx;
};

/* NULL when memory is used up; `env` is copied. */
struct pages *pages_open(const struct pages_env *env, struct kind_pages as);
/* OPTOUT_MORE, OPTOUT_DONE when no later byte matters. `settled` of the signals is kept. */
enum optout_rc pages_feed(struct pages *p, struct slice bytes);
/* The body has ended; `stopping`: nobody wants to know what is still pending. */
void pages_end(struct pages *p, bool stopping);
/* Its title, cut to HTML_TITLE_MAX bytes; empty: none was read. */
struct slice pages_title(const struct pages *p);
/* The last label of a URL's host; empty: it has none, or is an address. */
struct slice pages_tld(struct slice url);
/* href of the page's first base element, absolute; p NULL: none. */
struct slice pages_base(const struct pages *p);

#endif
