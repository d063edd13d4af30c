/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/sums.h"

#include "syntax/json_scan.h"
#include "syntax/utf8.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR_TEXT 13 /* "2026-11-30T10" */

struct settings_row {
    struct keyed_row head;
    struct slice text; /* in the table's arena */
};

static void empty(struct sums *t)
{
    struct sums_options o = t->options;
    *t = (struct sums){ .options = o, .serial = t->serial };
    for (size_t d = 0; d < DIMENSIONS; d++)
        keyed_init(&t->by[d].rows, sizeof(struct sums_row), o.rows_max);
    keyed_init(&t->settings, sizeof(struct settings_row), SUMS_SETTINGS_MAX);
    keyed_init(&t->bundles, sizeof(struct bundle_row), o.rows_max);
}

static void free_tables(struct sums *t)
{
    for (size_t d = 0; d < DIMENSIONS; d++)
        keyed_free(&t->by[d].rows);
    keyed_free(&t->settings);
    keyed_free(&t->bundles);
}

struct sums *sums_new(const struct sums_options *o)
{
    struct sums *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    t->options = *o;
    t->serial = 0;
    empty(t);
    return t;
}

void sums_free(struct sums *t)
{
    if (t)
        free_tables(t);
    free(t);
}

size_t sums_bytes(const struct sums *t)
{
    size_t n = sizeof *t + t->settings.arena.used + t->bundles.arena.used +
               t->bundles.slots * sizeof(void *);
    for (size_t d = 0; d < DIMENSIONS; d++)
        n += t->by[d].rows.arena.used + t->by[d].rows.slots * sizeof(void *);
    return n;
}

/* ---- rows ---- */

static struct sums_row *row_of(struct sums *t, enum dimension d, struct slice key)
{
    uint8_t cut[SUMS_KEY_MAX + 4];
    if (key.n > SUMS_KEY_MAX) {
        struct slice kept = utf8_clip(key, SUMS_KEY_MAX);
        memcpy(cut, kept.p, kept.n);
        memcpy(cut + kept.n, "\xE2\x80\xA6", 3);
        key = slice_of(cut, kept.n + 3);
    }
    struct sums_row *last = t->by[d].last; /* nodes, hours and hosts come in runs */
    if (last && slice_eq(last->head.key, key))
        return last;
    struct sums_row *row = keyed_row(&t->by[d].rows, key);
    if (row)
        t->by[d].last = row;
    return row ? row : &t->by[d].others;
}

static void widen(int64_t *first, int64_t *last, int64_t from, int64_t to)
{
    if (!from)
        return;
    if (!*first || from < *first)
        *first = from;
    if (to > *last)
        *last = to;
}

static void copy_text(char *to, size_t size, struct slice s)
{
    struct slice kept = utf8_clip(s, size - 1);
    if (kept.n)
        memcpy(to, kept.p, kept.n);
    to[kept.n] = '\0';
}

/* The example is the first record, and of equal times the smaller id. */
static void take_example(struct sums_row *row, int64_t time_ms, const char *id)
{
    bool earlier = !row->first_id[0] || time_ms < row->first_ms ||
                   (time_ms == row->first_ms && strcmp(id, row->first_id) < 0);
    if (earlier)
        memcpy(row->first_id, id, ULID_ROOM);
}

static bool was_read(const struct line_view *v)
{
    return !v->request && v->seen;
}

static void count(struct sums_row *row, const struct line_view *v, const struct figures *f,
                  const char *id)
{
    figures_add(&row->f, f);
    take_example(row, v->time_ms, id);
    widen(&row->first_ms, &row->last_ms, v->time_ms, v->time_ms);
    if (was_read(v))
        widen(&row->first_read_ms, &row->last_read_ms, v->time_ms, v->time_ms);
}

/* ---- examples ---- */

static bool goes_before(const struct listed *a, const struct listed *b)
{
    return a->weight != b->weight ? a->weight > b->weight : strcmp(a->id, b->id) < 0;
}

static void list(struct listing *l, const struct listed *what)
{
    size_t at = l->n;
    while (at && goes_before(what, &l->v[at - 1]))
        at--;
    if (at == SUMS_LISTED_MAX)
        return;
    if (l->n < SUMS_LISTED_MAX)
        l->n++;
    memmove(&l->v[at + 1], &l->v[at], (l->n - 1 - at) * sizeof *what);
    l->v[at] = *what;
}

static struct listed listed_of(const struct line_view *v)
{
    struct listed l = { .time_ms = v->time_ms };
    copy_text(l.id, sizeof l.id, v->id);
    struct slice kept = utf8_clip(v->url, SUMS_URL_MAX);
    copy_text(l.url, sizeof l.url, kept);
    if (kept.n < v->url.n)
        memcpy(l.url + kept.n, "\xE2\x80\xA6", 4);
    return l;
}

/* ---- records ---- */

/* Each standard and carrier once, however many statements of it there are. */
static void count_once(struct sums_row *row, const struct sums *t, const struct line_view *v,
                       const struct figures *f, const char *id, bool deciding)
{
    if (row->stamp != t->serial) {
        count(row, v, f, id);
        row->stamp = t->serial;
    }
    if (deciding && row->deciding_stamp != t->serial) {
        row->f.of[F_DECIDING]++;
        row->deciding_stamp = t->serial;
    }
}

static struct slice add_text(char *key, size_t size, struct slice have, struct slice more)
{
    if (have.n + 1 < size) {
        key[have.n++] = '\n';
        struct slice kept = utf8_clip(more, size - have.n);
        if (kept.n)
            memcpy(key + have.n, kept.p, kept.n);
        have.n += kept.n;
    }
    return slice_of(key, have.n);
}

static void count_statement(struct sums *t, const struct line_view *v,
                            const struct statement_view *s, const struct figures *f, const char *id)
{
    char key[SUMS_KEY_MAX], prefs[PREFS_TEXT];
    struct slice all = slice_of(key, 0), host = utf8_clip(v->host, 253);
    if (prefs_empty(&s->prefs) || !host.n || s->page.n || slice_eq(s->scope, SLICE_OF("path")))
        return;
    memcpy(key, host.p, host.n);
    all.n = host.n;
    all = add_text(key, sizeof key, all, utf8_clip(s->standard, 24));
    all = add_text(key, sizeof key, all, utf8_clip(s->carrier, 16));
    all = add_text(key, sizeof key, all, utf8_clip(s->agent, 32));
    all = add_text(key, sizeof key, all, slice_of(prefs, prefs_text(&s->prefs, prefs)));
    count_once(row_of(t, BY_STATEMENT, all), t, v, f, id, s->deciding);
}

static void count_signals(struct sums *t, const struct line_view *v, const struct figures *f,
                          const char *id)
{
    for (size_t i = 0; i < v->signals; i++) {
        const struct statement_view *s = &v->signal[i];
        count_once(row_of(t, BY_STANDARD, s->standard), t, v, f, id, s->deciding);
        count_once(row_of(t, BY_CARRIER, s->carrier), t, v, f, id, s->deciding);
        count_statement(t, v, s, f, id);
    }
}

static void count_reasons(struct sums *t, const struct line_view *v, const struct figures *f,
                          const char *id)
{
    for (size_t i = 0; i < v->reasons; i++) {
        struct figures mine = *f;
        mine.of[F_UNDECIDED] = i == 0 && v->decision == SAID_UNDECIDED;
        count(row_of(t, BY_REASON, v->reason[i]), v, &mine, id);
        if (slice_eq(v->reason[i], slice_cstr(undecided_name(UNDECIDED_TUNNEL))))
            count(row_of(t, BY_TUNNEL, v->host), v, f, id);
    }
}

static void count_conflicts(struct sums *t, const struct line_view *v, const struct figures *f,
                            const char *id)
{
    struct listed l;
    size_t n = 0;
    if (!v->conflicts)
        return;
    l = listed_of(v);
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        const char *name = usage_name((enum usage)u);
        if (!(v->conflicts & usage_bit((enum usage)u)))
            continue;
        count(row_of(t, BY_CONFLICT, slice_cstr(name)), v, f, id);
        n += (size_t)snprintf(l.what + n, sizeof l.what - n, "%s%s", n ? " " : "", name);
    }
    l.weight = UINT64_MAX - (uint64_t)v->time_ms;
    t->conflicts.all++;
    list(&t->conflicts, &l);
}

static void count_cut(struct sums *t, const struct line_view *v)
{
    if (v->action != DID_CUT)
        return;
    struct listed l = listed_of(v);
    l.weight = l.a = v->released;
    l.b = v->seen;
    copy_text(l.what, sizeof l.what, slice_cstr(decision_word(v->decision)));
    t->cuts.all++;
    list(&t->cuts, &l);
}

static void keep_settings(struct sums *t, struct slice config, struct slice text)
{
    struct settings_row *row = text.n ? keyed_row(&t->settings, config) : NULL;
    if (row && !row->text.n)
        row->text = arena_copy(&t->settings.arena, text, SIZE_MAX);
}

static void take_settings(struct sums *t, const struct line_view *v)
{
    struct slice inner;
    struct buf plain;
    if (keyed_find(&t->settings, v->config) || t->settings.full ||
        !json_is_text(json_member(v->config_line, SLICE_OF("settings")), &inner))
        return;
    buf_init(&plain, READER_LINE_MAX);
    json_unescape(inner, &plain);
    keep_settings(t, v->config, buf_slice(&plain));
    buf_free(&plain);
}

static void count_config(struct sums *t, const struct line_view *v, const struct figures *f,
                         const char *id)
{
    char key[SUMS_KEY_MAX];
    struct slice node = utf8_clip(v->node, 64), all = slice_of(key, node.n);
    if (node.n)
        memcpy(key, node.p, node.n);
    all = add_text(key, sizeof key, all, utf8_clip(v->config, REFERENCE_ID_SIZE));
    struct sums_row *row = row_of(t, BY_CONFIG, all);
    if (!row->f.of[F_RECORDS])
        take_settings(t, v);
    count(row, v, f, id);
}

/* ---- site files ---- */

/* The example is the first record, and of equal times the smaller id. */
static void see_bundle(struct bundle_row *row, int64_t first, int64_t last, uint64_t records,
                       const char *id)
{
    if (!row->first_ms || first < row->first_ms ||
        (first == row->first_ms && strcmp(id, row->first_id) < 0))
        memcpy(row->first_id, id, ULID_ROOM);
    widen(&row->first_ms, &row->last_ms, first, last);
    row->records += records;
}

static struct slice text_member(struct slice object, const char *name)
{
    struct slice inner;
    return json_is_text(json_member(object, slice_cstr(name)), &inner) ? inner : SLICE_EMPTY;
}

/* Names and states are words of ours; what has escapes is none of them. */
static struct slice file_lines(struct arena *a, struct slice bundle)
{
    struct json_scan s;
    struct slice none, file, all;
    struct buf out;
    buf_init(&out, 16u << 10);
    if (json_scan_open(&s, json_member(bundle, SLICE_OF("files"))))
        while (json_scan_next(&s, &none, &file)) {
            struct slice name = text_member(file, "file"), state = text_member(file, "state");
            struct slice sha256 = slice_sub(text_member(file, "sha256"), 0, 12);
            (void)buf_printf(&out, "%.*s\t%.*s\t%.*s\n", SLICE_FMT(name), SLICE_FMT(state),
                             SLICE_FMT(sha256));
        }
    all = arena_copy(a, buf_slice(&out), SIZE_MAX);
    buf_free(&out);
    return all;
}

static void count_bundle(struct sums *t, const struct line_view *v, size_t i, const char *id)
{
    char key[SUMS_KEY_MAX];
    struct slice host = utf8_clip(v->host, 253), all = slice_of(key, host.n);
    if (!host.n)
        return;
    memcpy(key, host.p, host.n);
    all = add_text(key, sizeof key, all, utf8_clip(v->site[i], REFERENCE_ID_SIZE));
    struct bundle_row *row = keyed_row(&t->bundles, all);
    if (!row)
        return;
    if (!row->records) {
        struct slice bundle = line_view_bundle(v, i);
        bool of_site = text_member(bundle, "origin").n && !text_member(bundle, "token").n;
        row->files = of_site ? file_lines(&t->bundles.arena, bundle) : SLICE_OF("");
    }
    see_bundle(row, v->time_ms, v->time_ms, 1, id);
}

/* "Text/HTML; charset=x" → "text/html" */
static struct slice essence(const struct line_view *v, char room[64])
{
    struct slice s = slice_trim_ows(slice_sub(v->media_type, 0, slice_find(v->media_type, ';')));
    s = utf8_clip(s, 64);
    for (size_t i = 0; i < s.n; i++)
        room[i] = (char)ascii_lower(s.p[i]);
    return slice_of(room, s.n);
}

static void count_record(struct sums *t, const struct line_view *v)
{
    char id[ULID_ROOM] = "", type[64];
    struct figures f;
    copy_text(id, sizeof id, v->id);
    figures_of(v, t->options.tagged_kept, &f);
    t->serial++;
    figures_add(&t->total, &f);
    if (f.of[F_KEPT_RECORDS])
        widen(&t->first_kept_ms, &t->last_kept_ms, v->time_ms, v->time_ms);
    const struct {
        enum dimension d;
        struct slice key;
    } plain[] = {
        { BY_HOUR, slice_sub(v->time, 0, HOUR_TEXT) }, { BY_HOST, v->host },
        { BY_FORMAT, v->inspected }, { BY_TYPE, essence(v, type) },
        { BY_NODE, v->node },       { BY_AGENT, v->agent },
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        count(row_of(t, plain[i].d, plain[i].key), v, &f, id);
    struct sums_row *profile = row_of(t, BY_PROFILE, v->profile);
    count(profile, v, &f, id);
    profile->flags |= v->purpose | (v->monitor ? SUMS_MONITORS : SUMS_ENFORCES);
    count_signals(t, v, &f, id);
    count_reasons(t, v, &f, id);
    count_conflicts(t, v, &f, id);
    count_config(t, v, &f, id);
    count_cut(t, v);
    for (size_t i = 0; i < v->sites; i++)
        count_bundle(t, v, i, id);
}

/* ---- what is no record ---- */

static void count_gap(struct sums *t, const struct line_view *v)
{
    char id[ULID_ROOM] = "";
    struct figures f = { { [F_RECORDS] = 1 } };
    struct listed l = listed_of(v);
    f.of[F_LOST] = v->lost > 0 ? (uint64_t)v->lost : 0;
    f.of[F_LOST_UNKNOWN] = v->lost < 0;
    t->total.of[F_LOST] += f.of[F_LOST];
    t->total.of[F_LOST_UNKNOWN] += f.of[F_LOST_UNKNOWN];
    copy_text(id, sizeof id, v->id);
    count(row_of(t, BY_GAP, v->reason[0]), v, &f, id);
    copy_text(l.what, sizeof l.what, v->reason[0]);
    copy_text(l.url, sizeof l.url, v->segment);
    l.weight = UINT64_MAX - (uint64_t)v->time_ms;
    l.a = v->lost < 0 ? UINT64_MAX : (uint64_t)v->lost;
    l.b = v->torn_bytes;
    t->gaps.all++;
    list(&t->gaps, &l);
}

static void count_removal(struct sums *t, const struct line_view *v)
{
    struct listed l = listed_of(v);
    copy_text(l.what, sizeof l.what, v->reason[0]);
    copy_text(l.url, sizeof l.url, v->segment);
    l.weight = UINT64_MAX - (uint64_t)v->time_ms;
    l.a = v->lost > 0 ? (uint64_t)v->lost : 0;
    l.b = (uint64_t)v->to_ms;
    t->removed_records += l.a;
    t->removed.all++;
    list(&t->removed, &l);
}

struct slice sums_settings(const struct sums *t, struct slice config)
{
    const struct settings_row *row = keyed_find(&t->settings, config);
    return row ? row->text : SLICE_EMPTY;
}

void sums_pending(struct sums *t, const struct line_view *v)
{
    t->pending++;
    widen(&t->first_ms, &t->last_ms, v->time_ms, v->time_ms);
}

void sums_take(struct sums *t, const struct line_view *v)
{
    if (v->event == LINE_REMOVED) { /* no part of the time that there are records of */
        count_removal(t, v);
        return;
    }
    widen(&t->first_ms, &t->last_ms, v->time_ms, v->time_ms);
    if (v->event == LINE_GAP)
        count_gap(t, v);
    else if (v->event == LINE_FINAL)
        count_record(t, v);
}

/* ---- two become one ---- */

static void merge_row(struct sums_row *to, const struct sums_row *from)
{
    if (from->first_id[0])
        take_example(to, from->first_ms, from->first_id);
    figures_add(&to->f, &from->f);
    widen(&to->first_ms, &to->last_ms, from->first_ms, from->last_ms);
    widen(&to->first_read_ms, &to->last_read_ms, from->first_read_ms, from->last_read_ms);
    to->flags |= from->flags;
}

static void merge_bundles(struct sums *t, struct sums *from)
{
    size_t at = 0;
    const struct bundle_row *b;
    while ((b = keyed_next(&from->bundles, &at))) {
        struct bundle_row *row = keyed_row(&t->bundles, b->head.key);
        if (!row)
            continue;
        if (!row->records)
            row->files = arena_copy(&t->bundles.arena, b->files, SIZE_MAX);
        see_bundle(row, b->first_ms, b->last_ms, b->records, b->first_id);
    }
    t->bundles.full |= from->bundles.full;
}

static void merge_listing(struct listing *to, const struct listing *from)
{
    to->all += from->all;
    for (size_t i = 0; i < from->n; i++)
        list(to, &from->v[i]);
}

void sums_merge(struct sums *t, struct sums *from)
{
    figures_add(&t->total, &from->total);
    widen(&t->first_ms, &t->last_ms, from->first_ms, from->last_ms);
    widen(&t->first_kept_ms, &t->last_kept_ms, from->first_kept_ms, from->last_kept_ms);
    t->pending += from->pending;
    for (unsigned d = 0; d < DIMENSIONS; d++) {
        size_t at = 0;
        const struct sums_row *row;
        while ((row = keyed_next(&from->by[d].rows, &at)))
            merge_row(row_of(t, (enum dimension)d, row->head.key), row);
        merge_row(&t->by[d].others, &from->by[d].others);
        t->by[d].rows.full |= from->by[d].rows.full;
        keyed_free(&from->by[d].rows); /* now, for memory */
    }
    merge_bundles(t, from);
    merge_listing(&t->cuts, &from->cuts);
    merge_listing(&t->gaps, &from->gaps);
    merge_listing(&t->removed, &from->removed);
    t->removed_records += from->removed_records;
    merge_listing(&t->conflicts, &from->conflicts);
    size_t at = 0;
    const struct settings_row *s;
    while ((s = keyed_next(&from->settings, &at)))
        keep_settings(t, s->head.key, s->text);
    free_tables(from);
    empty(from);
}
