/* SPDX-License-Identifier: Apache-2.0 */
/* publisher_html.c - what the log has of a publisher, as a page that can go with a letter. */
#include "answers/publisher.h"

#include "answers/paper.h"
#include "answers/report.h"

#define ROWS_SHOWN 2000 /* of each list; the JSON has all */

static const struct {
    const char *title;
    enum figure f;
    bool bytes;
} columns[] = {
    { "Exchanges", F_RECORDS, false }, { "Clear", F_CLEAR, false },
    { "Reserved", F_RESERVED, false }, { "Conditional", F_CONDITIONAL, false },
    { "Undecided", F_UNDECIDED, false }, { "Refused", F_BLOCK, false },
    { "Cut", F_CUT, false },           { "Tagged", F_TAG, false },
    { "Fetched", F_FETCHED, true },    { "Kept", F_KEPT, true },
};
#define COLUMNS (sizeof columns / sizeof *columns)

static void print_rows(struct buf *out, const char *id, const char *caption, const char *name,
                       void **rows, size_t n)
{
    paper_table(out, id, caption);
    paper_head(out, name, false);
    for (size_t i = 0; i < COLUMNS; i++)
        paper_head(out, columns[i].title, true);
    paper_body(out);
    for (size_t i = 0; i < n && i < ROWS_SHOWN; i++) {
        const struct publisher_row *row = rows[i];
        buf_puts(out, "<tr>");
        paper_name(out, row->head.key);
        buf_puts(out, "</th>");
        for (size_t k = 0; k < COLUMNS; k++) {
            uint64_t v = row->f.of[columns[k].f];
            if (columns[k].bytes)
                paper_cell_bytes(out, figure_name(columns[k].f), v);
            else
                paper_cell_number(out, figure_name(columns[k].f), v);
        }
        buf_puts(out, "</tr>\n");
    }
    paper_table_end(out);
}

static void print_fact(struct buf *out, const char *title, const char *key, uint64_t n, bool bytes)
{
    buf_printf(out, "<div><dt>%s</dt><dd data-total=\"%s\" data-n=\"%llu\">", title, key,
               (unsigned long long)n);
    if (bytes)
        paper_bytes(out, n);
    else
        paper_number(out, n);
    buf_puts(out, "</dd></div>\n");
}

static void print_header(const struct publisher *p, const struct publisher_head *h, struct buf *out)
{
    const uint64_t *of = p->total.of;
    buf_puts(out, "<header>\n<p class=\"kicker\">optout \xC2\xB7 what the audit log has of</p>\n<h1>");
    paper_text(out, slice_cstr(p->name), 255);
    buf_puts(out, "</h1>\n<p class=\"period\">");
    if (p->first_ms) {
        paper_day(out, p->first_ms);
        buf_puts(out, " to ");
        paper_day(out, p->last_ms);
    } else {
        buf_puts(out, "no records");
    }
    buf_puts(out, h->domain ? "</p>\n<p class=\"lead\">All hosts of the registrable domain. Made "
                            : "</p>\n<p class=\"lead\">This host alone. Made ");
    paper_time(out, h->now_ms);
    buf_puts(out, " UTC.</p>\n<dl class=\"key\">\n");
    print_fact(out, "Exchanges", "records", of[F_RECORDS], false);
    print_fact(out, "Refused", "block", of[F_BLOCK], false);
    print_fact(out, "Fetched", "fetched_bytes", of[F_FETCHED], true);
    print_fact(out, "Kept", "kept_bytes", of[F_KEPT], true);
    buf_puts(out, "</dl>\n");
    if (h->damaged || p->gaps || p->removed || p->pending || p->exceeded) {
        buf_puts(out, "<p class=\"warn\">");
        if (h->damaged)
            buf_puts(out, "Part of the log could not be read. ");
        if (p->gaps)
            buf_printf(out, "Gaps of the log in this time: %llu, in which records may be missing. ",
                       (unsigned long long)p->gaps);
        if (p->removed)
            buf_printf(out, "Segments of this time that were removed by rule: %llu, with %llu records of all "
                            "publishers. ", (unsigned long long)p->removed, (unsigned long long)p->removed_records);
        if (p->pending)
            buf_printf(out, "Of %llu exchanges that were begun the end is not recorded. ",
                       (unsigned long long)p->pending);
        if (p->exceeded)
            buf_puts(out, "There is more than could be kept apart: sums are whole, lists are not.");
        buf_puts(out, "</p>\n");
    }
    buf_puts(out, "</header>\n<main>\n");
}

static void print_span(struct buf *out, int64_t first_ms, int64_t last_ms)
{
    buf_puts(out, "<td class=\"time\">");
    paper_time(out, first_ms);
    buf_puts(out, "</td><td class=\"time\">");
    paper_time(out, last_ms);
    buf_puts(out, "</td>");
}

/* With the record that shows it. */
static void print_seen(struct buf *out, int64_t ms, const char *id)
{
    buf_puts(out, "<td class=\"seen\">");
    paper_time(out, ms);
    buf_puts(out, "<small class=\"id\">");
    paper_str(out, id);
    buf_puts(out, "</small></td>");
}

static void print_statement(struct buf *out, const struct publisher_statement *s)
{
    struct slice key = s->head.key, prefs = key_part(key, 5);
    buf_puts(out, "<tr>");
    paper_name(out, key_part(key, 1));
    buf_puts(out, "<small>");
    paper_text(out, key_part(key, 2), 64);
    if (s->place.n) {
        buf_puts(out, ", ");
        paper_text(out, s->place, 100);
    }
    buf_puts(out, "</small><small>");
    paper_text(out, key_part(key, 0), 255);
    buf_puts(out, "</small></th><td class=\"said\"><code>");
    paper_text(out, key_part(key, 10), 512);
    buf_puts(out, s->raw_cut ? " \xE2\x80\xA6</code><small>" : "</code><small>");
    paper_text(out, prefs.n ? prefs : SLICE_OF("says nothing of any use"), 160);
    if (key_part(key, 4).n) {
        buf_puts(out, ", to ");
        paper_text(out, key_part(key, 4), 64);
    }
    buf_puts(out, "</small><small>first at ");
    paper_text(out, s->url, 200);
    buf_puts(out, "</small></td>");
    print_seen(out, s->first_ms, s->first_id);
    print_seen(out, s->last_ms, s->last_id);
    paper_cell_number(out, "records", s->records);
    paper_cell_number(out, "answers", s->before);
    paper_cell_bytes(out, "before_kept_bytes", s->before_kept);
    buf_puts(out, "</tr>\n");
}

static void print_statements(const struct publisher *p, struct buf *out)
{
    static const char *const heads[] = { "Standard, place, host", "As written, what it says",
                                         "First seen", "Last seen", "Exchanges", "Fetched before",
                                         "Kept before" };
    paper_section(out, "said", "What was stated",
                  "Every statement that was seen, by when it was first seen. Fetched and kept "
                  "before: answers from that host, and bytes of them, before the statement was "
                  "first seen. It may have been published earlier.");
    if (!p->statements.n) {
        paper_nothing(out, "No statement was seen.");
    } else {
        paper_table(out, "statements", "Statements");
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            paper_head(out, heads[i], i >= 4);
        paper_body(out);
        for (size_t i = 0; i < p->statements.n && i < ROWS_SHOWN; i++)
            print_statement(out, p->said[i]);
        paper_table_end(out);
    }
    paper_section_end(out);
}

static void print_file(struct buf *out, const struct publisher_file *f)
{
    struct slice key = f->head.key;
    buf_puts(out, "<tr>");
    paper_name(out, key_part(key, 1));
    buf_puts(out, "<small>");
    paper_text(out, key_part(key, 0), 200);
    if (key_part(key, 7).n) {
        buf_puts(out, ", as it answers ");
        paper_text(out, key_part(key, 7), 64);
    }
    buf_puts(out, "</small></th>");
    paper_cell_text(out, "state", key_part(key, 2));
    buf_puts(out, "<td>");
    paper_text(out, key_part(key, 3), 300);
    buf_puts(out, "<small class=\"id\">");
    paper_text(out, key_part(key, 4), 64);
    buf_puts(out, "</small></td><td class=\"time\">");
    paper_text(out, slice_sub(f->fetched_at, 0, 10), 10);
    buf_puts(out, " ");
    paper_text(out, slice_sub(f->fetched_at, 11, 5), 5);
    buf_puts(out, "</td>");
    print_span(out, f->first_ms, f->last_ms);
    paper_cell_number(out, "records", f->records);
    buf_puts(out, "</tr>\n");
}

static void print_files(const struct publisher *p, struct buf *out)
{
    static const char *const heads[] = { "File, of", "State", "URL, SHA-256", "Fetched",
                                         "Relied on from", "To", "Exchanges" };
    paper_section(out, "files", "Site files that were relied on",
                  "As they stood when it was decided. The file itself: <code>optout site original "
                  "SHA256</code>.");
    if (!p->files.n) {
        paper_nothing(out, "None was.");
    } else {
        paper_table(out, "site_files", "Site files");
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            paper_head(out, heads[i], i == 6);
        paper_body(out);
        for (size_t i = 0; i < p->files.n && i < ROWS_SHOWN; i++)
            print_file(out, p->relied[i]);
        paper_table_end(out);
    }
    paper_section_end(out);
}

void publisher_print_html(const struct publisher *p, const struct publisher_head *h,
                          struct buf *out)
{
    paper_begin(out, "What the audit log has of a publisher");
    print_header(p, h, out);
    paper_section(out, "done", "What was done", NULL);
    if (p->total.of[F_RECORDS]) {
        print_rows(out, "months", "By month", "Month", p->by_month, p->months.n);
        print_rows(out, "hosts", "By host", "Host", p->by_host, p->hosts.n);
        print_rows(out, "profiles", "By profile", "Profile", p->by_profile, p->profiles.n);
    } else {
        paper_nothing(out, "There are no records.");
    }
    paper_section_end(out);
    print_statements(p, out);
    print_files(p, out);
    paper_end(out, h->version);
}
