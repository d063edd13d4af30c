/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h - one exchange becomes a decision and a record, whoever asks.
 *
 *   judge_begin, then the host fills in the exchange
 *   of a response:  judge_open, judge_feed (body bytes as sent) …, judge_settle
 *   of a request:   judge_open_request, judge_settle_remembered, _site or _unseen
 *   then            judge_close_record; the host writes j->record, then judge_remember
 *
 * The host holds bytes back, answers and writes: what it did with the body it says
 * to judge_close_record. Nothing here waits, but for a site that is not known, and
 * that only where the host says that it may. One judge belongs to one thread at a
 * time. */
#ifndef OPTOUT_VERDICT_JUDGE_H
#define OPTOUT_VERDICT_JUDGE_H

#include "audit/record.h"
#include "inspect/inspect.h"
#include "standards/agents.h"
#include "verdict/remember.h"

#define JUDGE_ARENA (8u << 20) /* ceiling of an exchange's memory beyond what is held */

struct config;
struct image_map;
struct terms_pages;
struct url_set;
struct image_talk;

/* What every judgement rests on; borrowed. */
struct judge_basis {
    const struct config *config; /* SiteStore empty: no site rules */
    struct slice settings;       /* what config->hash is taken over */
    const struct agents *agents; /* the catalogue; NULL: the built-in one */
    const struct phrases *phrases; /* what is looked for in words; NULL: they are not read */
    const struct terms_pages *terms; /* which pages are; NULL: the built-in table */
    struct url_set *linked;    /* pages that others of their origin call their terms; or NULL */
    struct site *site; /* NULL: none, or what SiteStore names cannot be used */
    struct remembered *late;   /* denials that came too late; NULL: none are known */
    struct remembered *wholes; /* verdicts on whole bodies; the same */
    struct image_map *images;  /* what pages say of images that they embed; the same */
    bool never_waits;  /* judge_open says OPTOUT_MORE where it would wait for a site */
    bool learns;       /* site files that pass are handed on, or stored */
    struct lookback back;         /* of the body, may be empty */
    const struct packet_tap *tap; /* NULL: nobody looks */
};

struct judge {
    struct judge_basis basis;
    const struct profile *profile;
    struct arena *arena;
    struct exchange exchange;      /* filled in by the host, after judge_begin */
    struct inspection *inspection; /* of a response */
    struct site_result site;       /* the site files that the decision rests on */
    struct decision decision;
    struct record record;
    struct image_talk *talk; /* what this page says of its images; NULL: nothing so far */
    bool images_recalled; /* what pages say of this image is among the signals */
    bool site_file;       /* what is asked for is a site file: it passes, and teaches */
    bool weighed_settled; /* whether the signals were settled when last weighed */
    size_t weighed;       /* changes of them then */
    int64_t announced;    /* body bytes that are to come; -1: only the sender knows the end */
};

/* `j` is all zero. */
void judge_begin(struct judge *j, const struct judge_basis *basis, const struct profile *profile,
                 struct arena *arena);

/* The head of a response is complete. OPTOUT_E_NOMEM: it cannot be judged. OPTOUT_MORE,
 * with never_waits alone: the site is not known or stale. Whoever has asked the daemon
 * calls judge_look_again; all else may go on meanwhile. */
enum optout_rc judge_open(struct judge *j) OPTOUT_CHECKED;
/* The same of a request, which has no inspection. */
void judge_open_request(struct judge *j);
/* For hosts that never wait: looks the site up anew; `last`: what is not known now
 * counts as unknown. OPTOUT_MORE: still not known. */
enum optout_rc judge_look_again(struct judge *j, bool last) OPTOUT_CHECKED;

/* OPTOUT_DONE: no later byte can change what is stated. */
enum optout_rc judge_feed(struct judge *j, struct slice bytes);
/* Takes bytes into the digest of the body, where configuration wants one: every byte
 * or none. Only for bodies that will be seen whole. */
void judge_hash(struct judge *j, struct slice bytes);
/* True when the verdict is known without the rest of the body. */
bool judge_is_decided(struct judge *j);

/* Ends the reading and decides. May wait for licences that the response points to.
 * `refuse` turns what would pass into a block: the profile does not let through what
 * cannot be judged. */
void judge_settle(struct judge *j, enum inspect_end end, bool refuse);
/* For what cannot be looked into (tunnels): decides for one reason. */
void judge_settle_unseen(struct judge *j, enum undecided reason);
/* What the site says of a request, and what pages say of an image. True when it is refused; else the response will
 * tell the rest, and have the record. */
bool judge_settle_site(struct judge *j);
/* True when this URL was denied too late before and that still holds: it is refused. */
bool judge_settle_remembered(struct judge *j);

/* Fills the record with what happened: after one of those above, or after judge_abandon.
 * `released`: body bytes that had left. */
void judge_close_record(struct judge *j, enum inspect_end end, enum action action,
                        uint64_t released);
/* The record says that the head has to leave before the verdict. */
void judge_note_pending(struct judge *j);
/* Whoever wanted the response went away before the verdict. */
void judge_abandon(struct judge *j);
/* Keeps what later exchanges ask for: a denial that came too late, the verdict on a whole body,
 * what a page says of its images, and what terms say for their origin. */
void judge_remember(struct judge *j, enum inspect_end end);

#endif
