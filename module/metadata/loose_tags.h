/* SPDX-License-Identifier: Apache-2.0 */
/* loose_tags.h - the tags of a document that no XML parser reads, as a tolerant reader meets
 * them: what is found may deny, never allow. UTF-8 or anything that ASCII is a part of. */
#ifndef OPTOUT_METADATA_LOOSE_TAGS_H
#define OPTOUT_METADATA_LOOSE_TAGS_H

#include "core/slice.h"

#define LOOSE_TAG_MAX 8192  /* bytes of a tag; a longer one has not been closed */
#define LOOSE_TEXT_MAX 4096 /* bytes of the text behind it that are looked at */

struct loose_tag {
    struct slice prefix, name; /* as written; prefix may be empty */
    struct slice inside;       /* the attributes */
    struct slice text;         /* what follows, up to the next '<' */
};

/* The next start tag from *at on, which moves behind it. Comments are passed over. False:
 * there is none. */
bool loose_tag_next(struct slice s, size_t *at, struct loose_tag *t);
/* The first attribute of this local name, whatever its prefix; quotes may be missing. p is
 * NULL when there is none. */
struct slice loose_tag_attr(const struct loose_tag *t, const char *name);

#endif
