/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - the rows of table.c; each is defined in the file of its format. */
#ifndef OPTOUT_FORMATS_ROWS_H
#define OPTOUT_FORMATS_ROWS_H

#include "formats/format.h"

extern const struct format format_jpeg;
extern const struct format format_png;
extern const struct format format_gif;
extern const struct format format_webp;
extern const struct format format_tiff;
extern const struct format format_psd;
extern const struct format format_heif;
extern const struct format format_jxl;
extern const struct format format_jp2;
extern const struct format format_pdf;
extern const struct format format_zip;
extern const struct format format_eps;
extern const struct format format_mp4;
extern const struct format format_mp3;
extern const struct format format_flac;
extern const struct format format_ogg;
extern const struct format format_wav;
extern const struct format format_avi;
extern const struct format format_aiff;
extern const struct format format_svg;
extern const struct format format_font;
extern const struct format format_xmp;
extern const struct format format_c2pa;
extern const struct format format_text;
extern const struct format format_tar;
extern const struct format format_mime;
extern const struct format format_warc;
extern const struct format format_sxg;

#endif
