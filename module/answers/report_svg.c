/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/report_svg.h"

#include "answers/paper.h"

#include <stdio.h>

/* In units of the drawing, which are CSS pixels at full width. */
#define WIDTH 1000
#define HEIGHT 230
#define LEFT 64
#define TOP 12
#define BOTTOM 26
#define COLUMN_MAX 56
#define LABELS_MAX 9

uint64_t chart_value(const struct chart_part *p, const struct figures *f)
{
    uint64_t less = p->less == FIGURE_COUNT ? 0 : f->of[p->less];
    return f->of[p->f] > less ? f->of[p->f] - less : 0;
}

void series_label(const struct series *s, size_t i, char out[24])
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int year = 0, month = 1, day = 1, hour = 0;
    sscanf(s->v[i].label, "%4d-%2d-%2dT%2d", &year, &month, &day, &hour);
    const char *name = months[month >= 1 && month <= 12 ? month - 1 : 0];
    if (s->step == STEP_MONTH)
        snprintf(out, 24, "%s %d", name, year);
    else if (s->step == STEP_DAY)
        snprintf(out, 24, "%d %s", day, name);
    else
        snprintf(out, 24, "%d %s, %02d:00", day, name, hour);
}

/* 1, 2 or 5 times a power of ten, so that five of it reach `most`. */
static uint64_t tick_for(uint64_t most)
{
    uint64_t tick = 1;
    for (unsigned i = 0; tick < UINT64_MAX / 8 && tick * 4 < most; i++)
        tick = i % 3 == 1 ? tick / 2 * 5 : tick * 2; /* 1 2 5 10 20 50 */
    return tick;
}

static uint64_t height_of(const struct chart *c, size_t i)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < c->n; k++)
        sum += chart_value(&c->part[k], &c->series->v[i].f);
    return sum;
}

static void draw_axis(struct buf *out, const struct chart *c, uint64_t tick, uint64_t top)
{
    double room = HEIGHT - TOP - BOTTOM;
    for (uint64_t i = 0; i <= top / tick; i++) {
        uint64_t v = i * tick;
        double y = HEIGHT - BOTTOM - (double)v * room / (double)top;
        buf_printf(out, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                        "<text class=\"axis\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
                   v ? "grid" : "base", LEFT, WIDTH, y, y, LEFT - 8, y + 4);
        if (c->bytes)
            paper_bytes(out, v);
        else
            paper_number(out, v);
        buf_puts(out, "</text>\n");
    }
}

static void draw_column(struct buf *out, const struct chart *c, size_t i, uint64_t top)
{
    double pitch = (double)(WIDTH - LEFT) / (double)c->series->n;
    double width = pitch * 0.78 > COLUMN_MAX ? COLUMN_MAX : pitch * 0.78;
    double x = LEFT + pitch * (double)i + (pitch - width) / 2, y = HEIGHT - BOTTOM;
    for (size_t k = 0; k < c->n; k++) {
        uint64_t n = chart_value(&c->part[k], &c->series->v[i].f);
        double h = (double)n * (HEIGHT - TOP - BOTTOM) / (double)top;
        if (!n)
            continue;
        y -= h;
        buf_printf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                   c->part[k].class_name, x, y, width, h < 0.4 ? 0.4 : h);
    }
}

static void draw_labels(struct buf *out, const struct chart *c)
{
    size_t n = c->series->n, each = (n + LABELS_MAX - 1) / LABELS_MAX;
    double pitch = (double)(WIDTH - LEFT) / (double)n;
    char text[24];
    for (size_t i = 0; i < n; i += each) {
        series_label(c->series, i, text);
        double x = LEFT + pitch * ((double)i + 0.5);
        bool edge = x > WIDTH - 40;
        buf_printf(out, "<text class=\"axis\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                   edge ? (double)WIDTH : x, HEIGHT - 8, edge ? "end" : "middle", text);
    }
}

static void describe(struct buf *out, const struct chart *c, size_t most)
{
    char text[24];
    for (size_t k = 0; k < c->n; k++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < c->series->n; i++)
            sum += chart_value(&c->part[k], &c->series->v[i].f);
        buf_printf(out, "%s%s ", k ? ", " : "In all: ", c->part[k].title);
        if (c->bytes)
            paper_bytes(out, sum);
        else
            paper_number(out, sum);
    }
    series_label(c->series, most, text);
    buf_printf(out, ". The highest column is that of %s.", text);
}

static void draw_legend(struct buf *out, const struct chart *c)
{
    buf_puts(out, "<ul class=\"legend\">");
    for (size_t k = 0; k < c->n; k++)
        buf_printf(out, "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
                        "width=\"10\" height=\"10\"/></svg>%s</li>",
                   c->part[k].class_name, c->part[k].title);
    buf_puts(out, "</ul>\n");
}

void svg_columns(struct buf *out, const struct chart *c)
{
    size_t most = 0;
    if (!c->series->n)
        return;
    for (size_t i = 1; i < c->series->n; i++)
        if (height_of(c, i) > height_of(c, most))
            most = i;
    uint64_t highest = height_of(c, most), tick = tick_for(highest ? highest : 1);
    uint64_t top = (highest + tick - 1) / tick * tick;
    if (!top)
        top = tick;
    buf_printf(out, "<figure>\n<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-labelledby=\"t-%s "
                    "d-%s\">\n<title id=\"t-%s\">%s</title>\n<desc id=\"d-%s\">",
               WIDTH, HEIGHT, c->id, c->id, c->id, c->title, c->id);
    describe(out, c, most);
    buf_puts(out, "</desc>\n");
    draw_axis(out, c, tick, top);
    for (size_t i = 0; i < c->series->n; i++)
        draw_column(out, c, i, top);
    draw_labels(out, c);
    buf_puts(out, "</svg>\n");
    draw_legend(out, c);
    buf_puts(out, "</figure>\n");
}
