/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_span.c - where the sets of a language stand in a text, looked for when first asked.
 * And clauses, which a set may cut. */
#include "standards/phrases_need.h"

#define NEED_COST 6   /* of a byte, for the words of all sets of a language */

void field_set(struct field *f, struct slice text)
{
    f->p = text.p;
    f->n = text.n;
    field_forget(f);
}

void field_forget(struct field *f)
{
    memset(f->state, 0, sizeof f->state);
    f->met_known = false;
}

/* Where the next word begins, from `at` on; without blanks, the next character. */
static size_t next_word(const struct matcher *m, struct slice text, size_t at)
{
    if (!m->l->joined)
        while (at < text.n && text.p[at] != ' ' && text.p[at] != '-')
            at++;
    for (at++; at < text.n && (text.p[at] & 0xC0) == 0x80;)
        at++;
    return at;
}

/* All matches of a set, at most SPANS_MAX. The next one may begin inside of the last: what "to
 * train … an AI" spans over holds other objects, or the act. */
static size_t run_set(struct matcher *m, struct slice text, const struct phrase_set *set,
                      struct range *out)
{
    size_t n = 0;
    for (size_t at = 0; n < SPANS_MAX && at < text.n && runner_first(&m->run, set, text, at, text.n) >= 0;) {
        struct range found = runner_match(&m->run);
        if (found.end <= found.at || found.end <= at)
            break; /* \K and look-around only: cannot go on from there */
        out[n++] = found;
        at = next_word(m, text, found.at);
    }
    return n;
}

/* The spans of all sets with a usage, in order. */
static size_t run_objects(struct matcher *m, unsigned field, struct range *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->l->n_objects; i++) {
        size_t k, more;
        const struct range *v = field_spans(m, field, m->l->object[i], &more);
        for (k = 0; k < more; k++) {
            size_t to = n < SPANS_MAX ? n++ : n;
            while (to && out[to - 1].at > v[k].at) {
                if (to < SPANS_MAX)
                    out[to] = out[to - 1];
                to--;
            }
            if (to < SPANS_MAX)
                out[to] = v[k];
        }
    }
    return n;
}

void field_meet(struct matcher *m, struct field *f)
{
    bool aligned;
    struct slice text = slice_of(f->p, f->n);
    size_t n = phrase_lower_text(text, m->lower, LOWER_MAX, &aligned);
    m->run.work += f->n * NEED_COST;
    memset(f->met, f->n && !n ? 0xFF : 0, sizeof f->met); /* all: it does not fit */
    struct need_text x;
    x.text = aligned ? text : SLICE_EMPTY;
    x.lower = slice_of(m->lower, n);
    need_text_mark(&x, m->l->needs);
    if (n)
        (void)need_table_look(m->l->needs, UINT32_MAX, &x, m->last, f->met, NULL, NULL);
    f->met_known = true;
}

const struct range *field_spans(struct matcher *m, unsigned field, unsigned set, size_t *n)
{
    struct field *f = &m->field[field];
    if (f->state[set] == 0) {
        size_t found = set == SET_OBJECT
                           ? run_objects(m, field, m->span[field][set])
                       : field_may_hold(m, field, set)
                           ? run_set(m, slice_of(f->p, f->n), &m->l->set[set], m->span[field][set])
                           : 0;
        f->state[set] = (uint8_t)(found + 1);
    }
    *n = f->state[set] - 1u;
    return m->span[field][set];
}

/* --- clauses --- */

static void cut(struct clauses *c, size_t at)
{
    struct range *last = &c->v[c->n - 1];
    if (c->n == CLAUSES_MAX || at <= last->at || at >= last->end)
        return;
    c->v[c->n] = (struct range){ (uint16_t)at, last->end };
    last->end = (uint16_t)at;
    c->n++;
}

/* "(a)", "a)", "1.", "(iv)", "-" after a blank: how an entry of a list in a sentence begins. */
static bool is_entry(struct slice s)
{
    size_t n = s.n && s.p[0] == '(' ? 1 : 0, word = n;
    if (s.n > 2 && s.p[0] == '-' && s.p[1] == ' ')
        return true;
    while (n < s.n && ascii_is_alnum(s.p[n]) && n < word + 3)
        n++;
    return n > word && n < s.n && (s.p[n] == ')' || (word == 0 && s.p[n] == '.'));
}

/* The end of "You may not:" before the first entry, or 0. */
static uint16_t inline_intro(struct slice s)
{
    for (size_t i = 0; i + 2 < s.n; i++)
        if (s.p[i] == ':' && s.p[i + 1] == ' ')
            return is_entry(slice_from(s, i + 2)) ? (uint16_t)(i + 1) : 0;
    return 0;
}

/* Cuts at ';' and before each match of clause-break, behind what introduces the sentence. */
void clauses_split(struct matcher *m, uint16_t intro, struct clauses *out)
{
    struct field *f = &m->field[FIELD_HERE];
    struct slice s = slice_of(f->p, f->n);
    size_t n_breaks = 0, b = 0;
    const struct range *breaks = NULL;
    out->intro = intro ? intro : inline_intro(s);
    out->v[0] = (struct range){ out->intro, (uint16_t)f->n };
    out->n = 1;
    if (m->l->clause_break < SETS_MAX)
        breaks = field_spans(m, FIELD_HERE, m->l->clause_break, &n_breaks);
    for (size_t i = out->intro; i < s.n; i++) {
        while (b < n_breaks && breaks[b].at < i)
            b++;
        if (b < n_breaks && breaks[b].at == i)
            cut(out, i);
        if (s.p[i] == ';')
            cut(out, i + 1);
        bool blank = i && s.p[i - 1] == ' ';
        if (out->intro && blank && s.p[i] == '(' && is_entry(slice_from(s, i)))
            cut(out, i);
    }
}
