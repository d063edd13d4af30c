/* SPDX-License-Identifier: Apache-2.0 */
/* site.h - what an origin's site files say about one URL, for whoever fetches it.
 *
 * Looks in the store; what is not there, or is too old, is asked of the daemon
 * within a bounded wait. One struct site serves all threads of a process; it is
 * made after fork. */
#ifndef OPTOUT_SITE_SITE_H
#define OPTOUT_SITE_SITE_H

#include "core/undecided.h"
#include "http/exchange.h"
#include "site/store.h"
#include "site/terms.h"

struct site;

/* How to look up, borrowed each time: the configuration may change between two. */
struct site_options {
    const char *socket; /* of the daemon; empty: none */
    unsigned wait_ms;
    unsigned waiters;   /* look-ups of this process that may wait at a time */
    const uint8_t (*meaning)[SITE_STATE_COUNT]; /* enum site_meaning, [SITE_KIND_COUNT] */
    bool terms;         /* what the origin's terms say in words counts */
};

struct site_query {
    struct slice url;          /* absolute */
    const struct slice *agent; /* product tokens, lower case */
    size_t n_agents;
    struct slice user_agent;   /* to be asked with; empty: the one in `request` */
    const struct headers *request; /* or NULL */
    uint8_t user;              /* enum rsl_user */
    struct slice country;
    uint32_t others;           /* of struct rules_query */
    bool no_words;             /* the same */
};

#define SITE_LICENCES_MAX 4 /* documents that one look-up follows */

/* The documents of one key of the store, and how the answer rests on them. */
struct site_reliance {
    char id[BUNDLE_ID_SIZE];        /* of `bundle` */
    struct slice bundle;            /* what is known of them (bundle.h); the arena's */
    uint32_t line[SITE_KIND_COUNT]; /* of the rule that speaks; 0: none */
    uint32_t stale; /* bit 1 << kind: older than it should be, and nothing newer could be had */
};
_Static_assert(SITE_KIND_COUNT <= 32, "a bit for each");
/* The origin, the origin as it answers the profile's token, licence documents that
 * robots.txt names and those that the response names. */
#define SITE_RELIANCES_MAX (2 + 2 * SITE_LICENCES_MAX)

struct site_result {
    struct site_reliance reliance[SITE_RELIANCES_MAX];
    size_t n;
    undecided_set undecided;
    bool known;  /* everything that discovery looks for is known */
    bool waited;
    uint64_t waited_us; /* for the daemon, in all */
    char terms_id[TERMS_ID_SIZE]; /* of the record of a page of terms that says something */
};

/* The process's own, one for each folder; opened once and never closed before
 * the process ends. NULL and `why` when it cannot be used; tried again at most
 * once a second. */
struct site *site_get(const char *dir, uint64_t size_max,
                      void (*told)(void *ctx, const char *text), char *why, size_t why_size);

/* The same for whoever only reads: nothing is made, mended or kept. */
struct site *site_get_read_only(const char *dir, char *why, size_t why_size);

/* Documents that come from elsewhere than a store: `read` as store_read; `learn` is given what
 * site_learn would store. Valid as long as the site; one thread at a time. */
struct site_documents {
    bool (*read)(void *ctx, struct slice key, store_visit *visit, void *visit_ctx);
    void (*learn)(void *ctx, const struct site_answer *a, const struct agents *agents,
                  struct arena *scratch);
    void *ctx;
};
struct site *site_of_source(const struct site_documents *source); /* NULL: out of memory */
void site_of_source_free(struct site *s);                      /* NULL is fine */
/* The source, or NULL when there is a store. */
const struct site_documents *site_documents(const struct site *s);

/* Appends what the site says about the URL to `out` and tells what that rests on.
 * URLs that are not http or https have no site files: nothing is said. Waits at
 * most how->wait_ms, when the origin is unknown or what is known is stale. */
void site_look(struct site *s, const struct site_options *how, const struct site_query *q,
               struct arena *arena, struct signals *out, struct site_result *result);

/* RSL documents that signals from `from` on point to (std rsl, a URL, empty
 * preferences): appends what they say. Used by site_look for robots.txt and by
 * whoever found pointers in a response. */
void site_look_licences(struct site *s, const struct site_options *how,
                        const struct site_query *q, struct arena *arena, size_t from,
                        struct signals *out, struct site_result *result);

/* A site file that passed by. */
struct site_passed {
    struct slice body; /* decoded, its coding ended */
    bool cut;          /* it is longer than what was kept */
    bool measured;     /* it came to the length that its head announces */
    struct slice user_agent; /* the site is asked with, on behalf of whom it was fetched for */
};
/* Handed to the daemon; without one it is read and stored here, with `agents`. What does not
 * teach, because it is no final answer, because it was told to one visitor alone or may not
 * be whole, is left to the daemon, which asks for the file itself. `scratch` is for what is
 * made. */
void site_learn(struct site *s, const struct site_options *how, const struct exchange *x,
                const struct site_passed *passed, const struct agents *agents,
                struct arena *scratch);

struct store *site_store(struct site *s);

#endif
