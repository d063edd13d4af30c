/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - a push scanner for the elements of an HTML page that can state a
 * preference: meta, link, base, a[rel], area[rel] and typed scripts.
 *
 * It tokenizes as the WHATWG HTML standard section 13.2.5 does (comments,
 * bogus comments, RCDATA, RAWTEXT, script data with its escaped states,
 * PLAINTEXT, CDATA in foreign content, attributes and character references),
 * with the little of tree construction that decides which tokenizer state
 * follows and whether the head is still open. Between tags it jumps from '<'
 * to '<'. Memory is fixed; input may be cut anywhere, also inside a tag, a
 * character or an escape sequence. */
#ifndef OPTOUT_FORMATS_HTML_H
#define OPTOUT_FORMATS_HTML_H

#include "core/arena.h"
#include "core/page.h"
#include "core/rc.h"

struct html_options {
    bool xml;             /* application/xhtml+xml: CDATA everywhere, no raw text elements,
                             '/>' closes, names compared as written */
    bool head_only;       /* finish as soon as the head is closed */
    struct slice charset; /* of the Content-Type field; empty: BOM, then the
                             page's own meta, then windows-1252 */
    void (*page)(void *ctx, const struct page_statement *s); /* never NULL */
    void *ctx;
    /* For tests: every start tag the tokenizer emits, whatever its name, with
     * its name in lower case; NULL in production. */
    void (*start_tag)(void *ctx, struct slice name, const struct page_attr *attr, size_t n_attr,
                      bool self_closing);
    struct slice initial_text_of; /* for tests: begin inside this raw text element */
};

struct html;

/* From the arena; NULL when memory is used up. */
struct html *html_open(struct arena *arena, const struct html_options *o);
/* OPTOUT_MORE, or OPTOUT_DONE once no later byte can matter (head_only and the
 * head is closed, PLAINTEXT). Errors: OPTOUT_E_LIMIT when a tag is longer than
 * what is kept (it is then reported as far as it was read and scanning goes
 * on), OPTOUT_E_NOMEM. */
enum optout_rc html_feed(struct html *h, struct slice bytes) OPTOUT_CHECKED;
/* End of input: what is pending is finished as the standard's EOF rules say.
 * An unfinished tag is no tag. */
enum optout_rc html_end(struct html *h) OPTOUT_CHECKED;

bool html_head_closed(const struct html *h);

#endif
