/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/inquiry.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/news.h"
#include "daemon/share_value.h"
#include "http/url_path.h"

#include <stdio.h>
#include <stdlib.h>

#define LEASE_POLL_MS 200
#define UNSTORED_PAUSE_US (10 * 1000000) /* an origin is spared while the store refuses */
#define LEASES_WAITED 3 /* holders that die one after the other; then without a lease */

struct job {
    struct inquiry *inquiry; /* NULL: this file is not asked for */
    enum site_kind kind;
    struct slice url, host, share_key;
    struct turn turn;
    struct fetch *fetch;
    struct intake_reading *reading;
    struct timer again;      /* while another node fetches */
    uint64_t wait_over_us;   /* for other nodes; 0: none was seen fetching */
    int64_t agents_since_ms; /* when it was last asked for */
    struct site_document *held; /* read, and not written yet; or NULL */
};

struct inquiry {
    struct map_node node; /* its key: that of the store */
    struct inquiries *all;
    struct arena arena;
    enum inquiry_type type;
    struct slice name, token, agent, token_key;
    int64_t fresh_ms; /* as the subject's */
    struct job job[SITE_KIND_COUNT];
    unsigned pending;
    bool refused, unstored;
    bool blank; /* the store held nothing at the beginning */
    bool hurry; /* somebody's wait was over: nothing is held any more */
    bool forgotten; /* what it found out; by order, while it was under way */
    bool repeated; /* as files were gone at its end */
    uint32_t kinds; /* bit 1 << enum site_kind: what the mark will speak of */
    bool over; /* told; stays for a while when unstored */
    struct join *joins;
    struct timer end;
};

struct inquiries {
    struct inquiries_env env;
    struct map map;
    size_t held; /* bytes */
    bool stopped;
};

struct slice inquiry_key(struct arena *a, const struct inquiry_subject *s)
{
    if (s->type == INQUIRY_LICENCE)
        return store_key_licence(a, s->name);
    return store_key_origin(a, s->name, s->type == INQUIRY_TOKEN ? s->token : SLICE_EMPTY);
}

/* Terms are no file: nobody asks for them, and they come and go by themselves. */
#define ALL_KINDS (((1u << SITE_KIND_COUNT) - 1) & ~(1u << SITE_TERMS))

/* What other nodes know of the terms comes with the first files, and whenever some are fetched. */
static uint32_t terms_of(const struct intake *intake, enum inquiry_type type, uint32_t missing)
{
    bool wanted = type == INQUIRY_ORIGIN && missing && intake->share && intake->news;
    return wanted ? 1u << SITE_TERMS : 0;
}

/* What must be fetched: bit 1 << enum site_kind; also what was fetched and is over. */
static uint32_t missing_of(const struct inquiry_subject *s, const struct seen *seen,
                           uint32_t site_files)
{
    static const uint32_t robots = 1u << SITE_ROBOTS, licence = 1u << SITE_LICENCE;
    int64_t now_ms = clock_wall_ms();
    uint32_t of_interest = s->type == INQUIRY_ORIGIN ? site_files | (ALL_KINDS & ~licence)
                         : s->type == INQUIRY_TOKEN  ? robots
                                                     : licence;
    uint32_t wanted = s->type == INQUIRY_ORIGIN ? site_files : of_interest;
    uint32_t missing = 0;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        uint32_t bit = 1u << kind;
        bool known = seen->state[kind] != SITE_NOT_ASKED;
        bool old = known && (seen->expires_ms[kind] <= now_ms || seen->fetched_ms[kind] < s->fresh_ms);
        if ((of_interest & bit) && (known ? old : (wanted & bit) != 0))
            missing |= bit;
    }
    return missing;
}

/* ---- what is held ---- */

static void let_go(struct job *j)
{
    if (!j->held)
        return;
    j->inquiry->all->held -= document_size(j->held);
    free(j->held);
    j->held = NULL;
}

/* What the site says to the asker's token, unless it was said to another agent, who asked
 * for another node. */
static struct slice own_key(const struct inquiry *in, const struct site_document *robots)
{
    return robots && slice_eq(robots->agent, in->agent) ? in->token_key : SLICE_EMPTY;
}

/* False: some of what a mark would speak of is gone. */
static bool inquiry_write(struct inquiry *in, bool last)
{
    struct site_document d[SITE_KIND_COUNT];
    size_t n = 0;
    enum optout_rc rc = OPTOUT_OK;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (in->job[kind].held)
            d[n++] = *in->job[kind].held;
    if (n || last)
        rc = intake_write(in->all->env.intake, in->node.key,
                          own_key(in, in->job[SITE_ROBOTS].held), d, n, last ? &in->kinds : NULL);
    in->unstored |= rc < 0;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        let_go(&in->job[kind]);
    return rc != OPTOUT_MORE;
}

static void hold(struct job *j, const struct site_document *d)
{
    struct inquiry *in = j->inquiry;
    size_t size = document_size(d);
    void *room = malloc(size);
    if (!room) {
        in->unstored |= intake_write(in->all->env.intake, in->node.key, own_key(in, d), d, 1,
                                     NULL) != OPTOUT_OK;
        return;
    }
    j->held = document_copy(room, d);
    in->all->held += size;
    if (in->hurry || in->all->held > HELD_MAX)
        inquiry_write(in, false);
}

void inquiry_hurry(struct join *join)
{
    if (!join->inquiry)
        return;
    join->inquiry->hurry = true;
    inquiry_write(join->inquiry, false);
}

void inquiries_write(struct inquiries *all, struct slice key, enum site_kind kind)
{
    struct inquiry *in = (struct inquiry *)map_find(&all->map, key);
    if (in && in->job[kind].held)
        inquiry_write(in, false);
}

/* ---- the end ---- */

static void inquiry_free(struct inquiry *in)
{
    struct inquiries_env *env = &in->all->env;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        struct job *j = &in->job[kind];
        if (j->fetch)
            fetch_cancel(j->fetch);
        if (j->reading)
            intake_leave(j->reading);
        polite_done(env->polite, &j->turn);
        loop_timer_stop(env->loop, &j->again);
        let_go(j);
    }
    loop_timer_stop(env->loop, &in->end);
    map_remove(&in->all->map, &in->node);
    arena_reset(&in->arena);
    free(in);
}

static bool begin_again(struct inquiry *in);

static void inquiry_end(void *ctx)
{
    struct inquiry *in = ctx;
    struct join *joins = in->joins;
    struct inquiries_env *env = &in->all->env;
    if (in->over) {
        inquiry_free(in);
        return;
    }
    /* Readers of a marked key take a file that is not in it for one that the origin does not
     * publish. So the key is marked only when every file was stored, and still is. */
    if (in->forgotten || !inquiry_write(in, !in->unstored)) {
        if (begin_again(in))
            return;
        in->unstored = true;
    }
    enum inquiry_result r = in->refused    ? INQUIRY_REFUSED
                            : in->unstored ? INQUIRY_UNSTORED
                                           : INQUIRY_DONE;
    for (struct join *j = joins; j; j = j->next)
        j->inquiry = NULL;
    in->joins = NULL;
    in->over = true;
    if (!in->unstored || !loop_timer(env->loop, &in->end, UNSTORED_PAUSE_US))
        inquiry_free(in);
    while (joins) {
        struct join *j = joins;
        joins = j->next;
        j->over(j->ctx, r);
    }
}

/* ---- jobs ---- */

static void job_over(struct job *j)
{
    struct inquiry *in = j->inquiry;
    if (--in->pending == 0)
        loop_timer(in->all->env.loop, &in->end, 0);
}

/* What it says may have been said before everything was forgotten. */
static void job_drop(struct job *j)
{
    struct intake *intake = j->inquiry->all->env.intake;
    if (intake->share)
        share_release(intake->share, j->share_key);
    job_over(j);
}

static void stop_reading(struct job *j)
{
    if (!j->reading)
        return;
    intake_leave(j->reading);
    j->reading = NULL;
    job_drop(j);
}

static void on_read(void *ctx, const struct site_document *d)
{
    struct job *j = ctx;
    j->reading = NULL;
    hold(j, d);
    job_over(j);
}

static void job_take(struct job *j, const struct site_answer *a)
{
    struct intake *intake = j->inquiry->all->env.intake;
    struct intake_place place = { j->kind, j->inquiry->node.key, j->share_key };
    if (j->inquiry->forgotten)
        job_drop(j);
    else
        j->reading = intake_read(intake, &place, a, on_read, j);
}

static struct site_answer answer_of(const struct job *j)
{
    struct slice origin = j->inquiry->name, path;
    if (j->kind == SITE_LICENCE)
        (void)url_split(&j->inquiry->arena, j->url, &origin, &path);
    return (struct site_answer){ .kind = j->kind, .origin = origin, .url = j->url,
                                 .agent = j->inquiry->agent, .source = SITE_FETCHED,
                                 .now_ms = clock_wall_ms() };
}

static void job_fail(struct job *j, const char *why)
{
    struct site_answer a = answer_of(j);
    a.why = slice_cstr(why);
    j->inquiry->all->env.intake->count->errors++;
    job_take(j, &a);
}

static void job_queue(struct job *j);

static void on_fetched(void *ctx, const struct fetch_result *r)
{
    struct job *j = ctx;
    struct inquiry *in = j->inquiry;
    struct counters *count = in->all->env.intake->count;
    struct arena arena;
    struct headers headers = { NULL, 0 };
    struct site_answer a = answer_of(j);
    j->fetch = NULL;
    polite_done(in->all->env.polite, &j->turn);
    if (r->status == 304 && j->agents_since_ms != in->all->env.intake->agents_since_ms) {
        job_queue(j); /* the agents changed meanwhile; now it is asked for whole */
        return;
    }
    arena_init(&arena, 1u << 20, NULL, 0);
    a.url = slice_sub(r->url, 0, SITE_URL_MAX);
    a.body = r->body;
    a.body_cut = r->body_cut;
    a.why = slice_sub(r->why, 0, SITE_WHY_MAX);
    if (r->status && headers_parse(&headers, &arena, r->head) == OPTOUT_OK) {
        a.status = r->status;
        a.headers = &headers;
    } else if (r->status) {
        a.why = SLICE_OF("its head has too many lines");
        a.body = SLICE_EMPTY;
    }
    count->fetched++;
    count->errors += a.status == 0;
    count->refused += r->refused;
    in->refused |= r->refused;
    job_take(j, &a);
    arena_reset(&arena);
}

/* What a conditional request needs of the copy that is here. One that was compiled with
 * other agents must come anew. */
static void take_validators(const struct job *j, struct arena *arena, struct fetch_request *r)
{
    struct site_document d;
    struct inquiry *in = j->inquiry;
    if (in->blank ||
        !stored_document(in->all->env.intake->store, arena, in->node.key, j->kind, &d) ||
        d.state == SITE_UNREACHABLE || d.status < 200 || d.status >= 300 ||
        (d.varies && !slice_eq(d.agent, in->agent)) ||
        d.fetched_ms <= in->all->env.intake->agents_since_ms)
        return;
    r->etag = d.etag;
    r->last_modified = d.last_modified;
    r->copy_url = d.url;
}

static void on_turn(void *ctx)
{
    struct job *j = ctx;
    struct inquiry *in = j->inquiry;
    struct arena arena;
    struct fetch_request r = { .url = j->url, .agent = in->agent,
                               .body_max = site_kinds[j->kind].max };
    arena_init(&arena, INTAKE_ARENA, NULL, 0);
    j->agents_since_ms = in->all->env.intake->agents_since_ms;
    take_validators(j, &arena, &r);
    j->fetch = fetch_start(in->all->env.fetcher, &r, on_fetched, j);
    arena_reset(&arena);
    if (!j->fetch) {
        polite_done(in->all->env.polite, &j->turn);
        job_fail(j, "it cannot be asked for");
    }
}

static void job_queue(struct job *j)
{
    j->turn = (struct turn){ .go = on_turn, .ctx = j };
    if (!polite_ask(j->inquiry->all->env.polite, j->host, &j->turn))
        job_fail(j, "out of memory");
}

static bool take_shared(struct job *j, struct slice value)
{
    struct arena arena;
    struct headers headers = { NULL, 0 };
    struct site_answer a;
    arena_init(&arena, 1u << 20, NULL, 0);
    bool good = share_value_read(value, &arena, &headers, &a) == OPTOUT_OK && a.kind == j->kind &&
                a.now_ms >= j->inquiry->fresh_ms;
    if (good) {
        j->inquiry->all->env.intake->count->shared++;
        job_take(j, &a);
    }
    arena_reset(&arena);
    return good;
}

static void job_start(void *ctx);

static void on_terms(void *ctx, enum share_result r, struct slice value)
{
    struct job *j = ctx;
    struct inquiry *in = j->inquiry;
    if (in->all->stopped)
        return;
    if (r == SHARE_FOUND && !in->forgotten)
        news_take_terms(in->all->env.intake->news, in->name, value);
    job_over(j);
}

static void on_share(void *ctx, enum share_result r, struct slice value)
{
    struct job *j = ctx;
    struct inquiries *all = j->inquiry->all;
    if (all->stopped)
        return;
    if (r == SHARE_FOUND && take_shared(j, value))
        return;
    if (r == SHARE_HELD) {
        /* A lease that runs out goes to one of those who ask; the others wait for it. */
        uint64_t now = clock_mono_us();
        uint64_t lease_us = all->env.intake->config->share_lease_s * 1000000ull;
        if (!j->wait_over_us)
            j->wait_over_us = now + LEASES_WAITED * lease_us;
        if (now < j->wait_over_us &&
            loop_timer(all->env.loop, &j->again, LEASE_POLL_MS * 1000))
            return;
    }
    job_queue(j);
}

static void job_start(void *ctx)
{
    struct job *j = ctx;
    struct share *share = j->inquiry->all->env.intake->share;
    if (j->kind == SITE_TERMS)
        share_get(share, j->share_key, false, false, on_terms, j);
    else if (share)
        share_get(share, j->share_key, true, false, on_share, j);
    else
        job_queue(j);
}

void inquiries_forget(struct inquiries *all, struct slice key)
{
    for (size_t i = 0; i < MAP_SLOTS; i++)
        for (struct map_node *n = all->map.slot[i]; n; n = n->next) {
            struct inquiry *in = (struct inquiry *)n; /* node is its first member */
            if (!slice_eq(slice_sub(n->key, 0, key.n), key) ||
                (n->key.n > key.n && n->key.p[key.n] != '\n'))
                continue;
            in->forgotten = !in->over;
            for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
                let_go(&in->job[kind]);
                stop_reading(&in->job[kind]);
            }
        }
}

void inquiries_changed(struct inquiries *all, struct slice key, enum site_kind kind)
{
    struct inquiry *in = (struct inquiry *)map_find(&all->map, key);
    if (in && in->job[kind].again.place)
        loop_timer(all->env.loop, &in->job[kind].again, 0);
}

/* ---- beginning one ---- */

static bool job_init(struct inquiry *in, enum site_kind kind)
{
    struct job *j = &in->job[kind];
    struct slice path, origin;
    j->wait_over_us = 0;
    if (j->inquiry) /* it was one before */
        return true;
    if (kind == SITE_LICENCE || kind == SITE_TERMS) {
        j->url = in->name;
    } else {
        const char *file = site_kind_path(kind);
        size_t size = in->name.n + strlen(file);
        uint8_t *p = arena_take(&in->arena, size);
        if (!p)
            return false;
        memcpy(p, in->name.p, in->name.n);
        memcpy(p + in->name.n, file, strlen(file));
        j->url = slice_of(p, size);
    }
    if (!url_split(&in->arena, j->url, &origin, &path))
        return false;
    j->host = slice_from(origin, slice_find(origin, ':') + 3);
    j->share_key = share_key_print(&in->arena, kind, in->name,
                                   in->type == INQUIRY_TOKEN ? in->token : SLICE_EMPTY);
    j->kind = kind;
    j->again = (struct timer){ .fire = job_start, .ctx = j };
    j->inquiry = in;
    return j->share_key.p != NULL;
}

static uint32_t kinds_of(const struct seen *seen)
{
    uint32_t kinds = 0;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        kinds |= seen->state[kind] != SITE_NOT_ASKED ? 1u << kind : 0;
    return kinds & ALL_KINDS;
}

static bool add_jobs(struct inquiry *in, const struct seen *seen, uint32_t missing)
{
    missing |= terms_of(in->all->env.intake, in->type, missing);
    in->blank = !seen->there;
    in->kinds = kinds_of(seen) | (missing & ALL_KINDS);
    in->pending = 0;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (missing & 1u << kind) {
            if (!job_init(in, (enum site_kind)kind))
                return false;
            in->pending++;
        }
    return true;
}

static void start_jobs(struct inquiry *in, uint32_t missing)
{
    missing |= terms_of(in->all->env.intake, in->type, missing);
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (missing & 1u << kind)
            job_start(&in->job[kind]);
}

/* Not again and again by itself: a store that loses what it is given would have an origin
 * asked without end. */
static bool begin_again(struct inquiry *in)
{
    struct inquiry_subject s = { in->type, in->name, in->token, in->agent, in->fresh_ms };
    struct intake *intake = in->all->env.intake;
    struct arena arena;
    struct seen seen;
    if (in->all->stopped || (!in->forgotten && in->repeated))
        return false;
    in->repeated |= !in->forgotten;
    in->forgotten = in->refused = in->unstored = false;
    arena_init(&arena, 64u << 10, NULL, 0);
    seen_read(intake->store, &arena, in->node.key, &seen);
    uint32_t missing = missing_of(&s, &seen, intake->config->site_files);
    bool good = add_jobs(in, &seen, missing) &&
                (missing || loop_timer(in->all->env.loop, &in->end, 0));
    arena_reset(&arena);
    if (good)
        start_jobs(in, missing);
    return good;
}

static struct inquiry *inquiry_new(struct inquiries *all, const struct inquiry_subject *s,
                                   const struct seen *seen, uint32_t missing)
{
    struct inquiry *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->all = all;
    in->type = s->type;
    in->fresh_ms = s->fresh_ms;
    in->end = (struct timer){ .fire = inquiry_end, .ctx = in };
    arena_init(&in->arena, 256u << 10, NULL, 0);
    in->name = arena_copy(&in->arena, s->name, SITE_URL_MAX);
    in->token = arena_copy(&in->arena, s->token, 64);
    in->agent = arena_copy(&in->arena, s->agent, SITE_AGENT_MAX);
    in->node.key = inquiry_key(&in->arena, s);
    if (s->type == INQUIRY_ORIGIN && s->token.n)
        in->token_key = store_key_origin(&in->arena, s->name, s->token);
    if (!in->name.p || !in->token.p || !in->agent.p || !in->node.key.p ||
        !add_jobs(in, seen, missing)) {
        arena_reset(&in->arena);
        free(in);
        return NULL;
    }
    map_add(&all->map, &in->node);
    return in;
}

enum join_result inquiry_join(struct inquiries *all, const struct inquiry_subject *s,
                              const struct seen *seen, struct join *join)
{
    struct arena arena;
    struct intake *intake = all->env.intake;
    uint32_t missing = missing_of(s, seen, intake->config->site_files);
    if (seen->asked && !missing)
        return JOIN_KNOWN;
    arena_init(&arena, 64u << 10, NULL, 0);
    struct slice key = inquiry_key(&arena, s);
    struct inquiry *in = key.p ? (struct inquiry *)map_find(&all->map, key) : NULL;
    bool fresh = !in && key.p && all->map.n < INQUIRIES_MAX && !all->stopped;
    uint32_t kinds = kinds_of(seen);
    bool marked = fresh && !missing &&
                  intake_write(intake, key, SLICE_EMPTY, NULL, 0, &kinds) == OPTOUT_OK;
    if (fresh && missing)
        in = inquiry_new(all, s, seen, missing);
    arena_reset(&arena);
    if (fresh && !missing)
        return marked ? JOIN_KNOWN : JOIN_UNSTORED;
    if (!in)
        return JOIN_FULL;
    if (in->over)
        return JOIN_UNSTORED;
    join->inquiry = in;
    join->next = in->joins;
    in->joins = join;
    if (fresh)
        start_jobs(in, missing);
    return JOIN_WAIT;
}

void inquiry_leave(struct join *join)
{
    struct join **at = join->inquiry ? &join->inquiry->joins : NULL;
    while (at && *at && *at != join)
        at = &(*at)->next;
    if (at && *at)
        *at = join->next;
    join->inquiry = NULL;
}

/* ---- all of them ---- */

struct inquiries *inquiries_new(const struct inquiries_env *env)
{
    struct inquiries *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->env = *env;
    map_init(&all->map);
    return all;
}

void inquiries_stop(struct inquiries *all)
{
    for (size_t i = 0; i < MAP_SLOTS; i++)
        for (struct map_node *n = all->map.slot[i]; n; n = n->next)
            inquiry_write((struct inquiry *)n, false); /* node is its first member */
    all->stopped = true;
}

void inquiries_free(struct inquiries *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < MAP_SLOTS; i++)
        while (all->map.slot[i])
            inquiry_free((struct inquiry *)all->map.slot[i]);
    free(all);
}

size_t inquiries_count(const struct inquiries *all)
{
    return all->map.n;
}
