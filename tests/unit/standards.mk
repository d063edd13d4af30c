# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_standards
tests_unit_test_standards_SOURCES = tests/unit/test_standards.c
tests_unit_test_standards_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_standards_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_natural_language
tests_unit_test_natural_language_SOURCES = tests/unit/test_natural_language.c
tests_unit_test_natural_language_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_natural_language_LDADD = $(TEST_LIBS)
