# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/formats/charset.c module/formats/charset.h \
	module/formats/charset_prescan.c \
	module/formats/html.c module/formats/html.h module/formats/html_internal.h \
	module/formats/html_attr.c \
	module/formats/html_entities.c \
	module/formats/html_names.c \
	module/formats/html_raw.c \
	module/formats/html_scan.h \
	module/formats/html_tag.c \
	module/formats/html_tree.c
