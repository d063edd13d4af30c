/* SPDX-License-Identifier: Apache-2.0 */
/* segment_scan.c - one segment, line by line.
 *
 * Nearly all lines of a log answer nothing that is asked. The filter writes each with the
 * same beginning, so what it is, its id and its time stand at known places, and a line that
 * nobody wants costs a comparison and the search for its end. A line that begins otherwise,
 * because somebody wrote it anew, is parsed to learn what it is. */
#include "answers/segment_scan.h"

#include "answers/pendings.h"
#include "audit/reference.h"
#include "core/clock.h"
#include "syntax/json_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CONFIGS 8u /* of a segment; more come only when it is reloaded again and again */
#define ID_SIZE 26u
#define TIME_SIZE 24u
#define EXCHANGE_MAX_MS (24 * 3600 * INT64_C(1000)) /* from its beginning to its end */

/* A configuration as records of the segment name it: kept, for a pending record may outlive
 * its line. */
struct known_config {
    char id[REFERENCE_ID_SIZE];
    struct buf line;
    struct record_view view;
};

struct segment_scan {
    char *path; /* the reader's */
    struct segment_reader *reader;
    struct references *references;
    struct pendings pendings;
    struct known_config config[CONFIGS];
    size_t n_configs, next_config;
    char last[TIME_SIZE]; /* time of the last record */
    bool any;
    bool died; /* its writer, which wrote nothing behind it */
};

enum optout_rc segment_scan_open(const char *path, struct segment_scan **out)
{
    struct segment_scan *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return OPTOUT_E_NOMEM;
    for (size_t i = 0; i < CONFIGS; i++)
        buf_init(&s->config[i].line, READER_LINE_MAX);
    s->path = strdup(path);
    s->references = references_new();
    enum optout_rc rc = s->path && s->references ? segment_reader_open(s->path, &s->reader)
                                                 : OPTOUT_E_NOMEM;
    if (rc == OPTOUT_OK) {
        *out = s;
        return rc;
    }
    int why = errno;
    segment_scan_close(s);
    errno = why;
    return rc;
}

void segment_scan_close(struct segment_scan *s)
{
    if (!s)
        return;
    segment_reader_close(s->reader);
    free(s->path);
    references_free(s->references);
    pendings_free(&s->pendings);
    for (size_t i = 0; i < CONFIGS; i++)
        buf_free(&s->config[i].line);
    free(s);
}

uint64_t segment_scan_bytes(const struct segment_scan *s)
{
    return segment_reader_bytes(s->reader);
}

/* ---- what is referred to ---- */

struct slice scan_reference(const struct scan_line *line, struct slice id)
{
    return references_find(line->scan->references, id);
}

const struct references *segment_scan_references(const struct segment_scan *s)
{
    return s->references;
}

/* A text without its quotes, as it stands. */
static struct slice id_of(const struct record_view *v, enum record_field f)
{
    struct slice inner;
    (void)json_is_text(v->value[f], &inner);
    return inner;
}

static const struct record_view *keep_config(struct segment_scan *s, struct slice id,
                                             struct slice line)
{
    struct known_config *k = &s->config[s->next_config];
    buf_clear(&k->line);
    memset(k->id, 0, sizeof k->id);
    if (buf_append(&k->line, line.p, line.n) != OPTOUT_OK ||
        !record_view_read(&k->view, buf_slice(&k->line)))
        return NULL;
    memcpy(k->id, id.p, sizeof k->id);
    s->next_config = (s->next_config + 1) % CONFIGS;
    if (s->n_configs < CONFIGS)
        s->n_configs++;
    return &k->view;
}

static const struct record_view *find_config(struct segment_scan *s, const struct record_view *v)
{
    struct slice id = id_of(v, FIELD_CONFIG);
    if (id.n != REFERENCE_ID_SIZE)
        return NULL;
    for (size_t i = 0; i < s->n_configs; i++)
        if (memcmp(s->config[i].id, id.p, id.n) == 0)
            return &s->config[i].view;
    struct slice line = references_find(s->references, id);
    return line.n ? keep_config(s, id, line) : NULL;
}

const struct record_view *scan_config(const struct scan_line *line)
{
    return line->kind == SCAN_DAMAGE ? NULL : find_config(line->scan, &line->view);
}

/* What the configuration says of the record's profile. */
static struct slice of_profile(const struct record_view *config, struct slice profile,
                               struct slice member)
{
    struct json_scan list;
    struct slice none, one, name;
    if (!json_scan_open(&list, config->value[FIELD_PROFILES]))
        return SLICE_EMPTY;
    while (json_scan_next(&list, &none, &one))
        if (json_is_text(json_member(one, SLICE_OF("name")), &name) && slice_eq(name, profile))
            return json_member(one, member);
    return SLICE_EMPTY;
}

struct slice scan_text(const struct scan_line *line, enum record_field f, struct buf *scratch)
{
    const struct record_view *v = &line->view, *config;
    struct slice profile, value, inner;
    if (v->value[f].n ||
        (f != FIELD_PROFILE && f != FIELD_MODE && f != FIELD_NODE && f != FIELD_PURPOSE) ||
        (config = scan_config(line)) == NULL)
        return record_text(v, f, scratch);
    if (f == FIELD_PROFILE || f == FIELD_NODE)
        return record_text(config, f, scratch);
    const struct record_view *says = v->value[FIELD_PROFILE].n ? v : config;
    profile = id_of(says, FIELD_PROFILE);
    value = of_profile(config, profile, f == FIELD_MODE ? SLICE_OF("mode") : SLICE_OF("purpose"));
    return json_is_text(value, &inner) ? inner : value.n ? value : record_text(v, f, scratch);
}

/* ---- handing out ---- */

/* One reading: the caller's functions, and what is going on. */
struct reading {
    struct segment_scan *s;
    const struct scan_reader *to;
    bool enough; /* the caller wants no more */
};

static void hand_out(struct reading *r, struct scan_line *line)
{
    line->scan = r->s;
    line->segment = segment_reader_name(r->s->reader);
    if (!r->enough)
        r->enough = !r->to->line(r->to->part, line);
}

static void hand_damage(struct reading *r, uint64_t number, struct slice raw, const char *what)
{
    struct scan_line line = { .kind = SCAN_DAMAGE, .raw = raw, .number = number, .damage = what };
    hand_out(r, &line);
}

/* What a record refers to that is not there. */
static const char *find_missing(struct segment_scan *s, const struct record_view *v)
{
    struct json_scan list;
    struct slice none, one, id;
    if (slice_eq(v->value[FIELD_V], SLICE_OF("1")))
        return NULL; /* it says all itself */
    if (!find_config(s, v))
        return "the configuration that the record refers to is not in the segment";
    if (!v->value[FIELD_SITE].n || !json_scan_open(&list, v->value[FIELD_SITE]))
        return NULL;
    for (unsigned i = 0; i < REFERENCES_MAX && json_scan_next(&list, &none, &one); i++)
        if (!json_is_text(json_member(one, SLICE_OF("id")), &id) ||
            !references_find(s->references, id).n)
            return "what the record says of the site is not in the segment";
    return NULL;
}

static void hand_record(struct reading *r, struct scan_line *line)
{
    const char *missing = find_missing(r->s, &line->view);
    hand_out(r, line);
    if (missing)
        hand_damage(r, line->number, line->raw, missing);
}

/* A pending record waits for its end. */
static void take_pending(struct reading *r, struct scan_line *line, struct slice id)
{
    enum optout_rc rc = pendings_add(&r->s->pendings, id, line->raw, line->number);
    if (rc == OPTOUT_OK)
        return;
    line->kind = SCAN_PENDING;
    hand_record(r, line);
    hand_damage(r, line->number, line->raw,
                "more records are pending than can wait for their end, which may be in the log");
}

static enum scan_kind kind_of(const struct record_view *v, bool *known)
{
    struct slice event;
    bool says = json_is_text(v->value[FIELD_EVENT], &event);
    *known = true;
    if (!says || slice_eq(event, SLICE_OF("final")))
        return SCAN_RECORD;
    if (slice_eq(event, SLICE_OF("pending")))
        return SCAN_PENDING;
    if (slice_eq(event, SLICE_OF("gap")))
        return SCAN_GAP;
    if (slice_eq(event, SLICE_OF("removed")))
        return SCAN_REMOVED;
    *known = false; /* a later version's, or a line that others refer to */
    return SCAN_RECORD;
}

static void note_time(struct segment_scan *s, struct slice time)
{
    if (time.n != TIME_SIZE)
        return;
    memcpy(s->last, time.p, TIME_SIZE);
    s->any = true;
}

/* A line that is wanted, or of which it is not known yet what it is. */
static void take_whole(struct reading *r, struct slice raw, uint64_t number)
{
    struct scan_line line = { .raw = raw, .number = number };
    bool known;
    if (!record_view_read(&line.view, raw)) {
        hand_damage(r, number, raw, "this is no record");
        return;
    }
    line.kind = kind_of(&line.view, &known);
    struct slice id = id_of(&line.view, FIELD_ID);
    if (!known)
        return;
    if (line.kind == SCAN_REMOVED) {
        hand_out(r, &line);
        return;
    }
    if (line.kind != SCAN_GAP)
        note_time(r->s, id_of(&line.view, FIELD_TIME));
    if (line.kind == SCAN_PENDING) {
        take_pending(r, &line, id);
        return;
    }
    if (line.kind == SCAN_RECORD && r->s->pendings.n)
        pendings_end(&r->s->pendings, id);
    if (line.kind == SCAN_GAP && r->s->any)
        line.before = slice_of(r->s->last, TIME_SIZE);
    if (line.kind == SCAN_GAP)
        r->s->died |= slice_eq(id_of(&line.view, FIELD_REASON), SLICE_OF("writer-died"));
    if (line.kind == SCAN_GAP)
        hand_out(r, &line);
    else
        hand_record(r, &line);
}

/* ---- lines ---- */

static bool skip(struct slice *line, struct slice front)
{
    if (line->n < front.n || memcmp(line->p, front.p, front.n) != 0)
        return false;
    *line = slice_from(*line, front.n);
    return true;
}

/* What a record begins with that a writer of this format wrote. False: it is none. */
static bool read_head(struct slice line, struct scan_head *head)
{
    static const struct slice between = SLICE("\",\"time\":\"");
    if (slice_empty(line) || line.p[line.n - 1] != '}' || !skip(&line, SLICE_OF("{\"v\":2,")))
        return false;
    head->pending = skip(&line, SLICE_OF("\"event\":\"pending\","));
    if (!skip(&line, SLICE_OF("\"id\":\"")) || line.n < ID_SIZE + between.n + TIME_SIZE + 1)
        return false;
    head->id = slice_sub(line, 0, ID_SIZE);
    line = slice_from(line, ID_SIZE);
    if (!skip(&line, between) || line.p[TIME_SIZE] != '"')
        return false;
    head->time = slice_sub(line, 0, TIME_SIZE);
    return true;
}

static void take_line(struct reading *r, struct slice raw)
{
    struct segment_scan *s = r->s;
    struct scan_head head;
    if (r->to->wants && read_head(raw, &head) && !r->to->wants(r->to->self, raw, &head)) {
        if (s->pendings.n && !head.pending)
            pendings_end(&s->pendings, head.id);
        note_time(s, head.time);
        return;
    }
    if (!references_take(s->references, raw))
        take_whole(r, raw, segment_reader_line(s->reader));
}

/* ---- records whose end is not in their segment ---- */

/* Of a final record; empty: it is another line. */
static struct slice final_id(struct slice raw, struct record_view *v)
{
    struct scan_head head;
    bool known;
    if (read_head(raw, &head))
        return head.pending ? SLICE_EMPTY : head.id;
    if (!record_view_read(v, raw) || kind_of(v, &known) != SCAN_RECORD || !known)
        return SLICE_EMPTY;
    return id_of(v, FIELD_ID);
}

/* Under any of its names; NULL: it is gone. `path` is to be freed after the close. */
static struct segment_reader *open_named(const char *name, char **path)
{
    static const char *const ends[] = { ".open", "", ".zst" };
    struct segment_reader *r = NULL;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (asprintf(path, "%s%s", name, ends[i]) < 0)
            break;
        if (segment_reader_open(*path, &r) == OPTOUT_OK)
            return r;
        free(*path);
    }
    *path = NULL;
    return NULL;
}

/* As far as it must be read. False: what comes later is no end of them. */
static bool read_ends(struct segment_scan *s, const char *name, const char *last)
{
    char *path;
    struct segment_reader *r = open_named(name, &path);
    struct record_view v;
    struct slice raw;
    bool more = true;
    while (r && s->pendings.n && more) {
        struct scan_head head;
        enum optout_rc rc = segment_reader_next(r, &raw);
        if (rc == OPTOUT_OK) {
            pendings_end(&s->pendings, final_id(raw, &v));
            more = !read_head(raw, &head) || memcmp(head.time.p, last, TIME_SIZE) <= 0;
        } else if (rc != OPTOUT_E_LIMIT) {
            break;
        }
    }
    segment_reader_close(r);
    free(path);
    return more;
}

/* The time until which an exchange may go on that was pending when the segment ended. */
static bool last_end(const struct segment_scan *s, char last[CLOCK_TEXT])
{
    int64_t ms;
    memcpy(last, s->last, TIME_SIZE);
    last[TIME_SIZE] = '\0';
    if (!s->any || !clock_read(last, &ms))
        return false;
    clock_text(ms + EXCHANGE_MAX_MS, last);
    return true;
}

static void look_ahead(struct segment_scan *s, const struct scan_reader *to)
{
    char last[CLOCK_TEXT];
    bool more = to->next && !s->died && last_end(s, last);
    for (unsigned n = 0; more && s->pendings.n && n < SCAN_AHEAD_MAX; n++) {
        char *name = to->next(to->where, n);
        more = name && read_ends(s, name, last);
        free(name);
    }
}

/* Those whose end is nowhere, or not yet written. */
static void end_pendings(struct reading *r, bool open)
{
    look_ahead(r->s, r->to);
    for (struct pending *p; (p = pendings_pop(&r->s->pendings)) != NULL; free(p)) {
        struct scan_line line = { .kind = SCAN_PENDING, .raw = p->line, .number = p->number,
                                  .open = open };
        if (record_view_read(&line.view, p->line))
            hand_record(r, &line);
    }
}

static const char *what_failed(enum optout_rc rc)
{
    return rc == OPTOUT_E_SYNTAX ? "what follows is no whole line: cut or damaged"
           : rc == OPTOUT_E_IO   ? "the segment cannot be read on"
                                 : "memory is used up: the segment is not read on";
}

enum optout_rc segment_scan_read(struct segment_scan *s, const struct scan_reader *to, bool to_end)
{
    struct reading r = { .s = s, .to = to };
    struct slice raw;
    while (!r.enough) {
        enum optout_rc rc = segment_reader_next(s->reader, &raw);
        if (rc == OPTOUT_OK) {
            take_line(&r, raw);
            continue;
        }
        uint64_t number = segment_reader_line(s->reader);
        if (rc == OPTOUT_E_LIMIT) {
            hand_damage(&r, number, SLICE_EMPTY, "this line is too long to be a record");
            continue;
        }
        if (rc != OPTOUT_DONE && rc != OPTOUT_MORE)
            hand_damage(&r, number, SLICE_EMPTY, what_failed(rc));
        if (rc != OPTOUT_MORE || to_end)
            end_pendings(&r, rc == OPTOUT_MORE);
        return rc == OPTOUT_E_SYNTAX || r.enough ? OPTOUT_DONE : rc;
    }
    return OPTOUT_DONE;
}
