/* SPDX-License-Identifier: Apache-2.0 */
/* optout site fetch --all: each origin of the store whose documents are older is asked for again, through
 * the daemon, which keeps its pace at each host and leaves what holds in its place until there is newer.
 *
 * What is old is gathered first, the oldest first, so that no reader of the store stands in the way of its
 * writers while origins answer. Threads wait for the daemon, a question each. */
#include "cli/site_refresh.h"

#include "cli/cli.h"
#include "core/clock.h"
#include "site/message.h"
#include "site/site.h"
#include "site/store.h"
#include "syntax/json.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 60000u
#define AWAY_TRIES 20u /* of one question, half a second each: a daemon that is started anew is waited for */
#define FIRST_TRIES 2u /* before it has answered anything */
#define AWAY_US 500000u
#define PROGRESS_US 200000u
#define STACK (256u << 10)

struct due {
    int64_t oldest_ms;
    size_t origin_n, token_n, agent_n;
    char *text; /* origin, token, User-Agent, one behind the other */
};

struct refresh {
    const struct refresh_options *o;
    int64_t fresh_ms;
    struct due *v;
    size_t n, room;
    bool no_memory;

    atomic_size_t next, answered;
    pthread_mutex_t lock; /* all below, and standard output */
    size_t done, known, late, refused, away;
    bool output_failed;
};

/* Written by a signal, and by a thread whose daemon is away. */
static atomic_bool stop;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

bool refresh_age(const char *text, uint64_t *seconds)
{
    struct slice s = slice_cstr(text);
    if (s.n < 2)
        return false;
    char unit = (char)s.p[s.n - 1];
    uint64_t n, factor = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 0;
    if (!factor || !slice_to_u64(slice_sub(s, 0, s.n - 1), &n) || n > MESSAGE_AGE_MAX_S / factor)
        return false;
    *seconds = n * factor;
    return true;
}

/* ---- what is old ---- */

/* When the oldest of its files was asked for, and who asked. False: nothing of it is old. */
static bool find_oldest(const struct refresh *r, const struct store_value *v, int64_t *oldest_ms,
                        struct slice *agent)
{
    *oldest_ms = INT64_MAX;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        const struct site_document *d = &v->d[kind];
        if (d->state == SITE_NOT_ASKED || kind == SITE_TERMS)
            continue;
        if (d->fetched_ms < *oldest_ms)
            *oldest_ms = d->fetched_ms;
        if (d->source != SITE_PASSIVE && d->agent.n)
            *agent = d->agent;
    }
    return *oldest_ms < r->fresh_ms;
}

static bool add_due(struct refresh *r, struct slice key, struct slice agent, int64_t oldest_ms)
{
    if (r->n == r->room) {
        size_t room = r->room ? r->room * 2 : 1024;
        struct due *more = realloc(r->v, room * sizeof *more);
        if (!more)
            return false;
        r->v = more;
        r->room = room;
    }
    struct due d = { .oldest_ms = oldest_ms, .origin_n = slice_find(key, '\n'), .agent_n = agent.n };
    struct slice token = slice_from(key, d.origin_n + 1);
    d.token_n = token.n;
    d.text = malloc(key.n + agent.n + 1);
    if (!d.text)
        return false;
    memcpy(d.text, key.p, d.origin_n);
    if (token.n)
        memcpy(d.text + d.origin_n, token.p, token.n);
    if (agent.n)
        memcpy(d.text + d.origin_n + token.n, agent.p, agent.n);
    r->v[r->n++] = d;
    return true;
}

/* Licences are asked for with the origins that name them. */
static bool take_key(void *ctx, const struct store_value *v)
{
    struct refresh *r = ctx;
    struct slice prefix = slice_cstr(r->o->prefix), agent = SLICE_EMPTY;
    int64_t oldest_ms;
    if (!slice_starts_nocase(v->key, SLICE_OF("http")) ||
        (prefix.n && !slice_eq(slice_sub(v->key, 0, prefix.n), prefix)) || !find_oldest(r, v, &oldest_ms, &agent))
        return !atomic_load(&stop);
    r->no_memory = !add_due(r, v->key, agent, oldest_ms);
    return !r->no_memory && !atomic_load(&stop);
}

static int by_age(const void *left, const void *right)
{
    const struct due *a = left, *b = right;
    return (a->oldest_ms > b->oldest_ms) - (a->oldest_ms < b->oldest_ms);
}

/* ---- asking ---- */

static const char *const answer_names[] = {
    [ASK_KNOWN] = "known", [ASK_LATE] = "late", [ASK_REFUSED] = "refused", [ASK_AWAY] = "away",
};

static enum ask_result ask(const struct refresh *r, const struct due *d)
{
    char wait[16], age[32];
    struct slice text = slice_of((const uint8_t *)d->text, d->origin_n + d->token_n + d->agent_n);
    /* What was fetched since this began need not be fetched twice, however long it takes. */
    int64_t age_ms = clock_wall_ms() - r->fresh_ms;
    snprintf(wait, sizeof wait, "%u", WAIT_MS);
    snprintf(age, sizeof age, "%lld", (long long)(age_ms > 0 ? age_ms / 1000 : 0));
    struct message m = { .verb = MESSAGE_ASK, .n = 5 };
    m.field[0] = slice_sub(text, 0, d->origin_n);
    m.field[1] = slice_sub(text, d->origin_n, d->token_n);
    m.field[2] = slice_from(text, d->origin_n + d->token_n);
    m.field[3] = slice_cstr(wait);
    m.field[4] = slice_cstr(age);
    for (unsigned i = 0;; i++) {
        enum ask_result result = message_ask(r->o->socket, &m, WAIT_MS);
        if (result != ASK_AWAY || atomic_load(&stop) ||
            i + 1 >= (atomic_load(&r->answered) ? AWAY_TRIES : FIRST_TRIES))
            return result;
        usleep(AWAY_US);
    }
}

static void print_line(struct refresh *r, const struct due *d, enum ask_result result, uint64_t us)
{
    struct buf out;
    buf_init(&out, 8192);
    struct json j = json_to(&out);
    json_open(&j, NULL, '{');
    json_slice(&j, "origin", slice_of((const uint8_t *)d->text, d->origin_n));
    if (d->token_n)
        json_slice(&j, "token", slice_of((const uint8_t *)d->text + d->origin_n, d->token_n));
    json_str(&j, "answer", answer_names[result]);
    json_int(&j, "age_s", (clock_wall_ms() - d->oldest_ms) / 1000);
    json_int(&j, "ms", (int64_t)(us / 1000));
    json_close(&j, '}');
    buf_putc(&out, '\n');
    if (!cli_write(&out)) {
        r->output_failed = true;
        atomic_store(&stop, true);
    }
    buf_free(&out);
}

static void note(struct refresh *r, const struct due *d, enum ask_result result, uint64_t us)
{
    pthread_mutex_lock(&r->lock);
    r->done++;
    r->known += result == ASK_KNOWN;
    r->late += result == ASK_LATE;
    r->refused += result == ASK_REFUSED;
    r->away += result == ASK_AWAY;
    if (r->o->json && !r->output_failed)
        print_line(r, d, result, us);
    pthread_mutex_unlock(&r->lock);
    if (result == ASK_AWAY)
        atomic_store(&stop, true);
}

static void *work(void *arg)
{
    struct refresh *r = arg;
    size_t i;
    while (!atomic_load(&stop) && (i = atomic_fetch_add(&r->next, 1)) < r->n) {
        uint64_t begun = clock_mono_us();
        enum ask_result result = ask(r, &r->v[i]);
        if (result != ASK_AWAY)
            atomic_fetch_add(&r->answered, 1);
        note(r, &r->v[i], result, clock_mono_us() - begun);
    }
    return NULL;
}

/* ---- telling ---- */

/* False: all is done, or given up. */
static bool show_progress(struct refresh *r, uint64_t begun, bool terminal)
{
    char text[160];
    pthread_mutex_lock(&r->lock);
    size_t done = r->done, late = r->late, refused = r->refused;
    pthread_mutex_unlock(&r->lock);
    bool more = done < r->n && !atomic_load(&stop);
    double seconds = (double)(clock_mono_us() - begun) / 1e6;
    if (terminal && more) {
        snprintf(text, sizeof text, "\r\033[K%zu of %zu origins, %.0f a second, %zu late, %zu refused", done, r->n,
                 seconds > 0 ? (double)done / seconds : 0, late, refused);
        cli_write_error(slice_cstr(text));
    }
    return more;
}

static int tell(const struct refresh *r, double seconds)
{
    char text[256];
    size_t left = r->n - r->done;
    int n = snprintf(text, sizeof text, "%zu of %zu origins are known anew, in %.0f s", r->known, r->n, seconds);
    if (r->late)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %zu are late, and go on in the daemon", r->late);
    if (r->refused)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %zu are not to be asked", r->refused);
    if (left + r->away)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %zu were not asked: begin again for them", left + r->away);
    if (r->o->json)
        cli_error("%s", text);
    else {
        snprintf(text + n, sizeof text - (size_t)n, "\n");
        if (cli_write_text(text) != CLI_CLEAR)
            return CLI_FAILED;
    }
    if (r->away)
        cli_error("%s: the daemon does not answer", r->o->socket);
    return r->away || r->output_failed ? CLI_FAILED : left || r->late || r->refused ? CLI_UNDECIDED : CLI_CLEAR;
}

/* ---- all of it ---- */

static size_t start_threads(struct refresh *r, pthread_t *thread)
{
    pthread_attr_t small;
    size_t n = 0, wanted = r->o->jobs < r->n ? r->o->jobs : r->n;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    while (n < wanted && pthread_create(&thread[n], &small, work, r) == 0)
        n++;
    pthread_attr_destroy(&small);
    return n;
}

static int ask_all(struct refresh *r)
{
    pthread_t thread[REFRESH_JOBS_MAX];
    struct sigaction quit = { .sa_handler = on_signal }, before_int, before_term;
    bool terminal = isatty(STDERR_FILENO);
    uint64_t begun = clock_mono_us();
    sigaction(SIGINT, &quit, &before_int);
    sigaction(SIGTERM, &quit, &before_term);
    size_t threads = start_threads(r, thread);
    if (threads == 0 && r->n) {
        cli_error("no thread can be started");
        return CLI_FAILED;
    }
    while (show_progress(r, begun, terminal))
        usleep(PROGRESS_US);
    for (size_t i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    if (terminal)
        cli_write_error(SLICE_OF("\r\033[K"));
    sigaction(SIGINT, &before_int, NULL);
    sigaction(SIGTERM, &before_term, NULL);
    return tell(r, (double)(clock_mono_us() - begun) / 1e6);
}

int refresh_all(const struct refresh_options *o)
{
    struct refresh r = { .o = o, .fresh_ms = clock_wall_ms() - (int64_t)o->age_s * 1000 };
    int status = CLI_FAILED;
    pthread_mutex_init(&r.lock, NULL);
    store_each(site_store(o->site), SLICE_EMPTY, take_key, &r);
    if (r.n)
        qsort(r.v, r.n, sizeof *r.v, by_age);
    if (r.no_memory)
        cli_error("out of memory");
    else
        status = ask_all(&r);
    for (size_t i = 0; i < r.n; i++)
        free(r.v[i].text);
    free(r.v);
    pthread_mutex_destroy(&r.lock);
    return status;
}
