# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_tiff tests/unit/test_fmt_font
tests_unit_test_fmt_tiff_SOURCES = tests/unit/test_fmt_tiff.c
tests_unit_test_fmt_tiff_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_tiff_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_font_SOURCES = tests/unit/test_fmt_font.c
tests_unit_test_fmt_font_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_font_LDADD = $(TEST_LIBS)
