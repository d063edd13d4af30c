/* SPDX-License-Identifier: Apache-2.0 */
/* segment_index_internal.h - the file, as it is written and read. Numbers are little-endian.
 *
 *   0  magic, 8 bytes        8  version, 4 bytes     12 flags, 4 bytes
 *   16 size of the segment   24 seconds, 32 nanoseconds of its change
 *   40 records               48 blocks of the filter
 *   56 first time (24)       80 last time (24)
 *   104 first id (26)        130 last id (26)        156 zero, 4 bytes
 *   160 blocks, 32 bytes each
 *   end: CRC-32 of all before it, 4 bytes */
#ifndef OPTOUT_ANSWERS_SEGMENT_INDEX_INTERNAL_H
#define OPTOUT_ANSWERS_SEGMENT_INDEX_INTERNAL_H

#include "core/slice.h"

#define INDEX_MAGIC "optoutIX"
#define INDEX_VERSION 1u
#define INDEX_HEAD 160u
#define INDEX_BLOCK 32u
#define INDEX_TAIL 4u
#define INDEX_TIME 24u
#define INDEX_ID 26u

#define INDEX_READ_ALWAYS 1u /* gaps, damage, or what no index can tell */
#define INDEX_ALL_HOSTS 2u   /* a host that is not in the filter */

enum index_at {
    AT_VERSION = 8, AT_FLAGS = 12, AT_SIZE = 16, AT_SECONDS = 24, AT_NANOSECONDS = 32,
    AT_RECORDS = 40, AT_BLOCKS = 48, AT_FIRST_TIME = 56, AT_LAST_TIME = 80,
    AT_FIRST_ID = 104, AT_LAST_ID = 130
};

/* What a key is of. */
enum index_kind {
    KEY_HOST = 'h', KEY_BELOW = 'b', KEY_DECISION = 'x', KEY_ACTION = 'a', KEY_STANDARD = 's',
    KEY_CARRIER = 'c', KEY_PROFILE = 'p', KEY_REASON = 'r', KEY_EARLIER = 'e'
};

static inline void put_number(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static inline uint64_t get_number(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* The same on every machine, for it is in files: FNV-1a, mixed; never 0. */
static inline uint64_t index_hash(enum index_kind kind, struct slice text)
{
    uint64_t h = 14695981039346656037u ^ (uint64_t)kind;
    h *= 1099511628211u;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ text.p[i]) * 1099511628211u;
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCDu;
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53u;
    h ^= h >> 33;
    return h + (h == 0);
}

/* The bit of each of a block's eight words (Parquet's BloomFilter.md). */
static inline uint32_t index_bit(uint64_t hash, unsigned word)
{
    static const uint32_t salt[8] = { 0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                      0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u };
    return 1u << ((uint32_t)hash * salt[word] >> 27);
}

static inline size_t index_block(uint64_t hash, size_t blocks)
{
    return (size_t)(((hash >> 32) * blocks) >> 32);
}

#endif
