/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a child: idle connections are ended, exchanges are waited for, and then it is passed on. */
#include "unit.h"

#include "core/clock.h"
#include "icap/drain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int passed;

static void on_term(int number)
{
    (void)number;
    atomic_fetch_add(&passed, 1);
}

struct pair {
    int server, client;
    uint16_t peer; /* as the server sees it */
};

static struct pair connected(void)
{
    struct pair p;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    p.client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(p.client, (struct sockaddr *)&a, sizeof a), 0);
    n = sizeof a;
    p.server = accept(listener, (struct sockaddr *)&a, &n);
    assert_true(p.server >= 0);
    p.peer = a.sin_port;
    close(listener);
    return p;
}

static void leave(struct pair p)
{
    close(p.server);
    close(p.client);
}

/* What a thread that reads would get: 0 its end, -1 nothing yet. */
static ssize_t at_end(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

static void wait_ms(int ms)
{
    for (uint64_t end = clock_mono_us() + (uint64_t)ms * 1000; clock_mono_us() < end;)
        usleep(5000);
}

static bool passed_within(int ms)
{
    for (int i = 0; i < ms / 10 && atomic_load(&passed) == 0; i++)
        usleep(10000);
    return atomic_load(&passed) > 0;
}

static int begin(void **state)
{
    (void)state;
    atomic_store(&passed, 0);
    signal(SIGTERM, on_term);
    drain_begin();
    return 0;
}

static int end(void **state)
{
    (void)state;
    drain_end();
    struct sigaction a;
    assert_int_equal(sigaction(SIGTERM, NULL, &a), 0);
    assert_true(a.sa_handler == on_term);
    signal(SIGTERM, SIG_DFL);
    return 0;
}

static void idle_connections_are_ended(void **state)
{
    (void)state;
    struct pair p = connected();
    drain_exchange_begins(p.server, p.peer);
    drain_exchange_ends();
    wait_ms(50);
    assert_int_equal(at_end(p.server), -1); /* not before it is told */
    raise(SIGTERM);
    assert_true(passed_within(1000));
    assert_int_equal(at_end(p.server), 0);
    leave(p);
}

static void what_has_arrived_can_be_read(void **state)
{
    (void)state;
    struct pair p = connected();
    drain_exchange_begins(p.server, p.peer);
    drain_exchange_ends();
    assert_int_equal(write(p.client, "R", 1), 1);
    raise(SIGTERM);
    assert_true(passed_within(1000));
    assert_int_equal(at_end(p.server), 1);
    leave(p);
}

static void an_exchange_comes_to_its_end(void **state)
{
    (void)state;
    struct pair p = connected();
    drain_exchange_begins(p.server, p.peer);
    raise(SIGTERM);
    assert_false(passed_within(300));
    assert_int_equal(at_end(p.server), -1);
    drain_exchange_ends();
    assert_true(passed_within(1000));
    assert_int_equal(at_end(p.server), 0);
    leave(p);
}

static void one_that_does_not_end_is_not_waited_for(void **state)
{
    (void)state;
    struct pair p = connected();
    drain_exchange_begins(p.server, p.peer);
    uint64_t began = clock_mono_us();
    raise(SIGTERM);
    raise(SIGTERM); /* as often as the first process likes */
    assert_true(passed_within(DRAIN_MS + 2000));
    assert_true(clock_mono_us() - began >= DRAIN_MS * 900ULL);
    assert_int_equal(at_end(p.server), -1);
    drain_exchange_ends(); /* and it is idle after all */
    wait_ms(200);
    assert_int_equal(at_end(p.server), 0);
    leave(p);
}

static void another_connection_of_the_number_is_left_alone(void **state)
{
    (void)state;
    struct pair p = connected(), other = connected();
    drain_exchange_begins(p.server, p.peer);
    drain_exchange_ends();
    assert_int_equal(dup2(other.server, p.server), p.server);
    raise(SIGTERM);
    assert_true(passed_within(1000));
    assert_int_equal(at_end(other.server), -1);
    leave(p);
    leave(other);
}

/* A child whose exchange does not end: 0 when it was passed on at once. */
static _Noreturn void be_a_child(int ready)
{
    signal(SIGTERM, on_term);
    drain_begin();
    struct pair p = connected();
    drain_exchange_begins(p.server, p.peer);
    if (write(ready, "R", 1) != 1)
        _exit(2);
    while (atomic_load(&passed) == 0)
        usleep(5000);
    _exit(at_end(p.server) == -1 ? 0 : 1);
}

static void of_a_reconfiguration_nothing_is_put_off(void **state)
{
    (void)state;
    int ready[2], status = -1;
    char byte;
    atomic_store(&passed, 0);
    drain_prepare();
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_a_child(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    drain_end(); /* as the first process unloads the module, and then tells its children */
    uint64_t began = clock_mono_us();
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(clock_mono_us() - began < DRAIN_MS * 900ULL);
    close(ready[0]);
    close(ready[1]);
}

/* Without c-icap's handler there is nothing to pass on to. */
static void nothing_is_taken_over_without_a_handler(void **state)
{
    (void)state;
    signal(SIGTERM, SIG_IGN);
    drain_begin();
    struct sigaction a;
    assert_int_equal(sigaction(SIGTERM, NULL, &a), 0);
    assert_true(a.sa_handler == SIG_IGN);
    drain_end();
    signal(SIGTERM, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(idle_connections_are_ended, begin, end),
        cmocka_unit_test_setup_teardown(what_has_arrived_can_be_read, begin, end),
        cmocka_unit_test_setup_teardown(an_exchange_comes_to_its_end, begin, end),
        cmocka_unit_test_setup_teardown(one_that_does_not_end_is_not_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(another_connection_of_the_number_is_left_alone, begin, end),
        cmocka_unit_test(of_a_reconfiguration_nothing_is_put_off),
        cmocka_unit_test(nothing_is_taken_over_without_a_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
