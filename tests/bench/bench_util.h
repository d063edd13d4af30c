/* SPDX-License-Identifier: Apache-2.0 */
/* bench_util.h - the clock of the engine benches. */
#ifndef OPTOUT_BENCH_UTIL_H
#define OPTOUT_BENCH_UTIL_H

#include <stdint.h>
#include <time.h>

/* CPU time of this thread in ns: what other processes do does not count. */
static inline uint64_t bench_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Keeps the compiler from dropping work whose result nobody reads. */
static inline void bench_keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

#endif
