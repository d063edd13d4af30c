# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_mp4 tests/unit/test_fmt_heif tests/unit/test_fmt_jxl
tests_unit_test_fmt_mp4_SOURCES = tests/unit/test_fmt_mp4.c
tests_unit_test_fmt_mp4_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_mp4_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_heif_SOURCES = tests/unit/test_fmt_heif.c
tests_unit_test_fmt_heif_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_heif_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_jxl_SOURCES = tests/unit/test_fmt_jxl.c
tests_unit_test_fmt_jxl_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_jxl_LDADD = $(TEST_LIBS)
