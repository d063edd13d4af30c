/* SPDX-License-Identifier: Apache-2.0 */
#include "core/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* In a page that the kernel gives a forked child empty (madvise(2), MADV_WIPEONFORK). */
struct known {
    _Atomic pid_t pid;
    _Atomic uint64_t serial;
};

static struct known *known; /* NULL: it cannot be had */

static void make_known(void)
{
    size_t n = (size_t)sysconf(_SC_PAGESIZE);
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return;
    if (madvise(p, n, MADV_WIPEONFORK) == 0)
        known = p;
    else
        munmap(p, n);
}

static struct known *known_of_self(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_known);
    return known;
}

pid_t process_self(void)
{
    struct known *k = known_of_self();
    pid_t pid = k ? atomic_load_explicit(&k->pid, memory_order_relaxed) : 0;
    if (pid)
        return pid;
    pid = getpid();
    if (k)
        atomic_store_explicit(&k->pid, pid, memory_order_relaxed);
    return pid;
}

uint64_t process_serial(void)
{
    struct known *k = known_of_self();
    uint64_t now = k ? atomic_load_explicit(&k->serial, memory_order_relaxed) : 0, drawn = 0;
    while (k && now == 0) {
        while (drawn == 0)
            arc4random_buf(&drawn, sizeof drawn);
        if (atomic_compare_exchange_strong(&k->serial, &now, drawn))
            now = drawn;
    }
    return now;
}
