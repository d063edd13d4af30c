# SPDX-License-Identifier: Apache-2.0
# The doctor is a part of the tool alone: it speaks TLS, and nothing else here does by itself.
noinst_LTLIBRARIES += libdoctor.la
libdoctor_la_SOURCES = \
	module/doctor/answer.c module/doctor/answer.h \
	module/doctor/coded.c module/doctor/coded.h \
	module/doctor/doctor.c module/doctor/doctor.h \
	module/doctor/icap_options.c module/doctor/icap_options.h \
	module/doctor/origin.c module/doctor/origin.h module/doctor/origin_cases.c \
	module/doctor/origin_key.c module/doctor/origin_key.h \
	module/doctor/outside.c module/doctor/outside.h module/doctor/outside_judge.c \
	module/doctor/outside_log.c module/doctor/outside_tunnel.c module/doctor/outside_visit.c \
	module/doctor/probe_clock.c module/doctor/probe_direct.c module/doctor/probe_icap.c \
	module/doctor/probe_metrics.c \
	module/doctor/squid_port.c module/doctor/squid_port.h \
	module/doctor/wire.c module/doctor/wire.h \
	module/doctor/finding.c module/doctor/finding.h \
	module/doctor/finding_print.c \
	module/doctor/kinds.c
libdoctor_la_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS)
libdoctor_la_LIBADD = $(SSL_LIBS)
# Configuration files and this machine; of the daemon, what reads its configuration.
libdoctor_la_SOURCES += \
	module/daemon/daemon_config.c module/daemon/daemon_config.h \
	module/daemon/listen_address.c module/daemon/listen_address.h \
	module/daemon/share_url.c module/daemon/share_url.h \
	module/doctor/ca_folder.c module/doctor/ca_folder.h \
	module/doctor/c_icap_conf.c module/doctor/c_icap_conf.h \
	module/doctor/command.c module/doctor/command.h \
	module/doctor/folder.c module/doctor/folder.h \
	module/doctor/logrotate.c module/doctor/logrotate.h \
	module/doctor/probe_audit.c \
	module/doctor/probe_c_icap.c \
	module/doctor/probe_ca.c \
	module/doctor/probe_daemon.c \
	module/doctor/probe_processes.c \
	module/doctor/probe_segments.c \
	module/doctor/probe_squid.c \
	module/doctor/probe_store.c \
	module/doctor/process.c module/doctor/process.h \
	module/doctor/redis.c module/doctor/redis.h \
	module/doctor/sockets.c module/doctor/sockets.h \
	module/doctor/squid_checks.c module/doctor/squid_checks.h \
	module/doctor/squid_groups.c module/doctor/squid_groups.h \
	module/doctor/squid_lines.c module/doctor/squid_lines.h \
	module/doctor/squid_splice.c module/doctor/squid_splice.h \
	module/doctor/squid_survey.c module/doctor/squid_survey.h
