/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_internal.h - between jpeg.c, which walks the segments, and the two that put packets
 * together again that were spread over several: jpeg_xmp.c and jpeg_box.c.
 *
 * Pieces that arrive in their order go to the sink at once. Those that are early are held,
 * up to JPEG_HELD_MAX for one file. */
#ifndef OPTOUT_FORMATS_IMAGE_JPEG_INTERNAL_H
#define OPTOUT_FORMATS_IMAGE_JPEG_INTERNAL_H

#include "formats/format.h"

#define JPEG_HELD_MAX (1792u << 10) /* bytes of pieces that wait for an earlier one */
#define JPEG_EXTENSIONS_MAX 4       /* GUIDs of extended XMP */
#define JPEG_BOXES_MAX 16           /* JUMBF boxes that are incomplete at a time */

#define JPEG_GUID_SIZE 32

/* A piece that waits. */
struct jpeg_piece {
    struct jpeg_piece *next;
    uint64_t key; /* offset in the extended XMP, or number of the piece */
    uint64_t at;  /* of its bytes in the body */
    size_t n;
    uint8_t bytes[];
};

struct jpeg_common {
    const struct format_env *env;
    enum optout_rc failed; /* first loss, or OK */
    bool resynced;         /* there was garbage between segments: what comes is salvaged */
    size_t held;           /* charge of the pieces, of JPEG_HELD_MAX */
};

static inline void jpeg_fail(struct jpeg_common *c, enum optout_rc rc)
{
    if (c->failed == OPTOUT_OK)
        c->failed = rc;
}

/* Copies a piece into the list, which is sorted by key. False, and the failure is noted,
 * when there is no room. */
bool jpeg_hold(struct jpeg_common *c, struct jpeg_piece **list, uint64_t key,
               struct slice bytes, uint64_t at);

/* ---- extended XMP (jpeg_xmp.c) ---- */

struct jpeg_extension {
    uint8_t guid[JPEG_GUID_SIZE];
    uint64_t total; /* bytes, as its segments say */
    uint64_t next;  /* offset of what is wanted next */
    struct jpeg_piece *waiting;
    enum packet_role role; /* told to the sink */
    bool begun, ended;
    bool lost; /* a piece could not be held */
    unsigned handle;
};

struct jpeg_xmp {
    struct jpeg_extension extension[JPEG_EXTENSIONS_MAX];
    size_t n_extensions;
    uint8_t named[JPEG_EXTENSIONS_MAX][JPEG_GUID_SIZE]; /* by main packets */
    size_t n_named;
};

/* A main packet has passed: the extensions it names are the file's own. */
void jpeg_xmp_main(struct jpeg_xmp *x, struct jpeg_common *c, struct slice packet);
/* A segment after its signature; `at` is the first byte's offset in the body. */
void jpeg_xmp_part(struct jpeg_xmp *x, struct jpeg_common *c, struct slice part, uint64_t at);
/* No segment will come: ends what is open, settles roles. */
void jpeg_xmp_end(struct jpeg_xmp *x, struct jpeg_common *c);

/* ---- JUMBF boxes (jpeg_box.c) ---- */

struct jpeg_box {
    bool used, started, c2pa, ended, lost;
    uint16_t instance; /* En */
    uint64_t next;     /* Z of what is wanted next */
    uint64_t left;     /* bytes of the box; UINT64_MAX: it ends with the segments */
    struct jpeg_piece *waiting;
    unsigned handle;
};

struct jpeg_boxes {
    struct jpeg_box box[JPEG_BOXES_MAX];
};

/* The payload of an APP11 segment, with its ordinal among them. */
void jpeg_box_part(struct jpeg_boxes *b, struct jpeg_common *c, struct slice payload,
                   uint64_t at, unsigned ordinal);
/* No segment will come; `whole`: the segments ended properly. */
void jpeg_box_end(struct jpeg_boxes *b, struct jpeg_common *c, bool whole);

#endif
