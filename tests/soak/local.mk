# SPDX-License-Identifier: Apache-2.0
# Not among `make check`'s TESTS: it needs an installation, and minutes.
EXTRA_DIST += \
	tests/soak/README.md \
	tests/soak/run \
	tests/soak/clients.py \
	tests/soak/faults.py \
	tests/soak/judge.py \
	tests/soak/plan.py \
	tests/soak/sites_origin.py
