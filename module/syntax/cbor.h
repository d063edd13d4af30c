/* SPDX-License-Identifier: Apache-2.0 */
/* cbor.h - reads one CBOR data item (RFC 8949) that is in hand into a small tree.
 *
 * Strings and containers of definite and indefinite length; tags are passed over; numbers
 * and simple values are there, without their value. No recursion, bounded memory. */
#ifndef OPTOUT_SYNTAX_CBOR_H
#define OPTOUT_SYNTAX_CBOR_H

#include "core/arena.h"
#include "core/rc.h"

#define CBOR_DEPTH_MAX 16
#define CBOR_ITEMS_MAX 4096
#define CBOR_STRING_MAX (64u << 10) /* of one string, and of all of indefinite length */

enum cbor_kind { CBOR_OTHER, CBOR_TEXT, CBOR_BYTES, CBOR_ARRAY, CBOR_MAP };

struct cbor_item {
    enum cbor_kind kind;
    struct slice key;  /* in a map: a text key; p NULL when the key is no text */
    struct slice text; /* CBOR_TEXT, CBOR_BYTES */
    struct cbor_item *first; /* CBOR_ARRAY, CBOR_MAP: what is inside, as written */
    struct cbor_item *next;  /* its neighbour */
};

/* Items come from here and are used again by the next reading. All zero but the arena. */
#define CBOR_CHUNK 256
struct cbor_pool {
    struct arena *arena;
    struct cbor_item *chunk[CBOR_ITEMS_MAX / CBOR_CHUNK];
    size_t n;
    uint8_t *joined; /* CBOR_STRING_MAX bytes for strings of indefinite length, once needed */
    size_t n_joined;
};

/* Forgets the items there are. */
void cbor_pool_clear(struct cbor_pool *pool);
/* An item, all zero, or NULL with *rc telling why. */
struct cbor_item *cbor_pool_item(struct cbor_pool *pool, enum optout_rc *rc);

/* Clears the pool and reads the item at the front of `in`; what follows it is not looked at.
 * OPTOUT_DONE; OPTOUT_E_SYNTAX, _LIMIT or _NOMEM, *root is then what was read until there, and
 * may be NULL. The tree lives until the pool is cleared and as long as `in`. */
enum optout_rc cbor_read(struct cbor_pool *pool, struct slice in, struct cbor_item **root)
    OPTOUT_CHECKED;

/* The first item of a map with this key and kind, or NULL; `map` may be NULL or no map. */
const struct cbor_item *cbor_get(const struct cbor_item *map, const char *key,
                                 enum cbor_kind kind);
/* The text of that item; empty when there is none. */
struct slice cbor_get_text(const struct cbor_item *map, const char *key);

#endif
