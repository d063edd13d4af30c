# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/standards/access.c \
	module/standards/ai_meta.c \
	module/standards/aipref.c \
	module/standards/c2pa.c \
	module/standards/common.c module/standards/common.h \
	module/standards/content_signals.c \
	module/standards/license_link.c \
	module/standards/robots_meta.c \
	module/standards/rsl.c \
	module/standards/standard.h \
	module/standards/table.c \
	module/standards/tdmrep.c
