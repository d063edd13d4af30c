# SPDX-License-Identifier: Apache-2.0
# optout-ship: the log into Kafka. All but the outbox and the loop can do without librdkafka, and
# is tested without it.
ship_parts = \
	module/ship/folder.c module/ship/folder.h \
	module/ship/line.c module/ship/line.h \
	module/ship/position.c module/ship/position.h \
	module/ship/source.c module/ship/source.h \
	module/ship/window.h
ship_sources = $(ship_parts) \
	module/ship/main.c \
	module/ship/outbox.c module/ship/outbox.h \
	module/ship/outbox_settings.c module/ship/outbox_settings.h \
	module/ship/shipper.c module/ship/shipper.h module/ship/shipper_internal.h \
	module/ship/tell.c
if SHIP
sbin_PROGRAMS += optout-ship
optout_ship_SOURCES = $(ship_sources)
optout_ship_CPPFLAGS = $(AM_CPPFLAGS) $(RDKAFKA_CFLAGS)
optout_ship_LDADD = liboptout.la $(RDKAFKA_LIBS)
dist_man_MANS += docs/man/optout-ship.8
else
EXTRA_DIST += $(ship_sources) docs/man/optout-ship.8
endif
