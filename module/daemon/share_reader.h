/* SPDX-License-Identifier: Apache-2.0 */
/* share_reader.h - hiredis' reader of replies with a ceiling.
 *
 * By itself it grows with whatever length a reply announces and makes room for any
 * number of elements. */
#ifndef OPTOUT_DAEMON_SHARE_READER_H
#define OPTOUT_DAEMON_SHARE_READER_H

#include "core/slice.h"

#include <hiredis/hiredis.h>

#define READER_ELEMENTS_MAX 8 /* of an array */

struct share_reader;

/* `reply_max`: bytes of one reply on the wire. NULL: out of memory. */
struct share_reader *share_reader_new(size_t reply_max);
void share_reader_free(struct share_reader *r);

bool share_reader_feed(struct share_reader *r, const char *p, size_t n);
/* The next reply, for freeReplyObject, or NULL: more bytes are wanted. False:
 * not RESP, or beyond a limit; the reader is of no use any more. */
bool share_reader_next(struct share_reader *r, redisReply **out);
const char *share_reader_why(void);

#endif
