/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/explain.h"

#include "syntax/json.h"
#include "syntax/visible.h"

static const struct {
    const char *heading; /* for people */
    const char *name;    /* for programs */
} parts[EXPLAIN_PART_COUNT] = {
    [EXPLAIN_ASKED] = { "What was asked, and what came", "asked" },
    [EXPLAIN_WHY] = { "Why", "why" },
    [EXPLAIN_STATED] = { "What was stated", "stated" },
    [EXPLAIN_CONFLICTS] = { "Where standards disagree", "conflicts" },
    [EXPLAIN_UNREAD] = { "What was not read", "unread" },
    [EXPLAIN_SITE] = { "What was known of the site", "site" },
    [EXPLAIN_SETTINGS] = { "Settings in force", "settings" },
    [EXPLAIN_EARLIER] = { "The record that it rests on", "earlier" },
    [EXPLAIN_OTHERWISE] = { "What would have changed it", "otherwise" },
    [EXPLAIN_DOUBTS] = { "What this explanation lacks", "doubts" },
};

static struct slice text_of(const struct explanation *e, const struct explain_line *l)
{
    return slice_sub(buf_slice(&e->text), l->at, l->n);
}

void explanation_print(const struct explanation *e, bool colour, struct buf *out)
{
    for (unsigned part = 0; part < EXPLAIN_PART_COUNT; part++) {
        bool first = true;
        for (size_t i = 0; i < e->n; i++) {
            if (e->line[i].part != part)
                continue;
            if (first)
                buf_printf(out, "%s%s%s%s\n", part ? "\n" : "", colour ? "\033[1m" : "",
                           parts[part].heading, colour ? "\033[0m" : "");
            first = false;
            buf_puts(out, "  ");
            visible_append(out, text_of(e, &e->line[i]), 0);
            buf_putc(out, '\n');
        }
    }
    if (e->cut)
        buf_puts(out, "\nThere is more than is shown.\n");
}

static void print_rule(struct json *j, const char *key, unsigned rule)
{
    json_open(j, key, '{');
    json_str(j, "id", policy_rules[rule].id);
    json_str(j, "name", policy_rules[rule].name);
    json_close(j, '}');
}

static void print_rules(struct json *j, const struct explanation *e)
{
    if (e->has_verdict)
        print_rule(j, "rule", e->rule);
    else
        json_nil(j, "rule");
    json_open(j, "rules", '[');
    for (unsigned r = 0; e->has_verdict && r < POLICY_RULE_COUNT; r++)
        if (e->rules >> r & 1)
            print_rule(j, NULL, r);
    json_close(j, ']');
}

void explanation_print_json(const struct explanation *e, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_str(&j, "id", e->id[0] ? e->id : NULL);
    print_rules(&j, e);
    for (unsigned part = 0; part < EXPLAIN_PART_COUNT; part++) {
        json_open(&j, parts[part].name, '[');
        for (size_t i = 0; i < e->n; i++)
            if (e->line[i].part == part)
                json_slice(&j, NULL, text_of(e, &e->line[i]));
        json_close(&j, ']');
    }
    json_bool(&j, "cut", e->cut);
    json_close(&j, '}');
    buf_putc(out, '\n');
}
