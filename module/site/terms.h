/* SPDX-License-Identifier: Apache-2.0 */
/* terms.h - what the pages of an origin that hold its terms say in words, for its other pages.
 *
 * One document of kind `terms` beside the origin's site files. In the place of rules it holds a
 * list: the pages (terms of use, imprint, legal notice) in which a reservation in words was
 * found, with its sentences. Learned of pages that pass by; optoutd, when it is told to, also
 * fetches TERMS_ASKED_MAX of an origin. Of those the list tells, too, that they say nothing. */
#ifndef OPTOUT_SITE_TERMS_H
#define OPTOUT_SITE_TERMS_H

#include "core/usage.h"
#include "site/store.h"

#define TERMS_PAGES 8     /* of an origin; of more, those that are read later stay */
#define TERMS_ASKED_MAX 3 /* of them are fetched, in the time that they hold */
#define TERMS_HITS 3      /* sentences of a page */
#define TERMS_URL_MAX 512
#define TERMS_TEXT_MAX 512
#define TERMS_NAME_MAX 64
#define TERMS_ID_SIZE 27 /* id of a record, with its NUL */
#define TERMS_LIFE_MAX_MS (31 * 86400ll * 1000) /* no page holds longer */

struct terms_hit {
    struct prefs prefs;
    uint8_t grade;     /* enum phrase_grade */
    uint64_t at;       /* offset in the page */
    struct slice name; /* of the phrase, "de/reserved@1" */
    struct slice text; /* the sentence */
};

/* Slices are borrowed. */
struct terms_page {
    struct slice url;
    char id[TERMS_ID_SIZE]; /* of the record of the page */
    bool has_sha256;
    bool fetched; /* by optoutd, not seen passing by */
    bool unread;  /* it could not be had, or is no page: it says nothing, for a while */
    bool shared;  /* another node of the fleet read it */
    bool asked;   /* optoutd has asked for it, in the time that it holds: it stays in the list */
    uint8_t sha256[32]; /* of the body as sent */
    int64_t fetched_ms, expires_ms; /* wall clock */
    size_t n; /* hits; 0: the page says nothing (any more) */
    struct terms_hit hit[TERMS_HITS];
};

/* Cuts the first page off a list, which may be any bytes: false at its end and at what is none. The
 * slices point into the list. */
bool terms_next(struct slice *list, struct terms_page *out);
/* How long a page stays in the list. One that says nothing stays beyond its time, until whatever was
 * read before it is over everywhere: it is the newer sight, and an older one that comes back, by a node
 * that was away or a Redis that has lost something, does not count. */
int64_t terms_kept_until(const struct terms_page *p);
/* Appends a page. */
enum optout_rc terms_print(const struct terms_page *p, struct buf *list) OPTOUT_CHECKED;

/* What is known at `now_ms` of the page at this URL, and how many pages of its origin were asked for. */
struct terms_known {
    bool fresh;
    unsigned asked;
    int64_t fetched_ms; /* of what is there of it; 0: nothing */
};
struct terms_known terms_known(struct store *s, struct slice origin, struct slice url,
                               int64_t now_ms);

/* Puts the page in the place of what was known of its URL, and leaves out what is over by `now_ms`.
 * What was read later stays. A page that was asked for takes no place of one that holds, unless another
 * node tells of it: who read that was quicker; nor does one that could not be read.
 * Nothing is written when that changes nothing worth it: a page that says nothing and is not there
 * (and that no other node tells of), or one that says the same, was read less than an hour ago and holds
 * for most of its time. So the time of a sight is right to an hour. Of two processes that write at once
 * one may be lost: it is learned again. */
enum optout_rc terms_put(struct store *s, struct slice origin, const struct terms_page *p,
                         int64_t now_ms) OPTOUT_CHECKED;
/* The same; tells whether something was written. */
enum optout_rc terms_put_if_news(struct store *s, struct slice origin, const struct terms_page *p,
                                 int64_t now_ms, bool *changed) OPTOUT_CHECKED;
/* All that is known of the origin's terms, appended to `list`; over or not. Else nobody knows, and
 * why. */
enum optout_rc terms_list(struct store *s, struct slice origin, struct buf *list) OPTOUT_CHECKED;
/* Nothing is known of them any more; the rest of the origin stays. */
enum optout_rc terms_forget(struct store *s, struct slice origin) OPTOUT_CHECKED;

#endif
