/* SPDX-License-Identifier: Apache-2.0 */
/* site_eval.h - a site file from its text to what it says of one URL: parsed,
 * compiled, matched. */
#ifndef OPTOUT_TESTS_SITE_EVAL_H
#define OPTOUT_TESTS_SITE_EVAL_H

#include "unit.h"

#include "http/url_path.h"
#include "site/compiled.h"
#include "standards/site_rules.h"

typedef enum optout_rc site_parser(struct slice text, struct site_rules *out);

struct site_eval {
    struct arena arena;
    struct site_rules *rules;
    enum optout_rc rc; /* of the parser */
    struct buf form;
    struct signals signals;
    struct rules_verdict verdict;
};

/* Ends the test when what was parsed cannot be compiled. */
static inline void eval_open(struct site_eval *e, site_parser *parse, struct slice text)
{
    memset(e, 0, sizeof *e);
    e->arena = test_arena();
    e->rules = arena_alloc(&e->arena, sizeof *e->rules);
    assert_non_null(e->rules);
    site_rules_init(e->rules, &e->arena);
    e->rc = parse(text, e->rules);
    buf_init(&e->form, COMPILED_MAX);
    if (e->rc == OPTOUT_OK)
        assert_int_equal(compiled_make(e->rules, NULL, &e->form), OPTOUT_OK);
}

/* `agent` in lower case, or NULL. The result is in e->signals, e->verdict. */
static inline void eval_ask(struct site_eval *e, const char *path, const char *agent)
{
    struct slice token = slice_cstr(agent);
    struct rules_query q = { .agent = &token, .n_agents = agent ? 1 : 0 };
    q.path = url_path_normal(&e->arena, slice_cstr(path));
    signals_init(&e->signals, &e->arena);
    assert_int_equal(compiled_apply(buf_slice(&e->form), &q, &e->signals, &e->verdict), OPTOUT_OK);
    assert_false(e->signals.overflow);
}

static inline void eval_close(struct site_eval *e)
{
    buf_free(&e->form);
    arena_reset(&e->arena);
}

#endif
