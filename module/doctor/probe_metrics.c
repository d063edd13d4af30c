/* SPDX-License-Identifier: Apache-2.0 */
/* probe_metrics.c - whether a monitor can read what optoutd serves, and finds the filter there. */
#include "core/clock.h"
#include "daemon/daemon_config.h"
#include "daemon/listen_address.h"
#include "doctor/answer.h"
#include "doctor/doctor.h"
#include "doctor/wire.h"

#include <errno.h>
#include <sys/un.h>

#define METRICS_SECONDS 3u
#define METRICS_MAX (1u << 20)
#define FILTERS "\noptout_processes{program=\"filter\"} "

static bool reach(struct wire *w, const char *text, const struct listen_address *at)
{
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    uint64_t end = clock_mono_us() + METRICS_SECONDS * 1000000ull;
    bool path = at->kind == LISTEN_PATH;
    errno = ENAMETOOLONG;
    if (path && strlen(text) >= sizeof local.sun_path)
        return false;
    if (path)
        memcpy(local.sun_path, text, strlen(text) + 1);
    return path ? wire_reach(w, (const struct sockaddr *)&local, sizeof local, end)
                : wire_reach(w, (const struct sockaddr *)&at->address, at->size, end);
}

static bool fetch(struct wire *w, struct answer *a)
{
    uint8_t bytes[8192];
    enum optout_rc rc = OPTOUT_MORE;
    if (!wire_write(w, SLICE_OF("GET /metrics HTTP/1.1\r\nHost: optoutd\r\nConnection: close\r\n\r\n")))
        return false;
    while (rc == OPTOUT_MORE) {
        ssize_t n = wire_read(w, bytes, sizeof bytes);
        if (n < 0)
            return false;
        rc = n ? answer_feed(a, slice_of(bytes, (size_t)n)) : answer_end(a);
    }
    errno = EPROTO;
    return rc == OPTOUT_DONE;
}

static void judge(struct doctor *d, const char *listen, const struct answer *a)
{
    struct slice body = buf_slice(&a->body), key = SLICE_OF(FILTERS);
    size_t at = slice_find_nocase(body, key);
    struct slice value = slice_from(body, at + key.n);
    if (a->status != 200)
        findings_found(d->findings, FOUND_METRICS_UNREACHABLE, "%s: %d", listen, a->status);
    else if (at == body.n || slice_begins(value, '0'))
        findings_found(d->findings, FOUND_METRICS_UNREACHABLE,
                       "%s: no process of the filter counts", listen);
    else
        findings_ok(d->findings, FOUND_METRICS_UNREACHABLE, "%s", listen);
}

/* A configuration that is wrong is told by another probe. */
void probe_metrics(struct doctor *d)
{
    struct config_error wrong;
    struct config_errors first = config_first_error(&wrong);
    struct daemon_config c;
    struct listen_address at;
    struct wire w = WIRE_NONE;
    struct answer a;
    if (daemon_config_load(&c, d->options->daemon_conf, &first) != OPTOUT_OK ||
        !listen_address_read(c.metrics_listen, &at))
        return;
    if (at.kind == LISTEN_OFF) {
        findings_add(d->findings, FOUND_METRICS_UNREACHABLE, FINDING_NOTICE, "MetricsListen off",
                     NULL, NULL);
        return;
    }
    answer_init(&a, false);
    a.body.limit = METRICS_MAX;
    if (reach(&w, c.metrics_listen, &at) && fetch(&w, &a))
        judge(d, c.metrics_listen, &a);
    else
        findings_found(d->findings, FOUND_METRICS_UNREACHABLE, "%s: %s", c.metrics_listen,
                       w.timed_out ? "no answer in time" : strerror(errno));
    wire_close(&w);
    answer_free(&a);
}
