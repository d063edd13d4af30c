# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets. With --enable-fuzzers (and CC=clang) `make fuzz` and
# `make fuzz-short` build and run them; see tests/fuzz/README.md.
fuzz_targets = \
	tests/fuzz/fuzz_charset \
	tests/fuzz/fuzz_coding \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_header_values \
	tests/fuzz/fuzz_headers \
	tests/fuzz/fuzz_html \
	tests/fuzz/fuzz_inspect \
	tests/fuzz/fuzz_page_values \
	tests/fuzz/fuzz_structured \
	tests/fuzz/fuzz_url
fuzz_link = -fsanitize=fuzzer,address,undefined

tests_fuzz_fuzz_charset_SOURCES = tests/fuzz/fuzz_charset.c
tests_fuzz_fuzz_charset_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_charset_LDADD = liboptout.la
tests_fuzz_fuzz_coding_SOURCES = tests/fuzz/fuzz_coding.c
tests_fuzz_fuzz_coding_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_coding_LDADD = liboptout.la
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_config_LDADD = liboptout.la
tests_fuzz_fuzz_header_values_SOURCES = tests/fuzz/fuzz_header_values.c
tests_fuzz_fuzz_header_values_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_header_values_LDADD = liboptout.la
tests_fuzz_fuzz_headers_SOURCES = tests/fuzz/fuzz_headers.c
tests_fuzz_fuzz_headers_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_headers_LDADD = liboptout.la
tests_fuzz_fuzz_html_SOURCES = tests/fuzz/fuzz_html.c
tests_fuzz_fuzz_html_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_html_LDADD = liboptout.la
tests_fuzz_fuzz_inspect_SOURCES = tests/fuzz/fuzz_inspect.c
tests_fuzz_fuzz_inspect_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_inspect_LDADD = liboptout.la
tests_fuzz_fuzz_page_values_SOURCES = tests/fuzz/fuzz_page_values.c
tests_fuzz_fuzz_page_values_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_page_values_LDADD = liboptout.la
tests_fuzz_fuzz_structured_SOURCES = tests/fuzz/fuzz_structured.c
tests_fuzz_fuzz_structured_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_structured_LDADD = liboptout.la
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c
tests_fuzz_fuzz_url_LDFLAGS = $(fuzz_link)
tests_fuzz_fuzz_url_LDADD = liboptout.la

if FUZZERS
EXTRA_PROGRAMS += $(fuzz_targets)
CLEANFILES += $(fuzz_targets)
fuzz: $(fuzz_targets)
	$(srcdir)/tests/fuzz/run 60 '$(srcdir)' $(fuzz_targets)
fuzz-short: $(fuzz_targets)
	$(srcdir)/tests/fuzz/run 10 '$(srcdir)' $(fuzz_targets)
else
fuzz fuzz-short:
	@echo 'The fuzz targets are not configured. In a folder of their own:' >&2
	@echo '    $(abs_srcdir)/configure CC=clang --enable-fuzzers && make $@' >&2
	@exit 1
endif
PHONY_TARGETS += fuzz fuzz-short

# Every fuzz_*.c is listed above, and has seeds.
TESTS += tests/fuzz/check_targets
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/check_targets tests/fuzz/run tests/fuzz/seeds
