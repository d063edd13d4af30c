/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/columns.h"

#include "answers/question.h"
#include "syntax/json_scan.h"

#define GROUP_MAX (64u << 10) /* bytes of the texts of one group */
#define DISTINCT_MAX 256u     /* statements of a record, as many as the filter keeps */

static const char *const made[COLUMN_COUNT] = {
#define X(id, name, help) [COLUMN_##id] = name,
    COLUMNS_MADE(X)
#undef X
};

const char *column_name(enum column c)
{
    return c > COLUMN_MADE ? made[c] : record_field_name((enum record_field)c);
}

/* Members that are lists or objects, or of no use in a table. */
static bool is_text(enum record_field f)
{
    switch (f) {
    case FIELD_UNDECIDED:
    case FIELD_USAGE:
    case FIELD_SIGNALS:
    case FIELD_CONFLICTS:
    case FIELD_SITE:
    case FIELD_BUNDLE:
    case FIELD_PROFILES:
    case FIELD_PURPOSE:
    case FIELD_REASON:
    case FIELD_SEGMENT:
    case FIELD_LOST:
    case FIELD_TORN_BYTES: return false;
    default: return true;
    }
}

bool column_from_name(struct slice name, enum column *c)
{
    enum record_field f;
    for (unsigned i = COLUMN_MADE + 1; i < COLUMN_COUNT; i++) {
        if (slice_eq(name, slice_cstr(made[i]))) {
            *c = (enum column)i;
            return true;
        }
    }
    if (!record_field_from_name(name, &f) || !is_text(f))
        return false;
    *c = (enum column)f;
    return true;
}

bool column_is_number(enum column c)
{
    switch ((unsigned)c) {
    case FIELD_V:
    case FIELD_STATUS:
    case FIELD_LENGTH:
    case FIELD_SEEN:
    case FIELD_SIGNALS_OMITTED:
    case FIELD_RELEASED:
    case FIELD_MICROS:
    case COLUMN_LINE: return true;
    default: return false;
    }
}

/* ---- lists of a record ---- */

/* Texts of a record, each once, in their order. */
struct distinct {
    struct slice text[DISTINCT_MAX], other[DISTINCT_MAX];
    size_t n;
};

static void add_distinct(struct distinct *d, struct slice text, struct slice other)
{
    for (size_t i = 0; i < d->n; i++)
        if (slice_eq(d->text[i], text) && slice_eq(d->other[i], other))
            return;
    if (d->n == DISTINCT_MAX)
        return;
    d->text[d->n] = text;
    d->other[d->n++] = other;
}

/* Of each statement what is asked for. */
static void list_signals(const struct record_view *v, bool deciding, bool standard, bool carrier,
                         struct distinct *d)
{
    struct signal_list list = { .deciding = deciding };
    struct signal_view signal;
    d->n = 0;
    while (question_next_signal(v, &list, &signal))
        add_distinct(d, standard ? signal.standard : SLICE_EMPTY,
                     carrier ? signal.carrier : SLICE_EMPTY);
}

static void list_reasons(const struct record_view *v, struct distinct *d)
{
    struct json_scan list;
    struct slice none, one, reason;
    d->n = 0;
    (void)json_scan_open(&list, v->value[FIELD_UNDECIDED]);
    while (json_scan_next(&list, &none, &one))
        if (json_is_text(one, &reason))
            add_distinct(d, reason, SLICE_EMPTY);
}

static struct slice join(const struct distinct *d, bool other, struct buf *scratch)
{
    buf_clear(scratch);
    for (size_t i = 0; i < d->n; i++) {
        struct slice text = other ? d->other[i] : d->text[i];
        if (i)
            buf_putc(scratch, '+');
        buf_append(scratch, text.p, text.n);
    }
    return buf_slice(scratch);
}

static struct slice why(const struct record_view *v, struct buf *scratch)
{
    struct distinct d;
    list_signals(v, true, true, false, &d);
    if (d.n == 0) {
        list_reasons(v, &d);
        d.n = d.n != 0; /* the first is the reason */
    }
    return join(&d, false, scratch);
}

/* ---- texts ---- */

static struct slice essence(struct slice type, struct buf *scratch)
{
    struct buf lower;
    type = slice_trim_space(slice_sub(type, 0, slice_find(type, ';')));
    buf_init(&lower, 1024);
    for (size_t i = 0; i < type.n; i++)
        buf_putc(&lower, (char)ascii_lower(type.p[i]));
    buf_clear(scratch);
    buf_append(scratch, lower.p, lower.n);
    buf_free(&lower);
    return buf_slice(scratch);
}

static struct slice host_text(const struct scan_line *line, const struct column_context *context,
                              bool domain, struct buf *scratch)
{
    char room[DOMAIN_HOST_MAX + 1];
    struct slice host = record_host(record_text(&line->view, FIELD_URL, scratch));
    struct slice text = domain ? domain_of(context->domains, host, room)
                               : domain_plain_host(host, room);
    if (text.p < (const uint8_t *)room || text.p > (const uint8_t *)room + sizeof room)
        return text; /* too long: as it stands */
    buf_clear(scratch);
    buf_append(scratch, text.p, text.n);
    return buf_slice(scratch);
}

static struct slice time_text(const struct scan_line *line, size_t n, struct buf *scratch)
{
    return slice_sub(record_text(&line->view, FIELD_TIME, scratch), 0, n);
}

static struct slice list_text(enum column c, const struct scan_line *line, bool deciding,
                              struct buf *scratch)
{
    struct distinct d;
    if (c == COLUMN_UNDECIDED_REASON)
        list_reasons(&line->view, &d);
    else
        list_signals(&line->view, deciding, c == COLUMN_STANDARD, c == COLUMN_CARRIER, &d);
    return join(&d, c == COLUMN_CARRIER, scratch);
}

struct slice column_text(enum column c, const struct scan_line *line,
                         const struct column_context *context, struct buf *scratch)
{
    const struct record_view *v = &line->view;
    switch ((unsigned)c) {
    case COLUMN_HOST:
    case COLUMN_DOMAIN: return host_text(line, context, c == COLUMN_DOMAIN, scratch);
    case COLUMN_STANDARD:
    case COLUMN_CARRIER:
    case COLUMN_UNDECIDED_REASON: return list_text(c, line, context->deciding, scratch);
    case COLUMN_WHY: return why(v, scratch);
    case COLUMN_TYPE: return essence(record_text(v, FIELD_MEDIA_TYPE, scratch), scratch);
    case COLUMN_FORMAT: return record_text(v, FIELD_INSPECTED, scratch);
    case COLUMN_YEAR: return time_text(line, 4, scratch);
    case COLUMN_MONTH: return time_text(line, 7, scratch);
    case COLUMN_DAY: return time_text(line, 10, scratch);
    case COLUMN_HOUR: return time_text(line, 13, scratch);
    case COLUMN_FILE: return line->segment;
    case COLUMN_LINE:
        buf_clear(scratch);
        buf_printf(scratch, "%llu", (unsigned long long)line->number);
        return buf_slice(scratch);
    case COLUMN_FIRST: return SLICE_EMPTY;
    case FIELD_DECISION:
        if (line->kind == SCAN_PENDING)
            return SLICE_OF("pending");
        break;
    default: break;
    }
    return scan_text(line, (enum record_field)c, scratch);
}

/* ---- groups ---- */

static void put_part(struct buf *group, struct slice text)
{
    buf_append(group, text.p, text.n);
    buf_putc(group, '\0');
}

/* The lists that a group takes a part of; at least one entry each. */
struct lists {
    struct distinct signals, reasons;
};

static void begin_lists(struct lists *l, const enum column *columns, size_t n,
                        const struct record_view *v, bool deciding)
{
    bool standard = false, carrier = false, reason = false;
    for (size_t i = 0; i < n; i++) {
        standard |= columns[i] == COLUMN_STANDARD;
        carrier |= columns[i] == COLUMN_CARRIER;
        reason |= columns[i] == COLUMN_UNDECIDED_REASON;
    }
    l->signals.n = l->reasons.n = 0;
    if (standard || carrier)
        list_signals(v, deciding, standard, carrier, &l->signals);
    if (reason)
        list_reasons(v, &l->reasons);
    if (!l->signals.n)
        add_distinct(&l->signals, SLICE_EMPTY, SLICE_EMPTY);
    if (!l->reasons.n)
        add_distinct(&l->reasons, SLICE_EMPTY, SLICE_EMPTY);
}

bool column_groups(const enum column *columns, size_t n, const struct scan_line *line,
                   const struct column_context *context, bool (*take)(void *to, struct slice group),
                   void *to)
{
    struct lists l;
    struct buf group, scratch;
    bool ok = true;
    begin_lists(&l, columns, n, &line->view, context->deciding);
    buf_init(&group, GROUP_MAX);
    buf_init(&scratch, GROUP_MAX);
    for (size_t at = 0; at < l.signals.n * l.reasons.n && ok; at++) {
        size_t s = at / l.reasons.n, r = at % l.reasons.n;
        buf_clear(&group);
        for (size_t i = 0; i < n; i++) {
            struct slice text = columns[i] == COLUMN_STANDARD          ? l.signals.text[s]
                                : columns[i] == COLUMN_CARRIER         ? l.signals.other[s]
                                : columns[i] == COLUMN_UNDECIDED_REASON ? l.reasons.text[r]
                                : column_text(columns[i], line, context, &scratch);
            put_part(&group, text);
        }
        ok = group.failed == OPTOUT_OK && take(to, buf_slice(&group));
    }
    buf_free(&group);
    buf_free(&scratch);
    return ok;
}
