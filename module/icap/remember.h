/* SPDX-License-Identifier: Apache-2.0 */
/* remember.h - denials that came too late, so that the retry is answered
 * before anything is fetched.
 *
 * A table of fixed size in memory that all children share, keyed by a digest of
 * profile and URL. It is a courtesy to the origin and to the client, not the
 * safeguard: what falls out of it is fetched and cut again. */
#ifndef OPTOUT_ICAP_REMEMBER_H
#define OPTOUT_ICAP_REMEMBER_H

#include "audit/ulid.h"
#include "core/slice.h"
#include "icap/evidence.h"

struct remembered;

struct remembered *remember_make(void); /* before fork; NULL on failure */
void remember_free(struct remembered *r);

/* What is known of a denial, or of another verdict on a body that was read. */
struct denial {
    char id[ULID_TEXT]; /* of the record that tells of it */
    uint8_t kind;       /* enum decision_kind */
    bool of_head;       /* the head denied: the body was perhaps not read */
    int64_t until_ms;   /* wall clock; not remembered beyond */
    int64_t length;     /* of the body; -1: was not announced */
    struct evidence_list evidence;
};

/* Notes the denial of `url` for a profile. Any thread of any child. */
void remember_add(struct remembered *r, const char *profile, struct slice url,
                  const struct denial *d);
/* True when it was denied and that still holds. */
bool remember_find(struct remembered *r, const char *profile, struct slice url, int64_t now_ms,
                   struct denial *out);

#endif
