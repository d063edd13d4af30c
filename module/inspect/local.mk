# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/inspect/digest.c module/inspect/digest.h \
	module/inspect/inspect.c module/inspect/inspect.h
