/* SPDX-License-Identifier: Apache-2.0 */
/* urls_judge.c - one URL of a list: the judge's word, as the proxy has it in REQMOD.
 *
 * Limits: URL_LONGEST bytes of a URL, which Squid takes no longer either. */
#include "cli/urls.h"

#include "http/url_path.h"
#include "policy/config.h"
#include "standards/standard.h"

#define URL_LONGEST 8192

const char *url_verdict_name(enum url_verdict v)
{
    static const char *const name[] = { "allowed", "refused", "undecided" };
    return name[v];
}

void url_judge_init(struct url_judge *u, const struct judge_basis *basis,
                    const struct profile *profile)
{
    u->basis = *basis;
    u->basis.never_waits = true;
    u->profile = profile;
    arena_init(&u->arena, JUDGE_ARENA, u->first, sizeof u->first);
}

void url_judge_free(struct url_judge *u)
{
    arena_reset(&u->arena);
}

/* Clients read these as something else, each in its own way: what one of them would fetch
 * in the end is not what is judged here. */
static const bool strange[256] = { [0 ... ' '] = true, ['\\'] = true, [0x7f] = true };

static const char *find_fault(struct url_judge *u, struct slice url, struct slice *origin)
{
    struct slice path;
    if (url.n == 0)
        return "empty";
    if (memchr(url.p, 0, url.n))
        return "nul";
    if (url.n > URL_LONGEST)
        return "long-url";
    for (size_t i = 0; i < url.n; i++)
        if (strange[url.p[i]])
            return "malformed-url";
    return url_split(&u->arena, url, origin, &path) ? NULL : "malformed-url";
}

static bool is_not_known(const struct judge *j)
{
    if (j->site.undecided & undecided_bit(UNDECIDED_SITE_UNKNOWN))
        return true;
    for (size_t i = 0; i < j->site.n; i++)
        if (j->site.reliance[i].stale)
            return true;
    return false;
}

static void name_rule(struct url_judge *u, struct url_answer *a)
{
    const struct decision *d = &u->judge.decision;
    if (d->n_by == 0)
        return;
    const struct signal *s = d->by[0];
    signal_place(s, u->place);
    a->standard = standards[s->standard]->name;
    a->place = slice_cstr(u->place);
    a->rule = s->raw;
    a->contact = d->contact;
}

static void take_decision(struct url_judge *u, struct url_answer *a)
{
    const struct decision *d = &u->judge.decision;
    a->judged = true;
    a->kind = d->kind;
    if (d->undecided)
        a->reason = undecided_name(undecided_first(d->undecided));
    a->verdict = URL_ALLOWED;
    if (d->would == ACTION_BLOCK)
        a->verdict = d->kind == DECISION_UNDECIDED ? URL_UNDECIDED : URL_REFUSED;
    name_rule(u, a);
    a->not_known = is_not_known(&u->judge);
}

void url_judge(struct url_judge *u, struct slice url, struct url_answer *a)
{
    *a = (struct url_answer){ .verdict = URL_UNDECIDED };
    arena_reset(&u->arena);
    url = slice_trim_ows(url);
    a->reason = find_fault(u, url, &a->origin);
    if (a->reason)
        return;
    struct judge *j = &u->judge;
    *j = (struct judge){ .profile = NULL };
    judge_begin(j, &u->basis, u->profile, &u->arena);
    j->exchange.method = SLICE_OF("GET");
    j->exchange.url = url;
    judge_open_request(j);
    if (j->site_file) { /* whoever wants to obey it must be able to read it */
        *a = (struct url_answer){ .verdict = URL_ALLOWED, .judged = true, .reason = "site-file",
                                  .kind = DECISION_CLEAR, .origin = a->origin };
        return;
    }
    (void)judge_settle_site(j);
    if (j->record.signals)
        take_decision(u, a);
    else
        a->reason = undecided_name(UNDECIDED_LIMIT_MEMORY);
}
