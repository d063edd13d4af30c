/* SPDX-License-Identifier: Apache-2.0 */
/* vector.h - one vector, and the lines that make it up. Their meaning is told in README.md of
 * this folder. */
#ifndef OPTOUT_TESTS_VECTOR_H
#define OPTOUT_TESTS_VECTOR_H

#include "evaluate.h"

#include "core/buf.h"
#include "core/undecided.h"

#define EXPECT_MAX 32

struct expectation {
    struct slice standard, confidence, agent, scope, note;
};

#define SOURCES_MAX 16

/* One site file, assertion, feed, page or property. */
struct source {
    enum source_kind {
        SOURCE_SITE, SOURCE_ASSERTION, SOURCE_FEED, SOURCE_PAGE, SOURCE_PROPERTY, SOURCE_WORDS
    } kind;
    struct slice name;   /* path, label, URL or property */
    struct signal words; /* of SOURCE_WORDS */
    struct slice ns;     /* of a property */
    struct slice value;  /* of a property */
    size_t from, to;     /* of the others: where their text is in `texts` */
};

/* What happened beside the statements; in the order of their names in vector.c. */
enum event {
    EVENT_SITE_FILE, EVENT_REMEMBERED, EVENT_REFUSED, EVENT_BEGUN, EVENT_BROKEN, EVENT_LEFT,
    EVENT_REQUEST, EVENT_KNOWN, EVENT_STALE, EVENT_STOPPED, EVENT_TUNNEL, EVENT_NO_RECORD,
    EVENT_COUNT
};

struct vector {
    const char *file;
    unsigned line; /* of its first line */
    char title[160];
    int status;
    struct buf head, page, texts;
    char url[256], format[16];
    struct source source[SOURCES_MAX];
    size_t n_sources;
    bool in_text; /* the lines that are indented belong to the last source */
    struct view view; /* images is not used here */
    char profile[256];
    undecided_set unread;
    char decision[64]; /* "reserved block"; empty: any */
    char by[256], contact[256], conflicts[64], would[16]; /* as written; empty: none */
    char rules[128]; /* ids, the one that decided first; empty: any */
    unsigned events; /* bit 1 << enum event */
    bool says_why; /* has a "= by" line: the three before and `early` are compared */
    bool early;    /* known before the rest of the page is read */
    struct prefs want, want_images;
    bool says_what; /* has at least one "=" line */
    struct expectation signal[EXPECT_MAX];
    size_t n_signals;
    bool says_signals;
    const char *broken; /* why the vector itself cannot be run */
};

/* vector_init once, of one that is all zero; vector_begin before each. Slices of the lines are
 * kept: their text has to stay. */
void vector_init(struct vector *v);
void vector_begin(struct vector *v, const char *file);
/* Any line but a comment and the end; why it is wrong, or NULL. */
const char *vector_read_line(struct vector *v, struct slice line);
void vector_free(struct vector *v);

#endif
