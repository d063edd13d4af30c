# SPDX-License-Identifier: Apache-2.0
# Not among `make check`'s TESTS, since it needs an installation (make install DESTDIR=…).
EXTRA_DIST += \
	tests/docs/run \
	tests/docs/blocks.py \
	tests/docs/node.py \
	tests/docs/origin.py \
	tests/docs/plan.py \
	tests/docs/systemctl
