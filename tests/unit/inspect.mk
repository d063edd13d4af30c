# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_inspect tests/unit/test_words_charsets
tests_unit_test_words_charsets_SOURCES = tests/unit/test_words_charsets.c
tests_unit_test_words_charsets_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_words_charsets_LDADD = $(TEST_LIBS)
tests_unit_test_inspect_SOURCES = tests/unit/test_inspect.c
tests_unit_test_inspect_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_inspect_LDADD = $(TEST_LIBS) $(ZLIB_LIBS) $(CRYPTO_LIBS)
unit_tests += tests/unit/test_page_text
tests_unit_test_page_text_SOURCES = tests/unit/test_page_text.c
tests_unit_test_page_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_page_text_LDADD = $(TEST_LIBS)
