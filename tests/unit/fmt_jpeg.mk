# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_jpeg tests/unit/test_fmt_psd
tests_unit_test_fmt_jpeg_SOURCES = tests/unit/test_fmt_jpeg.c
tests_unit_test_fmt_jpeg_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_jpeg_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_psd_SOURCES = tests/unit/test_fmt_psd.c
tests_unit_test_fmt_psd_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_psd_LDADD = $(TEST_LIBS)
