# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += docs/man/optout.1 docs/man/optoutd.8 docs/man/optoutd.conf.5 \
	docs/man/srv_optout.8 docs/man/srv_optout.conf.5
EXTRA_DIST += docs/architecture.md docs/crawlers.md docs/operator-guide.md docs/standards.md
EXTRA_DIST += docs/audit-format.md docs/audit-record.schema.json
