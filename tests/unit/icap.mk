# SPDX-License-Identifier: Apache-2.0
# The queue of held bytes knows nothing of c-icap.
unit_tests += tests/unit/test_hold tests/unit/test_remember
tests_unit_test_hold_SOURCES = tests/unit/test_hold.c module/icap/hold.c
tests_unit_test_hold_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_hold_LDADD = liboptout.la $(TEST_LIBS)

unit_tests += tests/unit/test_evidence
tests_unit_test_evidence_SOURCES = tests/unit/test_evidence.c
tests_unit_test_evidence_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_evidence_LDADD = liboptout.la $(TEST_LIBS)
# Includes remember.c itself, to leave it as a writer that was killed does.
tests_unit_test_remember_SOURCES = tests/unit/test_remember.c
tests_unit_test_remember_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_remember_LDADD = $(TEST_LIBS)

thread_tests = tests/unit/test_threads.sh
TESTS += $(thread_tests)
EXTRA_DIST += $(thread_tests)
