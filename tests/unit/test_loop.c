/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's loop, map and turns, which decide who is served when. */
#include "unit.h"

#include "core/clock.h"
#include "daemon/loop.h"
#include "daemon/map.h"
#include "daemon/polite.h"

#include <sys/epoll.h>
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

static void run_for(struct loop *l, unsigned ms)
{
    struct timer end = { .fire = stop, .ctx = l };
    assert_true(loop_timer(l, &end, ms * 1000));
    loop_run(l);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_and_can_be_stopped),
        cmocka_unit_test(many_timers_stay_a_heap),
        cmocka_unit_test(what_is_removed_is_not_called),
        cmocka_unit_test(a_map_finds_what_is_in_it),
        cmocka_unit_test(a_host_gets_so_many_at_a_time),
        cmocka_unit_test(hosts_take_turns_under_the_common_limit),
        cmocka_unit_test(who_leaves_the_queue_is_not_called),
        cmocka_unit_test(there_is_a_pause_between_two),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
