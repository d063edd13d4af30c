/* SPDX-License-Identifier: Apache-2.0 */
/* standard.h - what a standard is to the rest of the program: one row.
 *
 * A standard turns what was found (header lines, a page's elements) into
 * signals and knows how its own statements combine. It does no I/O, keeps no
 * state, allocates from the arena of the signal list alone, and may be called
 * by any thread. To add one: its file with its row, a line of STANDARDS in
 * core/signal.h, local.mk, its vectors, its section in docs/standards.md. */
#ifndef OPTOUT_STANDARDS_STANDARD_H
#define OPTOUT_STANDARDS_STANDARD_H

#include "core/page.h"
#include "core/property.h"
#include "core/signal.h"
#include "http/exchange.h"

struct words; /* standards/natural_language.h */

/* What every hook is given: where the statement was met, and where signals go. */
struct hook_input {
    const struct exchange *x;
    struct signals *out;
    struct words *words; /* reads what people wrote; NULL: nobody does */
};

/* Each is defined in the file of its standard, as standard_NAME. */
struct standard {
    const char *name;    /* "tdmrep", as records and tags print it */
    const char *title;   /* for people */
    const char *spec;    /* document and where to find it */
    const char *version; /* the version that is implemented */
    const char *reads;   /* carriers, for people: "header, HTML meta" */

    /* Lower-case names of the response header fields it reads, NULL at the end;
     * NULL when it reads none. `headers` is called only when one is there. */
    const char *const *fields;
    /* Lower-case names of meta elements that are its own: not even one that holds nothing but
     * robots rules is addressed to a robot of that name. NULL: none. */
    const char *const *meta_names;
    /* Reads the head of a response; NULL when it reads none. */
    void (*headers)(const struct hook_input *r);
    /* Reads one element of a page; NULL when it reads none. */
    void (*page)(const struct page_statement *s, const struct hook_input *r);
    /* Reads one property of metadata inside a file; NULL when it reads none. */
    void (*property)(const struct property *p, const struct hook_input *r);
    /* Its own precedence (W section 9.3): combines its applicable signals, in
     * the order found, into *out (zeroed). NULL: the most restrictive wins. */
    void (*resolve)(const struct signal *const *sig, size_t n, struct prefs *out);
    /* Whether a later statement of the same standard could still lift what these
     * deny (TDMRep: HTML supersedes the header), so that the denial is final only
     * once everything that counts has been read. NULL: nothing can. */
    bool (*may_lift)(const struct signal *const *sig, size_t n);
    /* True when the standard speaks by status codes too: `headers` is then
     * called for every response with a status of 400 and above. */
    bool reads_status;
};

extern const struct standard *const standards[STD_COUNT]; /* index: enum standard_id */

/* Runs every standard that reads one of the fields that are there. */
void standards_read_headers(const struct hook_input *in);
void standards_read_page(const struct page_statement *s, const struct hook_input *in);
/* Whether an element of which not all is there may state what nobody could read. Values that
 * their standard reads are its own affair. */
bool standards_may_miss(const struct page_statement *s);
void standards_read_property(const struct property *p, const struct hook_input *in);
/* Combines the signals of one standard. */
void standard_resolve(enum standard_id id, const struct signal *const *sig, size_t n,
                      struct prefs *out);

#endif
