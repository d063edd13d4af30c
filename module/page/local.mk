# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/page/charset.c module/page/charset.h \
	module/page/charset_guess.c module/page/charset_guess.h \
	module/page/charset_prescan.c \
	module/page/charset_table.c module/page/charset_table.h \
	module/page/charset_turn.c module/page/charset_turn.h \
	module/page/html.c module/page/html.h \
	module/page/html_attr.c \
	module/page/html_calm.c \
	module/page/html_entities.c module/page/html_entities.h \
	module/page/html_inner.c \
	module/page/html_internal.h \
	module/page/html_look.c module/page/html_look.h \
	module/page/html_names.c \
	module/page/html_packet.c \
	module/page/html_property.c \
	module/page/html_raw.c \
	module/page/html_roles.c \
	module/page/html_scan.h \
	module/page/html_tag.c \
	module/page/html_text.c module/page/html_text.h \
	module/page/html_text_tree.c \
	module/page/html_tree.c \
	module/page/html_watch.c module/page/html_watch.h \
	module/page/plain.c module/page/plain.h
