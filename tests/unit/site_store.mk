# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_document tests/unit/test_store tests/unit/test_store_damage \
	tests/unit/test_message
tests_unit_test_document_SOURCES = tests/unit/test_document.c
tests_unit_test_document_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_document_LDADD = $(TEST_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test_store.c
tests_unit_test_store_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_store_LDADD = $(TEST_LIBS)
tests_unit_test_store_damage_SOURCES = tests/unit/test_store_damage.c
tests_unit_test_store_damage_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_store_damage_LDADD = $(TEST_LIBS)
tests_unit_test_message_SOURCES = tests/unit/test_message.c
tests_unit_test_message_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_message_LDADD = $(TEST_LIBS)

# Threads of one process; test_threads.sh builds them once more with ThreadSanitizer.
unit_tests += tests/unit/test_store_threads tests/unit/test_message_threads
tests_unit_test_store_threads_SOURCES = tests/unit/test_store_threads.c
tests_unit_test_store_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_store_threads_LDADD = $(TEST_LIBS)
tests_unit_test_message_threads_SOURCES = tests/unit/test_message_threads.c
tests_unit_test_message_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_message_threads_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_terms
tests_unit_test_terms_SOURCES = tests/unit/test_terms.c
tests_unit_test_terms_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_terms_LDADD = liboptout.la $(TEST_LIBS)
unit_tests += tests/unit/test_terms_asked
tests_unit_test_terms_asked_SOURCES = tests/unit/test_terms_asked.c
tests_unit_test_terms_asked_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_terms_asked_LDADD = liboptout.la $(TEST_LIBS)
