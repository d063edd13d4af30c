/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/discovery_internal.h"

#include "core/clock.h"
#include "http/url_path.h"

#include <stdio.h>
#include <stdlib.h>

#define LEARNING_MAX_US (2 * WORKER_DEADLINE_MS * 1000ull)

enum step { STEP_FIRST, STEP_TOKEN, STEP_LICENCES, STEP_OVER };

struct ask {
    struct ask *older, *newer;
    struct discovery *discovery;
    struct arena arena;
    struct inquiry_subject subject;
    enum step step;
    unsigned pending; /* inquiries that are waited for */
    bool refused, unstored, advancing;
    const char *trouble; /* why it cannot be known; or NULL */
    struct timer wait;
    struct timer behind; /* while what a crawler got of it is being read */
    ask_answer *answer; /* NULL: answered, or nobody waits */
    void *ctx;
    bool *over; /* set when it is freed; or NULL */
    struct join join[SEEN_LICENCES];
};

/* ---- answering ---- */

static void answer(struct ask *a, const char *word, const char *text)
{
    ask_answer *call = a->answer;
    if (!call)
        return;
    a->answer = NULL;
    a->discovery->n_waiting--;
    loop_timer_stop(a->discovery->loop, &a->wait);
    call(a->ctx, word, text);
}

static void ask_free(struct ask *a)
{
    struct discovery *d = a->discovery;
    loop_timer_stop(d->loop, &a->wait);
    loop_timer_stop(d->loop, &a->behind);
    for (size_t i = 0; i < SEEN_LICENCES; i++)
        inquiry_leave(&a->join[i]);
    if (a->newer)
        a->newer->older = a->older;
    else
        d->newest = a->older;
    if (a->older)
        a->older->newer = a->newer;
    d->n_asks--;
    if (a->answer)
        d->n_waiting--;
    if (a->over)
        *a->over = true;
    arena_reset(&a->arena);
    free(a);
}

static void on_wait_over(void *ctx)
{
    struct ask *a = ctx;
    a->discovery->intake->count->late++;
    for (size_t i = 0; i < SEEN_LICENCES; i++)
        inquiry_hurry(&a->join[i]); /* what is there already may deny */
    answer(a, "late", "");
}

static void ask_finish(struct ask *a)
{
    struct counters *count = a->discovery->intake->count;
    if (a->refused) {
        answer(a, "refused", PRIVATE_WHY);
    } else if (a->unstored) {
        answer(a, "error", "the store cannot be written to");
    } else if (a->trouble) {
        count->asks_refused++;
        answer(a, "refused", a->trouble);
    } else {
        count->known += a->answer != NULL;
        answer(a, "known", "");
    }
    ask_free(a);
}

/* ---- the steps ---- */

static void advance(struct ask *a);

static void on_learned(void *ctx)
{
    advance(ctx);
}

static void on_inquiry_over(void *ctx, enum inquiry_result r)
{
    struct ask *a = ctx;
    bool refused = r == INQUIRY_REFUSED;
    a->unstored |= r == INQUIRY_UNSTORED;
    a->refused |= refused && a->subject.type == INQUIRY_ORIGIN && a->step == STEP_TOKEN;
    a->refused |= refused && a->subject.type == INQUIRY_LICENCE;
    if (--a->pending == 0 && !a->advancing)
        advance(a);
}

static enum join_result want(struct ask *a, size_t slot, enum inquiry_type type,
                             struct slice name, const struct seen *seen)
{
    struct inquiry_subject s = { type, name, a->subject.token, a->subject.agent, a->subject.fresh_ms };
    a->join[slot] = (struct join){ .over = on_inquiry_over, .ctx = a };
    enum join_result r = inquiry_join(a->discovery->inquiries, &s, seen, &a->join[slot]);
    switch (r) {
    case JOIN_WAIT: a->pending++; break;
    case JOIN_FULL: a->trouble = "too many questions are open"; break;
    case JOIN_UNSTORED: a->unstored = true; break;
    default: break;
    }
    return r;
}

/* What the store says of the subject, and of robots.txt for the token where it has its own.
 * Read once for the steps that follow each other without waiting: meanwhile nothing of it
 * changes. */
struct view {
    struct arena arena;
    struct seen shared, own;
    bool has_own;
};

static void view_read(const struct ask *a, struct view *v)
{
    struct store *store = a->discovery->intake->store;
    const struct inquiry_subject *s = &a->subject;
    seen_read(store, &v->arena, inquiry_key(&v->arena, s), &v->shared);
    v->has_own = s->type == INQUIRY_ORIGIN && v->shared.varies && s->token.n;
    if (v->has_own)
        seen_read(store, &v->arena, store_key_origin(&v->arena, s->name, s->token), &v->own);
}

static void step_first(struct ask *a, struct view *v)
{
    if (want(a, 0, a->subject.type, a->subject.name, &v->shared) == JOIN_KNOWN)
        a->refused = v->shared.is_private;
}

static void step_token(struct ask *a, struct view *v)
{
    if (v->has_own)
        want(a, 0, INQUIRY_TOKEN, a->subject.name, &v->own);
}

static void step_licences(struct ask *a, struct view *v)
{
    const struct seen *robots = v->has_own && v->own.there ? &v->own : &v->shared;
    for (size_t i = 0; i < robots->n_licences && a->subject.type == INQUIRY_ORIGIN; i++) {
        struct slice url = robots->licence[i], key = store_key_licence(&v->arena, url);
        struct seen licence;
        seen_read(a->discovery->intake->store, &v->arena, key, &licence);
        want(a, i, INQUIRY_LICENCE, url, &licence);
    }
}

static bool goes_on(const struct ask *a)
{
    return !a->pending && !a->trouble && !a->refused && !a->unstored && a->step != STEP_OVER &&
           !a->discovery->stopped;
}

/* What is learned of it in a moment need not be asked for. Once, and not for ever. */
static bool goes_behind(struct ask *a)
{
    struct discovery *d = a->discovery;
    struct arena arena;
    if (!d->learning || a->behind.ctx || d->stopped)
        return false;
    arena_init(&arena, 64u << 10, NULL, 0);
    struct slice key = inquiry_key(&arena, &a->subject);
    a->behind = (struct timer){ .fire = on_learned, .ctx = a };
    bool waits = learning_has(d, key) && loop_timer(d->loop, &a->behind, LEARNING_MAX_US);
    arena_reset(&arena);
    return waits;
}

void discovery_learned(struct discovery *d, struct slice key)
{
    struct arena arena;
    arena_init(&arena, 64u << 10, NULL, 0);
    for (struct ask *a = d->newest; a; a = a->older) {
        if (a->behind.place && slice_eq(inquiry_key(&arena, &a->subject), key))
            (void)loop_timer(d->loop, &a->behind, 0); /* is set: moving it takes no memory */
        arena_reset(&arena);
    }
}

/* Each step once, so that a question ends whatever the store says. */
static void advance(struct ask *a)
{
    static void (*const steps[])(struct ask *, struct view *) = { step_first, step_token,
                                                                  step_licences };
    struct view v = { .has_own = false };
    arena_init(&v.arena, 256u << 10, NULL, 0);
    if (a->step == STEP_FIRST && goes_behind(a))
        return;
    a->advancing = true;
    if (goes_on(a))
        view_read(a, &v);
    while (goes_on(a))
        steps[a->step++](a, &v);
    a->advancing = false;
    arena_reset(&v.arena);
    if (!a->pending)
        ask_finish(a);
}

/* ---- asking ---- */

static bool is_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7F)
            return false;
    return s.n <= TOKEN_MAX;
}

static bool is_agent(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return s.n <= SITE_AGENT_MAX;
}

/* Why a question cannot be put; NULL when it can. */
static const char *what_is_wrong(const struct inquiry_subject *s)
{
    struct arena scratch;
    struct slice origin, path;
    const char *wrong = NULL;
    arena_init(&scratch, 64u << 10, NULL, 0);
    if (s->name.n > SITE_URL_MAX || !is_token(s->name) ||
        !url_split(&scratch, s->name, &origin, &path))
        wrong = "no http or https URL";
    else if (s->type == INQUIRY_ORIGIN && !slice_eq(origin, s->name))
        wrong = "no origin";
    else if (!is_token(s->token) || !is_agent(s->agent))
        wrong = "no product token or User-Agent";
    arena_reset(&scratch);
    return wrong;
}

static struct ask *ask_new(struct discovery *d, const struct inquiry_subject *s)
{
    struct ask *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    struct slice agent = s->agent.n ? s->agent : slice_cstr(d->intake->config->user_agent);
    a->discovery = d;
    arena_init(&a->arena, 32u << 10, NULL, 0);
    a->subject = (struct inquiry_subject){ s->type, arena_copy(&a->arena, s->name, SITE_URL_MAX),
                                           arena_copy(&a->arena, s->token, TOKEN_MAX),
                                           arena_copy(&a->arena, agent, SITE_AGENT_MAX), s->fresh_ms };
    if (!a->subject.name.p || !a->subject.token.p || !a->subject.agent.p) {
        arena_reset(&a->arena);
        free(a);
        return NULL;
    }
    a->wait = (struct timer){ .fire = on_wait_over, .ctx = a };
    a->older = d->newest;
    if (a->older)
        a->older->newer = a;
    d->newest = a;
    d->n_asks++;
    return a;
}

struct ask *discovery_ask(struct discovery *d, const struct inquiry_subject *s, unsigned wait_ms,
                          ask_answer *call, void *ctx)
{
    const char *wrong = what_is_wrong(s);
    struct ask *a = NULL;
    d->intake->count->asks++;
    if (!wrong && (d->stopped || d->n_asks >= ASKS_MAX || !(a = ask_new(d, s))))
        wrong = d->stopped ? "going down" : "too many questions are open";
    if (wrong) {
        d->intake->count->asks_refused++;
        call(ctx, "refused", wrong);
        return NULL;
    }
    a->answer = call;
    a->ctx = ctx;
    d->n_waiting++;
    if (wait_ms > WAIT_MAX_MS_OF_ASK)
        wait_ms = WAIT_MAX_MS_OF_ASK;
    if (!loop_timer(d->loop, &a->wait, wait_ms * 1000ull))
        a->trouble = "out of memory";
    bool over = false;
    a->over = &over;
    advance(a);
    if (over)
        return NULL;
    a->over = NULL;
    return a;
}

void ask_leave(struct ask *a)
{
    if (!a->answer)
        return;
    a->answer = NULL;
    a->discovery->n_waiting--;
    loop_timer_stop(a->discovery->loop, &a->wait);
}

/* ---- life ---- */

struct discovery *discovery_new(struct loop *loop, struct inquiries *inquiries,
                                struct intake *intake)
{
    struct discovery *d = calloc(1, sizeof *d);
    if (d)
        *d = (struct discovery){ .loop = loop, .inquiries = inquiries, .intake = intake };
    return d;
}

void discovery_stop(struct discovery *d)
{
    d->stopped = true;
    inquiries_stop(d->inquiries);
    for (struct ask *a = d->newest; a; a = a->older)
        answer(a, "late", "going down");
}

void discovery_free(struct discovery *d)
{
    while (d && d->newest)
        ask_free(d->newest);
    if (d)
        learning_drop(d);
    free(d);
}

size_t discovery_waiting(const struct discovery *d)
{
    return d->n_waiting;
}
