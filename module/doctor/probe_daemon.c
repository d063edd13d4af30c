/* SPDX-License-Identifier: Apache-2.0 */
/* probe_daemon.c - optoutd as its file says it is, as it answers, and the Redis behind it. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/clock.h"
#include "core/file.h"
#include "daemon/daemon_config.h"
#include "doctor/c_icap_conf.h"
#include "doctor/doctor.h"
#include "doctor/folder.h"
#include "doctor/redis.h"
#include "site/message.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_MS 1500u
#define SLOW_MS 200u
#define REDIS_MS 1500u

/* ---- its configuration ------------------------------------------------------------------ */

enum loaded { LOADED, LOADED_NOT, LOADED_WRONG };

/* LOADED_NOT: there is none, or it is not for us; `e` says why. */
static enum loaded load(const struct doctor *d, struct daemon_config *c, struct config_error *e)
{
    const char *path = d->options->daemon_conf;
    struct config_errors first = config_first_error(e);
    if (path && access(path, R_OK) != 0) {
        (void)config_fail(e, "", "%s", strerror(errno));
        return LOADED_NOT;
    }
    return daemon_config_load(c, path, &first) == OPTOUT_OK ? LOADED : LOADED_WRONG;
}

static void tell_wrong(struct doctor *d, const struct config_error *e)
{
    struct buf text;
    buf_init(&text, FINDING_EVIDENCE_MAX);
    config_error_print(e, &text);
    struct slice seen = slice_trim_space(buf_slice(&text));
    findings_found(d->findings, FOUND_DAEMON_CONFIG, "%.*s", SLICE_FMT(seen));
    buf_free(&text);
}

/* Both must name the same folder and the same socket. */
static void compare(struct doctor *d, const struct daemon_config *c)
{
    const struct config *filter = d->config;
    bool differ = false;
    if (filter && filter->site_store[0] && strcmp(filter->site_store, c->store_dir) != 0) {
        findings_found(d->findings, FOUND_DAEMON_CONFIG, "SiteStore is %s for the filter, %s here",
                       filter->site_store, c->store_dir);
        differ = true;
    }
    if (filter && filter->site_socket[0] && strcmp(filter->site_socket, c->socket) != 0) {
        findings_found(d->findings, FOUND_DAEMON_CONFIG, "SiteSocket is %s for the filter, %s here",
                       filter->site_socket, c->socket);
        differ = true;
    }
    if (!differ)
        findings_ok(d->findings, FOUND_DAEMON_CONFIG, "%s", d->options->daemon_conf);
}

/* ---- its socket --------------------------------------------------------------------------- */

static void look_at_socket(struct doctor *d, const char *path)
{
    char why[CONFIG_PATH_MAX + 256];
    struct c_icap_conf conf;
    struct stat st;
    struct user u;
    if (stat(path, &st) != 0) {
        if (errno != ENOENT)
            findings_unknown(d->findings, FOUND_DAEMON_SOCKET, "%s: %s", path, strerror(errno));
        return;
    }
    bool read = d->options->config && c_icap_conf_read(&conf, d->options->config, why, sizeof why);
    user_of_c_icap(read ? &conf : NULL, &u);
    if (st.st_mode & S_IWOTH)
        findings_found(d->findings, FOUND_DAEMON_SOCKET, "%s has the mode %04o", path,
                       st.st_mode & 07777u);
    else if (d->options->config && !read)
        findings_unknown(d->findings, FOUND_DAEMON_SOCKET, "%s", why);
    else if (!u.known)
        findings_unknown(d->findings, FOUND_DAEMON_SOCKET, "there is no user %s here", u.name);
    else if (!user_may(&u, &st, 2))
        findings_found(d->findings, FOUND_DAEMON_SOCKET, "%s may not connect to %s, mode %04o",
                       u.name, path, st.st_mode & 07777u);
    else
        findings_ok(d->findings, FOUND_DAEMON_SOCKET, "%s has the mode %04o", path,
                    st.st_mode & 07777u);
}

/* ---- its answer ---------------------------------------------------------------------------- */

static void tell_answer(struct doctor *d, struct slice text, unsigned ms)
{
    json_t *status = json_loadb((const char *)text.p, text.n, 0, NULL);
    const char *version = json_string_value(json_object_get(status, "version"));
    if (!version) {
        findings_found(d->findings, FOUND_DAEMON_AWAY, "what answers is no optoutd");
    } else {
        findings_ok(d->findings, FOUND_DAEMON_AWAY, "optoutd %s answers", version);
        if (strcmp(version, PACKAGE_VERSION) != 0)
            findings_found(d->findings, FOUND_VERSIONS_DIFFER, "optoutd is %s, the tool is %s",
                           version, PACKAGE_VERSION);
        else
            findings_ok(d->findings, FOUND_VERSIONS_DIFFER, "optoutd and tool are %s", version);
        if (ms > SLOW_MS)
            findings_found(d->findings, FOUND_DAEMON_SLOW, "it answers after %u ms", ms);
        else
            findings_ok(d->findings, FOUND_DAEMON_SLOW, "it answers after %u ms", ms);
    }
    json_decref(status);
}

static void ask_daemon(struct doctor *d, const char *socket)
{
    struct message m = { .verb = MESSAGE_STATUS }, answer;
    struct buf storage;
    buf_init(&storage, MESSAGE_MAX);
    uint64_t began = clock_mono_us();
    enum optout_rc rc = message_call(socket, &m, ANSWER_MS, &answer, &storage);
    int error = errno;
    if (rc == OPTOUT_OK && answer.n >= 1) {
        tell_answer(d, answer.field[0], (unsigned)((clock_mono_us() - began) / 1000));
    } else if (rc == OPTOUT_E_IO && error == EACCES) {
        findings_unknown(d->findings, FOUND_DAEMON_AWAY, "%s: %s", socket, strerror(error));
        findings_unknown(d->findings, FOUND_DAEMON_SLOW, "%s: %s", socket, strerror(error));
    } else {
        findings_found(d->findings, FOUND_DAEMON_AWAY, "%s: %s", socket,
                       rc == OPTOUT_E_IO ? strerror(error) : "its answer is no message");
        findings_unknown(d->findings, FOUND_DAEMON_SLOW, "it does not answer");
    }
    buf_free(&storage);
}

void probe_daemon(struct doctor *d)
{
    struct daemon_config *c = calloc(1, sizeof *c);
    struct config_error e = { .line = 0 };
    const char *path = d->options->daemon_conf;
    enum loaded l = c ? load(d, c, &e) : LOADED_NOT;
    if (!path && !d->options->config) { /* nothing says that there is to be a filter */
        free(c);
        return;
    }
    const char *socket = d->config && d->config->site_socket[0] ? d->config->site_socket
                         : path && l == LOADED                  ? c->socket
                                                                : NULL;
    if (l == LOADED_WRONG)
        tell_wrong(d, &e);
    else if (path && l == LOADED)
        compare(d, c);
    else if (path)
        findings_unknown(d->findings, FOUND_DAEMON_CONFIG, "%s: %s", path, e.reason);
    else
        findings_ok(d->findings, FOUND_DAEMON_CONFIG, "there is none");
    if (socket) {
        look_at_socket(d, socket);
        ask_daemon(d, socket);
    } else {
        findings_ok(d->findings, FOUND_DAEMON_AWAY, "no daemon is to be asked");
    }
    free(c);
}

/* ---- Redis ------------------------------------------------------------------------------------ */

/* User and password that stand beside the URL go before those in it. False: the file with the
 * password is not for us. */
static bool complete(const struct daemon_config *c, struct share_address *a)
{
    struct buf text;
    bool good = true;
    if (c->share_user[0])
        snprintf(a->user, sizeof a->user, "%s", c->share_user);
    if (!c->share_password_file[0])
        return true;
    buf_init(&text, SHARE_PASSWORD_MAX - 1);
    good = file_read(c->share_password_file, &text) == OPTOUT_OK;
    struct slice line = buf_slice(&text);
    line = slice_sub(line, 0, slice_find(line, '\n'));
    snprintf(a->password, sizeof a->password, "%.*s", SLICE_FMT(slice_trim_space(line)));
    buf_free(&text);
    return good;
}

static void look_at_way(struct doctor *d, const struct share_address *a)
{
    bool near = a->path[0] || host_is_loopback(a->host);
    const char *missing = !near && !a->tls && !a->password[0] ? "neither TLS nor a password"
                          : !near && !a->tls                  ? "no TLS"
                          : !near && !a->password[0]          ? "no password"
                                                              : NULL;
    if (missing)
        findings_found(d->findings, FOUND_REDIS_OPEN, "%s: %s", a->host, missing);
    else
        findings_ok(d->findings, FOUND_REDIS_OPEN, "%s", near ? "on this machine" : a->host);
}

/* With the password everybody can do what the daemon can. */
static void look_at_password_file(struct doctor *d, const char *path)
{
    struct stat st;
    char seen[CONFIG_PATH_MAX + 40];
    if (!path[0] || stat(path, &st) != 0 || !(st.st_mode & (S_IROTH | S_IWOTH)))
        return; /* what cannot be read is told as redis-away */
    snprintf(seen, sizeof seen, "%s has the mode %04o", path, st.st_mode & 07777u);
    findings_add(d->findings, FOUND_REDIS_OPEN, FINDING_WARNING, seen,
                 "every user of this machine can read the password, and put rules of sites into the fleet",
                 "chmod 640, with the daemon's group, and another password");
}

static void ask_redis(struct doctor *d, const struct share_address *a, const char *ca_file)
{
    struct redis_said said;
    redis_ask(a, ca_file, REDIS_MS, &said);
    if (!said.answered) {
        findings_found(d->findings, FOUND_REDIS_AWAY, "%s", said.why);
        findings_unknown(d->findings, FOUND_REDIS_EVICTION, "it does not answer");
        return;
    }
    findings_ok(d->findings, FOUND_REDIS_AWAY, "it answers");
    if (!said.told)
        findings_unknown(d->findings, FOUND_REDIS_EVICTION, "%s",
                         said.why[0] ? said.why : "INFO does not tell");
    else if (said.memory && strcmp(said.policy, "noeviction") == 0)
        findings_found(d->findings, FOUND_REDIS_EVICTION,
                       "maxmemory is %llu MiB and maxmemory-policy noeviction",
                       (unsigned long long)(said.memory >> 20));
    else
        findings_ok(d->findings, FOUND_REDIS_EVICTION, "maxmemory-policy %s", said.policy);
}

void probe_redis(struct doctor *d)
{
    static const enum finding_id ids[] = { FOUND_REDIS_OPEN, FOUND_REDIS_AWAY,
                                           FOUND_REDIS_EVICTION };
    struct daemon_config *c = calloc(1, sizeof *c);
    struct share_address a = { .tls = false };
    struct config_error e = { .line = 0 };
    char why[256];
    bool loaded = c && d->options->daemon_conf && load(d, c, &e) == LOADED;
    if (d->options->daemon_conf && !loaded)
        for (size_t i = 0; i < 3; i++)
            findings_unknown(d->findings, ids[i], "%s: %s", d->options->daemon_conf, e.reason);
    else if (!loaded || !c->share[0])
        findings_ok(d->findings, FOUND_REDIS_AWAY, "nothing is shared");
    else if (!share_url_read(c->share, &a, why, sizeof why))
        findings_found(d->findings, FOUND_REDIS_AWAY, "Share: %s", why);
    else if (!complete(c, &a))
        for (size_t i = 0; i < 3; i++)
            findings_unknown(d->findings, ids[i], "%s: %s", c->share_password_file,
                             strerror(errno));
    else {
        look_at_way(d, &a);
        look_at_password_file(d, c->share_password_file);
        ask_redis(d, &a, c->share_ca_file);
    }
    explicit_bzero(&a, sizeof a);
    free(c);
}
