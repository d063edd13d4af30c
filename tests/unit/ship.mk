# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_ship
tests_unit_test_ship_SOURCES = tests/unit/test_ship.c tests/unit/unit.h $(ship_parts)
tests_unit_test_ship_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_ship_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/unit/test_ship.sh
if SHIP
check_PROGRAMS += tests/unit/kafka_mock
tests_unit_kafka_mock_SOURCES = tests/unit/kafka_mock.c
tests_unit_kafka_mock_CPPFLAGS = $(RDKAFKA_CFLAGS)
tests_unit_kafka_mock_LDADD = $(RDKAFKA_LIBS)
TESTS += tests/unit/test_ship.sh
endif
