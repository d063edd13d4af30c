/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/question.h"

#include "syntax/literals.h"
#include "syntax/needle.h"

#include <stdio.h>
#include <stdlib.h>

#define LITERAL_MIN 3u /* bytes; shorter ones are no help */
#define LITERAL_MAX 255u
#define NEEDLES_MAX 4u /* looked for one after the other; more all at once */
#define VALUE_MAX 16384u
#define TIME_SIZE (CLOCK_TEXT - 1)

/* The alternatives of one kind. */
struct choice {
    struct slice *value; /* owned, and their bytes */
    size_t n, room;
    struct needle needle[NEEDLES_MAX]; /* one of them is in each line */
    size_t n_needles;
    struct literals *literals; /* in their place, when there are more; NULL: neither */
};

struct question {
    const struct domains *domains;
    struct choice of[ASKED_KINDS];
    char since[CLOCK_TEXT], until[CLOCK_TEXT];
    bool deciding;
};

struct question *question_new(const struct domains *domains)
{
    struct question *q = calloc(1, sizeof *q);
    if (q)
        q->domains = domains;
    return q;
}

void question_free(struct question *q)
{
    for (size_t k = 0; q && k < ASKED_KINDS; k++) {
        for (size_t i = 0; i < q->of[k].n; i++)
            free((void *)(uintptr_t)q->of[k].value[i].p);
        free(q->of[k].value);
        literals_free(q->of[k].literals);
    }
    free(q);
}

void question_since(struct question *q, const char time[CLOCK_TEXT])
{
    memcpy(q->since, time, CLOCK_TEXT);
}

void question_until(struct question *q, const char time[CLOCK_TEXT])
{
    memcpy(q->until, time, CLOCK_TEXT);
}

void question_deciding(struct question *q)
{
    q->deciding = true;
}

bool question_is_deciding(const struct question *q)
{
    return q->deciding;
}

size_t question_values(const struct question *q, enum asked kind, const struct slice **values)
{
    *values = q->of[kind].value;
    return q->of[kind].n;
}

struct slice question_from(const struct question *q)
{
    return slice_cstr(q->since);
}

struct slice question_to(const struct question *q)
{
    return slice_cstr(q->until);
}

/* ---- making ---- */

static bool grow(struct choice *c)
{
    size_t room = c->room ? c->room * 2 : 8;
    struct slice *more = c->n < c->room ? c->value : realloc(c->value, room * sizeof *more);
    if (!more)
        return false;
    if (c->n == c->room)
        c->room = room;
    c->value = more;
    return true;
}

enum optout_rc question_add(struct question *q, enum asked kind, struct slice value)
{
    char room[DOMAIN_HOST_MAX + 1];
    struct choice *c = &q->of[kind];
    if (kind == ASKED_HOST)
        value = domain_plain_host(value, room);
    else if (kind == ASKED_DOMAIN)
        value = domain_of(q->domains, value, room);
    if (!value.n || value.n > VALUE_MAX)
        return OPTOUT_E_SYNTAX;
    uint8_t *copy = malloc(value.n);
    if (!copy || !grow(c)) {
        free(copy);
        return OPTOUT_E_NOMEM;
    }
    memcpy(copy, value.p, value.n);
    c->value[c->n++] = slice_of(copy, value.n);
    return OPTOUT_OK;
}

/* Bytes that JSON writes as they are, whoever prints it. */
static bool is_plain(uint8_t c)
{
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '/' && c != '<' && c != '>' &&
           c != '&' && c != '\'' && c != '+';
}

/* The longest plain piece of it. */
static struct slice plain_piece(struct slice s)
{
    struct slice best = SLICE_EMPTY;
    for (size_t from = 0, i = 0; i <= s.n; i++) {
        if (i < s.n && is_plain(s.p[i]))
            continue;
        if (i - from > best.n)
            best = slice_of(s.p + from, i - from);
        from = i + 1;
    }
    return slice_sub(best, 0, LITERAL_MAX);
}

/* What is surely in a line with that value; too short: nothing is. */
static struct literal literal_of(enum asked kind, struct slice value)
{
    bool host = kind == ASKED_HOST || kind == ASKED_DOMAIN;
    bool absent = (kind == ASKED_ACTION && slice_eq(value, SLICE_OF("pass"))) ||
                  (kind == ASKED_DECISION && slice_eq(value, SLICE_OF("pending"))) ||
                  kind == ASKED_PROFILE || kind == ASKED_ID;
    if (kind == ASKED_HOST && slice_begins(value, '.'))
        value = slice_from(value, 1);
    return (struct literal){ absent ? SLICE_EMPTY : plain_piece(value), !host };
}

/* Leaves a kind without literals where one of its values has none. */
static enum optout_rc compile_choice(struct choice *c, enum asked kind)
{
    struct literal *list = c->n ? calloc(c->n, sizeof *list) : NULL;
    bool all = true;
    if (c->n && !list)
        return OPTOUT_E_NOMEM;
    for (size_t i = 0; i < c->n; i++) {
        list[i] = literal_of(kind, c->value[i]);
        all = all && list[i].bytes.n >= LITERAL_MIN;
    }
    if (c->n && all && c->n > NEEDLES_MAX)
        c->literals = literals_compile(list, c->n);
    for (size_t i = 0; i < c->n && all && c->n <= NEEDLES_MAX; i++)
        c->needle[c->n_needles++] = needle_of(list[i].bytes, list[i].exact);
    free(list);
    return OPTOUT_OK;
}

enum optout_rc question_ready(struct question *q)
{
    enum optout_rc rc = OPTOUT_OK;
    for (unsigned k = 0; k < ASKED_KINDS && rc == OPTOUT_OK; k++)
        rc = compile_choice(&q->of[k], (enum asked)k);
    return rc;
}

/* ---- lines ---- */

static bool is_before(struct slice time, const char *bound)
{
    return time.n >= TIME_SIZE && memcmp(time.p, bound, TIME_SIZE) < 0;
}

static bool is_in_time(const struct question *q, struct slice time)
{
    return !(*q->since && is_before(time, q->since)) && !(*q->until && !is_before(time, q->until));
}

static bool has(const struct choice *c, struct slice value)
{
    for (size_t i = 0; i < c->n; i++)
        if (slice_eq(c->value[i], value))
            return true;
    return false;
}

static bool may_have(const struct choice *c, struct slice raw)
{
    for (size_t i = 0; i < c->n_needles; i++)
        if (needle_is_in(&c->needle[i], raw))
            return true;
    return !c->n_needles && (!c->literals || literals_find(c->literals, raw, 0) < raw.n);
}

bool question_wants(const void *self, struct slice raw, const struct scan_head *head)
{
    static const enum asked rare_first[] = {
        ASKED_EARLIER, ASKED_URL, ASKED_HOST, ASKED_DOMAIN, ASKED_URL_PREFIX,
        ASKED_REASON, ASKED_STANDARD, ASKED_CARRIER, ASKED_ACTION, ASKED_DECISION,
    };
    const struct question *q = self;
    if (!is_in_time(q, head->time) || (q->of[ASKED_ID].n && !has(&q->of[ASKED_ID], head->id)))
        return false;
    for (size_t i = 0; i < sizeof rare_first / sizeof *rare_first; i++)
        if (!may_have(&q->of[rare_first[i]], raw))
            return false;
    return true;
}

/* ---- records ---- */

/* ".example.com" has example.com and all below it. */
static bool is_below(struct slice host, struct slice asked)
{
    if (!slice_begins(asked, '.'))
        return slice_eq(host, asked);
    struct slice top = slice_from(asked, 1);
    return slice_eq(host, top) ||
           (host.n > asked.n && slice_eq(slice_from(host, host.n - asked.n), asked));
}

static bool matches_host(const struct question *q, struct slice url)
{
    char room[DOMAIN_HOST_MAX + 1];
    const struct choice *hosts = &q->of[ASKED_HOST], *domains = &q->of[ASKED_DOMAIN];
    if (!hosts->n && !domains->n)
        return true;
    struct slice host = domain_plain_host(record_host(url), room);
    bool found = hosts->n == 0;
    for (size_t i = 0; i < hosts->n && !found; i++)
        found = is_below(host, hosts->value[i]);
    return found && (!domains->n || has(domains, domain_of(q->domains, record_host(url), room)));
}

static bool matches_url(const struct question *q, struct slice url)
{
    const struct choice *whole = &q->of[ASKED_URL], *front = &q->of[ASKED_URL_PREFIX];
    bool found = front->n == 0;
    for (size_t i = 0; i < front->n && !found; i++)
        found = url.n >= front->value[i].n && slice_eq(slice_sub(url, 0, front->value[i].n), front->value[i]);
    return found && (!whole->n || has(whole, url)) && matches_host(q, url);
}

bool question_next_signal(const struct record_view *v, struct signal_list *list,
                          struct signal_view *signal)
{
    struct slice none, one;
    if (!list->begun) {
        list->begun = true;
        (void)json_scan_open(&list->scan, v->value[FIELD_SIGNALS]);
    }
    while (json_scan_next(&list->scan, &none, &one)) {
        struct json_scan members;
        struct slice name, value;
        *signal = (struct signal_view){ .deciding = false };
        (void)json_scan_open(&members, one);
        while (json_scan_next(&members, &name, &value)) {
            if (slice_eq(name, SLICE_OF("standard")))
                (void)json_is_text(value, &signal->standard);
            else if (slice_eq(name, SLICE_OF("carrier")))
                (void)json_is_text(value, &signal->carrier);
            else if (slice_eq(name, SLICE_OF("deciding")))
                signal->deciding = slice_eq(value, SLICE_OF("true"));
        }
        if (signal->deciding || !list->deciding)
            return true;
    }
    return false;
}

static bool matches_signals(const struct question *q, const struct record_view *v)
{
    const struct choice *standards = &q->of[ASKED_STANDARD], *carriers = &q->of[ASKED_CARRIER];
    struct signal_list list = { .deciding = q->deciding };
    struct signal_view signal;
    if (!standards->n && !carriers->n)
        return true;
    while (question_next_signal(v, &list, &signal))
        if ((!standards->n || has(standards, signal.standard)) &&
            (!carriers->n || has(carriers, signal.carrier)))
            return true;
    return false;
}

static bool matches_reason(const struct question *q, const struct record_view *v)
{
    struct json_scan list;
    struct slice none, one, reason;
    if (!q->of[ASKED_REASON].n)
        return true;
    (void)json_scan_open(&list, v->value[FIELD_UNDECIDED]);
    while (json_scan_next(&list, &none, &one))
        if (json_is_text(one, &reason) && has(&q->of[ASKED_REASON], reason))
            return true;
    return false;
}

static bool matches_field(const struct question *q, enum asked kind, const struct scan_line *line,
                          enum record_field f, struct buf *scratch)
{
    return !q->of[kind].n || has(&q->of[kind], scan_text(line, f, scratch));
}

static bool matches_decision(const struct question *q, const struct scan_line *line,
                             struct buf *scratch)
{
    const struct choice *c = &q->of[ASKED_DECISION];
    if (line->kind == SCAN_PENDING)
        return !c->n || has(c, SLICE_OF("pending"));
    return !c->n || has(c, record_text(&line->view, FIELD_DECISION, scratch));
}

bool question_matches(const struct question *q, const struct scan_line *line, struct buf *scratch)
{
    const struct record_view *v = &line->view;
    return is_in_time(q, record_text(v, FIELD_TIME, scratch)) &&
           matches_field(q, ASKED_ID, line, FIELD_ID, scratch) &&
           matches_field(q, ASKED_EARLIER, line, FIELD_EARLIER, scratch) &&
           matches_decision(q, line, scratch) &&
           matches_field(q, ASKED_ACTION, line, FIELD_ACTION, scratch) &&
           matches_field(q, ASKED_PROFILE, line, FIELD_PROFILE, scratch) &&
           matches_url(q, record_text(v, FIELD_URL, scratch)) && matches_reason(q, v) &&
           matches_signals(q, v);
}

/* ---- gaps ---- */

/* "…-20261124T150405.678Z-PID-NUMBER.jsonl" was begun then. */
static bool begin_of_segment(struct slice name, char time[CLOCK_TEXT])
{
    static const char form[] = "-dddddddd" "Tdddddd.dddZ-";
    const size_t n = sizeof form - 1;
    for (size_t at = 0; at + n <= name.n; at++) {
        size_t i = 0;
        const uint8_t *p = name.p + at;
        while (i < n && (form[i] == 'd' ? ascii_is_digit(p[i]) : p[i] == (uint8_t)form[i]))
            i++;
        if (i < n)
            continue;
        snprintf(time, CLOCK_TEXT, "%.4s-%.2s-%.5s:%.2s:%.7s", (const char *)p + 1,
                 (const char *)p + 5, (const char *)p + 7, (const char *)p + 12, (const char *)p + 14);
        return true;
    }
    return false;
}

bool question_meets_gap(const struct question *q, const struct scan_line *gap)
{
    char begin[CLOCK_TEXT] = "";
    struct slice segment, time;
    (void)json_is_text(gap->view.value[FIELD_TIME], &time);
    (void)json_is_text(gap->view.value[FIELD_SEGMENT], &segment);
    if (*q->since && is_before(time, q->since))
        return false;
    if (gap->before.n == TIME_SIZE)
        memcpy(begin, gap->before.p, TIME_SIZE);
    else if (!begin_of_segment(segment, begin))
        return true; /* nobody knows since when */
    return !*q->until || is_before(slice_of(begin, TIME_SIZE), q->until);
}

bool question_meets_removal(const struct question *q, const struct scan_line *removal)
{
    struct slice from, to;
    if (!json_is_text(removal->view.value[FIELD_FROM], &from) || !json_is_text(removal->view.value[FIELD_TO], &to))
        return true; /* nobody knows of when it was */
    return !(*q->since && is_before(to, q->since)) && (!*q->until || is_before(from, q->until));
}
