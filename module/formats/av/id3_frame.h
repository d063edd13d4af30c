/* SPDX-License-Identifier: Apache-2.0 */
/* id3_frame.h - the content of one ID3v2 frame, once framing, unsynchronisation and compression
 * are off it. Between id3.c and id3_frame.c. */
#ifndef OPTOUT_FORMATS_AV_ID3_FRAME_H
#define OPTOUT_FORMATS_AV_ID3_FRAME_H

#include "formats/format.h"

#define ID3_TEXTS_MAX 32 /* text packets of one tag */

enum id3_kind {
    ID3_OTHER, /* not read */
    ID3_PRIV,
    ID3_GEOB,
    ID3_TCOP,
    ID3_WCOP,
    ID3_USER,
    ID3_COMM,
    ID3_TXXX
};

enum id3_stage { ID3_PREFIX, ID3_OWNER, ID3_MIME, ID3_FILENAME, ID3_DESCRIPTION, ID3_DATA,
                 ID3_TEXT, ID3_SKIP };

#define ID3_NAME_MAX 64 /* bytes of an owner or a MIME type that are looked at */

struct id3_frame {
    const struct format_env *env;
    enum packet_role role;
    unsigned texts; /* of the tag so far */
    enum optout_rc rc; /* worst of the tag so far, else OPTOUT_DONE */
    enum id3_kind kind;
    enum id3_stage stage;
    uint64_t offset; /* of the content in the body */
    uint8_t encoding;
    char name[ID3_NAME_MAX];
    size_t name_n;
    bool half;     /* of a two-byte character, the first byte was seen */
    uint8_t first; /* that byte */
    bool open;     /* a packet is */
    unsigned handle;
    uint8_t *text; /* PACKET_TEXT_MAX bytes as they came */
    size_t text_n;
    bool cut;
};

/* The kind of a frame with this identifier of `n` bytes (3 in ID3v2.2, else 4). */
enum id3_kind id3_kind_of(const uint8_t *id, size_t n);

void id3_frame_begin(struct id3_frame *f, enum id3_kind kind, uint64_t offset);
void id3_frame_bytes(struct id3_frame *f, struct slice bytes);
/* How its packet ends, when there is one; CUT and CORRUPT are noted in rc as E_SYNTAX, LIMIT as
 * E_LIMIT. */
void id3_frame_end(struct id3_frame *f, enum packet_end how);

static inline void id3_note(struct id3_frame *f, enum optout_rc rc)
{
    if (f->rc == OPTOUT_DONE)
        f->rc = rc;
}

#endif
