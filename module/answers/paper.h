/* SPDX-License-Identifier: Apache-2.0 */
/* paper.h - the parts that pages of answers are made of: one file, without scripts, that
 * asks for nothing, is read aloud, on paper and in the dark.
 *
 * Every text that came from the network passes paper_text or html_cell: it is made visible
 * (syntax/visible.h) and then escaped. Numbers carry themselves in `data-n`, for programs. */
#ifndef OPTOUT_ANSWERS_PAPER_H
#define OPTOUT_ANSWERS_PAPER_H

#include "core/buf.h"

#include <stdint.h>

/* From the doctype to the open <main>; title and lead are ours and need no escaping. */
void paper_begin(struct buf *out, const char *title);
void paper_end(struct buf *out, const char *version);

/* At most `columns` characters; 0: all. */
void paper_text(struct buf *out, struct slice s, size_t columns);
void paper_str(struct buf *out, const char *s);
void paper_number(struct buf *out, uint64_t n);       /* 12,345 */
void paper_bytes(struct buf *out, uint64_t n);        /* 12.3 MB, of 1,000 */
void paper_time(struct buf *out, int64_t ms);         /* <time>; 0: a dash */
void paper_day(struct buf *out, int64_t ms);          /* "30 November 2026" */

/* "2026-09-22 to 2026-10-07", days alone. */
void paper_span(struct buf *out, int64_t first_ms, int64_t last_ms);

/* <section> with its heading, and </section>. `id` is a word of ours. */
void paper_section(struct buf *out, const char *id, const char *title, const char *lead);
void paper_section_end(struct buf *out);
/* What a table has in place of rows. */
void paper_nothing(struct buf *out, const char *why);

/* <table> with caption, in a part that scrolls, up to its head's row. `id` names it for
 * programs, and is unique. */
void paper_table(struct buf *out, const char *id, const char *caption);
void paper_head(struct buf *out, const char *title, bool number); /* one column */
void paper_body(struct buf *out);
void paper_table_end(struct buf *out);
/* <th scope=row>: the name of a row, open: the caller closes it. */
void paper_name(struct buf *out, struct slice name);
/* One cell each; `key` names the member of the JSON that has the same value, or NULL. */
void paper_cell_number(struct buf *out, const char *key, uint64_t n);
void paper_cell_bytes(struct buf *out, const char *key, uint64_t n);
void paper_cell_text(struct buf *out, const char *key, struct slice s);
void paper_cell_time(struct buf *out, const char *key, int64_t ms);
/* A share of `most`, as a bar in parts; for the eye alone. */
struct bar_part {
    const char *class_name;
    uint64_t n;
};
void paper_cell_bar(struct buf *out, const struct bar_part *part, size_t n, uint64_t most);

#endif
