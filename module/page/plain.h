/* SPDX-License-Identifier: Apache-2.0 */
/* plain.h - plain text and Markdown (CommonMark 0.31.2) as blocks of text.
 *
 * Blocks stand between empty lines. Lines that begin with a bullet or a number are items, "- ",
 * "* ", "+ ", "1. ", "2) ". In Markdown besides: headings, code in fences or indented, quotations
 * behind ">", rows of tables; emphasis, and where links lead, is left out, inline code stands
 * in quotation marks. It is no Markdown parser: HTML in it is text.
 *
 * The character set is told as for pages: byte order mark, UTF-8 if it is that, what the Content-Type
 * says, else what the bytes say (charset_guess.h).
 *
 * Memory is fixed, and TURN_HELD_MAX of a text that is no UTF-8; the result does not depend on how
 * the text is cut. */
#ifndef OPTOUT_PAGE_PLAIN_H
#define OPTOUT_PAGE_PLAIN_H

#include "core/arena.h"
#include "core/rc.h"
#include "core/text.h"

struct plain;

/* From the arena; NULL when memory is used up. `charset` is read during the call only. `tld`, of the
 * host it is from, or empty, outlives it. */
struct plain *plain_open(struct arena *arena, bool markdown, struct slice charset, struct slice tld,
                         text_visit *visit, void *ctx);
void plain_feed(struct plain *p, struct slice bytes);
void plain_end(struct plain *p);
/* Whether it was read in an encoding that could not be told. */
bool plain_is_untold(const struct plain *p);

#endif
