# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_finding tests/unit/test_doctor_files
tests_unit_test_finding_SOURCES = tests/unit/test_finding.c
tests_unit_test_finding_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_finding_LDADD = libdoctor.la $(TEST_LIBS)
tests_unit_test_doctor_files_SOURCES = tests/unit/test_doctor_files.c tests/unit/folder.h
tests_unit_test_doctor_files_CPPFLAGS = $(TEST_CPPFLAGS) $(SSL_CFLAGS)
tests_unit_test_doctor_files_LDADD = libdoctor.la $(TEST_LIBS)

doctor_tests = tests/unit/test_doctor_local.sh
TESTS += $(doctor_tests)
EXTRA_DIST += $(doctor_tests) tests/unit/doctor_machine.py
unit_tests += tests/unit/test_doctor_wire
tests_unit_test_doctor_wire_SOURCES = tests/unit/test_doctor_wire.c
tests_unit_test_doctor_wire_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_doctor_wire_LDADD = libdoctor.la $(TEST_LIBS)
