# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/conformance/vectors
TESTS += tests/conformance/vectors
tests_conformance_vectors_SOURCES = \
	tests/conformance/evaluate.c tests/conformance/evaluate.h \
	tests/conformance/recorded.c tests/conformance/recorded.h \
	tests/conformance/rules_walk.c tests/conformance/rules_walk.h \
	tests/conformance/sources.c tests/conformance/sources.h \
	tests/conformance/vector.c tests/conformance/vector.h \
	tests/conformance/vectors.c tests/unit/manifest_fixture.h
tests_conformance_vectors_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/conformance \
	-I$(top_srcdir)/tests/unit
tests_conformance_vectors_LDADD = liboptout.la

if UNIT_TESTS
check_PROGRAMS += tests/conformance/corpus
TESTS += tests/conformance/corpus
tests_conformance_corpus_SOURCES = \
	tests/conformance/corpus.c \
	tests/conformance/evaluate.c tests/conformance/evaluate.h
tests_conformance_corpus_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/tests/conformance
tests_conformance_corpus_LDADD = liboptout.la $(JANSSON_LIBS)
endif

# Prints what fails of the vectors, and the table of agreement with the samples
# of others; exits 77 where OPTOUT_CORPUS names none.
PHONY_TARGETS += conformance
conformance: tests/conformance/vectors tests/conformance/corpus
	@$(AM_TESTS_ENVIRONMENT) \
	tests/conformance/vectors > tests/conformance/vectors.out; rc=$$?; \
	grep -v '^ok' tests/conformance/vectors.out; test $$rc = 0 || exit $$rc; \
	tests/conformance/corpus --table
CLEANFILES += tests/conformance/vectors.out

EXTRA_DIST += \
	tests/conformance/README.md \
	tests/conformance/access/status.vec \
	tests/conformance/ai-license/terms.vec \
	tests/conformance/ai-meta/meta.vec \
	tests/conformance/ai-txt/spawning.vec tests/conformance/ai-txt/well-known.vec \
	tests/conformance/aipref/legacy.vec \
	tests/conformance/aipref/statement.vec \
	tests/conformance/c2pa/jpt-rights.vec tests/conformance/c2pa/link.vec \
	tests/conformance/cawg/training-mining.vec \
	tests/conformance/content-signals/header.vec \
	tests/conformance/decisions/actions.vec tests/conformance/decisions/agents.vec \
	tests/conformance/decisions/contact.vec tests/conformance/decisions/early.vec tests/conformance/decisions/images.vec \
	tests/conformance/decisions/precedence.vec tests/conformance/decisions/purpose.vec \
	tests/conformance/decisions/words.vec \
	tests/conformance/feeds/rss.vec tests/conformance/feeds/atom.vec tests/conformance/feeds/json.vec \
	tests/conformance/license-link/links.vec \
	tests/conformance/natural-language/comments.vec \
	tests/conformance/natural-language/charsets.vec \
	tests/conformance/natural-language/wrong-charsets.vec \
	tests/conformance/natural-language/english.vec \
	tests/conformance/natural-language/pages.vec tests/conformance/natural-language/words.vec \
	tests/conformance/peac/file.vec \
	tests/conformance/phrases \
	tests/conformance/plus/datamining.vec \
	tests/conformance/robots-meta/header.vec \
	tests/conformance/robots-meta/html.vec \
	tests/conformance/robots/preferences.robots tests/conformance/robots/rules.robots \
	tests/conformance/robots/statements.vec \
	tests/conformance/rsl/discovery.vec tests/conformance/rsl/document.vec \
	tests/conformance/rsl/several.vec \
	tests/conformance/schema-org/json-ld.vec tests/conformance/schema-org/microdata.vec \
	tests/conformance/tdmrep/file.vec tests/conformance/tdmrep/header.vec \
	tests/conformance/tdmrep/html.vec \
	tests/conformance/together/several.vec \
	tests/conformance/trust-txt/file.vec \
	tests/conformance/x-ai/header.vec
