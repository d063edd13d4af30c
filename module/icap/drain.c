/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/drain.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PASS_MS 20

/* One for each thread that had an exchange, for as long as the process lives: a thread may end while it
 * is looked at. */
struct line {
    struct line *next;
    _Atomic uint64_t state; /* 0: no connection; or descriptor, peer, and whether it is in use */
};

static _Atomic(struct line *) lines;
static _Thread_local struct line *mine;

static struct drain {
    pthread_t thread, first;
    sem_t told;
    struct sigaction before;
    atomic_bool passing, ending;
    bool runs;
} drain;

/* Shared by the first process and its children. */
static struct reconfigured {
    pid_t first;
    atomic_bool *told; /* NULL: nobody says */
} reconfigured;

static uint64_t state_of(int fd, uint16_t peer)
{
    return (uint64_t)(uint32_t)fd << 32 | (uint64_t)peer << 16 | 2;
}

static struct line *line_of_thread(void)
{
    if (mine)
        return mine;
    struct line *l = calloc(1, sizeof *l);
    if (!l)
        return NULL; /* not waited for, then */
    l->next = atomic_load(&lines);
    while (!atomic_compare_exchange_weak(&lines, &l->next, l))
        ;
    return mine = l;
}

void drain_exchange_begins(int fd, uint16_t peer)
{
    struct line *l = line_of_thread();
    if (l)
        atomic_store_explicit(&l->state, state_of(fd, peer) | 1, memory_order_release);
}

void drain_exchange_ends(void)
{
    if (!mine)
        return;
    uint64_t state = atomic_load_explicit(&mine->state, memory_order_relaxed);
    atomic_store_explicit(&mine->state, state & ~(uint64_t)1, memory_order_release);
}

/* The number may be another connection's by now. What has arrived on it can still be read. */
static void end_connection(uint64_t state)
{
    int fd = (int)(uint32_t)(state >> 32);
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    if (getpeername(fd, (struct sockaddr *)&a, &n) != 0 ||
        (a.ss_family != AF_INET && a.ss_family != AF_INET6))
        return;
    uint16_t peer; /* in the same place for both */
    memcpy(&peer, (const char *)&a + offsetof(struct sockaddr_in, sin_port), sizeof peer);
    if (peer == (uint16_t)(state >> 16))
        shutdown(fd, SHUT_RD);
}

/* Ends what is idle. Returns how many exchanges are under way. */
static size_t look_at_lines(void)
{
    size_t busy = 0;
    for (struct line *l = atomic_load(&lines); l; l = l->next) {
        uint64_t state = atomic_load_explicit(&l->state, memory_order_acquire);
        if (state & 1)
            busy++;
        else if (state && atomic_compare_exchange_strong(&l->state, &state, 0))
            end_connection(state);
    }
    return busy;
}

/* c-icap's own handler, in the thread that waits for it. */
static void pass_on(void)
{
    atomic_store(&drain.passing, true);
    pthread_kill(drain.first, SIGTERM);
}

/* Two looks with nothing under way: one that has read its head has its exchange by then. Connections
 * that become idle later are ended, too. */
static void *run(void *unused)
{
    (void)unused;
    const struct timespec pause = { .tv_nsec = PASS_MS * 1000000L };
    while (sem_wait(&drain.told) != 0 && errno == EINTR)
        ;
    int quiet = 0;
    for (int ms = 0; !atomic_load(&drain.ending); ms += PASS_MS) {
        quiet = look_at_lines() == 0 ? quiet + 1 : 0;
        if (!atomic_load(&drain.passing) && (quiet > 1 || ms >= DRAIN_MS))
            pass_on();
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void on_term(int number)
{
    int error = errno;
    if (atomic_load(&drain.passing) || (reconfigured.told && atomic_load(reconfigured.told)))
        drain.before.sa_handler(number);
    else
        sem_post(&drain.told);
    errno = error;
}

static bool start_thread(void)
{
    sigset_t all, was;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &was);
    bool good = pthread_create(&drain.thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &was, NULL);
    return good;
}

void drain_prepare(void)
{
    void *page = mmap(NULL, sizeof *reconfigured.told, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    reconfigured.first = getpid();
    reconfigured.told = page == MAP_FAILED ? NULL : page;
}

static void tell_children(void)
{
    if (!reconfigured.told || reconfigured.first != getpid())
        return;
    atomic_store(reconfigured.told, true);
    munmap(reconfigured.told, sizeof *reconfigured.told);
    reconfigured.told = NULL;
}

void drain_begin(void)
{
    if (drain.runs || sigaction(SIGTERM, NULL, &drain.before) != 0 ||
        (drain.before.sa_flags & SA_SIGINFO) || drain.before.sa_handler == SIG_DFL ||
        drain.before.sa_handler == SIG_IGN || sem_init(&drain.told, 0, 0) != 0)
        return;
    drain.first = pthread_self();
    atomic_store(&drain.passing, false);
    atomic_store(&drain.ending, false);
    if (!start_thread()) {
        sem_destroy(&drain.told);
        return;
    }
    drain.runs = true;
    struct sigaction a = { .sa_handler = on_term, .sa_flags = SA_RESTART };
    sigaction(SIGTERM, &a, NULL);
}

void drain_end(void)
{
    tell_children();
    if (!drain.runs)
        return;
    drain.runs = false;
    sigaction(SIGTERM, &drain.before, NULL);
    atomic_store(&drain.ending, true);
    sem_post(&drain.told);
    pthread_join(drain.thread, NULL);
    sem_destroy(&drain.told);
}
