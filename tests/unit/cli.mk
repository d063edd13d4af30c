# SPDX-License-Identifier: Apache-2.0
cli_tests = tests/unit/test_cli.sh tests/unit/test_cli_phrases.sh tests/unit/test_cli_audit.sh tests/unit/test_cli_explain.sh tests/unit/test_cli_query.sh tests/unit/test_cli_site.sh \
	tests/unit/test_guide.sh tests/unit/check_directives.sh
TESTS += $(cli_tests)
EXTRA_DIST += $(cli_tests) tests/unit/naive_query.py
