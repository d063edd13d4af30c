# SPDX-License-Identifier: Apache-2.0
# The example is always installed, the configuration itself only when there is none.
dist_noinst_DATA = conf/srv_optout.conf
templates_endir = $(templatedir)/srv_optout/en
dist_templates_en_DATA = \
	conf/templates/en/AUDIT.html conf/templates/en/AUDIT.json \
	conf/templates/en/BLOCK.html conf/templates/en/BLOCK.json
exampledir = $(docdir)/examples
dist_example_DATA = conf/squid.conf conf/squid-bump.conf conf/squid-never-bump.txt

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(configdir)"
	$(INSTALL_DATA) "$(srcdir)/conf/srv_optout.conf" "$(DESTDIR)$(configdir)/srv_optout.conf.default"
	test -f "$(DESTDIR)$(configdir)/srv_optout.conf" || \
	  $(INSTALL_DATA) "$(srcdir)/conf/srv_optout.conf" "$(DESTDIR)$(configdir)/srv_optout.conf"
uninstall-local:
	! cmp -s "$(DESTDIR)$(configdir)/srv_optout.conf" \
	  "$(DESTDIR)$(configdir)/srv_optout.conf.default" || \
	  rm -f "$(DESTDIR)$(configdir)/srv_optout.conf"
	rm -f "$(DESTDIR)$(configdir)/srv_optout.conf.default"
