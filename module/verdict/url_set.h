/* SPDX-License-Identifier: Apache-2.0 */
/* url_set.h - URLs that are known to be something, for a while: a table of fixed size in memory that
 * all children share. What falls out of it is learned again. Any thread of any child; NULL: empty. */
#ifndef OPTOUT_VERDICT_URL_SET_H
#define OPTOUT_VERDICT_URL_SET_H

#include "verdict/image_map.h"

#define URL_SET_PLACES 16384u /* of 32 bytes */

struct url_set;

struct url_set *url_set_make(void); /* before fork; NULL on failure */
void url_set_free(struct url_set *s);
/* `until_ms` on the wall clock. In a full place the one that ends first goes. */
void url_set_add(struct url_set *s, const struct image_key *url, int64_t until_ms);
/* Nothing was added since it was made: there is no need of a key, which is a digest. */
bool url_set_is_empty(const struct url_set *s);
bool url_set_has(const struct url_set *s, const struct image_key *url, int64_t now_ms);

#endif
