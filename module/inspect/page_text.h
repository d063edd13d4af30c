/* SPDX-License-Identifier: Apache-2.0 */
/* page_text.h - the text of a page, read only when it may say something: until then the page is
 * kept, for text can be read from its beginning alone. A page that is longer than what is kept is
 * read in any case. One that does not declare UTF-8 is kept in any case, as far as that goes, for what
 * it is written in is told from all of that (charset_guess.h). One that declares UTF-8 and is not that
 * is told from where that shows (charset_turn.h).
 *
 * The blocks that are given do not depend on when it was begun, nor on how the page was cut.
 * Memory from the arena, as much as the page has bytes but at most PAGE_TEXT_KEPT. */
#ifndef OPTOUT_INSPECT_PAGE_TEXT_H
#define OPTOUT_INSPECT_PAGE_TEXT_H

#include "page/html.h"

#define PAGE_TEXT_KEPT (248u << 10) /* bytes of the page */

struct page_text;

/* `o` is as for html_open, with `text`; what it points to is read during the call only. `tld`: of the
 * page's host, or empty. NULL when memory is used up. */
struct page_text *page_text_open(struct arena *arena, const struct html_options *o,
                                 struct slice tld);
/* From now on the text is wanted, and what was kept of it with the next call. */
void page_text_begin(struct page_text *t);
/* Each piece after the scanner that may have said so. OPTOUT_MORE or OPTOUT_E_NOMEM. */
enum optout_rc page_text_feed(struct page_text *t, struct slice bytes) OPTOUT_CHECKED;
/* Of what was never wanted nothing is given. OPTOUT_DONE or OPTOUT_E_NOMEM. */
enum optout_rc page_text_end(struct page_text *t) OPTOUT_CHECKED;
/* What its bytes stand for; known once it has been read to its end. */
enum charset_code page_text_code(const struct page_text *t);
/* Whether it was read in an encoding that could not be told. */
bool page_text_is_untold(const struct page_text *t);

#endif
