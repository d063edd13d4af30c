# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_cbor tests/unit/test_jumbf tests/unit/test_c2pa_store \
	tests/unit/test_fmt_text
tests_unit_test_cbor_SOURCES = tests/unit/test_cbor.c
tests_unit_test_cbor_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_cbor_LDADD = $(TEST_LIBS)
tests_unit_test_jumbf_SOURCES = tests/unit/test_jumbf.c tests/unit/manifest_fixture.h
tests_unit_test_jumbf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_jumbf_LDADD = $(TEST_LIBS)
tests_unit_test_c2pa_store_SOURCES = tests/unit/test_c2pa_store.c tests/unit/manifest_fixture.h
tests_unit_test_c2pa_store_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_c2pa_store_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_text_SOURCES = tests/unit/test_fmt_text.c tests/unit/manifest_fixture.h
tests_unit_test_fmt_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_text_LDADD = $(TEST_LIBS)
