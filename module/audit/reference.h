/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h - what records refer to by name: the configuration, and what was known of a
 * site. A segment holds it as a line of its own before the first record that names it, so
 * that each segment stands alone. */
#ifndef OPTOUT_AUDIT_REFERENCE_H
#define OPTOUT_AUDIT_REFERENCE_H

#include "core/buf.h"
#include "core/slice.h"

#define REFERENCE_ID_SIZE 32 /* hex digits, a digest of what is referred to */
#define REFERENCES_MAX 16    /* of one record */
#define AUDIT_WRITE_MAX (16u << 20)   /* bytes of a record with all that it refers to */
#define PRINTED_MAX 3072u             /* such lines that a writer relies on */
#define PRINTED_BYTES_MAX (24u << 20) /* written with them; no more are added beyond that */

struct reference {
    char id[REFERENCE_ID_SIZE];
    /* Appends the line with its LF; out->failed tells. */
    void (*print)(const struct reference *r, struct buf *out);
    const void *what; /* print's own */
};

struct reference_list {
    struct reference of[REFERENCES_MAX];
    size_t n;
};

/* The ids that a segment holds already: bounded, and begun anew when it is full, so that
 * what is referred to may be printed twice, and is never missing. Not thread-safe. */
struct printed_ids;

struct printed_ids *printed_new(void); /* NULL: memory is used up */
void printed_free(struct printed_ids *p);
void printed_clear(struct printed_ids *p);
bool printed_has(const struct printed_ids *p, const char id[REFERENCE_ID_SIZE]);
/* Begins anew when what is missing of `refs` would be too much: before a write, so that it
 * has all that is to be relied on. */
void printed_make_room(struct printed_ids *p, const struct reference_list *refs);
/* After a write of `bytes`, which had all of `refs` that was missing. */
void printed_add(struct printed_ids *p, const struct reference_list *refs, size_t bytes);

#endif
