# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/formats/format.h \
	module/formats/looks.c module/formats/looks.h \
	module/formats/packet_out.c module/formats/packet_out.h \
	module/formats/rows.h \
	module/formats/table.c \
	module/formats/image/gif.c \
	module/formats/image/heif.c module/formats/image/heif.h \
	module/formats/image/heif_items.c \
	module/formats/image/heif_mini.c \
	module/formats/image/jp2.c \
	module/formats/image/jpeg.c \
	module/formats/image/jpeg_box.c \
	module/formats/image/jpeg_internal.h \
	module/formats/image/jpeg_xmp.c \
	module/formats/image/jxl.c \
	module/formats/image/png.c \
	module/formats/image/png_text.c module/formats/image/png_text.h \
	module/formats/image/psd.c \
	module/formats/image/svg.c \
	module/formats/image/tiff.c \
	module/formats/av/aiff.c \
	module/formats/av/id3.c module/formats/av/id3.h \
	module/formats/av/id3_frame.c module/formats/av/id3_frame.h \
	module/formats/av/movie.c module/formats/av/movie.h \
	module/formats/av/mp3.c \
	module/formats/av/mp4.c \
	module/formats/av/ogg.c \
	module/formats/av/riff.c \
	module/formats/av/sound.c module/formats/av/sound.h \
	module/formats/av/vorbis_comment.c module/formats/av/vorbis_comment.h \
	module/formats/doc/c2pa.c \
	module/formats/doc/eps.c \
	module/formats/doc/feed.c \
	module/formats/doc/font.c \
	module/formats/doc/font_internal.h \
	module/formats/doc/font_table.c \
	module/formats/doc/font_woff2.c \
	module/formats/doc/json_feed.c \
	module/formats/doc/pdf.c \
	module/formats/doc/pdf_body.c \
	module/formats/doc/pdf_dict.c \
	module/formats/doc/pdf_doc.c \
	module/formats/doc/pdf_filter.c module/formats/doc/pdf_filter.h \
	module/formats/doc/pdf_internal.h \
	module/formats/doc/pdf_lex.c module/formats/doc/pdf_lex.h \
	module/formats/doc/pdf_objstm.c \
	module/formats/doc/text.c \
	module/formats/doc/text_delimited.c \
	module/formats/doc/text_internal.h \
	module/formats/doc/text_wrapper.c \
	module/formats/archive/mime.c \
	module/formats/archive/mime_coding.c module/formats/archive/mime_coding.h \
	module/formats/archive/sxg.c \
	module/formats/archive/tar.c \
	module/formats/archive/warc.c \
	module/formats/archive/zip.c \
	module/formats/archive/zip_archive.c \
	module/formats/archive/zip_directory.c \
	module/formats/archive/zip_internal.h \
	module/formats/archive/zip_member.c \
	module/formats/archive/zip_texts.c \
	module/formats/parts/bmff.c module/formats/parts/bmff.h \
	module/formats/parts/chunked.c module/formats/parts/chunked.h \
	module/formats/parts/exif.c module/formats/parts/exif.h \
	module/formats/parts/iff.c module/formats/parts/iff.h \
	module/formats/parts/photoshop.c module/formats/parts/photoshop.h \
	module/formats/parts/ranges.c module/formats/parts/ranges.h \
	module/formats/parts/rights_name.c module/formats/parts/rights_name.h \
	module/formats/parts/unpack.c module/formats/parts/unpack.h \
	module/formats/parts/warc_head.c module/formats/parts/warc_head.h
