/* SPDX-License-Identifier: Apache-2.0 */
/* id3.h - an ID3v2 tag (2.2, 2.3, 2.4), as MP3, FLAC, AIFF and WAV files hold it.
 *
 * id3.org, "ID3 tag version 2.4.0 - Main Structure" and its predecessors. Reports PRIV
 * "XMP", GEOB of C2PA, and the texts of TCOP, WCOP, USER, COMM and TXXX. Push parser. */
#ifndef OPTOUT_FORMATS_AV_ID3_H
#define OPTOUT_FORMATS_AV_ID3_H

#include "formats/format.h"

struct id3;

/* Fed from "ID3" on; `offset` is that byte's. NULL when the arena is used up. */
struct id3 *id3_open(const struct format_env *env, enum packet_role role, uint64_t offset);
/* OPTOUT_MORE; OPTOUT_DONE after the last byte of the tag (padding and footer too), *used
 * tells how many bytes of this piece belonged to it; OPTOUT_E_SYNTAX when it is no tag;
 * OPTOUT_E_UNSUP, _LIMIT, _NOMEM for frames that could not be read, once the tag has ended. */
enum optout_rc id3_feed(struct id3 *t, struct slice bytes, size_t *used) OPTOUT_CHECKED;
/* Input has ended: OPTOUT_DONE when the tag had, else OPTOUT_E_SYNTAX. */
enum optout_rc id3_end(struct id3 *t) OPTOUT_CHECKED;

#endif
