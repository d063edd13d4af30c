/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h - the data model: one statement that a publisher made.
 *
 * Everything upstream of it turns bytes into signals, everything downstream
 * turns signals into a decision and a record. A signal says what was stated,
 * by which standard, where, and how well it was spelt; it never says what to
 * do about it. */
#ifndef OPTOUT_CORE_SIGNAL_H
#define OPTOUT_CORE_SIGNAL_H

#include "core/arena.h"
#include "core/packet.h"
#include "core/rc.h"
#include "core/usage.h"

/* Who defined the statement: one line a standard, its id and its row (standards/table.c).
 * Signals are reported in this order. */
#define STANDARDS(X) \
    X(AIPREF, aipref)                     /* Content-Usage */ \
    X(TDMREP, tdmrep)                     /* tdm-reservation, tdm-policy */ \
    X(ROBOTS_META, robots_meta)           /* X-Robots-Tag, Robots-Tag, meta robots, noai */ \
    X(CONTENT_SIGNALS, content_signals)   /* Content-Signal */ \
    X(LICENSE_LINK, license_link)         /* rel=license, RFC 8288 and HTML */ \
    X(RSL, rsl)                           /* Really Simple Licensing: documents and challenges */ \
    X(C2PA, c2pa)                         /* Content Credentials manifests */ \
    X(ACCESS, access)                     /* 402, crawler-price and other refusals to serve */ \
    X(AI_META, ai_meta)                   /* meta ai-training and its relatives, no spec */ \
    X(ROBOTS_TXT, robots_txt)             /* Robots Exclusion Protocol and its training rules */ \
    X(AI_TXT, ai_txt)                     /* ai.txt, both formats that state something */ \
    X(TRUST_TXT, trust_txt)               /* trust.txt datatrainingallowed */ \
    X(PEAC, peac)                         /* peac.txt, open or conditional */ \
    X(PLUS, plus)                         /* PLUS Data Mining, adopted by IPTC Photo Metadata */ \
    X(CAWG, cawg)                         /* CAWG Training and Data Mining */ \
    X(AI_LICENSE, ai_license)             /* meta ai-license and 402 offers of plugins, no spec */ \
    X(X_AI, x_ai)                         /* X-AI-Training, X-AI-License-Required, no spec */ \
    X(NATURAL_LANGUAGE, natural_language) /* what people wrote for people */

#define STANDARD_ID(NAME, row) STD_##NAME,
enum standard_id { STANDARDS(STANDARD_ID) STD_COUNT };
#undef STANDARD_ID

enum carrier {
    CARRIER_HTTP_HEADER,
    CARRIER_HTTP_STATUS,
    CARRIER_HTML,
    CARRIER_SITE_FILE,
    CARRIER_XMP,
    CARRIER_JUMBF, /* a C2PA manifest store */
    CARRIER_IIM,   /* IPTC-IIM datasets */
    CARRIER_EPUB,  /* the package document */
    CARRIER_FEED,  /* RSS or Atom */
    CARRIER_TEXT,  /* a field for people inside a file: comment, copyright, terms */
    CARRIER_COUNT
};

enum scope {
    SCOPE_ASSET,           /* this representation, whatever its type */
    SCOPE_PAGE,            /* this HTML page, not what it embeds */
    SCOPE_PATH,
    SCOPE_SITE,
    SCOPE_EMBEDDED_IMAGES, /* the images of a page, not its text */
    SCOPE_COMPONENT,       /* something inside the file: an ingredient, one of its pictures */
    SCOPE_COUNT
};

enum confidence {
    CONF_WEAK,  /* natural language, vendor defaults, invented tokens: never allows */
    CONF_LAX,   /* plain meaning in a spelling that the specification does not have */
    CONF_EXACT, /* as the specification writes it */
    CONF_COUNT
};

enum place_kind {
    PLACE_NONE,
    PLACE_HEADER, /* at: the header line, from 1, status line not counted */
    PLACE_BYTE,   /* at: offset in the decoded body */
    PLACE_LINE,   /* at: line of a site file, from 1 */
    PLACE_PART    /* part: in the words of the format; at: offset in the decoded body */
};

#define SIGNAL_RAW_MAX 512 /* bytes of a raw value that are kept */
#define SIGNAL_URL_MAX 2048
#define SIGNAL_PART_MAX 256
#define SIGNALS_MAX 256 /* statements kept per exchange */

struct signal {
    uint8_t standard;   /* enum standard_id */
    uint8_t carrier;    /* enum carrier */
    uint8_t scope;      /* enum scope */
    uint8_t confidence; /* enum confidence */
    uint8_t property;   /* the standard's own: which of its properties this is */
    uint8_t place_kind; /* enum place_kind */
    bool raw_cut;       /* raw is longer than what is kept */
    bool aside;         /* of a part of the file, or superseded: weak, whoever reads it */
    uint8_t weight;     /* of `signals`: what it could do to the decision */
    struct prefs prefs; /* with its own umbrella spread; may be empty: a statement
                           that was seen but says nothing of any usage */
    uint64_t at;        /* see enum place_kind */
    struct slice agent; /* the product token it is addressed to; empty: everybody */
    struct slice name;  /* of the field, meta or property that raw is the value of; or empty */
    struct slice raw;   /* the value as sent */
    struct slice part;  /* PLACE_PART: "APP1 segment 2", "object 12"; else empty */
    struct slice url;   /* licence or policy; as written, absolute once inspected */
    struct slice image; /* SCOPE_EMBEDDED_IMAGES: the one it is about, as written, absolute once
                           inspected; of RSL a pattern behind an origin; empty: all of the page's */
    struct slice page;  /* the page that states it, when that is another than what was asked
                           for; empty: it was stated here */
    const char *note;   /* static text: why it is lax, weak or without effect; or NULL */
    uint32_t digest;    /* of `signals`: equal statements have equal ones */
};

/* What a statement could do to the decision, from nothing up. Places are given away
 * only to what weighs more. */
enum signal_weight {
    WEIGHT_NONE,      /* restricts nothing that matters to whoever decides */
    WEIGHT_POINTER,   /* leads to a document that may */
    WEIGHT_WEAK,      /* restricts, but weakly, or perhaps somebody else */
    WEIGHT_CONDITION,
    WEIGHT_DENIAL
};

/* Who the statements are collected for: `of` weighs one of them. */
struct signal_scale {
    enum signal_weight (*of)(const void *ctx, const struct signal *sig);
    const void *ctx;
};

/* The statements of one exchange, in the order found. Memory is the arena's. */
struct signals {
    struct arena *arena;
    struct signal *v;
    size_t n;
    size_t size;
    bool settled;  /* what may still come cannot lift what was stated: the head of
                      the page is closed, or everything was read */
    bool overflow; /* statements that could restrict did not fit: SIGNALS_MAX or memory */
    size_t changes; /* of the list, so far */
    uint64_t dropped; /* statements that restrict nothing and did not fit */
    bool images_dropped; /* some of them were about embedded images, and restrict those */
    struct signal_scale scale; /* `of` NULL: it is not known who will decide */
};

/* Lower the confidence, never raise it. The first reason given stays. */
void signal_lax(struct signal *sig, const char *note);
void signal_weak(struct signal *sig, const char *note);
/* What the role of its packet takes from a statement: what is not the file's own weighs less
 * and does not allow; the note says why. */
void signal_demote(struct signal *sig, enum packet_role role);

void signals_init(struct signals *s, struct arena *arena);

/* Appends `sig`, copying its slices into the arena (raw and url are cut to
 * their maxima, agent and name to 64 bytes). What is stated once already, the place apart,
 * is there. In a full list the lightest statement makes way for a heavier one.
 * When something that could restrict does not fit, `overflow` is set and
 * the result is OPTOUT_E_LIMIT: whoever decides must not call that clear. */
enum optout_rc signals_add(struct signals *s, const struct signal *sig);
/* The same; *kept: the statement in the list, valid until the next one is added,
 * or NULL. */
enum optout_rc signals_keep(struct signals *s, const struct signal *sig,
                            const struct signal **kept);

/* Whether it is about images that the page embeds, and so of no weight for the page itself. What
 * a page said of an image that is judged now has that page in `page`, and counts. */
bool signal_is_of_images(const struct signal *sig);
bool signal_restricts(const struct signal *sig); /* any usage */
/* The weight of a statement for whoever it is addressed to, when these usages matter. */
enum signal_weight signal_weigh(const struct signal *sig, usage_set matter);

const char *carrier_name(enum carrier c);       /* "http-header" … "site-file" */
const char *scope_name(enum scope s);           /* "asset" "page" … "embedded-images" */
const char *confidence_name(enum confidence c); /* "weak" "lax" "exact" */

/* "header line 3", "byte 1204", "line 7", "APP1 segment 2" or "" into `out`; bytes of a
 * part that are not printable ASCII become '?'. */
#define PLACE_TEXT (SIGNAL_PART_MAX + 1)
void signal_place(const struct signal *sig, char out[PLACE_TEXT]);

#endif
