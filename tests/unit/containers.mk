# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_tar tests/unit/test_fmt_mime tests/unit/test_fmt_warc tests/unit/test_members
tests_unit_test_fmt_tar_SOURCES = tests/unit/test_fmt_tar.c
tests_unit_test_fmt_tar_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_tar_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_mime_SOURCES = tests/unit/test_fmt_mime.c
tests_unit_test_fmt_mime_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_mime_LDADD = $(TEST_LIBS)
tests_unit_test_fmt_warc_SOURCES = tests/unit/test_fmt_warc.c
tests_unit_test_fmt_warc_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_warc_LDADD = $(TEST_LIBS)
tests_unit_test_members_SOURCES = tests/unit/test_members.c
tests_unit_test_members_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_members_LDADD = $(TEST_LIBS) $(ZLIB_LIBS)
