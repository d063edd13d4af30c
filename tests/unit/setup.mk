# SPDX-License-Identifier: Apache-2.0
TESTS += tests/unit/test_setup.sh
EXTRA_DIST += tests/unit/test_setup.sh
