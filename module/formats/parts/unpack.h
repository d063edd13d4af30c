/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h - compressed metadata inside files: zlib, raw deflate, gzip, Brotli.
 *
 * Streaming, bounded in output and in memory (zlib 44 KiB; Brotli UNPACK_MEMORY_MAX),
 * so a bomb costs its limit and no more. One per packet, one thread. What is unpacked, and
 * where a limit ends it, does not depend on how the input was cut; only Brotli drops, of
 * corrupt data, what came in the same call as the error: feed it blocks of a fixed size. */
#ifndef OPTOUT_FORMATS_PARTS_UNPACK_H
#define OPTOUT_FORMATS_PARTS_UNPACK_H

#include "core/rc.h"
#include "core/slice.h"

#define UNPACK_MEMORY_MAX (4u << 20) /* what a decoder may allocate */
#define UNPACK_RATIO_MAX 200         /* output per input byte, after UNPACK_RATIO_FROM; the input
                                        counted in blocks of 512 bytes from its first */
#define UNPACK_RATIO_FROM (64u << 10)

enum unpack_kind { UNPACK_ZLIB, UNPACK_DEFLATE, UNPACK_GZIP, UNPACK_BROTLI };

/* Receives what was unpacked; OPTOUT_OK to go on, anything else ends it with that. */
typedef enum optout_rc unpack_sink(void *ctx, struct slice bytes);

struct unpack;

/* NULL when memory is used up. */
struct unpack *unpack_open(enum unpack_kind kind, uint64_t output_max, unpack_sink *sink,
                           void *ctx);
/* So much output may come at any ratio, instead of UNPACK_RATIO_FROM; before the first byte. */
void unpack_ratio_from(struct unpack *u, uint64_t output);
/* OPTOUT_MORE; OPTOUT_DONE at the end of the compressed data, bytes after it are not
 * consumed; OPTOUT_E_SYNTAX, _E_LIMIT, _E_NOMEM; or what the sink answered. *used (may be
 * NULL) tells how many bytes were consumed. After an answer other than MORE the same is
 * given for ever. */
enum optout_rc unpack_feed(struct unpack *u, struct slice bytes, size_t *used) OPTOUT_CHECKED;
void unpack_close(struct unpack *u); /* NULL is fine */

/* All at once, for data in hand: OPTOUT_DONE when it came to its end; OPTOUT_E_SYNTAX also
 * when it did not. */
enum optout_rc unpack_all(enum unpack_kind kind, uint64_t output_max, struct slice data,
                          unpack_sink *sink, void *ctx) OPTOUT_CHECKED;

#endif
