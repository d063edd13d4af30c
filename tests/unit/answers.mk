# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_scan
tests_unit_test_scan_SOURCES = tests/unit/test_scan.c tests/unit/folder.h
tests_unit_test_scan_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_scan_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_segment_index
tests_unit_test_segment_index_SOURCES = tests/unit/test_segment_index.c tests/unit/folder.h
tests_unit_test_segment_index_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_segment_index_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_scan_writer
tests_unit_test_scan_writer_SOURCES = tests/unit/test_scan_writer.c tests/unit/folder.h
tests_unit_test_scan_writer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_scan_writer_LDADD = $(TEST_LIBS)
