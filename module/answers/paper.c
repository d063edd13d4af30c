/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/paper.h"

#include "answers/paper_style.h"
#include "core/clock.h"
#include "syntax/visible.h"

#include <stdio.h>

#define CELL_COLUMNS 200 /* characters of one cell */

/* Escapes what was appended from `from` on. */
static void escape_from(struct buf *out, size_t from)
{
    size_t n = out->n - from, more = 0;
    for (size_t i = from; i < out->n; i++)
        more += out->p[i] == '&' ? 4 : out->p[i] == '"' || out->p[i] == '\'' ? 4
              : out->p[i] == '<' || out->p[i] == '>'                        ? 3 : 0;
    if (!more || !buf_room(out, more))
        return;
    uint8_t *to = out->p + from + n + more;
    for (const uint8_t *p = out->p + from + n; p-- > out->p + from;) {
        const char *as = *p == '&' ? "&amp;" : *p == '"' ? "&#34;" : *p == '\'' ? "&#39;"
                       : *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : NULL;
        size_t k = as ? strlen(as) : 1;
        to -= k;
        memcpy(to, as ? (const void *)as : p, k);
    }
    out->n += more;
}

void paper_text(struct buf *out, struct slice s, size_t columns)
{
    size_t from = out->n;
    visible_append(out, s, columns);
    if (out->failed == OPTOUT_OK)
        escape_from(out, from);
    if (out->failed != OPTOUT_OK)
        out->n = from; /* never half escaped */
}

void paper_str(struct buf *out, const char *s)
{
    paper_text(out, slice_cstr(s), 0);
}

void paper_number(struct buf *out, uint64_t n)
{
    char digits[24];
    int k = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < k; i++) {
        if (i && (k - i) % 3 == 0)
            buf_putc(out, ',');
        buf_putc(out, digits[i]);
    }
}

void paper_bytes(struct buf *out, uint64_t n)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    double v = (double)n;
    size_t u = 0;
    while (v >= 999.5 && u + 1 < sizeof units / sizeof *units) {
        v /= 1000;
        u++;
    }
    buf_printf(out, "%.*f\xC2\xA0%s", u == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v, units[u]);
}

void paper_time(struct buf *out, int64_t ms)
{
    char text[CLOCK_TEXT];
    if (!ms) {
        buf_puts(out, "\xE2\x80\x93");
        return;
    }
    clock_text(ms, text);
    buf_printf(out, "<time datetime=\"%s\">%.10s %.5s</time>", text, text, text + 11);
}

void paper_day(struct buf *out, int64_t ms)
{
    static const char *const months[] = { "January", "February", "March", "April", "May", "June",
                                          "July", "August", "September", "October", "November",
                                          "December" };
    char text[CLOCK_TEXT];
    int month = 0, day = 0;
    clock_text(ms, text);
    if (sscanf(text + 5, "%2d-%2d", &month, &day) == 2 && month >= 1 && month <= 12)
        buf_printf(out, "%d\xC2\xA0%s\xC2\xA0%.4s", day, months[month - 1], text);
}

void paper_span(struct buf *out, int64_t first_ms, int64_t last_ms)
{
    char first[CLOCK_TEXT], last[CLOCK_TEXT];
    clock_text(first_ms, first);
    clock_text(last_ms, last);
    buf_printf(out, "<time datetime=\"%s\">%.10s</time>", first, first);
    if (memcmp(first, last, 10) != 0)
        buf_printf(out, " to <time datetime=\"%s\">%.10s</time>", last, last);
}

/* ---- the page ---- */

void paper_begin(struct buf *out, const char *title)
{
    buf_puts(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<meta name=\"robots\" content=\"noindex\">\n<title>");
    paper_str(out, title);
    buf_puts(out, "</title>\n<style>\n");
    buf_puts(out, paper_style);
    buf_puts(out, "</style>\n</head>\n<body>\n");
}

void paper_end(struct buf *out, const char *version)
{
    buf_puts(out, "</main>\n<footer><p>Made by optout ");
    paper_str(out, version);
    buf_puts(out, " from the audit log. Times are UTC; bytes are those of bodies as sent, "
                  "1 kB is 1,000 bytes.</p></footer>\n</body>\n</html>\n");
}

void paper_section(struct buf *out, const char *id, const char *title, const char *lead)
{
    buf_printf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, title);
    if (lead)
        buf_printf(out, "<p class=\"lead\">%s</p>\n", lead);
}

void paper_section_end(struct buf *out)
{
    buf_puts(out, "</section>\n");
}

void paper_nothing(struct buf *out, const char *why)
{
    buf_printf(out, "<p class=\"none\">%s</p>\n", why);
}

/* ---- tables ---- */

void paper_table(struct buf *out, const char *id, const char *caption)
{
    buf_printf(out, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"c-%s\">\n"
                    "<table data-table=\"%s\">\n<caption id=\"c-%s\">%s</caption>\n<thead>\n<tr>",
               id, id, id, caption);
}

void paper_head(struct buf *out, const char *title, bool number)
{
    buf_printf(out, "<th scope=\"col\"%s>%s</th>", number ? " class=\"n\"" : "", title);
}

void paper_body(struct buf *out)
{
    buf_puts(out, "</tr>\n</thead>\n<tbody>\n");
}

void paper_table_end(struct buf *out)
{
    buf_puts(out, "</tbody>\n</table>\n</div>\n");
}

void paper_name(struct buf *out, struct slice name)
{
    buf_puts(out, "<th scope=\"row\">");
    if (name.n)
        paper_text(out, name, CELL_COLUMNS);
    else
        buf_puts(out, "<span class=\"none\">not said</span>");
}

static void begin_cell(struct buf *out, const char *class_name, const char *key)
{
    buf_printf(out, "<td%s%s%s", *class_name ? " class=\"" : "", class_name,
               *class_name ? "\"" : "");
    if (key)
        buf_printf(out, " data-f=\"%s\"", key);
}

void paper_cell_number(struct buf *out, const char *key, uint64_t n)
{
    begin_cell(out, n ? "n" : "n zero", key);
    buf_printf(out, " data-n=\"%llu\">", (unsigned long long)n);
    paper_number(out, n);
    buf_puts(out, "</td>");
}

void paper_cell_bytes(struct buf *out, const char *key, uint64_t n)
{
    begin_cell(out, n ? "n" : "n zero", key);
    buf_printf(out, " data-n=\"%llu\">", (unsigned long long)n);
    paper_bytes(out, n);
    buf_puts(out, "</td>");
}

void paper_cell_text(struct buf *out, const char *key, struct slice s)
{
    begin_cell(out, "", key);
    buf_putc(out, '>');
    paper_text(out, s, CELL_COLUMNS);
    buf_puts(out, "</td>");
}

void paper_cell_time(struct buf *out, const char *key, int64_t ms)
{
    begin_cell(out, "time", key);
    buf_putc(out, '>');
    paper_time(out, ms);
    buf_puts(out, "</td>");
}

void paper_cell_bar(struct buf *out, const struct bar_part *part, size_t n, uint64_t most)
{
    double at = 0;
    buf_puts(out, "<td class=\"bar\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                  "aria-hidden=\"true\">");
    for (size_t i = 0; i < n && most; i++) {
        double width = (double)part[i].n * 100 / (double)most;
        if (part[i].n)
            buf_printf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"8\"/>",
                       part[i].class_name, at, width < 0.5 ? 0.5 : width);
        at += width;
    }
    buf_puts(out, "</svg></td>");
}
