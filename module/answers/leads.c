/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/leads.h"

#include "core/clock.h"
#include "syntax/json.h"
#include "syntax/utf8.h"

#include <stdlib.h>

#define KEY_MAX (SUMS_KEY_MAX + WAY_TARGET_MAX + 64)
#define LABEL_MAX 512

static void set_up(struct leads *l)
{
    keyed_init(&l->rows, sizeof(struct lead_row), LEADS_ROWS_MAX);
    keyed_init(&l->ways, sizeof(struct way_row), LEADS_ROWS_MAX);
}

static void tear_down(struct leads *l)
{
    keyed_free(&l->rows);
    keyed_free(&l->ways);
    free(l->lead);
    free(l->sorted);
}

struct leads *leads_new(const struct domains *d, bool by_domain)
{
    struct leads *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->domains = d;
    l->by_domain = by_domain;
    set_up(l);
    return l;
}

void leads_free(struct leads *l)
{
    if (l)
        tear_down(l);
    free(l);
}

size_t leads_bytes(const struct leads *l)
{
    return sizeof *l + l->rows.arena.used + l->ways.arena.used;
}

/* ---- first and last ---- */

struct span {
    int64_t first_ms, last_ms;
    const char *first_id, *last_id;
};

/* True when the first one is earlier than what was there. */
static bool see(const struct span *s, int64_t *first_ms, int64_t *last_ms, char *first_id,
                char *last_id)
{
    bool earlier = !*first_ms || s->first_ms < *first_ms ||
                   (s->first_ms == *first_ms && strcmp(s->first_id, first_id) < 0);
    if (s->last_ms > *last_ms || (s->last_ms == *last_ms && strcmp(s->last_id, last_id) > 0)) {
        *last_ms = s->last_ms;
        memcpy(last_id, s->last_id, ULID_ROOM);
    }
    if (earlier) {
        *first_ms = s->first_ms;
        memcpy(first_id, s->first_id, ULID_ROOM);
    }
    return earlier;
}

/* ---- ways ---- */

static struct slice key_of_way(struct slice who, const struct lead_way *w, char key[KEY_MAX])
{
    const char *kind = way_kind_name(w->kind);
    size_t n = 0, k = strlen(kind);
    memcpy(key, who.p, who.n);
    n = who.n;
    key[n++] = '\n';
    memcpy(key + n, kind, k);
    n += k;
    key[n++] = '\n';
    memcpy(key + n, w->target.p, w->target.n);
    return slice_of(key, n + w->target.n);
}

static void add_way(struct leads *l, struct slice who, const struct lead_way *w,
                    const struct statement_view *s, const struct span *at)
{
    char key[KEY_MAX];
    if (!w->target.n || w->target.n > WAY_TARGET_MAX)
        return;
    struct way_row *row = keyed_row(&l->ways, key_of_way(who, w, key));
    if (!row) {
        l->exceeded = true;
        return;
    }
    struct arena *a = &l->ways.arena;
    row->kind = w->kind;
    row->records++;
    if (!see(at, &row->first_ms, &row->last_ms, row->first_id, row->last_id))
        return;
    row->standard = arena_copy(a, s ? s->standard : SLICE_OF(""), 64);
    row->carrier = arena_copy(a, s ? s->carrier : SLICE_OF(""), 64);
    row->confidence = arena_copy(a, !s ? SLICE_OF("") : s->confidence.n ? s->confidence
                                                                       : SLICE_OF("exact"), 16);
    row->raw = arena_copy(a, utf8_clip(s ? s->raw : SLICE_OF(""), LABEL_MAX), LABEL_MAX);
}

/* Where the record says to turn to, when no statement of it says so itself. */
static void add_contact(struct leads *l, const struct line_view *v, struct slice who,
                        const struct span *at)
{
    for (size_t i = 0; i < v->signals; i++)
        if (slice_eq(v->signal[i].url, v->contact))
            return;
    if (v->contact.n && way_target_is_fine(v->contact))
        add_way(l, who, &(struct lead_way){ WAY_CONTACT, v->contact }, NULL, at);
}

/* Statements of another page's, about this one, are its publisher's too. */
static void add_ways(struct leads *l, const struct line_view *v, struct slice who,
                     const struct span *at)
{
    char room[WAY_TARGET_MAX];
    struct lead_way ways[WAYS_OF_STATEMENT];
    for (size_t i = 0; i < v->signals; i++) {
        size_t n = lead_ways(v, i, room, ways);
        for (size_t k = 0; k < n; k++)
            add_way(l, who, &ways[k], &v->signal[i], at);
    }
    add_contact(l, v, who, at);
}

/* ---- refusals ---- */

static void add_refusal(struct leads *l, const struct line_view *v, struct slice who,
                        const struct span *at)
{
    struct lead_row *row = keyed_row(&l->rows, who);
    uint64_t announced = v->length > 0 ? (uint64_t)v->length : 0;
    uint64_t bytes = announced > v->seen ? announced : v->seen;
    bool refused = v->action == DID_BLOCK || v->action == DID_CUT;
    if (!row) {
        l->exceeded = true;
        return;
    }
    row->refused += refused;
    row->would += !refused;
    row->reserved += v->decision == SAID_RESERVED;
    row->conditional += v->decision == SAID_CONDITIONAL;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        row->by_purpose[u] += (v->purpose & usage_bit((enum usage)u)) != 0;
    if (v->request) {
        row->unfetched++;
    } else {
        row->bytes += bytes;
        row->by_mode[modality_of(v)]++;
        row->bytes_by_mode[modality_of(v)] += bytes;
    }
    (void)see(at, &row->first_ms, &row->last_ms, row->first_id, row->last_id);
}

static bool is_refusal(const struct line_view *v)
{
    bool publishers = v->decision == SAID_RESERVED || v->decision == SAID_CONDITIONAL;
    bool would = v->monitor && (v->would == DID_BLOCK || v->would == DID_CUT);
    return publishers && (v->action == DID_BLOCK || v->action == DID_CUT || would);
}

void leads_take(struct leads *l, const struct line_view *v)
{
    char id[ULID_ROOM], room[DOMAIN_HOST_MAX + 1];
    if (v->event != LINE_FINAL || !v->host.n)
        return;
    struct slice kept = utf8_clip(v->id, ULID_ROOM - 1);
    if (kept.n)
        memcpy(id, kept.p, kept.n);
    memset(id + kept.n, 0, ULID_ROOM - kept.n);
    struct slice who = l->by_domain ? domain_of(l->domains, v->host, room) : v->host;
    who = utf8_clip(who, SUMS_KEY_MAX);
    const struct span at = { v->time_ms, v->time_ms, id, id };
    if (v->signals || v->contact.n)
        add_ways(l, v, who, &at);
    if (is_refusal(v))
        add_refusal(l, v, who, &at);
}

/* ---- two become one ---- */

static void merge_leads(struct leads *l, const struct keyed *from)
{
    size_t at = 0;
    const struct lead_row *f;
    while ((f = keyed_next(from, &at))) {
        struct lead_row *row = keyed_row(&l->rows, f->head.key);
        if (!row) {
            l->exceeded = true;
            continue;
        }
        row->refused += f->refused;
        row->would += f->would;
        row->unfetched += f->unfetched;
        row->bytes += f->bytes;
        row->reserved += f->reserved;
        row->conditional += f->conditional;
        for (unsigned m = 0; m < MODE_COUNT; m++) {
            row->by_mode[m] += f->by_mode[m];
            row->bytes_by_mode[m] += f->bytes_by_mode[m];
        }
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            row->by_purpose[u] += f->by_purpose[u];
        (void)see(&(struct span){ f->first_ms, f->last_ms, f->first_id, f->last_id },
                  &row->first_ms, &row->last_ms, row->first_id, row->last_id);
    }
}

static void merge_ways(struct leads *l, const struct keyed *from)
{
    size_t at = 0;
    const struct way_row *f;
    struct arena *a = &l->ways.arena;
    while ((f = keyed_next(from, &at))) {
        struct way_row *row = keyed_row(&l->ways, f->head.key);
        if (!row) {
            l->exceeded = true;
            continue;
        }
        row->kind = f->kind;
        row->records += f->records;
        if (!see(&(struct span){ f->first_ms, f->last_ms, f->first_id, f->last_id },
                 &row->first_ms, &row->last_ms, row->first_id, row->last_id))
            continue;
        row->standard = arena_copy(a, f->standard, SIZE_MAX);
        row->carrier = arena_copy(a, f->carrier, SIZE_MAX);
        row->confidence = arena_copy(a, f->confidence, SIZE_MAX);
        row->raw = arena_copy(a, f->raw, SIZE_MAX);
    }
}

void leads_merge(struct leads *l, struct leads *from)
{
    merge_leads(l, &from->rows);
    merge_ways(l, &from->ways);
    l->exceeded |= from->exceeded;
    tear_down(from);
    *from = (struct leads){ .domains = from->domains, .by_domain = from->by_domain };
    set_up(from);
}

/* ---- in order ---- */

static int by_name(const struct lead_row *a, const struct lead_row *b)
{
    size_t n = a->head.key.n < b->head.key.n ? a->head.key.n : b->head.key.n;
    int k = n ? memcmp(a->head.key.p, b->head.key.p, n) : 0;
    return k ? k : (a->head.key.n > b->head.key.n) - (a->head.key.n < b->head.key.n);
}

static int by_refusals(const void *x, const void *y)
{
    const struct lead_row *a = *(void *const *)x, *b = *(void *const *)y;
    uint64_t m = a->refused + a->would, n = b->refused + b->would;
    if (m != n)
        return m < n ? 1 : -1;
    return a->bytes != b->bytes ? (a->bytes < b->bytes ? 1 : -1) : by_name(a, b);
}

static int by_bytes_refused(const void *x, const void *y)
{
    const struct lead_row *a = *(void *const *)x, *b = *(void *const *)y;
    return a->bytes != b->bytes ? (a->bytes < b->bytes ? 1 : -1) : by_refusals(x, y);
}

static struct slice who_of(const struct way_row *w)
{
    return slice_sub(w->head.key, 0, slice_find(w->head.key, '\n'));
}

static struct slice target_of(const struct way_row *w)
{
    struct slice rest = slice_from(w->head.key, who_of(w).n + 1);
    return slice_from(rest, slice_find(rest, '\n') + 1);
}

/* By publisher, then the better kind, then what was said more often. */
static int by_way(const void *x, const void *y)
{
    const struct way_row *a = *(void *const *)x, *b = *(void *const *)y;
    struct slice m = who_of(a), n = who_of(b);
    size_t common = m.n < n.n ? m.n : n.n;
    int k = common ? memcmp(m.p, n.p, common) : 0;
    if (k || m.n != n.n)
        return k ? k : (m.n < n.n ? -1 : 1);
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->records != b->records)
        return a->records < b->records ? 1 : -1;
    m = target_of(a);
    n = target_of(b);
    common = m.n < n.n ? m.n : n.n;
    k = common ? memcmp(m.p, n.p, common) : 0;
    return k ? k : (m.n > n.n) - (m.n < n.n);
}

enum optout_rc leads_finish(struct leads *l, bool by_bytes)
{
    l->lead = keyed_sorted(&l->rows, by_bytes ? by_bytes_refused : by_refusals);
    l->sorted = keyed_sorted(&l->ways, by_way);
    if (!l->lead || !l->sorted)
        return OPTOUT_E_NOMEM;
    l->n = l->rows.n;
    for (size_t i = 0; i < l->ways.n; i++) {
        struct lead_row *row = keyed_find(&l->rows, who_of(l->sorted[i]));
        if (row && !row->way)
            row->way = l->sorted + i;
        if (row)
            row->ways++;
    }
    return OPTOUT_OK;
}

/* ---- JSON ---- */

static void print_time(struct json *j, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_text(ms, text);
    json_str(j, key, text);
}

static void print_evidence(struct json *j, const char *first, const char *last)
{
    json_open(j, "evidence", '[');
    json_str(j, NULL, first);
    if (strcmp(first, last) != 0)
        json_str(j, NULL, last);
    json_close(j, ']');
}

static void print_content(struct json *j, const struct lead_row *row)
{
    json_open(j, "content", '{');
    for (unsigned m = 0; m < MODE_COUNT; m++) {
        if (!row->by_mode[m])
            continue;
        json_open(j, modality_name((enum modality)m), '{');
        json_count(j, "refusals", row->by_mode[m]);
        json_count(j, "bytes", row->bytes_by_mode[m]);
        json_close(j, '}');
    }
    json_close(j, '}');
    json_open(j, "purposes", '{');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (row->by_purpose[u])
            json_count(j, usage_name((enum usage)u), row->by_purpose[u]);
    json_close(j, '}');
}

static void print_way(struct json *j, const struct way_row *w)
{
    struct slice target = target_of(w);
    json_open(j, NULL, '{');
    json_str(j, "kind", way_kind_name(w->kind));
    json_slice(j, "target", target);
    if (w->kind == WAY_PRICE) {
        json_slice(j, "currency", slice_sub(target, 0, 3));
        json_slice(j, "amount", slice_from(target, 4));
    }
    if (w->standard.n) {
        json_slice(j, "standard", w->standard);
        json_slice(j, "carrier", w->carrier);
        json_slice(j, "confidence", w->confidence);
        json_slice(j, "raw", w->raw);
    }
    json_count(j, "records", w->records);
    print_time(j, "first", w->first_ms);
    print_time(j, "last", w->last_ms);
    print_evidence(j, w->first_id, w->last_id);
    json_close(j, '}');
}

void lead_print_json(const struct leads *l, const struct lead_row *row, struct buf *out)
{
    char room[DOMAIN_HOST_MAX + 1];
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_int(&j, "lead", 1);
    if (!l->by_domain)
        json_slice(&j, "host", row->head.key);
    json_slice(&j, "domain", domain_of(l->domains, row->head.key, room));
    json_count(&j, "refused", row->refused);
    json_count(&j, "would_refuse", row->would);
    json_count(&j, "unfetched", row->unfetched);
    json_count(&j, "bytes", row->bytes);
    json_count(&j, "reserved", row->reserved);
    json_count(&j, "conditional", row->conditional);
    print_content(&j, row);
    print_time(&j, "first", row->first_ms);
    print_time(&j, "last", row->last_ms);
    print_evidence(&j, row->first_id, row->last_id);
    json_open(&j, "ways", '[');
    for (size_t i = 0; i < row->ways; i++)
        print_way(&j, row->way[i]);
    json_close(&j, ']');
    json_close(&j, '}');
    buf_putc(out, '\n');
}
