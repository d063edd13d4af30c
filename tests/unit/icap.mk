# SPDX-License-Identifier: Apache-2.0
# The queue of held bytes knows nothing of c-icap.
unit_tests += tests/unit/test_hold tests/unit/test_remember
tests_unit_test_hold_SOURCES = tests/unit/test_hold.c
tests_unit_test_hold_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_hold_LDADD = libicap.la $(TEST_LIBS)

unit_tests += tests/unit/test_drain
tests_unit_test_drain_SOURCES = tests/unit/test_drain.c
tests_unit_test_drain_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_drain_LDADD = libicap.la $(TEST_LIBS)

unit_tests += tests/unit/test_record_gate
tests_unit_test_record_gate_SOURCES = tests/unit/test_record_gate.c
tests_unit_test_record_gate_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_record_gate_LDADD = libicap.la $(TEST_LIBS)

unit_tests += tests/unit/test_evidence tests/unit/test_judge
tests_unit_test_judge_SOURCES = tests/unit/test_judge.c
tests_unit_test_judge_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_judge_LDADD = liboptout.la $(TEST_LIBS)
tests_unit_test_evidence_SOURCES = tests/unit/test_evidence.c
tests_unit_test_evidence_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_evidence_LDADD = liboptout.la $(TEST_LIBS)
# Includes remember.c itself, to leave it as a writer that was killed does.
tests_unit_test_remember_SOURCES = tests/unit/test_remember.c
tests_unit_test_remember_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_remember_LDADD = $(TEST_LIBS)

thread_tests = tests/unit/test_threads.sh
TESTS += $(thread_tests)
EXTRA_DIST += $(thread_tests)

# The next release of c-icap, by its headers or by what is written down of them.
TESTS += tests/unit/test_cicap06.sh
EXTRA_DIST += tests/unit/test_cicap06.sh tests/unit/cicap06/shape.h

# Over the module's own code, with c-icap's library.
unit_tests += tests/unit/test_page
tests_unit_test_page_SOURCES = tests/unit/test_page.c
tests_unit_test_page_CPPFLAGS = $(TEST_CPPFLAGS) $(CICAP_CFLAGS)
tests_unit_test_page_LDADD = libicap.la -licapapi $(TEST_LIBS)

unit_tests += tests/unit/test_kept
tests_unit_test_kept_SOURCES = tests/unit/test_kept.c
tests_unit_test_kept_CPPFLAGS = $(TEST_CPPFLAGS) $(CICAP_CFLAGS)
tests_unit_test_kept_LDADD = libicap.la -licapapi $(TEST_LIBS)

unit_tests += tests/unit/test_snapshot_threads
tests_unit_test_snapshot_threads_SOURCES = tests/unit/test_snapshot_threads.c
tests_unit_test_snapshot_threads_CPPFLAGS = $(TEST_CPPFLAGS) $(CICAP_CFLAGS)
tests_unit_test_snapshot_threads_LDADD = libicap.la -licapapi $(TEST_LIBS)

unit_tests += tests/unit/test_answer
tests_unit_test_answer_SOURCES = tests/unit/test_answer.c
tests_unit_test_answer_CPPFLAGS = $(TEST_CPPFLAGS) $(CICAP_CFLAGS)
tests_unit_test_answer_LDADD = libicap.la -licapapi $(TEST_LIBS)

unit_tests += tests/unit/test_images tests/unit/test_image_map tests/unit/test_embedded
tests_unit_test_images_SOURCES = tests/unit/test_images.c
tests_unit_test_images_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_images_LDADD = liboptout.la $(TEST_LIBS)
# Includes image_map.c itself, to leave it as a writer that was killed does.
tests_unit_test_image_map_SOURCES = tests/unit/test_image_map.c
tests_unit_test_image_map_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_image_map_LDADD = liboptout.la $(TEST_LIBS)
tests_unit_test_embedded_SOURCES = tests/unit/test_embedded.c
tests_unit_test_embedded_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_embedded_LDADD = liboptout.la $(TEST_LIBS)

unit_tests += tests/unit/test_ranges
tests_unit_test_ranges_SOURCES = tests/unit/test_ranges.c
tests_unit_test_ranges_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_ranges_LDADD = liboptout.la $(TEST_LIBS)
