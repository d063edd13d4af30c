/* SPDX-License-Identifier: Apache-2.0 */
/* share.h - one fetch for the whole fleet: documents shared through Redis.
 *
 * Speaks RESP2 with commands that Redis has had since 2.6.12, over one connection
 * for commands and one that subscribes. Nothing here blocks: everything is driven
 * by the daemon's loop, and answers come by callback, always, exactly once, also when
 * Redis is away, slow or wrong. Not for several threads.
 *
 * What is stored is what an origin answered (share_value.h), not what we made of
 * it: nodes of another version compile it for themselves. Keys, all with a
 * time to live: "optout:1:doc:KIND:ORIGIN" or "…:URL" (RSL) and, where the origin
 * answers agents differently, "…\nTOKEN"; "optout:1:lease:…" the right to fetch,
 * which a dead node loses after lease_ms; channel "optout:1:changed". The keys that
 * are given and told here are the part after "optout:1:doc:", any bytes, at most 4096.
 *
 * Callbacks come from the loop and from within share_close only (share_get calls back
 * at once when even the memory to put the answer off is missing, or the key is too
 * long). They may call share_get, _put, _release and _forget, but not share_close,
 * and during share_close they must not ask again. Strings of the options are not
 * needed after share_open. With rediss:// the process must ignore SIGPIPE. */
#ifndef OPTOUT_DAEMON_SHARE_H
#define OPTOUT_DAEMON_SHARE_H

#include "core/rc.h"
#include "core/slice.h"
#include "daemon/loop.h"

struct share;

struct share_options {
    struct loop *loop; /* outlives the share */
    /* redis://[user[:password]@]host[:port][/db], rediss://…, unix:/path[?db=N]. A host
     * name is looked up by a thread of libcurl's, never by the loop. */
    const char *url;
    const char *user;     /* ACL user; overrides the URL; may be NULL */
    const char *password; /* overrides the URL; may be NULL */
    const char *ca_file;  /* rediss; NULL: the system's. Read again for each connection */
    const char *node;     /* names this node in leases */
    unsigned lease_ms;    /* 15000 */
    unsigned timeout_ms;  /* of connecting and of each command: 1000 */
    size_t value_max;     /* bytes of a value that is put or taken: 1 MiB + 64 KiB */
    /* Another node put or forgot this key (not called for our own). `fetched_ms` is
     * what it gave to share_put, or SHARE_FORGOTTEN. The message may come after the
     * very value it tells of was taken: they travel on two connections. */
    void (*changed)(void *ctx, struct slice key, int64_t fetched_ms);
    /* Connected for commands, or told of changes (again): perhaps twice in a row. May be NULL. */
    void (*connected)(void *ctx);
    /* Connected, lost, refused: once for each change of state, for the log. */
    void (*told)(void *ctx, const char *text);
    void *ctx;
};

/* NULL with `why` when the URL is wrong or ca_file has no certificates. Redis being away
 * is no error. */
struct share *share_open(const struct share_options *o, char *why, size_t why_size);
/* Pending callbacks get SHARE_AWAY first. Leases that are still held run out. */
void share_close(struct share *s);

enum share_result {
    SHARE_FOUND,  /* value is set */
    SHARE_ABSENT, /* not there, and the lease was not asked for */
    SHARE_LEASED, /* not there; this node is to fetch, then share_put or share_release */
    SHARE_HELD,   /* not there; another node is fetching: ask again at `changed`, or later */
    SHARE_AWAY    /* Redis cannot be asked: go on alone */
};
typedef void share_answer(void *ctx, enum share_result r, struct slice value);

/* The value; when it is absent and `lease`: SET lease NX PX. The value's freshness
 * is its time to live. `refresh`: a value that is there does not count (it is
 * known to be stale or was asked to be renewed). A value longer than value_max
 * is absent; a key of another type, and any error reply, is SHARE_AWAY. */
void share_get(struct share *s, struct slice key, bool lease, bool refresh, share_answer *answer,
               void *ctx);
#define SHARE_FORGOTTEN INT64_MAX /* also of nodes whose messages do not say */
/* SET with PX ttl_ms, gives the lease back, PUBLISH. Values beyond value_max are
 * not put; the lease is given back. `fetched_ms`: wall clock, for `changed`; it must
 * be the time that the value itself tells. */
void share_put(struct share *s, struct slice key, struct slice value, int64_t fetched_ms,
               int64_t ttl_ms);
/* The same of what nobody has a lease for. False: Redis is away, or it cannot be put. */
bool share_set(struct share *s, struct slice key, struct slice value, int64_t fetched_ms,
               int64_t ttl_ms);
/* PUBLISH alone. False: Redis is away. */
bool share_say(struct share *s, struct slice key, int64_t fetched_ms);
/* Waits until Redis has answered all that it was asked, at most so long. Answers are told from within,
 * as by share_close. False: not all was answered. */
bool share_flush(struct share *s, unsigned max_ms);
void share_release(struct share *s, struct slice key);
void share_forget(struct share *s, struct slice key); /* DEL and PUBLISH */

struct share_stat {
    bool connected;
    unsigned long long found, absent, leased, held, put, lost; /* lost: connections */
};
void share_stat(const struct share *s, struct share_stat *out);

#endif
