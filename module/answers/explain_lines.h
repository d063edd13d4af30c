/* SPDX-License-Identifier: Apache-2.0 */
/* explain_lines.h - how an explanation is put together: sentence by sentence. */
#ifndef OPTOUT_ANSWERS_EXPLAIN_LINES_H
#define OPTOUT_ANSWERS_EXPLAIN_LINES_H

#include "answers/explain.h"
#include "answers/explain_case.h"

/* What is appended to the result becomes one sentence of that part with line_end. */
struct buf *line_begin(struct explanation *e);
void line_end(struct explanation *e, enum explain_part part);
/* A whole one. */
void line_put(struct explanation *e, enum explain_part part, const char *text);

void words_of_usages(struct buf *out, usage_set set);    /* "train-ai, search" */
void words_of_outcome(struct buf *out, enum decision_kind kind, enum action action);

/* The part that says what would have changed the answer. */
void explain_otherwise(const struct explain_case *c, struct explanation *e);

#endif
