/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h - how often each of many texts came. One thread at a time. */
#ifndef OPTOUT_ANSWERS_TALLY_H
#define OPTOUT_ANSWERS_TALLY_H

#include "core/rc.h"
#include "core/slice.h"

#define TALLY_MAX 8000000u            /* texts */
#define TALLY_BYTES_MAX (1024u << 20) /* of texts */

struct tally_entry {
    uint64_t hash, count;
    const uint8_t *text;
    uint32_t n;
};

struct tally {
    struct tally_entry *entry; /* in the order in which they came */
    uint32_t *slot;            /* number of an entry and 1; 0: free */
    size_t n, room, slots;     /* `slots` is a power of two */
    void *block;               /* of texts, the newest first */
    uint8_t *next;             /* free bytes of it */
    size_t left, bytes;
};

/* Zero-filled to begin with. OPTOUT_E_LIMIT: one more text than may be; OPTOUT_E_NOMEM. */
enum optout_rc tally_add(struct tally *t, struct slice text, uint64_t count) OPTOUT_CHECKED;
/* NULL: it never came. */
const struct tally_entry *tally_find(const struct tally *t, struct slice text);
void tally_free(struct tally *t); /* and it may be used again */

#endif
