# SPDX-License-Identifier: Apache-2.0
report_tests = tests/unit/test_cli_report.sh tests/unit/test_cli_publisher.sh tests/unit/test_cli_leads.sh
TESTS += $(report_tests)
EXTRA_DIST += $(report_tests) tests/unit/audit_log.py tests/unit/naive_report.py
