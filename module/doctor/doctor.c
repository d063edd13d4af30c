/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include "core/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define PROBES_MAX 64

/* A row more: a function, what it needs, and all that it can find. */
const struct probe probes[] = {
    { "config", NEEDS_CONFIG, probe_config, { FOUND_CONFIG_UNREADABLE } },
    { "proxy", NEEDS_PROXY, probe_proxy,
      { FOUND_PROXY_UNREACHABLE, FOUND_ORIGIN_REFUSED, FOUND_ICAP_UNREACHABLE,
        FOUND_FILTER_NOT_IN_PATH, FOUND_RECORD_MISSING, FOUND_REQMOD_MISSING,
        FOUND_HTTPS_NOT_OPENED, FOUND_HTTPS_UNFILTERED, FOUND_CA_NOT_TRUSTED, FOUND_CA_OLD,
        FOUND_TUNNEL_UNREAD, FOUND_STALL_64K, FOUND_CACHE_ON, FOUND_RANGE_PASSES,
        FOUND_CODING_PASSES, FOUND_UPGRADE_PASSES, FOUND_TRANSACTION_MISSING,
        FOUND_FIELDS_LEAKED, FOUND_CLIENT_LEAKED, FOUND_CLOCK_OFF, FOUND_AGENT_UNKNOWN,
        FOUND_SLOW_TOGETHER, FOUND_HTTP2_EXPECTED } },
    { "clock", NEEDS_LOCAL, probe_clock, { FOUND_CLOCK_OFF } },
    { "metrics", NEEDS_LOCAL | NEEDS_DAEMON, probe_metrics, { FOUND_METRICS_UNREACHABLE } },
    { "second way out", NEEDS_DIRECT, probe_direct, { FOUND_SECOND_WAY_OUT } },
    { "icap", NEEDS_ICAP, probe_icap,
      { FOUND_ICAP_UNREACHABLE, FOUND_ICAP_SERVICE_UNKNOWN, FOUND_ICAP_SERVICE_FAILS,
        FOUND_ICAP_PREVIEW, FOUND_ICAP_ANSWERS, FOUND_ICAP_OPEN, FOUND_ICAP_CONNECTIONS } },
    { "icap services", NEEDS_LOCAL | NEEDS_SQUID, probe_icap_services,
      { FOUND_ICAP_UNREACHABLE, FOUND_ICAP_SERVICE_UNKNOWN, FOUND_ICAP_SERVICE_FAILS,
        FOUND_ICAP_PREVIEW, FOUND_ICAP_ANSWERS, FOUND_ICAP_OPEN, FOUND_ICAP_CONNECTIONS } },
    { "squid.conf", NEEDS_SQUID, probe_squid_conf,
      { FOUND_SQUID_UNFILTERED, FOUND_SQUID_SERVICE_UNKNOWN, FOUND_SQUID_BYPASS,
        FOUND_SQUID_PROFILE_UNKNOWN, FOUND_SQUID_OWN_PORT,
        FOUND_SQUID_FAILURE_LIMIT, FOUND_SQUID_REQMOD, FOUND_SQUID_CACHE, FOUND_SQUID_VERSION,
        FOUND_SQUID_UNREAD, FOUND_SQUID_SPLICE, FOUND_SQUID_WAITS, FOUND_SQUID_SLOW,
        FOUND_SQUID_LOCALHOST, FOUND_SQUID_LOGS, FOUND_ICAP_CONNECTIONS } },
    { "squid -k parse", NEEDS_LOCAL | NEEDS_SQUID, probe_squid_parse, { FOUND_SQUID_CONF_BROKEN } },
    { "CA", NEEDS_LOCAL | NEEDS_SQUID, probe_ca,
      { FOUND_CA_UNUSABLE, FOUND_CA_EXPIRES, FOUND_CA_KEY_OPEN, FOUND_CA_MIXED } },
    { "configuration, as the filter's user", NEEDS_LOCAL | NEEDS_CONFIG, probe_config_user, { FOUND_CONFIG_UNREADABLE } },
    { "c-icap.conf", NEEDS_LOCAL | NEEDS_CONFIG, probe_c_icap_conf,
      { FOUND_C_ICAP_SERVERS, FOUND_C_ICAP_LOGS, FOUND_ICAP_SERVICE_UNKNOWN } },
    { "sockets", NEEDS_LOCAL | NEEDS_CONFIG, probe_sockets,
      { FOUND_ICAP_OPEN, FOUND_ICAP_UNREACHABLE } },
    { "processes", NEEDS_LOCAL | NEEDS_CONFIG, probe_processes,
      { FOUND_ICAP_UNREACHABLE, FOUND_MODULE_REPLACED, FOUND_LIMITS_LOW, FOUND_CONFIGURATION_OLD,
        FOUND_VERSIONS_DIFFER } },
    { "temporary files", NEEDS_LOCAL | NEEDS_CONFIG, probe_room, { FOUND_TEMPORARY_FULL } },
    { "units", NEEDS_LOCAL | NEEDS_CONFIG, probe_units, { FOUND_UNIT_DISABLED } },
    { "audit folder", NEEDS_LOCAL | NEEDS_CONFIG, probe_audit_folder,
      { FOUND_AUDIT_FOLDER, FOUND_AUDIT_OPEN, FOUND_AUDIT_DISK, FOUND_AUDIT_PLACE, FOUND_AUDIT_FAILURE_PASSES } },
    { "segments", NEEDS_LOCAL | NEEDS_CONFIG, probe_segments,
      { FOUND_AUDIT_GAPS, FOUND_AUDIT_DAMAGED, FOUND_AUDIT_LEFT_OPEN } },
    { "logrotate", NEEDS_LOCAL | NEEDS_CONFIG, probe_logrotate, { FOUND_AUDIT_LOGROTATE } },
    { "optoutd", NEEDS_LOCAL, probe_daemon,
      { FOUND_DAEMON_CONFIG, FOUND_DAEMON_AWAY, FOUND_DAEMON_SLOW, FOUND_DAEMON_SOCKET,
        FOUND_VERSIONS_DIFFER } },
    { "Redis", NEEDS_LOCAL | NEEDS_DAEMON, probe_redis,
      { FOUND_REDIS_AWAY, FOUND_REDIS_OPEN, FOUND_REDIS_EVICTION } },
    { "store", NEEDS_LOCAL | NEEDS_CONFIG, probe_store,
      { FOUND_SITE_STORE, FOUND_SITE_STORE_FULL } },
    { "catalogues", NEEDS_LOCAL | NEEDS_CONFIG, probe_catalogues, { FOUND_CATALOGUE_OLD } },
    { NULL, 0, NULL, { FOUND_NONE } },
};

static bool can_find(const struct probe *p, const struct finding_kind *kind)
{
    for (size_t i = 0; i < PROBE_REPORTS_MAX && p->reports[i] != FOUND_NONE; i++)
        if (&finding_kinds[p->reports[i]] == kind)
            return true;
    return false;
}

static bool is_asked_for(const struct probe *p, const struct doctor_options *o)
{
    unsigned given = (o->proxy ? NEEDS_PROXY : 0u) | (o->icap ? NEEDS_ICAP : 0u) |
                     (o->local ? NEEDS_LOCAL : 0u) | (o->squid_conf ? NEEDS_SQUID : 0u) |
                     (o->config && !o->config_presumed ? NEEDS_CONFIG : 0u) | (o->direct ? NEEDS_DIRECT : 0u) |
                     (o->daemon_conf ? NEEDS_DAEMON : 0u);
    return (p->needs & ~given) == 0 && (!o->only || can_find(p, finding_kind_named(o->only)));
}

struct thread_of_probe {
    pthread_t thread;
    const struct probe *probe;
    struct doctor *doctor;
};

static void *run_probe(void *arg)
{
    struct thread_of_probe *t = arg;
    t->probe->run(t->doctor);
    return NULL;
}

static bool run_all(struct doctor *d)
{
    struct thread_of_probe threads[PROBES_MAX];
    size_t n = 0;
    bool good = true;
    for (const struct probe *p = probes; good && p->name && n < PROBES_MAX; p++) {
        if (!is_asked_for(p, d->options))
            continue;
        threads[n] = (struct thread_of_probe){ .probe = p, .doctor = d };
        good = pthread_create(&threads[n].thread, NULL, run_probe, &threads[n]) == 0;
        n += good;
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i].thread, NULL);
    return good;
}

void probe_config(struct doctor *d)
{
    struct buf text;
    if (d->config) {
        findings_ok(d->findings, FOUND_CONFIG_UNREADABLE, "%s", d->options->config);
        return;
    }
    /* A file that is not for who asks is not wrong. */
    bool denied = d->config_wrong && strstr(d->config_wrong->reason, strerror(EACCES));
    buf_init(&text, FINDING_EVIDENCE_MAX);
    if (d->config_wrong)
        config_error_print(d->config_wrong, &text);
    struct slice seen = slice_trim_space(buf_slice(&text));
    if (denied)
        findings_unknown(d->findings, FOUND_CONFIG_UNREADABLE, "%.*s", SLICE_FMT(seen));
    else
        findings_found(d->findings, FOUND_CONFIG_UNREADABLE, "%.*s", SLICE_FMT(seen));
    buf_free(&text);
}

static struct config *load_config(const char *path, struct config_error *wrong)
{
    struct config *c = malloc(sizeof *c);
    struct config_errors first = config_first_error(wrong);
    if (!c) {
        (void)config_fail(wrong, "close something", "there is not enough memory");
        return NULL;
    }
    if (config_load(c, path, &first) == OPTOUT_OK)
        return c;
    free(c);
    return NULL;
}

bool doctor_run(const struct doctor_options *o, struct findings *f)
{
    struct config_error wrong = { .line = 0 };
    struct config *config = o->config ? load_config(o->config, &wrong) : NULL;
    struct doctor d = { .options = o,
                        .findings = f,
                        .config = config,
                        .config_wrong = o->config && !config ? &wrong : NULL,
                        .end_us = clock_mono_us() + DOCTOR_SECONDS * 1000000ull };
    bool good = run_all(&d);
    if (o->local && !o->config)
        findings_unknown(f, FOUND_CONFIG_UNREADABLE,
                         "no c-icap.conf is there; name it with --config");
    if (o->only && findings_count(f) == 0)
        findings_unknown(f, (enum finding_id)(finding_kind_named(o->only) - finding_kinds),
                         "no probe for it could be run; see --proxy, --icap and --local");
    free(config);
    findings_sort(f);
    return good;
}
