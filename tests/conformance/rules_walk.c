/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_walk.h"

#include <stdio.h>

static rule_set reached;

void rules_walk_reached(rule_set set)
{
    reached |= set;
}

bool rules_walk_all_reached(void)
{
    bool good = true;
    for (unsigned r = 0; r < POLICY_RULE_COUNT; r++)
        if (!(reached >> r & 1)) {
            printf("# no vector reaches %s %s\n", policy_rules[r].id, policy_rules[r].name);
            good = false;
        }
    return good;
}

struct walk {
    unsigned next; /* rule whose section comes next */
    bool example;  /* the section has one of its rule */
    bool quoted;   /* and what the programs print of it */
    bool good;
};

static void complain(struct walk *w, const char *what, const char *id)
{
    printf("# %s: %s\n", id, what);
    w->good = false;
}

static void end_section(struct walk *w)
{
    if (w->next && !w->example)
        complain(w, "its section has no example that names it", policy_rules[w->next - 1].id);
    if (w->next && !w->quoted)
        complain(w, "its section does not quote its sentence", policy_rules[w->next - 1].id);
}

static void begin_section(struct walk *w, struct slice heading)
{
    char want[160];
    end_section(w);
    w->example = w->quoted = false;
    if (w->next == POLICY_RULE_COUNT) {
        complain(w, "a section more than there are rules", "end");
        return;
    }
    const struct policy_rule_row *row = &policy_rules[w->next++];
    snprintf(want, sizeof want, "%s %s", row->id, row->name);
    if (!slice_eq(heading, slice_cstr(want)))
        complain(w, "its section is missing, or is called otherwise", row->id);
}

static bool names_rule(struct slice vector, const char *id)
{
    struct slice line;
    while (slice_split(&vector, '\n', &line))
        if (slice_starts_nocase(line, SLICE_OF("= rule ")) &&
            slice_find_nocase(line, slice_cstr(id)) < line.n)
            return true;
    return false;
}

bool rules_walk_document(const char *path, struct slice text,
                         void (*run)(void *ctx, const char *path, struct slice vector), void *ctx)
{
    struct walk w = { .good = true };
    struct slice line;
    while (slice_split(&text, '\n', &line)) {
        if (slice_starts_nocase(line, SLICE_OF("### R-")))
            begin_section(&w, slice_from(line, 4));
        if (w.next && slice_starts_nocase(line, SLICE_OF("> ")))
            w.quoted = slice_eq(slice_from(line, 2), slice_cstr(policy_rules[w.next - 1].text));
        if (!slice_eq(line, SLICE_OF("```vector")))
            continue;
        struct slice vector = text;
        size_t end = slice_find_nocase(text, SLICE_OF("\n```\n"));
        vector = slice_sub(text, 0, end + 1);
        text = slice_from(text, end + 5);
        w.example |= w.next && names_rule(vector, policy_rules[w.next - 1].id);
        run(ctx, path, vector);
    }
    end_section(&w);
    if (w.next != POLICY_RULE_COUNT)
        complain(&w, "the page ends before its section", policy_rules[w.next].id);
    return w.good;
}
