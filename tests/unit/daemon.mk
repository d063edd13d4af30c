# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_guard tests/unit/test_loop tests/unit/test_directives
tests_unit_test_directives_SOURCES = tests/unit/test_directives.c \
	module/daemon/daemon_config.c module/daemon/daemon_config.h \
	module/daemon/listen_address.c module/daemon/listen_address.h
tests_unit_test_directives_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_directives_LDADD = $(TEST_LIBS)
tests_unit_test_guard_SOURCES = tests/unit/test_guard.c \
	module/daemon/guard.c module/daemon/guard.h
tests_unit_test_guard_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_guard_LDADD = $(TEST_LIBS)
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c \
	module/daemon/loop.c module/daemon/loop.h \
	module/daemon/map.c module/daemon/map.h \
	module/daemon/polite.c module/daemon/polite.h \
	module/daemon/pulse.c module/daemon/pulse.h
tests_unit_test_loop_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_loop_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_worker
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c module/daemon/loop.c module/daemon/sandbox.c \
	module/daemon/worker.c module/daemon/worker_child.c module/daemon/worker_warm.c \
	module/daemon/worker_wire.c
tests_unit_test_worker_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_worker_LDADD = $(TEST_LIBS)

daemon_tests = tests/unit/test_optoutd.sh tests/unit/test_journal.sh tests/unit/test_units.sh \
	tests/unit/test_watch.sh
TESTS += $(daemon_tests)
EXTRA_DIST += $(daemon_tests) tests/unit/optoutd_scenarios.py tests/unit/journal_scenarios.py
check_PROGRAMS += tests/unit/put_terms
tests_unit_put_terms_SOURCES = tests/unit/put_terms.c
tests_unit_put_terms_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_put_terms_LDADD = liboptout.la $(TEST_LIBS)

# Dashboard and alerts.
TESTS += tests/unit/test_dashboard.sh
EXTRA_DIST += tests/unit/test_dashboard.sh tests/unit/dashboard_checks.py tests/unit/alert_cases.py

security_tests = tests/unit/test_apparmor.sh tests/unit/test_hardening.sh \
	tests/unit/test_security.sh
TESTS += $(security_tests)
EXTRA_DIST += $(security_tests)
