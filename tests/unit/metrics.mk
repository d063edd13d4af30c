# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_metrics tests/unit/test_metrics_threads
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c
tests_unit_test_metrics_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_metrics_LDADD = $(TEST_LIBS)
tests_unit_test_metrics_threads_SOURCES = tests/unit/test_metrics_threads.c
tests_unit_test_metrics_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_metrics_threads_LDADD = $(TEST_LIBS)
TESTS += tests/unit/test_metrics_server.sh
EXTRA_DIST += tests/unit/test_metrics_server.sh tests/unit/metrics_scenarios.py
