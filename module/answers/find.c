/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/find.h"

#include "audit/record_url.h"
#include "syntax/json_scan.h"

#include <stdlib.h>

#define LINES_MAX (24u << 20) /* bytes of a record with all that it refers to */
#define WHERE_MAX (16u << 10)
#define SITES_MAX 16          /* that a record names */
#define URL_JSON_MAX (16u * RECORD_URL_MAX) /* bytes of a URL with its escapes */

/* ---- what is looked for ---- */

static bool is_id(struct slice what)
{
    for (size_t i = 0; i < what.n; i++)
        if (!ascii_is_alnum(what.p[i]))
            return false;
    return what.n == 26;
}

/* Who names an origin means what is asked for as "/". */
static bool has_no_path(struct slice url)
{
    size_t scheme = slice_find(url, ':');
    struct slice rest = slice_from(url, scheme + 3);
    return slice_starts_nocase(slice_from(url, scheme), SLICE_OF("://")) &&
           slice_find(rest, '/') == rest.n && slice_find(rest, '?') == rest.n &&
           slice_find(rest, '#') == rest.n;
}

/* The string as a record has it, quotes included. */
static void print_url(struct slice what, enum audit_query choice, struct buf *out)
{
    struct buf text;
    struct slice value;
    buf_init(&text, URL_JSON_MAX);
    buf_init(out, URL_JSON_MAX);
    struct json j = json_to(&text);
    json_open(&j, NULL, '{');
    record_print_url(&j, what, choice);
    json_close(&j, '}');
    value = json_member(buf_slice(&text), SLICE_OF("url"));
    buf_append(out, value.p, value.n);
    out->failed = text.failed != OPTOUT_OK ? text.failed : out->failed;
    buf_free(&text);
}

enum optout_rc find_query_make(struct slice what, struct find_query *q)
{
    *q = (struct find_query){ .keep = 1 };
    if (is_id(what)) {
        for (size_t i = 0; i < what.n; i++) {
            char c = (char)ascii_lower(what.p[i]);
            q->id[i] = (char)(c >= 'a' ? c - 32 : c);
        }
        return OPTOUT_OK;
    }
    enum optout_rc rc = OPTOUT_OK;
    struct buf url;
    buf_init(&url, URL_JSON_MAX);
    buf_append(&url, what.p, what.n);
    buf_puts(&url, has_no_path(what) ? "/" : "");
    rc = url.failed;
    for (unsigned i = 0; i < FIND_URLS; i++) {
        print_url(buf_slice(&url), (enum audit_query)i, &q->url[i]);
        rc = q->url[i].failed != OPTOUT_OK ? q->url[i].failed : rc;
    }
    buf_free(&url);
    if (rc != OPTOUT_OK)
        find_query_free(q);
    return rc;
}

void find_query_free(struct find_query *q)
{
    for (unsigned i = 0; i < FIND_URLS && !q->id[0]; i++)
        buf_free(&q->url[i]);
}

/* ---- in a thread of the scan ---- */

struct part {
    const struct find_query *q;
    struct found found;
};

static bool has(struct slice raw, const struct buf *text)
{
    return text->n && memmem(raw.p, raw.n, text->p, text->n);
}

static bool find_wants(const void *self, struct slice raw, const struct scan_head *head)
{
    const struct find_query *const *q = self;
    if ((*q)->id[0])
        return slice_eq(head->id, slice_cstr((*q)->id));
    return has(raw, &(*q)->url[AUDIT_QUERY_KEEP]) || has(raw, &(*q)->url[AUDIT_QUERY_HASH]) ||
           has(raw, &(*q)->url[AUDIT_QUERY_DROP]);
}

static void *find_begin(const void *self, const struct segment_file *file)
{
    const struct find_query *const *q = self;
    struct part *p = calloc(1, sizeof *p);
    (void)file;
    if (p) {
        p->q = *q;
        buf_init(&p->found.where, WHERE_MAX);
    }
    return p;
}

static bool is_set(const struct record_view *config, const char *line)
{
    return !config || slice_find_nocase(config->line, slice_cstr(line)) < config->line.n;
}

/* Of a log that keeps no queries any query may be meant, in others it is another URL. */
static bool is_wanted(const struct part *p, const struct scan_line *line)
{
    const struct find_query *q = p->q;
    struct slice url = line->view.value[FIELD_URL];
    if (q->id[0]) {
        struct slice id;
        return json_is_text(line->view.value[FIELD_ID], &id) && slice_eq(id, slice_cstr(q->id));
    }
    if (slice_eq(url, buf_slice(&q->url[AUDIT_QUERY_KEEP])))
        return true;
    return (slice_eq(url, buf_slice(&q->url[AUDIT_QUERY_HASH])) &&
            is_set(scan_config(line), "optout.AuditQuery hash")) ||
           (slice_eq(url, buf_slice(&q->url[AUDIT_QUERY_DROP])) &&
            is_set(scan_config(line), "optout.AuditQuery drop"));
}

static void put_line(struct buf *out, struct slice line)
{
    if (line.n) {
        buf_append(out, line.p, line.n);
        buf_putc(out, '\n');
    }
}

static void put_sites(struct buf *out, const struct scan_line *line)
{
    struct json_scan s;
    struct slice name, entry, id;
    if (!json_scan_open(&s, line->view.value[FIELD_SITE]))
        return;
    for (size_t i = 0; i < SITES_MAX && json_scan_next(&s, &name, &entry); i++)
        if (json_is_text(json_member(entry, SLICE_OF("id")), &id))
            put_line(out, scan_reference(line, id));
}

static void free_record(struct found_record *r)
{
    buf_free(&r->lines);
}

static void drop_oldest(struct found *f)
{
    f->bytes -= f->record[0].lines.n;
    f->left_out++;
    free_record(&f->record[0]);
    memmove(f->record, f->record + 1, --f->n * sizeof *f->record);
}

/* Of one id: a record that says how it ended goes before one that does not. */
static void join_same(struct found *f, struct found_record *same, struct found_record *r)
{
    struct found_record less = same->pending ? *same : *r;
    if (same->pending)
        *same = *r;
    f->bytes -= less.lines.n;
    free_record(&less);
}

/* Sorted, of one id once, and the newest alone when they are too many. `f` owns `r` then; it has
 * room for one more than `keep`. */
static void add_record(struct found *f, size_t keep, struct found_record *r)
{
    size_t at = f->n;
    while (at && strcmp(f->record[at - 1].id, r->id) > 0)
        at--;
    f->bytes += r->lines.n;
    if (at && strcmp(f->record[at - 1].id, r->id) == 0) {
        join_same(f, &f->record[at - 1], r);
        return;
    }
    memmove(f->record + at + 1, f->record + at, (f->n - at) * sizeof *f->record);
    f->record[at] = *r;
    f->n++;
    while (f->n > keep || (f->n > 1 && f->bytes > FIND_BYTES_MAX))
        drop_oldest(f);
}

static bool make_room(struct found *f, size_t keep)
{
    if (!f->record)
        f->record = calloc(keep + 1, sizeof *f->record);
    return f->record != NULL;
}

static void take_record(struct part *p, const struct scan_line *line)
{
    struct found_record r = { .pending = line->kind == SCAN_PENDING };
    const struct record_view *config = scan_config(line);
    struct slice id;
    if (!json_is_text(line->view.value[FIELD_ID], &id) || id.n >= sizeof r.id)
        return;
    if (!make_room(&p->found, p->q->keep)) {
        p->found.failed = true;
        return;
    }
    memcpy(r.id, id.p, id.n);
    buf_init(&r.lines, LINES_MAX);
    put_line(&r.lines, config ? config->line : SLICE_EMPTY);
    put_sites(&r.lines, line);
    put_line(&r.lines, line->raw);
    add_record(&p->found, p->q->keep, &r);
}

static void tell_where(struct found *f, const struct scan_line *line)
{
    struct buf scratch, *out = &f->where;
    if (f->gaps + f->damage > FIND_GAPS_MAX)
        return;
    buf_init(&scratch, WHERE_MAX);
    buf_printf(out, "%.*s: ", SLICE_FMT(line->segment));
    if (line->kind == SCAN_DAMAGE) {
        buf_printf(out, "line %llu: %s", (unsigned long long)line->number, line->damage);
    } else {
        struct slice text = record_text(&line->view, FIELD_TIME, &scratch);
        buf_printf(out, "%.*s: ", SLICE_FMT(text));
        text = record_text(&line->view, FIELD_REASON, &scratch);
        buf_printf(out, "records may be missing (%.*s)", SLICE_FMT(text));
    }
    buf_putc(out, '\n');
    buf_free(&scratch);
}

static enum scan_next find_line(void *part, const struct scan_line *line)
{
    struct part *p = part;
    if (line->kind == SCAN_GAP || line->kind == SCAN_DAMAGE) {
        p->found.gaps += line->kind == SCAN_GAP;
        p->found.damage += line->kind == SCAN_DAMAGE;
        tell_where(&p->found, line);
    } else if (line->kind == SCAN_REMOVED) {
        p->found.removed++;
        p->found.removed_records += (uint64_t)record_number(&line->view, FIELD_RECORDS, 0);
    } else if (is_wanted(p, line)) {
        take_record(p, line);
        if (p->q->id[0] && line->kind == SCAN_RECORD)
            return SCAN_ENOUGH;
    }
    return SCAN_ON;
}

/* ---- in the caller's thread ---- */

struct search {
    const struct find_query *q; /* first: what the threads are shown */
    struct found *out;
};

static void free_part(void *self, void *part)
{
    struct part *p = part;
    (void)self;
    found_free(&p->found);
    free(p);
}

static bool find_merge(void *self, void *part, bool last)
{
    struct search *s = self;
    struct found *to = s->out, *from = &((struct part *)part)->found;
    bool enough = false, room = from->n == 0 || make_room(to, s->q->keep);
    for (size_t i = 0; i < from->n && room; i++) {
        enough = enough || (s->q->id[0] && !from->record[i].pending);
        add_record(to, s->q->keep, &from->record[i]);
    }
    from->failed |= !room;
    from->n = room ? 0 : from->n; /* they are ours now */
    from->bytes = room ? 0 : from->bytes;
    to->left_out += from->left_out;
    to->failed |= from->failed;
    to->gaps += from->gaps;
    to->damage += from->damage;
    to->removed += from->removed;
    to->removed_records += from->removed_records;
    if (to->where.n + from->where.n < WHERE_MAX)
        buf_append(&to->where, from->where.p, from->where.n);
    if (last)
        free_part(NULL, part);
    return !enough;
}

enum optout_rc find_records(struct segment_list *list, const struct find_query *q,
                            struct found *out)
{
    struct search s = { q, out };
    struct scan_job job = { .begin = find_begin, .wants = find_wants, .line = find_line,
                            .merge = find_merge, .drop = free_part, .self = &s };
    *out = (struct found){ .n = 0 };
    buf_init(&out->where, WHERE_MAX);
    enum optout_rc rc = scan_segments(list, &job);
    rc = out->failed ? OPTOUT_E_NOMEM : rc;
    if (rc != OPTOUT_OK)
        found_free(out);
    return rc;
}

void found_free(struct found *f)
{
    for (size_t i = 0; i < f->n; i++)
        free_record(&f->record[i]);
    free(f->record);
    buf_free(&f->where);
    *f = (struct found){ .n = 0 };
}
