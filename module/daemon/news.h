/* SPDX-License-Identifier: Apache-2.0 */
/* news.h - what a node learns of pages that pass by, for the other nodes: what pages say of their
 * images, and what terms say in words.
 *
 * The filter tells the daemon (MESSAGE_IMAGES, MESSAGE_TERMS_READ); the daemon gives it to Redis and
 * says so in the channel; the others fetch it and put it where their filters look: images into a map
 * in a file of the store's folder (verdict/fleet_images.h), terms into the store. Nobody waits for
 * any of it, but for the terms of an origin that is asked for the first time, which come with its site
 * files. Keys: "images:" and the page's key in hex; "terms:" and the origin.
 *
 * A message is lost to who is not there. So a node that (re)connects says "hello:", and each other
 * then names what it has told lately (told.h); and what it has told is looked for in Redis
 * when that was away, and put there when it is not. The page that was read last counts, wherever it was
 * read: one that says nothing is remembered until all that was read before it is over (site/terms.h,
 * verdict/image_map.h), and who finds something older in Redis puts what it knows in its place. What is
 * read from Redis is hostile, and may restrict alone: see joins.h and terms_value.h. One thread. */
#ifndef OPTOUT_DAEMON_NEWS_H
#define OPTOUT_DAEMON_NEWS_H

#include "daemon/intake.h"
#include "site/message.h"

#define NEWS_WANTED_MAX 65536 /* that are to be fetched; of more, the rest is told again some day */
#define NEWS_FLUSH_MS 2000    /* what the end waits for Redis at most */
#define NEWS_AT_ONCE 64       /* of them are asked for at a time, or told in a round */

struct news;

struct news_env {
    struct loop *loop;
    struct intake *intake; /* its share, which may be NULL: nothing is shared then */
    unsigned images;       /* places of the map of images; 0: they are not shared */
    const char *dir;       /* of the store, where that map is */
};

struct news *news_new(const struct news_env *env); /* NULL: out of memory */
void news_free(struct news *n);                    /* after share_close */

/* MESSAGE_IMAGES and MESSAGE_TERMS_READ: NULL, or why it is not taken. */
const char *news_take(struct news *n, const struct message *m);
/* Before share_close: what was not sent is, and Redis has it when this returns, unless it is away or
 * takes longer than NEWS_FLUSH_MS, which is logged. */
void news_flush(struct news *n);
/* The store has, or has no more, what this page of terms says. */
void news_terms_read(struct news *n, struct slice origin, struct slice url);

/* From the share: another node has something; see share.h. False: it is no news. */
bool news_changed(struct news *n, struct slice share_key, int64_t fetched_ms);
/* Connected, again or for the first time. */
void news_connected(struct news *n);
/* What Redis holds of an origin's terms goes into the store. */
void news_take_terms(struct news *n, struct slice origin, struct slice value);
/* The origin is to be forgotten, here and by all. */
void news_forget(struct news *n, struct slice origin);

struct news_stat {
    unsigned long long told, taken, refused, lost;
    size_t waiting; /* not told yet, as Redis is away */
};
void news_stat(const struct news *n, struct news_stat *out);

#endif
