# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_inspect
tests_unit_test_inspect_SOURCES = tests/unit/test_inspect.c
tests_unit_test_inspect_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_inspect_LDADD = $(TEST_LIBS) $(ZLIB_LIBS) $(CRYPTO_LIBS)
unit_tests += tests/unit/test_page_text
tests_unit_test_page_text_SOURCES = tests/unit/test_page_text.c
tests_unit_test_page_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_page_text_LDADD = $(TEST_LIBS)
