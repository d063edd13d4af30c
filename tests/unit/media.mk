# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_media_corpus
tests_unit_test_media_corpus_SOURCES = tests/unit/test_media_corpus.c
tests_unit_test_media_corpus_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_media_corpus_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_fmt_eps
tests_unit_test_fmt_eps_SOURCES = tests/unit/test_fmt_eps.c
tests_unit_test_fmt_eps_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_eps_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_packets
tests_unit_test_packets_SOURCES = tests/unit/test_packets.c
tests_unit_test_packets_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_packets_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_every_format
tests_unit_test_every_format_SOURCES = tests/unit/test_every_format.c \
	tests/unit/media_fixture.h tests/unit/manifest_fixture.h tests/unit/zip_fixture.h
tests_unit_test_every_format_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_every_format_LDADD = $(TEST_LIBS) $(ZLIB_LIBS)
