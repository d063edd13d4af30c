/* SPDX-License-Identifier: Apache-2.0 */
/* publisher_print.c - what the log has of a publisher, as JSON and as text. */
#include "answers/publisher.h"

#include "answers/paper.h"
#include "answers/report.h"
#include "core/clock.h"
#include "syntax/json.h"
#include "syntax/visible.h"

#define URL_COLUMNS 300
#define RAW_COLUMNS 512

/* ---- JSON ---- */

static void print_rows(struct json *j, const char *key, void **rows, size_t n)
{
    json_open(j, key, '[');
    for (size_t i = 0; i < n; i++) {
        const struct publisher_row *row = rows[i];
        json_open(j, NULL, '{');
        json_slice(j, "name", row->head.key);
        figures_json(j, &row->f);
        figures_json_time(j, "first", row->first_ms);
        figures_json_time(j, "last", row->last_ms);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void print_part(struct json *j, const char *name, struct slice key, unsigned part)
{
    json_slice(j, name, key_part(key, part));
}

static void print_preferences(struct json *j, const struct prefs *p)
{
    json_open(j, "preferences", '{');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (p->of[u] != PREF_UNKNOWN)
            json_str(j, usage_name((enum usage)u), preference_name((enum preference)p->of[u]));
    json_close(j, '}');
}

static bool restricts(const struct prefs *p)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (p->of[u] > PREF_ALLOW)
            return true;
    return false;
}

static void print_statement(struct json *j, const struct publisher_statement *s)
{
    static const char *const parts[] = { "host",  "standard", "carrier",    "scope", "agent", NULL,
                                         "grade", "phrase",   "confidence", "url",   "raw" };
    json_open(j, NULL, '{');
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i])
            print_part(j, parts[i], s->head.key, i);
    json_bool(j, "raw_cut", s->raw_cut);
    print_preferences(j, &s->prefs);
    json_bool(j, "restricts", restricts(&s->prefs));
    json_slice(j, "place", s->place);
    json_slice(j, "note", s->note);
    json_count(j, "records", s->records);
    json_count(j, "deciding", s->deciding);
    figures_json_time(j, "first", s->first_ms);
    figures_json_time(j, "last", s->last_ms);
    json_str(j, "first_id", s->first_id);
    json_str(j, "last_id", s->last_id);
    json_slice(j, "first_url", s->url);
    json_open(j, "fetched_before", '{');
    json_count(j, "answers", s->before);
    json_count(j, "fetched_bytes", s->before_fetched);
    json_count(j, "kept_bytes", s->before_kept);
    json_close(j, '}');
    json_close(j, '}');
}

static void print_file(struct json *j, const struct publisher_file *f)
{
    static const char *const parts[] = { "of", "file", "state", "url", "sha256", "status", "source",
                                         "token" };
    json_open(j, NULL, '{');
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        print_part(j, parts[i], f->head.key, i);
    json_slice(j, "fetched_at", f->fetched_at);
    json_count(j, "records", f->records);
    figures_json_time(j, "first", f->first_ms);
    figures_json_time(j, "last", f->last_ms);
    json_str(j, "first_id", f->first_id);
    json_close(j, '}');
}

void publisher_print_json(const struct publisher *p, const struct publisher_head *h,
                          struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_int(&j, "publisher", 1);
    json_str(&j, "name", p->name);
    json_bool(&j, "domain", h->domain);
    json_str(&j, "version", h->version);
    figures_json_time(&j, "made", h->now_ms);
    figures_json_time(&j, "since", h->since_ms);
    figures_json_time(&j, "until", h->until_ms);
    json_bool(&j, "damaged", h->damaged);
    json_bool(&j, "exceeded", p->exceeded);
    json_bool(&j, "tagged_kept", p->tagged_kept);
    figures_json_time(&j, "first", p->first_ms);
    figures_json_time(&j, "last", p->last_ms);
    json_count(&j, "gaps", p->gaps);
    json_count(&j, "removed_segments", p->removed);
    json_count(&j, "removed_records", p->removed_records);
    json_open(&j, "total", '{');
    figures_json(&j, &p->total);
    json_count(&j, "unended", p->pending);
    json_close(&j, '}');
    print_rows(&j, "hosts", p->by_host, p->hosts.n);
    print_rows(&j, "months", p->by_month, p->months.n);
    print_rows(&j, "profiles", p->by_profile, p->profiles.n);
    json_open(&j, "statements", '[');
    for (size_t i = 0; i < p->statements.n; i++)
        print_statement(&j, p->said[i]);
    json_close(&j, ']');
    json_open(&j, "site_files", '[');
    for (size_t i = 0; i < p->files.n; i++)
        print_file(&j, p->relied[i]);
    json_close(&j, ']');
    json_close(&j, '}');
    buf_putc(out, '\n');
}

/* ---- text ---- */

static void say_time(struct buf *out, int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_text(ms, text);
    buf_printf(out, "%.10s %.8s", text, text + 11);
}

static void say(struct buf *out, struct slice s, size_t columns)
{
    visible_append(out, s, columns);
}

static void say_figures(struct buf *out, const struct figures *f, const char *indent)
{
    const uint64_t *of = f->of;
    buf_printf(out, "%s%llu exchanges: %llu clear, %llu reserved, %llu conditional, %llu licensed, "
                    "%llu undecided\n",
               indent, (unsigned long long)of[F_RECORDS], (unsigned long long)of[F_CLEAR],
               (unsigned long long)of[F_RESERVED], (unsigned long long)of[F_CONDITIONAL],
               (unsigned long long)of[F_LICENSED], (unsigned long long)of[F_UNDECIDED]);
    buf_printf(out, "%s%llu refused, %llu cut off, %llu tagged, %llu passed\n", indent,
               (unsigned long long)of[F_BLOCK], (unsigned long long)of[F_CUT],
               (unsigned long long)of[F_TAG], (unsigned long long)of[F_PASS]);
    buf_printf(out, "%sfetched ", indent);
    paper_bytes(out, of[F_FETCHED]);
    buf_puts(out, ", passed on ");
    paper_bytes(out, of[F_DELIVERED]);
    buf_puts(out, ", kept ");
    paper_bytes(out, of[F_KEPT]);
    buf_printf(out, " in %llu answers\n", (unsigned long long)of[F_KEPT_RECORDS]);
}

static void say_rows(struct buf *out, const char *title, void **rows, size_t n)
{
    if (!n)
        return;
    buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < n; i++) {
        const struct publisher_row *row = rows[i];
        buf_puts(out, "  ");
        say(out, row->head.key, 100);
        buf_puts(out, "\n");
        say_figures(out, &row->f, "    ");
    }
}

static void say_statement(struct buf *out, const struct publisher_statement *s)
{
    struct slice key = s->head.key;
    buf_puts(out, "  ");
    say_time(out, s->first_ms);
    buf_puts(out, " to ");
    say_time(out, s->last_ms);
    buf_printf(out, ", %llu exchanges, decided %llu\n    ", (unsigned long long)s->records,
               (unsigned long long)s->deciding);
    say(out, key_part(key, 1), 64);
    buf_puts(out, " in ");
    say(out, key_part(key, 2), 64);
    if (s->place.n) {
        buf_puts(out, ", ");
        say(out, s->place, 0);
    }
    buf_puts(out, ": \"");
    say(out, key_part(key, 10), RAW_COLUMNS);
    buf_puts(out, s->raw_cut ? "\" and more\n    says " : "\"\n    says ");
    struct slice prefs = key_part(key, 5);
    say(out, prefs.n ? prefs : SLICE_OF("nothing of any use"), 0);
    if (key_part(key, 4).n) {
        buf_puts(out, ", to ");
        say(out, key_part(key, 4), 64);
    }
    buf_puts(out, "\n    on ");
    say(out, key_part(key, 0), 255);
    buf_puts(out, ", first at ");
    say(out, s->url, URL_COLUMNS);
    buf_printf(out, "\n    records %s to %s\n", s->first_id, s->last_id);
    if (!restricts(&s->prefs))
        return;
    buf_printf(out, "    fetched from that host before: %llu answers, ", (unsigned long long)s->before);
    paper_bytes(out, s->before_fetched);
    buf_puts(out, ", kept ");
    paper_bytes(out, s->before_kept);
    buf_putc(out, '\n');
}

static void say_file(struct buf *out, const struct publisher_file *f)
{
    struct slice key = f->head.key;
    buf_puts(out, "  ");
    say(out, key_part(key, 1), 64);
    buf_puts(out, " of ");
    say(out, key_part(key, 0), URL_COLUMNS);
    if (key_part(key, 7).n) {
        buf_puts(out, " as it answers ");
        say(out, key_part(key, 7), 64);
    }
    buf_puts(out, ": ");
    say(out, key_part(key, 2), 64);
    if (key_part(key, 3).n) {
        buf_puts(out, ", ");
        say(out, key_part(key, 3), URL_COLUMNS);
    }
    buf_puts(out, "\n    ");
    if (key_part(key, 4).n) {
        buf_puts(out, "SHA-256 ");
        say(out, key_part(key, 4), 64);
        buf_puts(out, ", ");
    }
    buf_puts(out, "fetched ");
    say(out, f->fetched_at, 32);
    buf_puts(out, "\n    relied on ");
    say_time(out, f->first_ms);
    buf_puts(out, " to ");
    say_time(out, f->last_ms);
    buf_printf(out, ", %llu exchanges, first record %s\n", (unsigned long long)f->records,
               f->first_id);
}

static void say_head(const struct publisher *p, const struct publisher_head *h, struct buf *out)
{
    say(out, slice_cstr(p->name), 255);
    buf_puts(out, h->domain ? ", with all hosts of the domain\n" : "\n");
    if (!p->first_ms) {
        buf_puts(out, "There are no records of it.\n");
        return;
    }
    buf_puts(out, "Records from ");
    say_time(out, p->first_ms);
    buf_puts(out, " to ");
    say_time(out, p->last_ms);
    buf_puts(out, " UTC\n");
    say_figures(out, &p->total, "  ");
}

void publisher_print_text(const struct publisher *p, const struct publisher_head *h,
                          struct buf *out)
{
    say_head(p, h, out);
    if (p->pending)
        buf_printf(out, "  %llu begun, of whose end there is no record\n",
                   (unsigned long long)p->pending);
    if (p->gaps)
        buf_printf(out, "Gaps of the log in that time: %llu; records may be missing.\n",
                   (unsigned long long)p->gaps);
    if (p->removed)
        buf_printf(out, "Segments of that time that were removed by rule: %llu, with %llu records of all publishers.\n",
                   (unsigned long long)p->removed, (unsigned long long)p->removed_records);
    if (p->exceeded)
        buf_puts(out, "There is more than could be kept apart; sums are whole, lists are not.\n");
    say_rows(out, "By month", p->by_month, p->months.n);
    say_rows(out, "By host", p->by_host, p->hosts.n);
    say_rows(out, "By profile", p->by_profile, p->profiles.n);
    if (p->statements.n)
        buf_puts(out, "\nStatements, by when they were first seen\n");
    for (size_t i = 0; i < p->statements.n; i++)
        say_statement(out, p->said[i]);
    if (p->files.n)
        buf_puts(out, "\nSite files that were relied on\n");
    for (size_t i = 0; i < p->files.n; i++)
        say_file(out, p->relied[i]);
}
