# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/warc/captures.c module/warc/captures.h \
	module/warc/date.c module/warc/date.h \
	module/warc/digests.c module/warc/digests.h \
	module/warc/http_head.c \
	module/warc/index.c module/warc/index.h \
	module/warc/judging.c module/warc/judging.h module/warc/judging_internal.h \
	module/warc/judging_body.c module/warc/judging_others.c \
	module/warc/reader.c module/warc/reader.h \
	module/warc/site_log.c module/warc/site_log.h \
	module/warc/stream.c module/warc/stream.h \
	module/warc/stream_decode.c module/warc/stream_decode.h
