# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/formats/aiff.c \
	module/formats/charset.c module/formats/charset.h \
	module/formats/charset_prescan.c \
	module/formats/exif.c module/formats/exif.h \
	module/formats/font.c \
	module/formats/format.h \
	module/formats/gif.c \
	module/formats/heif.c \
	module/formats/html.c module/formats/html.h \
	module/formats/html_attr.c \
	module/formats/html_entities.c \
	module/formats/html_internal.h \
	module/formats/html_names.c \
	module/formats/html_raw.c \
	module/formats/html_scan.h \
	module/formats/html_tag.c \
	module/formats/html_tree.c \
	module/formats/id3.c module/formats/id3.h \
	module/formats/iim.c module/formats/iim.h \
	module/formats/jp2.c \
	module/formats/jpeg.c \
	module/formats/jumbf.c module/formats/jumbf.h \
	module/formats/jxl.c \
	module/formats/mp4.c \
	module/formats/ogg.c \
	module/formats/opf.c module/formats/opf.h \
	module/formats/pdf.c \
	module/formats/photoshop.c module/formats/photoshop.h \
	module/formats/png.c \
	module/formats/psd.c \
	module/formats/riff.c \
	module/formats/rows.h \
	module/formats/svg.c \
	module/formats/table.c \
	module/formats/text.c \
	module/formats/tiff.c \
	module/formats/unpack.c module/formats/unpack.h \
	module/formats/xmp.c module/formats/xmp.h \
	module/formats/zip.c
