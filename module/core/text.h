/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - what people read in a page, a file or a field, block by block, between who finds
 * it and who reads words (standards/phrases.h).
 *
 * A block is what a reader takes for one: a paragraph, a heading, an item of a list, a row of
 * a table. Blocks come in reading order. */
#ifndef OPTOUT_CORE_TEXT_H
#define OPTOUT_CORE_TEXT_H

#include "core/slice.h"

enum text_kind {
    TEXT_PARAGRAPH,
    TEXT_TITLE,   /* <title>: of the page, not in it */
    TEXT_HEADING,
    TEXT_ITEM,    /* of a list: goes on where what introduced the list stopped */
    TEXT_ROW,     /* cells of a table row, a term with its description: joined by ": " */
    TEXT_KIND_COUNT
};

/* Whose words they are. */
enum text_voice {
    VOICE_OWN,
    VOICE_QUOTED, /* blockquote */
    VOICE_SAMPLE, /* pre, code, samp, kbd, textarea */
    VOICE_FORM,   /* options and buttons: what a visitor may choose */
    VOICE_HIDDEN, /* not shown */
    VOICE_COUNT
};

#define TEXT_BLOCK_MAX 4096 /* bytes; a longer block comes in parts */
#define TEXT_DEPTH_MAX 4    /* lists in lists that are told apart */

/* Valid only during the call that hands it over. */
struct text_block {
    struct slice text; /* UTF-8, not empty; runs of white space are one blank, none at the ends.
                          <q> and inline <code> stand in quotation marks */
    uint64_t offset;   /* of its first character, in bytes of the body after content coding */
    uint8_t kind;      /* enum text_kind */
    uint8_t voice;     /* enum text_voice */
    uint8_t depth;     /* TEXT_ITEM: of its list, from 1; else 0 */
    bool goes_on;      /* the next block is the rest of this one: joined as they are, they give it
                          whole. Cut behind a blank if there is one */
};

typedef void text_visit(void *ctx, const struct text_block *b);

#endif
