/* SPDX-License-Identifier: Apache-2.0 */
/* exif.h - the EXIF block of a JPEG, PNG, WebP, HEIF or JXL file: a small TIFF structure
 * in hand. Reports the texts of Copyright (8298), ImageDescription, UserComment (9286) and
 * XPComment, and XMP in tag 700, which some writers put there. Never more than weak hints. */
#ifndef OPTOUT_FORMATS_PARTS_EXIF_H
#define OPTOUT_FORMATS_PARTS_EXIF_H

#include "formats/format.h"

#define EXIF_MAX (64u << 10) /* bytes of a block that are looked at */

/* `block` begins at the byte order mark ("II" or "MM"), or at "Exif\0\0" in front of it. */
void exif_read(const struct format_env *env, enum packet_role role, struct slice where,
               uint64_t offset, struct slice block);

#endif
