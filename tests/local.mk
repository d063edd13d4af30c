# SPDX-License-Identifier: Apache-2.0
# Every test speaks TAP, so that cases are counted, not programs.
LOG_COMPILER = bash $(top_srcdir)/tests/unit/tap
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	OPTOUT_SRCDIR='$(abs_top_srcdir)'; export OPTOUT_SRCDIR; \
	OPTOUT_BUILDDIR='$(abs_top_builddir)'; export OPTOUT_BUILDDIR; \
	OPTOUT_CORPUS="$${OPTOUT_CORPUS:-$(abs_top_srcdir)/../shared/corpus}"; export OPTOUT_CORPUS;
TEST_LIBS = liboptout.la $(CMOCKA_LIBS) $(JANSSON_LIBS)
TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) -I$(top_srcdir)/tests/unit

include tests/wrapped.mk
include tests/unit/local.mk
include tests/conformance/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/integration/local.mk
include tests/https/local.mk
include tests/doctor/local.mk
include tests/docs/local.mk
include tests/soak/local.mk
include tests/crawlers/local.mk
include tests/peers/local.mk
