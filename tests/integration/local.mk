# SPDX-License-Identifier: Apache-2.0
# Real servers: see README.md beside this file. Not among `make check`'s TESTS, since it
# needs an installation (make install DESTDIR=…).
EXTRA_DIST += \
	tests/integration/README.md \
	tests/integration/run \
	tests/integration/archived.py \
	tests/integration/bodies.py \
	tests/integration/checks.py \
	tests/integration/containers.py \
	tests/integration/daemon.py \
	tests/integration/explained.py \
	tests/integration/figures.py \
	tests/integration/fleet_procedures.py \
	tests/integration/http_clients.py \
	tests/integration/icap_client.py \
	tests/integration/many_origin.py \
	tests/integration/media.py \
	tests/integration/origin.py \
	tests/integration/player.py \
	tests/integration/schedule.py \
	tests/integration/procedures.py \
	tests/integration/complete.py \
	tests/integration/records.py \
	tests/integration/replay.py \
	tests/integration/resolved.py \
	tests/integration/sanitizer.py \
	tests/integration/scenario.py \
	tests/integration/site_procedures.py \
	tests/integration/sites.py \
	tests/integration/stack.py \
	tests/integration/configs \
	tests/integration/scenarios
