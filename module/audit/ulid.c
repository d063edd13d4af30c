/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/ulid.h"

#include "core/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RANDOM_BYTES 10
#define POOL_IDS 16 /* ids a thread draws at once; getrandom gives 160 bytes whole */
#define TIME_CHARS 10 /* 48 bits in base32; the topmost character is 0 to 7 */
#define TIME_MAX ((UINT64_C(1) << 48) - 1)

static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The finaliser of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* Only where the kernel refuses randomness (a seccomp filter): an id need not
 * be secret, but two of them must differ, in every thread and child. */
static void poor_random(uint8_t out[RANDOM_BYTES])
{
    uint64_t thread = (uint64_t)syscall(SYS_gettid);
    uint64_t now = clock_mono_us();
    uint64_t a = mix(now ^ (thread << 40)), b = mix(a ^ (uint64_t)(uintptr_t)out ^ thread);
    memcpy(out, &a, sizeof a);
    memcpy(out + sizeof a, &b, RANDOM_BYTES - sizeof a);
}

static atomic_uint forks; /* that this process is the child of */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fork(void)
{
    atomic_fetch_add(&forks, 1);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, on_fork);
}

/* From the kernel, but not for every id: each thread keeps a little. After a
 * fork the child must not hand out what its parent has. */
static void take_random(uint8_t out[RANDOM_BYTES])
{
    static _Thread_local struct {
        unsigned forks;
        size_t left;
        uint8_t bytes[POOL_IDS * RANDOM_BYTES];
    } pool;
    pthread_once(&once, watch_forks);
    if (pool.left == 0 || pool.forks != atomic_load(&forks)) {
        pool.forks = atomic_load(&forks);
        pool.left = getrandom(pool.bytes, sizeof pool.bytes, 0) == (ssize_t)sizeof pool.bytes
                        ? POOL_IDS
                        : 0;
    }
    if (pool.left == 0) {
        poor_random(out);
        return;
    }
    pool.left--;
    memcpy(out, pool.bytes + pool.left * RANDOM_BYTES, RANDOM_BYTES);
}

void ulid_make(int64_t wall_ms, char out[ULID_TEXT])
{
    uint8_t bytes[RANDOM_BYTES];
    take_random(bytes);

    uint64_t time = wall_ms < 0 ? 0 : (uint64_t)wall_ms;
    if (time > TIME_MAX)
        time = TIME_MAX;
    for (size_t i = TIME_CHARS; i-- > 0; time >>= 5)
        out[i] = base32[time & 31];

    /* 80 bits: two groups of five bytes, eight characters each. */
    for (size_t group = 0; group < 2; group++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 5; i++)
            bits = bits << 8 | bytes[group * 5 + i];
        for (size_t i = 8; i-- > 0; bits >>= 5)
            out[TIME_CHARS + group * 8 + i] = base32[bits & 31];
    }
    out[ULID_TEXT - 1] = '\0';
}
