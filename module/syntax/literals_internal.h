/* SPDX-License-Identifier: Apache-2.0 */
/* literals_internal.h - what compiling literals and looking for them share.
 *
 *   literals.c        compiling, and looking byte by byte
 *   literals_print.c  which bytes of each literal are looked for first, and in which bucket
 *   literals_wide.c   looking at 32 places at once */
#ifndef OPTOUT_SYNTAX_LITERALS_INTERNAL_H
#define OPTOUT_SYNTAX_LITERALS_INTERNAL_H

#include "syntax/literals.h"

#define PRINT 4   /* bytes of a literal that are its fingerprint */
#define GROUPS 2  /* of buckets, for each of which a byte is looked up of its own */
#define BUCKETS (8 * GROUPS) /* one bit each */
#define LITERAL_NONE SIZE_MAX
#define HASH_BITS 12
#define SIEVE_BITS 16

struct literal_entry {
    const uint8_t *bytes; /* in lower case unless exact */
    uint8_t n;
    bool exact;
    bool word; /* alone between others than letters and digits */
    uint16_t pair;
};

/* Four bytes as they stand in memory. */
struct literal_print {
    uint32_t mask, value;
    uint16_t entry;
    uint16_t next; /* of the same hash, as in `heads` */
    uint8_t back; /* bytes of the literal in front of them */
};

struct literals {
    size_t n, longest;
    struct literal_entry *entry; /* by pair */
    uint8_t *text;
    uint8_t pairs[65536 / 8]; /* of their first two bytes */
    uint8_t inside[65536 / 8]; /* of two bytes of them in a row, and of each */
    struct literals_joints joints;
    /* For each byte of a fingerprint: the buckets with one that has such a nibble there. */
    uint8_t low[GROUPS][PRINT][16], high[GROUPS][PRINT][16];
    uint8_t sieve[(1u << SIEVE_BITS) / 8]; /* their hashes, longer than those of `heads` */
    uint16_t heads[1u << HASH_BITS]; /* 0 or 1 + the first fingerprint with this hash */
    struct literal_print *print;     /* of each literal */
    size_t back;                 /* the greatest */
};

/* Of the first two bytes; what differs in the bit of case only has the same. */
static inline unsigned literal_pair(const uint8_t *p)
{
    return (unsigned)(p[0] | 0x20) | (unsigned)(p[1] | 0x20) << 8;
}

/* Of a fingerprint, case aside: its place in the sieve. Its upper HASH_BITS are that in `heads`. */
static inline uint32_t literal_hash(uint32_t bytes)
{
    return (bytes | 0x20202020u) * 0x9E3779B1u >> (32 - SIEVE_BITS);
}

/* Only this much of one is hashed if the literal is shorter than it. */
static inline uint32_t literal_short(uint32_t bytes)
{
    uint8_t two[4] = { 0 };
    memcpy(two, &bytes, 2);
    memcpy(&bytes, two, 4);
    return bytes;
}

/* Whether it begins there. */
static inline bool literal_stands(const struct literal_entry *e, struct slice s, size_t at)
{
    if (e->n > s.n - at)
        return false;
    for (size_t i = 0; i < e->n; i++)
        if ((e->exact ? s.p[at + i] : ascii_lower(s.p[at + i])) != e->bytes[i])
            return false;
    return !e->word || ((at == 0 || !ascii_is_alnum(s.p[at - 1])) &&
                        (at + 2 == s.n || !ascii_is_alnum(s.p[at + 2])));
}

/* Fills in the fingerprints; false when memory is used up. */
bool literals_print(struct literals *l);

/* Looks in s[*from..], as far as 32 places at once can be looked at, and moves *from to where
 * it stopped: no literal whose fingerprint lies before that was passed over. `readable` bytes
 * may be read from s.p on. The first place where one begins, at *from or behind, or
 * LITERAL_NONE. */
size_t literals_find_wide(const struct literals *l, struct slice s, size_t readable,
                          size_t *from);

#endif
