/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/report.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOURS_SHOWN 72 /* beyond that, days */
#define DAYS_SHOWN 124 /* beyond that, months */
#define HOUR_MS 3600000
#define DAY_MS (24 * (int64_t)HOUR_MS)
#define SHARE 10      /* one domain of so many is listed */
#define SHARE_SME 20
#define LISTED_SME_MAX 1000
#define WIDE_MIN 3 /* fewer records tell nothing of a whole host */

/* ---- ranking ---- */

static int by_key(const void *a, const void *b)
{
    const struct sums_row *x = *(void *const *)a, *y = *(void *const *)b;
    size_t n = x->head.key.n < y->head.key.n ? x->head.key.n : y->head.key.n;
    int k = n ? memcmp(x->head.key.p, y->head.key.p, n) : 0;
    return k ? k : (x->head.key.n > y->head.key.n) - (x->head.key.n < y->head.key.n);
}

/* qsort has no room for what to sort by: one order for each figure that is asked for. */
static int by_figure(enum figure f, const void *a, const void *b)
{
    const struct sums_row *x = *(void *const *)a, *y = *(void *const *)b;
    return x->f.of[f] != y->f.of[f] ? (x->f.of[f] < y->f.of[f] ? 1 : -1) : by_key(a, b);
}

#define ORDER(name, figure)                                  \
    static int name(const void *a, const void *b)            \
    {                                                        \
        return by_figure(figure, a, b);                      \
    }
ORDER(by_records, F_RECORDS)
ORDER(by_cut, F_CUT)
ORDER(by_conflicts, F_CONFLICTS)
ORDER(by_refused, F_REFUSED)
ORDER(by_kept, F_KEPT)
ORDER(by_text, F_KEPT_TEXT)
ORDER(by_image, F_KEPT_IMAGE)
ORDER(by_audio, F_KEPT_AUDIO)
ORDER(by_video, F_KEPT_VIDEO)
ORDER(by_other, F_KEPT_OTHER)

typedef int row_order(const void *, const void *);

static bool rank(const struct sums_dimension *d, row_order *order, enum figure wanted, size_t top,
                 struct ranked *out)
{
    *out = (struct ranked){ .row = keyed_sorted(&d->rows, order), .others = d->others.f,
                            .exceeded = d->rows.full };
    if (!out->row)
        return false;
    while (out->n < d->rows.n && ((const struct sums_row *)out->row[out->n])->f.of[wanted])
        out->n++;
    out->shown = out->n < top ? out->n : top;
    for (size_t i = out->shown; i < out->n; i++)
        figures_add(&out->others, &((const struct sums_row *)out->row[i])->f);
    return true;
}

/* ---- over time ---- */

static void label(int64_t ms, enum series_step step, char out[14])
{
    char text[CLOCK_TEXT];
    clock_text(ms, text);
    snprintf(out, 14, "%.*s", step == STEP_HOUR ? 13 : step == STEP_DAY ? 10 : 7, text);
}

static int64_t after(int64_t ms, enum series_step step)
{
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    if (step != STEP_MONTH || !gmtime_r(&s, &tm))
        return ms + (step == STEP_HOUR ? HOUR_MS : DAY_MS);
    return clock_from_civil(tm.tm_year + 1900 + tm.tm_mon / 11, tm.tm_mon == 11 ? 1 : tm.tm_mon + 2,
                            1, 0, 0, 0) * 1000;
}

static int by_label(const void *a, const void *b)
{
    return strcmp(a, ((const struct series_point *)b)->label);
}

static bool make_series(const struct sums *t, struct series *s)
{
    int64_t span = t->last_ms - t->first_ms, at = t->first_ms;
    size_t walk = 0;
    const struct sums_row *row;
    s->step = span <= HOURS_SHOWN * (int64_t)HOUR_MS ? STEP_HOUR
              : span <= DAYS_SHOWN * DAY_MS        ? STEP_DAY
                                                   : STEP_MONTH;
    s->v = calloc(SERIES_MAX, sizeof *s->v);
    if (!s->v)
        return false;
    at -= at % (s->step == STEP_HOUR ? HOUR_MS : DAY_MS);
    for (; t->first_ms && at <= t->last_ms && s->n < SERIES_MAX; at = after(at, s->step))
        label(at, s->step, s->v[s->n++].label);
    while ((row = keyed_next(&t->by[BY_HOUR].rows, &walk))) {
        char text[14];
        size_t n = s->n ? strlen(s->v[0].label) : 0;
        snprintf(text, sizeof text, "%.*s", (int)(n < row->head.key.n ? n : row->head.key.n),
                 (const char *)row->head.key.p);
        struct series_point *p = bsearch(text, s->v, s->n, sizeof *s->v, by_label);
        if (p)
            figures_add(&p->f, &row->f);
    }
    return true;
}

/* ---- the public summary ---- */

static uint64_t kept_of(const struct summary *s, size_t i)
{
    return ((const struct sums_row *)s->row[i])->f.of[s->by];
}

static size_t with_equals(const struct summary *s, size_t n)
{
    while (n && n < s->domains && kept_of(s, n) == kept_of(s, n - 1))
        n++;
    return n;
}

static void find_domains(struct report *r)
{
    size_t at = 0;
    const struct sums_row *host;
    char room[DOMAIN_HOST_MAX + 1];
    keyed_init(&r->domains, sizeof(struct sums_row), SIZE_MAX); /* no more than hosts */
    while ((host = keyed_next(&r->t->by[BY_HOST].rows, &at))) {
        struct slice name = domain_of(r->options.domains, host->head.key, room);
        struct sums_row *row = keyed_row(&r->domains, name);
        if (row)
            figures_add(&row->f, &host->f);
    }
    domains_source(r->suffixes);
}

static bool summarize(const struct keyed *domains, row_order *order, enum figure by,
                      struct summary *s)
{
    size_t n = domains->n, sme;
    *s = (struct summary){ .by = by, .row = keyed_sorted(domains, order) };
    if (!s->row)
        return false;
    while (s->domains < n && kept_of(s, s->domains))
        s->domains++;
    s->listed = with_equals(s, (s->domains + SHARE - 1) / SHARE);
    sme = (s->domains + SHARE_SME - 1) / SHARE_SME;
    s->listed_sme = with_equals(s, sme < LISTED_SME_MAX ? sme : LISTED_SME_MAX);
    return true;
}

/* ---- what hosts said ---- */

struct slice key_part(struct slice key, unsigned part)
{
    struct slice piece = SLICE_EMPTY;
    for (unsigned i = 0; i <= part; i++)
        if (!slice_split(&key, '\n', &piece))
            return SLICE_EMPTY;
    return piece;
}

/* Host, standard, carrier and agent. */
static struct slice key_of_change(struct slice key)
{
    size_t n = key.n;
    while (n && key.p[n - 1] != '\n')
        n--;
    return slice_sub(key, 0, n);
}

static int by_time(const void *a, const void *b)
{
    const struct sums_row *x = *(void *const *)a, *y = *(void *const *)b;
    return x->first_ms != y->first_ms ? (x->first_ms < y->first_ms ? -1 : 1) : by_key(a, b);
}

/* Times are spread evenly, as far as anybody knows. */
static bool is_wide(const struct change *c, uint64_t read)
{
    double host = (double)(c->host_last_ms - c->host_first_ms) + 1;
    double said = (double)(c->last_ms - c->first_ms) + 1;
    return c->records >= WIDE_MIN && (double)c->records * 2 * host >= (double)read * said;
}

static bool describe(const struct sums *t, void **said, size_t n, struct change *c)
{
    const struct sums_row *first = said[0];
    struct slice key = first->head.key;
    *c = (struct change){ .host = key_part(key, 0), .standard = key_part(key, 1),
                          .carrier = key_part(key, 2), .agent = key_part(key, 3),
                          .said = said, .n = n };
    const struct sums_row *host = keyed_find(&t->by[BY_HOST].rows, c->host);
    bool of_site = slice_eq(c->carrier, SLICE_OF("site-file"));
    if (!host)
        return false;
    qsort(said, n, sizeof *said, by_time);
    c->host_first_ms = of_site ? host->first_ms : host->first_read_ms;
    c->host_last_ms = of_site ? host->last_ms : host->last_read_ms;
    c->host_records = host->f.of[F_RECORDS];
    c->first_ms = ((const struct sums_row *)said[0])->first_ms;
    for (size_t i = 0; i < n; i++) {
        const struct sums_row *row = said[i];
        c->changed |= i && ((const struct sums_row *)said[i - 1])->last_ms < row->first_ms;
        c->last_ms = row->last_ms > c->last_ms ? row->last_ms : c->last_ms;
        c->records += row->f.of[F_RECORDS];
    }
    c->wide = of_site || is_wide(c, host->f.of[F_READ]);
    c->appeared = c->host_first_ms && c->host_first_ms < c->first_ms;
    c->vanished = c->host_last_ms > c->last_ms;
    return c->appeared || c->vanished || c->changed;
}

static int by_weight(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    bool xs = slice_eq(x->carrier, SLICE_OF("site-file"));
    bool ys = slice_eq(y->carrier, SLICE_OF("site-file"));
    if (x->wide != y->wide)
        return x->wide ? -1 : 1;
    if (xs != ys)
        return xs ? -1 : 1;
    if (x->host_records != y->host_records)
        return x->host_records < y->host_records ? 1 : -1;
    return by_key(x->said, y->said);
}

static void add_changes(struct report *r, void **rows, size_t n)
{
    size_t from = 0;
    for (size_t i = 1; i <= n; i++) {
        const struct sums_row *a = rows[from], *b = i < n ? rows[i] : NULL;
        if (b && slice_eq(key_of_change(a->head.key), key_of_change(b->head.key)))
            continue;
        if (describe(r->t, rows + from, i - from, &r->change[r->changes]))
            r->changes++;
        from = i;
    }
}

/* One line of a bundle, as a statement of the host. */
static void add_state(struct report *r, const struct bundle_row *b, struct slice line)
{
    struct buf key;
    struct slice name, state, sha256 = SLICE_EMPTY;
    if (!slice_split(&line, '\t', &name) || !slice_split(&line, '\t', &state))
        return;
    (void)slice_split(&line, '\t', &sha256);
    struct slice host = key_part(b->head.key, 0);
    buf_init(&key, 1024);
    (void)buf_printf(&key, "%.*s\n%.*s\nsite-file\n\n%.*s%s%.*s", SLICE_FMT(host), SLICE_FMT(name),
                     SLICE_FMT(state), sha256.n ? " " : "", SLICE_FMT(sha256));
    struct sums_row *row = keyed_row(&r->site_files, buf_slice(&key));
    buf_free(&key);
    if (!row)
        return;
    if (!row->first_ms || b->first_ms < row->first_ms) {
        row->first_ms = b->first_ms;
        memcpy(row->first_id, b->first_id, ULID_ROOM);
    }
    row->last_ms = b->last_ms > row->last_ms ? b->last_ms : row->last_ms;
    row->f.of[F_RECORDS] += b->records;
}

static void find_site_states(struct report *r)
{
    size_t at = 0;
    const struct bundle_row *b;
    keyed_init(&r->site_files, sizeof(struct sums_row), r->t->options.rows_max);
    while ((b = keyed_next(&r->t->bundles, &at))) {
        struct slice rest = b->files, line;
        while (rest.n && slice_split(&rest, '\n', &line))
            add_state(r, b, line);
    }
}

static bool find_changes(struct report *r)
{
    size_t n = r->t->by[BY_STATEMENT].rows.n;
    find_site_states(r);
    r->statements = keyed_sorted(&r->t->by[BY_STATEMENT].rows, by_key);
    r->site_states = keyed_sorted(&r->site_files, by_key);
    r->change = calloc(n + r->site_files.n + 1, sizeof *r->change);
    if (!r->statements || !r->site_states || !r->change)
        return false;
    add_changes(r, r->site_states, r->site_files.n);
    add_changes(r, r->statements, n);
    qsort(r->change, r->changes, sizeof *r->change, by_weight);
    return true;
}

/* ---- configurations ---- */

static int by_node_and_time(const void *a, const void *b)
{
    const struct config_use *x = a, *y = b;
    size_t n = x->node.n < y->node.n ? x->node.n : y->node.n;
    int k = n ? memcmp(x->node.p, y->node.p, n) : 0;
    if (k || x->node.n != y->node.n)
        return k ? k : (x->node.n < y->node.n ? -1 : 1);
    if (x->row->first_ms != y->row->first_ms)
        return x->row->first_ms < y->row->first_ms ? -1 : 1;
    return memcmp(x->row->first_id, y->row->first_id, ULID_ROOM);
}

static bool find_configs(struct report *r)
{
    const struct keyed *rows = &r->t->by[BY_CONFIG].rows;
    size_t at = 0;
    const struct sums_row *row;
    r->config = calloc(rows->n + 1, sizeof *r->config);
    if (!r->config)
        return false;
    while ((row = keyed_next(rows, &at)))
        r->config[r->configs++] = (struct config_use){ key_part(row->head.key, 0),
                                                       key_part(row->head.key, 1), row, NULL };
    qsort(r->config, r->configs, sizeof *r->config, by_node_and_time);
    for (size_t i = 1; i < r->configs; i++)
        if (slice_eq(r->config[i].node, r->config[i - 1].node))
            r->config[i].before = &r->config[i - 1];
    return true;
}

/* Settings are short and few of them change: each line is looked for. */
static bool has_line(struct slice text, struct slice line)
{
    struct slice one;
    while (slice_split(&text, '\n', &one))
        if (slice_eq(one, line))
            return true;
    return false;
}

bool settings_next_only(struct slice *rest, struct slice b, struct slice *line)
{
    while (slice_split(rest, '\n', line))
        if (line->n && !has_line(b, *line))
            return true;
    return false;
}

/* ---- all of it ---- */

static bool rank_all(struct report *r)
{
    const struct sums *t = r->t;
    size_t top = r->options.top;
    bool ok = true;
    for (unsigned d = 0; d < DIMENSIONS && ok; d++)
        if (d != BY_HOUR && d != BY_STATEMENT && d != BY_CONFIG)
            ok = rank(&t->by[d], by_records, F_RECORDS, top, &r->by[d]);
    return ok && rank(&t->by[BY_HOST], by_cut, F_CUT, top, &r->cut_hosts) &&
           rank(&t->by[BY_HOST], by_conflicts, F_CONFLICTS, top, &r->conflict_hosts) &&
           rank(&t->by[BY_HOST], by_refused, F_REFUSED, top, &r->refused_hosts);
}

static bool summarize_all(struct report *r)
{
    row_order *const orders[SUMMARIES] = { by_kept, by_text, by_image, by_audio, by_video,
                                           by_other };
    bool ok = true;
    find_domains(r);
    for (unsigned i = 0; i < SUMMARIES && ok; i++)
        ok = summarize(&r->domains, orders[i], i ? (enum figure)(F_KEPT_TEXT + i - 1) : F_KEPT,
                       &r->summary[i]);
    return ok;
}

enum optout_rc report_make(const struct sums *t, const struct report_options *o,
                           struct report *out)
{
    *out = (struct report){ .options = *o, .t = t };
    if (rank_all(out) && make_series(t, &out->series) && summarize_all(out) && find_changes(out) &&
        find_configs(out))
        return OPTOUT_OK;
    report_free(out);
    return OPTOUT_E_NOMEM;
}

void report_free(struct report *r)
{
    for (unsigned d = 0; d < DIMENSIONS; d++)
        free(r->by[d].row);
    free(r->cut_hosts.row);
    free(r->conflict_hosts.row);
    free(r->refused_hosts.row);
    free(r->series.v);
    for (unsigned i = 0; i < SUMMARIES; i++)
        free(r->summary[i].row);
    keyed_free(&r->domains);
    free(r->statements);
    free(r->site_states);
    keyed_free(&r->site_files);
    free(r->change);
    free(r->config);
    *r = (struct report){ .t = NULL };
}
