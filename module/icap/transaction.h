/* SPDX-License-Identifier: Apache-2.0 */
/* transaction.h - one ICAP request on its way through the filter. */
#ifndef OPTOUT_ICAP_TRANSACTION_H
#define OPTOUT_ICAP_TRANSACTION_H

#include "audit/record.h"
#include "core/arena.h"
#include "icap/c_icap.h"
#include "icap/hold.h"
#include "icap/remember.h"
#include "icap/snapshot.h"
#include "inspect/inspect.h"

#define TRANSACTION_MAGIC 0x0970071Au
#define TRANSACTION_ARENA (8u << 20) /* ceiling of an exchange's memory beyond what is held */
#define TRANSACTION_FIRST (44u << 10) /* of it, allocated with the transaction: most need no more */

/* What is done with body bytes that arrive and leave now. */
enum phase {
    PHASE_READING, /* the verdict is open: bytes are inspected and held back */
    PHASE_STREAM,  /* the verdict lets it pass: bytes go through us, in order */
    PHASE_PAGE,    /* our own page is the answer: what arrives is thrown away */
    PHASE_CUT,     /* the transfer is to be broken off */
    PHASE_ENDED    /* nothing of a body is ours to send */
};

/* What all children share; made before fork. */
struct shared {
    struct hold_budget *budget;
    struct remembered *remembered;
    struct remembered *wholes; /* verdicts on files that were read, for ranges of them */
};

struct transaction {
    uint32_t magic;
    enum phase phase;
    const struct shared *shared;
    struct snapshot *snapshot;
    const struct profile *profile;
    struct exchange exchange;
    struct inspection *inspection;
    struct decision decision;
    struct record record;
    struct site_result site; /* the site files that the decision rests on */
    bool recorded;      /* its final record is on its way to the disk */
    bool unlocked;      /* the answer has begun: head and status are gone */
    bool input_ended;   /* the whole body has arrived */
    bool strip;         /* the origin sent a field of our name */
    bool site_file;     /* what is asked for is a site file: it passes, and teaches */
    bool audit_failed;  /* blocked because the record could not be written */
    bool length_gone;   /* the answer has begun without the Content-Length it came with */
    bool proxy_waits;   /* the proxy says that it can wait for the answer to any body */
    bool endless;       /* the body may never end: its first bytes are all that is judged */
    bool broken;        /* the body ended before its announced end */
    size_t weighed;     /* changes of the signals when the verdict was last tried */
    bool weighed_settled; /* and whether they were settled then */
    uint64_t lock_limit; /* body bytes that may be held before the answer must begin */
    uint64_t hold_max;
    uint64_t format_max; /* the same for the formats that it turned out to be */
    int64_t announced;   /* body bytes that are to come; -1: only the proxy knows the end */
    uint64_t arrived;    /* body bytes that came in */
    uint64_t deadline_us; /* of the verdict; 0: none */
    uint64_t spent_us;    /* in handlers that have returned */
    uint64_t in_us;       /* when the running one was entered; 0: none is */
    struct hold hold;
    struct slice preview; /* while its handler runs: what is looked back at before it is held */
    struct buf page; /* our own body */
    size_t page_at;
    unsigned retry_after; /* seconds, when the page says "later"; 0: it is final */
    bool page_is_json;
    bool page_too_long; /* for the template's room */
    struct arena arena;
    _Alignas(16) uint8_t first[TRANSACTION_FIRST];
};

/* NULL when memory or configuration is missing. */
struct transaction *transaction_new(const struct shared *shared);
void transaction_free(struct transaction *t);

/* Reads heads and profile from the request. OPTOUT_E_UNSUP: the ICAP URL names
 * a profile that is not configured. `response` is false for REQMOD. */
enum optout_rc transaction_begin(struct transaction *t, ci_request_t *req, bool response)
    OPTOUT_CHECKED;

/* Closes the inspection and decides. `refuse` turns what would pass into a
 * block: the profile does not let through what cannot be judged. The record is
 * written (first of all things that leave); when it cannot be, the action is a
 * block of its own. Returns what is to be done, ACTION_CUT when a block comes
 * after the answer has begun. */
enum action transaction_settle(struct transaction *t, enum inspect_end end, bool refuse);
/* For exchanges without inspection (tunnels): decides for one reason. */
enum action transaction_settle_unseen(struct transaction *t, enum undecided reason);
/* True when the origin's site files, or that they are not known, forbid the
 * request: decided and recorded, *action tells what to do. REQMOD only. */
bool transaction_settle_site(struct transaction *t, enum action *action);
/* True when this URL was denied too late before and that still holds: decided
 * and recorded, *action tells what to do. */
bool transaction_settle_remembered(struct transaction *t, enum action *action);
/* Notes that the head has to leave before the verdict. False when the note could
 * not be written and configuration says to block then. */
bool transaction_note_pending(struct transaction *t);
/* The client or the proxy went away before the verdict. */
void transaction_abandon(struct transaction *t);

/* The filter's own time, counted while a handler runs. */
void transaction_clock_in(struct transaction *t);
void transaction_clock_out(struct transaction *t);

/* False when the end of the body is the proxy's word alone: it may hide that the
 * origin broke off. */
bool transaction_end_is_sure(const struct transaction *t);

/* True when a verdict is known without the rest of the body. */
bool transaction_is_decided(struct transaction *t);

#endif
