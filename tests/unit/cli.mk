# SPDX-License-Identifier: Apache-2.0
cli_tests = tests/unit/test_cli.sh tests/unit/test_cli_phrases.sh tests/unit/test_cli_audit.sh tests/unit/test_cli_explain.sh tests/unit/test_cli_keep.sh tests/unit/test_cli_query.sh tests/unit/test_cli_site.sh tests/unit/test_cli_urls.sh tests/unit/test_cli_warc.sh \
	tests/unit/test_guide.sh tests/unit/test_failures.sh tests/unit/check_directives.sh
TESTS += $(cli_tests)
EXTRA_DIST += $(cli_tests) tests/unit/failures_table.py tests/unit/naive_query.py tests/unit/urls_daemon.py tests/unit/urls_put.sh tests/unit/warc_cases.py
check_PROGRAMS += tests/unit/put_sites
tests_unit_put_sites_SOURCES = tests/unit/put_sites.c
tests_unit_put_sites_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_put_sites_LDADD = liboptout.la $(TEST_LIBS)
