# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/standards/access.c \
	module/standards/agents.c module/standards/agents.h \
	module/standards/ai_license.c \
	module/standards/ai_meta.c \
	module/standards/ai_txt.c module/standards/ai_txt.h \
	module/standards/ai_txt_known.c \
	module/standards/ai_txt_spawning.c \
	module/standards/aipref.c \
	module/standards/c2pa.c \
	module/standards/c2pa_internal.h \
	module/standards/c2pa_metadata.c \
	module/standards/c2pa_store.c module/standards/c2pa_store.h \
	module/standards/c2pa_verdict.c \
	module/standards/common.c module/standards/common.h \
	module/standards/content_signals.c \
	module/standards/json_ld.c \
	module/standards/json_ld_text.c module/standards/json_ld_text.h \
	module/standards/license_link.c module/standards/license_link.h \
	module/standards/natural_language.c module/standards/natural_language.h \
	module/standards/peac_txt.c \
	module/standards/phrase_grade.c \
	module/standards/phrases.c module/standards/phrases.h module/standards/phrases_internal.h \
	module/standards/phrases_builtin.c module/standards/phrases_builtin.h \
	module/standards/phrases_file.c \
	module/standards/phrases_find.c \
	module/standards/phrases_fold.c \
	module/standards/phrases_gate.c \
	module/standards/phrases_key.c \
	module/standards/phrases_literals.c \
	module/standards/phrases_match.c \
	module/standards/phrases_need.c module/standards/phrases_ascii.h module/standards/phrases_need.h \
	module/standards/phrases_need_table.c \
	module/standards/phrases_pattern.c \
	module/standards/phrases_plain.c \
	module/standards/phrases_reader.c \
	module/standards/phrases_run.c \
	module/standards/phrases_span.c \
	module/standards/phrases_text.c \
	module/standards/phrases_words.c \
	module/standards/plus.c \
	module/standards/robots_meta.c \
	module/standards/robots_txt.c \
	module/standards/robots_txt_lines.c module/standards/robots_txt_lines.h \
	module/standards/rsl.c \
	module/standards/rsl_document.c \
	module/standards/rsl_terms.c module/standards/rsl_terms.h \
	module/standards/schema_org.c module/standards/schema_org.h \
	module/standards/site_comments.c module/standards/site_comments.h \
	module/standards/site_lines.c module/standards/site_lines.h \
	module/standards/site_rules.c module/standards/site_rules.h \
	module/standards/site_text.c module/standards/site_text.h \
	module/standards/standard.h \
	module/standards/table.c \
	module/standards/tdmrep.c \
	module/standards/tdmrep_json.c \
	module/standards/tdmrep_mend.c module/standards/tdmrep_mend.h \
	module/standards/jpt_rights.c \
	module/standards/training_mining.c module/standards/training_mining.h \
	module/standards/trust_txt.c \
	module/standards/x_ai.c
