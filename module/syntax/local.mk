# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/syntax/base64.c module/syntax/base64.h \
	module/syntax/cbor.c module/syntax/cbor.h \
	module/syntax/digest.c module/syntax/digest.h \
	module/syntax/json.c module/syntax/json.h \
	module/syntax/json_scan.c module/syntax/json_scan.h \
	module/syntax/json_path.c module/syntax/json_path.h \
	module/syntax/literals.c module/syntax/literals.h module/syntax/literals_internal.h \
	module/syntax/literals_print.c module/syntax/literals_wide.c \
	module/syntax/rows.c module/syntax/rows.h \
	module/syntax/needle.c module/syntax/needle.h \
	module/syntax/unicode.c module/syntax/unicode.h \
	module/syntax/utf8.c module/syntax/utf8.h \
	module/syntax/visible.c module/syntax/visible.h \
	module/syntax/xml_sax.c module/syntax/xml_sax.h \
	module/syntax/xml_trim.c module/syntax/xml_trim.h \
	module/syntax/xml_write.c module/syntax/xml_write.h
