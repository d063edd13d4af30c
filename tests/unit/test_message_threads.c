/* SPDX-License-Identifier: Apache-2.0 */
/* test_message_threads.c - many threads ask one daemon, which hangs up now and then; threads
 * come and go. Every answer is that to the question of its thread. Built once more with
 * ThreadSanitizer by test_threads.sh. */
#include "unit.h"

#include "site/message.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define THREADS 5
#define LIVES 3        /* threads in each place, one after the other */
#define QUESTIONS 40u  /* of each */
#define TALKS 16       /* connections at a time */
#define HANGS_UP_AT 37 /* after so many answers, on the connection of the last */

static struct sockaddr_un address;

/* ---- the daemon: one thread, says what it was asked ------------------------------- */

struct talk {
    int fd;
    struct buf in;
};

struct daemon {
    int listener, stop[2];
    struct talk talk[TALKS];
    pthread_t thread;
    unsigned answers, told;
};

static bool answer(struct daemon *d, int fd, const struct message *m)
{
    struct message a = { .verb = MESSAGE_ANSWER, .tag = m->tag, .n = 2 };
    struct buf out;
    if (m->verb == MESSAGE_LEARN) {
        d->told++;
        return true;
    }
    a.field[0] = SLICE_OF("known");
    a.field[1] = m->field[0];
    buf_init(&out, MESSAGE_MAX);
    bool sent = message_print(&a, &out) == OPTOUT_OK &&
                send(fd, out.p, out.n, MSG_NOSIGNAL) == (ssize_t)out.n;
    buf_free(&out);
    return sent && ++d->answers % HANGS_UP_AT != 0;
}

static void hear(struct daemon *d, struct talk *t)
{
    struct message m;
    size_t used;
    uint8_t *room = buf_room(&t->in, 4096);
    ssize_t n = room ? recv(t->fd, room, 4096, 0) : 0;
    bool go_on = n > 0;
    t->in.n += go_on ? (size_t)n : 0;
    while (go_on && message_read(buf_slice(&t->in), &m, &used) == OPTOUT_OK) {
        go_on = answer(d, t->fd, &m);
        memmove(t->in.p, t->in.p + used, t->in.n - used);
        t->in.n -= used;
    }
    if (go_on)
        return;
    close(t->fd);
    t->fd = -1;
    buf_free(&t->in);
}

static void let_in(struct daemon *d)
{
    for (size_t i = 0; i < TALKS; i++)
        if (d->talk[i].fd < 0) {
            d->talk[i].fd = accept(d->listener, NULL, NULL);
            buf_init(&d->talk[i].in, MESSAGE_MAX);
            return;
        }
}

static void *serve(void *ctx)
{
    struct daemon *d = ctx;
    for (;;) {
        struct pollfd p[TALKS + 2] = { { d->stop[0], POLLIN, 0 }, { d->listener, POLLIN, 0 } };
        for (size_t i = 0; i < TALKS; i++)
            p[i + 2] = (struct pollfd){ d->talk[i].fd, POLLIN, 0 };
        if (poll(p, TALKS + 2, -1) < 0 || p[0].revents)
            break;
        for (size_t i = 0; i < TALKS; i++)
            if (p[i + 2].revents)
                hear(d, &d->talk[i]);
        if (p[1].revents)
            let_in(d);
    }
    for (size_t i = 0; i < TALKS; i++)
        if (d->talk[i].fd >= 0) {
            close(d->talk[i].fd);
            buf_free(&d->talk[i].in);
        }
    return NULL;
}

static void begin(struct daemon *d)
{
    *d = (struct daemon){ .listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    for (size_t i = 0; i < TALKS; i++)
        d->talk[i].fd = -1;
    assert_int_equal(bind(d->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(d->listener, TALKS), 0);
    assert_int_equal(pipe(d->stop), 0);
    assert_int_equal(pthread_create(&d->thread, NULL, serve, d), 0);
}

static void end(struct daemon *d)
{
    assert_int_equal(write(d->stop[1], "x", 1), 1);
    pthread_join(d->thread, NULL);
    close(d->listener);
    close(d->stop[0]);
    close(d->stop[1]);
    unlink(address.sun_path);
}

/* ---- who asks --------------------------------------------------------------------- */

static atomic_uint next, known, foreign, told;

/* Answered with the question; another thread's would be somebody else's site. */
static void ask_and_compare(const char *text)
{
    struct message m = { .verb = MESSAGE_ASK, .n = 1, .field = { slice_cstr(text) } }, got;
    struct buf storage;
    buf_init(&storage, MESSAGE_MAX);
    if (message_call(address.sun_path, &m, 10000, &got, &storage) == OPTOUT_OK) {
        atomic_fetch_add(&known, 1);
        if (got.n != 2 || !slice_eq(got.field[1], m.field[0]))
            atomic_fetch_add(&foreign, 1);
    }
    buf_free(&storage);
}

static void *ask(void *ctx)
{
    unsigned me = atomic_fetch_add(&next, 1);
    (void)ctx;
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char text[64];
        snprintf(text, sizeof text, "https://host-%u-%u.example", me, i);
        struct message m = { .verb = MESSAGE_LEARN, .n = 1, .field = { slice_cstr(text) } };
        ask_and_compare(text);
        if (i % 8 == 0 && message_tell(address.sun_path, &m))
            atomic_fetch_add(&told, 1);
    }
    return NULL;
}

static void *live_again_and_again(void *ctx)
{
    for (int i = 0; i < LIVES; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, ask, ctx) == 0)
            pthread_join(thread, NULL);
    }
    return NULL;
}

static void each_thread_gets_its_own_answers(void **state)
{
    static struct daemon d;
    pthread_t thread[THREADS];
    (void)state;
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/optout-talks-%d.sock",
             (int)getpid());
    unlink(address.sun_path);
    begin(&d);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, live_again_and_again, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    end(&d);
    assert_int_equal(atomic_load(&foreign), 0);
    /* A connection that was hung up is opened again, and the question repeated. */
    assert_int_equal(atomic_load(&known), THREADS * LIVES * QUESTIONS);
    assert_true(d.answers > THREADS * LIVES * QUESTIONS / 2);
    assert_true(atomic_load(&told) > 0 && d.told > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_gets_its_own_answers),
    };
    return cmocka_run_group_tests_name("message_threads", tests, NULL, NULL);
}
