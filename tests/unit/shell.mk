# SPDX-License-Identifier: Apache-2.0
# Completions, in the shells that are there, the manual pages, and the pages in Markdown.
shell_tests = tests/unit/test_completion.sh tests/unit/test_docs.sh tests/unit/test_man.sh
TESTS += $(shell_tests)
EXTRA_DIST += $(shell_tests) tests/unit/zsh_offers.zsh tests/unit/docs_commands.py
