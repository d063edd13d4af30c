# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_zip tests/unit/test_fmt_opf tests/unit/test_fmt_id3 \
    tests/unit/test_fmt_ogg tests/unit/test_fmt_feed
tests_unit_test_fmt_zip_SOURCES = tests/unit/test_fmt_zip.c tests/unit/zip_fixture.h
tests_unit_test_fmt_zip_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_zip_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_opf_SOURCES = tests/unit/test_fmt_opf.c
tests_unit_test_fmt_opf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_opf_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_id3_SOURCES = tests/unit/test_fmt_id3.c
tests_unit_test_fmt_id3_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_id3_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_ogg_SOURCES = tests/unit/test_fmt_ogg.c
tests_unit_test_fmt_ogg_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_ogg_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_feed_SOURCES = tests/unit/test_fmt_feed.c
tests_unit_test_fmt_feed_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_feed_LDADD = $(TEST_LIBS)
