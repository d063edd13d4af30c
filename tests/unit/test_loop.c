/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's loop, map and turns, which decide who is served when. */
#include "unit.h"

#include "core/clock.h"
#include "daemon/loop.h"
#include "daemon/map.h"
#include "daemon/polite.h"
#include "daemon/pulse.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

struct run {
    struct loop *loop;
    char order[64];
    size_t n;
};

struct named {
    struct timer timer;
    struct run *run;
    char name;
};

static void note(void *ctx)
{
    struct named *t = ctx;
    t->run->order[t->run->n++] = t->name;
}

static void stop(void *ctx)
{
    loop_stop(ctx);
}

static void timers_fire_in_order_and_can_be_stopped(void **state)
{
    (void)state;
    struct run run = { .loop = loop_new() };
    static const struct { char name; unsigned ms; } plan[] = {
        { 'c', 30 }, { 'a', 10 }, { 'x', 15 }, { 'b', 20 }, { 'd', 40 }, { 'y', 5 },
    };
    struct named t[6];
    struct timer end = { .fire = stop, .ctx = run.loop };
    for (size_t i = 0; i < 6; i++) {
        t[i] = (struct named){ { .fire = note, .ctx = &t[i] }, &run, plan[i].name };
        assert_true(loop_timer(run.loop, &t[i].timer, plan[i].ms * 1000));
    }
    assert_true(loop_timer(run.loop, &end, 60000));
    loop_timer_stop(run.loop, &t[2].timer);
    loop_timer_stop(run.loop, &t[5].timer);
    loop_timer_stop(run.loop, &t[5].timer); /* twice is nothing */
    loop_run(run.loop);
    assert_string_equal(run.order, "abcd");
    loop_free(run.loop);
}

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void many_timers_stay_a_heap(void **state)
{
    (void)state;
    enum { N = 500 };
    struct loop *l = loop_new();
    struct timer *t = calloc(N, sizeof *t);
    unsigned fired = 0;
    uint32_t x = 1;
    for (size_t i = 0; i < N; i++) {
        x = x * 1103515245u + 12345u;
        t[i] = (struct timer){ .fire = count, .ctx = &fired };
        assert_true(loop_timer(l, &t[i], 1000000 + x % 100000));
        if (i % 3 == 0)
            loop_timer_stop(l, &t[i / 2]);
    }
    for (size_t i = 0; i < N; i++)
        loop_timer_stop(l, &t[i]);
    struct timer end = { .fire = stop, .ctx = l };
    assert_true(loop_timer(l, &end, 1000));
    clock_advance(2000); /* all are due: one that stayed would fire */
    loop_run(l);
    assert_int_equal(fired, 0);
    free(t);
    loop_free(l);
}

struct pair {
    struct loop *loop;
    struct watch a, b;
    int calls;
};

static void one_removes_the_other(void *ctx, uint32_t events)
{
    struct pair *p = ctx;
    (void)events;
    p->calls++;
    loop_unwatch(p->loop, &p->a);
    loop_unwatch(p->loop, &p->b);
    loop_stop(p->loop);
}

static void what_is_removed_is_not_called(void **state)
{
    (void)state;
    int a[2], b[2];
    struct pair p = { .loop = loop_new() };
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    p.a = (struct watch){ .fd = a[0], .ready = one_removes_the_other, .ctx = &p };
    p.b = (struct watch){ .fd = b[0], .ready = one_removes_the_other, .ctx = &p };
    assert_true(loop_watch(p.loop, &p.a, EPOLLIN));
    assert_true(loop_watch(p.loop, &p.b, EPOLLIN));
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    loop_run(p.loop);
    assert_int_equal(p.calls, 1);
    loop_free(p.loop);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void run_for(struct loop *l, unsigned ms)
{
    struct timer end = { .fire = stop, .ctx = l };
    assert_true(loop_timer(l, &end, ms * 1000));
    loop_run(l);
    loop_timer_stop(l, &end);
}

/* A pipe with a byte in it. */
static void open_full(int fd[2])
{
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(write(fd[1], "x", 1), 1);
}

struct own {
    struct loop *loop;
    struct watch watch;
    struct timer timer;
    unsigned *calls;
};

static void own_free(struct own *o)
{
    loop_unwatch(o->loop, &o->watch);
    loop_timer_stop(o->loop, &o->timer);
    close(o->watch.fd);
    memset(o, 0xA5, sizeof *o); /* whoever comes here again is seen without a sanitizer too */
    free(o);
}

static void own_ready(void *ctx, uint32_t events)
{
    struct own *o = ctx;
    (void)events;
    ++*o->calls;
    own_free(o);
}

static void own_fire(void *ctx)
{
    own_ready(ctx, 0);
}

static void a_call_may_free_who_is_called(void **state)
{
    (void)state;
    enum { N = 100 }; /* more than are told at a time */
    unsigned calls = 0;
    int fd[2];
    struct loop *l = loop_new();
    for (unsigned i = 0; i < N; i++) {
        struct own *o = malloc(sizeof *o);
        open_full(fd);
        *o = (struct own){ l, { .fd = fd[0], .ready = own_ready, .ctx = o },
                           { .fire = own_fire, .ctx = o }, &calls };
        assert_true(loop_timer(l, &o->timer, i % 2 ? 0 : 1000000));
        if (i % 3)
            assert_true(loop_watch(l, &o->watch, EPOLLIN));
        else
            assert_true(loop_timer(l, &o->timer, 0));
        close(fd[1]);
    }
    run_for(l, 20);
    assert_int_equal(calls, N);
    loop_free(l);
}

/* Two are ready; whoever is called first closes the other's descriptor and gives its watch
 * to a new one of the same number, in which there is nothing to read. */
struct reuse {
    struct loop *loop;
    struct watch watch[2];
    unsigned calls[2];
    int fresh[2];
};

static void reuse_other(struct reuse *r, size_t mine)
{
    struct watch *other = &r->watch[1 - mine];
    int number = other->fd, unused[2];
    r->calls[mine]++;
    loop_unwatch(r->loop, &r->watch[mine]);
    if (r->fresh[1])
        return;
    loop_unwatch(r->loop, other);
    assert_int_equal(pipe(unused), 0);
    assert_int_equal(dup2(unused[0], number), number); /* closes what was there */
    close(unused[0]);
    r->fresh[0] = number;
    r->fresh[1] = unused[1];
    assert_true(loop_watch(r->loop, other, EPOLLIN));
}

static void reuse_ready_0(void *ctx, uint32_t events)
{
    (void)events;
    reuse_other(ctx, 0);
}

static void reuse_ready_1(void *ctx, uint32_t events)
{
    (void)events;
    reuse_other(ctx, 1);
}

static void what_was_ready_does_not_reach_who_comes_after(void **state)
{
    (void)state;
    int a[2], b[2];
    struct reuse r = { .loop = loop_new() };
    open_full(a);
    open_full(b);
    r.watch[0] = (struct watch){ .fd = a[0], .ready = reuse_ready_0, .ctx = &r };
    r.watch[1] = (struct watch){ .fd = b[0], .ready = reuse_ready_1, .ctx = &r };
    assert_true(loop_watch(r.loop, &r.watch[0], EPOLLIN));
    assert_true(loop_watch(r.loop, &r.watch[1], EPOLLIN));
    run_for(r.loop, 20);
    assert_int_equal(r.calls[0] + r.calls[1], 1);
    size_t fresh = r.calls[0] ? 1 : 0;
    assert_int_equal(write(r.fresh[1], "x", 1), 1); /* what comes from now on does */
    run_for(r.loop, 20);
    assert_int_equal(r.calls[fresh], 1);
    loop_free(r.loop);
    close(r.fresh[1]);
    close(a[0]);
    close(a[1]);
    close(b[0]);
    close(b[1]);
}

static void note_events(void *ctx, uint32_t events)
{
    uint32_t *seen = ctx;
    seen[0] |= events;
    seen[1]++;
}

static void what_is_waited_for_changes(void **state)
{
    (void)state;
    int fd[2];
    uint32_t seen[2] = { 0, 0 };
    struct loop *l = loop_new();
    assert_int_equal(pipe(fd), 0);
    struct watch w = { .fd = fd[1], .ready = note_events, .ctx = seen };
    assert_true(loop_watch(l, &w, EPOLLIN)); /* never ready on this end */
    run_for(l, 5);
    assert_int_equal(seen[1], 0);
    assert_true(loop_watch(l, &w, EPOLLOUT));
    run_for(l, 5);
    assert_int_equal(seen[0], EPOLLOUT);
    assert_true(loop_watch(l, &w, 0));
    seen[1] = 0;
    close(fd[0]); /* the kernel reports this to whoever is in its list, wanted or not */
    run_for(l, 5);
    assert_int_equal(seen[1], 0);
    assert_true(loop_watch(l, &w, EPOLLOUT));
    run_for(l, 5);
    assert_true(seen[0] & EPOLLERR);
    loop_unwatch(l, &w);
    loop_unwatch(l, &w); /* twice is nothing */
    close(fd[1]);
    assert_false(loop_watch(l, &w, EPOLLIN)); /* no such descriptor */
    assert_int_equal(w.events, 0);
    loop_free(l);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void signals_do_not_end_it(void **state)
{
    (void)state;
    struct sigaction act = { .sa_handler = on_alarm }, before;
    struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
    struct loop *l = loop_new();
    assert_int_equal(sigaction(SIGALRM, &act, &before), 0); /* without SA_RESTART */
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    uint64_t begin = clock_mono_us();
    run_for(l, 50);
    assert_true(clock_mono_us() - begin >= 50000);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    loop_free(l);
}

/* ---- timers that meddle with each other ---- */

struct meddling {
    struct loop *loop;
    struct timer timer, *stops;
    unsigned fired, again;
};

static void meddle(void *ctx)
{
    struct meddling *m = ctx;
    m->fired++;
    if (m->stops)
        loop_timer_stop(m->loop, m->stops);
    if (m->again && m->again--)
        assert_true(loop_timer(m->loop, &m->timer, 0));
}

static void timers_stop_and_set_each_other(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct meddling a = { .loop = l, .again = 3 }, b = { .loop = l }, c = { .loop = l };
    a.timer = (struct timer){ .fire = meddle, .ctx = &a };
    b.timer = (struct timer){ .fire = meddle, .ctx = &b };
    c.timer = (struct timer){ .fire = meddle, .ctx = &c };
    a.stops = &b.timer;
    assert_true(loop_timer(l, &a.timer, 1000));
    assert_true(loop_timer(l, &b.timer, 2000));
    assert_true(loop_timer(l, &c.timer, 3600000000)); /* moved to an earlier time */
    assert_true(loop_timer(l, &c.timer, 3000));
    clock_advance(100); /* all are due at once, and a stops b before its turn */
    run_for(l, 20);
    assert_int_equal(a.fired, 4);
    assert_int_equal(b.fired, 0);
    assert_int_equal(c.fired, 1);
    loop_free(l);
}

static void a_map_finds_what_is_in_it(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct map *m = malloc(sizeof *m);
    struct map_node *node = calloc(N, sizeof *node);
    char(*key)[16] = calloc(N, sizeof *key);
    map_init(m);
    for (int i = 0; i < N; i++) {
        snprintf(key[i], sizeof key[i], "key %d", i);
        node[i].key = slice_cstr(key[i]);
        assert_null(map_find(m, node[i].key));
        map_add(m, &node[i]);
    }
    for (int i = 0; i < N; i += 2)
        map_remove(m, &node[i]);
    assert_int_equal(m->n, N / 2);
    for (int i = 0; i < N; i++)
        assert_ptr_equal(map_find(m, node[i].key), i % 2 ? &node[i] : NULL);
    free(key);
    free(node);
    free(m);
}

/* ---- turns ---- */

struct crowd {
    struct run run;
    struct polite *polite;
    unsigned running, most;
};

struct guest_turn {
    struct turn turn;
    struct timer stay;
    struct crowd *crowd;
    char name;
};

static void leave(void *ctx)
{
    struct guest_turn *g = ctx;
    g->crowd->running--;
    polite_done(g->crowd->polite, &g->turn);
}

static void enter(void *ctx)
{
    struct guest_turn *g = ctx;
    struct crowd *c = g->crowd;
    c->run.order[c->run.n++] = g->name;
    if (++c->running > c->most)
        c->most = c->running;
    g->stay = (struct timer){ .fire = leave, .ctx = g };
    assert_true(loop_timer(c->run.loop, &g->stay, 5000));
}

static void visit(struct crowd *c, struct guest_turn *g, const char *names, const char *host)
{
    for (size_t i = 0; names[i]; i++) {
        g[i] = (struct guest_turn){ .turn = { .go = enter, .ctx = &g[i] }, .crowd = c,
                                    .name = names[i] };
        assert_true(polite_ask(c->polite, slice_cstr(host), &g[i].turn));
    }
}

static void a_host_gets_so_many_at_a_time(void **state)
{
    (void)state;
    struct crowd c = { .run = { .loop = loop_new() } };
    struct guest_turn g[6];
    c.polite = polite_new(c.run.loop, 100, 2, 0);
    visit(&c, g, "abcdef", "one.example");
    run_for(c.run.loop, 100);
    assert_string_equal(c.run.order, "abcdef");
    assert_int_equal(c.most, 2);
    polite_free(c.polite);
    loop_free(c.run.loop);
}

static void hosts_take_turns_under_the_common_limit(void **state)
{
    (void)state;
    struct crowd c = { .run = { .loop = loop_new() } };
    struct guest_turn a[3], b[3];
    size_t running, waiting;
    c.polite = polite_new(c.run.loop, 1, 2, 0);
    visit(&c, a, "abc", "one.example");
    visit(&c, b, "xyz", "two.example");
    polite_count(c.polite, &running, &waiting);
    assert_int_equal(waiting, 6);
    run_for(c.run.loop, 200);
    assert_string_equal(c.run.order, "axbycz");
    assert_int_equal(c.most, 1);
    polite_count(c.polite, &running, &waiting);
    assert_int_equal(running + waiting, 0);
    polite_free(c.polite);
    loop_free(c.run.loop);
}

static void who_leaves_the_queue_is_not_called(void **state)
{
    (void)state;
    struct crowd c = { .run = { .loop = loop_new() } };
    struct guest_turn g[4];
    c.polite = polite_new(c.run.loop, 10, 1, 0);
    visit(&c, g, "abcd", "one.example");
    polite_done(c.polite, &g[1].turn);
    polite_done(c.polite, &g[3].turn);
    polite_done(c.polite, &g[3].turn);
    run_for(c.run.loop, 100);
    assert_string_equal(c.run.order, "ac");
    polite_free(c.polite);
    loop_free(c.run.loop);
}

static void there_is_a_pause_between_two(void **state)
{
    (void)state;
    struct crowd c = { .run = { .loop = loop_new() } };
    struct guest_turn g[3];
    c.polite = polite_new(c.run.loop, 10, 2, 100);
    visit(&c, g, "abc", "one.example");
    run_for(c.run.loop, 150);
    assert_string_equal(c.run.order, "ab");
    polite_free(c.polite);
    loop_free(c.run.loop);
}

static void what_does_not_move_is_told(void **state)
{
    const uint64_t t = 5000000, most = PULSE_STILL_US;
    struct pulse p = { 0 };
    (void)state;
    assert_null(pulse_trouble(&p, &(struct pulse_signs){ t, true, 3, 7 }));
    assert_null(pulse_trouble(&p, &(struct pulse_signs){ t + most, true, 3, 7 }));
    assert_string_equal(pulse_trouble(&p, &(struct pulse_signs){ t + most + 1, true, 3, 7 }),
                        "documents wait and none is read");
    assert_null(pulse_trouble(&p, &(struct pulse_signs){ t + most + 2, true, 3, 8 })); /* one was */
    assert_null(pulse_trouble(&p, &(struct pulse_signs){ t + 2 * most, true, 0, 8 })); /* none waits */
    assert_null(pulse_trouble(&p, &(struct pulse_signs){ t + 3 * most, true, 1, 8 })); /* since now */
    assert_string_equal(pulse_trouble(&p, &(struct pulse_signs){ t + 3 * most, false, 0, 8 }),
                        "the store cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_and_can_be_stopped),
        cmocka_unit_test(many_timers_stay_a_heap),
        cmocka_unit_test(what_is_removed_is_not_called),
        cmocka_unit_test(a_call_may_free_who_is_called),
        cmocka_unit_test(what_was_ready_does_not_reach_who_comes_after),
        cmocka_unit_test(what_is_waited_for_changes),
        cmocka_unit_test(signals_do_not_end_it),
        cmocka_unit_test(timers_stop_and_set_each_other),
        cmocka_unit_test(a_map_finds_what_is_in_it),
        cmocka_unit_test(a_host_gets_so_many_at_a_time),
        cmocka_unit_test(hosts_take_turns_under_the_common_limit),
        cmocka_unit_test(who_leaves_the_queue_is_not_called),
        cmocka_unit_test(there_is_a_pause_between_two),
        cmocka_unit_test(what_does_not_move_is_told),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
