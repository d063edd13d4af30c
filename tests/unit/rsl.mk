# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_rsl_document tests/unit/test_rsl_corpus
tests_unit_test_rsl_document_SOURCES = tests/unit/test_rsl_document.c
tests_unit_test_rsl_document_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_rsl_document_LDADD = $(TEST_LIBS)
tests_unit_test_rsl_corpus_SOURCES = tests/unit/test_rsl_corpus.c
tests_unit_test_rsl_corpus_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_rsl_corpus_LDADD = $(TEST_LIBS) $(JANSSON_LIBS)
