# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/formats/aiff.c \
	module/formats/bmff.c module/formats/bmff.h \
	module/formats/c2pa.c \
	module/formats/charset.c module/formats/charset.h \
	module/formats/charset_prescan.c \
	module/formats/chunked.c module/formats/chunked.h \
	module/formats/eps.c \
	module/formats/exif.c module/formats/exif.h \
	module/formats/flow.h \
	module/formats/font.c \
	module/formats/font_internal.h \
	module/formats/font_table.c \
	module/formats/font_woff2.c \
	module/formats/format.h \
	module/formats/gif.c \
	module/formats/heif.c module/formats/heif.h \
	module/formats/heif_items.c \
	module/formats/heif_mini.c \
	module/formats/html.c module/formats/html.h \
	module/formats/html_attr.c \
	module/formats/html_entities.c \
	module/formats/html_internal.h \
	module/formats/html_names.c \
	module/formats/html_inner.c \
	module/formats/html_packet.c \
	module/formats/html_raw.c \
	module/formats/html_scan.h \
	module/formats/html_tag.c \
	module/formats/html_tree.c \
	module/formats/id3.c module/formats/id3.h \
	module/formats/id3_frame.c module/formats/id3_frame.h \
	module/formats/iff.c module/formats/iff.h \
	module/formats/iim.c module/formats/iim.h \
	module/formats/jp2.c \
	module/formats/jpeg.c \
	module/formats/jpeg_box.c \
	module/formats/jpeg_internal.h \
	module/formats/jpeg_xmp.c \
	module/formats/jumbf.c module/formats/jumbf.h \
	module/formats/jxl.c \
	module/formats/mime.c \
	module/formats/mime_coding.c module/formats/mime_coding.h \
	module/formats/movie.c module/formats/movie.h \
	module/formats/mp3.c \
	module/formats/mp4.c \
	module/formats/ogg.c \
	module/formats/opf.c module/formats/opf.h \
	module/formats/loose_tags.c module/formats/loose_tags.h \
	module/formats/pdf.c \
	module/formats/pdf_body.c \
	module/formats/pdf_dict.c \
	module/formats/pdf_doc.c \
	module/formats/pdf_filter.c module/formats/pdf_filter.h \
	module/formats/pdf_internal.h \
	module/formats/pdf_lex.c module/formats/pdf_lex.h \
	module/formats/pdf_objstm.c \
	module/formats/photoshop.c module/formats/photoshop.h \
	module/formats/png.c \
	module/formats/png_text.c module/formats/png_text.h \
	module/formats/psd.c \
	module/formats/ranges.c module/formats/ranges.h \
	module/formats/riff.c \
	module/formats/rights_name.c module/formats/rights_name.h \
	module/formats/rows.h \
	module/formats/sound.c module/formats/sound.h \
	module/formats/svg.c \
	module/formats/sxg.c \
	module/formats/table.c \
	module/formats/tar.c \
	module/formats/text.c \
	module/formats/text_delimited.c \
	module/formats/text_internal.h \
	module/formats/text_wrapper.c \
	module/formats/tiff.c \
	module/formats/unpack.c module/formats/unpack.h \
	module/formats/utf8.c module/formats/utf8.h \
	module/formats/vorbis_comment.c module/formats/vorbis_comment.h \
	module/formats/warc.c \
	module/formats/xmp.c module/formats/xmp.h \
	module/formats/xmp_blank.c \
	module/formats/xmp_internal.h \
	module/formats/xmp_rdf.c \
	module/formats/xmp_salvage.c \
	module/formats/zip.c \
	module/formats/zip_archive.c \
	module/formats/zip_directory.c \
	module/formats/zip_internal.h \
	module/formats/zip_member.c \
	module/formats/zip_texts.c
