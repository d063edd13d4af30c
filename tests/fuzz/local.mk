# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets. With --enable-fuzzers (and CC=clang) `make fuzz`,
# `make fuzz-short` and `make fuzz-seeds` build and run them; see tests/fuzz/README.md.
fuzz_targets = \
	tests/fuzz/fuzz_agents \
	tests/fuzz/fuzz_answers \
	tests/fuzz/fuzz_audit_log \
	tests/fuzz/fuzz_bundle \
	tests/fuzz/fuzz_c2pa_store \
	tests/fuzz/fuzz_cbor \
	tests/fuzz/fuzz_charset \
	tests/fuzz/fuzz_charset_turn \
	tests/fuzz/fuzz_clients \
	tests/fuzz/fuzz_coding \
	tests/fuzz/fuzz_compiled \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_disk \
	tests/fuzz/fuzz_doctor_answer \
	tests/fuzz/fuzz_doctor_files \
	tests/fuzz/fuzz_document \
	tests/fuzz/fuzz_exif \
	tests/fuzz/fuzz_explain \
	tests/fuzz/fuzz_faults \
	tests/fuzz/fuzz_feed_packet \
	tests/fuzz/fuzz_header_values \
	tests/fuzz/fuzz_headers \
	tests/fuzz/fuzz_html \
	tests/fuzz/fuzz_html_text \
	tests/fuzz/fuzz_iim \
	tests/fuzz/fuzz_inspect \
	tests/fuzz/fuzz_joins \
	tests/fuzz/fuzz_json_ld \
	tests/fuzz/fuzz_jumbf \
	tests/fuzz/fuzz_lists \
	tests/fuzz/fuzz_literals \
	tests/fuzz/fuzz_log_line \
	tests/fuzz/fuzz_loose_tags \
	tests/fuzz/fuzz_media \
	tests/fuzz/fuzz_message \
	tests/fuzz/fuzz_metrics_file \
	tests/fuzz/fuzz_metrics_request \
	tests/fuzz/fuzz_mime_coding \
	tests/fuzz/fuzz_opf \
	tests/fuzz/fuzz_page_values \
	tests/fuzz/fuzz_pdf_filter \
	tests/fuzz/fuzz_needle \
	tests/fuzz/fuzz_phrase_gate \
	tests/fuzz/fuzz_phrase_text \
	tests/fuzz/fuzz_phrases \
	tests/fuzz/fuzz_property \
	tests/fuzz/fuzz_robots_txt \
	tests/fuzz/fuzz_rsl_document \
	tests/fuzz/fuzz_segment_index \
	tests/fuzz/fuzz_segment_scan \
	tests/fuzz/fuzz_share_reply \
	tests/fuzz/fuzz_share_url \
	tests/fuzz/fuzz_share_value \
	tests/fuzz/fuzz_ship \
	tests/fuzz/fuzz_site_text \
	tests/fuzz/fuzz_site_value \
	tests/fuzz/fuzz_sound \
	tests/fuzz/fuzz_structured \
	tests/fuzz/fuzz_tdmrep_mend \
	tests/fuzz/fuzz_terms_value \
	tests/fuzz/fuzz_terms_pages \
	tests/fuzz/fuzz_url \
	tests/fuzz/fuzz_url_path \
	tests/fuzz/fuzz_warc_file \
	tests/fuzz/fuzz_worker_answer \
	tests/fuzz/fuzz_xmp_packet
# Several targets each, chosen by --target=NAME.
fuzz_rows = \
	tests/fuzz/fuzz_format \
	tests/fuzz/fuzz_site_file
fuzz_link = -fsanitize=fuzzer,address,undefined

tests_fuzz_fuzz_agents_SOURCES = tests/fuzz/fuzz_agents.c
tests_fuzz_fuzz_agents_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_agents_LDADD = liboptout.la
tests_fuzz_fuzz_answers_SOURCES = tests/fuzz/fuzz_answers.c
tests_fuzz_fuzz_answers_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_answers_LDADD = liboptout.la
tests_fuzz_fuzz_audit_log_SOURCES = tests/fuzz/fuzz_audit_log.c module/cli/audit_resolve.c \
	module/cli/audit_text.c
tests_fuzz_fuzz_audit_log_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_audit_log_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_audit_log_LDADD = liboptout.la $(JANSSON_LIBS)
tests_fuzz_fuzz_bundle_SOURCES = tests/fuzz/fuzz_bundle.c
tests_fuzz_fuzz_bundle_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_bundle_LDADD = liboptout.la
tests_fuzz_fuzz_c2pa_store_SOURCES = tests/fuzz/fuzz_c2pa_store.c
tests_fuzz_fuzz_c2pa_store_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_c2pa_store_LDADD = liboptout.la
tests_fuzz_fuzz_cbor_SOURCES = tests/fuzz/fuzz_cbor.c
tests_fuzz_fuzz_cbor_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_cbor_LDADD = liboptout.la
tests_fuzz_fuzz_charset_SOURCES = tests/fuzz/fuzz_charset.c
tests_fuzz_fuzz_charset_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_charset_LDADD = liboptout.la
tests_fuzz_fuzz_charset_turn_SOURCES = tests/fuzz/fuzz_charset_turn.c
tests_fuzz_fuzz_charset_turn_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_charset_turn_LDADD = liboptout.la
tests_fuzz_fuzz_coding_SOURCES = tests/fuzz/fuzz_coding.c
tests_fuzz_fuzz_coding_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_coding_LDADD = liboptout.la
tests_fuzz_fuzz_compiled_SOURCES = tests/fuzz/fuzz_compiled.c tests/unit/naive_rules.h tests/unit/rules_fixture.h
tests_fuzz_fuzz_compiled_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_compiled_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_compiled_LDADD = liboptout.la
tests_fuzz_fuzz_clients_SOURCES = tests/fuzz/fuzz_clients.c
tests_fuzz_fuzz_clients_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_clients_LDADD = liboptout.la
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_config_LDADD = liboptout.la
tests_fuzz_fuzz_doctor_answer_SOURCES = tests/fuzz/fuzz_doctor_answer.c
tests_fuzz_fuzz_doctor_answer_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS)
tests_fuzz_fuzz_doctor_answer_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_doctor_answer_LDADD = libdoctor.la liboptout.la
tests_fuzz_fuzz_doctor_files_SOURCES = tests/fuzz/fuzz_doctor_files.c
tests_fuzz_fuzz_doctor_files_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS)
tests_fuzz_fuzz_doctor_files_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_doctor_files_LDADD = libdoctor.la liboptout.la
tests_fuzz_fuzz_document_SOURCES = tests/fuzz/fuzz_document.c
tests_fuzz_fuzz_document_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_document_LDADD = liboptout.la
tests_fuzz_fuzz_exif_SOURCES = tests/fuzz/fuzz_exif.c tests/unit/findings.h
tests_fuzz_fuzz_exif_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_exif_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_exif_LDADD = liboptout.la
tests_fuzz_fuzz_explain_SOURCES = tests/fuzz/fuzz_explain.c
tests_fuzz_fuzz_explain_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_explain_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_explain_LDADD = liboptout.la $(JANSSON_LIBS)
# Memory and the disk fail on demand.
tests_fuzz_fuzz_disk_SOURCES = tests/fuzz/fuzz_disk.c
tests_fuzz_fuzz_disk_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_disk_LDFLAGS = $(fuzz_link) $(wrap_disk) $(wrap_lmdb)
tests_fuzz_fuzz_disk_LDADD = liboptout.la
tests_fuzz_fuzz_faults_SOURCES = tests/fuzz/fuzz_faults.c
tests_fuzz_fuzz_faults_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_faults_LDFLAGS = $(fuzz_link) $(wrap_libraries)
tests_fuzz_fuzz_faults_LDADD = liboptout.la $(JANSSON_LIBS)
tests_fuzz_fuzz_header_values_SOURCES = tests/fuzz/fuzz_header_values.c
tests_fuzz_fuzz_header_values_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_header_values_LDADD = liboptout.la
tests_fuzz_fuzz_headers_SOURCES = tests/fuzz/fuzz_headers.c
tests_fuzz_fuzz_headers_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_headers_LDADD = liboptout.la
tests_fuzz_fuzz_html_SOURCES = tests/fuzz/fuzz_html.c
tests_fuzz_fuzz_html_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_html_LDADD = liboptout.la
tests_fuzz_fuzz_html_text_SOURCES = tests/fuzz/fuzz_html_text.c
tests_fuzz_fuzz_html_text_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_html_text_LDADD = liboptout.la
tests_fuzz_fuzz_iim_SOURCES = tests/fuzz/fuzz_iim.c tests/unit/findings.h
tests_fuzz_fuzz_iim_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_iim_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_iim_LDADD = liboptout.la
tests_fuzz_fuzz_inspect_SOURCES = tests/fuzz/fuzz_inspect.c
tests_fuzz_fuzz_inspect_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_inspect_LDADD = liboptout.la
tests_fuzz_fuzz_joins_SOURCES = tests/fuzz/fuzz_joins.c
tests_fuzz_fuzz_joins_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_joins_LDADD = liboptout.la
tests_fuzz_fuzz_json_ld_SOURCES = tests/fuzz/fuzz_json_ld.c
tests_fuzz_fuzz_json_ld_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_json_ld_LDADD = liboptout.la
tests_fuzz_fuzz_jumbf_SOURCES = tests/fuzz/fuzz_jumbf.c tests/unit/findings.h
tests_fuzz_fuzz_jumbf_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_jumbf_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_jumbf_LDADD = liboptout.la
tests_fuzz_fuzz_feed_packet_SOURCES = tests/fuzz/fuzz_feed_packet.c
tests_fuzz_fuzz_feed_packet_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_feed_packet_LDADD = liboptout.la
tests_fuzz_fuzz_media_SOURCES = tests/fuzz/fuzz_media.c
tests_fuzz_fuzz_media_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_media_LDADD = liboptout.la
tests_fuzz_fuzz_message_SOURCES = tests/fuzz/fuzz_message.c
tests_fuzz_fuzz_message_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_message_LDADD = liboptout.la
tests_fuzz_fuzz_opf_SOURCES = tests/fuzz/fuzz_opf.c
tests_fuzz_fuzz_opf_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_opf_LDADD = liboptout.la
tests_fuzz_fuzz_page_values_SOURCES = tests/fuzz/fuzz_page_values.c
tests_fuzz_fuzz_page_values_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_page_values_LDADD = liboptout.la
tests_fuzz_fuzz_needle_SOURCES = tests/fuzz/fuzz_needle.c
tests_fuzz_fuzz_needle_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_needle_LDADD = liboptout.la
tests_fuzz_fuzz_phrase_gate_SOURCES = tests/fuzz/fuzz_phrase_gate.c
tests_fuzz_fuzz_phrase_gate_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_phrase_gate_LDADD = liboptout.la
tests_fuzz_fuzz_phrase_text_SOURCES = tests/fuzz/fuzz_phrase_text.c
tests_fuzz_fuzz_phrase_text_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_phrase_text_LDADD = liboptout.la
tests_fuzz_fuzz_phrases_SOURCES = tests/fuzz/fuzz_phrases.c
tests_fuzz_fuzz_phrases_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_phrases_LDADD = liboptout.la
tests_fuzz_fuzz_property_SOURCES = tests/fuzz/fuzz_property.c
tests_fuzz_fuzz_property_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_property_LDADD = liboptout.la
tests_fuzz_fuzz_robots_txt_SOURCES = tests/fuzz/fuzz_robots_txt.c
tests_fuzz_fuzz_robots_txt_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_robots_txt_LDADD = liboptout.la
tests_fuzz_fuzz_rsl_document_SOURCES = tests/fuzz/fuzz_rsl_document.c
tests_fuzz_fuzz_rsl_document_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_rsl_document_LDADD = liboptout.la
tests_fuzz_fuzz_segment_index_SOURCES = tests/fuzz/fuzz_segment_index.c
tests_fuzz_fuzz_segment_index_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_segment_index_LDADD = liboptout.la
tests_fuzz_fuzz_segment_scan_SOURCES = tests/fuzz/fuzz_segment_scan.c
tests_fuzz_fuzz_segment_scan_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_segment_scan_LDADD = liboptout.la
tests_fuzz_fuzz_share_reply_SOURCES = tests/fuzz/fuzz_share_reply.c module/daemon/share_reader.c
tests_fuzz_fuzz_share_reply_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS)
tests_fuzz_fuzz_share_reply_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_share_reply_LDADD = liboptout.la $(HIREDIS_LIBS)
tests_fuzz_fuzz_share_url_SOURCES = tests/fuzz/fuzz_share_url.c module/daemon/share_url.c
tests_fuzz_fuzz_share_url_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_share_url_LDADD = liboptout.la
tests_fuzz_fuzz_share_value_SOURCES = tests/fuzz/fuzz_share_value.c module/daemon/share_value.c
tests_fuzz_fuzz_share_value_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_share_value_LDADD = liboptout.la
tests_fuzz_fuzz_site_value_SOURCES = tests/fuzz/fuzz_site_value.c
tests_fuzz_fuzz_site_value_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_site_value_LDADD = liboptout.la
tests_fuzz_fuzz_structured_SOURCES = tests/fuzz/fuzz_structured.c
tests_fuzz_fuzz_structured_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_structured_LDADD = liboptout.la
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c
tests_fuzz_fuzz_url_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_url_LDADD = liboptout.la
tests_fuzz_fuzz_url_path_SOURCES = tests/fuzz/fuzz_url_path.c
tests_fuzz_fuzz_url_path_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_url_path_LDADD = liboptout.la
tests_fuzz_fuzz_warc_file_SOURCES = tests/fuzz/fuzz_warc_file.c
tests_fuzz_fuzz_warc_file_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_warc_file_LDADD = liboptout.la
tests_fuzz_fuzz_worker_answer_SOURCES = tests/fuzz/fuzz_worker_answer.c module/daemon/worker_wire.c
tests_fuzz_fuzz_worker_answer_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_worker_answer_LDADD = liboptout.la
tests_fuzz_fuzz_xmp_packet_SOURCES = tests/fuzz/fuzz_xmp_packet.c
tests_fuzz_fuzz_xmp_packet_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_xmp_packet_LDADD = liboptout.la
tests_fuzz_fuzz_format_SOURCES = tests/fuzz/fuzz_format.c tests/fuzz/fuzz_rows.h tests/unit/findings.h
tests_fuzz_fuzz_format_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_format_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_format_LDADD = liboptout.la
tests_fuzz_fuzz_site_file_SOURCES = tests/fuzz/fuzz_site_file.c tests/fuzz/fuzz_rows.h tests/fuzz/site_file.h
tests_fuzz_fuzz_site_file_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_site_file_LDADD = liboptout.la
tests_fuzz_fuzz_lists_SOURCES = tests/fuzz/fuzz_lists.c
tests_fuzz_fuzz_lists_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_lists_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_lists_LDADD = liboptout.la $(JANSSON_LIBS)
tests_fuzz_fuzz_literals_SOURCES = tests/fuzz/fuzz_literals.c
tests_fuzz_fuzz_literals_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_literals_LDADD = liboptout.la
tests_fuzz_fuzz_log_line_SOURCES = tests/fuzz/fuzz_log_line.c
tests_fuzz_fuzz_log_line_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_log_line_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_log_line_LDADD = liboptout.la $(JANSSON_LIBS)
tests_fuzz_fuzz_loose_tags_SOURCES = tests/fuzz/fuzz_loose_tags.c tests/unit/findings.h
tests_fuzz_fuzz_loose_tags_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_loose_tags_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_loose_tags_LDADD = liboptout.la
tests_fuzz_fuzz_metrics_file_SOURCES = tests/fuzz/fuzz_metrics_file.c
tests_fuzz_fuzz_metrics_file_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_metrics_file_LDADD = liboptout.la
tests_fuzz_fuzz_metrics_request_SOURCES = tests/fuzz/fuzz_metrics_request.c module/daemon/metrics_request.c
tests_fuzz_fuzz_metrics_request_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_metrics_request_LDADD = liboptout.la
tests_fuzz_fuzz_mime_coding_SOURCES = tests/fuzz/fuzz_mime_coding.c tests/unit/findings.h
tests_fuzz_fuzz_mime_coding_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_mime_coding_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_mime_coding_LDADD = liboptout.la
tests_fuzz_fuzz_pdf_filter_SOURCES = tests/fuzz/fuzz_pdf_filter.c
tests_fuzz_fuzz_pdf_filter_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_pdf_filter_LDADD = liboptout.la
tests_fuzz_fuzz_site_text_SOURCES = tests/fuzz/fuzz_site_text.c tests/unit/findings.h
tests_fuzz_fuzz_site_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_site_text_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_site_text_LDADD = liboptout.la
tests_fuzz_fuzz_sound_SOURCES = tests/fuzz/fuzz_sound.c tests/unit/findings.h
tests_fuzz_fuzz_ship_SOURCES = tests/fuzz/fuzz_ship.c module/ship/line.c module/ship/position.c
tests_fuzz_fuzz_ship_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_ship_LDADD = liboptout.la
tests_fuzz_fuzz_sound_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_sound_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_sound_LDADD = liboptout.la
tests_fuzz_fuzz_tdmrep_mend_SOURCES = tests/fuzz/fuzz_tdmrep_mend.c tests/unit/findings.h
tests_fuzz_fuzz_tdmrep_mend_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_tdmrep_mend_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_tdmrep_mend_LDADD = liboptout.la
tests_fuzz_fuzz_terms_value_SOURCES = tests/fuzz/fuzz_terms_value.c module/daemon/terms_value.c
tests_fuzz_fuzz_terms_value_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_terms_value_LDADD = liboptout.la
tests_fuzz_fuzz_terms_pages_SOURCES = tests/fuzz/fuzz_terms_pages.c
tests_fuzz_fuzz_terms_pages_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_terms_pages_LDADD = liboptout.la

fuzz_programs = $(fuzz_targets) $(fuzz_rows)

if FUZZERS
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzz-targets: $(fuzz_programs)
fuzz: $(fuzz_programs)
	$(srcdir)/tests/fuzz/run 60 '$(srcdir)' $(fuzz_programs)
fuzz-short: $(fuzz_programs)
	$(srcdir)/tests/fuzz/run 5 '$(srcdir)' $(fuzz_programs)
fuzz-seeds: $(fuzz_programs)
	$(srcdir)/tests/fuzz/run seeds '$(srcdir)' $(fuzz_programs)
# In a tree configured with CFLAGS="-fprofile-instr-generate -fcoverage-mapping": what they reach, also
# with those seeds that are longer than what is tried.
fuzz-coverage: $(fuzz_programs)
	rm -f tests/fuzz/coverage-*.profraw
	LLVM_PROFILE_FILE='$(abs_builddir)/tests/fuzz/coverage-%p.profraw' \
		$(srcdir)/tests/fuzz/run 10 '$(srcdir)' $(fuzz_programs)
	FUZZ_SECONDS= LLVM_PROFILE_FILE='$(abs_builddir)/tests/fuzz/coverage-%p.profraw' \
		$(srcdir)/tests/fuzz/run seeds '$(srcdir)' $(fuzz_programs)
	$(srcdir)/tests/fuzz/coverage '$(srcdir)' $(fuzz_programs) >tests/fuzz/coverage.txt
	rm -f tests/fuzz/coverage-*.profraw
	@echo 'tests/fuzz/coverage.txt'
else
fuzz-targets fuzz fuzz-short fuzz-seeds fuzz-coverage:
	@echo 'The fuzz targets are not configured. In a folder of their own:' >&2
	@echo '    $(abs_srcdir)/configure CC=clang --enable-fuzzers && make $@' >&2
	@exit 1
endif
PHONY_TARGETS += fuzz-targets fuzz fuzz-short fuzz-seeds fuzz-coverage

# Every fuzz_*.c is listed above, and every target has seeds.
TESTS += tests/fuzz/check_targets
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/check_targets tests/fuzz/run tests/fuzz/seeds \
	tests/fuzz/coverage tests/fuzz/coverage.py tests/fuzz/summary.txt \
	tests/fuzz/summary-seeds.txt
