/* SPDX-License-Identifier: Apache-2.0 */
/* urls_ask.c - origins that the store does not know are asked of the daemon, many at a time.
 *
 * Threads wait for its answers, an origin each; the daemon itself keeps its pace at each
 * host. An origin that was asked for is not asked for again for a while: what the store then
 * does not hold, or holds too old, is all there will be.
 *
 * A daemon that is away is waited for as long as an answer would be; after that nobody waits
 * for it any more until it answers again.
 *
 * Limits: ASKED_MAX origins remembered; the oldest that nobody waits for go first. */
#include "cli/urls.h"

#include "core/clock.h"
#include "site/message.h"
#include "site/store_value.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ASKED_MAX (2 * URLS_QUEUE_ROWS)
#define SLOTS (1u << 16)
#define AGAIN_US (300u * 1000000u) /* as soon as an answer may have become too old */
#define AWAY_US 200000u
#define STACK (256u << 10)

enum asked_state { ASKED_WAITS, ASKED_UNDER_WAY, ASKED_ANSWERED };

struct asked {
    struct asked *in_slot;
    struct asked *next, *before; /* in the list of those that wait, or of those that nobody needs */
    enum asked_state state;
    unsigned holders;
    uint64_t answered_us;
    size_t n;
    uint8_t origin[];
};

struct list {
    struct asked *first, *last;
};

struct asker {
    const struct asker_options *o;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t work;
    struct asked *slot[SLOTS];
    struct list waiting, idle;
    size_t n;
    bool ends;
    struct asker_counts counts;
    int fd;
    size_t n_waiting, n_threads, n_idle;
    pthread_t thread[];
};

/* ---- lists; called with the lock held ---- */

static void append(struct list *l, struct asked *q)
{
    q->next = NULL;
    q->before = l->last;
    if (l->last)
        l->last->next = q;
    else
        l->first = q;
    l->last = q;
}

static void take_off(struct list *l, struct asked *q)
{
    if (q->before)
        q->before->next = q->next;
    else
        l->first = q->next;
    if (q->next)
        q->next->before = q->before;
    else
        l->last = q->before;
}

static struct asked **slot_of(struct asker *a, struct slice origin)
{
    struct asked **at = &a->slot[store_hash(origin, 0) % SLOTS];
    while (*at && !slice_eq(slice_of((*at)->origin, (*at)->n), origin))
        at = &(*at)->in_slot;
    return at;
}

static void forget_oldest(struct asker *a)
{
    struct asked *q = a->idle.first;
    struct asked **at = slot_of(a, slice_of(q->origin, q->n));
    *at = q->in_slot;
    take_off(&a->idle, q);
    a->n--;
    free(q);
}

static struct asked *new_asked(struct asker *a, struct slice origin)
{
    while (a->n >= ASKED_MAX && a->idle.first)
        forget_oldest(a);
    struct asked *q = a->n < ASKED_MAX ? malloc(sizeof *q + origin.n) : NULL;
    if (!q)
        return NULL;
    *q = (struct asked){ .n = origin.n, .holders = 1 };
    memcpy(q->origin, origin.p, origin.n);
    *slot_of(a, origin) = q;
    a->n++;
    return q;
}

/* ---- threads ---- */

static enum ask_result call(struct asker *a, struct asked *q)
{
    const struct asker_options *o = a->o;
    char wait[16];
    snprintf(wait, sizeof wait, "%u", o->wait_ms);
    struct message m = { .verb = MESSAGE_ASK, .n = 4 };
    m.field[0] = slice_of(q->origin, q->n);
    m.field[1] = o->token;
    m.field[2] = o->user_agent;
    m.field[3] = slice_cstr(wait);
    return message_ask(o->socket, &m, o->wait_ms);
}

/* Without the lock. A daemon that is just started again is waited for, once. */
static enum ask_result call_patiently(struct asker *a, struct asked *q)
{
    uint64_t until_us = clock_mono_us() + (uint64_t)a->o->wait_ms * 1000;
    for (;;) {
        enum ask_result result = call(a, q);
        pthread_mutex_lock(&a->lock);
        bool away = result == ASK_AWAY;
        bool again = away && !a->counts.away && !a->ends && clock_mono_us() < until_us;
        if (!again)
            a->counts.away = away;
        pthread_mutex_unlock(&a->lock);
        if (!again)
            return result;
        usleep(AWAY_US);
    }
}

static void take_answer(struct asker *a, struct asked *q, enum ask_result result)
{
    static const uint64_t one = 1;
    q->state = ASKED_ANSWERED;
    q->answered_us = clock_mono_us();
    a->counts.failed += result != ASK_KNOWN;
    if (q->holders == 0)
        append(&a->idle, q);
    if (write(a->fd, &one, sizeof one) < 0)
        return; /* it is readable as it is */
}

static void *work(void *p)
{
    struct asker *a = p;
    pthread_mutex_lock(&a->lock);
    while (!a->ends) {
        struct asked *q = a->waiting.first;
        if (!q) {
            a->n_idle++;
            pthread_cond_wait(&a->work, &a->lock);
            a->n_idle--;
            continue;
        }
        take_off(&a->waiting, q);
        a->n_waiting--;
        q->state = ASKED_UNDER_WAY;
        pthread_mutex_unlock(&a->lock);
        enum ask_result result = call_patiently(a, q);
        pthread_mutex_lock(&a->lock);
        take_answer(a, q, result);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* One more, when those that have nothing to do are too few. Called with the lock held. */
static void start_thread(struct asker *a)
{
    pthread_attr_t attributes;
    if (a->n_threads == a->o->in_flight || a->n_waiting <= a->n_idle)
        return;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    if (pthread_create(&a->thread[a->n_threads], &attributes, work, a) == 0)
        a->n_threads++;
    pthread_attr_destroy(&attributes);
}

/* ---- whoever asks ---- */

struct asker *asker_new(const struct asker_options *o)
{
    struct asker *a = calloc(1, sizeof *a + o->in_flight * sizeof a->thread[0]);
    int fd = a ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (fd < 0) {
        free(a);
        return NULL;
    }
    a->o = o;
    a->fd = fd;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->work, NULL);
    return a;
}

static bool is_recent(const struct asked *q)
{
    return clock_mono_us() - q->answered_us < AGAIN_US;
}

/* Called with the lock held. */
static struct asked *ask(struct asker *a, struct slice origin)
{
    struct asked *q = *slot_of(a, origin);
    if (q && q->state == ASKED_ANSWERED && is_recent(q))
        return NULL;
    if (q && q->holders++ == 0 && q->state == ASKED_ANSWERED)
        take_off(&a->idle, q);
    bool is_new = !q || q->state == ASKED_ANSWERED;
    if (!q)
        q = new_asked(a, origin);
    if (!q || !is_new)
        return q;
    q->state = ASKED_WAITS;
    a->counts.asked++;
    append(&a->waiting, q);
    a->n_waiting++;
    start_thread(a);
    if (a->n_threads) {
        pthread_cond_signal(&a->work);
    } else { /* nobody will ever ask */
        take_off(&a->waiting, q);
        a->n_waiting--;
        take_answer(a, q, ASK_AWAY);
    }
    return q;
}

struct asked *asker_ask(struct asker *a, struct slice origin)
{
    pthread_mutex_lock(&a->lock);
    struct asked *q = ask(a, origin);
    pthread_mutex_unlock(&a->lock);
    return q;
}

bool asker_has_answer(struct asker *a, struct asked *q)
{
    pthread_mutex_lock(&a->lock);
    bool has = q->state == ASKED_ANSWERED;
    pthread_mutex_unlock(&a->lock);
    return has;
}

void asker_drop(struct asker *a, struct asked *q)
{
    pthread_mutex_lock(&a->lock);
    if (--q->holders == 0 && q->state == ASKED_ANSWERED)
        append(&a->idle, q);
    pthread_mutex_unlock(&a->lock);
}

int asker_fd(const struct asker *a)
{
    return a->fd;
}

void asker_quiet(struct asker *a)
{
    uint64_t n;
    while (read(a->fd, &n, sizeof n) == sizeof n)
        continue;
}

struct asker_counts asker_counts(struct asker *a)
{
    pthread_mutex_lock(&a->lock);
    struct asker_counts counts = a->counts;
    pthread_mutex_unlock(&a->lock);
    return counts;
}

void asker_free(struct asker *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->ends = true;
    pthread_cond_broadcast(&a->work);
    pthread_mutex_unlock(&a->lock);
    for (size_t i = 0; i < a->n_threads; i++)
        pthread_join(a->thread[i], NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        while (a->slot[i]) {
            struct asked *q = a->slot[i];
            a->slot[i] = q->in_slot;
            free(q);
        }
    }
    close(a->fd);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->work);
    free(a);
}
