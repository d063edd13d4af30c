# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_fmt_pdf
tests_unit_test_fmt_pdf_SOURCES = tests/unit/test_fmt_pdf.c
tests_unit_test_fmt_pdf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fmt_pdf_LDADD = $(TEST_LIBS)
