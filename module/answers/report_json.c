/* SPDX-License-Identifier: Apache-2.0 */
/* report_json.c - the numbers of a report. docs/answers.md says what each member means; times
 * are RFC 3339 in UTC. What is zero is printed all the same: programs compare. */
#include "answers/report.h"

#include "core/clock.h"
#include "syntax/json.h"

static void print_usages(struct json *j, const char *key, uint32_t set)
{
    json_open(j, key, '[');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (set & usage_bit((enum usage)u))
            json_str(j, NULL, usage_name((enum usage)u));
    json_close(j, ']');
}

static void print_row(struct json *j, const struct sums_row *row)
{
    json_open(j, NULL, '{');
    json_slice(j, "name", row->head.key);
    figures_json(j, &row->f);
    figures_json_time(j, "first", row->first_ms);
    figures_json_time(j, "last", row->last_ms);
    json_str(j, "first_id", row->first_id);
    if (row->flags) {
        print_usages(j, "purpose", row->flags);
        json_bool(j, "enforced", row->flags & SUMS_ENFORCES);
        json_bool(j, "monitored", row->flags & SUMS_MONITORS);
    }
    json_close(j, '}');
}

static void print_ranked(struct json *j, const char *key, const struct ranked *r)
{
    json_open(j, key, '{');
    json_count(j, "names", r->n);
    json_bool(j, "exceeded", r->exceeded);
    json_open(j, "rows", '[');
    for (size_t i = 0; i < r->shown; i++)
        print_row(j, r->row[i]);
    json_close(j, ']');
    json_open(j, "others", '{');
    figures_json(j, &r->others);
    json_close(j, '}');
    json_close(j, '}');
}

static void print_series(struct json *j, const struct series *s)
{
    static const char *const steps[] = { "hour", "day", "month" };
    json_open(j, "over_time", '{');
    json_str(j, "step", steps[s->step]);
    json_open(j, "rows", '[');
    for (size_t i = 0; i < s->n; i++) {
        json_open(j, NULL, '{');
        json_str(j, "name", s->v[i].label);
        figures_json(j, &s->v[i].f);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

/* ---- examples ---- */

static void print_listing(struct json *j, const char *key, const struct listing *l, size_t top,
                          void (*print)(struct json *, const struct listed *))
{
    json_open(j, key, '{');
    json_count(j, "all", l->all);
    json_open(j, "rows", '[');
    for (size_t i = 0; i < l->n && i < top; i++) {
        json_open(j, NULL, '{');
        json_str(j, "id", l->v[i].id);
        figures_json_time(j, "time", l->v[i].time_ms);
        print(j, &l->v[i]);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void print_cut(struct json *j, const struct listed *l)
{
    json_str(j, "url", l->url);
    json_str(j, "decision", l->what);
    json_count(j, "released_bytes", l->a);
    json_count(j, "seen_bytes", l->b);
}

static void print_conflict(struct json *j, const struct listed *l)
{
    json_str(j, "url", l->url);
    json_str(j, "usages", l->what);
}

static void print_gap(struct json *j, const struct listed *l)
{
    json_str(j, "reason", l->what);
    json_str(j, "segment", l->url);
    if (l->a == UINT64_MAX)
        json_nil(j, "lost");
    else
        json_count(j, "lost", l->a);
    json_count(j, "torn_bytes", l->b);
}

static void print_removal(struct json *j, const struct listed *l)
{
    json_str(j, "rule", l->what);
    json_str(j, "segment", l->url);
    json_count(j, "records", l->a);
    figures_json_time(j, "to", (int64_t)l->b);
}

/* ---- what hosts said, and how the filter was set ---- */

static void print_said(struct json *j, const struct sums_row *row)
{
    json_open(j, NULL, '{');
    json_slice(j, "preferences", key_part(row->head.key, 4));
    json_count(j, "records", row->f.of[F_RECORDS]);
    figures_json_time(j, "first", row->first_ms);
    figures_json_time(j, "last", row->last_ms);
    json_str(j, "first_id", row->first_id);
    json_close(j, '}');
}

static void print_change(struct json *j, const struct change *c)
{
    json_open(j, NULL, '{');
    json_slice(j, "host", c->host);
    json_slice(j, "standard", c->standard);
    json_slice(j, "carrier", c->carrier);
    json_slice(j, "agent", c->agent);
    json_bool(j, "wide", c->wide);
    json_bool(j, "appeared", c->appeared);
    json_bool(j, "vanished", c->vanished);
    json_bool(j, "changed", c->changed);
    figures_json_time(j, "first", c->first_ms);
    figures_json_time(j, "last", c->last_ms);
    figures_json_time(j, "host_first", c->host_first_ms);
    figures_json_time(j, "host_last", c->host_last_ms);
    json_count(j, "records", c->records);
    json_count(j, "host_records", c->host_records);
    json_open(j, "said", '[');
    for (size_t i = 0; i < c->n; i++)
        print_said(j, c->said[i]);
    json_close(j, ']');
    json_close(j, '}');
}

static void print_changes(struct json *j, const struct report *r)
{
    json_open(j, "changes", '{');
    json_count(j, "all", r->changes);
    json_bool(j, "exceeded", r->t->by[BY_STATEMENT].rows.full || r->t->bundles.full);
    json_open(j, "rows", '[');
    for (size_t i = 0; i < r->changes && i < r->options.top; i++)
        print_change(j, &r->change[i]);
    json_close(j, ']');
    json_close(j, '}');
}

static void print_lines(struct json *j, const char *key, struct slice of, struct slice without)
{
    struct slice line;
    json_open(j, key, '[');
    for (size_t n = 0; n < SETTINGS_LINES_MAX && settings_next_only(&of, without, &line); n++)
        json_slice(j, NULL, line);
    json_close(j, ']');
}

static void print_config(struct json *j, const struct report *r, const struct config_use *c)
{
    json_open(j, NULL, '{');
    json_slice(j, "node", c->node);
    json_slice(j, "config", c->id);
    json_count(j, "records", c->row->f.of[F_RECORDS]);
    figures_json_time(j, "first", c->row->first_ms);
    figures_json_time(j, "last", c->row->last_ms);
    if (c->before) {
        struct slice was = sums_settings(r->t, c->before->id);
        struct slice is = sums_settings(r->t, c->id);
        json_slice(j, "before", c->before->id);
        json_bool(j, "known", was.n && is.n);
        print_lines(j, "removed", was.n && is.n ? was : SLICE_EMPTY, is);
        print_lines(j, "added", was.n && is.n ? is : SLICE_EMPTY, was);
    }
    json_close(j, '}');
}

static void print_configs(struct json *j, const struct report *r)
{
    json_open(j, "configurations", '[');
    for (size_t i = 0; i < r->configs; i++)
        print_config(j, r, &r->config[i]);
    json_close(j, ']');
}

/* ---- the public summary ---- */

static void print_summary(struct json *j, const struct summary *s)
{
    json_open(j, NULL, '{');
    json_str(j, "modality", s->by == F_KEPT ? "all" : modality_name((enum modality)(s->by - F_KEPT_TEXT)));
    json_count(j, "domains", s->domains);
    json_count(j, "listed", s->listed);
    json_count(j, "listed_sme", s->listed_sme);
    json_open(j, "rows", '[');
    for (size_t i = 0; i < s->listed; i++) {
        const struct sums_row *row = s->row[i];
        json_open(j, NULL, '{');
        json_slice(j, "domain", row->head.key);
        json_count(j, "fetched_bytes", row->f.of[F_FETCHED]);
        json_count(j, "kept_bytes", row->f.of[s->by]);
        json_bool(j, "sme", i < s->listed_sme);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void print_training(struct json *j, const struct report *r)
{
    const struct figures *f = &r->t->total;
    json_open(j, "training_summary", '{');
    json_bool(j, "tagged_kept", r->t->options.tagged_kept);
    json_str(j, "suffixes", r->suffixes);
    figures_json_time(j, "first_kept", r->t->first_kept_ms);
    figures_json_time(j, "last_kept", r->t->last_kept_ms);
    json_count(j, "fetched_bytes", f->of[F_FETCHED]);
    json_count(j, "delivered_bytes", f->of[F_DELIVERED]);
    json_count(j, "kept_bytes", f->of[F_KEPT]);
    json_count(j, "kept_records", f->of[F_KEPT_RECORDS]);
    json_bool(j, "exceeded", r->t->by[BY_HOST].rows.full || r->domains.full);
    json_open(j, "domains", '[');
    for (unsigned i = 0; i < SUMMARIES; i++)
        print_summary(j, &r->summary[i]);
    json_close(j, ']');
    json_close(j, '}');
}

/* ---- all of it ---- */

static void print_head(struct json *j, const struct report *r)
{
    const struct report_options *o = &r->options;
    json_int(j, "report", 1);
    json_str(j, "version", o->version);
    figures_json_time(j, "made", o->now_ms);
    figures_json_time(j, "since", o->since_ms);
    figures_json_time(j, "until", o->until_ms);
    json_str(j, "profile", o->profile);
    json_str(j, "node", o->node);
    json_bool(j, "damaged", o->damaged);
    figures_json_time(j, "first", r->t->first_ms);
    figures_json_time(j, "last", r->t->last_ms);
    json_open(j, "total", '{');
    figures_json(j, &r->t->total);
    json_count(j, "unended", r->t->pending);
    json_close(j, '}');
}

void report_print_json(const struct report *r, struct buf *out)
{
    static const struct {
        const char *key;
        enum dimension d;
    } ranked[] = {
        { "profiles", BY_PROFILE }, { "nodes", BY_NODE },       { "agents", BY_AGENT },
        { "standards", BY_STANDARD }, { "carriers", BY_CARRIER }, { "formats", BY_FORMAT },
        { "media_types", BY_TYPE }, { "hosts", BY_HOST },       { "undecided", BY_REASON },
        { "conflicting_usages", BY_CONFLICT },                  { "gap_reasons", BY_GAP },
    };
    size_t top = r->options.top;
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    print_head(&j, r);
    print_series(&j, &r->series);
    for (size_t i = 0; i < sizeof ranked / sizeof *ranked; i++)
        print_ranked(&j, ranked[i].key, &r->by[ranked[i].d]);
    print_ranked(&j, "tunnel_hosts", &r->by[BY_TUNNEL]);
    print_ranked(&j, "refused_hosts", &r->refused_hosts);
    print_ranked(&j, "conflict_hosts", &r->conflict_hosts);
    print_ranked(&j, "cut_hosts", &r->cut_hosts);
    print_listing(&j, "conflicts", &r->t->conflicts, top, print_conflict);
    print_listing(&j, "cuts", &r->t->cuts, top, print_cut);
    print_listing(&j, "gaps", &r->t->gaps, top, print_gap);
    print_listing(&j, "removed", &r->t->removed, top, print_removal);
    json_count(&j, "removed_records", r->t->removed_records);
    print_changes(&j, r);
    print_configs(&j, r);
    print_training(&j, r);
    json_close(&j, '}');
    buf_putc(out, '\n');
}
