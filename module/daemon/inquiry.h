/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry.h - finding out what is not known of one key of the store.
 *
 * At most one inquiry of a key is under way; whoever wants to know joins it. Each
 * file it needs is a job: asked of the other nodes, then of the origin in its
 * turn, then read. The documents are held, and written together when all are there,
 * with the mark that says so: readers do not see half of an origin. They are written
 * before, without the mark, when the wait of somebody is over, when all inquiries
 * together hold too much, and at the end of the daemon. An inquiry goes on when
 * everybody has left. When at its end a file is gone that it wrote or found in the store,
 * it begins again. */
#ifndef OPTOUT_DAEMON_INQUIRY_H
#define OPTOUT_DAEMON_INQUIRY_H

#include "daemon/fetch.h"
#include "daemon/intake.h"
#include "daemon/polite.h"

#define INQUIRIES_MAX 10000
#define HELD_MAX (16u << 20) /* bytes of documents that all of them hold */

enum inquiry_type {
    INQUIRY_ORIGIN,  /* the site files of an origin */
    INQUIRY_TOKEN,   /* its robots.txt as it is for one product token */
    INQUIRY_LICENCE  /* a licence document */
};

struct inquiry_subject {
    enum inquiry_type type;
    struct slice name;  /* the origin, or the licence's URL */
    struct slice token; /* product token of who asks; may be empty */
    struct slice agent; /* User-Agent to ask with */
    int64_t fresh_ms;   /* documents that are older are asked for again, on the wall clock; 0: those
                           whose time is over */
};

struct inquiries;
struct inquiry;

enum inquiry_result {
    INQUIRY_DONE,
    INQUIRY_REFUSED, /* not to be asked */
    INQUIRY_UNSTORED /* what was got could not be kept: it is not known */
};

/* Embedded by who waits. */
struct join {
    struct join *next;
    struct inquiry *inquiry; /* NULL: not joined */
    void (*over)(void *ctx, enum inquiry_result r); /* from the loop */
    void *ctx;
};

struct inquiries_env {
    struct loop *loop;
    struct intake *intake;
    struct fetcher *fetcher;
    struct polite *polite;
};

struct inquiries *inquiries_new(const struct inquiries_env *env);
/* Writes what is held. From now on nothing is begun or taken in; for while the others
 * are closed. */
void inquiries_stop(struct inquiries *all);
void inquiries_free(struct inquiries *all); /* after inquiries_stop and share_close */
size_t inquiries_count(const struct inquiries *all);

enum join_result {
    JOIN_WAIT,  /* `over` will be called */
    JOIN_KNOWN, /* nothing is missing */
    JOIN_FULL,  /* too many are under way, or no memory */
    JOIN_UNSTORED /* what was got a moment ago could not be kept */
};
/* `seen`: what the store holds of the subject's key now. */
enum join_result inquiry_join(struct inquiries *all, const struct inquiry_subject *subject,
                              const struct seen *seen, struct join *join);
void inquiry_leave(struct join *join);
/* Who joined waits no longer: what is held is written, and what comes from now on at once. */
void inquiry_hurry(struct join *join);

/* The key of the store that an inquiry fills, in the arena. */
struct slice inquiry_key(struct arena *a, const struct inquiry_subject *subject);
/* Writes what an inquiry of this key holds, if a document of that kind is among it: for who
 * writes such a document himself. */
void inquiries_write(struct inquiries *all, struct slice key, enum site_kind kind);
/* What the store holds of this key, and of an origin for its tokens, is forgotten: so is what
 * inquiries have found out; they begin again. */
void inquiries_forget(struct inquiries *all, struct slice key);
/* Another node has put this key: whoever waits for its lease looks again. */
void inquiries_changed(struct inquiries *all, struct slice key, enum site_kind kind);

#endif
