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
