/* SPDX-License-Identifier: Apache-2.0 */
/* The templates in conf/setup, line by line:
 *
 *     @if NAME … @end          only where NAME has a value, and is not "no"
 *     @each profile … @end     once for each profile; `other`: all but the first
 *     @NAME@                   the value
 *
 * Blocks may stand in one another. A template is ours, so what is wrong with it is a defect that
 * tests find: OPTOUT_E_SYNTAX. */
#include "cli/node.h"

#include "policy/profile_line.h"

#include <stdio.h>

#define BLOCKS_MAX 4
#define VALUES_MAX 24

struct value {
    const char *name;
    const char *text;
};

struct block {
    struct slice body; /* of an each: from behind its line */
    bool silent;
    bool each;
    size_t profile;
};

struct text {
    struct value value[VALUES_MAX];
    size_t n_values;
    struct node_profile profile[NODE_LISTED_MAX];
    size_t n_profiles;
    char agents[NODE_ANSWER_MAX], icap_port[8];
    struct buf answers;
    struct block block[BLOCKS_MAX];
    size_t depth;
};

static void add_value(struct text *t, const char *name, const char *text)
{
    if (t->n_values < VALUES_MAX)
        t->value[t->n_values++] = (struct value){ name, text };
}

/* The fleet's own products first, then those that it obeys as well. */
static void join_agents(struct text *t, const struct node_answers *a)
{
    struct slice rest = slice_cstr(a->text[NODE_AGENTS]), word;
    struct slice own = node_product(slice_cstr(a->text[NODE_USER_AGENT]));
    int n = snprintf(t->agents, sizeof t->agents, "%.*s", SLICE_FMT(own));
    while (node_word(&rest, &word))
        if (n >= 0 && (size_t)n < sizeof t->agents && !slice_eq_nocase(word, own))
            n += snprintf(t->agents + n, sizeof t->agents - (size_t)n, ",%.*s", SLICE_FMT(word));
}

static enum optout_rc gather(struct text *t, const struct node_answers *a,
                             const struct node_facts *f)
{
    struct config_error e = { .line = 0 };
    struct slice rest = slice_cstr(a->text[NODE_PROFILES]), word;
    while (t->n_profiles < NODE_LISTED_MAX && node_word(&rest, &word)) {
        enum optout_rc rc = node_profile_parse(word, &t->profile[t->n_profiles++], &e);
        if (rc != OPTOUT_OK)
            return rc;
    }
    if (!t->n_profiles)
        return OPTOUT_E_SYNTAX;
    join_agents(t, a);
    snprintf(t->icap_port, sizeof t->icap_port, "%u", f->icap_port % 65536);
    node_answers_print(a, &t->answers);
    buf_putc(&t->answers, '\0');
    if (t->answers.failed)
        return t->answers.failed;
    t->answers.p[t->answers.n > 1 ? t->answers.n - 2 : 0] = '\0'; /* the last line's end */
    add_value(t, "answers", (const char *)t->answers.p);
    add_value(t, "user-agent", a->text[NODE_USER_AGENT]);
    add_value(t, "agents", t->agents);
    add_value(t, "first", t->profile[0].name);
    add_value(t, "networks", a->text[NODE_NETWORKS]);
    add_value(t, "https", a->text[NODE_HTTPS]);
    add_value(t, "plain", strcmp(a->text[NODE_HTTPS], "yes") == 0 ? "" : "yes");
    add_value(t, "redis", a->text[NODE_REDIS]);
    add_value(t, "contact", a->text[NODE_CONTACT]);
    add_value(t, "node", a->text[NODE_NAME]);
    add_value(t, "port", a->text[NODE_PORT]);
    add_value(t, "listen", f->listen);
    add_value(t, "own-port", f->own_port ? "yes" : "");
    add_value(t, "icap-port", t->icap_port);
    add_value(t, "squid-version", f->squid_version);
    return OPTOUT_OK;
}

static const char *find_value(const struct text *t, struct slice name)
{
    for (size_t i = t->depth; i-- > 0;) {
        const struct node_profile *p = &t->profile[t->block[i].profile];
        if (t->block[i].each && slice_eq(name, SLICE_OF("profile")))
            return p->name;
        if (t->block[i].each && slice_eq(name, SLICE_OF("purpose")))
            return p->purpose;
    }
    for (size_t i = 0; i < t->n_values; i++)
        if (slice_eq(name, slice_cstr(t->value[i].name)))
            return t->value[i].text;
    return NULL;
}

static bool silent(const struct text *t)
{
    return t->depth && t->block[t->depth - 1].silent;
}

/* An '@' that begins no known name is itself. */
static void put_line(const struct text *t, struct slice line, struct buf *out)
{
    while (line.n) {
        size_t at = slice_find(line, '@');
        struct slice more = slice_from(line, at + 1);
        size_t end = slice_find(more, '@');
        const char *value = end < more.n ? find_value(t, slice_sub(more, 0, end)) : NULL;
        buf_append(out, line.p, at);
        if (value)
            buf_puts(out, value);
        else if (at < line.n)
            buf_putc(out, '@');
        line = value ? slice_from(more, end + 1) : more;
    }
    buf_putc(out, '\n');
}

static enum optout_rc open_block(struct text *t, struct slice word, struct slice name,
                                 struct slice rest)
{
    struct block b = { .body = rest, .silent = silent(t) };
    if (t->depth == BLOCKS_MAX)
        return OPTOUT_E_SYNTAX;
    if (slice_eq(word, SLICE_OF("@each"))) {
        b.each = true;
        b.profile = slice_eq(name, SLICE_OF("other"));
        b.silent |= b.profile >= t->n_profiles;
        if (b.profile >= t->n_profiles)
            b.profile = t->n_profiles - 1;
    } else {
        const char *value = find_value(t, name);
        if (!value)
            return OPTOUT_E_SYNTAX;
        b.silent |= !*value || strcmp(value, "no") == 0;
    }
    t->block[t->depth++] = b;
    return OPTOUT_OK;
}

/* The end of an each begins it again, as long as there are profiles. */
static enum optout_rc close_block(struct text *t, struct slice *rest)
{
    if (!t->depth)
        return OPTOUT_E_SYNTAX;
    struct block *b = &t->block[t->depth - 1];
    if (b->each && !b->silent && b->profile + 1 < t->n_profiles) {
        b->profile++;
        *rest = b->body;
    } else {
        t->depth--;
    }
    return OPTOUT_OK;
}

static enum optout_rc render(struct text *t, struct slice template, struct buf *out)
{
    struct slice line;
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK && template.n && slice_split(&template, '\n', &line)) {
        struct slice name = line, word;
        node_word(&name, &word);
        name = slice_trim_space(name);
        if (slice_eq(word, SLICE_OF("@if")) || slice_eq(word, SLICE_OF("@each")))
            rc = open_block(t, word, name, template);
        else if (slice_eq(word, SLICE_OF("@end")))
            rc = close_block(t, &template);
        else if (!silent(t))
            put_line(t, line, out);
    }
    if (rc == OPTOUT_OK && t->depth)
        rc = OPTOUT_E_SYNTAX;
    return rc == OPTOUT_OK ? out->failed : rc;
}

enum optout_rc node_render(struct slice template, const struct node_answers *a,
                           const struct node_facts *f, struct buf *out)
{
    struct text t = { .n_values = 0 };
    buf_init(&t.answers, NODE_FILE_MAX);
    enum optout_rc rc = gather(&t, a, f);
    if (rc == OPTOUT_OK)
        rc = render(&t, template, out);
    buf_free(&t.answers);
    return rc;
}
