/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/daemon.h"

#include "core/clock.h"
#include "syntax/json.h"
#include "daemon/catalogue.h"
#include "daemon/figures.h"
#include "daemon/given_files.h"
#include "core/log.h"
#include "daemon/metrics_server.h"
#include "daemon/news.h"
#include "daemon/notify.h"
#include "daemon/pulse.h"
#include "daemon/server.h"
#include "daemon/terms_fetch.h"
#include "metrics/gather.h"
#include "standards/phrases.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define TIDY_US (10ull * 1000000)
#define PULSES_WITHIN_WATCHDOG 3 /* one that fails is no reason yet to be killed */
#define DESCRIPTORS_OF_OURS 32 /* the store, the loop, Redis, the log, who reads metrics */

struct daemon {
    const struct daemon_config *config;
    struct loop *loop;
    struct fetcher *fetcher;
    struct polite *polite;
    struct inquiries *inquiries;
    struct discovery *discovery;
    struct terms_fetches *terms;
    struct phrase_folder phrases; /* that terms are read with */
    struct server *server;
    struct metrics_server *metrics;
    struct intake intake;
    struct counters count;
    struct watch signals;
    struct timer tidy, watchdog;
    uint64_t watchdog_us; /* from one answer to the next; 0: nobody listens */
    struct pulse pulse;
    uint64_t started_us;
    size_t descriptors; /* that may be open */
    bool failed;        /* stopped by what it cannot go on without */
};

/* ---- the catalogue of agents ---- */

static void log_error(const struct config_error *e)
{
    struct buf text;
    buf_init(&text, 4096);
    config_error_print(e, &text);
    log_event(LOG_CONFIG_WRONG, "%.*s", SLICE_FMT(buf_slice(&text)));
    buf_free(&text);
}

/* False: the file is wrong; what was in force stays. The store must be open. */
static bool load_agents(struct daemon *d)
{
    const char *path = d->config->agents_file;
    struct buf text;
    struct agents *fresh;
    struct config_error e;
    if (given_agents(d->config, &fresh, &text, &e) != OPTOUT_OK) {
        log_error(&e);
        buf_free(&text);
        return false;
    }
    bool taken = worker_agents(d->intake.worker, buf_slice(&text));
    if (taken)
        d->intake.agents_since_ms = catalogue_since(d->config->store_dir, buf_slice(&text));
    buf_free(&text);
    size_t n = fresh ? agents_count(fresh) : 0;
    bool given = fresh != NULL;
    agents_free(fresh); /* the worker reads the text for itself */
    if (!taken)
        log_event(LOG_RESOURCES_LOW, "Agents: out of memory");
    else if (given)
        log_event(LOG_AGENTS_LOADED, "%zu agents from %s", n, path);
    else if (path[0])
        log_event(LOG_AGENTS_LOADED, "none from %s; the built-in agents are used alone", path);
    return taken;
}

/* Compiled before the first page comes: it takes a moment. */
static bool load_phrases(struct daemon *d)
{
    struct config_error e;
    struct config_errors first = config_first_error(&e);
    if (given_phrases(d->config, NULL, &d->phrases, &first) != OPTOUT_OK) {
        log_error(&e);
        return false;
    }
    const struct phrases *p = phrase_folder_compiled(&d->phrases);
    bool good = d->phrases.none || (p && phrases_ready(p));
    if (!good)
        log_event(LOG_REFUSED_TO_START, "SiteTerms: out of memory");
    return good;
}

/* ---- sharing ---- */

static void on_changed(void *ctx, struct slice key, int64_t fetched_ms)
{
    struct daemon *d = ctx;
    if (!(d->intake.news && news_changed(d->intake.news, key, fetched_ms)) && d->discovery)
        discovery_changed(d->discovery, key, fetched_ms);
}

static void on_connected(void *ctx)
{
    struct daemon *d = ctx;
    if (d->intake.news)
        news_connected(d->intake.news);
}

static void on_share_told(void *ctx, const char *text)
{
    (void)ctx;
    log_event(LOG_SHARE, "%s", text);
}

static bool open_share(struct daemon *d)
{
    const struct daemon_config *c = d->config;
    char password[SHARE_PASSWORD_MAX] = "", why[256] = "";
    if (!c->share[0])
        return true;
    if (c->share_password_file[0] &&
        !given_password(c->share_password_file, password, why, sizeof why)) {
        log_event(LOG_REFUSED_TO_START, "SharePasswordFile: %s", why);
        return false;
    }
    struct share_options o = {
        .loop = d->loop, .url = c->share, .user = c->share_user[0] ? c->share_user : NULL,
        .password = password[0] ? password : NULL,
        .ca_file = c->share_ca_file[0] ? c->share_ca_file : NULL, .node = c->node,
        .lease_ms = c->share_lease_s * 1000, .timeout_ms = 1000,
        .value_max = (1u << 20) + (64u << 10), .changed = on_changed, .connected = on_connected,
        .told = on_share_told, .ctx = d,
    };
    d->intake.share = share_open(&o, why, sizeof why);
    explicit_bzero(password, sizeof password);
    if (!d->intake.share)
        log_event(LOG_REFUSED_TO_START, "Share: %s", why);
    return d->intake.share != NULL;
}

/* ---- status ---- */

static void print_counters(const struct counters *c, struct json *j)
{
    json_open(j, "count", '{');
    json_int(j, "asks", (int64_t)c->asks);
    json_int(j, "known", (int64_t)c->known);
    json_int(j, "late", (int64_t)c->late);
    json_int(j, "asks_refused", (int64_t)c->asks_refused);
    json_int(j, "fetched", (int64_t)c->fetched);
    json_int(j, "not_modified", (int64_t)c->not_modified);
    json_int(j, "errors", (int64_t)c->errors);
    json_int(j, "refused", (int64_t)c->refused);
    json_int(j, "kept_stale", (int64_t)c->kept_stale);
    json_int(j, "shared", (int64_t)c->shared);
    json_int(j, "learned", (int64_t)c->learned);
    json_int(j, "terms_asked", (int64_t)c->terms_asked);
    json_int(j, "terms_read", (int64_t)c->terms_read);
    json_int(j, "terms_refused", (int64_t)c->terms_refused);
    json_close(j, '}');
}

static void print_worker(const struct worker *w, struct json *j)
{
    struct worker_stat stat;
    worker_stat(w, &stat);
    json_open(j, "reader", '{');
    json_bool(j, "filtered", stat.filtered);
    json_int(j, "waiting", (int64_t)stat.waiting);
    json_int(j, "read", (int64_t)stat.read);
    json_int(j, "unread", (int64_t)stat.unread);
    json_int(j, "died", (int64_t)stat.died);
    json_int(j, "late", (int64_t)stat.late);
    json_close(j, '}');
}

/* What nodes learn of pages. */
static void print_news(const struct news *n, struct json *j)
{
    struct news_stat stat;
    news_stat(n, &stat);
    json_open(j, "learned", '{');
    json_int(j, "told", (int64_t)stat.told);
    json_int(j, "taken", (int64_t)stat.taken);
    json_int(j, "refused", (int64_t)stat.refused);
    json_int(j, "lost", (int64_t)stat.lost);
    json_int(j, "waiting", (int64_t)stat.waiting);
    json_close(j, '}');
}

static void print_share(const struct share *s, const struct news *n, struct json *j)
{
    struct share_stat stat;
    if (!s) {
        json_nil(j, "share");
        return;
    }
    share_stat(s, &stat);
    json_open(j, "share", '{');
    json_bool(j, "connected", stat.connected);
    json_int(j, "found", (int64_t)stat.found);
    json_int(j, "absent", (int64_t)stat.absent);
    json_int(j, "leased", (int64_t)stat.leased);
    json_int(j, "held", (int64_t)stat.held);
    json_int(j, "put", (int64_t)stat.put);
    json_int(j, "lost", (int64_t)stat.lost);
    print_news(n, j);
    json_close(j, '}');
}

static void print_status(void *ctx, struct buf *out)
{
    struct daemon *d = ctx;
    struct store_stat store;
    struct json j = json_to(out);
    size_t running, queued;
    store_stat(d->intake.store, &store);
    polite_count(d->polite, &running, &queued);
    json_open(&j, NULL, '{');
    json_str(&j, "version", PACKAGE_VERSION);
    json_str(&j, "node", d->config->node);
    json_int(&j, "uptime_s", (int64_t)((clock_mono_us() - d->started_us) / 1000000));
    json_int(&j, "origins", (int64_t)store.keys);
    json_int(&j, "store_bytes", (int64_t)store.bytes_used);
    json_int(&j, "store_max", (int64_t)store.bytes_max);
    json_int(&j, "evicted", (int64_t)store.evicted);
    json_int(&j, "set_aside", (int64_t)store.set_aside);
    json_int(&j, "open", (int64_t)inquiries_count(d->inquiries));
    json_int(&j, "fetching", (int64_t)running);
    json_int(&j, "queued", (int64_t)queued);
    json_int(&j, "waiting", (int64_t)discovery_waiting(d->discovery));
    json_int(&j, "connections", (int64_t)server_connections(d->server));
    print_counters(&d->count, &j);
    print_worker(d->intake.worker, &j);
    print_share(d->intake.share, d->intake.news, &j);
    json_close(&j, '}');
}

static const char *on_terms(void *ctx, const struct message *m)
{
    struct daemon *d = ctx;
    return terms_fetches_take(d->terms, m);
}

static const char *on_news(void *ctx, const struct message *m)
{
    struct daemon *d = ctx;
    return news_take(d->intake.news, m);
}

/* ---- signals, and what comes now and then ---- */

static void on_signal(void *ctx, uint32_t events)
{
    struct daemon *d = ctx;
    struct signalfd_siginfo s;
    (void)events;
    while (read(d->signals.fd, &s, sizeof s) == (ssize_t)sizeof s) {
        if (s.ssi_signo == SIGHUP) {
            notify_reloading(clock_mono_us());
            if (!load_agents(d))
                log_event(LOG_CONFIG_WRONG, "the agents that were in force stay");
            notify("READY=1");
        } else {
            log_event(LOG_STOPPING, "going down");
            loop_stop(d->loop);
        }
    }
}

static bool open_signals(struct daemon *d)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    d->signals = (struct watch){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                                 .ready = on_signal, .ctx = d };
    return d->signals.fd >= 0 && loop_watch(d->loop, &d->signals, EPOLLIN);
}

static void notify_status(struct daemon *d)
{
    char text[160];
    struct store_stat store;
    size_t running, queued;
    store_stat(d->intake.store, &store);
    polite_count(d->polite, &running, &queued);
    snprintf(text, sizeof text, "STATUS=%zu origins known, %zu files being fetched, %zu questions wait",
             (size_t)store.keys, running, discovery_waiting(d->discovery));
    notify(text);
}

static const char *trouble(struct daemon *d)
{
    struct store_stat store;
    struct worker_stat worker;
    store_stat(d->intake.store, &store);
    worker_stat(d->intake.worker, &worker);
    struct pulse_signs now = { clock_mono_us(), store.bytes_max > 0, worker.waiting,
                               worker.read + worker.unread };
    return pulse_trouble(&d->pulse, &now);
}

static void on_watchdog(void *ctx)
{
    struct daemon *d = ctx;
    const char *what = trouble(d);
    if (what)
        log_event(LOG_NOT_WELL, "%s; the service manager is not told that all is well, and ends "
                                "this process when it stays so", what);
    else
        notify("WATCHDOG=1");
    loop_timer(d->loop, &d->watchdog, d->watchdog_us);
}

/* Into our file, where the tool finds it too. */
static void put_figures(struct daemon *d)
{
    struct figures_of f = { &d->intake, d->polite, d->inquiries, d->discovery, d->server };
    figures_put(&f);
    metrics_touch(clock_wall_ms());
}

static bool print_metrics(void *ctx, struct buf *out)
{
    struct daemon *d = ctx;
    static struct metric_sums sums; /* of the loop's thread */
    put_figures(d);
    if (metrics_gather(d->config->store_dir, &sums) != OPTOUT_OK)
        return false;
    metrics_print(&sums, out);
    return true;
}

static void on_tidy(void *ctx)
{
    struct daemon *d = ctx;
    int n = store_tidy(d->intake.store);
    if (n > 0)
        log_event(LOG_STORE, "%d readers of the store had died", n);
    server_look(d->server);
    put_figures(d);
    metrics_fold(d->config->store_dir);
    metrics_server_look(d->metrics);
    notify_status(d);
    loop_timer(d->loop, &d->tidy, TIDY_US);
}

static void raise_descriptors(struct daemon *d)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max && l.rlim_cur < 65536) {
        l.rlim_cur = l.rlim_max < 65536 ? l.rlim_max : 65536;
        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
    bool known = getrlimit(RLIMIT_NOFILE, &l) == 0;
    d->descriptors = known && l.rlim_cur < 65536 ? (size_t)l.rlim_cur : 65536;
}

/* Half of what is left is for askers; a fetch may take three, two of them to resolve a
 * name. Without a share of its own each side could starve the other. */
static size_t askers_max(const struct daemon *d)
{
    size_t spare = d->descriptors > DESCRIPTORS_OF_OURS + 8 ? d->descriptors - DESCRIPTORS_OF_OURS
                                                            : 8;
    return spare / 2 < SERVER_CONNECTIONS_MAX ? spare / 2 : SERVER_CONNECTIONS_MAX;
}

static unsigned fetches_max(const struct daemon *d)
{
    size_t most = (askers_max(d) + 2) / 3;
    if (most >= d->config->concurrency)
        return d->config->concurrency;
    log_event(LOG_RESOURCES_LOW, "Descriptors: %zu are allowed; %zu fetches at a time instead of %u",
              d->descriptors, most, d->config->concurrency);
    return (unsigned)most;
}

/* ---- life ---- */

static void on_store_told(void *ctx, const char *text)
{
    (void)ctx;
    metrics_count(METRIC_STORE_TROUBLES + METRIC_OPTOUTD);
    log_event(LOG_STORE, "%s", text);
}

static bool open_store(struct daemon *d)
{
    char why[512] = "";
    struct store_options o = { .dir = d->config->store_dir, .size_max = d->config->store_size,
                               .verify = true, .told = on_store_told };
    if (store_open(&o, &d->intake.store, why, sizeof why) == OPTOUT_OK)
        return true;
    log_event(LOG_REFUSED_TO_START, "SiteStore: %s", why);
    return false;
}

static bool open_discovery(struct daemon *d)
{
    const struct daemon_config *c = d->config;
    unsigned most = fetches_max(d);
    struct fetch_options o = { c->proxy, c->ca_file, c->allow_private, c->timeout_s * 1000,
                               c->connect_timeout_s * 1000, most };
    d->fetcher = fetcher_new(d->loop, &o);
    d->polite = polite_new(d->loop, most, c->host_connections, c->host_delay_ms);
    struct inquiries_env env = { d->loop, &d->intake, d->fetcher, d->polite };
    d->inquiries = d->fetcher && d->polite ? inquiries_new(&env) : NULL;
    d->discovery = d->inquiries ? discovery_new(d->loop, d->inquiries, &d->intake) : NULL;
    struct terms_fetches_env terms = { d->loop, d->discovery, &d->intake, d->fetcher, d->polite,
                                       phrase_folder_compiled(&d->phrases) };
    d->terms = d->discovery ? terms_fetches_new(&terms) : NULL;
    struct news_env news = { d->loop, &d->intake, c->share_images, c->store_dir };
    d->intake.news = d->terms ? news_new(&news) : NULL;
    if (!d->intake.news)
        log_event(LOG_REFUSED_TO_START, "out of memory");
    return d->intake.news != NULL;
}

static bool open_server(struct daemon *d)
{
    char why[512] = "";
    struct server_options o = { d->config->socket,
                                daemon_socket_modes[d->config->socket_mode],
                                d->config->socket_group, print_status, on_terms, on_news, d, askers_max(d) };
    d->server = server_new(d->loop, d->discovery, &o, why, sizeof why);
    if (!d->server)
        log_event(LOG_REFUSED_TO_START, "Socket: %s", why);
    return d->server != NULL;
}

static void on_worker_gone(void *ctx)
{
    struct daemon *d = ctx;
    d->failed = true;
    loop_stop(d->loop);
}

/* First of all, as what is forked has what is here by then: phrases, and nothing that an attacker
 * would want. */
static bool start_worker(struct daemon *d)
{
    struct worker_setup setup = { .phrases = phrase_folder_compiled(&d->phrases) };
    d->intake.worker = worker_start(&setup);
    if (!d->intake.worker)
        log_event(LOG_REFUSED_TO_START, "the reader of documents cannot be started: %s",
                  strerror(errno));
    return d->intake.worker != NULL;
}

/* Without them it runs all the same. */
static bool open_metrics(struct daemon *d)
{
    const struct daemon_config *c = d->config;
    struct metrics_server_options o = { c->metrics_listen, daemon_socket_modes[c->socket_mode],
                                        c->socket_group, print_metrics, d };
    if (metrics_open(c->store_dir, METRIC_OPTOUTD, PACKAGE_VERSION) != OPTOUT_OK)
        log_event(LOG_METRICS, "metrics are not kept in %s: %s", c->store_dir, strerror(errno));
    d->metrics = metrics_server_new(d->loop, &o);
    if (!d->metrics)
        log_event(LOG_REFUSED_TO_START, "out of memory");
    return d->metrics != NULL;
}

static bool begin(struct daemon *d)
{
    if (!load_phrases(d) || !start_worker(d))
        return false;
    d->loop = loop_new();
    if (!d->loop || !open_signals(d) ||
        !worker_attach(d->intake.worker, d->loop, on_worker_gone, d)) {
        log_event(LOG_REFUSED_TO_START, "cannot begin: %s", strerror(errno));
        return false;
    }
    raise_descriptors(d);
    return open_store(d) && load_agents(d) && open_share(d) && open_discovery(d) &&
           open_server(d) && open_metrics(d);
}

/* Those who wait are told first; then what others could still call is closed. */
static void end(struct daemon *d)
{
    if (d->server)
        server_stop(d->server);
    if (d->discovery)
        discovery_stop(d->discovery);
    if (d->server)
        server_flush(d->server);
    if (d->metrics)
        put_figures(d); /* the last ones */
    if (d->intake.news)
        news_flush(d->intake.news);
    if (d->intake.share)
        share_close(d->intake.share);
    metrics_server_free(d->metrics);
    server_free(d->server);
    terms_fetches_free(d->terms);
    discovery_free(d->discovery);
    inquiries_free(d->inquiries);
    news_free(d->intake.news);
    polite_free(d->polite);
    fetcher_free(d->fetcher);
    if (d->intake.store)
        store_close(d->intake.store);
    worker_free(d->intake.worker);
    phrase_folder_free(&d->phrases);
    if (d->signals.fd >= 0)
        close(d->signals.fd);
    loop_free(d->loop);
}

int daemon_run(const struct daemon_config *c)
{
    struct daemon d = { .config = c, .phrases = { .none = true }, .signals = { .fd = -1 } };
    d.intake = (struct intake){ .config = c, .count = &d.count };
    d.started_us = clock_mono_us();
    if (geteuid() == 0)
        log_event(LOG_RUNS_AS_ROOT, "running as root; give optoutd a user of its own");
    bool good = begin(&d);
    if (good) {
        d.tidy = (struct timer){ .fire = on_tidy, .ctx = &d };
        loop_timer(d.loop, &d.tidy, TIDY_US);
        log_event(LOG_STARTED, "optoutd " PACKAGE_VERSION " ready on %s", c->socket);
        notify("READY=1");
        notify_status(&d);
        d.watchdog_us = notify_watchdog_us() / PULSES_WITHIN_WATCHDOG;
        d.watchdog = (struct timer){ .fire = on_watchdog, .ctx = &d };
        if (d.watchdog_us)
            on_watchdog(&d);
        loop_run(d.loop);
        notify("STOPPING=1");
    }
    end(&d);
    if (good)
        log_event(LOG_STOPPED, "stopped");
    return good && !d.failed ? 0 : 2;
}
