/* SPDX-License-Identifier: Apache-2.0 */
/* html_look.h - whether a page may say something that is worth reading: where its text lies is
 * noted as the scanner runs over it, many such spans together are put into one row, and literals
 * are looked for in that.
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
#define LOOK_BEFORE 512 /* bytes in front of a literal that tell whether it is worth reading, */
#define LOOK_AFTER 704 /* and from it on, at least */
#define LOOK_DOUBTS 2 /* rows, after which what says that it is UTF-8 is believed, */
#define LOOK_SURE 16  /* or so many characters of it beyond ASCII */
#define LOOK_MOVE 32  /* bytes that are copied at once */
#define LOOK_SPANS 64 /* of text, that are put in together */
#define LOOK_REFS 64  /* references that are looked up once; a power of two */

/* What the tags between two pieces of text make of them. */
enum look_meeting {
    MEET_AS_ONE,
    MEET_IN_A_LINE_END
};

/* Text of the run, not empty. */
struct look_span {
    const uint8_t *p, *q;
    bool gap;    /* when it is put in: white space in front of it was left out */
    bool tagged; /* and: it does not follow at once what is in front of it */
};

/* A reference of at most eight bytes, as it is written. */
struct look_ref {
    uint64_t bytes; /* 0: none yet */
    bool harmless;  /* what it stands for is part of no literal */
};

struct html_look {
    const struct literals *literals;
    const uint8_t *last; /* in the run at hand: from where tags were not looked at, or NULL */
    uint8_t meeting;     /* enum look_meeting; of those that were, since the last text */
    bool says_utf8;      /* other text is read in any case */
    uint8_t doubts;      /* rows of what says so that are still looked at whether it is */
    bool tagged;         /* it was not the end of the run, but of the text: a tag, or the like */
    const struct literals_joints *joints; /* of the literals */
    size_t n; /* bytes of the row, behind the blank that it begins with */
    size_t done; /* of them, in front of which literals were looked at, and are not worth it */
    bool (*worth)(void *ctx, struct slice text);
    void *worth_ctx;
    bool gap;      /* white space behind the spans was left out */
    size_t n_span; /* that are to be put in */
    struct look_ref ref[LOOK_REFS]; /* by their hash; the first with it stays */
    struct look_span span[LOOK_SPANS];
    uint8_t row[1 + LOOK_MAX + 2 * LOOK_MOVE];
};

/* html_look.c */
struct html_look *html_look_open(struct arena *arena, const struct html_options *o);
/* Puts the spans in; at least to `end` may be read. h->look may be NULL afterwards. */
void html_look_flush(struct html *h, const uint8_t *end);
/* Text of the run as it comes, from p to q; `tagged`: it does not go on behind it. */
void html_look_now(struct html *h, const uint8_t *p, const uint8_t *q, const uint8_t *end,
                   bool tagged);
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

/* Text of the run from p to q, with tags, or the like, between it and what was added before. At
 * least to `end` may be read. As long as h->look is there. The scan is not held up by it. */
static inline void html_look_add(struct html *h, const uint8_t *p, const uint8_t *q,
                                 const uint8_t *end)
{
    struct html_look *k = h->look;
    k->span[k->n_span].p = p;
    k->span[k->n_span].q = q;
    k->n_span += p != q;
    if (k->n_span == LOOK_SPANS)
        html_look_flush(h, end);
}

#endif
