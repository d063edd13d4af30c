# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += docs/man/optout.1 docs/man/optoutd.8 docs/man/srv_optout.8
man_MANS = docs/man/optoutd.conf.5 docs/man/srv_optout.conf.5
CLEANFILES += $(man_MANS)
EXTRA_DIST += docs/man/optoutd.conf.5.in docs/man/srv_optout.conf.5.in
docs/man/srv_optout.conf.5: docs/man/srv_optout.conf.5.in conf/directives.awk optout$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && $(service_table) | $(print_directives) -v as=man \
	  -v prefix=optout - $(srcdir)/docs/man/srv_optout.conf.5.in >$@.tmp && mv $@.tmp $@
docs/man/optoutd.conf.5: docs/man/optoutd.conf.5.in conf/directives.awk optoutd$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && $(daemon_table) | $(print_directives) -v as=man \
	  -v prefix=optoutd - $(srcdir)/docs/man/optoutd.conf.5.in >$@.tmp && mv $@.tmp $@
EXTRA_DIST += docs/answers.md docs/architecture.md docs/at-scale.md docs/crawlers.md docs/decisions.md docs/failures.md docs/https.md docs/metrics.md docs/operator-guide.md docs/performance.md docs/phrases.md docs/security.md docs/standards.md docs/troubleshooting.md
EXTRA_DIST += docs/audit-format.md docs/audit-record.schema.json docs/audit-record-1.schema.json docs/audit-leads.schema.json
EXTRA_DIST += docs/pictures/block-page.png docs/pictures/make docs/pictures/report.png
