/* SPDX-License-Identifier: Apache-2.0 */
/* hold.h - bytes of a body that are held back until its verdict.
 *
 * A queue of blocks: the first `memory_max` bytes in memory, the rest in a file
 * without a name. Every block is paid for from a budget that all children
 * share, so that many bodies at once cannot exhaust the machine. c-icap's own
 * body types are not used: one reports success on a full disk, another grows
 * by copying. One hold belongs to one thread at a time; the budget to all. */
#ifndef OPTOUT_ICAP_HOLD_H
#define OPTOUT_ICAP_HOLD_H

#include "core/rc.h"
#include "core/slice.h"

#include <sys/types.h>

#define HOLD_BLOCK (32u << 10) /* bytes; the grain of memory, file and budget */

/* What all children hold together, in memory shared by fork. */
struct hold_budget;

struct hold_budget *hold_budget_make(void); /* before fork; NULL on failure */
void hold_budget_free(struct hold_budget *b);
/* The master's part: gives back what a child held when it died. */
void hold_budget_forget(struct hold_budget *b, pid_t child);
uint64_t hold_budget_used(const struct hold_budget *b); /* bytes */

struct hold_block;

struct hold {
    struct hold_budget *budget;
    uint64_t total_max;  /* bytes of the budget */
    uint64_t memory_max; /* bytes kept in memory */
    const char *spool_dir;
    struct hold_block *head, *tail;
    uint64_t size;      /* bytes in the queue */
    uint64_t taken;     /* bytes read off its front so far */
    uint64_t in_memory; /* bytes of its blocks in memory */
    int fd;             /* of the spool, -1 when there is none */
    off_t spool_end;    /* where the next new block goes */
    struct hold_block *unused; /* blocks of the file that were read out, to use again */
};

void hold_init(struct hold *h, struct hold_budget *b, uint64_t total_max, uint64_t memory_max,
               const char *spool_dir);
/* OPTOUT_E_LIMIT: the budget is used up; OPTOUT_E_NOMEM; OPTOUT_E_IO: the spool
 * failed (errno). What went in before the failure stays in order. */
enum optout_rc hold_append(struct hold *h, struct slice bytes) OPTOUT_CHECKED;
/* The same for bytes that nobody else has: when the budget is used up they are kept all the
 * same, and OPTOUT_E_LIMIT says that no more may come. Other errors mean that bytes were lost. */
enum optout_rc hold_keep(struct hold *h, struct slice bytes) OPTOUT_CHECKED;
/* Takes up to `n` bytes off the front; *got tells how many. */
enum optout_rc hold_read(struct hold *h, void *to, size_t n, size_t *got) OPTOUT_CHECKED;
/* Copies n bytes, the first of them the `offset`-th that was ever appended, and leaves them
 * in the queue. OPTOUT_E_LIMIT when one of them is not there (any more). */
enum optout_rc hold_peek(const struct hold *h, uint64_t offset, void *to, size_t n) OPTOUT_CHECKED;
void hold_free(struct hold *h);

#endif
