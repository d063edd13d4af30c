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

struct remembered;

struct remembered *remember_make(void); /* before fork; NULL on failure */
void remember_free(struct remembered *r);

/* Notes the denial of `url` for a profile until `until_ms` (wall clock), told of
 * in the record `id`. Any thread of any child. */
void remember_add(struct remembered *r, const char *profile, struct slice url,
                  const char id[ULID_TEXT], int64_t until_ms);
/* True when it was denied and that still holds; `id` is the record's then. */
bool remember_find(struct remembered *r, const char *profile, struct slice url, int64_t now_ms,
                   char id[ULID_TEXT]);

#endif
