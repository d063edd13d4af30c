# SPDX-License-Identifier: Apache-2.0
# optout: the engine on the command line.
bin_PROGRAMS += optout
optout_SOURCES = \
	module/cli/cli.h \
	module/cli/audit_ask.c module/cli/audit_ask.h \
	module/cli/audit_cmd.c \
	module/cli/audit_earlier.c \
	module/cli/audit_find.c module/cli/audit_find.h \
	module/cli/audit_find_parts.c \
	module/cli/audit_folder.c module/cli/audit_folder.h \
	module/cli/audit_index_cmd.c \
	module/cli/audit_query.h \
	module/cli/audit_query_cmd.c \
	module/cli/audit_query_rows.c \
	module/cli/audit_keep.h module/cli/audit_keep_cmd.c \
	module/cli/audit_keep_folder.c \
	module/cli/audit_leads_cmd.c \
	module/cli/audit_publisher_cmd.c \
	module/cli/audit_report_cmd.c \
	module/cli/audit_resolve.c \
	module/cli/audit_text.c module/cli/audit_text.h \
	module/cli/config_cmd.c \
	module/cli/explain_cmd.c \
	module/cli/doctor_cmd.c \
	module/cli/control_cmd.c \
	module/cli/formats_cmd.c \
	module/cli/head.c module/cli/head.h \
	module/cli/inspect_cmd.c \
	module/cli/main.c \
	module/cli/metrics_cmd.c \
	module/cli/node.h module/cli/node_answers.c module/cli/node_ask.c module/cli/node_ca.c \
	module/cli/node_cmd.c module/cli/node_file.c module/cli/node_line.c \
	module/cli/node_service.c module/cli/node_text.c \
	module/cli/packets.c module/cli/packets.h \
	module/cli/phrases.h \
	module/cli/phrases_cmd.c \
	module/cli/phrases_explain.c \
	module/cli/phrases_test.c \
	module/cli/report.c module/cli/report.h \
	module/cli/robots_cmd.c \
	module/cli/row_list.c module/cli/row_list.h \
	module/cli/rsl_cmd.c \
	module/cli/setup.c module/cli/setup.h \
	module/cli/site_cmd.c \
	module/cli/site_file.c module/cli/site_file.h \
	module/cli/site_refresh.c module/cli/site_refresh.h \
	module/cli/squid_cmd.c \
	module/cli/standards_cmd.c \
	module/cli/tdmrep_cmd.c \
	module/cli/table.c module/cli/table.h \
	module/cli/urls.h module/cli/urls_ask.c module/cli/urls_cmd.c \
	module/cli/urls_input.c module/cli/urls_judge.c module/cli/urls_print.c \
	module/cli/urls_queue.c module/cli/urls_run.c module/cli/urls_state.c \
	module/cli/urls_tell.c \
	module/cli/warc.h module/cli/warc_args.c \
	module/cli/warc_cmd.c \
	module/cli/warc_files.c \
	module/cli/warc_log.c \
	module/cli/warc_print.c \
	module/cli/warc_resolve.c \
	module/cli/warc_state.c \
	module/ship/position.c module/ship/position.h
nodist_optout_SOURCES = conf/node_filter_text.c conf/node_daemon_text.c conf/node_squid_text.c \
	conf/node_never_bump_text.c
optout_LDADD = libdoctor.la liboptout.la
