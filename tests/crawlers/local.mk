# SPDX-License-Identifier: Apache-2.0
# Not among `make check`'s TESTS: it needs an installation, and crawlers of others.
EXTRA_DIST += \
	tests/crawlers/run \
	tests/crawlers/clients.py \
	tests/crawlers/package.json \
	tests/crawlers/clients
