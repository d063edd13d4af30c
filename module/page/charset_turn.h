/* SPDX-License-Identifier: Apache-2.0 */
/* charset_turn.h - a text that is said to be UTF-8, or of which nothing is said: it is handed on as
 * long as it is that. From the first bytes that are not, or that begin an escape sequence of
 * ISO-2022-JP, it is held back until enough of it is there to tell what it is; its reader then goes
 * on with that.
 *
 * What stands in front is ASCII in nearly every such text, and means the same in all encodings.
 * The verdict does not depend on how the text is cut. A text turns once. */
#ifndef OPTOUT_PAGE_CHARSET_TURN_H
#define OPTOUT_PAGE_CHARSET_TURN_H

#include "core/arena.h"
#include "page/charset_guess.h"

#define TURN_HELD_MAX (32u << 10) /* bytes held back, from the arena, of a text that turns */

struct charset_turn {
    struct arena *arena;
    struct charset_origin origin; /* what it points to outlives the text */
    bool strict; /* what is beyond ASCII is looked at, be it UTF-8 or not: another encoding is declared */
    /* Once it is told: */
    bool told;
    bool untold;             /* in no encoding that can be told, or memory was used up */
    enum charset_code code;
    enum charset_kind kind;  /* CHARSET_ISO2022JP or CHARSET_BYTES */

    bool ended, given;
    uint8_t part[4], whole[4]; /* what may become a character, and one that has */
    size_t n_part;
    uint8_t *held;
    size_t n_held;
};

void charset_turn_open(struct charset_turn *t, struct arena *arena, const struct charset_origin *o);
/* Of a page whose first bytes, CHARSET_PRESCAN_MAX of them if there are so many, and whose header together
 * say UTF-8: the header may say it where the page knows better. `head` and `tld` outlive the page. */
void charset_turn_open_page(struct charset_turn *t, struct arena *arena, struct slice head,
                            struct slice label, bool xml, struct slice tld);
/* Takes from the front of *in and gives what is to be read next; false when more is wanted, *in is then
 * empty. Look at `told` before each piece is read: from it on another encoding may hold. */
bool charset_turn_next(struct charset_turn *t, struct slice *in, struct slice *out);
/* No more comes: charset_turn_next gives what is still held. */
void charset_turn_end(struct charset_turn *t);

#endif
