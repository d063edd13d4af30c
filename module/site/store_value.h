/* SPDX-License-Identifier: Apache-2.0 */
/* store_value.h - the documents of one key as the bytes that the store holds.
 *
 * Native-endian, offsets, no pointers: a head, an entry for each document, then
 * the bytes they point to. Compiled rules begin at a multiple of 8. A random
 * serial names this very writing, a checksum covers all but itself, and the key
 * is repeated, so that a damaged tree cannot hand out another site's rules. */
#ifndef OPTOUT_SITE_STORE_VALUE_H
#define OPTOUT_SITE_STORE_VALUE_H

#include "core/buf.h"
#include "site/bundle.h"
#include "site/document.h"

#define STORE_VALUE_VERSION 2
#define STORE_LONG_KEY_MAX (16u << 10) /* bytes of a key that is kept by its SHA-256 */

struct store_value {
    uint64_t serial;
    int64_t drop_ms; /* when the last of its documents expires */
    bool asked;
    struct slice key;
    struct slice bundle; /* the text that records refer to; made by store_value_print */
    char bundle_id[BUNDLE_ID_SIZE];
    struct site_document d[SITE_KIND_COUNT]; /* SITE_NOT_ASKED where nothing is known */
};

/* Appends. `v->serial` as given; drop_ms and the bundle are worked out. Strings longer
 * than their SITE_*_MAX are cut. OPTOUT_E_LIMIT beyond the buffer's limit. */
enum optout_rc store_value_print(const struct store_value *v, struct buf *out) OPTOUT_CHECKED;

/* Any bytes, any alignment; false when an offset, a length or a number is out of
 * its range. Where rules were compiled into another version of their form, no
 * document is there, and nobody has asked. The slices point into `bytes`. Does not
 * look at the checksum. */
bool store_value_read(struct slice bytes, struct store_value *v);

/* True when the checksum fits: what cannot be read all the same was written by another
 * version of this program, and is no damage. */
bool store_value_whole(struct slice bytes);
/* The serial of bytes that may be anything; 0 when they are too short. */
uint64_t store_value_serial(struct slice bytes);

/* A hash for tables and checksums; not for adversaries. */
uint64_t store_hash(struct slice bytes, uint64_t seed);

#endif
