/* SPDX-License-Identifier: Apache-2.0 */
/* probe_squid.c - what squid.conf says, by itself and beside the filter's own configuration. */
#include "doctor/c_icap_conf.h"
#include "doctor/command.h"
#include "doctor/doctor.h"
#include "doctor/squid_survey.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PARSE_MS 2000u
#define WORKER_CONNECTIONS 8u /* fewer for one worker are worth a word */

/* What the lines of squid.conf alone decide. */
static const enum finding_id of_the_file[] = {
    FOUND_SQUID_UNFILTERED, FOUND_SQUID_SERVICE_UNKNOWN, FOUND_SQUID_BYPASS,
    FOUND_SQUID_FAILURE_LIMIT, FOUND_SQUID_REQMOD, FOUND_SQUID_CACHE, FOUND_SQUID_VERSION,
    FOUND_SQUID_UNREAD, FOUND_SQUID_OWN_PORT, FOUND_SQUID_WAITS, FOUND_SQUID_SLOW,
};
/* And those that are looked at one by one. */
static const enum finding_id looked_at[] = { FOUND_SQUID_SPLICE, FOUND_SQUID_LOCALHOST,
                                             FOUND_SQUID_LOGS, FOUND_SQUID_PROFILE_UNKNOWN };
#define COUNT(list) (sizeof(list) / sizeof *(list))

static void unknown_all(struct doctor *d, const char *why)
{
    for (size_t i = 0; i < COUNT(of_the_file); i++)
        findings_unknown(d->findings, of_the_file[i], "%s", why);
    for (size_t i = 0; i < COUNT(looked_at); i++)
        findings_unknown(d->findings, looked_at[i], "%s", why);
}

/* ---- the table of squid_checks.c --------------------------------------------- */

static void tell_problem(struct doctor *d, const struct squid_problem *p)
{
    char seen[FINDING_EVIDENCE_MAX], place[SQUID_PATH_MAX + 16];
    if (p->at.line)
        snprintf(place, sizeof place, "%s:%u", p->at.file, p->at.line);
    else
        snprintf(place, sizeof place, "%s", d->options->squid_conf);
    snprintf(seen, sizeof seen, "%s: %s%s%s", place, p->check->directive, p->name ? " " : "",
             p->name ? p->name : "");
    enum finding_state usual = finding_kinds[p->check->id].severity;
    findings_add(d->findings, p->check->id,
                 p->check->error           ? FINDING_ERROR
                 : usual == FINDING_NOTICE ? FINDING_NOTICE
                                           : FINDING_WARNING,
                 seen, p->check->effect, p->check->remedy);
}

/* True when a directive is found wrong under this id. */
static bool tell_problems(struct doctor *d, const struct squid_survey *s, enum finding_id id)
{
    const struct squid_facts *f = squid_survey_facts(s);
    bool any = false;
    for (size_t i = 0; i < squid_survey_count(s); i++) {
        const struct squid_problem *p = squid_survey_at(s, i);
        /* That optoutd's own port opens no TLS is told with the port. */
        bool own = id == FOUND_SQUID_UNREAD && squid_port_is_excused(&f->groups, &p->at);
        if (p->check->id != id || own)
            continue;
        tell_problem(d, p);
        any = true;
    }
    return any;
}

/* ---- waiting ---------------------------------------------------------------- */

/* While the filter waits for site rules, or holds a body back, Squid hears nothing from it. */
static bool waits_too_short(struct doctor *d, const struct squid_facts *f)
{
    const struct config *c = d->config;
    unsigned longest = c ? (c->site_wait_ms + 999) / 1000 + c->hold_time_s : 0;
    if (!c || !f->io_timeout.line || !f->io_timeout_s || f->io_timeout_s > longest)
        return false;
    findings_found(d->findings, FOUND_SQUID_WAITS,
                   "%s:%u: icap_io_timeout is %u s; the filter may take %u s by SiteWait and "
                   "HoldTime", f->io_timeout.file, f->io_timeout.line, f->io_timeout_s, longest);
    return true;
}

/* ---- holding back ------------------------------------------------------------ */

/* Locked, nothing is answered before the verdict: an older Squid waits for ever at 64 KiB. */
static bool holds_too_long(struct doctor *d, const char *installed)
{
    if (!d->config || d->config->hold_mode != HOLD_LOCKED || !installed[0] ||
        config_squid_waits(slice_cstr(installed)))
        return false;
    char seen[SQUID_VERSION_MAX + 64];
    snprintf(seen, sizeof seen, "HoldMode locked, and the Squid that is installed is %s", installed);
    findings_add(d->findings, FOUND_SQUID_VERSION, FINDING_ERROR, seen,
                 "answers of 64 KiB and more hang", "write optout.HoldMode auto");
    return true;
}

/* ---- splice lists ------------------------------------------------------------ */

static void look_at_splice(struct doctor *d, const struct squid_splices *all,
                           const struct splice_line *l, bool *found)
{
    struct splice_size size;
    char seen[FINDING_EVIDENCE_MAX];
    squid_splice_measure(all, l, &size);
    if (size.known && !size.values)
        return;
    *found = true;
    snprintf(seen, sizeof seen, "%s:%u: ", l->at.file, l->at.line);
    size_t n = strlen(seen);
    if (!size.known) {
        snprintf(seen + n, sizeof seen - n, "%s", size.why);
        findings_unknown(d->findings, FOUND_SQUID_SPLICE, "%s", seen);
        return;
    }
    snprintf(seen + n, sizeof seen - n, "%s has %zu entr%s%s", l->acl, size.values,
             size.values == 1 ? "y" : "ies",
             size.wide ? ", one of which is a whole top-level domain" : "");
    findings_add(d->findings, FOUND_SQUID_SPLICE, size.wide ? FINDING_WARNING : FINDING_NOTICE, seen,
                 NULL, NULL);
}

static void look_at_splices(struct doctor *d, const struct squid_facts *f)
{
    bool found = false;
    for (size_t i = 0; i < f->splices.n_lines; i++) {
        const struct splice_line *l = &f->splices.line[i];
        if (strcmp(l->acl, "all") == 0 || !l->acl[0]) {
            findings_found(d->findings, FOUND_SQUID_SPLICE, "%s:%u: all hosts are spliced",
                           l->at.file, l->at.line);
            found = true;
        } else {
            look_at_splice(d, &f->splices, l, &found);
        }
    }
    if (f->splices.more)
        findings_unknown(d->findings, FOUND_SQUID_SPLICE, "%s has more lists than are looked at",
                         d->options->squid_conf);
    else if (!found)
        findings_ok(d->findings, FOUND_SQUID_SPLICE, "no host is listed");
}

/* ---- localhost --------------------------------------------------------------- */

static bool has_ipv6(const char *host)
{
    struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET6 }, *got = NULL;
    bool any = getaddrinfo(host, NULL, &want, &got) == 0;
    if (any)
        freeaddrinfo(got);
    return any;
}

static void look_at_hosts(struct doctor *d, const struct squid_facts *f)
{
    bool found = false;
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct squid_group *g = &f->groups.group[i];
        if (g->kind != GROUP_SERVICE || !g->filter ||
            !slice_eq_nocase(slice_cstr(g->host), SLICE_OF("localhost")) || !has_ipv6(g->host))
            continue;
        findings_found(d->findings, FOUND_SQUID_LOCALHOST, "%s:%u: %s", g->defined.file,
                       g->defined.line, g->name);
        found = true;
    }
    if (!found)
        findings_ok(d->findings, FOUND_SQUID_LOCALHOST, "%s", d->options->squid_conf);
}

/* ---- logs -------------------------------------------------------------------- */

static void look_at_logs(struct doctor *d, const struct squid_facts *f)
{
    bool found = false;
    if (f->key_log.line) {
        findings_add(d->findings, FOUND_SQUID_LOGS, FINDING_ERROR,
                     "tls_key_log writes the secrets of TLS sessions",
                     "whoever reads it can read the https of all crawlers", "remove tls_key_log");
        found = true;
    }
    if (f->debug_level > 1) {
        findings_found(d->findings, FOUND_SQUID_LOGS, "%s:%u: debug_options of level %u",
                       f->debug.file, f->debug.line, f->debug_level);
        found = true;
    }
    if (d->config && d->config->audit_query != AUDIT_QUERY_KEEP && f->keeps_queries) {
        findings_add(d->findings, FOUND_SQUID_LOGS, FINDING_WARNING,
                     "strip_query_terms off, while AuditQuery says that queries are not kept",
                     "access.log keeps what the audit log leaves out",
                     "write strip_query_terms on, or AuditQuery keep");
        found = true;
    }
    if (!found)
        findings_ok(d->findings, FOUND_SQUID_LOGS, "%s", d->options->squid_conf);
}

/* ---- beside c-icap's own configuration --------------------------------------- */

static bool is_ours(const struct c_icap_conf *c, const struct squid_group *g)
{
    if (g->kind != GROUP_SERVICE || !host_is_loopback(g->host))
        return false;
    for (size_t i = 0; i < c->n_ports; i++)
        if (c->port[i].port == g->port)
            return true;
    return false;
}

/* c-icap knows a service by the name of its Service line and by that of its module. */
static bool is_named_right(const struct c_icap_conf *c, const struct squid_group *g)
{
    return strcmp(g->service, c->service) == 0 || strcmp(g->service, "srv_optout") == 0;
}

static void look_at_profiles(struct doctor *d, const struct squid_facts *f,
                             const struct c_icap_conf *c)
{
    bool found = false;
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct squid_group *g = &f->groups.group[i];
        bool named = is_named_right(c, g);
        if (!is_ours(c, g) || (!named && !g->filter) ||
            (named && (!d->config || config_profile(d->config, slice_cstr(g->profile)))))
            continue;
        findings_found(d->findings, FOUND_SQUID_PROFILE_UNKNOWN, "%s:%u: %s: there is no %s %s",
                       g->defined.file, g->defined.line, g->name, named ? "profile" : "service",
                       named ? g->profile : g->service);
        found = true;
    }
    if (!found)
        findings_ok(d->findings, FOUND_SQUID_PROFILE_UNKNOWN, "%s", d->options->squid_conf);
}

/* Without max-conn= c-icap itself tells Squid how many it takes. Each worker of Squid gets an
 * equal part of it. */
static void look_at_connections(struct doctor *d, const struct squid_facts *f,
                                const struct c_icap_conf *c)
{
    unsigned all = 0, threads = c->max_servers * c->threads_per_child;
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct squid_group *g = &f->groups.group[i];
        if (!is_ours(c, g) || !g->max_conn)
            continue;
        all += g->max_conn;
        if (f->workers > 1 && g->max_conn / f->workers < WORKER_CONNECTIONS)
            findings_add(d->findings, FOUND_ICAP_CONNECTIONS, FINDING_WARNING, g->name,
                         "max-conn= is divided by the workers: some of them wait while others are "
                         "idle",
                         "raise max-conn=, or leave it out and let c-icap's threads be the limit");
    }
    if (all > threads)
        findings_found(d->findings, FOUND_ICAP_CONNECTIONS,
                       "max-conn= of all services together is %u, c-icap has %u threads", all,
                       threads);
    else
        findings_ok(d->findings, FOUND_ICAP_CONNECTIONS, "c-icap has %u threads", threads);
}

static void look_at_both(struct doctor *d, const struct squid_facts *f)
{
    char why[CONFIG_PATH_MAX + 256];
    struct c_icap_conf c;
    if (d->options->config && c_icap_conf_read(&c, d->options->config, why, sizeof why)) {
        look_at_profiles(d, f, &c);
        look_at_connections(d, f, &c);
    } else if (d->options->config) {
        findings_unknown(d->findings, FOUND_SQUID_PROFILE_UNKNOWN, "%s", why);
    }
}

/* ---- what Squid itself says ---------------------------------------------------- */

/* The lines with the reason; times of day are of no use here. */
static void tell_parse(struct doctor *d, const struct buf *out)
{
    char seen[FINDING_EVIDENCE_MAX] = "";
    size_t n = 0;
    struct slice rest = buf_slice(out), line;
    while (n < sizeof seen - 300 && slice_split(&rest, '\n', &line)) {
        bool tells = slice_find_nocase(line, SLICE_OF("FATAL")) < line.n ||
                     slice_find_nocase(line, SLICE_OF("ERROR")) < line.n ||
                     slice_find_nocase(line, SLICE_OF("unrecognized")) < line.n;
        struct slice text = slice_from(line, slice_find(line, '|') + 1);
        if (text.n == 0)
            text = line;
        text = slice_sub(slice_trim_space(text), 0, 280);
        if (tells)
            n += (size_t)snprintf(seen + n, sizeof seen - n, "%s%.*s", n ? "; " : "",
                                  SLICE_FMT(text));
    }
    findings_found(d->findings, FOUND_SQUID_CONF_BROKEN, "squid -k parse: %s",
                   n ? seen : "refuses the file");
}

static void ask_squid(struct doctor *d, const char *squid)
{
    const char *path = d->options->squid_conf;
    const char *argv[] = { squid, "-k", "parse", "-f", path, NULL };
    struct buf out;
    int status;
    buf_init(&out, COMMAND_OUTPUT_MAX);
    enum command_end end = command_run(argv, PARSE_MS, &out, &status);
    if (end != COMMAND_ENDED)
        findings_unknown(d->findings, FOUND_SQUID_CONF_BROKEN, "squid -k parse %s",
                         end == COMMAND_LATE ? "takes too long" : "cannot be run");
    else if (status == 0)
        findings_ok(d->findings, FOUND_SQUID_CONF_BROKEN, "squid -k parse takes %s", path);
    else if (geteuid() != 0)
        /* It may be for want of a key, or of another file that is not for us. */
        findings_unknown(d->findings, FOUND_SQUID_CONF_BROKEN,
                         "squid -k parse fails for who is not root");
    else
        tell_parse(d, &out);
    buf_free(&out);
}

/* ---- the probes --------------------------------------------------------------- */

void probe_squid_conf(struct doctor *d)
{
    char installed[SQUID_VERSION_MAX];
    bool good;
    squid_installed(installed);
    struct squid_survey *s = squid_survey_new(d->options->squid_conf, installed, &good);
    if (!s || !good) {
        unknown_all(d, s ? squid_survey_why(s) : "memory is used up");
        squid_survey_free(s);
        return;
    }
    const struct squid_facts *f = squid_survey_facts(s);
    for (size_t i = 0; i < COUNT(of_the_file); i++) {
        bool found = tell_problems(d, s, of_the_file[i]);
        found |= of_the_file[i] == FOUND_SQUID_WAITS && waits_too_short(d, f);
        found |= of_the_file[i] == FOUND_SQUID_VERSION && holds_too_long(d, installed);
        if (!found)
            findings_ok(d->findings, of_the_file[i], "%s", d->options->squid_conf);
    }
    look_at_splices(d, f);
    look_at_hosts(d, f);
    look_at_logs(d, f);
    look_at_both(d, f);
    squid_survey_free(s);
}

/* Squid's own word. Where it may not read the file for us, that says nothing. */
void probe_squid_parse(struct doctor *d)
{
    bool good;
    char squid[COMMAND_PATH_MAX];
    struct squid_survey *s = squid_survey_new(d->options->squid_conf, "", &good);
    if (!s || (!good && squid_survey_denied(s)))
        findings_unknown(d->findings, FOUND_SQUID_CONF_BROKEN, "%s",
                         s ? squid_survey_why(s) : "memory is used up");
    else if (!command_find("squid", squid))
        findings_unknown(d->findings, FOUND_SQUID_CONF_BROKEN, "%s",
                         good ? "Squid is not installed here" : squid_survey_why(s));
    else
        ask_squid(d, squid);
    squid_survey_free(s);
}
