# SPDX-License-Identifier: Apache-2.0
# Memory fails on demand: whoever asks for some in the library asks the test.
unit_tests += tests/unit/test_faults
tests_unit_test_faults_SOURCES = tests/unit/test_faults.c
tests_unit_test_faults_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_faults_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=inflateInit2_,--wrap=BrotliDecoderCreateInstance,--wrap=ZSTD_createDCtx \
	-Wl,--wrap=EVP_MD_CTX_new
tests_unit_test_faults_LDADD = $(TEST_LIBS)
