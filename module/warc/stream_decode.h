/* SPDX-License-Identifier: Apache-2.0 */
/* stream_decode.h - gzip members and zstd frames, for stream.c alone. */
#ifndef OPTOUT_WARC_STREAM_DECODE_H
#define OPTOUT_WARC_STREAM_DECODE_H

#include "warc/stream.h"

#define DECODERS_LOOK 18u /* bytes that tell what a member is: the largest head of a zstd frame */

struct stream_decoders *decoders_new(void); /* NULL: memory is used up */
void decoders_free(struct stream_decoders *d);

enum stream_kind decoders_tell(struct slice head);
/* The dictionary at the front of a zstd file, or the one beside it. */
enum optout_rc decoders_dictionary(struct stream *s) OPTOUT_CHECKED;
/* A member begins here: OPTOUT_OK. OPTOUT_MORE: a frame of *skip bytes to pass over.
 * OPTOUT_E_SYNTAX: none does; OPTOUT_E_UNSUP: one that is not read; OPTOUT_E_NOMEM. */
enum optout_rc decoders_begin(struct stream *s, struct slice head, uint64_t *skip) OPTOUT_CHECKED;
/* OPTOUT_OK: goes on; OPTOUT_DONE: the member has ended, and was whole. */
enum optout_rc decoders_step(struct stream *s, struct slice in, uint8_t *out, size_t room,
                             size_t *used, size_t *made) OPTOUT_CHECKED;
/* A member that begins at the front of `in` and is whole there, at once: OPTOUT_DONE. OPTOUT_MORE:
 * it is not, or not small, or nobody can; then decoders_step goes through it. */
enum optout_rc decoders_whole(struct stream *s, struct slice in, uint8_t *out, size_t room,
                              size_t *used, size_t *made) OPTOUT_CHECKED;
/* Where in these bytes a member may begin; in.n: nowhere. */
size_t decoders_find(const struct stream *s, struct slice in);

#endif
