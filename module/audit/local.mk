# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/audit/gap.c module/audit/gap.h \
	module/audit/line.h \
	module/audit/reader.c module/audit/reader.h \
	module/audit/references.c \
	module/audit/record.c module/audit/record.h \
	module/audit/record_url.c module/audit/record_url.h \
	module/audit/reference.c module/audit/reference.h \
	module/audit/removal.c module/audit/removal.h \
	module/audit/segment.c module/audit/segment.h \
	module/audit/segment_file.c module/audit/segment_file.h \
	module/audit/ulid.c module/audit/ulid.h
EXTRA_DIST += docs/audit-format.md docs/audit-record.schema.json
