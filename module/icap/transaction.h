/* SPDX-License-Identifier: Apache-2.0 */
/* transaction.h - one ICAP request on its way through the filter. */
#ifndef OPTOUT_ICAP_TRANSACTION_H
#define OPTOUT_ICAP_TRANSACTION_H

#include "core/arena.h"
#include "icap/c_icap.h"
#include "icap/hold.h"
#include "icap/snapshot.h"
#include "verdict/judge.h"

#define TRANSACTION_MAGIC 0x0970071Au
#define TRANSACTION_FIRST (44u << 10) /* of its arena, allocated with the transaction: most need no more */

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
    struct image_map *images;  /* what pages say of images; NULL: nobody asks */
    struct url_set *linked;    /* pages that others call their terms */
    struct record_gate *gate;  /* whether records can be written */
};

struct transaction {
    uint32_t magic;
    enum phase phase;
    const struct shared *shared;
    struct snapshot *snapshot;
    struct judge judge;
    bool recorded;      /* its final record is on its way to the disk */
    bool unlocked;      /* the answer has begun: head and status are gone */
    bool input_ended;   /* the whole body has arrived */
    bool strip;         /* the origin sent a field of our name */
    bool audit_failed;  /* blocked because the record could not be written */
    bool length_gone;   /* the answer has begun without the Content-Length it came with */
    bool proxy_waits;   /* the proxy says that it can wait for the answer to any body */
    bool endless;       /* the body may never end: its first bytes are all that is judged */
    bool broken;        /* the body ended before its announced end */
    uint64_t lock_limit; /* body bytes that may be held before the answer must begin */
    uint64_t hold_max;
    uint64_t format_max; /* the same for the formats that it turned out to be */
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

/* Ends the reading, decides, and writes the record (first of all things that leave);
 * when that cannot be written, the action is a block of its own. `refuse` turns what
 * would pass into a block. Returns what is to be done, ACTION_CUT when a block comes
 * after the answer has begun. */
enum action transaction_settle(struct transaction *t, enum inspect_end end, bool refuse);
/* True when a request is refused, because its URL was denied too late before or by what
 * the site says: recorded, *action tells what to do. */
bool transaction_refuses(struct transaction *t, enum action *action);
/* False: nothing may be asked for, as what comes back could not be recorded and would be thrown away.
 * Counted, for the gap record; the action is a block of its own. */
bool transaction_can_be_recorded(struct transaction *t);
/* A tunnel that the proxy does not open. */
enum action transaction_settle_tunnel(struct transaction *t);
/* Notes that the head has to leave before the verdict. False when the note could
 * not be written and configuration says to block then. */
bool transaction_note_pending(struct transaction *t);
/* When the answer's head is made: gives back what only verdict, record and head needed, however
 * long the body goes on. Nothing but numbers is read of `judge` then. */
void transaction_rest(struct transaction *t);
/* The client or the proxy went away before the verdict. */
void transaction_abandon(struct transaction *t);

/* The filter's own time, counted while a handler runs. */
void transaction_clock_in(struct transaction *t);
void transaction_clock_out(struct transaction *t);

#endif
