/* SPDX-License-Identifier: Apache-2.0 */
/* probe_c_icap.c - c-icap as its own file says it is, who listens on its ports, and its units. */
#include "doctor/c_icap_conf.h"
#include "doctor/command.h"
#include "doctor/doctor.h"
#include "doctor/folder.h"
#include "doctor/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEMCTL_MS 1000u
#define CHECK_MS 5000u
#define CHECK_WRONG 2 /* exit status of optout config check */
#define WHY_MAX (CONFIG_PATH_MAX + 256)

/* False: what is to be told of `ids` is told as unknown. */
static bool read_conf(struct doctor *d, struct c_icap_conf *c, const enum finding_id *ids,
                      size_t n)
{
    char why[WHY_MAX];
    if (c_icap_conf_read(c, d->options->config, why, sizeof why))
        return true;
    for (size_t i = 0; i < n; i++)
        findings_unknown(d->findings, ids[i], "%s", why);
    return false;
}

/* ---- as its own user sees it ------------------------------------------------------ */

/* c-icap begins as root and reads its files again as somebody else: what an editor has left for root alone is in
 * force until the first reload. Asked of the tool itself, in a process that becomes that user. */
void probe_config_user(struct doctor *d)
{
    char setpriv[COMMAND_PATH_MAX], tool[COMMAND_PATH_MAX] = "", uid[32], gid[32], why[WHY_MAX];
    struct c_icap_conf c;
    struct user u;
    struct buf out;
    int status = 0;
    if (geteuid() != 0 || !d->config || !c_icap_conf_read(&c, d->options->config, why, sizeof why))
        return; /* who is not root reads it as himself; what cannot be read is told elsewhere */
    user_of_c_icap(&c, &u);
    if (!u.known || u.uid == 0 || !command_find("setpriv", setpriv) ||
        readlink("/proc/self/exe", tool, sizeof tool - 1) <= 0)
        return;
    snprintf(uid, sizeof uid, "--reuid=%lu", (unsigned long)u.uid);
    snprintf(gid, sizeof gid, "--regid=%lu", (unsigned long)u.gid);
    const char *argv[] = { setpriv, uid, gid, "--init-groups", tool, "config", "check", d->options->config, NULL };
    buf_init(&out, COMMAND_OUTPUT_MAX);
    if (command_run(argv, CHECK_MS, &out, &status) == COMMAND_ENDED && status == CHECK_WRONG) {
        struct slice said = buf_slice(&out);
        said = slice_sub(said, 0, slice_find(said, '\n'));
        if (slice_find_nocase(said, slice_cstr(strerror(EACCES))) < said.n) {
            snprintf(why, sizeof why, "as %s: %.*s", u.name, SLICE_FMT(said));
            findings_add(d->findings, FOUND_CONFIG_UNREADABLE, FINDING_WARNING, why,
                         "c-icap starts with it, and refuses to reload it",
                         "chgrp c-icap that file and chmod 640, or chmod 644");
        }
    }
    buf_free(&out);
}

/* ---- processes and threads ----------------------------------------------------- */

static void look_at_servers(struct doctor *d, const struct c_icap_conf *c)
{
    const char *path = d->options->config;
    bool found = false;
    if (c->max_keepalive_requests > 0) {
        findings_add(d->findings, FOUND_C_ICAP_SERVERS, FINDING_WARNING, path,
                     "MaxKeepAliveRequests makes Squid connect again after so many requests",
                     "write MaxKeepAliveRequests 0");
        found = true;
    }
    if (c->start_servers < c->max_servers) {
        findings_found(d->findings, FOUND_C_ICAP_SERVERS,
                       "%s: StartServers %u is less than MaxServers %u: when threads are used up, "
                       "a connection waits a second for the next process", path, c->start_servers,
                       c->max_servers);
        found = true;
    }
    if (d->config && d->config->site_store[0] && d->config->site_waiters >= c->threads_per_child) {
        findings_found(d->findings, FOUND_C_ICAP_SERVERS,
                       "%s: SiteWaiters %u is not below ThreadsPerChild %u: a process can be full "
                       "of requests that wait for site rules", path, d->config->site_waiters,
                       c->threads_per_child);
        found = true;
    }
    if (!found)
        findings_ok(d->findings, FOUND_C_ICAP_SERVERS, "%u processes of %u threads", c->max_servers,
                    c->threads_per_child);
}

static void look_at_logs(struct doctor *d, const struct c_icap_conf *c)
{
    const char *path = d->options->config;
    if (c->debug_level > 1)
        findings_found(d->findings, FOUND_C_ICAP_LOGS, "%s: DebugLevel is %u", path,
                       c->debug_level);
    if (c->access_log)
        findings_found(d->findings, FOUND_C_ICAP_LOGS,
                       "%s: there is an AccessLog; the audit log says more", path);
    if (c->debug_level <= 1 && !c->access_log)
        findings_ok(d->findings, FOUND_C_ICAP_LOGS, "%s", path);
}

static void look_at_service(struct doctor *d, const struct c_icap_conf *c)
{
    if (c->loads_filter)
        findings_ok(d->findings, FOUND_ICAP_SERVICE_UNKNOWN, "%s loads it as %s",
                    d->options->config, c->service);
    else
        findings_found(d->findings, FOUND_ICAP_SERVICE_UNKNOWN, "%s: no line loads srv_optout.so",
                       d->options->config);
}

void probe_c_icap_conf(struct doctor *d)
{
    static const enum finding_id ids[] = { FOUND_C_ICAP_SERVERS, FOUND_C_ICAP_LOGS,
                                           FOUND_ICAP_SERVICE_UNKNOWN };
    struct c_icap_conf c;
    if (!read_conf(d, &c, ids, sizeof ids / sizeof *ids))
        return;
    look_at_servers(d, &c);
    look_at_logs(d, &c);
    look_at_service(d, &c);
}

/* ---- ports -------------------------------------------------------------------- */

static void look_at_port(struct doctor *d, const struct c_icap_port *p)
{
    struct listening l;
    if (!sockets_listening(p->port, &l)) {
        findings_unknown(d->findings, FOUND_ICAP_UNREACHABLE, "/proc/net/tcp cannot be read");
        findings_unknown(d->findings, FOUND_ICAP_OPEN, "/proc/net/tcp cannot be read");
        return;
    }
    if (l.open)
        findings_found(d->findings, FOUND_ICAP_OPEN, "port %u is open on addresses of the network",
                       p->port);
    else if (!l.loopback && !host_is_loopback(p->host))
        findings_found(d->findings, FOUND_ICAP_OPEN, "line %u: Port %s%s%u", p->line, p->host,
                       p->host[0] ? ":" : "", p->port);
    else
        findings_ok(d->findings, FOUND_ICAP_OPEN, "port %u is for this machine alone", p->port);
    /* c-icap ends with status 0 when its configuration is wrong: only the port tells. */
    if (l.open || l.loopback)
        findings_ok(d->findings, FOUND_ICAP_UNREACHABLE, "port %u is listened on", p->port);
    else
        findings_found(d->findings, FOUND_ICAP_UNREACHABLE, "nobody listens on port %u", p->port);
}

void probe_sockets(struct doctor *d)
{
    static const enum finding_id ids[] = { FOUND_ICAP_OPEN, FOUND_ICAP_UNREACHABLE };
    struct c_icap_conf c;
    if (!read_conf(d, &c, ids, sizeof ids / sizeof *ids))
        return;
    if (!c.n_ports)
        findings_found(d->findings, FOUND_ICAP_UNREACHABLE, "%s has no Port", d->options->config);
    for (size_t i = 0; i < c.n_ports; i++)
        look_at_port(d, &c.port[i]);
}

/* ---- units -------------------------------------------------------------------- */

/* enabled, disabled, static, masked, not-found …: the first word that it says. False: nothing, in
 * time. */
static bool look_at_unit(struct doctor *d, const char *systemctl, const char *unit)
{
    const char *argv[] = { systemctl, "is-enabled", unit, NULL };
    struct buf out;
    int status;
    buf_init(&out, COMMAND_OUTPUT_MAX);
    enum command_end end = command_run(argv, SYSTEMCTL_MS, &out, &status);
    struct slice said = slice_trim_space(buf_slice(&out));
    said = slice_sub(said, 0, slice_find(said, '\n'));
    if (end != COMMAND_ENDED)
        findings_unknown(d->findings, FOUND_UNIT_DISABLED, "systemctl does not answer");
    else if (status == 0)
        findings_ok(d->findings, FOUND_UNIT_DISABLED, "%s is %.*s", unit, SLICE_FMT(said));
    else if (slice_starts_nocase(said, SLICE_OF("disabled")) ||
             slice_starts_nocase(said, SLICE_OF("masked")))
        findings_found(d->findings, FOUND_UNIT_DISABLED, "%s is %.*s", unit, SLICE_FMT(said));
    else
        findings_unknown(d->findings, FOUND_UNIT_DISABLED, "%s: %.*s", unit,
                         SLICE_FMT(slice_sub(said, 0, 200)));
    buf_free(&out);
    return end == COMMAND_ENDED;
}

void probe_units(struct doctor *d)
{
    char systemctl[COMMAND_PATH_MAX], running[COMMAND_PATH_MAX];
    /* OPTOUT_DOCTOR_ROOT: the machine to look at is below this folder. */
    const char *root = getenv("OPTOUT_DOCTOR_ROOT");
    snprintf(running, sizeof running, "%.400s/run/systemd/system", root ? root : "");
    if (access(running, F_OK) != 0 || !command_find("systemctl", systemctl)) {
        findings_ok(d->findings, FOUND_UNIT_DISABLED, "this machine is not run by systemd");
        return;
    }
    if (look_at_unit(d, systemctl, "c-icap.service") && d->config && d->config->site_socket[0])
        (void)look_at_unit(d, systemctl, "optoutd.service");
}
