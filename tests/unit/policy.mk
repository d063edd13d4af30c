# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_policy tests/unit/test_config tests/unit/test_board
tests_unit_test_policy_SOURCES = tests/unit/test_policy.c
tests_unit_test_policy_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_policy_LDADD = $(TEST_LIBS)
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_config_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_clients
tests_unit_test_clients_SOURCES = tests/unit/test_clients.c
tests_unit_test_clients_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_clients_LDADD = $(TEST_LIBS)
tests_unit_test_board_SOURCES = tests/unit/test_board.c
tests_unit_test_board_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_board_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_snapshot
tests_unit_test_snapshot_SOURCES = tests/unit/test_snapshot.c
tests_unit_test_snapshot_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_snapshot_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_terms_pages
tests_unit_test_terms_pages_SOURCES = tests/unit/test_terms_pages.c
tests_unit_test_terms_pages_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_terms_pages_LDADD = $(TEST_LIBS)
