/* SPDX-License-Identifier: Apache-2.0 */
/* Questions on a terminal: one line each, what is in brackets counts for an empty one. */
#include "cli/node.h"

#include <stdio.h>

#define TRIES 5

/* False at the end of the input. The rest of a line that is too long is passed over. */
static bool read_line(char *line, size_t size)
{
    if (!fgets(line, (int)size, stdin))
        return false;
    size_t n = strcspn(line, "\n");
    if (line[n] == '\0')
        for (int c = getchar(); c != '\n' && c != EOF;)
            c = getchar();
    line[n] = '\0';
    return true;
}

static bool ask_one(struct node_answers *a, enum node_answer_id id)
{
    const struct node_answer *t = &node_answer_table[id];
    char line[NODE_ANSWER_MAX];
    printf("\n%s\n  (%s)\n", t->question, t->hint);
    for (int try = 0; try < TRIES; try++) {
        struct config_error e = { .line = 0 };
        printf("  [%s]%s ", a->text[id], t->needed || !*a->text[id] ? "" : ", '-' for nothing:");
        fflush(stdout);
        if (!read_line(line, sizeof line))
            break;
        struct slice said = slice_trim_space(slice_cstr(line));
        if (said.n == 0)
            said = slice_cstr(a->text[id]);
        else if (!t->needed && slice_eq(said, SLICE_OF("-")))
            said = SLICE_EMPTY;
        if (node_answer_set(a, id, said, &e) == OPTOUT_OK)
            return true;
        cli_error("%s; %s", e.reason, e.remedy);
    }
    cli_error("%s: no answer that can be used; nothing was written", t->name);
    return false;
}

bool node_ask(struct node_answers *a)
{
    for (size_t i = 0; i < NODE_ANSWERS; i++)
        if (node_answer_table[i].question && !a->given[i] && !ask_one(a, (enum node_answer_id)i))
            return false;
    return true;
}

bool node_ask_yes(const char *question, bool preset)
{
    char line[64];
    for (int try = 0; try < TRIES; try++) {
        printf("\n%s [%s] ", question, preset ? "yes" : "no");
        fflush(stdout);
        if (!read_line(line, sizeof line))
            return false;
        struct slice said = slice_trim_space(slice_cstr(line));
        if (said.n == 0)
            return preset;
        if (slice_eq_nocase(said, SLICE_OF("y")) || slice_eq_nocase(said, SLICE_OF("yes")))
            return true;
        if (slice_eq_nocase(said, SLICE_OF("n")) || slice_eq_nocase(said, SLICE_OF("no")))
            return false;
    }
    return false;
}
