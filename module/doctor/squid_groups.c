/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/squid_groups.h"

#include <stdio.h>

#define MORE_THAN(n, what) "more than " n " " what

bool squid_word_is(struct slice word, const char *text)
{
    return slice_eq(word, slice_cstr(text));
}

bool squid_has_word(struct slice args, const char *text)
{
    struct slice word;
    while (squid_word(&args, &word))
        if (squid_word_is(word, text))
            return true;
    return false;
}

bool squid_first_is(struct slice args, const char *text)
{
    struct slice word;
    return squid_word(&args, &word) && squid_word_is(word, text);
}

static bool refuse(struct squid_groups *g, const struct squid_place *at, const char *why)
{
    snprintf(g->why, sizeof g->why, "%s:%u: %s", at->file, at->line, why);
    return false;
}

static bool set_name(char out[SQUID_NAME_MAX], struct slice name)
{
    if (name.n >= SQUID_NAME_MAX)
        return false;
    memcpy(out, name.p, name.n);
    out[name.n] = '\0';
    return true;
}

/* The group of this name, made when new; NULL when there are too many. */
static struct squid_group *group_of(struct squid_groups *g, const struct squid_place *at,
                                    struct slice name)
{
    for (size_t i = 0; i < g->n; i++)
        if (squid_word_is(name, g->group[i].name))
            return &g->group[i];
    if (g->n == SQUID_GROUPS_MAX || !set_name(g->group[g->n].name, name)) {
        (void)refuse(g, at, g->n == SQUID_GROUPS_MAX
                             ? MORE_THAN("256", "services, sets and chains")
                             : "the name of a service is longer than 127 bytes");
        return NULL;
    }
    return &g->group[g->n++];
}

/* ---- services, sets, chains ------------------------------------------------ */

/* icap://host[:port]/NAME[?…]: whether NAME is one that c-icap loads us by. */
static bool is_filter(struct slice url)
{
    static const char *const names[] = { "optout", "srv_optout" };
    struct slice rest = slice_from(url, slice_starts_nocase(url, SLICE_OF("icaps://")) ? 8 : 7);
    size_t slash = slice_find(rest, '/');
    if (slash == rest.n)
        return false;
    rest = slice_from(rest, slash + 1);
    rest = slice_sub(rest, 0, slice_find(rest, '?'));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_eq(rest, slice_cstr(names[i])))
            return true;
    return false;
}

/* Behind the slash: SERVICE[?ARGUMENT[&ARGUMENT]…] */
static void take_path(struct squid_group *s, struct slice path)
{
    size_t mark = slice_find(path, '?');
    struct slice rest = slice_from(path, mark + 1), argument;
    (void)set_name(s->service, slice_sub(path, 0, mark));
    while (rest.p && slice_split(&rest, '&', &argument))
        if (slice_starts_nocase(argument, SLICE_OF("profile=")))
            (void)set_name(s->profile, slice_from(argument, 8));
}

/* icap://HOST[:PORT]/…; what is too long is left out. */
static void take_url(struct squid_group *s, struct slice url)
{
    struct slice rest = slice_from(url, slice_starts_nocase(url, SLICE_OF("icaps://")) ? 8 : 7);
    take_path(s, slice_from(rest, slice_find(rest, '/') + 1));
    rest = slice_sub(rest, 0, slice_find(rest, '/'));
    bool bracketed = slice_begins(rest, '[');
    size_t end = slice_find(rest, bracketed ? ']' : ':');
    uint64_t port = 1344;
    struct slice host = slice_sub(rest, bracketed, end - bracketed);
    struct slice after = slice_from(rest, end + bracketed);
    if (slice_take(&after, ':') && !slice_to_u64(after, &port))
        port = 0;
    (void)set_name(s->host, host);
    s->port = port > 65535 ? 0 : (unsigned)port;
}

static void take_max_conn(struct squid_group *s, struct slice word)
{
    uint64_t n;
    if (slice_starts_nocase(word, SLICE_OF("max-conn=")) && slice_to_u64(slice_from(word, 9), &n))
        s->max_conn = n > 1000000 ? 1000000u : (unsigned)n;
}

static bool take_service(struct squid_groups *g, const struct squid_place *at,
                         struct slice args, bool icap)
{
    struct slice name, vector, word;
    if (!squid_word(&args, &name) || !squid_word(&args, &vector))
        return true; /* Squid does not start */
    struct squid_group *s = group_of(g, at, name);
    if (!s)
        return false;
    if (s->kind != GROUP_UNKNOWN) {
        if (!s->again.line)
            s->again = *at;
        return true;
    }
    s->kind = GROUP_SERVICE;
    s->defined = *at;
    s->respmod = slice_eq_nocase(vector, SLICE_OF("respmod_precache"));
    s->reqmod = slice_eq_nocase(vector, SLICE_OF("reqmod_precache"));
    while (icap && squid_word(&args, &word)) {
        take_max_conn(s, word);
        if (!slice_starts_nocase(word, SLICE_OF("icap://")) &&
            !slice_starts_nocase(word, SLICE_OF("icaps://")))
            continue;
        s->filter |= is_filter(word);
        take_url(s, word);
    }
    return true;
}

static bool take_members(struct squid_groups *g, const struct squid_place *at,
                         struct slice args, bool chain)
{
    struct slice name, word;
    if (!squid_word(&args, &name))
        return true;
    struct squid_group *set = group_of(g, at, name);
    if (!set)
        return false;
    if (set->kind != GROUP_UNKNOWN) {
        if (!set->again.line)
            set->again = *at;
        return true;
    }
    set->kind = chain ? GROUP_CHAIN : GROUP_SET;
    set->defined = *at;
    while (squid_word(&args, &word)) {
        struct squid_group *service = group_of(g, at, word);
        if (!service)
            return false;
        if (g->n_members == SQUID_MEMBERS_MAX)
            return refuse(g, at, MORE_THAN("1024", "members of sets and chains"));
        g->member[g->n_members++] = (struct squid_member){ (size_t)(set - g->group),
                                                           (size_t)(service - g->group), *at };
    }
    return true;
}

static bool take_access(struct squid_groups *g, const struct squid_place *at, struct slice args)
{
    struct slice name;
    if (!squid_word(&args, &name))
        return true;
    struct squid_group *of = group_of(g, at, name);
    if (!of)
        return false;
    if (!of->named.line)
        of->named = *at;
    squid_rules_add(&of->access, g, at, args);
    return true;
}

static bool serves(const struct squid_group *s, enum squid_vector v)
{
    return v == SQUID_RESPMOD ? s->respmod : s->reqmod;
}

bool squid_group_serves(const struct squid_groups *g, const struct squid_group *of,
                        enum squid_vector v)
{
    bool some = of->kind == GROUP_SERVICE && serves(of, v);
    for (size_t i = 0; i < g->n_members; i++)
        some |= g->member[i].group == (size_t)(of - g->group) &&
                serves(&g->group[g->member[i].service], v);
    return some;
}

/* Of a set Squid takes any member that works, of a chain all. */
bool squid_group_filters(const struct squid_groups *g, const struct squid_group *of,
                         enum squid_vector v)
{
    if (of->kind == GROUP_SERVICE)
        return serves(of, v) && of->filter;
    size_t members = 0, filters = 0;
    for (size_t i = 0; i < g->n_members; i++) {
        const struct squid_group *s = &g->group[g->member[i].service];
        if (g->member[i].group != (size_t)(of - g->group) || s->kind == GROUP_UNKNOWN)
            continue;
        members++;
        filters += serves(s, v) && s->filter;
    }
    return filters && (of->kind == GROUP_CHAIN || filters == members);
}

/* ---- ACLs and ports -------------------------------------------------------- */

static struct squid_acl *acl_of(struct squid_groups *g, struct slice name)
{
    for (size_t i = 0; i < g->n_acls; i++)
        if (slice_eq_nocase(name, slice_cstr(g->acl[i].name)))
            return &g->acl[i];
    return NULL;
}

/* Schemes whose answers come through the code that adapts; WHOIS, WAIS and Gopher have
 * gateways of their own. */
static bool is_adapted(struct slice scheme)
{
    return squid_word_is(scheme, "HTTP") || squid_word_is(scheme, "HTTPS") ||
           squid_word_is(scheme, "FTP");
}

/* What does not fit is not known, and so excuses nothing. */
static void take_acl(struct squid_groups *g, struct slice args)
{
    struct slice name, type, value;
    if (!squid_word(&args, &name) || !squid_word(&args, &type))
        return;
    bool step = squid_word_is(type, "at_step"), port = squid_word_is(type, "myportname"),
         scheme = squid_word_is(type, "proto");
    struct squid_acl *a = acl_of(g, name);
    if (!a) {
        if ((!step && !port && !scheme) || g->n_acls == SQUID_ACLS_MAX ||
            !set_name(g->acl[g->n_acls].name, name))
            return;
        a = &g->acl[g->n_acls++];
        a->step1 = step;
        a->port = port;
        a->adapted = scheme;
    }
    a->step1 &= step;
    a->port &= port;
    a->adapted &= scheme;
    while (squid_word(&args, &value)) {
        a->step1 &= squid_word_is(value, "SslBump1");
        a->adapted &= is_adapted(value);
        if (!a->port)
            continue;
        if (g->n_values == SQUID_ACLS_MAX || !set_name(g->value[g->n_values].port, value))
            a->port = false;
        else
            g->value[g->n_values++].acl = (size_t)(a - g->acl);
    }
}

static bool on_loopback(struct slice address)
{
    static const char *const fronts[] = { "127.0.0.1:", "localhost:", "[::1]:" };
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
        if (slice_starts_nocase(address, slice_cstr(fronts[i])))
            return true;
    return false;
}

static void take_port(struct squid_groups *g, const struct squid_place *at, struct slice args)
{
    struct slice address, name, word;
    if (!squid_word(&args, &address))
        return;
    name = address;
    while (squid_word(&args, &word))
        if (slice_starts_nocase(word, SLICE_OF("name=")))
            name = slice_from(word, 5);
    struct squid_port *p = NULL;
    for (size_t i = 0; i < g->n_ports; i++)
        if (squid_word_is(name, g->port[i].name))
            p = &g->port[i];
    if (!p && (g->n_ports == SQUID_PORTS_MAX || !set_name(g->port[g->n_ports].name, name))) {
        g->ports_left_out = true;
        return;
    }
    if (!p) {
        p = &g->port[g->n_ports++];
        p->at = *at;
        p->loopback = true;
    }
    p->loopback &= on_loopback(address);
}

static bool is_port_of_ours(const struct squid_groups *g, size_t acl)
{
    if (!g->acl[acl].port || g->ports_left_out)
        return false;
    for (size_t i = 0; i < g->n_values; i++)
        for (size_t k = 0; g->value[i].acl == acl && k < g->n_ports; k++)
            if (strcmp(g->value[i].port, g->port[k].name) == 0 && !g->port[k].loopback)
                return false;
    return true;
}

bool squid_first_step(const struct squid_groups *g, struct slice acls)
{
    struct slice word;
    while (squid_word(&acls, &word))
        for (size_t i = 0; i < g->n_acls; i++)
            if (g->acl[i].step1 && slice_eq_nocase(word, slice_cstr(g->acl[i].name)))
                return true;
    return false;
}

bool squid_denies_gateways(const struct squid_groups *g, struct slice args)
{
    struct slice word;
    bool schemes = false;
    if (!squid_word(&args, &word) || !squid_word_is(word, "deny"))
        return false;
    while (squid_word(&args, &word)) {
        bool known = false;
        if (word.p[0] != '!')
            return false;
        word = slice_from(word, 1);
        for (size_t i = 0; i < g->n_acls; i++)
            known |= g->acl[i].adapted && slice_eq_nocase(word, slice_cstr(g->acl[i].name));
        if (!known && !squid_word_is(word, "CONNECT"))
            return false;
        schemes |= known;
    }
    return schemes;
}

/* ---- lists ----------------------------------------------------------------- */

/* A deny of a port alone: it holds for no more, whatever else stands beside it. */
static bool excuse(struct squid_rules *r, struct squid_groups *g, struct slice acls)
{
    struct slice word;
    while (g && squid_word(&acls, &word)) {
        struct squid_acl *a = acl_of(g, word);
        if (!a || !a->port || r->n_excuses == SQUID_EXCUSES_MAX)
            continue;
        r->excuse[r->n_excuses++] = (size_t)(a - g->acl);
        return true;
    }
    return false;
}

/* Squid leaves out lines with another first word, and those without an ACL. */
void squid_rules_add(struct squid_rules *r, struct squid_groups *g,
                     const struct squid_place *at, struct slice args)
{
    struct slice word, more;
    bool allow = squid_first_is(args, "allow");
    if (!allow && !squid_first_is(args, "deny"))
        return;
    if (r->end != RULES_OPEN || !squid_word(&args, &word))
        return;
    struct slice acls = args;
    if (!squid_word(&args, &word))
        return;
    r->last = *at;
    bool excused = !allow && excuse(r, g, acls);
    struct squid_place *first = allow ? &r->first_allow : excused ? &r->excused : &r->first_deny;
    if (!first->line)
        *first = *at;
    if (squid_word_is(word, "all") && !squid_word(&args, &more))
        r->end = allow ? RULES_ALLOW_ALL : RULES_DENY_ALL;
}

bool squid_takes_everything(const struct squid_groups *g, const struct squid_rules *r)
{
    if (r->end != RULES_ALLOW_ALL || r->first_deny.line)
        return false;
    for (size_t i = 0; i < r->n_excuses; i++)
        if (!is_port_of_ours(g, r->excuse[i]))
            return false;
    return true;
}

static bool is_excuse(const struct squid_groups *g, size_t acl)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->group[i].access.n_excuses; k++)
            if (g->group[i].access.excuse[k] == acl)
                return is_port_of_ours(g, acl);
    return false;
}

bool squid_port_is_excused(const struct squid_groups *g, const struct squid_place *at)
{
    for (size_t i = 0; i < g->n_ports; i++)
        for (size_t v = 0; g->port[i].at.order == at->order && v < g->n_values; v++)
            if (strcmp(g->value[v].port, g->port[i].name) == 0 && is_excuse(g, g->value[v].acl))
                return g->port[i].loopback;
    return false;
}

bool squid_groups_take(struct squid_groups *g, const struct squid_place *at,
                       struct slice directive, struct slice args)
{
    if (squid_word_is(directive, "icap_service") || squid_word_is(directive, "ecap_service"))
        return take_service(g, at, args, squid_word_is(directive, "icap_service"));
    if (squid_word_is(directive, "adaptation_service_chain"))
        return take_members(g, at, args, true);
    if (squid_word_is(directive, "adaptation_service_set") ||
        squid_word_is(directive, "icap_class")) /* a name of old */
        return take_members(g, at, args, false);
    if (squid_word_is(directive, "adaptation_access") || squid_word_is(directive, "icap_access"))
        return take_access(g, at, args);
    if (squid_word_is(directive, "http_port") || squid_word_is(directive, "https_port"))
        take_port(g, at, args);
    if (squid_word_is(directive, "acl"))
        take_acl(g, args);
    return true;
}
