/* SPDX-License-Identifier: Apache-2.0 */
/* photoshop.h - a list of Photoshop image resources ("8BIM"), as JPEG's APP13, TIFF's
 * tag 34377, PNG's raw profiles and PSD files hold it.
 *
 * Adobe Photoshop File Formats Specification, "Image Resource Blocks". Reports 0404 as
 * PACKET_IIM and 0424 as PACKET_XMP. Push parser, fixed memory. */
#ifndef OPTOUT_FORMATS_PARTS_PHOTOSHOP_H
#define OPTOUT_FORMATS_PARTS_PHOTOSHOP_H

#include "formats/format.h"

struct photoshop;

/* `where` is copied and said before the resource: "APP13 segment 4, 8BIM 0404". `offset`
 * is that of the first byte fed. NULL when the arena is used up. */
struct photoshop *photoshop_open(const struct format_env *env, enum packet_role role,
                                 struct slice where, uint64_t offset);
enum optout_rc photoshop_feed(struct photoshop *p, struct slice bytes) OPTOUT_CHECKED;
/* The list goes on in another piece of the file, which begins at `offset`: as JPEG's APP13
 * segments do. Between resources it begins anew, as a list of its own. */
enum optout_rc photoshop_continue(struct photoshop *p, struct slice where,
                                  uint64_t offset) OPTOUT_CHECKED;
/* The list has ended; OPTOUT_E_SYNTAX when it did so inside a resource. */
enum optout_rc photoshop_end(struct photoshop *p) OPTOUT_CHECKED;

#endif
