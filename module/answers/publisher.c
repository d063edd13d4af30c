/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/publisher.h"

#include "syntax/json_scan.h"
#include "syntax/utf8.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_MAX 6144 /* bytes: a raw value, two URLs and names */
#define MONTH_TEXT 7 /* "2026-11" */

static void set_up(struct publisher *p)
{
    keyed_init(&p->hosts, sizeof(struct publisher_row), PUBLISHER_ROWS_MAX);
    keyed_init(&p->months, sizeof(struct publisher_row), PUBLISHER_ROWS_MAX);
    keyed_init(&p->profiles, sizeof(struct publisher_row), PUBLISHER_ROWS_MAX);
    keyed_init(&p->statements, sizeof(struct publisher_statement), PUBLISHER_ROWS_MAX);
    keyed_init(&p->files, sizeof(struct publisher_file), PUBLISHER_ROWS_MAX);
}

static void tear_down(struct publisher *p)
{
    keyed_free(&p->hosts);
    keyed_free(&p->months);
    keyed_free(&p->profiles);
    keyed_free(&p->statements);
    keyed_free(&p->files);
    free(p->fetch);
    free(p->by_host);
    free(p->by_month);
    free(p->by_profile);
    free(p->said);
    free(p->relied);
}

struct publisher *publisher_new(const char *name, bool tagged_kept)
{
    struct publisher *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->name = name;
    p->tagged_kept = tagged_kept;
    set_up(p);
    return p;
}

void publisher_free(struct publisher *p)
{
    if (p)
        tear_down(p);
    free(p);
}

size_t publisher_bytes(const struct publisher *p)
{
    return sizeof *p + p->hosts.arena.used + p->months.arena.used + p->profiles.arena.used +
           p->statements.arena.used + p->files.arena.used + p->room * sizeof *p->fetch;
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

static void copy_id(char to[ULID_ROOM], struct slice id)
{
    struct slice kept = utf8_clip(id, ULID_ROOM - 1);
    if (kept.n)
        memcpy(to, kept.p, kept.n);
    to[kept.n] = '\0';
}

/* ---- what was fetched ---- */

static struct publisher_row *add_row(struct publisher *p, struct keyed *t, struct slice key,
                                     const struct figures *f, int64_t first, int64_t last)
{
    struct publisher_row *row = keyed_row(t, key);
    if (!row) {
        p->exceeded = true;
        return NULL;
    }
    if (!row->number)
        row->number = (uint32_t)t->n;
    figures_add(&row->f, f);
    widen(&row->first_ms, &row->last_ms, first, last);
    return row;
}

static void add_fetch(struct publisher *p, const struct publisher_fetch *f)
{
    if (p->fetches == PUBLISHER_FETCHES_MAX) {
        p->exceeded = true;
        return;
    }
    if (p->fetches == p->room) {
        size_t room = p->room ? p->room * 2 : 256;
        struct publisher_fetch *more = realloc(p->fetch, room * sizeof *more);
        if (!more) {
            p->failed = true;
            return;
        }
        p->fetch = more;
        p->room = room;
    }
    p->fetch[p->fetches++] = *f;
}

/* ---- what was said ---- */

static void join(struct buf *key, struct slice part)
{
    for (size_t i = 0; i < part.n; i++) /* a line end parts the key */
        (void)buf_putc(key, part.p[i] == '\n' ? ' ' : (char)part.p[i]);
    (void)buf_putc(key, '\n');
}

static struct slice describe_place(struct arena *a, const struct statement_view *s)
{
    char text[SIGNAL_PART_MAX + 64];
    struct slice kind = s->place_kind;
    int n = 0;
    if (slice_eq(kind, SLICE_OF("header-line")))
        n = snprintf(text, sizeof text, "header line %llu", (unsigned long long)s->at);
    else if (slice_eq(kind, SLICE_OF("part")))
        n = snprintf(text, sizeof text, "%.*s, byte %llu", SLICE_FMT(utf8_clip(s->part, SIGNAL_PART_MAX)),
                     (unsigned long long)s->at);
    else if (kind.n)
        n = snprintf(text, sizeof text, "%.*s %llu", SLICE_FMT(utf8_clip(kind, 32)),
                     (unsigned long long)s->at);
    return arena_copy(a, slice_of(text, n > 0 ? (size_t)n : 0), SIZE_MAX);
}

/* From a record, or of another thread's. */
static void see_statement(struct publisher_statement *row, int64_t first, int64_t last,
                          const char *first_id, const char *last_id)
{
    if (last > row->last_ms || (last == row->last_ms && strcmp(last_id, row->last_id) > 0))
        memcpy(row->last_id, last_id, ULID_ROOM);
    if (!row->first_ms || first < row->first_ms ||
        (first == row->first_ms && strcmp(first_id, row->first_id) < 0))
        memcpy(row->first_id, first_id, ULID_ROOM);
    widen(&row->first_ms, &row->last_ms, first, last);
}

static bool is_first(const struct publisher_statement *row, int64_t ms, const char *id)
{
    return !row->first_ms || ms < row->first_ms ||
           (ms == row->first_ms && strcmp(id, row->first_id) < 0);
}

static void take_statement(struct publisher *p, const struct line_view *v,
                           const struct statement_view *s, const char *id)
{
    char prefs[PREFS_TEXT];
    struct buf key;
    buf_init(&key, KEY_MAX);
    const struct slice parts[] = { v->host, s->standard, s->carrier, s->scope, s->agent,
                                   slice_of(prefs, prefs_text(&s->prefs, prefs)), s->grade,
                                   s->phrase, s->confidence, s->url, s->raw };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        join(&key, parts[i]);
    struct publisher_statement *row = keyed_row(&p->statements, buf_slice(&key));
    buf_free(&key);
    if (!row) {
        p->exceeded = true;
        return;
    }
    struct arena *a = &p->statements.arena;
    if (is_first(row, v->time_ms, id)) {
        row->place = describe_place(a, s);
        row->url = arena_copy(a, v->url, SIGNAL_URL_MAX);
        row->note = arena_copy(a, s->note, 256);
        row->prefs = s->prefs;
        row->raw_cut = s->raw_cut;
    }
    row->records++;
    row->deciding += s->deciding;
    see_statement(row, v->time_ms, v->time_ms, id, id);
}

/* ---- what was relied on ---- */

static struct slice text_member(struct slice object, const char *name)
{
    struct slice inner;
    return json_is_text(json_member(object, slice_cstr(name)), &inner) ? inner : SLICE_EMPTY;
}

static void see_file(struct publisher_file *row, struct arena *a, uint64_t records, int64_t first,
                     int64_t last, const char *id, struct slice fetched_at)
{
    bool earlier = !row->fetched_at.n ||
                   (fetched_at.n == row->fetched_at.n &&
                    memcmp(fetched_at.p, row->fetched_at.p, fetched_at.n) < 0);
    if (fetched_at.n && earlier)
        row->fetched_at = arena_copy(a, fetched_at, 32);
    if (!row->first_ms || first < row->first_ms ||
        (first == row->first_ms && strcmp(id, row->first_id) < 0))
        memcpy(row->first_id, id, ULID_ROOM);
    widen(&row->first_ms, &row->last_ms, first, last);
    row->records += records;
}

/* `plain` holds texts of the bundle, whose escapes are undone. */
static void take_file(struct publisher *p, const struct line_view *v, struct slice bundle,
                      struct slice file, const char *id)
{
    struct buf key, plain;
    struct slice origin = text_member(bundle, "origin"), none = SLICE_EMPTY;
    const struct slice parts[] = {
        origin.n ? origin : text_member(bundle, "licence"), text_member(file, "file"),
        text_member(file, "state"), text_member(file, "url"), text_member(file, "sha256"),
        json_member(file, SLICE_OF("status")), text_member(file, "source"),
        origin.n ? text_member(bundle, "token") : none,
    };
    buf_init(&key, KEY_MAX);
    buf_init(&plain, KEY_MAX);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_clear(&plain);
        if (parts[i].n)
            json_unescape(parts[i], &plain);
        join(&key, buf_slice(&plain));
    }
    struct publisher_file *row = keyed_row(&p->files, buf_slice(&key));
    buf_free(&key);
    buf_free(&plain);
    if (row)
        see_file(row, &p->files.arena, 1, v->time_ms, v->time_ms, id,
                 text_member(file, "fetched_at"));
    else
        p->exceeded = true;
}

static void take_sites(struct publisher *p, const struct line_view *v, const char *id)
{
    struct json_scan s;
    struct slice none, file;
    for (size_t i = 0; i < v->sites; i++) {
        struct slice bundle = line_view_bundle(v, i);
        if (!bundle.n || !json_scan_open(&s, json_member(bundle, SLICE_OF("files"))))
            continue;
        while (json_scan_next(&s, &none, &file))
            take_file(p, v, bundle, file, id);
    }
}

/* ---- records ---- */

static void take_record(struct publisher *p, const struct line_view *v)
{
    char id[ULID_ROOM];
    struct figures f;
    copy_id(id, v->id);
    figures_of(v, p->tagged_kept, &f);
    figures_add(&p->total, &f);
    widen(&p->first_ms, &p->last_ms, v->time_ms, v->time_ms);
    const struct publisher_row *host =
        add_row(p, &p->hosts, v->host, &f, v->time_ms, v->time_ms);
    (void)add_row(p, &p->months, slice_sub(v->time, 0, MONTH_TEXT), &f, v->time_ms, v->time_ms);
    (void)add_row(p, &p->profiles, v->profile, &f, v->time_ms, v->time_ms);
    if (host && f.of[F_FETCHED])
        add_fetch(p, &(struct publisher_fetch){ v->time_ms, f.of[F_FETCHED], f.of[F_KEPT],
                                                host->number });
    for (size_t i = 0; i < v->signals; i++)
        take_statement(p, v, &v->signal[i], id);
    take_sites(p, v, id);
}

void publisher_take(struct publisher *p, const struct line_view *v)
{
    if (v->event == LINE_FINAL)
        take_record(p, v);
    else if (v->event == LINE_PENDING)
        p->pending++;
    else if (v->event == LINE_GAP)
        p->gaps++;
    else {
        p->removed++;
        p->removed_records += v->lost > 0 ? (uint64_t)v->lost : 0;
    }
}

/* ---- two become one ---- */

static void merge_rows(struct publisher *p, struct keyed *to, const struct keyed *from)
{
    size_t at = 0;
    const struct publisher_row *r;
    while ((r = keyed_next(from, &at)))
        (void)add_row(p, to, r->head.key, &r->f, r->first_ms, r->last_ms);
}

static void merge_statements(struct publisher *p, const struct keyed *from)
{
    size_t at = 0;
    const struct publisher_statement *s;
    struct arena *a = &p->statements.arena;
    while ((s = keyed_next(from, &at))) {
        struct publisher_statement *row = keyed_row(&p->statements, s->head.key);
        if (!row) {
            p->exceeded = true;
            continue;
        }
        if (is_first(row, s->first_ms, s->first_id)) {
            row->place = arena_copy(a, s->place, SIZE_MAX);
            row->url = arena_copy(a, s->url, SIZE_MAX);
            row->note = arena_copy(a, s->note, SIZE_MAX);
            row->prefs = s->prefs;
            row->raw_cut = s->raw_cut;
        }
        row->records += s->records;
        row->deciding += s->deciding;
        see_statement(row, s->first_ms, s->last_ms, s->first_id, s->last_id);
    }
}

static void merge_files(struct publisher *p, const struct keyed *from)
{
    size_t at = 0;
    const struct publisher_file *f;
    while ((f = keyed_next(from, &at))) {
        struct publisher_file *row = keyed_row(&p->files, f->head.key);
        if (row)
            see_file(row, &p->files.arena, f->records, f->first_ms, f->last_ms, f->first_id,
                     f->fetched_at);
        else
            p->exceeded = true;
    }
}

/* Hosts have other numbers here. */
static void merge_fetches(struct publisher *p, const struct publisher *from)
{
    uint32_t *number = calloc(from->hosts.n + 1, sizeof *number);
    size_t at = 0;
    const struct publisher_row *r;
    if (!number) {
        p->failed = true;
        return;
    }
    while ((r = keyed_next(&from->hosts, &at))) {
        const struct publisher_row *mine = keyed_find(&p->hosts, r->head.key);
        number[r->number] = mine ? mine->number : 0;
    }
    for (size_t i = 0; i < from->fetches; i++) {
        struct publisher_fetch f = from->fetch[i];
        f.host = number[f.host];
        if (f.host)
            add_fetch(p, &f);
    }
    free(number);
}

void publisher_merge(struct publisher *p, struct publisher *from)
{
    figures_add(&p->total, &from->total);
    widen(&p->first_ms, &p->last_ms, from->first_ms, from->last_ms);
    p->pending += from->pending;
    p->gaps += from->gaps;
    p->removed += from->removed;
    p->removed_records += from->removed_records;
    p->exceeded |= from->exceeded;
    p->failed |= from->failed;
    merge_rows(p, &p->hosts, &from->hosts);
    merge_rows(p, &p->months, &from->months);
    merge_rows(p, &p->profiles, &from->profiles);
    merge_statements(p, &from->statements);
    merge_files(p, &from->files);
    merge_fetches(p, from);
    tear_down(from);
    *from = (struct publisher){ .name = from->name, .tagged_kept = from->tagged_kept };
    set_up(from);
}

/* ---- in order ---- */

static int by_key(const void *a, const void *b)
{
    const struct keyed_row *x = *(void *const *)a, *y = *(void *const *)b;
    size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
    int k = n ? memcmp(x->key.p, y->key.p, n) : 0;
    return k ? k : (x->key.n > y->key.n) - (x->key.n < y->key.n);
}

static int by_records(const void *a, const void *b)
{
    const struct publisher_row *x = *(void *const *)a, *y = *(void *const *)b;
    return x->f.of[F_RECORDS] != y->f.of[F_RECORDS]
               ? (x->f.of[F_RECORDS] < y->f.of[F_RECORDS] ? 1 : -1)
               : by_key(a, b);
}

static int by_first(const void *a, const void *b)
{
    const struct publisher_statement *x = *(void *const *)a, *y = *(void *const *)b;
    return x->first_ms != y->first_ms ? (x->first_ms < y->first_ms ? -1 : 1) : by_key(a, b);
}

static int by_relied(const void *a, const void *b)
{
    const struct publisher_file *x = *(void *const *)a, *y = *(void *const *)b;
    return x->first_ms != y->first_ms ? (x->first_ms < y->first_ms ? -1 : 1) : by_key(a, b);
}

static int by_host_and_time(const void *a, const void *b)
{
    const struct publisher_fetch *x = a, *y = b;
    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    return x->time_ms != y->time_ms ? (x->time_ms < y->time_ms ? -1 : 1) : 0;
}

/* The first fetch of that host that is not before. */
static size_t first_at(const struct publisher *p, uint32_t host, int64_t ms)
{
    size_t low = 0, high = p->fetches;
    const struct publisher_fetch key = { ms, 0, 0, host };
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (by_host_and_time(&p->fetch[mid], &key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Fetches carry sums up to and with them from here on. */
static void add_up_fetches(struct publisher *p)
{
    qsort(p->fetch, p->fetches, sizeof *p->fetch, by_host_and_time);
    for (size_t i = 1; i < p->fetches; i++) {
        p->fetch[i].fetched += p->fetch[i - 1].fetched;
        p->fetch[i].kept += p->fetch[i - 1].kept;
    }
}

static void look_before(struct publisher *p, struct publisher_statement *s)
{
    struct slice key = s->head.key, host = SLICE_EMPTY;
    (void)slice_split(&key, '\n', &host);
    const struct publisher_row *row = keyed_find(&p->hosts, host);
    if (!row)
        return;
    size_t from = first_at(p, row->number, INT64_MIN);
    size_t to = first_at(p, row->number, s->first_ms);
    s->before = to - from;
    if (to == from)
        return;
    s->before_fetched = p->fetch[to - 1].fetched - (from ? p->fetch[from - 1].fetched : 0);
    s->before_kept = p->fetch[to - 1].kept - (from ? p->fetch[from - 1].kept : 0);
}

enum optout_rc publisher_finish(struct publisher *p)
{
    p->by_host = keyed_sorted(&p->hosts, by_records);
    p->by_month = keyed_sorted(&p->months, by_key);
    p->by_profile = keyed_sorted(&p->profiles, by_records);
    p->said = keyed_sorted(&p->statements, by_first);
    p->relied = keyed_sorted(&p->files, by_relied);
    if (p->failed || !p->by_host || !p->by_month || !p->by_profile || !p->said || !p->relied)
        return OPTOUT_E_NOMEM;
    if (p->fetches)
        add_up_fetches(p);
    for (size_t i = 0; i < p->statements.n; i++)
        look_before(p, p->said[i]);
    return OPTOUT_OK;
}
