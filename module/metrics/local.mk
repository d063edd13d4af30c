# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/metrics/gather.c module/metrics/gather.h \
	module/metrics/metric_file.h \
	module/metrics/metric_folder.c \
	module/metrics/metric_list.h \
	module/metrics/metric_table.c \
	module/metrics/metrics.c module/metrics/metrics.h \
	module/metrics/print.c
