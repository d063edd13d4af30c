/* SPDX-License-Identifier: Apache-2.0 */
/* rules_fixture.h - rules written by hand, compiled and asked in one line. */
#ifndef OPTOUT_TESTS_RULES_FIXTURE_H
#define OPTOUT_TESTS_RULES_FIXTURE_H

#include "unit.h"

#include "http/url_path.h"
#include "site/compiled.h"

struct fixture {
    struct arena a;
    struct site_rules r;
    struct buf b;
    struct signals s;
    struct rules_verdict v;
    struct agents *agents; /* NULL: the built-in ones */
    struct rules_query q;
    uint32_t line;
    bool compiled;
};

static inline void fixture_open(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->a = test_arena();
    site_rules_init(&f->r, &f->a);
    buf_init(&f->b, 2 * COMPILED_MAX);
}

static inline void fixture_close(struct fixture *f)
{
    buf_free(&f->b);
    arena_reset(&f->a);
    agents_free(f->agents);
}

/* Begins a group; `tokens` are parted by a comma. */
static inline void group(struct fixture *f, const char *tokens)
{
    struct slice rest = slice_cstr(tokens), token;
    assert_true(site_rules_group(&f->r, ++f->line));
    while (slice_split(&rest, ',', &token))
        assert_true(site_rules_agent(&f->r, token, f->line));
}

/* A rule of the newest group, or of the file; free for the caller to change. */
static inline struct site_rule *rule(struct fixture *f, enum rule_kind kind, const char *pattern,
                                     enum usage u, enum preference p)
{
    struct site_rule r = {
        .kind = (uint8_t)kind,
        .confidence = CONF_EXACT,
        .group = f->r.n_groups ? f->r.n_groups - 1 : RULE_GROUP_FILE,
        .line = ++f->line,
        .pattern = url_pattern_normal(&f->a, slice_cstr(pattern)),
        .raw = slice_cstr(pattern),
    };
    r.weight = (uint32_t)r.pattern.n;
    r.prefs.of[u] = (uint8_t)p;
    assert_true(site_rules_add(&f->r, &r));
    return &f->r.rule[f->r.n_rules - 1];
}

static inline void disallow(struct fixture *f, const char *pattern)
{
    rule(f, RULE_ACCESS, pattern, USAGE_ACQUIRE, PREF_DENY);
}

static inline void allow(struct fixture *f, const char *pattern)
{
    rule(f, RULE_ACCESS, pattern, USAGE_ACQUIRE, PREF_ALLOW);
}

static inline void fixture_compile(struct fixture *f)
{
    const struct agents *agents = f->agents ? f->agents : agents_builtin();
    assert_int_equal(compiled_make(&f->r, agents, &f->b), OPTOUT_OK);
    f->compiled = true;
}

/* Asks for `path` with the tokens, parted by a comma; results in f->s and f->v. */
static inline enum optout_rc ask_for(struct fixture *f, const char *tokens, const char *path)
{
    struct slice agent[40], rest = tokens ? slice_cstr(tokens) : SLICE_EMPTY;
    size_t n = 0;
    while (n < 40 && slice_split(&rest, ',', &agent[n]))
        n++;
    if (!f->compiled)
        fixture_compile(f);
    f->q.path = url_path_normal(&f->a, slice_cstr(path));
    f->q.agent = agent;
    f->q.n_agents = n;
    if (f->q.origin.n == 0)
        f->q.origin = SLICE_OF("https://example.com");
    signals_init(&f->s, &f->a);
    return compiled_apply(buf_slice(&f->b), &f->q, &f->s, &f->v);
}

/* Access alone. */
static inline bool may(struct fixture *f, const char *tokens, const char *path)
{
    assert_int_equal(ask_for(f, tokens, path), OPTOUT_OK);
    return f->v.allowed;
}

/* What all that is no access denies or allows of a usage, joined. */
static inline enum preference says(struct fixture *f, const char *tokens, const char *path,
                                   enum usage u)
{
    struct prefs p = { { 0 } };
    assert_int_equal(ask_for(f, tokens, path), OPTOUT_OK);
    for (size_t i = 0; i < f->s.n; i++)
        prefs_join(&p, &f->s.v[i].prefs);
    return (enum preference)p.of[u];
}

#endif
