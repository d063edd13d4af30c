# SPDX-License-Identifier: Apache-2.0
# Memory fails on demand.
unit_tests += tests/unit/test_faults
tests_unit_test_faults_SOURCES = tests/unit/test_faults.c
tests_unit_test_faults_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_LDFLAGS = $(wrap_libraries)
tests_unit_test_faults_LDADD = $(TEST_LIBS)

# And so does the disk, of the store, of the log and of all else that is read and written.
unit_tests += tests/unit/test_faults_store tests/unit/test_faults_segment tests/unit/test_faults_files
tests_unit_test_faults_store_SOURCES = tests/unit/test_faults_store.c
tests_unit_test_faults_store_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_store_LDFLAGS = $(wrap_disk) $(wrap_lmdb)
tests_unit_test_faults_store_LDADD = $(TEST_LIBS)
tests_unit_test_faults_segment_SOURCES = tests/unit/test_faults_segment.c
tests_unit_test_faults_segment_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_segment_LDFLAGS = $(wrap_disk)
tests_unit_test_faults_segment_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_faults_ship
tests_unit_test_faults_ship_SOURCES = tests/unit/test_faults_ship.c $(ship_parts)
tests_unit_test_faults_ship_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_ship_LDFLAGS = $(wrap_disk)
tests_unit_test_faults_ship_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_faults_journal tests/unit/test_faults_reload
tests_unit_test_faults_journal_SOURCES = tests/unit/test_faults_journal.c
tests_unit_test_faults_journal_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_journal_LDFLAGS = $(wrap_disk) $(wrap_journal)
tests_unit_test_faults_journal_LDADD = $(TEST_LIBS)
tests_unit_test_faults_reload_SOURCES = tests/unit/test_faults_reload.c
tests_unit_test_faults_reload_CPPFLAGS = $(TEST_CPPFLAGS) $(CICAP_CFLAGS)
tests_unit_test_faults_reload_LDFLAGS = $(wrap_disk)
tests_unit_test_faults_reload_LDADD = libicap.la -licapapi $(TEST_LIBS)
tests_unit_test_faults_files_SOURCES = tests/unit/test_faults_files.c
tests_unit_test_faults_files_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_files_LDFLAGS = $(wrap_disk)
tests_unit_test_faults_files_LDADD = $(TEST_LIBS) $(ZSTD_LIBS)
