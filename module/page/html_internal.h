/* SPDX-License-Identifier: Apache-2.0 */
/* html_internal.h - what the parts of the HTML scanner share.
 *
 *   html.c          opening, feeding, ending; text, comments, markup declarations
 *   html_scan.h     finding a near byte
 *   html_raw.c      text of title, style, script and their like
 *   html_calm.c     text and tags that state nothing, many bytes at once
 *   html_tag.c      from '<' to '>': tags, without reading attributes
 *   html_attr.c     attributes of a whole tag, character references
 *   html_entities.c the named character references
 *   html_packet.c   manifests in scripts
 *   html_inner.c    text of raw elements that is markup to other readers
 *   html_names.c    the element names that matter
 *   html_tree.c     the little tree construction, statements
 *   html_text.h     the text of the page, when it is that which is wanted
 *   html_look.h     whether its text is worth reading
 *   html_watch.h    whether an attribute may call the text of its element a right
 *
 * Every state function is called as state(h, p, end) with p < end, consumes
 * from p and returns where it stopped; it leaves only when h->state changed or
 * p == end. What must survive the end of a run lies in struct html. */
#ifndef OPTOUT_PAGE_HTML_INTERNAL_H
#define OPTOUT_PAGE_HTML_INTERNAL_H

#include "syntax/base64.h"
#include "page/html_entities.h"
#include "page/charset.h"
#include "page/html.h"

#define HTML_RAW_VALUE_MAX 6144 /* bytes of a value before decoding */
#define HTML_OTHER_VALUE_MAX 512 /* of a value that nobody reads */
#define HTML_TAG_MAX 12288      /* bytes of a tag before decoding */
#define HTML_DECODED_MAX 8192   /* bytes of all names and values of a tag, decoded */
#define HTML_NAME_MAX 32        /* bytes of an element name that can matter */
#define HTML_OPEN_MAX 64        /* open templates and foreign elements that are tracked */
#define HTML_NAMES_MAX 128      /* open elements inside of these */
#define HTML_ENTITY_NAME_MAX 32
#define HTML_MISREAD "in a charset that the page does not declare" /* `lenient` */

enum html_state {
    HTML_DATA,
    HTML_TEXT_REF, /* '&' in a head that is still open */
    HTML_TAG_OPEN,
    HTML_END_TAG_OPEN,
    HTML_TAG_NAME,
    HTML_BEFORE_ATTR, /* also after a quoted value */
    HTML_ATTR_NAME,
    HTML_AFTER_ATTR,
    HTML_BEFORE_VALUE,
    HTML_VALUE_DOUBLE,
    HTML_VALUE_SINGLE,
    HTML_VALUE_UNQUOTED,
    HTML_SELF_CLOSING,
    HTML_MARKUP, /* after "<!" */
    HTML_BOGUS,
    HTML_COMMENT_START,
    HTML_COMMENT_START_DASH,
    HTML_COMMENT,
    HTML_COMMENT_DASH,
    HTML_COMMENT_END,
    HTML_COMMENT_BANG,
    HTML_CDATA,
    HTML_XML_PI,
    HTML_XML_DOCTYPE,
    HTML_RAW, /* text of a raw element */
    HTML_RAW_LESS,
    HTML_RAW_END_OPEN,
    HTML_RAW_END_NAME,
    HTML_RAW_BANG,       /* script: "<!" */
    HTML_RAW_BANG_DASH,  /* script: "<!-" */
    HTML_ESCAPED,        /* script: after "<!--" */
    HTML_ESCAPED_LESS,
    HTML_ESCAPED_WORD,   /* script: "<x" in there: is it "<script"? */
    HTML_PLAINTEXT
};

/* Insertion modes, as many as make a difference here. */
enum html_mode { MODE_START, MODE_HEAD, MODE_HEAD_NOSCRIPT, MODE_AFTER_HEAD, MODE_BODY };

enum html_tag {
    TAG_OTHER,
    TAG_A,
    TAG_ANNOTATION_XML,
    TAG_AREA,
    TAG_BASE,
    TAG_BODY,
    TAG_BR,
    TAG_DESC,
    TAG_FONT,
    TAG_FOREIGN_OBJECT,
    TAG_HEAD,
    TAG_HTML,
    TAG_IMG, /* and <image> */
    TAG_LINK,
    TAG_MATH,
    TAG_MATH_TEXT, /* mi mo mn ms mtext */
    TAG_META,
    TAG_NOSCRIPT,
    TAG_P,
    TAG_PLAINTEXT,
    TAG_SCRIPT,
    TAG_SOURCE,
    TAG_SVG,
    TAG_TEMPLATE,
    TAG_TITLE,
    TAG_VIDEO
};

enum html_tag_flag {
    NAME_REPORT = 1,    /* its attributes may state something */
    NAME_RAW = 2,       /* RCDATA or RAWTEXT follows */
    NAME_HEAD = 4,      /* does not close the head */
    NAME_NOSCRIPT = 8,  /* allowed in the noscript of a head */
    NAME_BREAKOUT = 16, /* its start tag ends foreign content */
    NAME_HTML = 32,     /* its end tag may end foreign content, unless it began there */
    NAME_VOID = 128,    /* has no end tag */
    NAME_FALLBACK = 64  /* its text is markup to who cannot do what it stands for */
};

struct html_name {
    const char *text;
    uint8_t n;
    uint8_t tag; /* enum html_tag */
    uint8_t flags;
};

/* NULL for names that mean nothing here. `fold`: letters in any case. */
const struct html_name *html_name_find(struct slice name, bool fold);
/* Quick and rough: false for names that mean nothing while the body is read
 * and no foreign content is open. */
bool html_name_may_matter(const uint8_t *name, size_t n);

struct html_open {
    uint8_t tag;  /* TAG_TEMPLATE, TAG_SVG, TAG_MATH or an integration point */
    bool content; /* integration point: an HTML element began in it */
    uint8_t base; /* names that were open when it began */
};

struct html {
    struct html_options o;
    uint8_t state; /* enum html_state */
    uint8_t mode;  /* enum html_mode */
    bool pure;     /* tokenizer without tree construction */
    bool done;
    bool no_memory;
    bool images; /* elements that embed images are reported */

    /* The tag being read. Its raw text begins with its name. */
    bool end_tag;
    bool from_raw; /* it ends the text of a raw element */
    bool self_closing;
    bool wanted;     /* its attributes will be read */
    bool has_link_attr; /* an attribute is, or may be, called rel or itemprop */
    bool saving;     /* raw text is collected in `tag`, else it lies in the run */
    bool tag_cut;    /* `tag` was too small */
    bool lt_known;   /* tag_at is valid, else `lt` is */
    const uint8_t *lt;    /* the '<' in the run */
    uint64_t tag_at;      /* its offset in the body */
    const uint8_t *start; /* in the run: the name */
    size_t name_n;
    size_t value_n;   /* bytes of the value being read that were saved */
    size_t value_max; /* and how many may be */
    size_t tag_n;
    const struct html_name *name;
    uint32_t name_hash; /* unless html_tree_calm */

    /* Small matchers. */
    const char *word; /* what is being matched */
    uint8_t word_at;
    uint8_t dashes;  /* how many of "--", "]]" or "?" stand in front of here */
    uint8_t depth;   /* XML_DOCTYPE: 1 in brackets, 2 in a comment there */
    uint8_t quote;
    /* XML_DOCTYPE: entities of the document's own, which are not expanded. */
    uint8_t entity_at;     /* how much of "<!ENTITY" was matched */
    uint8_t entity_ref;    /* enum entity_ref: of a reference in a literal */
    uint32_t entity_char;  /* which character that one is */
    bool in_entity, has_entities, entity_markup;
    uint8_t ref[HTML_ENTITY_NAME_MAX + 2];
    uint8_t ref_n;

    /* The raw element being read. */
    char raw_name[HTML_NAME_MAX];
    uint8_t raw_n;
    bool raw_script;  /* HTML's script: has escaped states */
    bool raw_doubled; /* escaped: double escaped */
    bool raw_escaped; /* script: the text lies after "<!--" */
    bool raw_kept;    /* its text is reported */
    bool raw_title;   /* it is the page's title, of which the front is kept */
    bool raw_ended;   /* text_n counts its end tag's "</name" */
    uint8_t *text;    /* PAGE_SCRIPT_MAX bytes, from the arena, once needed */
    size_t text_n;    /* bytes of text seen, kept or not */

    /* A raw element whose text is a packet. */
    bool is_packet; /* the script at hand is one */
    bool raw_packet, packet_begun, packet_ended;
    unsigned packet; /* its handle */
    struct base64 base64;
    uint64_t base64_n; /* bytes of text that were decoded */

    /* A raw element whose text is read as markup too. */
    bool raw_inner;
    struct html *inner;  /* from the arena, once needed */
    bool inner_noscript; /* inner: the text is that of a noscript */
    const char *lenient; /* inner: why its elements are none to a browser */

    uint8_t title[HTML_TITLE_MAX]; /* as written, its end tag perhaps behind it */
    uint16_t title_n;

    /* The little tree. */
    struct html_open open[HTML_OPEN_MAX];
    size_t n_open;
    uint32_t names[HTML_NAMES_MAX]; /* open elements in foreign content, hashed */
    uint8_t n_names;
    bool names_lost; /* there were more */
    uint8_t doubt;   /* foreign elements that an end tag has ended, or has not */
    bool doubt_stays; /* until their own end tags */
    bool unsure;     /* an end tag closed nothing that is known to be open */
    size_t templates;      /* open ones, including those beyond HTML_OPEN_MAX */
    size_t more_templates; /* those beyond */
    const struct html_name *mute; /* XML: inside this element nothing is reported */
    size_t mute_depth;
    size_t xml_noscript; /* XML: open ones outside of the head */

    struct page_statement script; /* reported when its text is complete */
    struct page_attr attr[PAGE_ATTRS_MAX];
    size_t n_attr;
    bool attr_cut;  /* what may be read is not all there */
    bool attrs_cut; /* attributes are missing */

    struct html_text *text_reader; /* in text mode; html_text.h */
    uint8_t role;                  /* in text mode: enum html_role of the tag at hand */

    struct html_look *look; /* html_look.h; as long as a candidate is looked for */
    struct html_watch *watch; /* html_watch.h; likewise */

    struct charset_run run;
    struct arena *arena;
    uint8_t tag[HTML_TAG_MAX];
    uint8_t decoded[HTML_DECODED_MAX];
    struct charset charset;
};

/* html_raw.c */
void html_raw_begin(struct html *h, struct slice name, bool script);
const uint8_t *html_raw_step(struct html *h, const uint8_t *p, const uint8_t *end);

/* html_packet.c; as long as raw_packet is set */
void html_packet_begin(struct html *h);
void html_packet_text(struct html *h, const uint8_t *p, size_t n);
void html_packet_end(struct html *h, bool whole);

/* html.c: reads on from p to the end of a run. */
void html_step(struct html *h, const uint8_t *p, const uint8_t *end);

/* html_inner.c: the text of the raw element that has just begun is read as markup as
 * well. */
void html_inner_begin(struct html *h, bool noscript, const char *lenient);
void html_inner_text(struct html *h, const uint8_t *p, const uint8_t *end);

/* html_calm.c */
/* Moves over part of what html_calm_run may run over; true when it stops at a '<' where that
 * is to stop as well. */
bool html_calm_skip(struct html *h, const uint8_t **p, const uint8_t *end);
/* The '>' of the tag with this name, or NULL when that is not easy to tell. */
const uint8_t *html_plain_end(const uint8_t *name, const uint8_t *end);

/* html_tag.c */
const uint8_t *html_tag_open(struct html *h, const uint8_t *p, const uint8_t *end);
const uint8_t *html_end_tag_open(struct html *h, const uint8_t *p, const uint8_t *end);
/* Runs over text and tags as long as these state nothing and change nothing;
 * stops at the '<' of what may matter, or at `end`. Only when html_tree_calm. */
const uint8_t *html_calm_run(struct html *h, const uint8_t *p, const uint8_t *end);
const uint8_t *html_tag_step(struct html *h, const uint8_t *p, const uint8_t *end);
/* The run ends inside a tag: saves what is needed of it. */
void html_tag_suspend(struct html *h, const uint8_t *end);
/* The name of a raw element's end tag was met. */
void html_raw_end_tag(struct html *h);

/* html_attr.c */
/* Reads the attributes in the raw text that follows a tag's name into attr and
 * n_attr; sets attr_cut when not all was kept. Returns the element's name as a
 * start_tag callback wants it, or an empty slice when there is none. */
struct slice html_attrs_read(struct html *h, struct slice name, struct slice raw);
/* What was read lies in part in the raw text; from now on it does not. */
void html_attrs_keep(struct html *h);
/* The code point of a byte, which is what a number below 256 in a reference means. */
uint32_t html_windows_1252(uint8_t byte);
/* Whether somebody reads attributes of this name, of the element at hand. */
bool html_attr_is_read(const struct html *h, struct slice name);
/* The same while somebody asks for images, of what embeds one. */
bool html_attr_is_image(struct slice name);
/* Links, anchors and scripts are read by a word: `license`, `terms-of-service`, `copyright` or `c2pa-manifest`
 * in rel, `application/rsl+xml`, `application/ld+json` or `application/c2pa` in type, a licence in
 * itemprop. Anchors are stopped at only for a rel or an itemprop. Whether the link
 * or anchor at hand is one of those, or is cut, so that it may be. A standard that reads others
 * adds its word to both. */
bool html_link_is_read(const struct html *h);
/* While somebody asks for images: whether the link at hand leads to one that the page embeds. */
bool html_link_is_image(const struct html *h);
/* Whether attributes, raw, may hold such a word, or be cut. */
bool html_may_hold_word(const uint8_t *p, const uint8_t *end);
bool html_has_attr(const struct html *h, const char *name);
struct slice html_attr(const struct html *h, const char *name);

/* html_tree.c */
/* Whether only names of which html_name_may_matter is true matter now. */
static inline bool html_tree_calm(const struct html *h)
{
    return h->mode == MODE_BODY && h->n_open == 0 && !h->doubt && !h->o.xml && !h->o.start_tag &&
           !h->o.text && !h->images;
}
/* Whether html_tree_text is to be called. */
static inline bool html_tree_heeds_text(const struct html *h)
{
    return h->mode != MODE_BODY && h->templates == 0 && !h->o.xml;
}
bool html_tree_cdata(const struct html *h);      /* whether CDATA sections exist here */
bool html_tree_wants(const struct html *h);      /* the attributes of the tag at hand */
void html_tree_text(struct html *h);             /* text met that is not only spaces */
void html_tree_start(struct html *h);            /* the tag at hand is complete */
void html_tree_end(struct html *h);
void html_tree_script(struct html *h, bool whole); /* a kept script's text has ended */

#endif
