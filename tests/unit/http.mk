# SPDX-License-Identifier: Apache-2.0
unit_tests += \
	tests/unit/test_structured \
	tests/unit/test_structured_suite \
	tests/unit/test_http \
	tests/unit/test_coding
tests_unit_test_structured_SOURCES = tests/unit/test_structured.c
tests_unit_test_structured_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_structured_LDADD = $(TEST_LIBS)
tests_unit_test_structured_suite_SOURCES = tests/unit/test_structured_suite.c
tests_unit_test_structured_suite_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_structured_suite_LDADD = $(TEST_LIBS)
tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_http_LDADD = $(TEST_LIBS)
tests_unit_test_coding_SOURCES = tests/unit/test_coding.c
tests_unit_test_coding_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_coding_LDADD = $(TEST_LIBS) $(ZLIB_LIBS)
unit_tests += tests/unit/test_url
tests_unit_test_url_SOURCES = tests/unit/test_url.c
tests_unit_test_url_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_url_LDADD = $(TEST_LIBS)
