/* SPDX-License-Identifier: Apache-2.0 */
/* heif.h - the parts of the HEIF format: its item tables, and minimized images. Internal.
 *
 * ISO/IEC 23008-12, ISO/IEC 14496-12 section 8.11. */
#ifndef OPTOUT_FORMATS_IMAGE_HEIF_H
#define OPTOUT_FORMATS_IMAGE_HEIF_H

#include "formats/format.h"

#define HEIF_ITEMS_MAX 64   /* items of metadata that are read */
#define HEIF_EXTENTS_MAX 32 /* of one item */
#define HEIF_MINI_TAIL (1u << 20)

enum heif_coding { HEIF_PLAIN, HEIF_DEFLATE, HEIF_GZIP, HEIF_BROTLI };

struct heif_extent {
    uint64_t offset, length; /* UINT64_MAX: to the end of what it lies in */
};

struct heif_item {
    uint32_t id;
    bool exif; /* else XMP */
    bool refers, refers_primary;
    bool located, in_idat;
    enum heif_coding coding;
    enum packet_role role;
    unsigned n;
    struct heif_extent extent[HEIF_EXTENTS_MAX];
};

struct heif_items {
    struct heif_item *v; /* in the order in which they begin in the file, idat first */
    size_t n;
    struct slice idat;
    enum optout_rc failed; /* OPTOUT_DONE, or the first of what could not be read */
};

/* Reads the payload of a meta box, from its version on. What it finds points into it. */
void heif_items_read(struct heif_items *t, struct arena *arena, struct slice meta);

/* The last payload of a minimized image is its XMP, whose place is told in bits that depend
 * on all others; so it is looked for from the end. `tail`: the last bytes of the box, at most
 * HEIF_MINI_TAIL, `offset` where they stand. OPTOUT_DONE, or OPTOUT_E_LIMIT when none was
 * found although there is one. */
enum optout_rc heif_mini_read(const struct format_env *env, struct slice tail, uint64_t offset);
/* Does the header of a minimized image (two bytes) say that there is XMP? */
bool heif_mini_has_xmp(const uint8_t head[2]);

#endif
