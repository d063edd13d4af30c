# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_png
tests_unit_test_fmt_png_SOURCES = tests/unit/test_fmt_png.c tests/unit/carriers.h
tests_unit_test_fmt_png_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_png_LDADD = $(TEST_LIBS) $(ZLIB_LIBS)
unit_tests += tests/unit/test_fmt_gif
tests_unit_test_fmt_gif_SOURCES = tests/unit/test_fmt_gif.c tests/unit/carriers.h
tests_unit_test_fmt_gif_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_gif_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_fmt_riff
tests_unit_test_fmt_riff_SOURCES = tests/unit/test_fmt_riff.c tests/unit/carriers.h
tests_unit_test_fmt_riff_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_riff_LDADD = $(TEST_LIBS)
