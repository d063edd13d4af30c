# SPDX-License-Identifier: Apache-2.0
# Completions, in the shells that are there, and the manual pages.
shell_tests = tests/unit/test_completion.sh tests/unit/test_man.sh
TESTS += $(shell_tests)
EXTRA_DIST += $(shell_tests) tests/unit/zsh_offers.zsh
