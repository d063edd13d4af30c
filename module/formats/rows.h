/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - every file format that metadata is found in, one line each; the row itself stands
 * in the file of its format. Several formats of one body are reported in this order. HTML is
 * not among them: page/html.h reports elements, not packets. */
#ifndef OPTOUT_FORMATS_ROWS_H
#define OPTOUT_FORMATS_ROWS_H

#include "formats/format.h"

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
    ROW(xmp) \
    ROW(c2pa) \
    ROW(eps) \
    ROW(tar) \
    ROW(mime) \
    ROW(warc) \
    ROW(sxg) \
    ROW(text)

#define FORMAT_DECLARE(name) extern const struct format format_##name;
FORMAT_ROWS(FORMAT_DECLARE)
#undef FORMAT_DECLARE

#endif
