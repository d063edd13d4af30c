# SPDX-License-Identifier: Apache-2.0
# Not among `make check`'s TESTS, since it needs an installation (make install DESTDIR=…).
EXTRA_DIST += \
	tests/https/run \
	tests/https/bad_origins.py \
	tests/https/guide.py \
	tests/https/places.py \
	tests/https/setups.py \
	tests/https/load.py \
	tests/https/cases.py \
	tests/https/cases_long.py
