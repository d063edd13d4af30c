# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_compiled tests/unit/test_compiled_damage tests/unit/test_url_path
tests_unit_test_compiled_SOURCES = tests/unit/test_compiled.c tests/unit/rules_fixture.h
tests_unit_test_compiled_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_compiled_LDADD = $(TEST_LIBS)
tests_unit_test_compiled_damage_SOURCES = tests/unit/test_compiled_damage.c \
	tests/unit/rules_fixture.h tests/unit/naive_rules.h
tests_unit_test_compiled_damage_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_compiled_damage_LDADD = $(TEST_LIBS)
tests_unit_test_url_path_SOURCES = tests/unit/test_url_path.c
tests_unit_test_url_path_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_url_path_LDADD = $(TEST_LIBS)
