# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_robots_txt tests/unit/test_robots_corpus
tests_unit_test_robots_txt_SOURCES = tests/unit/test_robots_txt.c tests/unit/robots_fixture.h
tests_unit_test_robots_txt_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_robots_txt_LDADD = $(TEST_LIBS)
tests_unit_test_robots_corpus_SOURCES = tests/unit/test_robots_corpus.c \
	tests/unit/robots_fixture.h
tests_unit_test_robots_corpus_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_robots_corpus_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/conformance/robots/rules.robots tests/conformance/robots/preferences.robots
