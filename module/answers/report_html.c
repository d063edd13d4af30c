/* SPDX-License-Identifier: Apache-2.0 */
/* report_html.c - a report as one page, for the screen and for paper. */
#include "answers/report.h"

#include "answers/paper.h"
#include "answers/report_svg.h"
#include "core/clock.h"
#include "core/undecided.h"

#include <stdio.h>

#define SERIES_ROWS_HERE 40 /* a longer time line has its table at the end of the page */
#define SAID_SHOWN 6        /* of what one host said by one standard */
#define LISTED_ON_PAGE 500  /* domains; all of them are in the JSON */

static const char dash[] = "\xE2\x80\x93";

/* ---- what most tables have in common ---- */

struct column {
    const char *title;
    enum figure f;
    bool bytes;
};

static const struct column decision_columns[] = {
    { "Exchanges", F_RECORDS, false },     { "Clear", F_CLEAR, false },
    { "Reserved", F_RESERVED, false },     { "Conditional", F_CONDITIONAL, false },
    { "Licensed", F_LICENSED, false },     { "Undecided", F_UNDECIDED, false },
    { "Refused", F_BLOCK, false },         { "Cut", F_CUT, false },
    { "Tagged", F_TAG, false },            { "Kept", F_KEPT, true },
};
#define DECISION_COLUMNS (sizeof decision_columns / sizeof *decision_columns)

struct ranking {
    const char *id, *caption, *name;
    const struct column *column;
    size_t columns;
    bool decisions; /* a bar of them; else of the first column */
    void (*explain)(struct buf *out, const struct sums_row *row);
};

static void print_columns(struct buf *out, const struct ranking *k, const struct figures *f)
{
    for (size_t i = 0; i < k->columns; i++) {
        const struct column *c = &k->column[i];
        if (c->bytes)
            paper_cell_bytes(out, figure_name(c->f), f->of[c->f]);
        else
            paper_cell_number(out, figure_name(c->f), f->of[c->f]);
    }
}

static void print_bar(struct buf *out, const struct ranking *k, const struct figures *f,
                      uint64_t most)
{
    const struct bar_part decisions[] = {
        { "clear", f->of[F_CLEAR] },         { "licensed", f->of[F_LICENSED] },
        { "conditional", f->of[F_CONDITIONAL] }, { "reserved", f->of[F_RESERVED] },
        { "undecided", f->of[F_UNDECIDED] },
    };
    const struct bar_part one = { "kept", f->of[k->column[0].f] };
    paper_cell_bar(out, k->decisions ? decisions : &one,
                  k->decisions ? sizeof decisions / sizeof *decisions : 1, most);
}

static uint64_t most_of(const struct ranked *r, enum figure f)
{
    uint64_t most = 0;
    for (size_t i = 0; i < r->shown; i++) {
        const struct sums_row *row = r->row[i];
        most = row->f.of[f] > most ? row->f.of[f] : most;
    }
    return most;
}

static void print_others(struct buf *out, const struct ranking *k, const struct ranked *r)
{
    size_t names = r->n - r->shown;
    if (!names && !r->exceeded)
        return;
    buf_puts(out, "<tr class=\"rest\"><th scope=\"row\">");
    if (r->exceeded)
        buf_puts(out, "more than ");
    paper_number(out, names);
    buf_puts(out, names == 1 ? " other" : " others");
    buf_puts(out, "</th><td class=\"bar\"></td>");
    print_columns(out, k, &r->others);
    buf_puts(out, "</tr>\n");
}

static void print_ranking(struct buf *out, const struct ranking *k, const struct ranked *r)
{
    uint64_t most = most_of(r, k->decisions ? F_RECORDS : k->column[0].f);
    if (!r->shown) {
        buf_printf(out, "<p class=\"none\">%s: none.</p>\n", k->caption);
        return;
    }
    paper_table(out, k->id, k->caption);
    paper_head(out, k->name, false);
    paper_head(out, "Share", false);
    for (size_t i = 0; i < k->columns; i++)
        paper_head(out, k->column[i].title, true);
    paper_body(out);
    for (size_t i = 0; i < r->shown; i++) {
        const struct sums_row *row = r->row[i];
        buf_puts(out, "<tr>");
        paper_name(out, row->head.key);
        if (k->explain)
            k->explain(out, row);
        buf_puts(out, "</th>");
        print_bar(out, k, &row->f, most);
        print_columns(out, k, &row->f);
        buf_puts(out, "</tr>\n");
    }
    print_others(out, k, r);
    paper_table_end(out);
}

/* ---- the top of the page ---- */

static void print_period(struct buf *out, const struct sums *t)
{
    if (!t->first_ms) {
        buf_puts(out, "no records");
        return;
    }
    paper_day(out, t->first_ms);
    if (t->last_ms / 86400000 == t->first_ms / 86400000)
        return;
    buf_puts(out, " to ");
    paper_day(out, t->last_ms);
}

static void print_names(struct buf *out, const struct ranked *r)
{
    for (size_t i = 0; i < r->shown && i < 8; i++) {
        const struct sums_row *row = r->row[i];
        buf_puts(out, i ? ", " : "");
        if (row->head.key.n)
            paper_text(out, row->head.key, 64);
        else
            buf_puts(out, "not said");
    }
    if (r->n > 8) {
        buf_puts(out, " and ");
        paper_number(out, r->n - 8);
        buf_puts(out, " more");
    }
    if (!r->n)
        buf_puts(out, dash);
}

static void print_fact(struct buf *out, const char *name, const struct ranked *r)
{
    buf_printf(out, "<dt>%s</dt><dd>", name);
    print_names(out, r);
    buf_puts(out, "</dd>\n");
}

static void print_bounds(struct buf *out, const struct report_options *o)
{
    if (!o->since_ms && !o->until_ms && !o->profile && !o->node)
        return;
    buf_puts(out, "<dt>Asked for</dt><dd>");
    if (o->since_ms) {
        buf_puts(out, "from ");
        paper_time(out, o->since_ms);
    }
    if (o->until_ms) {
        buf_puts(out, o->since_ms ? " until " : "until ");
        paper_time(out, o->until_ms);
    }
    if (o->profile) {
        buf_puts(out, " profile ");
        paper_str(out, o->profile);
    }
    if (o->node) {
        buf_puts(out, " node ");
        paper_str(out, o->node);
    }
    buf_puts(out, "</dd>\n");
}

static void print_header(struct buf *out, const struct report *r)
{
    buf_puts(out, "<header>\n<p class=\"kicker\">optout \xC2\xB7 audit report</p>\n"
                  "<h1>Rights reservations</h1>\n<p class=\"period\">");
    print_period(out, r->t);
    buf_puts(out, "</p>\n<p class=\"lead\">What publishers reserved, what was done about it, and "
                  "what was fetched and kept.</p>\n<dl class=\"facts\">\n");
    if (r->t->first_ms) {
        buf_puts(out, "<dt>Records from</dt><dd>");
        paper_time(out, r->t->first_ms);
        buf_puts(out, " to ");
        paper_time(out, r->t->last_ms);
        buf_puts(out, "</dd>\n");
    }
    print_bounds(out, &r->options);
    print_fact(out, "Nodes", &r->by[BY_NODE]);
    print_fact(out, "Profiles", &r->by[BY_PROFILE]);
    print_fact(out, "Crawlers", &r->by[BY_AGENT]);
    buf_puts(out, "<dt>Made</dt><dd>");
    paper_time(out, r->options.now_ms);
    buf_puts(out, "</dd>\n</dl>\n");
}

static void print_key(struct buf *out, const char *title, const char *key, uint64_t n, bool bytes)
{
    buf_printf(out, "<div><dt>%s</dt><dd data-total=\"%s\" data-n=\"%llu\">", title, key,
               (unsigned long long)n);
    if (bytes)
        paper_bytes(out, n);
    else
        paper_number(out, n);
    buf_puts(out, "</dd>");
}

static void print_share(struct buf *out, uint64_t n, uint64_t of, const char *what)
{
    if (of)
        buf_printf(out, "<dd>%.*f\xC2\xA0%% of %s</dd>", n * 10 < of ? 1 : 0,
                   (double)n * 100 / (double)of, what);
    buf_puts(out, "</div>\n");
}

static void print_keys(struct buf *out, const struct report *r)
{
    const uint64_t *of = r->t->total.of;
    static const struct {
        const char *title;
        enum figure f, whole;
        bool bytes;
        const char *what;
    } keys[] = {
        { "Reserved", F_RESERVED, F_RECORDS, false, "exchanges" },
        { "Conditional", F_CONDITIONAL, F_RECORDS, false, "exchanges" },
        { "Undecided", F_UNDECIDED, F_RECORDS, false, "exchanges" },
        { "Refused", F_BLOCK, F_RECORDS, false, "exchanges" },
        { "Fetched", F_FETCHED, FIGURE_COUNT, true, "" },
        { "Kept", F_KEPT, F_FETCHED, true, "what was fetched" },
    };
    buf_puts(out, "<dl class=\"key\">\n");
    print_key(out, "Exchanges", "records", of[F_RECORDS], false);
    buf_puts(out, "</div>\n");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        print_key(out, keys[i].title, figure_name(keys[i].f), of[keys[i].f], keys[i].bytes);
        print_share(out, of[keys[i].f], keys[i].whole == FIGURE_COUNT ? 0 : of[keys[i].whole],
                    keys[i].what);
    }
    bool lost = of[F_LOST] || of[F_LOST_UNKNOWN] || r->t->pending;
    buf_printf(out, "<div%s><dt>Records missing</dt><dd data-total=\"lost\" data-n=\"%llu\">",
               lost ? " class=\"alarm\"" : "", (unsigned long long)of[F_LOST]);
    paper_number(out, of[F_LOST]);
    buf_puts(out, "</dd><dd>");
    paper_number(out, r->t->gaps.all);
    buf_puts(out, r->t->gaps.all == 1 ? " gap, " : " gaps, ");
    paper_number(out, r->t->pending);
    buf_puts(out, " without an end</dd></div>\n</dl>\n");
    if (r->options.damaged)
        buf_puts(out, "<p class=\"warn\"><strong>Part of the log could not be read.</strong> "
                      "These figures are of the rest. What is damaged was said on standard "
                      "error.</p>\n");
}

static void print_contents(struct buf *out)
{
    static const char *const items[][2] = {
        { "time", "Decisions over time" }, { "statements", "Statements" },
        { "hosts", "Hosts" },              { "kinds", "Kinds of content" },
        { "who", "Profiles, nodes, crawlers" }, { "undecided-s", "Undecided" },
        { "changes", "What hosts changed" }, { "conflicts-s", "Conflicts" },
        { "cuts-s", "Cuts" },              { "gaps-s", "Gaps in the log" },
        { "settings", "Configuration" },   { "summary", "Figures for the public summary" },
    };
    buf_puts(out, "</header>\n<nav aria-label=\"Contents\"><ol>\n");
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        buf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", items[i][0], items[i][1]);
    buf_puts(out, "</ol></nav>\n<main>\n");
}

/* ---- over time ---- */

static void print_series_table(struct buf *out, const struct report *r)
{
    char text[24];
    paper_table(out, "over_time", "Exchanges by decision");
    paper_head(out, "From", false);
    for (size_t i = 0; i < DECISION_COLUMNS; i++)
        paper_head(out, decision_columns[i].title, true);
    paper_body(out);
    for (size_t i = 0; i < r->series.n; i++) {
        series_label(&r->series, i, text);
        buf_printf(out, "<tr><th scope=\"row\" data-name=\"%s\">%s</th>", r->series.v[i].label,
                   text);
        const struct ranking k = { .column = decision_columns, .columns = DECISION_COLUMNS };
        print_columns(out, &k, &r->series.v[i].f);
        buf_puts(out, "</tr>\n");
    }
    paper_table_end(out);
}

static void print_time_line(struct buf *out, const struct report *r)
{
    static const struct chart_part decisions[] = {
        { "clear", "clear", F_CLEAR, FIGURE_COUNT },
        { "licensed", "licensed", F_LICENSED, FIGURE_COUNT },
        { "conditional", "conditional", F_CONDITIONAL, FIGURE_COUNT },
        { "reserved", "reserved", F_RESERVED, FIGURE_COUNT },
        { "undecided", "undecided", F_UNDECIDED, FIGURE_COUNT },
    }, bytes[] = {
        { "kept", "kept", F_KEPT, FIGURE_COUNT },
        { "fetched, and not kept", "other", F_FETCHED, F_KEPT },
    };
    paper_section(out, "time", "Decisions over time", NULL);
    svg_columns(out, &(struct chart){ "decisions", "Exchanges by decision", &r->series, decisions,
                                      sizeof decisions / sizeof *decisions, false });
    if (r->series.n)
        buf_puts(out, "<h3>Bytes</h3>\n");
    svg_columns(out, &(struct chart){ "bytes", "Bytes that were fetched and kept", &r->series, bytes,
                                      sizeof bytes / sizeof *bytes, true });
    if (!r->series.n)
        paper_nothing(out, "There are no records.");
    else if (r->series.n <= SERIES_ROWS_HERE)
        print_series_table(out, r);
    else
        buf_puts(out, "<p><a href=\"#data\">All figures as a table</a>, at the end.</p>\n");
    paper_section_end(out);
}

static void print_appendix(struct buf *out, const struct report *r)
{
    if (r->series.n <= SERIES_ROWS_HERE)
        return;
    paper_section(out, "data", "Decisions over time, in figures", NULL);
    print_series_table(out, r);
    paper_section_end(out);
}

/* ---- by what ---- */

static void print_statements(struct buf *out, const struct report *r)
{
    static const struct column columns[] = {
        { "Exchanges", F_RECORDS, false },   { "Decided", F_DECIDING, false },
        { "Reserved", F_RESERVED, false },   { "Conditional", F_CONDITIONAL, false },
        { "Refused", F_BLOCK, false },       { "Cut", F_CUT, false },
    };
    static const struct ranking standards = { "standards", "By standard", "Standard", columns, 6,
                                              false, NULL };
    static const struct ranking carriers = { "carriers", "By carrier: where it stood", "Carrier",
                                             columns, 6, false, NULL };
    paper_section(out, "statements", "Statements",
                 "Exchanges in which a publisher said something, by the standard that defines it "
                 "and by where it stood. One exchange can have several. Decided: the decision "
                 "rests on it.");
    print_ranking(out, &standards, &r->by[BY_STANDARD]);
    print_ranking(out, &carriers, &r->by[BY_CARRIER]);
    paper_section_end(out);
}

static void print_hosts(struct buf *out, const struct report *r)
{
    static const struct column refused[] = {
        { "Withheld", F_REFUSED, true },   { "Refused", F_BLOCK, false },
        { "Cut", F_CUT, false },           { "Reserved", F_RESERVED, false },
        { "Conditional", F_CONDITIONAL, false }, { "Would be refused", F_WOULD, false },
    };
    static const struct ranking all = { "hosts", "Hosts by exchanges", "Host", decision_columns,
                                        DECISION_COLUMNS, true, NULL };
    static const struct ranking withheld = { "refused_hosts", "Hosts by what was refused", "Host",
                                             refused, 6, false, NULL };
    paper_section(out, "hosts", "Hosts", NULL);
    print_ranking(out, &all, &r->by[BY_HOST]);
    buf_puts(out, "<h3>Where most was refused</h3>\n<p class=\"lead\">By the bytes that were "
                  "announced or seen of refused answers. What is refused before it is asked for "
                  "has no size.</p>\n");
    print_ranking(out, &withheld, &r->refused_hosts);
    paper_section_end(out);
}

static void print_kinds(struct buf *out, const struct report *r)
{
    static const struct ranking formats = { "formats", "By what was read in it", "Read as",
                                            decision_columns, DECISION_COLUMNS, true, NULL };
    static const struct ranking types = { "media_types", "By media type", "Media type",
                                          decision_columns, DECISION_COLUMNS, true, NULL };
    paper_section(out, "kinds", "Kinds of content", NULL);
    print_ranking(out, &formats, &r->by[BY_FORMAT]);
    print_ranking(out, &types, &r->by[BY_TYPE]);
    paper_section_end(out);
}

static void explain_profile(struct buf *out, const struct sums_row *row)
{
    const char *sep = "<small>fetches for ";
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (!(row->flags & usage_bit((enum usage)u)))
            continue;
        buf_printf(out, "%s%s", sep, usage_name((enum usage)u));
        sep = ", ";
    }
    if (*sep == ',')
        buf_puts(out, "</small>");
    if (row->flags & SUMS_MONITORS)
        buf_puts(out, row->flags & SUMS_ENFORCES ? "<small>watched only, at times</small>"
                                                  : "<small>watches only</small>");
}

static void print_who(struct buf *out, const struct report *r)
{
    static const struct ranking profiles = { "profiles", "By profile", "Profile", decision_columns,
                                             DECISION_COLUMNS, true, explain_profile };
    static const struct ranking nodes = { "nodes", "By node", "Node", decision_columns,
                                          DECISION_COLUMNS, true, NULL };
    static const struct ranking agents = { "agents", "By crawler", "Product token",
                                           decision_columns, DECISION_COLUMNS, true, NULL };
    paper_section(out, "who", "Profiles, nodes, crawlers", NULL);
    print_ranking(out, &profiles, &r->by[BY_PROFILE]);
    print_ranking(out, &nodes, &r->by[BY_NODE]);
    print_ranking(out, &agents, &r->by[BY_AGENT]);
    paper_section_end(out);
}

static void explain_reason(struct buf *out, const struct sums_row *row)
{
    enum undecided u;
    if (!undecided_from_name(row->head.key, &u))
        return;
    buf_puts(out, "<small>");
    paper_str(out, undecided_text(u));
    buf_puts(out, "</small>");
}

static void print_undecided(struct buf *out, const struct report *r)
{
    static const struct column columns[] = {
        { "Exchanges", F_RECORDS, false }, { "Undecided by it", F_UNDECIDED, false },
        { "Passed", F_PASS, false },       { "Tagged", F_TAG, false },
        { "Refused", F_BLOCK, false },     { "Cut", F_CUT, false },
        { "Fetched", F_FETCHED, true },
    };
    static const struct ranking reasons = { "undecided", "What could not be read", "Reason", columns,
                                            7, false, explain_reason };
    static const struct column tunnels[] = {
        { "Tunnels", F_RECORDS, false }, { "Passed unread", F_PASS, false },
        { "Refused", F_BLOCK, false },
    };
    static const struct ranking unread = { "tunnel_hosts", "Hosts not inspected: tunnels", "Host",
                                           tunnels, 3, false, NULL };
    paper_section(out, "undecided-s", "Undecided",
                 "What kept exchanges from being read to their end, whatever was decided. "
                 "Undecided by it: nothing that was read decided, and this is the first reason.");
    print_ranking(out, &reasons, &r->by[BY_REASON]);
    print_ranking(out, &unread, &r->by[BY_TUNNEL]);
    paper_section_end(out);
}

/* ---- what hosts changed ---- */

static void print_said(struct buf *out, const struct change *c)
{
    buf_puts(out, "<td class=\"said\">");
    for (size_t i = 0; i < c->n && i < SAID_SHOWN; i++) {
        const struct sums_row *row = c->said[i];
        buf_puts(out, "<div>");
        paper_span(out, row->first_ms, row->last_ms);
        buf_puts(out, " ");
        paper_text(out, key_part(row->head.key, 4), 120);
        buf_puts(out, "</div>");
    }
    if (c->n > SAID_SHOWN)
        buf_printf(out, "<div class=\"none\">and %zu more</div>", c->n - SAID_SHOWN);
    buf_puts(out, "</td>");
}

static void print_change(struct buf *out, const struct change *c)
{
    buf_puts(out, "<tr>");
    paper_name(out, c->host);
    buf_puts(out, "</th><td>");
    paper_text(out, c->standard, 64);
    buf_puts(out, "<small>");
    paper_text(out, c->carrier, 64);
    if (c->agent.n) {
        buf_puts(out, ", to ");
        paper_text(out, c->agent, 64);
    }
    buf_printf(out, "%s</small></td><td>%s%s%s%s%s</td>", c->wide ? "" : ", some pages only",
               c->appeared ? "appeared" : "", c->appeared && c->changed ? ", " : "",
               c->changed ? "changed" : "", (c->appeared || c->changed) && c->vanished ? ", " : "",
               c->vanished ? "vanished" : "");
    print_said(out, c);
    paper_cell_number(out, "records", c->records);
    paper_cell_number(out, "host_records", c->host_records);
    buf_puts(out, "</tr>\n");
}

static void print_changes(struct buf *out, const struct report *r)
{
    static const char *const heads[] = { "Host", "Standard or file", "What happened",
                                         "From, to, and what it says", "Exchanges",
                                         "Of the host" };
    const size_t columns = sizeof heads / sizeof *heads;
    paper_section(out, "changes", "What hosts changed",
                 "Site files that are not what they were, and statements that were not there when "
                 "their host was first looked at, are gone since, or say something else than "
                 "before. Some pages only: so few pages said so meanwhile that it tells of them "
                 "rather than of the host. Files are named by the first digits of their "
                 "SHA-256.");
    if (!r->changes)
        paper_nothing(out, "There are none.");
    else
        paper_table(out, "changes", "Statements that appeared, vanished or changed");
    for (size_t i = 0; i < columns && r->changes; i++)
        paper_head(out, heads[i], i + 2 >= columns);
    if (r->changes)
        paper_body(out);
    for (size_t i = 0; i < r->changes && i < r->options.top; i++)
        print_change(out, &r->change[i]);
    if (r->changes)
        paper_table_end(out);
    if (r->changes > r->options.top) {
        buf_puts(out, "<p class=\"lead\">And ");
        paper_number(out, r->changes - r->options.top);
        buf_puts(out, " more.</p>\n");
    }
    paper_section_end(out);
}

/* ---- examples ---- */

static void print_id(struct buf *out, const char *id)
{
    buf_puts(out, "<td class=\"id\">");
    paper_str(out, id);
    buf_puts(out, "</td>");
}

static void print_conflicts(struct buf *out, const struct report *r)
{
    static const struct column columns[] = {
        { "Conflicts", F_CONFLICTS, false }, { "Exchanges", F_RECORDS, false },
        { "Reserved", F_RESERVED, false },   { "Refused", F_BLOCK, false },
    };
    static const struct ranking usages = { "conflicting_usages", "Conflicts by usage", "Usage", columns, 4,
                                           false, NULL };
    static const struct ranking hosts = { "conflict_hosts", "Conflicts by host", "Host", columns, 4, false,
                                          NULL };
    const struct listing *l = &r->t->conflicts;
    paper_section(out, "conflicts-s", "Conflicts",
                 "One standard allows what another restricts. The restriction counts.");
    print_ranking(out, &usages, &r->by[BY_CONFLICT]);
    if (l->n) {
        print_ranking(out, &hosts, &r->conflict_hosts);
        paper_table(out, "conflicts", "The first conflicts");
        paper_head(out, "URL", false);
        paper_head(out, "Usages", false);
        paper_head(out, "Time", false);
        paper_head(out, "Record", false);
        paper_body(out);
    }
    for (size_t i = 0; i < l->n && i < r->options.top; i++) {
        buf_puts(out, "<tr>");
        paper_name(out, slice_cstr(l->v[i].url));
        buf_puts(out, "</th>");
        paper_cell_text(out, "usages", slice_cstr(l->v[i].what));
        paper_cell_time(out, NULL, l->v[i].time_ms);
        print_id(out, l->v[i].id);
        buf_puts(out, "</tr>\n");
    }
    if (l->n)
        paper_table_end(out);
    paper_section_end(out);
}

static void print_cuts(struct buf *out, const struct report *r)
{
    static const struct column columns[] = {
        { "Cuts", F_CUT, false }, { "Left before", F_RELEASED, true },
        { "Exchanges", F_RECORDS, false },
    };
    static const struct ranking hosts = { "cut_hosts", "Cuts by host", "Host", columns, 3, false, NULL };
    const struct listing *l = &r->t->cuts;
    paper_section(out, "cuts-s", "Cuts",
                 "Answers that were broken off after they had begun, because the reservation was "
                 "found late. The crawler saw an error behind what had left before that.");
    print_ranking(out, &hosts, &r->cut_hosts);
    if (l->n) {
        paper_table(out, "cuts", "Cuts after which most had left");
        paper_head(out, "URL", false);
        paper_head(out, "Left before", true);
        paper_head(out, "Seen", true);
        paper_head(out, "Time", false);
        paper_head(out, "Record", false);
        paper_body(out);
    }
    for (size_t i = 0; i < l->n && i < r->options.top; i++) {
        buf_puts(out, "<tr>");
        paper_name(out, slice_cstr(l->v[i].url));
        buf_puts(out, "</th>");
        paper_cell_bytes(out, "released_bytes", l->v[i].a);
        paper_cell_bytes(out, "seen_bytes", l->v[i].b);
        paper_cell_time(out, NULL, l->v[i].time_ms);
        print_id(out, l->v[i].id);
        buf_puts(out, "</tr>\n");
    }
    if (l->n)
        paper_table_end(out);
    paper_section_end(out);
}

static void print_gap_row(struct buf *out, const struct listed *l)
{
    buf_puts(out, "<tr>");
    paper_name(out, slice_cstr(l->what));
    buf_puts(out, "</th>");
    if (l->a == UINT64_MAX)
        buf_puts(out, "<td class=\"n\">not known</td>");
    else
        paper_cell_number(out, "lost", l->a);
    paper_cell_bytes(out, "torn_bytes", l->b);
    paper_cell_time(out, NULL, l->time_ms);
    buf_puts(out, "<td class=\"id\">");
    paper_str(out, l->url);
    buf_puts(out, "</td></tr>\n");
}

/* What the operator's own rule removed is no gap: each is told in the log with what it had. */
static void print_removed(struct buf *out, const struct sums *t)
{
    if (!t->removed.all)
        return;
    buf_printf(out, "<dt>Removed by rule (AuditKeep)</dt><dd data-total=\"removed_records\" data-n=\"%llu\">",
               (unsigned long long)t->removed_records);
    paper_number(out, t->removed_records);
    buf_puts(out, " records in ");
    paper_number(out, t->removed.all);
    buf_puts(out, t->removed.all == 1 ? " segment</dd>" : " segments</dd>");
}

static void print_gaps(struct buf *out, const struct report *r)
{
    const struct listing *l = &r->t->gaps;
    paper_section(out, "gaps-s", "Gaps in the log",
                 "Where records may be missing, and exchanges that were begun and of whose end "
                 "there is no record: those were broken off with the process.");
    buf_puts(out, "<dl class=\"facts\"><dt>Gaps</dt><dd>");
    paper_number(out, l->all);
    buf_puts(out, "</dd><dt>Records missing, at most</dt><dd>");
    paper_number(out, r->t->total.of[F_LOST]);
    if (r->t->total.of[F_LOST_UNKNOWN]) {
        buf_puts(out, ", and not known of ");
        paper_number(out, r->t->total.of[F_LOST_UNKNOWN]);
        buf_puts(out, r->t->total.of[F_LOST_UNKNOWN] == 1 ? " gap" : " gaps");
    }
    buf_printf(out, "</dd><dt>Without an end</dt><dd data-total=\"unended\" data-n=\"%llu\">",
               (unsigned long long)r->t->pending);
    paper_number(out, r->t->pending);
    buf_puts(out, "</dd>");
    print_removed(out, r->t);
    buf_puts(out, "</dl>\n");
    if (l->n) {
        paper_table(out, "gaps", "Gaps, the first ones first");
        paper_head(out, "Reason", false);
        paper_head(out, "Missing, at most", true);
        paper_head(out, "Torn off", true);
        paper_head(out, "Found", false);
        paper_head(out, "Segment", false);
        paper_body(out);
    }
    for (size_t i = 0; i < l->n && i < r->options.top; i++)
        print_gap_row(out, &l->v[i]);
    if (l->n)
        paper_table_end(out);
    paper_section_end(out);
}

/* ---- how the filter was set ---- */

static void print_lines(struct buf *out, const char *sign, struct slice of, struct slice without)
{
    struct slice line;
    for (size_t n = 0; n < SETTINGS_LINES_MAX && settings_next_only(&of, without, &line); n++) {
        buf_printf(out, "<li><code>%s ", sign);
        paper_text(out, line, 1000);
        buf_puts(out, "</code></li>");
    }
}

static void print_difference(struct buf *out, const struct report *r, const struct config_use *c)
{
    struct slice was = c->before ? sums_settings(r->t, c->before->id) : SLICE_EMPTY;
    struct slice is = sums_settings(r->t, c->id);
    buf_puts(out, "<td>");
    if (!c->before) {
        buf_puts(out, "the first one seen</td>");
        return;
    }
    if (!was.n || !is.n) {
        buf_puts(out, "what changed is not in the log</td>");
        return;
    }
    buf_puts(out, "<ul class=\"diff\">");
    print_lines(out, "\xE2\x88\x92", was, is);
    print_lines(out, "+", is, was);
    buf_puts(out, "</ul></td>");
}

static void print_configs(struct buf *out, const struct report *r)
{
    paper_section(out, "settings", "Configuration",
                 "Under which settings was decided, by node, from the first to the last record "
                 "of each. A line with a minus held before, one with a plus from then on.");
    if (!r->configs) {
        paper_nothing(out, "There is none.");
        paper_section_end(out);
        return;
    }
    paper_table(out, "configurations", "Settings by node and time");
    paper_head(out, "Node", false);
    paper_head(out, "From", false);
    paper_head(out, "To", false);
    paper_head(out, "Exchanges", true);
    paper_head(out, "What changed", false);
    paper_body(out);
    for (size_t i = 0; i < r->configs; i++) {
        const struct config_use *c = &r->config[i];
        buf_puts(out, "<tr>");
        paper_name(out, c->node);
        buf_puts(out, "<small class=\"id\">");
        paper_text(out, c->id, 16);
        buf_puts(out, "</small></th>");
        paper_cell_time(out, NULL, c->row->first_ms);
        paper_cell_time(out, NULL, c->row->last_ms);
        paper_cell_number(out, "records", c->row->f.of[F_RECORDS]);
        print_difference(out, r, c);
        buf_puts(out, "</tr>\n");
    }
    paper_table_end(out);
    paper_section_end(out);
}

/* ---- the public summary ---- */

/* "11/2026" */
static void print_month(struct buf *out, int64_t ms)
{
    char text[CLOCK_TEXT];
    if (!ms) {
        buf_puts(out, dash);
        return;
    }
    clock_text(ms, text);
    buf_printf(out, "%.2s/%.4s", text + 5, text);
}

static void print_template(struct buf *out, const struct report *r)
{
    const struct figures *f = &r->t->total;
    buf_puts(out, "<dl class=\"facts\">\n<dt>Crawlers</dt><dd>");
    print_names(out, &r->by[BY_AGENT]);
    buf_puts(out, "</dd>\n<dt>Period of collection</dt><dd>");
    print_month(out, r->t->first_kept_ms);
    if (r->t->first_kept_ms) {
        buf_puts(out, " \xE2\x80\x93 ");
        print_month(out, r->t->last_kept_ms);
    }
    buf_puts(out, "<small>first and last record of something kept</small></dd>\n"
                  "<dt>Fetched</dt><dd>");
    paper_bytes(out, f->of[F_FETCHED]);
    buf_puts(out, "</dd>\n<dt>Passed on</dt><dd>");
    paper_bytes(out, f->of[F_DELIVERED]);
    buf_puts(out, "</dd>\n<dt>Kept</dt><dd>");
    paper_bytes(out, f->of[F_KEPT]);
    buf_puts(out, " in ");
    paper_number(out, f->of[F_KEPT_RECORDS]);
    buf_printf(out, " answers<small>%s</small></dd>\n<dt>Domains told by</dt><dd>",
               r->t->options.tagged_kept
                   ? "2xx, passed on, tagged or not; no site files"
                   : "2xx, passed on without a tag that restricts; no site files");
    paper_str(out, r->suffixes);
    buf_puts(out, "</dd>\n</dl>\n");
}

static void print_modalities(struct buf *out, const struct report *r)
{
    const uint64_t *of = r->t->total.of;
    paper_table(out, "modalities", "By modality");
    paper_head(out, "Modality", false);
    paper_head(out, "Share", false);
    paper_head(out, "Kept", true);
    paper_head(out, "Domains", true);
    paper_head(out, "Listed, 10 %", true);
    paper_head(out, "Listed, SME", true);
    paper_body(out);
    for (unsigned i = 0; i < SUMMARIES; i++) {
        const struct summary *s = &r->summary[i];
        const struct bar_part one = { "kept", of[s->by] };
        buf_puts(out, "<tr>");
        paper_name(out, slice_cstr(i ? modality_name((enum modality)(i - 1)) : "all"));
        buf_puts(out, "</th>");
        paper_cell_bar(out, &one, 1, of[F_KEPT]);
        paper_cell_bytes(out, "kept_bytes", of[s->by]);
        paper_cell_number(out, "domains", s->domains);
        paper_cell_number(out, "listed", s->listed);
        paper_cell_number(out, "listed_sme", s->listed_sme);
        buf_puts(out, "</tr>\n");
    }
    paper_table_end(out);
}

static void print_domains(struct buf *out, const struct summary *s, const char *modality)
{
    char id[32], caption[96];
    size_t shown = s->listed < LISTED_ON_PAGE ? s->listed : LISTED_ON_PAGE;
    if (!s->listed)
        return;
    snprintf(id, sizeof id, "domains-%s", modality);
    snprintf(caption, sizeof caption, "Most relevant domains: %s", modality);
    paper_table(out, id, caption);
    paper_head(out, "Domain", false);
    paper_head(out, "Share", false);
    paper_head(out, "Fetched", true);
    paper_head(out, "Kept", true);
    paper_head(out, "In the list of an SME", false);
    paper_body(out);
    for (size_t i = 0; i < shown; i++) {
        const struct sums_row *row = s->row[i];
        const struct sums_row *first = s->row[0];
        const struct bar_part one = { "kept", row->f.of[s->by] };
        buf_puts(out, "<tr>");
        paper_name(out, row->head.key);
        buf_puts(out, "</th>");
        paper_cell_bar(out, &one, 1, first->f.of[s->by]);
        paper_cell_bytes(out, "fetched_bytes", row->f.of[F_FETCHED]);
        paper_cell_bytes(out, "kept_bytes", row->f.of[s->by]);
        buf_puts(out, i < s->listed_sme ? "<td>yes</td></tr>\n" : "<td>no</td></tr>\n");
    }
    paper_table_end(out);
    if (s->listed > shown) {
        buf_puts(out, "<p class=\"lead\">And ");
        paper_number(out, s->listed - shown);
        buf_puts(out, " more, all of them in <code>optout audit report --json</code>.</p>\n");
    }
}

static void print_summary(struct buf *out, const struct report *r)
{
    size_t modalities = 0;
    paper_section(out, "summary", "Figures for the public summary",
                 "For section 2.3 of the template by which a provider of a general-purpose AI "
                 "model sums up its training content (Regulation (EU) 2024/1689, Article "
                 "53(1)(d)): the top 10\xC2\xA0% of domains by size of what was scraped; of small and "
                 "medium-sized enterprises the top 5\xC2\xA0% or 1,000, whichever is lower. Rounded up; "
                 "domains of the size of the last one are listed with it. Only what was kept can "
                 "be training content, so that ranks.");
    print_template(out, r);
    if (r->t->by[BY_HOST].rows.full || r->domains.full)
        buf_puts(out, "<p class=\"warn\"><strong>There are more hosts than were kept apart.</strong> "
                      "The list is incomplete; make the report again with a larger "
                      "<code>--rows</code>.</p>\n");
    print_modalities(out, r);
    print_domains(out, &r->summary[0], "all");
    for (unsigned i = 1; i < SUMMARIES; i++)
        modalities += r->summary[i].domains != 0;
    for (unsigned i = 1; i < SUMMARIES && modalities > 1; i++)
        print_domains(out, &r->summary[i], modality_name((enum modality)(i - 1)));
    paper_section_end(out);
}

void report_print_html(const struct report *r, struct buf *out)
{
    paper_begin(out, "Rights reservations: audit report");
    print_header(out, r);
    print_keys(out, r);
    print_contents(out);
    print_time_line(out, r);
    print_statements(out, r);
    print_hosts(out, r);
    print_kinds(out, r);
    print_who(out, r);
    print_undecided(out, r);
    print_changes(out, r);
    print_conflicts(out, r);
    print_cuts(out, r);
    print_gaps(out, r);
    print_configs(out, r);
    print_summary(out, r);
    print_appendix(out, r);
    paper_end(out, r->options.version);
}
