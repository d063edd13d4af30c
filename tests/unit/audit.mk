# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_audit tests/unit/test_segment
tests_unit_test_audit_SOURCES = tests/unit/test_audit.c
tests_unit_test_audit_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_audit_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_audit_reader
tests_unit_test_audit_reader_SOURCES = tests/unit/test_audit_reader.c
tests_unit_test_audit_reader_CPPFLAGS = $(TEST_CPPFLAGS) $(ZSTD_CFLAGS)
tests_unit_test_audit_reader_LDADD = $(TEST_LIBS) $(ZSTD_LIBS)
# The disk fails on demand: these calls go through the test.
tests_unit_test_segment_SOURCES = tests/unit/test_segment.c tests/unit/segment_fixture.h
tests_unit_test_segment_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_segment_LDFLAGS = \
	-Wl,--wrap=write,--wrap=ftruncate,--wrap=fdatasync,--wrap=flock
tests_unit_test_segment_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_segment_refs
tests_unit_test_segment_refs_SOURCES = tests/unit/test_segment_refs.c tests/unit/segment_fixture.h
tests_unit_test_segment_refs_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_segment_refs_LDFLAGS = $(tests_unit_test_segment_LDFLAGS)
tests_unit_test_segment_refs_LDADD = $(TEST_LIBS)

unit_tests += tests/unit/test_segment_threads
tests_unit_test_segment_threads_SOURCES = tests/unit/test_segment_threads.c
tests_unit_test_segment_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_segment_threads_LDADD = $(TEST_LIBS)

# The records that test_audit printed, held against the published schema.
TESTS += tests/unit/validate_samples
# Spelt out, automake would take this for a rule of our own in place of its.
validate_samples_log = tests/unit/validate_samples.log
$(validate_samples_log): tests/unit/test_audit.log
EXTRA_DIST += tests/unit/validate_samples tests/unit/validate_records.py
CLEANFILES += tests/unit/audit-samples.jsonl
