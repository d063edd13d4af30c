/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/log.h"

#include "core/clock.h"
#include "core/log.h"
#include "icap/c_icap.h"
#include "icap/counting.h"
#include "policy/config_fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>

#define LINE_MAX_BYTES 1536

void log_begin(void)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    if (!CI_DEBUG_STDOUT) /* else lines go to the journal as they are */
        log_open("srv_optout");
}

void log_server(enum log_event e, const char *fmt, ...)
{
    char text[LINE_MAX_BYTES];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_line(LOG_ALWAYS, "optout: %s\n", text);
    if (n > 0)
        log_to_journal(e, SLICE_EMPTY, slice_cstr(text));
}

void log_audit_failure(enum optout_rc rc, const char *reason)
{
    static atomic_ullong said_at_s, left_out;
    int error = errno;
    unsigned long long now = clock_mono_us() / 1000000u, before = atomic_load(&said_at_s);
    count(METRIC_AUDIT_FAILURES);
    if (before == now || !atomic_compare_exchange_strong(&said_at_s, &before, now)) {
        atomic_fetch_add(&left_out, 1);
        return;
    }
    log_server(LOG_AUDIT_FAILURE,
               "AUDIT FAILURE: a record could not be written (%s; error %d: %s); %llu more "
               "since the last such line. Responses are handled as OnAuditFailure says.",
               rc == OPTOUT_E_LIMIT ? "too large" : *reason ? reason : "see the error", (int)rc,
               strerror(error), (unsigned long long)atomic_exchange(&left_out, 0));
}

void log_gate_closed(void)
{
    log_line(LOG_ALWAYS, "optout: nothing is asked for until records can be written again; the log is "
                         "tried once a second, when somebody asks\n");
}

void log_gate_opened(uint64_t refused)
{
    log_line(LOG_ALWAYS, "optout: records can be written again; %llu requests were refused meanwhile\n",
             (unsigned long long)refused);
}

void log_images_lost(uint64_t n)
{
    static atomic_ullong said_at_min, untold;
    unsigned long long now = clock_mono_us() / 60000000u + 1, before = atomic_load(&said_at_min);
    if (n == 0)
        return;
    count_more(METRIC_IMAGES_LOST, n);
    atomic_fetch_add(&untold, n);
    if (before == now || !atomic_compare_exchange_strong(&said_at_min, &before, now))
        return;
    log_server(LOG_IMAGES_LOST,
               "%llu images of pages that reserve them are not remembered; those that are asked "
               "for without a Referer are judged by themselves. ImageMap makes room.",
               (unsigned long long)atomic_exchange(&untold, 0));
}

void log_config_error(const char *what, const struct config_error *e)
{
    struct buf text;
    buf_init(&text, 4096);
    config_error_print(e, &text);
    log_server(LOG_CONFIG_WRONG, "%s: %.*s", what, (int)(text.n > 800 ? 800 : text.n),
               (const char *)text.p);
    buf_free(&text);
}

void log_site(void *ctx, const char *text)
{
    (void)ctx;
    metrics_count(METRIC_STORE_TROUBLES + METRIC_FILTER);
    log_server(LOG_STORE, "site rules: %.500s", text);
}
