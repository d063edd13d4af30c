/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/sites.h"

#include "metrics/metrics.h"
#include "policy/config.h"

#define SCRATCH_MAX (32u << 20) /* bytes for reading a site file here, without a daemon */

/* Where nobody may wait, the daemon is not asked. */
static struct site_options options_of(const struct judge *j)
{
    const struct config *c = j->basis.config;
    return (struct site_options){
        .socket = c->site_socket,
        .wait_ms = c->site_wait_ms,
        .waiters = j->basis.never_waits ? 0 : c->site_waiters,
        .meaning = c->site_choice,
        .terms = c->site_terms && j->basis.phrases,
    };
}

/* As the profile crawls; a profile that does not say how is known by what the
 * crawler itself sends. */
struct slice sites_user_agent(const struct judge *j)
{
    const struct header *h = headers_find(&j->exchange.request, "user-agent");
    if (j->profile->user_agent[0])
        return slice_cstr(j->profile->user_agent);
    return h ? h->value : SLICE_EMPTY;
}

static struct site_query query_of(const struct judge *j, struct slice agent[])
{
    const struct profile *p = j->profile;
    for (size_t i = 0; i < p->n_agents; i++)
        agent[i] = slice_cstr(p->agent[i]);
    return (struct site_query){
        .url = j->exchange.url,
        .agent = agent,
        .n_agents = p->n_agents,
        .user_agent = slice_cstr(p->user_agent), /* see sites_user_agent */
        .request = &j->exchange.request,
        .user = p->user,
        .country = slice_cstr(p->country),
        .others = p->others,
        .no_words = !j->basis.phrases,
    };
}

bool sites_is_site_file(const struct judge *j)
{
    struct slice url = j->exchange.url;
    enum site_kind kind;
    if (!j->basis.config->site_store[0])
        return false;
    size_t at = slice_find(url, ':');
    at = at + 3 < url.n ? at + 3 : url.n;
    struct slice rest = slice_from(url, at);
    return site_kind_of_path(slice_from(rest, slice_find(rest, '/')), &kind);
}

static bool is_stale(const struct site_result *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->reliance[i].stale)
            return true;
    return false;
}

/* Looks for that alone: what is found is not kept. */
static bool is_known_now(struct judge *j, const struct site_options *how,
                         const struct site_query *q)
{
    struct site_result result = { .n = 0 };
    struct signals found;
    signals_init(&found, j->arena);
    site_look(j->basis.site, how, q, j->arena, &found, &result);
    return !(result.undecided & undecided_bit(UNDECIDED_SITE_UNKNOWN)) && !is_stale(&result);
}

/* One wait of a look-up, of the origin or of licences; most know all and wait for nobody. */
static void count_wait(const struct site_result *site, uint64_t before_us)
{
    if (site->waited_us > before_us)
        metrics_observe(METRIC_SITE_WAIT_SECONDS, METRIC_WAIT_TIMES, site->waited_us - before_us);
}

bool sites_look(struct judge *j, struct signals *out, bool last)
{
    struct slice agent[PROFILE_AGENTS_MAX];
    struct site_options how = options_of(j);
    if (!j->basis.config->site_store[0])
        return true;
    struct site_query q = query_of(j, agent);
    j->record.site = &j->site;
    if (!last && j->basis.site && !is_known_now(j, &how, &q))
        return false;
    if (j->basis.site) {
        site_look(j->basis.site, &how, &q, j->arena, out, &j->site);
        count_wait(&j->site, 0);
        if (!j->record.earlier[0])
            memcpy(j->record.earlier, j->site.terms_id, sizeof j->record.earlier);
    } else
        j->site.undecided |= undecided_bit(UNDECIDED_SITE_UNKNOWN);
    return true;
}

static bool names_licence(const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].standard == STD_RSL && s->v[i].url.n)
            return true;
    return false;
}

void sites_look_licences(struct judge *j, struct signals *out)
{
    struct slice agent[PROFILE_AGENTS_MAX];
    struct site_options how = options_of(j);
    if (!j->basis.site || !names_licence(out)) /* most do not */
        return;
    struct site_query q = query_of(j, agent);
    uint64_t before_us = j->site.waited_us;
    site_look_licences(j->basis.site, &how, &q, j->arena, 0, out, &j->site);
    count_wait(&j->site, before_us);
}

void sites_learn(struct judge *j)
{
    struct site_options how = options_of(j);
    int64_t length = exchange_content_length(&j->exchange);
    struct site_passed passed = {
        .measured = length >= 0 && (uint64_t)length == inspect_seen(j->inspection),
        .user_agent = sites_user_agent(j),
    };
    struct arena scratch;
    if (!j->basis.site || (j->exchange.has_body &&
                           !inspect_captured(j->inspection, &passed.body, &passed.cut)))
        return;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    site_learn(j->basis.site, &how, &j->exchange, &passed,
               j->basis.agents ? j->basis.agents : agents_builtin(), &scratch);
    arena_reset(&scratch);
}
