/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/polite.h"

#include "core/clock.h"

#include <stdlib.h>

struct lane {
    struct map_node node;
    struct polite *polite;
    struct lane *next_due; /* in polite.due */
    bool due;
    struct turn *first, *last; /* who waits */
    unsigned running;
    uint64_t not_before_us;
    struct timer pause;
    uint8_t host[];
};

struct polite {
    struct loop *loop;
    unsigned all, per_host;
    uint64_t delay_us;
    size_t running, waiting;
    struct map lanes;
    struct lane *due_first, *due_last; /* lanes that may let somebody go, or may be dropped */
    struct timer timer;
};

static void make_due(struct polite *p, struct lane *l)
{
    if (l->due)
        return;
    l->due = true;
    l->next_due = NULL;
    if (p->due_first)
        p->due_last->next_due = l;
    else
        p->due_first = l;
    p->due_last = l;
}

static void look_soon(struct polite *p)
{
    if (!p->timer.place)
        loop_timer(p->loop, &p->timer, 0);
}

static void on_pause_over(void *ctx)
{
    struct lane *l = ctx;
    make_due(l->polite, l);
    look_soon(l->polite);
}

static void let_one_go(struct polite *p, struct lane *l)
{
    struct turn *t = l->first;
    l->first = t->next;
    p->waiting--;
    p->running++;
    l->running++;
    l->not_before_us = clock_mono_us() + p->delay_us;
    t->running = true;
    t->go(t->ctx);
}

/* One turn for the lane at the front; false when nobody may go at all now. */
static bool serve(struct polite *p)
{
    struct lane *l = p->due_first;
    if (!l || (l->first && p->running >= p->all))
        return false;
    p->due_first = l->next_due;
    l->due = false;
    uint64_t now = clock_mono_us();
    if (l->first && l->running < p->per_host) {
        if (now < l->not_before_us) {
            if (!l->pause.place)
                loop_timer(p->loop, &l->pause, l->not_before_us - now);
            return true;
        }
        make_due(p, l); /* behind the others */
        let_one_go(p, l);
        return true;
    }
    if (!l->first && !l->running && now >= l->not_before_us) {
        loop_timer_stop(p->loop, &l->pause);
        map_remove(&p->lanes, &l->node);
        free(l);
    } else if (!l->first && !l->running && !l->pause.place) {
        loop_timer(p->loop, &l->pause, l->not_before_us - now);
    }
    return true;
}

static void on_timer(void *ctx)
{
    struct polite *p = ctx;
    while (serve(p))
        ;
}

struct polite *polite_new(struct loop *loop, unsigned all, unsigned per_host, unsigned delay_ms)
{
    struct polite *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->loop = loop;
    p->all = all;
    p->per_host = per_host;
    p->delay_us = delay_ms * 1000ull;
    p->timer = (struct timer){ .fire = on_timer, .ctx = p };
    map_init(&p->lanes);
    return p;
}

void polite_free(struct polite *p)
{
    if (!p)
        return;
    loop_timer_stop(p->loop, &p->timer);
    for (size_t i = 0; i < MAP_SLOTS; i++)
        for (struct map_node *n = p->lanes.slot[i], *next; n; n = next) {
            struct lane *l = (struct lane *)n; /* node is its first member */
            next = n->next;
            loop_timer_stop(p->loop, &l->pause);
            free(l);
        }
    free(p);
}

bool polite_ask(struct polite *p, struct slice host, struct turn *t)
{
    struct lane *l = (struct lane *)map_find(&p->lanes, host);
    if (!l) {
        l = calloc(1, sizeof *l + host.n);
        if (!l)
            return false;
        memcpy(l->host, host.p, host.n);
        l->node.key = slice_of(l->host, host.n);
        l->polite = p;
        l->pause = (struct timer){ .fire = on_pause_over, .ctx = l };
        map_add(&p->lanes, &l->node);
    }
    t->next = NULL;
    t->lane = l;
    t->running = false;
    if (l->first)
        l->last->next = t;
    else
        l->first = t;
    l->last = t;
    p->waiting++;
    make_due(p, l);
    look_soon(p);
    return true;
}

static void leave_queue(struct lane *l, const struct turn *t)
{
    struct turn *before = NULL;
    for (struct turn *x = l->first; x && x != t; x = x->next)
        before = x;
    if (before)
        before->next = t->next;
    else
        l->first = t->next;
    if (l->last == t)
        l->last = before;
}

void polite_done(struct polite *p, struct turn *t)
{
    struct lane *l = t->lane;
    if (!l)
        return;
    t->lane = NULL;
    if (t->running) {
        p->running--;
        l->running--;
    } else {
        p->waiting--;
        leave_queue(l, t);
    }
    make_due(p, l);
    look_soon(p);
}

void polite_count(const struct polite *p, size_t *running, size_t *waiting)
{
    *running = p->running;
    *waiting = p->waiting;
}
