# SPDX-License-Identifier: Apache-2.0
# The doctor is a part of the tool alone: it speaks TLS, and nothing else here does by itself.
noinst_LTLIBRARIES += libdoctor.la
libdoctor_la_SOURCES = \
	module/doctor/doctor.c module/doctor/doctor.h \
	module/doctor/finding.c module/doctor/finding.h \
	module/doctor/finding_print.c \
	module/doctor/kinds.c
libdoctor_la_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS)
libdoctor_la_LIBADD = $(SSL_LIBS)
# Configuration files and this machine.
libdoctor_la_SOURCES += \
	module/doctor/c_icap_conf.c module/doctor/c_icap_conf.h \
	module/doctor/squid_checks.c module/doctor/squid_checks.h \
	module/doctor/squid_groups.c module/doctor/squid_groups.h \
	module/doctor/squid_lines.c module/doctor/squid_lines.h \
	module/doctor/squid_survey.c module/doctor/squid_survey.h
