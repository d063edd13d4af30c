# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_phrases
tests_unit_test_phrases_SOURCES = tests/unit/test_phrases.c tests/unit/phrases_fixture.h
tests_unit_test_phrases_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_phrases_LDADD = $(TEST_LIBS)
