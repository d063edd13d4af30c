/* SPDX-License-Identifier: Apache-2.0 */
/* html_look.h - whether a page may say something that is worth reading: its text, as the scanner
 * runs over it, is put into one row, and literals are looked for in that.
 *
 * The row is what html_text.c would make of the page, roughly: tags between letters end a line or
 * vanish, as they do for the reader; references are undone; what is hidden is there like all else.
 * So it may hold a literal that the text does not, never the other way around, but for what
 * nobody writes: a word around an inline element that is hidden, an rt with attributes or an end
 * tag that closes nothing, or one that takes more than LOOK_KEEP bytes in the page. */
#ifndef OPTOUT_PAGE_HTML_LOOK_H
#define OPTOUT_PAGE_HTML_LOOK_H

#include "page/html_internal.h"
#include "page/html_scan.h"
#include "syntax/literals.h"

#define LOOK_MAX 4096 /* bytes of the row that are looked at together */
#define LOOK_KEEP 192 /* of them, again with what follows */
#define LOOK_MOVE 32  /* bytes that are copied at once */

/* What the tags between two pieces of text make of them. */
enum look_meeting {
    MEET_AS_ONE,
    MEET_IN_A_LINE_END
};

struct html_look {
    const struct literals *literals;
    const uint8_t *last; /* in the run at hand: from where tags were not looked at, or NULL */
    uint8_t meeting;     /* enum look_meeting; of those that were, since the last text */
    bool is_utf8;        /* it is said to be; other text is read in any case */
    bool tagged;         /* it was not the end of the run, but of the text: a tag, or the like */
    const struct literals_joints *joints; /* of the literals */
    size_t n; /* bytes of the row, behind the blank that it begins with */
    uint8_t row[1 + LOOK_MAX + 2 * LOOK_MOVE];
};

/* html_look.c */
/* `charset`: of the Content-Type. */
struct html_look *html_look_open(struct arena *arena, const struct literals *literals,
                                 struct slice charset);
/* What is not easily put in. */
void html_look_more(struct html *h, const uint8_t *p, const uint8_t *q, bool tagged);
/* Text that does not lie in the run, but ends there at `last`. */
void html_look_bytes(struct html *h, const uint8_t *p, size_t n, const uint8_t *last);
/* Text of a title, with its end tag if h->state says that it has ended. */
void html_look_title(struct html *h, const uint8_t *p, const uint8_t *q, const uint8_t *end);
/* The name of a tag that the run did not hold whole. */
void html_look_tag(struct html *h, struct slice name);
/* The run ends. */
void html_look_suspend(struct html *h, const uint8_t *end);
/* It is worth reading. */
void html_look_tell(struct html *h);
/* No more text comes. */
void html_look_end(struct html *h);

/* How many bytes of white space stand at p, of the first 32. */
static inline size_t html_look_blanks(const uint8_t *p)
{
#ifdef __SSE2__
    const __m128i least = _mm_set1_epi8('!');
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
    unsigned ink = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(v, least), v));
    unsigned more = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(w, least), w));
    return (size_t)__builtin_ctzll(ink | (uint64_t)more << 16 | 1ull << 32);
#else
    size_t n = 0;
    while (n < 32 && p[n] < '!')
        n++;
    return n;
#endif
}

/* Whether tags between the row and the text at p make a difference. */
static inline bool html_look_may_join(const struct html_look *k, const uint8_t *p, const uint8_t *q)
{
    const struct literals_joints *j = k->joints;
    uint8_t first = k->row[k->n - (k->n > 0)], last = k->row[k->n];
    if (last == ';' || *p == '&' || first == ';')
        return true;
    if (q - p < 2 || p[1] == '&')
        return literals_has_joint(j->pair, literals_joint(0, last, *p));
    return literals_has_joint(j->before, literals_joint(first, last, *p)) ||
           literals_has_joint(j->after, literals_joint(last, *p, p[1]));
}

/* Whether the text at p tells how what stands in front of it is read. The reader leaves that out,
 * so that what stands around it is one word. */
static inline bool html_look_is_reading(const struct html *h, const uint8_t *p)
{
    return p - h->run.p >= 4 && p[-4] == '<' && p[-1] == '>' && (p[-3] | 0x20) == 'r' &&
           ((p[-2] | 0x20) == 't' || (p[-2] | 0x20) == 'p');
}

/* Text of the run from p to q; `tagged`: that does not go on behind it. At least to `end` may be
 * read. As long as h->look is there. */
__attribute__((always_inline)) static inline void html_look_add(struct html *h, const uint8_t *p, const uint8_t *q,
                                 const uint8_t *end, bool tagged)
{
    struct html_look *k = h->look;
    size_t n = (size_t)(q - p);
    if (n > 2 * LOOK_MOVE || end - p < 4 * LOOK_MOVE || k->n > LOOK_MAX - 2 * LOOK_MOVE - 2) {
        if (n && k->tagged && html_look_is_reading(h, p))
            html_look_tell(h);
        else
            html_look_more(h, p, q, tagged);
        return;
    }
    /* Without branches, for what comes next is hard to guess. */
    size_t blanks = html_look_blanks(p);
    blanks = blanks < n ? blanks : n;
    bool some = n != 0, gap = (k->tagged | (blanks != 0)) & some;
    if (gap && blanks == 0 && html_look_is_reading(h, p)) {
        html_look_tell(h);
        return;
    }
    if (gap && blanks == 0 && html_look_may_join(k, p, q)) {
        html_look_more(h, p, q, tagged);
        return;
    }
    uint8_t *to = k->row + k->n + 1;
    gap = gap & (to[-1] != ' ');
    *to = ' ';
    to += gap;
    memcpy(to, p + blanks, 2 * LOOK_MOVE);
    k->n += gap + n - blanks;
    k->tagged = tagged | (k->tagged & !some);
    k->meeting = some ? (uint8_t)MEET_AS_ONE : k->meeting;
    k->last = some ? q : k->last;
}

#endif
