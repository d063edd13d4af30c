# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_metrics tests/unit/test_metrics_threads
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c
tests_unit_test_metrics_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_metrics_LDADD = $(TEST_LIBS)
tests_unit_test_metrics_threads_SOURCES = tests/unit/test_metrics_threads.c
tests_unit_test_metrics_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_metrics_threads_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_counting
tests_unit_test_counting_SOURCES = tests/unit/test_counting.c
tests_unit_test_counting_CPPFLAGS = $(TEST_CPPFLAGS) $(CICAP_CFLAGS)
tests_unit_test_counting_LDADD = libicap.la -licapapi $(TEST_LIBS)
TESTS += tests/unit/test_metrics_server.sh
EXTRA_DIST += tests/unit/test_metrics_server.sh tests/unit/metrics_scenarios.py
