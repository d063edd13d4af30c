# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/core/arena.c module/core/arena.h \
	module/core/base64.c module/core/base64.h \
	module/core/buf.c module/core/buf.h \
	module/core/cbor.c module/core/cbor.h \
	module/core/clock.c module/core/clock.h \
	module/core/digest.c module/core/digest.h \
	module/core/json.c module/core/json.h \
	module/core/manifest.h \
	module/core/member.h \
	module/core/packet.h \
	module/core/page.h \
	module/core/property.c module/core/property.h \
	module/core/rc.h \
	module/core/signal.c module/core/signal.h \
	module/core/site_kind.c module/core/site_kind.h \
	module/core/slice.c module/core/slice.h \
	module/core/undecided.c module/core/undecided.h \
	module/core/unicode.c module/core/unicode.h \
	module/core/usage.c module/core/usage.h \
	module/core/xml_sax.c module/core/xml_sax.h \
	module/core/xml_trim.c module/core/xml_trim.h \
	module/core/xml_write.c module/core/xml_write.h
