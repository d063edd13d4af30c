# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_html tests/unit/test_html5lib tests/unit/test_html_pages tests/unit/test_schema_org
tests_unit_test_html_SOURCES = tests/unit/test_html.c
tests_unit_test_html_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_html_LDADD = $(TEST_LIBS)
tests_unit_test_html5lib_SOURCES = tests/unit/test_html5lib.c
tests_unit_test_html5lib_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_html5lib_LDADD = $(TEST_LIBS)
tests_unit_test_html_pages_SOURCES = tests/unit/test_html_pages.c
tests_unit_test_html_pages_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_html_pages_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_charset_guess
tests_unit_test_charset_guess_SOURCES = tests/unit/test_charset_guess.c
tests_unit_test_charset_guess_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_charset_guess_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_html_text
tests_unit_test_html_text_SOURCES = tests/unit/test_html_text.c
tests_unit_test_html_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_html_text_LDADD = $(TEST_LIBS) $(UTF8PROC_LIBS)
tests_unit_test_schema_org_SOURCES = tests/unit/test_schema_org.c
tests_unit_test_schema_org_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_schema_org_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_plain
tests_unit_test_plain_SOURCES = tests/unit/test_plain.c
tests_unit_test_plain_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_plain_LDADD = $(TEST_LIBS)
