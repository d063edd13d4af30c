# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/answers/columns.c module/answers/columns.h \
	module/answers/explain.c module/answers/explain.h \
	module/answers/explain_case.c module/answers/explain_case.h \
	module/answers/explain_lines.h module/answers/explain_otherwise.c \
	module/answers/explain_print.c \
	module/answers/find.c module/answers/find.h \
	module/answers/domain.c module/answers/domain.h \
	module/answers/figures.c module/answers/figures.h \
	module/answers/keyed.c module/answers/keyed.h \
	module/answers/lead_way.c module/answers/lead_way.h \
	module/answers/leads.c module/answers/leads.h \
	module/answers/line_view.c module/answers/line_view.h \
	module/answers/paper.c module/answers/paper.h module/answers/paper_style.h \
	module/answers/pendings.c module/answers/pendings.h \
	module/answers/publisher.c module/answers/publisher.h \
	module/answers/publisher_html.c \
	module/answers/publisher_print.c \
	module/answers/question.c module/answers/question.h \
	module/answers/record_view.c module/answers/record_view.h \
	module/answers/report.c module/answers/report.h \
	module/answers/report_html.c \
	module/answers/report_json.c \
	module/answers/report_svg.c module/answers/report_svg.h \
	module/answers/scan.c module/answers/scan.h \
	module/answers/segment_index.c module/answers/segment_index.h \
	module/answers/segment_index_internal.h module/answers/segment_index_make.c \
	module/answers/segment_scan.c module/answers/segment_scan.h \
	module/answers/segments.c module/answers/segments.h \
	module/answers/sums.c module/answers/sums.h \
	module/answers/tally.c module/answers/tally.h \
	module/answers/when.c module/answers/when.h
