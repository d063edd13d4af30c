/* SPDX-License-Identifier: Apache-2.0 */
/* index.h - where records stand that others refer to: originals of revisits and conversions,
 * the parts of records that were cut into segments.
 *
 * A table of hashes, no more than INDEX_MAX entries, the oldest give way. Whoever finds a
 * place reads the record there and makes sure that it is the one: a table never vouches. Filled
 * by one thread, then read by any. */
#ifndef OPTOUT_WARC_INDEX_H
#define OPTOUT_WARC_INDEX_H

#include "formats/parts/warc_head.h"

#define INDEX_MAX (1u << 20) /* entries of 24 bytes */

enum index_key { KEY_ID, KEY_DIGEST, KEY_CAPTURE, KEY_SEGMENT };

struct warc_place {
    uint32_t file;   /* which of the files, as its owner counts */
    uint64_t offset; /* of the record in it */
};

struct warc_index;

struct warc_index *warc_index_new(void); /* NULL: memory is used up */
void warc_index_free(struct warc_index *x);
void warc_index_clear(struct warc_index *x);
/* A response, resource or continuation: under all its keys. */
void warc_index_record(struct warc_index *x, const struct warc_head *h, struct warc_place at);
/* KEY_ID: the id. KEY_DIGEST: the payload digest in any form. KEY_CAPTURE: URL and date.
 * KEY_SEGMENT: id of the first record and number. */
bool warc_index_find(const struct warc_index *x, enum index_key key, struct slice a,
                     struct slice b, struct warc_place *at);

#endif
