# SPDX-License-Identifier: Apache-2.0
# The soak itself is not among `make check`'s TESTS: it needs an installation, and minutes.
# A million exchanges: `make soak SOAK_FLAGS='--exchanges 1000000 --rate 300'`.
TESTS += tests/soak/smoke
soak_programs = tests/soak/soak_clients tests/soak/soak_origin
check_PROGRAMS += $(soak_programs)
tests_soak_soak_clients_SOURCES = tests/soak/clients.c tests/soak/answer.c tests/soak/answer.h \
	tests/soak/exchange.c tests/soak/exchange.h
tests_soak_soak_clients_LDADD = -lpthread
tests_soak_soak_origin_SOURCES = tests/soak/origin.c tests/soak/exchange.c tests/soak/exchange.h
tests_soak_soak_origin_LDADD = -lpthread
SOAK_FLAGS =
SOAK_STAGE = $(abs_builddir)/soak-stage
soak: all $(soak_programs)
	rm -rf '$(SOAK_STAGE)'
	$(MAKE) install DESTDIR='$(SOAK_STAGE)' >/dev/null
	OPTOUT_STAGE='$(SOAK_STAGE)' OPTOUT_BUILD='$(abs_builddir)' \
		'$(srcdir)/tests/soak/run' $(SOAK_FLAGS)
clean-local: soak-clean
soak-clean:
	rm -rf '$(SOAK_STAGE)'
PHONY_TARGETS += soak soak-clean

EXTRA_DIST += \
	tests/soak/README.md \
	tests/soak/run \
	tests/soak/clients.py \
	tests/soak/clock.py \
	tests/soak/faults.py \
	tests/soak/judge.py \
	tests/soak/ledger.py \
	tests/soak/plan.py \
	tests/soak/sites_origin.py \
	tests/soak/smoke \
	tests/soak/watch.py \
	tests/soak/wire.py
