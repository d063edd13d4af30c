/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - what an answer of an origin does to the store.
 *
 * Whether it was fetched, shared by another node or learned from passing traffic,
 * an answer becomes a document here, and only here: renewed by a 304, kept though
 * stale when the origin cannot be reached (RFC 9309 section 2.3.1.4), retried less
 * and less often, put under a product token of its own when the site answers
 * agents differently. */
#ifndef OPTOUT_DAEMON_INTAKE_H
#define OPTOUT_DAEMON_INTAKE_H

#include "daemon/daemon_config.h"
#include "daemon/share.h"
#include "daemon/worker.h"
#include "site/store.h"

/* Since the start; `optout site` and tests read them. */
struct counters {
    uint64_t asks, known, late, refused, asks_refused; /* refused: addresses */
    uint64_t fetched, not_modified, shared, learned, errors, kept_stale;
    uint64_t terms_asked, terms_read, terms_refused; /* pages of terms: see terms_fetch.h */
};

struct news;

struct intake {
    struct store *store;
    struct share *share; /* NULL: none is configured */
    struct news *news;   /* what nodes learn of pages; NULL: nobody is told */
    struct worker *worker; /* has the agents, too */
    int64_t agents_since_ms; /* what was got before was compiled with others */
    const struct daemon_config *config;
    struct counters *count;
};

#define INTAKE_ARENA (64u << 20)
#define PRIVATE_WHY "private address" /* of documents whose origin is not to be asked */

/* Whose document it is: its key in the store, and as nodes share it. */
struct intake_place {
    enum site_kind kind;
    struct slice key;       /* store_key_origin or store_key_licence */
    struct slice share_key; /* share_key_print */
};

/* What an answer means beside what the store holds; it is given to the other nodes. Its body is
 * read by the worker, so `done` is called later, from the loop; of an answer without one at once,
 * from within, and NULL is returned. The document is gone when `done` returns. Place and answer
 * are copied. */
struct intake_reading;
typedef void intake_done(void *ctx, const struct site_document *d);
struct intake_reading *intake_read(struct intake *in, const struct intake_place *place,
                                   const struct site_answer *answer, intake_done *done, void *ctx);
/* `done` will not be called; nothing is shared. */
void intake_leave(struct intake_reading *r);

/* Writes documents of one key at once, marked when each of `kinds` is there then (bit
 * 1 << enum site_kind; NULL: not marked); robots.txt that varies also under `token_key`,
 * unless that is empty. OPTOUT_MORE: written, but some of `kinds` is not there;
 * OPTOUT_E_IO: not all of it could be written, and it is not marked; the log says why. */
enum optout_rc intake_write(struct intake *in, struct slice key, struct slice token_key,
                            const struct site_document *d, size_t n, const uint32_t *kinds);

/* "KIND:ORIGIN", "KIND:ORIGIN\nTOKEN" or "rsl:URL". */
struct slice share_key_print(struct arena *a, enum site_kind kind, struct slice name,
                             struct slice token);
/* The key in the store of what a share key names; false: no such key. */
bool share_key_read(struct arena *a, struct slice share_key, enum site_kind *kind,
                    struct slice *key);

/* What is known under a key, copied out of the store. */
#define SEEN_LICENCES 4
struct seen {
    bool there, asked;
    bool varies;      /* robots.txt: the site answers agents differently */
    bool is_private;  /* the origin is not to be asked */
    uint8_t state[SITE_KIND_COUNT];
    int64_t expires_ms[SITE_KIND_COUNT];
    int64_t fetched_ms[SITE_KIND_COUNT];
    struct slice licence[SEEN_LICENCES]; /* that robots.txt names; in the arena */
    size_t n_licences;
};
void seen_read(struct store *s, struct arena *a, struct slice key, struct seen *out);

/* A copy with all that it points to, in one piece at `room`, which has document_size bytes
 * and is aligned as malloc's. */
size_t document_size(const struct site_document *d);
struct site_document *document_copy(void *room, const struct site_document *d);

/* The document of that kind, copied into the arena; false: none. */
bool stored_document(struct store *s, struct arena *a, struct slice key, enum site_kind kind,
                     struct site_document *out);
/* Another node has one that was fetched at newer_ms (SHARE_FORGOTTEN: none): a copy
 * here that is older is used no longer. The clocks of a fleet are taken to agree; a
 * copy from a clock that is ahead lives out its time. */
void intake_expire(struct intake *in, struct slice key, enum site_kind kind, int64_t newer_ms);

#endif
