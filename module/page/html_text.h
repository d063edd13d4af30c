/* SPDX-License-Identifier: Apache-2.0 */
/* html_text.h - what the parts of the text reader share: the scanner of html.h in text mode.
 *
 *   html_text.c       characters become blocks
 *   html_text_tree.c  elements: where blocks end, and whose words they hold
 *   html_property.c   elements whose text is the value of a property
 *   html_roles.c      what elements are to a reader */
#ifndef OPTOUT_PAGE_HTML_TEXT_H
#define OPTOUT_PAGE_HTML_TEXT_H

#include "core/text.h"
#include "page/charset_table.h"
#include "page/html_internal.h"

#define TEXT_OPEN_MAX 192 /* open elements that are told apart */
#define PROPERTY_OPEN_MAX 4    /* properties in properties */
#define PROPERTY_NAMES_MAX 256 /* bytes of the names of one */

enum html_role {
    ROLE_INLINE, /* changes nothing; names that nobody knows, too */
    ROLE_VOID,   /* nothing, and has no end */
    ROLE_BREAK,
    ROLE_RULE,
    ROLE_ROOT,   /* html, head, body */
    ROLE_TITLE,
    ROLE_UNSEEN, /* what is in it is not shown, or is no text */
    ROLE_RUBY,
    ROLE_READING, /* rt: how what stands beside it in a ruby is read */
    ROLE_QUOTE,  /* q */
    ROLE_CODE,   /* code, samp, kbd */
    ROLE_BLOCK,  /* from here on: blocks, with text of their own */
    ROLE_PARAGRAPH,
    ROLE_HEADING,
    ROLE_LIST,
    ROLE_ITEM,
    ROLE_TERMS,
    ROLE_TERM,
    ROLE_DESCRIPTION,
    ROLE_TABLE,
    ROLE_GROUP, /* tbody and its like */
    ROLE_ROW,
    ROLE_CELL,
    ROLE_CAPTION,
    ROLE_QUOTED, /* blockquote */
    ROLE_SAMPLE, /* pre, textarea */
    ROLE_SELECT,
    ROLE_OPTION,
    ROLE_BUTTON,
    ROLE_DIALOG
};

enum html_role html_role(struct slice name, bool fold);

/* How text is taken here. */
struct text_place {
    uint8_t kind, voice, depth; /* as in struct text_block, but depth counts on */
    uint8_t skip;               /* enum text_skip */
};

enum text_skip {
    SKIP_NOTHING,
    SKIP_LINE, /* an inline element is hidden; blocks in it are blocks of hidden text */
    SKIP_ALL
};

struct text_open {
    uint32_t hash; /* of its name */
    uint8_t role;
    bool hidden;
    uint8_t property; /* its number in html_text, from 1, when its text is one's value */
    struct text_place place; /* inside of it */
};

/* A property whose value is the text of an element that is open. */
struct text_property {
    uint64_t offset; /* of the element */
    size_t from;     /* where its text begins in property_text */
    size_t n_names;
    bool is_item;    /* itemprop, else property */
    bool shown, cut, ended;
    const char *lenient;
    uint8_t names[PROPERTY_NAMES_MAX];
};

/* What the next character does to the block at hand. */
enum text_joint {
    JOINT_NONE,
    JOINT_CELL, /* joins with ": " */
    JOINT_END   /* ends it */
};

/* The text of a raw element. */
enum text_raw {
    RAW_NONE,
    RAW_REFS, /* with references */
    RAW_PLAIN /* without */
};

struct html_text {
    text_visit *visit;
    void *ctx;

    struct text_open open[TEXT_OPEN_MAX];
    size_t n_open;
    size_t beyond; /* open ones that found no place */
    unsigned quotes, codes; /* open q, and open code and its like */
    bool split;    /* of the cell at hand a block has ended already */

    struct text_place now; /* where the last character stood */

    /* Of the properties those of the outer elements come first. */
    struct text_property property[PROPERTY_OPEN_MAX];
    size_t n_property;
    size_t property_n; /* bytes of property_text */
    void (*page)(void *ctx, const struct page_statement *s); /* or NULL */
    void *page_ctx;

    /* The block at hand. */
    struct text_place at;
    uint64_t offset;
    size_t n;
    size_t word; /* where its last word begins */
    uint64_t word_offset;
    uint8_t joint;  /* enum text_joint */
    uint8_t breaks; /* since the last character */
    bool blank;     /* a blank is due */
    bool quoted;    /* a quotation mark is open */
    bool only_code; /* all of it is code */

    /* What may be cut: a character, a reference, the end tag of raw text. */
    const struct charset_table *table; /* NULL: UTF-8, or windows-1252 */
    uint8_t part[CHARSET_CHAR_MAX], n_part;
    uint64_t part_offset;
    uint8_t ref[HTML_ENTITY_NAME_MAX + 4], n_ref;
    uint64_t ref_offset;
    uint8_t brackets; /* "]" that may end a CDATA section */
    uint8_t raw;      /* enum text_raw */
    uint64_t held_offset; /* of a '<' in raw text that may begin the end tag */

    uint8_t text[TEXT_BLOCK_MAX];
    uint8_t property_text[PAGE_PROPERTY_MAX];
};

/* html_text.c */
struct html_text *html_text_open(struct arena *arena, const struct html_options *o);
/* Characters of the run, as they are shown or not. */
void html_text_chars(struct html *h, const uint8_t *p, const uint8_t *end);
/* The '<' at hand begins no tag. */
void html_text_less(struct html *h);
/* What was read of raw text since the state was `before`. */
void html_text_raw(struct html *h, uint8_t before, const uint8_t *p, const uint8_t *end);
void html_text_cdata(struct html *h, const uint8_t *p, const uint8_t *end);
void html_text_stop(struct html *h);  /* no character goes on, no reference */
void html_text_flush(struct html *h); /* the block at hand ends */
void html_text_unquote(struct html_text *t); /* an element that quotes has ended */

/* html_text_tree.c; the tag at hand is complete, and the tree knows of it */
void html_text_start(struct html *h);
void html_text_end(struct html *h);
void html_text_raw_end(struct html *h);
void html_text_close(struct html_text *t); /* the page has ended, and all that is open in it */
struct text_place html_text_place(const struct html *h);
/* Whether attributes, raw, may say that an element is not shown. */
bool html_text_may_hide(const uint8_t *p, const uint8_t *end);

/* html_property.c; as long as somebody is told of them */
/* Whether attributes, raw, may name a property. */
bool html_property_may_be(const uint8_t *p, const uint8_t *end);
/* The tag at hand: tells a property that has its value in an attribute. Of one whose value is to be
 * its text the number, from 1, else 0; `holds`: there may be any. */
uint8_t html_property_begin(struct html *h, bool holds);
void html_property_char(struct html *h, const uint8_t *p, size_t n);
void html_property_blank(struct html_text *t, const char *blank); /* " ", or "\n\n" */
/* The element of this number has ended. */
void html_property_end(struct html_text *t, uint8_t number);

#endif
