# SPDX-License-Identifier: Apache-2.0
# The module: c-icap's headers are seen here and nowhere else.
servicedir = $(modulesdir)
service_LTLIBRARIES = srv_optout.la
# All but its entry, so that tests can link it with c-icap's library.
noinst_LTLIBRARIES += libicap.la
libicap_la_SOURCES = \
	module/icap/answer.c module/icap/answer.h \
	module/icap/c_icap.h \
	module/icap/counting.c module/icap/counting.h \
	module/icap/drain.c module/icap/drain.h \
	module/icap/fields.c module/icap/fields.h \
	module/icap/hold.c module/icap/hold.h \
	module/icap/log.c module/icap/log.h \
	module/icap/page.c module/icap/page.h module/icap/page_internal.h \
	module/icap/page_json.c \
	module/icap/record_gate.c module/icap/record_gate.h \
	module/icap/reqmod.c module/icap/reqmod.h \
	module/icap/respmod.c module/icap/respmod.h \
	module/icap/snapshot.c module/icap/snapshot.h \
	module/icap/transaction.c module/icap/transaction.h
libicap_la_CPPFLAGS = $(AM_CPPFLAGS) $(CICAP_CFLAGS)
srv_optout_la_SOURCES = module/icap/service.c
srv_optout_la_CPPFLAGS = $(AM_CPPFLAGS) $(CICAP_CFLAGS)
srv_optout_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
srv_optout_la_LIBADD = libicap.la liboptout.la

# c-icap loads the .so; nobody links the .la.
# The examples tell the filter which Squid they are for.
install-data-hook:
	version=$$(PATH="$$PATH:/usr/sbin" squid -v 2>/dev/null | \
	    sed -n '1s/.*Version \([0-9][0-9.]*\).*/\1/p'); \
	test -z "$$version" || \
	  sed -i "s/^adaptation_meta X-Squid-Version .*/adaptation_meta X-Squid-Version $$version/" \
	    "$(DESTDIR)$(exampledir)/squid.conf" "$(DESTDIR)$(exampledir)/squid-bump.conf" \
	    "$(DESTDIR)$(exampledir)"/*/squid.conf
	rm -f $(DESTDIR)$(servicedir)/srv_optout.la
uninstall-hook:
	rm -f $(DESTDIR)$(servicedir)/srv_optout.so
