# SPDX-License-Identifier: Apache-2.0
# Memory fails on demand: whoever asks for some in the library asks the test.
unit_tests += tests/unit/test_faults
tests_unit_test_faults_SOURCES = tests/unit/test_faults.c
tests_unit_test_faults_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=inflateInit2_,--wrap=BrotliDecoderCreateInstance,--wrap=ZSTD_createDCtx \
	-Wl,--wrap=EVP_MD_CTX_new
tests_unit_test_faults_LDADD = $(TEST_LIBS)

# The store and the log, whose calls to the disk and to LMDB fail as well.
unit_tests += tests/unit/test_faults_store tests/unit/test_faults_segment
WRAP_SHARED = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=write,--wrap=mkdir,--wrap=flock,--wrap=fstat,--wrap=open
tests_unit_test_faults_store_SOURCES = tests/unit/test_faults_store.c
tests_unit_test_faults_store_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_store_LDFLAGS = $(WRAP_SHARED) -Wl,--wrap=aligned_alloc,--wrap=rename \
	-Wl,--wrap=mdb_env_create,--wrap=mdb_env_open,--wrap=mdb_txn_begin,--wrap=mdb_txn_renew \
	-Wl,--wrap=mdb_dbi_open,--wrap=mdb_get,--wrap=mdb_put,--wrap=mdb_del \
	-Wl,--wrap=mdb_cursor_open,--wrap=mdb_txn_commit
tests_unit_test_faults_store_LDADD = $(TEST_LIBS)
tests_unit_test_faults_segment_SOURCES = tests/unit/test_faults_segment.c
tests_unit_test_faults_segment_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_segment_LDFLAGS = $(WRAP_SHARED) \
	-Wl,--wrap=ftruncate,--wrap=fdatasync,--wrap=fsync,--wrap=faccessat \
	-Wl,--wrap=renameat2,--wrap=unlinkat,--wrap=openat
tests_unit_test_faults_segment_LDADD = $(TEST_LIBS)
