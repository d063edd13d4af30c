# SPDX-License-Identifier: Apache-2.0
# The example is always installed, the configuration itself only when there is none.
dist_noinst_DATA = conf/srv_optout.conf conf/optoutd.conf conf/agents.tsv conf/clients.tsv
templates_endir = $(templatedir)/srv_optout/en
dist_templates_en_DATA = \
	conf/templates/en/AUDIT.html \
	conf/templates/en/BLOCK.html \
	conf/templates/en/LATER.html
exampledir = $(docdir)/examples
dist_example_DATA = conf/squid.conf conf/squid-bump.conf conf/squid-never-bump.txt conf/optoutd.service \
	conf/optout.nft

configurations = srv_optout.conf optoutd.conf agents.tsv clients.tsv

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(configdir)"
	for name in $(configurations); do \
	  $(INSTALL_DATA) "$(srcdir)/conf/$$name" "$(DESTDIR)$(configdir)/$$name.default" && \
	  { test -f "$(DESTDIR)$(configdir)/$$name" || \
	    $(INSTALL_DATA) "$(srcdir)/conf/$$name" "$(DESTDIR)$(configdir)/$$name"; } || exit 1; \
	done
uninstall-local:
	for name in $(configurations); do \
	  ! cmp -s "$(DESTDIR)$(configdir)/$$name" "$(DESTDIR)$(configdir)/$$name.default" || \
	    rm -f "$(DESTDIR)$(configdir)/$$name"; \
	  rm -f "$(DESTDIR)$(configdir)/$$name.default"; \
	done
