# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/metadata/feed.c module/metadata/feed.h \
	module/metadata/iim.c module/metadata/iim.h \
	module/metadata/json_feed.c module/metadata/json_feed.h \
	module/metadata/jumbf.c module/metadata/jumbf.h \
	module/metadata/loose_tags.c module/metadata/loose_tags.h \
	module/metadata/opf.c module/metadata/opf.h \
	module/metadata/xmp.c module/metadata/xmp.h \
	module/metadata/xmp_blank.c \
	module/metadata/xmp_internal.h \
	module/metadata/xmp_rdf.c \
	module/metadata/xmp_salvage.c
