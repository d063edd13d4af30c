/* SPDX-License-Identifier: Apache-2.0 */
/* iff.h - walks the chunks of IFF files: RIFF (little-endian) and FORM (big-endian).
 *
 * EA IFF 85; Microsoft "Multimedia Programming Interface and Data Specifications 1.0"
 * (RIFF); EBU Tech 3306 and ITU-R BS.2088 (RF64, BW64). A format states its chunks in a
 * table; everything else is skipped by its length. Chunks behind the end that the file states
 * for itself are read as well, for there are writers that add them and leave the size alone:
 * they may deny, never allow. */
#ifndef OPTOUT_FORMATS_PARTS_IFF_H
#define OPTOUT_FORMATS_PARTS_IFF_H

#include "formats/format.h"

enum iff_use {
    IFF_SKIP,   /* known, of no interest */
    IFF_MEDIA,  /* the same, and an unfinished file may not know how long it is */
    IFF_PACKET, /* the chunk is a packet */
    IFF_TYPED,  /* it is one when its first four bytes are `type` */
    IFF_TEXT,   /* a text for people, field named by the chunk's id */
    IFF_EXIF,
    IFF_ID3,
    IFF_LIST,   /* chunks within when its type is `type` */
    IFF_SIZES,  /* ds64 */
    IFF_VP8X    /* it announces whether there is XMP */
};

struct iff_chunk {
    char id[5];
    uint8_t use;  /* enum iff_use */
    uint8_t kind; /* enum packet_kind */
    char type[5];
    const char *where;
};

struct iff_kind {
    const struct iff_chunk *chunks;
    size_t n_chunks;
    bool big;      /* sizes are big-endian */
    bool continues; /* more RIFF chunks of type AVIX may follow */
};

/* As a format's open, feed and end. */
void *iff_open(const struct format_env *env, const struct iff_kind *kind);
enum optout_rc iff_feed(void *state, struct slice bytes);
enum optout_rc iff_end(void *state);

#endif
