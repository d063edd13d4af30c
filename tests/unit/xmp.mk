# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_xmp tests/unit/test_svg tests/unit/test_properties
tests_unit_test_xmp_SOURCES = tests/unit/test_xmp.c
tests_unit_test_xmp_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_xmp_LDADD = $(TEST_LIBS)
tests_unit_test_svg_SOURCES = tests/unit/test_svg.c
tests_unit_test_svg_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_svg_LDADD = $(TEST_LIBS)
tests_unit_test_properties_SOURCES = tests/unit/test_properties.c
tests_unit_test_properties_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_properties_LDADD = $(TEST_LIBS)
