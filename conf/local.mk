# SPDX-License-Identifier: Apache-2.0
# The example is always installed, the configuration itself only when there is none.
dist_noinst_DATA = conf/agents.tsv conf/clients.tsv conf/terms.tsv
nodist_noinst_DATA = conf/srv_optout.conf conf/optoutd.conf
CLEANFILES += conf/srv_optout.conf conf/optoutd.conf
EXTRA_DIST += conf/srv_optout.conf.in conf/optoutd.conf.in conf/directives.awk
# The phrase files as C, for a program that is told of none.
phrase_files = $(wildcard $(srcdir)/conf/phrases/*.phr)
EXTRA_DIST += conf/phrases.awk conf/phrases/README.md
nodist_liboptout_la_SOURCES = conf/phrases_texts.c conf/terms_text.c
CLEANFILES += conf/phrases_texts.c conf/terms_text.c
EXTRA_DIST += conf/text.awk
conf/terms_text.c: conf/text.awk $(srcdir)/conf/terms.tsv
	$(AM_V_GEN)$(MKDIR_P) conf && LC_ALL=C $(AWK) -v name=terms_pages_text \
	  -v header=policy/terms_pages.h -f $(srcdir)/conf/text.awk $(srcdir)/conf/terms.tsv >$@.tmp && mv $@.tmp $@
# What `optout setup` writes, as C.
EXTRA_DIST += conf/setup/optout-node.conf conf/setup/optoutd-node.conf conf/setup/squid-optout.conf
CLEANFILES += conf/node_filter_text.c conf/node_daemon_text.c conf/node_squid_text.c \
	conf/node_never_bump_text.c
node_text = $(AM_V_GEN)$(MKDIR_P) conf && LC_ALL=C $(AWK) -v name=$(basename $(@F)) \
	  -v header=cli/node.h -f $(srcdir)/conf/text.awk
conf/node_filter_text.c: conf/setup/optout-node.conf conf/text.awk
	$(node_text) $(srcdir)/conf/setup/optout-node.conf >$@.tmp && mv $@.tmp $@
conf/node_daemon_text.c: conf/setup/optoutd-node.conf conf/text.awk
	$(node_text) $(srcdir)/conf/setup/optoutd-node.conf >$@.tmp && mv $@.tmp $@
conf/node_squid_text.c: conf/setup/squid-optout.conf conf/text.awk
	$(node_text) $(srcdir)/conf/setup/squid-optout.conf >$@.tmp && mv $@.tmp $@
conf/node_never_bump_text.c: conf/squid-never-bump.txt conf/text.awk
	$(node_text) $(srcdir)/conf/squid-never-bump.txt >$@.tmp && mv $@.tmp $@
conf/phrases_texts.c: conf/phrases.awk $(srcdir)/conf/phrases $(phrase_files)
	$(AM_V_GEN)$(MKDIR_P) conf && LC_ALL=C $(AWK) -f $(srcdir)/conf/phrases.awk $(phrase_files) \
	  </dev/null >$@.tmp && mv $@.tmp $@

templates_endir = $(templatedir)/srv_optout/en
dist_templates_en_DATA = \
	conf/templates/en/AUDIT.html \
	conf/templates/en/BLOCK.html \
	conf/templates/en/LATER.html
# The packages put the profiles into /etc/apparmor.d.
EXTRA_DIST += conf/apparmor/usr.sbin.optoutd conf/apparmor/usr.sbin.optout-ship
apparmordir = $(docdir)/examples/apparmor
dist_apparmor_DATA = conf/apparmor/usr.bin.c-icap.example
exampledir = $(docdir)/examples
# The log in engines of others: docs/at-scale.md.
shippingdir = $(exampledir)/shipping
dist_shipping_DATA = conf/shipping/fluent-bit.yaml conf/shipping/rsyslog-kafka.conf \
	conf/shipping/rsyslog-relp.conf conf/shipping/rsyslog-relp-receiver.conf conf/shipping/vector.yaml
sqldir = $(datadir)/optout/sql
dist_sql_DATA = conf/sql/clickhouse.sql conf/sql/duckdb.sql
# Dashboard and alerts: docs/metrics.md.
grafanadir = $(datadir)/optout/grafana
dist_grafana_DATA = conf/grafana/optout.json
prometheusdir = $(datadir)/optout/prometheus
dist_prometheus_DATA = conf/prometheus/optout.rules.yml conf/prometheus/prometheus.yml
phrasesdir = $(exampledir)/phrases
dist_phrases_DATA = $(phrase_files)
dist_example_DATA = conf/squid.conf conf/squid-bump.conf conf/squid-never-bump.txt conf/optoutd.service \
	conf/optout-ship.service conf/container/Containerfile conf/container/container-start \
	conf/optout.nft

# Whole set-ups: docs/https.md. tests/https starts them as they are.
plain_proxydir = $(exampledir)/plain-proxy
dist_plain_proxy_DATA = conf/examples/plain-proxy/squid.conf conf/examples/plain-proxy/c-icap.conf \
	conf/examples/plain-proxy/srv_optout.conf conf/examples/plain-proxy/optoutd.conf
bumpdir = $(exampledir)/bump
dist_bump_DATA = conf/examples/bump/squid.conf conf/examples/bump/never-bump.txt \
	conf/examples/bump/c-icap.conf conf/examples/bump/srv_optout.conf \
	conf/examples/bump/optoutd.conf
sidecardir = $(exampledir)/sidecar
dist_sidecar_DATA = conf/examples/sidecar/squid.conf conf/examples/sidecar/c-icap.conf \
	conf/examples/sidecar/srv_optout.conf conf/examples/sidecar/optoutd.conf \
	conf/examples/sidecar/optout-sidecar.service
dist_sidecar_SCRIPTS = conf/examples/sidecar/run

# What is said of each directive is printed from the program's own table.
print_directives = LC_ALL=C $(AWK) -f $(srcdir)/conf/directives.awk
service_table = ./optout$(EXEEXT) config directives
daemon_table = ./optoutd$(EXEEXT) --directives
# Where this build has them.
with_configdir = sed 's|/etc/c-icap|$(configdir)|g'
conf/srv_optout.conf: conf/srv_optout.conf.in conf/directives.awk optout$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) conf && $(with_configdir) $(srcdir)/conf/srv_optout.conf.in >$@.here && \
	  $(service_table) | $(print_directives) -v as=conf -v prefix=optout - $@.here >$@.tmp && rm $@.here && mv $@.tmp $@
conf/optoutd.conf: conf/optoutd.conf.in conf/directives.awk optoutd$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) conf && $(with_configdir) $(srcdir)/conf/optoutd.conf.in >$@.here && \
	  $(daemon_table) | $(print_directives) -v as=conf -v prefix=optoutd - $@.here >$@.tmp && rm $@.here && mv $@.tmp $@

# Completions for shells, made of what the programs say for --help.
completed = optout optoutd
if SHIP
completed += optout-ship
endif
bash_completiondir = $(datadir)/bash-completion/completions
nodist_bash_completion_DATA = $(addprefix conf/completion/bash/,$(completed))
zsh_completiondir = $(datadir)/zsh/site-functions
nodist_zsh_completion_DATA = $(addprefix conf/completion/zsh/_,$(completed))
fish_completiondir = $(datadir)/fish/vendor_completions.d
nodist_fish_completion_DATA = $(patsubst %,conf/completion/fish/%.fish,$(completed))
completion_files = $(nodist_bash_completion_DATA) $(nodist_zsh_completion_DATA) \
	$(nodist_fish_completion_DATA)
EXTRA_DIST += conf/completion/table.sh conf/completion/table.awk conf/completion/bash.awk \
	conf/completion/zsh.awk conf/completion/fish.awk
CLEANFILES += conf/completion/table.tsv $(completion_files)
conf/completion/table.tsv: conf/completion/table.sh conf/completion/table.awk \
  $(addsuffix $(EXEEXT),$(completed))
	$(AM_V_GEN)$(MKDIR_P) conf/completion && $(SHELL) $(srcdir)/conf/completion/table.sh \
	  $(addprefix ./,$(addsuffix $(EXEEXT),$(completed))) >$@.tmp && mv $@.tmp $@
print_completion = $(MKDIR_P) $(@D) && LC_ALL=C $(AWK) -v program=$(1) -f $< \
	conf/completion/table.tsv >$@.tmp && mv $@.tmp $@
$(nodist_bash_completion_DATA): conf/completion/bash.awk conf/completion/table.tsv
	$(AM_V_GEN)$(call print_completion,$(@F))
$(nodist_zsh_completion_DATA): conf/completion/zsh.awk conf/completion/table.tsv
	$(AM_V_GEN)$(call print_completion,$(patsubst _%,%,$(@F)))
$(nodist_fish_completion_DATA): conf/completion/fish.awk conf/completion/table.tsv
	$(AM_V_GEN)$(call print_completion,$(basename $(@F)))

configurations = srv_optout.conf optoutd.conf agents.tsv clients.tsv terms.tsv

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(configdir)"
	for name in $(configurations); do \
	  from="conf/$$name"; test -f "$$from" || from="$(srcdir)/$$from"; \
	  $(INSTALL_DATA) "$$from" "$(DESTDIR)$(configdir)/$$name.default" && \
	  { test -f "$(DESTDIR)$(configdir)/$$name" || \
	    $(INSTALL_DATA) "$$from" "$(DESTDIR)$(configdir)/$$name"; } || exit 1; \
	done
uninstall-local:
	for name in $(configurations); do \
	  ! cmp -s "$(DESTDIR)$(configdir)/$$name" "$(DESTDIR)$(configdir)/$$name.default" || \
	    rm -f "$(DESTDIR)$(configdir)/$$name"; \
	  rm -f "$(DESTDIR)$(configdir)/$$name.default"; \
	done
