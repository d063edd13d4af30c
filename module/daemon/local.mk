# SPDX-License-Identifier: Apache-2.0
sbin_PROGRAMS = optoutd
optoutd_SOURCES = \
	module/daemon/catalogue.c \
	module/daemon/catalogue.h \
	module/daemon/daemon.c \
	module/daemon/daemon.h \
	module/daemon/daemon_config.c \
	module/daemon/daemon_config.h \
	module/daemon/discovery.c \
	module/daemon/discovery.h \
	module/daemon/discovery_internal.h \
	module/daemon/fetch.c \
	module/daemon/fetch.h \
	module/daemon/fetch_multi.c \
	module/daemon/fetch_multi.h \
	module/daemon/given_files.c \
	module/daemon/given_files.h \
	module/daemon/guard.c \
	module/daemon/guard.h \
	module/daemon/inquiry.c \
	module/daemon/inquiry.h \
	module/daemon/intake.c \
	module/daemon/intake.h \
	module/daemon/learn.c \
	module/daemon/loop.c \
	module/daemon/loop.h \
	module/daemon/main.c \
	module/daemon/map.c \
	module/daemon/map.h \
	module/daemon/notify.c \
	module/daemon/notify.h \
	module/daemon/polite.c \
	module/daemon/polite.h \
	module/daemon/pulse.c \
	module/daemon/pulse.h \
	module/daemon/sandbox.c \
	module/daemon/sandbox.h \
	module/daemon/server.c \
	module/daemon/server.h \
	module/daemon/server_listen.c \
	module/daemon/server_listen.h \
	module/daemon/share.c \
	module/daemon/share.h \
	module/daemon/share_conn.c \
	module/daemon/share_conn.h \
	module/daemon/share_reader.c \
	module/daemon/share_reader.h \
	module/daemon/share_url.c \
	module/daemon/share_url.h \
	module/daemon/share_value.c \
	module/daemon/share_value.h \
	module/daemon/share_wire.c \
	module/daemon/share_wire.h \
	module/daemon/terms_fetch.c \
	module/daemon/terms_fetch.h \
	module/daemon/worker.c \
	module/daemon/worker.h \
	module/daemon/worker_child.c \
	module/daemon/worker_child.h \
	module/daemon/worker_warm.c \
	module/daemon/worker_warm.h \
	module/daemon/worker_wire.c \
	module/daemon/worker_wire.h
optoutd_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(HIREDIS_CFLAGS)
optoutd_LDADD = liboptout.la $(CURL_LIBS) $(HIREDIS_LIBS) -lpthread
