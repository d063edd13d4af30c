/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STACK (128 << 10)

void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

struct bytes map_file(const char *path, bool shared)
{
    int fd = open(path, (shared ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0)
        fail(path);
    size_t n = (size_t)about.st_size;
    void *at = mmap(NULL, n, PROT_READ | (shared ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        fail(path);
    close(fd);
    return (struct bytes){ at, n };
}

/* What a file of contents begins with, and then three of `part` for each. */
struct part {
    uint64_t at, n;
};

static struct bytes part_of(struct bytes file, const struct part *p)
{
    errno = EPROTO;
    if (p->at > file.n || p->n > file.n - p->at)
        fail("contents");
    return (struct bytes){ file.at + p->at, (size_t)p->n };
}

const struct content *read_contents(struct bytes file, size_t *n)
{
    uint64_t count = 0;
    errno = EPROTO;
    if (file.n >= sizeof count)
        memcpy(&count, file.at, sizeof count);
    if (count == 0 || count > UINT16_MAX ||
        (file.n - sizeof count) / (3 * sizeof(struct part)) < count)
        fail("contents");
    const struct part *p = (const struct part *)(const void *)(file.at + sizeof count);
    struct content *all = calloc(count, sizeof *all);
    if (!all)
        fail("contents");
    for (size_t i = 0; i < count; i++, p += 3)
        all[i] = (struct content){ part_of(file, p), part_of(file, p + 1), part_of(file, p + 2) };
    *n = (size_t)count;
    return all;
}

struct bytes body_asked(const struct exchange *x, const struct content *c)
{
    if (x->method != METHOD_RANGE)
        return c->body;
    return (struct bytes){ c->body.at + x->first, (size_t)x->last - x->first + 1 };
}

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void sleep_for(double seconds)
{
    if (seconds <= 0)
        return;
    struct timespec t = { .tv_sec = (time_t)seconds };
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

void end_with_parent(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        fail("prctl");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* of the terminal: the parent ends us */
    signal(SIGHUP, SIG_IGN);
}

bool start_thread(void *(*work)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool started = pthread_attr_setstacksize(&attributes, STACK) == 0 &&
                   pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &attributes, work, argument) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}
