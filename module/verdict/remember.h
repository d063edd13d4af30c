/* SPDX-License-Identifier: Apache-2.0 */
/* remember.h - verdicts that later exchanges ask for: denials that came too late, so
 * that the retry is answered before anything is fetched, and what was decided of whole
 * bodies (ranges.h).
 *
 * A table of fixed size in memory that all children share, keyed by a digest of
 * profile and URL. It is a courtesy to the origin and to the client, not the
 * safeguard: what falls out of it is fetched and judged again. */
#ifndef OPTOUT_VERDICT_REMEMBER_H
#define OPTOUT_VERDICT_REMEMBER_H

#include "audit/ulid.h"
#include "core/slice.h"
#include "verdict/evidence.h"

struct remembered;

struct remembered *remember_make(void); /* before fork; NULL on failure */
void remember_free(struct remembered *r);

/* A denial, or another verdict on a body that was read. */
struct past_verdict {
    char id[ULID_TEXT]; /* of the record that tells of it */
    uint8_t kind;       /* enum decision_kind */
    bool of_head;       /* the head denied: the body was perhaps not read */
    int64_t until_ms;   /* wall clock; not remembered beyond */
    int64_t length;     /* of the body; -1: was not announced */
    struct evidence_list evidence;
};

/* Notes the verdict on `url` for a profile. Any thread of any child. */
void remember_add(struct remembered *r, const char *profile, struct slice url,
                  const struct past_verdict *d);
/* True when there is one and it still holds. Without a table (NULL) there is none. */
bool remember_find(struct remembered *r, const char *profile, struct slice url, int64_t now_ms,
                   struct past_verdict *out);

#endif
