/* SPDX-License-Identifier: Apache-2.0 */
/* format_list.h - the names of all file formats that metadata is found in, and sets of them.
 * The row of each stands in formats/, in the file of its format. Several formats of one body
 * are reported in this order. HTML is not among them: page/html.h reports elements, not
 * packets. */
#ifndef OPTOUT_CORE_FORMAT_LIST_H
#define OPTOUT_CORE_FORMAT_LIST_H

#include <stdint.h>

#define FORMAT_ROWS(ROW) \
    ROW(jpeg) \
    ROW(png) \
    ROW(gif) \
    ROW(webp) \
    ROW(tiff) \
    ROW(psd) \
    ROW(heif) \
    ROW(jxl) \
    ROW(jp2) \
    ROW(pdf) \
    ROW(zip) \
    ROW(mp4) \
    ROW(mp3) \
    ROW(flac) \
    ROW(ogg) \
    ROW(wav) \
    ROW(avi) \
    ROW(aiff) \
    ROW(svg) \
    ROW(font) \
    ROW(feed) \
    ROW(jsonfeed) \
    ROW(xmp) \
    ROW(c2pa) \
    ROW(eps) \
    ROW(tar) \
    ROW(mime) \
    ROW(warc) \
    ROW(sxg) \
    ROW(text)

enum format_id {
#define FORMAT_ID(name) FORMAT_ID_##name,
    FORMAT_ROWS(FORMAT_ID)
#undef FORMAT_ID
    FORMATS_COUNT
};

typedef uint64_t format_set; /* a bit for each enum format_id */
_Static_assert(FORMATS_COUNT <= 64, "a format_set holds all formats");

extern const char *const format_names[FORMATS_COUNT]; /* "jpeg": what records call it */

#endif
