/* SPDX-License-Identifier: Apache-2.0 */
/* xml_sax.h - XML documents, read as a stream of events.
 *
 * libxml2's push parser with everything dangerous left out: nothing is loaded from disk
 * or network, there are no entities but the five of XML 1.0 section 4.6 (and, where a
 * DOCTYPE is skipped, plain ones of its internal subset), and depth, attributes, name
 * spaces and the length of one token are bounded. libxml2 allocates for itself, in
 * proportion to the longest token. UTF-8 and UTF-16 by byte order mark, others as the
 * XML declaration says. */
#ifndef OPTOUT_SYNTAX_XML_SAX_H
#define OPTOUT_SYNTAX_XML_SAX_H

#include "core/arena.h"
#include "core/rc.h"

/* Of xml_sax_parse. */
#define XML_SAX_MAX (1u << 20)         /* bytes of a document */
#define XML_SAX_DEPTH_MAX 32           /* elements inside each other */
#define XML_SAX_ATTRS_MAX 64           /* of one element */
#define XML_SAX_NAMESPACES_MAX 16      /* declared by one element */
#define XML_SAX_TOKEN_MAX (64u << 10)  /* a tag, comment or instruction, as UTF-8 */

struct xml_limits {
    uint64_t bytes;
    unsigned depth, attrs, namespaces;
    size_t token;
    /* A DOCTYPE is dropped, with comments and instructions, and what is left is read as
     * XML: see xml_trim.h. Else a DOCTYPE is OPTOUT_E_SYNTAX. */
    bool skip_doctype;
    /* With skip_doctype: references that count without being declared; NULL: none. */
    bool (*names)(struct slice name, uint32_t code[2]);
    /* What is not well-formed is read on, as far as that goes: see xml_sax_flaw. */
    bool mend;
};

extern const struct xml_limits xml_sax_limits; /* the five above */

struct xml_attr {
    struct slice ns;     /* empty: none, or a prefix that nobody declared */
    struct slice name;   /* without prefix */
    struct slice value;  /* references resolved, UTF-8 */
    struct slice prefix; /* as written; empty: none */
};

/* Valid only during the call that hands it over. */
struct xml_element {
    struct slice ns;     /* name space URI; empty: none, or a prefix that nobody declared */
    struct slice prefix; /* as written; empty: none */
    struct slice name;   /* without prefix */
    const struct xml_attr *attr;
    size_t n_attr;
    unsigned depth; /* the root: 1 */
    uint32_t line;  /* where its start tag ends, from 1 */
};

/* Anything but OPTOUT_OK ends the parse with that result. `text` comes in pieces,
 * CDATA sections among them, with the depth of the element it stands in; `close`
 * follows every `open` of a whole document. */
struct xml_events {
    enum optout_rc (*open)(void *ctx, const struct xml_element *e);
    enum optout_rc (*text)(void *ctx, unsigned depth, struct slice text);
    enum optout_rc (*close)(void *ctx, unsigned depth);
    void *ctx;
};

/* The value of the attribute without a name space, or an empty slice whose p is
 * NULL when the element has none. */
struct slice xml_attr(const struct xml_element *e, const char *name);
/* The name of the tag whose '<' is at the front, without its prefix. For first bytes, which
 * no parser has read. */
struct slice xml_tag_name(struct slice tag, bool *prefixed);

/* Space in front of the XML declaration is forgiven. Events of a document that turns out
 * to be broken have been delivered by then: undo them. OPTOUT_E_SYNTAX: not well-formed to
 * its end, or with a DOCTYPE; OPTOUT_E_LIMIT: beyond one of the limits; OPTOUT_E_NOMEM. */
enum optout_rc xml_sax_parse(struct slice document, struct arena *arena,
                             const struct xml_events *events) OPTOUT_CHECKED;

struct xml_sax;

/* The same in pieces of any size. NULL when memory is used up; `limits` and `events` are
 * copied, `arena` outlives the parser. */
struct xml_sax *xml_sax_open(const struct xml_limits *limits, struct arena *arena,
                             const struct xml_events *events);
/* OPTOUT_MORE, or why it ended: an error, or what an event answered; then the same for
 * ever. */
enum optout_rc xml_sax_feed(struct xml_sax *x, struct slice bytes) OPTOUT_CHECKED;
/* With `mend`: what was passed over so far. */
enum xml_flaw {
    XML_FLAWLESS,
    XML_FLAW_TEXT, /* stray ampersands, unknown references, bytes that are no characters: what
                      elements there are is not in doubt */
    XML_FLAW_TREE  /* where elements begin and end is, or attributes are missing */
};
enum xml_flaw xml_sax_flaw(const struct xml_sax *x);
/* No more comes. OPTOUT_OK: a whole document, apart from flaws of a text; else as xml_sax_feed. Frees the parser. */
enum optout_rc xml_sax_end(struct xml_sax *x) OPTOUT_CHECKED;
/* During an event: how many bytes of the document stand before what follows it, exact for
 * UTF-8; with skip_doctype: where the newest tag begins, whatever the encoding. */
uint64_t xml_sax_at(const struct xml_sax *x);

#endif
