/* SPDX-License-Identifier: Apache-2.0 */
/* vorbis_comment.h - the comment header of Vorbis, Opus, Theora, Speex and FLAC.
 *
 * Vorbis I section 5. Reports the texts of COPYRIGHT, LICENSE and LICENCE. Push parser. */
#ifndef OPTOUT_FORMATS_AV_VORBIS_COMMENT_H
#define OPTOUT_FORMATS_AV_VORBIS_COMMENT_H

#include "formats/format.h"

struct vorbis_comment;

/* Fed from the length of the vendor string on. NULL when the arena is used up. */
struct vorbis_comment *vorbis_comment_open(const struct format_env *env, const char *where);
/* `offset` is that of the first byte. OPTOUT_MORE; OPTOUT_DONE: the list has ended, bytes
 * after it are not looked at; OPTOUT_E_LIMIT: more comments than are read. */
enum optout_rc vorbis_comment_feed(struct vorbis_comment *v, struct slice bytes,
                                   uint64_t offset) OPTOUT_CHECKED;

#endif
