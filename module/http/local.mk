# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/http/coding.c module/http/coding.h \
	module/http/coding_front.c \
	module/http/date.c module/http/date.h \
	module/http/endless.c module/http/endless.h \
	module/http/exchange.c module/http/exchange.h \
	module/http/headers.c module/http/headers.h \
	module/http/link.c module/http/link.h \
	module/http/media_type.c module/http/media_type.h \
	module/http/structured.c module/http/structured.h \
	module/http/url.c module/http/url.h \
	module/http/url_path.c module/http/url_path.h
