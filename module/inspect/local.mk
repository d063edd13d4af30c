# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/inspect/embedded.c module/inspect/embedded.h \
	module/inspect/files.c module/inspect/files.h \
	module/inspect/inspect.c module/inspect/inspect.h \
	module/inspect/kind.c module/inspect/kind.h \
	module/inspect/member_type.c module/inspect/member_type.h \
	module/inspect/members.c module/inspect/members.h \
	module/inspect/reasons.h \
	module/inspect/packets.c module/inspect/packets.h \
	module/inspect/page_text.c module/inspect/page_text.h \
	module/inspect/pages.c module/inspect/pages.h
