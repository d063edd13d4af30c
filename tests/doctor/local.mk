# SPDX-License-Identifier: Apache-2.0
# Not among `make check`'s TESTS, since it needs an installation (make install DESTDIR=…).
EXTRA_DIST += tests/doctor/run tests/doctor/cases.py
