# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/metrics/metric_list.h \
	module/metrics/metric_table.c \
	module/metrics/metrics.h
