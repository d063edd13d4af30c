# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_phrases
tests_unit_test_phrases_SOURCES = tests/unit/test_phrases.c tests/unit/phrases_fixture.h
tests_unit_test_phrases_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_phrases_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_phrases_threads
tests_unit_test_phrases_threads_SOURCES = tests/unit/test_phrases_threads.c tests/unit/phrases_fixture.h
tests_unit_test_phrases_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_phrases_threads_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_phrases_gate
tests_unit_test_phrases_gate_SOURCES = tests/unit/test_phrases_gate.c tests/unit/phrases_fixture.h
tests_unit_test_phrases_gate_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_phrases_gate_LDADD = $(TEST_LIBS)
