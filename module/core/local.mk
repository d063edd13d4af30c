# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/core/arena.c module/core/arena.h \
	module/core/buf.c module/core/buf.h \
	module/core/bytes.h \
	module/core/clock.c module/core/clock.h \
	module/core/file.c module/core/file.h \
	module/core/format_list.c module/core/format_list.h \
	module/core/hex.h \
	module/core/journal.c module/core/journal.h \
	module/core/log.c module/core/log.h \
	module/core/log_events.c module/core/log_events.h \
	module/core/manifest.h \
	module/core/member.h \
	module/core/packet.c module/core/packet.h \
	module/core/page.h \
	module/core/process.c module/core/process.h \
	module/core/property.c module/core/property.h \
	module/core/rc.h \
	module/core/signal.c module/core/signal.h \
	module/core/slice.c module/core/slice.h \
	module/core/text.h \
	module/core/undecided.c module/core/undecided.h \
	module/core/usage.c module/core/usage.h \
	module/core/wire.h
