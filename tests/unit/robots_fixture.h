/* SPDX-License-Identifier: Apache-2.0 */
/* robots_fixture.h - a robots.txt from its bytes to what it says, for tests. */
#ifndef OPTOUT_TESTS_ROBOTS_FIXTURE_H
#define OPTOUT_TESTS_ROBOTS_FIXTURE_H

#include "http/url_path.h"
#include "site/compiled.h"
#include "standards/site_rules.h"

struct robots {
    struct arena arena;
    struct site_rules rules;
    struct buf compiled;
    enum optout_rc rc; /* of robots_txt_parse, then of compiled_make */
};

static inline void robots_open(struct robots *r, struct slice text)
{
    arena_init(&r->arena, 256u << 20, NULL, 0);
    site_rules_init(&r->rules, &r->arena);
    buf_init(&r->compiled, COMPILED_MAX);
    r->rc = robots_txt_parse(text, &r->rules);
    if (r->rc == OPTOUT_OK)
        r->rc = compiled_make(&r->rules, agents_builtin(), &r->compiled);
}

static inline void robots_close(struct robots *r)
{
    buf_free(&r->compiled);
    arena_reset(&r->arena);
}

struct robots_answer {
    struct rules_verdict v;
    struct prefs said;  /* of all signals, weak ones too, without fetching itself */
    struct prefs named; /* of those of Allow and Disallow that name the agent */
};

/* `url` is absolute or a path; what is neither asks for "/". */
static inline enum optout_rc robots_ask(struct robots *r, struct slice agent, struct slice url,
                                        struct robots_answer *answer)
{
    struct rules_query q = { .n_agents = agent.n ? 1 : 0 };
    struct signals found;
    struct slice path = url;
    uint8_t *token = arena_take(&r->arena, agent.n + 1);
    for (size_t i = 0; i < agent.n; i++)
        token[i] = ascii_lower(agent.p[i]);
    struct slice folded = slice_of(token, agent.n);
    q.agent = &folded;
    if (!slice_begins(url, '/') && !url_split(&r->arena, url, &q.origin, &path)) {
        size_t host = slice_find_nocase(url, SLICE_OF("://")); /* ftp, odd hosts */
        path = slice_from(url, host + 3);
        path = slice_from(path, slice_find(path, '/'));
        path = path.n ? path : SLICE_OF("/");
    }
    q.path = url_path_normal(&r->arena, slice_sub(path, 0, slice_find(path, '#')));
    signals_init(&found, &r->arena);
    *answer = (struct robots_answer){ .said = { { 0 } } };
    enum optout_rc rc = compiled_apply(buf_slice(&r->compiled), &q, &found, &answer->v);
    for (size_t i = 0; i < found.n; i++) {
        const struct signal *s = &found.v[i];
        prefs_join(&answer->said, &s->prefs);
        if (s->standard == STD_ROBOTS_TXT && agent.n && slice_eq(s->agent, folded))
            prefs_join(&answer->named, &s->prefs);
    }
    answer->said.of[USAGE_ACQUIRE] = PREF_UNKNOWN;
    return found.overflow && rc == OPTOUT_OK ? OPTOUT_E_LIMIT : rc;
}

#endif
