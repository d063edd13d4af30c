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
void printed_add(struct printed_ids *p, const char id[REFERENCE_ID_SIZE]);

#endif
