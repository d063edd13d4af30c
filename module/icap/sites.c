/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/sites.h"

#include "icap/log.h"

#define SCRATCH_MAX (32u << 20) /* bytes for reading a site file here, without a daemon */

static struct site *site_of(struct transaction *t)
{
    const struct config *c = &t->snapshot->config;
    char why[256];
    if (!c->site_store[0])
        return NULL;
    struct site *s = site_get(c->site_store, c->site_store_size, log_site, why, sizeof why);
    if (!s && why[0])
        log_line(LOG_ALWAYS, "optout: the store of site rules cannot be used: %s\n", why);
    return s;
}

static struct site_rules_of rules_of(const struct config *c)
{
    return (struct site_rules_of){
        .socket = c->site_socket,
        .wait_ms = c->site_wait_ms,
        .waiters = c->site_waiters,
        .meaning = c->site_choice,
    };
}

/* As the profile crawls; a profile that does not say how is known by what the
 * crawler itself sends. */
static struct slice user_agent(const struct transaction *t)
{
    const struct header *h = headers_find(&t->exchange.request, "user-agent");
    if (t->profile->user_agent[0])
        return slice_cstr(t->profile->user_agent);
    return h ? h->value : SLICE_EMPTY;
}

static struct site_query query_of(const struct transaction *t, struct slice agent[])
{
    const struct profile *p = t->profile;
    for (size_t i = 0; i < p->n_agents; i++)
        agent[i] = slice_cstr(p->agent[i]);
    return (struct site_query){
        .url = t->exchange.url,
        .agent = agent,
        .n_agents = p->n_agents,
        .user_agent = user_agent(t),
        .user = p->user,
        .country = slice_cstr(p->country),
        .others = p->others,
    };
}

bool sites_is_site_file(const struct transaction *t)
{
    struct slice url = t->exchange.url;
    enum site_kind kind;
    if (!t->snapshot->config.site_store[0])
        return false;
    size_t at = slice_find(url, ':');
    at = at + 3 < url.n ? at + 3 : url.n;
    struct slice rest = slice_from(url, at);
    return site_kind_of_path(slice_from(rest, slice_find(rest, '/')), &kind);
}

void sites_look(struct transaction *t, struct signals *out)
{
    struct slice agent[PROFILE_AGENTS_MAX];
    struct site_rules_of rules = rules_of(&t->snapshot->config);
    if (!t->snapshot->config.site_store[0])
        return;
    struct site_query q = query_of(t, agent);
    struct site *s = site_of(t);
    t->record.site = &t->site;
    if (s)
        site_look(s, &rules, &q, &t->arena, out, &t->site);
    else
        t->site.undecided |= undecided_bit(UNDECIDED_SITE_UNKNOWN);
}

void sites_look_licences(struct transaction *t, struct signals *out)
{
    struct slice agent[PROFILE_AGENTS_MAX];
    struct site_rules_of rules = rules_of(&t->snapshot->config);
    struct site *s = site_of(t);
    if (!s)
        return;
    struct site_query q = query_of(t, agent);
    site_look_licences(s, &rules, &q, &t->arena, 0, out, &t->site);
}

void sites_learn(struct transaction *t)
{
    struct site_rules_of rules = rules_of(&t->snapshot->config);
    struct site *s = site_of(t);
    int64_t length = exchange_content_length(&t->exchange);
    struct site_passed passed = {
        .measured = length >= 0 && (uint64_t)length == inspect_seen(t->inspection),
        .user_agent = user_agent(t),
    };
    struct arena scratch;
    if (!s || (t->exchange.has_body &&
               !inspect_captured(t->inspection, &passed.body, &passed.cut)))
        return;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    site_learn(s, &rules, &t->exchange, &passed,
               t->snapshot->agents ? t->snapshot->agents : agents_builtin(), &scratch);
    arena_reset(&scratch);
}
