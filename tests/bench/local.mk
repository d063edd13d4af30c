# SPDX-License-Identifier: Apache-2.0
# Nothing here is part of `make`, and only the smoke test is part of `make check`: `make bench`
# builds what it needs, measures and leaves bench/result.txt and bench/result.json in the
# build folder.
#   make bench BENCH_FLAGS='--quick --cells html-2k'
check_LTLIBRARIES = tests/bench/srv_null.la
tests_bench_srv_null_la_SOURCES = tests/bench/srv_null.c
tests_bench_srv_null_la_CPPFLAGS = $(AM_CPPFLAGS) $(CICAP_CFLAGS)
# -rpath makes libtool build a shared object; it is never installed
tests_bench_srv_null_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)
EXTRA_LTLIBRARIES = tests/bench/srv_callgrind.la
tests_bench_srv_callgrind_la_SOURCES = tests/bench/srv_callgrind.c
tests_bench_srv_callgrind_la_CPPFLAGS = $(AM_CPPFLAGS) $(CICAP_CFLAGS)
tests_bench_srv_callgrind_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)

bench_programs = \
	tests/bench/bench_html tests/bench/bench_words tests/bench/bench_decide \
	tests/bench/bench_inspect tests/bench/bench_record \
	tests/bench/bench_site_rules tests/bench/bench_site_look \
	tests/bench/bench_store
EXTRA_PROGRAMS += $(bench_programs) tests/bench/bench_formats tests/bench/sizing_store
tests_bench_sizing_store_SOURCES = tests/bench/sizing_store.c \
	module/daemon/share_value.c module/daemon/share_value.h
tests_bench_sizing_store_LDADD = liboptout.la
TESTS += tests/bench/smoke tests/bench/overload
check_PROGRAMS += tests/bench/slow_origin tests/bench/slow_clients
tests_bench_slow_origin_SOURCES = tests/bench/slow_origin.c tests/bench/slow_util.h
tests_bench_slow_clients_SOURCES = tests/bench/slow_clients.c tests/bench/slow_util.h
# It shares no code with what it asks.
check_PROGRAMS += tests/bench/icap_load
tests_bench_icap_load_SOURCES = tests/bench/icap_load.c \
	tests/bench/icap_request.c tests/bench/icap_request.h \
	tests/bench/icap_answer.c tests/bench/icap_answer.h
tests_bench_bench_html_SOURCES = tests/bench/bench_html.c
tests_bench_bench_html_LDADD = liboptout.la
tests_bench_bench_words_SOURCES = tests/bench/bench_words.c tests/bench/bench_util.h
tests_bench_bench_words_CPPFLAGS = $(AM_CPPFLAGS) $(HS_CFLAGS)
tests_bench_bench_words_LDADD = liboptout.la $(PCRE2_LIBS) $(HS_LIBS)
tests_bench_bench_decide_SOURCES = tests/bench/bench_decide.c tests/bench/bench_util.h
tests_bench_bench_decide_LDADD = liboptout.la
tests_bench_bench_inspect_SOURCES = tests/bench/bench_inspect.c tests/bench/bench_util.h
tests_bench_bench_inspect_LDADD = liboptout.la
tests_bench_bench_record_SOURCES = tests/bench/bench_record.c
tests_bench_bench_record_LDADD = liboptout.la
tests_bench_bench_site_rules_SOURCES = tests/bench/bench_site_rules.c tests/bench/bench_util.h
tests_bench_bench_site_rules_LDADD = liboptout.la
tests_bench_bench_site_look_SOURCES = tests/bench/bench_site_look.c tests/bench/bench_util.h
tests_bench_bench_site_look_LDADD = liboptout.la
tests_bench_bench_store_SOURCES = tests/bench/bench_store.c tests/bench/bench_util.h
tests_bench_bench_store_LDADD = liboptout.la
tests_bench_bench_formats_SOURCES = tests/bench/bench_formats.c tests/bench/bench_util.h
tests_bench_bench_formats_LDADD = liboptout.la
CLEANFILES += $(bench_programs) tests/bench/bench_formats tests/bench/sizing_store tests/bench/srv_null.la \
	tests/bench/srv_callgrind.la

BENCH_FLAGS =
PHONY_TARGETS += bench bench-programs bench-scaling bench-sizing bench-slow
# What a node needs: the table of docs/performance.md.
bench-sizing:
	$(MAKE) all
	$(MAKE) tests/bench/sizing_store tests/bench/bench_record tests/bench/srv_null.la
	python3 -B $(srcdir)/tests/bench/sizing --build . $(BENCH_FLAGS)
# Threads, processes, workers: less than three minutes.
bench-scaling:
	$(MAKE) all
	$(MAKE) tests/bench/icap_load tests/bench/srv_null.la
	python3 -B $(srcdir)/tests/bench/scaling --build . $(BENCH_FLAGS)
# Ten thousand slow downloads: some three minutes.
bench-slow:
	$(MAKE) all
	$(MAKE) tests/bench/slow_origin tests/bench/slow_clients tests/bench/srv_null.la
	python3 -B $(srcdir)/tests/bench/slow --build . $(BENCH_FLAGS)
bench-programs: tests/bench/srv_null.la $(bench_programs) tests/bench/bench_formats \
	tests/bench/icap_load tests/bench/srv_callgrind.la
# Two makes, one after the other: `all` recurses and would race for liboptout.
bench:
	$(MAKE) all
	$(MAKE) bench-programs
	OPTOUT_CORPUS="$${OPTOUT_CORPUS:-$(abs_top_srcdir)/../shared/corpus}" \
	python3 -B $(srcdir)/tests/bench/run \
		--null tests/bench/.libs/srv_null.so --module .libs/srv_optout.so \
		--tool optout$(EXEEXT) --daemon optoutd$(EXEEXT) \
		--templates $(srcdir)/conf/templates \
		--engine $(bench_programs) --formats tests/bench/bench_formats \
		--load tests/bench/icap_load --callgrind tests/bench/.libs/srv_callgrind.so \
		--out $(abs_builddir)/bench $(BENCH_FLAGS)

EXTRA_DIST += \
	tests/bench/README.md tests/bench/audit_log.py tests/bench/bench_query.py tests/bench/bench_report.py tests/bench/run tests/bench/scaling tests/bench/ship tests/bench/sizing tests/bench/slow tests/bench/smoke tests/bench/overload tests/bench/tap.py tests/bench/urls tests/bench/warc tests/bench/callgrind.py tests/bench/callgrind_file.py \
	tests/bench/cells.py tests/bench/pages.py \
	tests/bench/formats.py tests/bench/ground.py tests/bench/held.py tests/bench/icap.py \
	tests/bench/load.py tests/bench/peers.py tests/integration/media.py \
	tests/bench/servers.py tests/bench/syscalls.py tests/bench/table.py tests/bench/proxy.lua \
	tests/bench/nginx.conf.in tests/bench/c-icap.conf.in tests/bench/squid.conf.in
