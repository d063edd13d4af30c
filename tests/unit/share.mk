# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/test_share tests/unit/test_share_value
tests_unit_test_share_SOURCES = tests/unit/test_share.c tests/unit/share_fixture.h \
	module/daemon/fetch_multi.c module/daemon/loop.c module/daemon/share.c module/daemon/share_conn.c \
	module/daemon/share_reader.c module/daemon/share_url.c module/daemon/share_wire.c
tests_unit_test_share_CPPFLAGS = $(TEST_CPPFLAGS) $(CURL_CFLAGS) $(HIREDIS_CFLAGS)
tests_unit_test_share_LDADD = $(TEST_LIBS) $(CURL_LIBS) $(HIREDIS_LIBS)
tests_unit_test_share_value_SOURCES = tests/unit/test_share_value.c module/daemon/share_value.c
tests_unit_test_share_value_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_share_value_LDADD = $(TEST_LIBS)
unit_tests += tests/unit/test_joins tests/unit/test_fleet_images tests/unit/test_terms_value
tests_unit_test_joins_SOURCES = tests/unit/test_joins.c
tests_unit_test_joins_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_joins_LDADD = liboptout.la $(TEST_LIBS)
tests_unit_test_fleet_images_SOURCES = tests/unit/test_fleet_images.c
tests_unit_test_fleet_images_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_fleet_images_LDADD = liboptout.la $(TEST_LIBS)
tests_unit_test_terms_value_SOURCES = tests/unit/test_terms_value.c module/daemon/map.c \
	module/daemon/terms_value.c module/daemon/told.c
tests_unit_test_terms_value_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_terms_value_LDADD = liboptout.la $(TEST_LIBS)
