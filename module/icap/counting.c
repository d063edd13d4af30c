/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/counting.h"

#include "icap/c_icap.h"
#include "icap/log.h"
#include "policy/config.h"

#include <errno.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

_Static_assert(METRIC_DECISION_SIZE == (int)DECISION_COUNT, "a cell for each decision");
_Static_assert(METRIC_ACTION_SIZE == (int)ACTION_COUNT, "a cell for each action");

/* ---- c-icap's info page ---- */

/* Figures that are one cell. Those of exchanges are many, and told by action and decision. */
static const struct {
    const char *label;
    unsigned cell;
} plain[] = {
    { "Cut", METRIC_CUTS },
    { "Held", METRIC_HELD },
    { "Abandoned", METRIC_ABANDONED },
    { "Audit failures", METRIC_AUDIT_FAILURES },
    { "Reloads", METRIC_RELOADS + METRIC_DONE },
    { "Images not remembered", METRIC_IMAGES_LOST },
    { "Not asked for, no record", METRIC_UNASKED },
};
#define PLAIN (sizeof plain / sizeof *plain)
static const char *const actions[ACTION_COUNT] = { "Passed", "Tagged", "Blocked", NULL };
static int plain_id[PLAIN], action_id[ACTION_COUNT], undecided_id; /* written at init */

static int add_figure(const char *label)
{
    return label ? ci_stat_entry_register((char *)label, STAT_INT64_T, "Service optout") : -1;
}

void counting_register(void)
{
    for (size_t i = 0; i < ACTION_COUNT; i++)
        action_id[i] = add_figure(actions[i]);
    undecided_id = add_figure("Undecided");
    for (size_t i = 0; i < PLAIN; i++)
        plain_id[i] = add_figure(plain[i].label);
}

static void show(int id, uint64_t n)
{
    if (id >= 0)
        icap_stat_add(id, n);
}

void count_more(unsigned cell, uint64_t n)
{
    metrics_add(cell, n);
    for (size_t i = 0; i < PLAIN; i++)
        if (plain[i].cell == cell)
            show(plain_id[i], n);
}

/* ---- exchanges ---- */

static void count_statements(const struct signals *s)
{
    for (size_t i = 0; s && i < s->n; i++)
        metrics_count(METRIC_AT2(SIGNALS, CARRIER, s->v[i].standard, s->v[i].carrier));
}

static void count_reasons(undecided_set set)
{
    for (unsigned u = 0; set; u++, set >>= 1)
        if (set & 1)
            metrics_count(METRIC_UNDECIDED + u);
}

/* What was announced and did not come any more. */
static void count_not_fetched(const struct judge *j, enum action action, uint64_t arrived)
{
    if (action >= ACTION_BLOCK && j->exchange.has_body && j->announced > 0 &&
        (uint64_t)j->announced > arrived)
        metrics_add(METRIC_NOT_FETCHED_BYTES, (uint64_t)j->announced - arrived);
}

void count_record(const struct record *r)
{
    metrics_count(METRIC_AUDIT_RECORDS +
                  (r->event == RECORD_PENDING ? METRIC_PENDING : METRIC_FINAL));
    metrics_set(METRIC_AUDIT_LAST, (uint64_t)r->wall_ms / 1000);
}

void count_verdict(const struct judge *j, enum action action, uint64_t arrived)
{
    const struct record *r = &j->record;
    const struct decision *d = &j->decision;
    unsigned vector = r->request ? METRIC_REQMOD : METRIC_RESPMOD;
    metrics_count(METRIC_AT3(EXCHANGES, DECISION, ACTION, vector, d->kind, action));
    show(action_id[action], 1);
    if (d->kind == DECISION_UNDECIDED)
        show(undecided_id, 1);
    if (j->profile->monitor)
        metrics_count(METRIC_MONITORED + (unsigned)d->would);
    count_statements(r->signals);
    count_reasons(d->undecided);
    metrics_observe(METRIC_FILTER_SECONDS + vector * METRIC_FILTER_TIMES_CELLS,
                    METRIC_FILTER_TIMES, r->micros);
    if (r->seen)
        metrics_add(METRIC_BODY_SEEN_BYTES, r->seen);
    count_not_fetched(j, action, arrived);
}

void count_passed_request(uint64_t us)
{
    metrics_count(METRIC_REQUESTS_PASSED);
    metrics_observe(METRIC_FILTER_SECONDS + METRIC_REQMOD * METRIC_FILTER_TIMES_CELLS,
                    METRIC_FILTER_TIMES, us);
}

/* ---- the process ---- */

void counting_open(const struct config *c)
{
    if (!c->site_store[0])
        return;
    if (metrics_open(c->site_store, METRIC_FILTER, PACKAGE_VERSION) != OPTOUT_OK)
        log_server(LOG_METRICS, "metrics of this process are not kept in %s: %s",
                 c->site_store, strerror(errno));
    counting_config(c);
}

void counting_config(const struct config *c)
{
    metrics_config(c->hash);
    metrics_set(METRIC_HOLD_LIMIT_BYTES, c->hold_total);
}
