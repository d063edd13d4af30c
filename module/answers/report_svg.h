/* SPDX-License-Identifier: Apache-2.0 */
/* report_svg.h - columns over time, as inline SVG that needs nothing but the page's style. */
#ifndef OPTOUT_ANSWERS_REPORT_SVG_H
#define OPTOUT_ANSWERS_REPORT_SVG_H

#include "answers/report.h"

struct chart_part { /* from the bottom up */
    const char *title, *class_name;
    enum figure f;
    enum figure less; /* is taken away; FIGURE_COUNT: nothing */
};

struct chart {
    const char *id, *title;
    const struct series *series;
    const struct chart_part *part;
    size_t n;
    bool bytes;
};

/* <figure> with title, description, legend. What it shows stands in a table elsewhere. */
void svg_columns(struct buf *out, const struct chart *c);
uint64_t chart_value(const struct chart_part *p, const struct figures *f);
/* "30 Nov", "30 Nov, 10:00", "Nov 2026" */
void series_label(const struct series *s, size_t i, char out[24]);

#endif
