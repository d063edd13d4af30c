# SPDX-License-Identifier: Apache-2.0
# tdmrep.json, ai.txt, trust.txt.
unit_tests += tests/unit/test_tdmrep_json tests/unit/test_ai_txt tests/unit/test_trust_txt \
	tests/unit/test_site_files_corpus
tests_unit_test_tdmrep_json_SOURCES = tests/unit/test_tdmrep_json.c tests/unit/site_eval.h
tests_unit_test_tdmrep_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_tdmrep_json_LDADD = $(TEST_LIBS)
tests_unit_test_ai_txt_SOURCES = tests/unit/test_ai_txt.c tests/unit/site_eval.h
tests_unit_test_ai_txt_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_ai_txt_LDADD = $(TEST_LIBS)
tests_unit_test_trust_txt_SOURCES = tests/unit/test_trust_txt.c tests/unit/site_eval.h
tests_unit_test_trust_txt_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_trust_txt_LDADD = $(TEST_LIBS)
tests_unit_test_site_files_corpus_SOURCES = tests/unit/test_site_files_corpus.c \
	tests/unit/site_eval.h \
	tests/conformance/evaluate.c tests/conformance/evaluate.h
tests_unit_test_site_files_corpus_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/tests/conformance
tests_unit_test_site_files_corpus_LDADD = $(TEST_LIBS) $(JANSSON_LIBS)
unit_tests += tests/unit/test_every_site_file
tests_unit_test_every_site_file_SOURCES = tests/unit/test_every_site_file.c
tests_unit_test_every_site_file_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_every_site_file_LDADD = $(TEST_LIBS)
