/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - a push scanner for the elements of an HTML page that can state a
 * preference: meta, link, base, a[rel], area[rel] and typed scripts, and on demand
 * (html_report_images) those that embed images; or, in text mode, a reader of what people
 * read in it.
 *
 * It tokenizes as the WHATWG HTML standard section 13.2.5 does (comments,
 * bogus comments, RCDATA, RAWTEXT, script data with its escaped states,
 * PLAINTEXT, CDATA in foreign content, attributes and character references),
 * with the little of tree construction that decides which tokenizer state
 * follows and whether the head is still open. Between tags it jumps from '<'
 * to '<'. Memory is fixed; input may be cut anywhere, also inside a tag, a
 * character or an escape sequence. */
#ifndef OPTOUT_PAGE_HTML_H
#define OPTOUT_PAGE_HTML_H

#include "core/arena.h"
#include "core/packet.h"
#include "core/page.h"
#include "core/rc.h"
#include "core/text.h"
#include "page/charset.h"

struct literals;

struct html_options {
    bool xml;             /* application/xhtml+xml: CDATA everywhere, no raw text elements,
                             '/>' closes, names compared as written */
    bool head_only;       /* finish as soon as the head is closed */
    struct slice charset; /* of the Content-Type field; empty: BOM, then the
                             page's own meta, then windows-1252 */
    void (*page)(void *ctx, const struct page_statement *s); /* never NULL, but for `text` */
    void *ctx;
    /* Text mode: what people read in the page goes here, block by block, and to `page`, unless it
     * is NULL, nothing but PAGE_PROPERTY. NULL: no text is read. */
    text_visit *text;
    void *text_ctx;
    enum charset_code code; /* text mode: what the bytes stand for; CODE_NONE: UTF-8 or windows-1252 */
    /* Not in text mode: called once, when the page's text may hold one of these literals, which
     * literals_compile_for_text() has compiled, or an element's text may be a right by its itemprop
     * or property; in the middle of html_feed or html_end. Outlive the scanner. NULL: nothing is
     * looked for. */
    const struct literals *literals;
    /* Says of what stands around literals, at most HTML_AROUND_MAX bytes, whether it is worth
     * reading. NULL: all is. */
    bool (*worth)(void *ctx, struct slice text);
    void *worth_ctx;
    void (*candidate)(void *ctx);
    void *candidate_ctx;
    /* Where the manifest store goes that a script of type application/c2pa holds; NULL: such
     * scripts are scripts like others. Outlives the scanner. */
    const struct packet_sink *packets;
    /* For tests: every start tag the tokenizer emits, whatever its name, with
     * its name in lower case; NULL in production. */
    void (*start_tag)(void *ctx, struct slice name, const struct page_attr *attr, size_t n_attr,
                      bool self_closing);
    /* For tests: the tokenizer alone, without tree construction, begun in the
     * text of this element; empty but not NULL: in the data state. Also
     * "plaintext" and "![CDATA[". */
    struct slice initial_text_of;
};

#define HTML_AROUND_MAX 5120

struct html;

/* Text mode: what is fed from here on is this; what was fed is whole. */
void html_read_as(struct html *h, enum charset_kind kind, enum charset_code code);

/* From the arena; NULL when memory is used up. `o` and what it points to are
 * read during the call only. */
struct html *html_open(struct arena *arena, const struct html_options *o);
/* OPTOUT_MORE, or OPTOUT_DONE once no later byte can matter (head_only and the
 * head is closed, PLAINTEXT). OPTOUT_E_NOMEM when the text of a script could
 * not be kept: that script is not reported, scanning has gone on. A tag longer
 * than what is kept is no error: it is reported with `cut` set. */
enum optout_rc html_feed(struct html *h, struct slice bytes) OPTOUT_CHECKED;
/* End of input: what is pending is finished as the standard's EOF rules say.
 * An unfinished tag is no tag; a script whose end tag is missing is reported
 * with `cut` set. OPTOUT_DONE or OPTOUT_E_NOMEM. */
enum optout_rc html_end(struct html *h) OPTOUT_CHECKED;

/* Text mode for a page that is in hand: all of the above. OPTOUT_DONE or OPTOUT_E_NOMEM. */
enum optout_rc html_text(struct arena *arena, struct slice page,
                         const struct html_options *o) OPTOUT_CHECKED;

/* From here on elements that embed an image are reported as well, PAGE_IMAGE. May be called by
 * what is told of a page. Tags are then looked at one by one. */
void html_report_images(struct html *h);

/* What the raw value of an attribute says whose bytes stand for this, in UTF-8, its references undone; in
 * the arena, p NULL when memory is used up. PAGE_VALUE_MAX bytes of `raw` are read. */
struct slice html_value(struct arena *arena, struct slice raw, enum charset_code code);

/* The front of the title, decoded, in the arena; empty when there is none, and of XML. */
#define HTML_TITLE_MAX 256
struct slice html_title(const struct html *h, struct arena *a);

/* Whether the body, or what can only stand in a body, has begun. After </head>
 * the head is still open to metas, as it is in browsers. */
bool html_head_closed(const struct html *h);
/* XML: whether the document declares entities of its own, none of which is expanded; and
 * whether one of them would put elements into it. */
bool html_has_entities(const struct html *h);
bool html_entities_hold_markup(const struct html *h);

#endif
