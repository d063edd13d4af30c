/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "icap/hold.h"
#include "metrics/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PLENTY (1ull << 40)

static char spool[64]; /* a folder of this run */

/* The bytes at `at` of an endless stream: no block is like another. */
static uint8_t stream_byte(uint64_t at)
{
    return (uint8_t)((at * 2654435761u) >> 13 ^ at >> 15);
}

static void fill(uint8_t *to, size_t n, uint64_t at)
{
    for (size_t i = 0; i < n; i++)
        to[i] = stream_byte(at + i);
}

static void put(struct hold *h, size_t n, uint64_t *at)
{
    uint8_t piece[8192];
    while (n) {
        size_t k = n < sizeof piece ? n : sizeof piece;
        fill(piece, k, *at);
        assert_int_equal(hold_append(h, slice_of(piece, k)), OPTOUT_OK);
        *at += k;
        n -= k;
    }
}

/* Takes `n` bytes and compares them with the stream from *at on. */
static void take(struct hold *h, size_t n, uint64_t *at)
{
    uint8_t got_bytes[8192], want[8192];
    while (n) {
        size_t k = n < sizeof got_bytes ? n : sizeof got_bytes, got;
        assert_int_equal(hold_read(h, got_bytes, k, &got), OPTOUT_OK);
        assert_int_equal(got, k);
        fill(want, k, *at);
        assert_memory_equal(got_bytes, want, k);
        *at += k;
        n -= k;
    }
}

static off_t file_size(const struct hold *h)
{
    struct stat st;
    if (h->fd < 0)
        return 0;
    assert_int_equal(fstat(h->fd, &st), 0);
    return st.st_size;
}

static struct hold_budget *budget(void)
{
    struct hold_budget *b = hold_budget_make();
    assert_non_null(b);
    assert_int_equal(hold_budget_used(b), 0);
    return b;
}

static void done(struct hold *h)
{
    struct hold_budget *b = h->budget;
    hold_free(h);
    assert_int_equal(hold_budget_used(b), 0);
    hold_budget_free(b);
}

static void an_empty_hold_gives_nothing(void **state)
{
    struct hold h;
    uint8_t byte;
    size_t got = 7;
    (void)state;
    hold_init(&h, budget(), PLENTY, MIB, spool);
    assert_int_equal(hold_read(&h, &byte, 1, &got), OPTOUT_OK);
    assert_int_equal(got, 0);
    assert_int_equal(hold_append(&h, SLICE_EMPTY), OPTOUT_OK);
    assert_int_equal(h.size, 0);
    assert_int_equal(hold_budget_used(h.budget), 0);
    done(&h);
}

static void bytes_leave_in_the_order_they_came(void **state)
{
    static const size_t sizes[] = { 1, 5, HOLD_BLOCK - 1, HOLD_BLOCK, HOLD_BLOCK + 1, 100000 };
    struct hold h;
    uint64_t in = 0, out = 0;
    (void)state;
    hold_init(&h, budget(), PLENTY, 2 * HOLD_BLOCK, spool);
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            put(&h, sizes[i], &in);
            assert_int_equal(h.size, in - out);
            take(&h, (size_t)h.size / 2, &out);
        }
    take(&h, (size_t)h.size, &out);
    assert_int_equal(in, out);
    assert_int_equal(h.size, 0);
    done(&h);
}

/* The first blocks lie in memory, the next in the file; once memory is free
 * again, newer blocks lie there while older ones are still in the file. */
static void order_holds_across_memory_and_file(void **state)
{
    struct hold h;
    uint64_t in = 0, out = 0;
    (void)state;
    hold_init(&h, budget(), PLENTY, 2 * HOLD_BLOCK, spool);
    put(&h, 2 * HOLD_BLOCK, &in);
    assert_int_equal(h.fd, -1);
    assert_int_equal(h.in_memory, 2 * HOLD_BLOCK);
    put(&h, 3 * HOLD_BLOCK, &in);
    assert_true(h.fd >= 0);
    assert_int_equal(h.in_memory, 2 * HOLD_BLOCK);
    take(&h, 2 * HOLD_BLOCK, &out);
    assert_int_equal(h.in_memory, 0);
    put(&h, HOLD_BLOCK + 10, &in);
    assert_int_equal(h.in_memory, 2 * HOLD_BLOCK);
    put(&h, 2 * HOLD_BLOCK, &in);
    take(&h, (size_t)h.size, &out);
    assert_int_equal(in, out);
    done(&h);
}

static void the_file_has_no_name_and_ends_with_the_hold(void **state)
{
    struct hold h;
    struct stat st;
    uint64_t in = 0;
    (void)state;
    hold_init(&h, budget(), PLENTY, HOLD_BLOCK, spool);
    put(&h, 3 * HOLD_BLOCK, &in);
    assert_int_equal(fstat(h.fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int fd = h.fd;
    done(&h);
    assert_int_equal(h.fd, -1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
}

static void a_budget_that_is_used_up_is_a_limit(void **state)
{
    static uint8_t bytes[5 * HOLD_BLOCK];
    struct hold_budget *b = budget();
    struct hold one, two;
    uint64_t out = 0;
    (void)state;
    fill(bytes, sizeof bytes, 0);
    hold_init(&one, b, 4 * HOLD_BLOCK, MIB, spool);
    hold_init(&two, b, 4 * HOLD_BLOCK, MIB, spool);
    uint64_t full = metrics_own(METRIC_HOLD_FULL);
    assert_int_equal(hold_append(&two, slice_of(bytes, 1)), OPTOUT_OK);
    assert_int_equal(hold_budget_used(b), HOLD_BLOCK); /* the grain */
    assert_int_equal(hold_append(&one, slice_of(bytes, sizeof bytes)), OPTOUT_E_LIMIT);
    assert_int_equal(hold_budget_used(b), 4 * HOLD_BLOCK);
    /* What went in before stays, in order, and the other hold is unharmed. */
    assert_int_equal(one.size, 3 * HOLD_BLOCK);
    assert_int_equal(hold_append(&two, slice_of(bytes, HOLD_BLOCK - 1)), OPTOUT_OK);
    assert_int_equal(hold_append(&two, slice_of(bytes, 1)), OPTOUT_E_LIMIT);
    assert_int_equal(metrics_own(METRIC_HOLD_FULL) - full, 2);
    assert_int_equal(metrics_own(METRIC_HOLD_USED_BYTES), 4 * HOLD_BLOCK);
    take(&one, HOLD_BLOCK, &out);
    assert_int_equal(hold_budget_used(b), 3 * HOLD_BLOCK);
    assert_int_equal(hold_append(&two, slice_of(bytes, 1)), OPTOUT_OK);
    take(&one, 2 * HOLD_BLOCK, &out);
    hold_free(&one);
    assert_int_equal(hold_budget_used(b), 2 * HOLD_BLOCK);
    assert_int_equal(metrics_own(METRIC_HOLD_USED_BYTES), 2 * HOLD_BLOCK);
    done(&two);
    assert_int_equal(metrics_own(METRIC_HOLD_USED_BYTES), 0);
}

static void a_budget_smaller_than_a_block_holds_nothing(void **state)
{
    struct hold h;
    (void)state;
    hold_init(&h, budget(), HOLD_BLOCK - 1, MIB, spool);
    assert_int_equal(hold_append(&h, SLICE_OF("x")), OPTOUT_E_LIMIT);
    assert_int_equal(h.size, 0);
    done(&h);
}

/* ---- threads of one child ---------------------------------------------------------- */

#define HOLDERS 4
#define SHARED_MAX (6 * HOLD_BLOCK) /* for all of them: some are refused */
#define HOLDS 200                   /* of each */

struct holders {
    struct hold_budget *budget;
    atomic_ullong size; /* of all that is held now */
    atomic_uint held, refused, beyond, other;
};

static void hold_once(struct holders *all, size_t n)
{
    static const uint8_t bytes[3 * HOLD_BLOCK];
    struct hold h;
    hold_init(&h, all->budget, SHARED_MAX, MIB, spool);
    enum optout_rc rc = hold_append(&h, slice_of(bytes, n));
    if (atomic_fetch_add(&all->size, h.size) + h.size > SHARED_MAX)
        atomic_fetch_add(&all->beyond, 1);
    atomic_fetch_add(rc == OPTOUT_OK        ? &all->held
                     : rc == OPTOUT_E_LIMIT ? &all->refused
                                            : &all->other, 1);
    atomic_fetch_sub(&all->size, h.size);
    hold_free(&h);
}

static void *hold_often(void *ctx)
{
    for (size_t i = 0; i < HOLDS; i++)
        hold_once(ctx, (1 + i % 3) * HOLD_BLOCK);
    return NULL;
}

static void threads_share_one_budget(void **state)
{
    struct holders all = { .budget = budget() };
    pthread_t thread[HOLDERS];
    (void)state;
    for (size_t i = 0; i < HOLDERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hold_often, &all), 0);
    for (size_t i = 0; i < HOLDERS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(all.beyond, 0);
    assert_int_equal(all.other, 0);
    assert_true(all.held >= HOLDS);
    assert_int_equal(all.held + all.refused, HOLDERS * HOLDS);
    assert_int_equal(hold_budget_used(all.budget), 0);
    hold_budget_free(all.budget);
}

/* Holds in a child that ends without giving anything back. */
static pid_t child_holds(struct hold_budget *b, size_t n)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        static uint8_t bytes[8 * HOLD_BLOCK];
        struct hold h;
        hold_init(&h, b, PLENTY, MIB, spool);
        _exit(hold_append(&h, slice_of(bytes, n)) == OPTOUT_OK ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return child;
}

static void what_a_dead_child_held_is_given_back(void **state)
{
    struct hold_budget *b = budget();
    struct hold mine;
    uint64_t in = 0;
    (void)state;
    hold_init(&mine, b, PLENTY, MIB, spool);
    put(&mine, 2 * HOLD_BLOCK, &in);
    pid_t first = child_holds(b, 3 * HOLD_BLOCK), second = child_holds(b, HOLD_BLOCK);
    assert_int_equal(hold_budget_used(b), 6 * HOLD_BLOCK);
    hold_budget_forget(b, first);
    assert_int_equal(hold_budget_used(b), 3 * HOLD_BLOCK);
    hold_budget_forget(b, first); /* only once */
    assert_int_equal(hold_budget_used(b), 3 * HOLD_BLOCK);
    hold_budget_forget(b, second);
    assert_int_equal(hold_budget_used(b), 2 * HOLD_BLOCK);
    hold_budget_forget(NULL, second);
    done(&mine);
}

/* More children, one after another, than can hold at the same time. */
static void accounts_of_the_dead_are_used_again(void **state)
{
    struct hold_budget *b = budget();
    (void)state;
    for (size_t i = 0; i < 300; i++) {
        pid_t child = child_holds(b, 1);
        assert_int_equal(hold_budget_used(b), HOLD_BLOCK);
        hold_budget_forget(b, child);
        assert_int_equal(hold_budget_used(b), 0);
    }
    hold_budget_free(b);
}

static void a_missing_spool_folder_is_an_io_error(void **state)
{
    static uint8_t bytes[2 * HOLD_BLOCK], got_bytes[2 * HOLD_BLOCK];
    struct hold h;
    size_t got;
    (void)state;
    fill(bytes, sizeof bytes, 0);
    hold_init(&h, budget(), PLENTY, HOLD_BLOCK, "/nonexistent/spool");
    assert_int_equal(hold_append(&h, slice_of(bytes, sizeof bytes)), OPTOUT_E_IO);
    assert_int_equal(errno, ENOENT);
    /* What fits in memory is there, and only that is paid for. */
    assert_int_equal(h.size, HOLD_BLOCK);
    assert_int_equal(hold_budget_used(h.budget), HOLD_BLOCK);
    assert_int_equal(hold_read(&h, got_bytes, sizeof got_bytes, &got), OPTOUT_OK);
    assert_int_equal(got, HOLD_BLOCK);
    assert_memory_equal(got_bytes, bytes, HOLD_BLOCK);
    done(&h);
}

static void a_full_disk_is_an_io_error_and_loses_nothing(void **state)
{
    static uint8_t bytes[HOLD_BLOCK];
    struct hold h;
    uint64_t in = 0, out = 0;
    (void)state;
    hold_init(&h, budget(), PLENTY, HOLD_BLOCK, spool);
    put(&h, 2 * HOLD_BLOCK, &in);
    int good = h.fd, full = open("/dev/full", O_RDWR);
    assert_true(full >= 0);
    h.fd = full;
    assert_int_equal(hold_append(&h, slice_of(bytes, sizeof bytes)), OPTOUT_E_IO);
    assert_int_equal(errno, ENOSPC);
    h.fd = good;
    close(full);
    assert_int_equal(h.size, in);
    put(&h, 100, &in); /* there is room again */
    take(&h, (size_t)h.size, &out);
    assert_int_equal(in, out);
    done(&h);
}

/* A body is released with a lag: what is held stays the same, so does the file. */
static void sliding_keeps_the_file_small_of(size_t piece)
{
    struct hold h;
    uint64_t in = 0, out = 0;
    const size_t lag = 512u << 10;
    hold_init(&h, budget(), PLENTY, 4 * HOLD_BLOCK, spool);
    put(&h, lag, &in);
    while (in < 20 * MIB) {
        put(&h, piece, &in);
        take(&h, piece, &out);
    }
    if ((size_t)file_size(&h) > lag + piece + 2 * HOLD_BLOCK)
        fail_msg("in pieces of %zu bytes the file grew to %lld", piece, (long long)file_size(&h));
    assert_true(hold_budget_used(h.budget) <= lag + piece + 2 * HOLD_BLOCK);
    take(&h, (size_t)h.size, &out);
    done(&h);
}

static void sliding_in_small_pieces_keeps_the_file_small(void **state)
{
    (void)state;
    sliding_keeps_the_file_small_of(4096);
    sliding_keeps_the_file_small_of(1000);
    sliding_keeps_the_file_small_of(HOLD_BLOCK);
}

static void sliding_in_large_pieces_keeps_the_file_small(void **state)
{
    (void)state;
    sliding_keeps_the_file_small_of(2 * HOLD_BLOCK);
    sliding_keeps_the_file_small_of(3 * HOLD_BLOCK + 77);
}

static void fifty_megabytes_through_one_of_memory(void **state)
{
    struct hold h;
    uint64_t in = 0, out = 0;
    (void)state;
    hold_init(&h, budget(), PLENTY, MIB, spool);
    put(&h, 50 * MIB, &in);
    assert_int_equal(h.size, 50 * MIB);
    assert_int_equal(h.in_memory, MIB);
    assert_int_equal(hold_budget_used(h.budget), 50 * MIB);
    assert_int_equal(file_size(&h), 49 * MIB);
    take(&h, 50 * MIB, &out);
    assert_int_equal(h.size, 0);
    assert_int_equal(hold_budget_used(h.budget), 0);
    done(&h);
}

static int make_spool(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;
    snprintf(spool, sizeof spool, "%.40s/optout-holdXXXXXX", tmp && *tmp ? tmp : "/tmp");
    return mkdtemp(spool) ? 0 : -1;
}

/* Fails when something was left in the folder. */
static int remove_spool(void **state)
{
    (void)state;
    return rmdir(spool);
}

/* Anything still in the queue may be read again, in memory and in the file, and stays. */
static void what_is_held_can_be_looked_at(void **state)
{
    uint8_t got[70000], want[70000];
    uint64_t put_at = 0, take_at = 0;
    struct hold h;
    (void)state;
    hold_init(&h, budget(), PLENTY, 2 * HOLD_BLOCK, spool);
    put(&h, 5 * HOLD_BLOCK + 100, &put_at);
    take(&h, 1000, &take_at);
    static const uint64_t offsets[] = { 1000, 1001, HOLD_BLOCK - 1, 2 * HOLD_BLOCK - 3,
                                        3 * HOLD_BLOCK, 5 * HOLD_BLOCK };
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        size_t n = put_at - offsets[i] < sizeof got ? (size_t)(put_at - offsets[i]) : sizeof got;
        assert_int_equal(hold_peek(&h, offsets[i], got, n), OPTOUT_OK);
        fill(want, n, offsets[i]);
        assert_memory_equal(got, want, n);
    }
    assert_int_equal(hold_peek(&h, 999, got, 2), OPTOUT_E_LIMIT);
    assert_int_equal(hold_peek(&h, put_at, got, 1), OPTOUT_E_LIMIT);
    assert_int_equal(hold_peek(&h, put_at - 1, got, 2), OPTOUT_E_LIMIT);
    assert_int_equal(hold_peek(&h, UINT64_MAX, got, 2), OPTOUT_E_LIMIT);
    take(&h, (size_t)(put_at - take_at), &take_at);
    assert_int_equal(hold_peek(&h, 1000, got, 1), OPTOUT_E_LIMIT);
    done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_hold_gives_nothing),
        cmocka_unit_test(bytes_leave_in_the_order_they_came),
        cmocka_unit_test(order_holds_across_memory_and_file),
        cmocka_unit_test(the_file_has_no_name_and_ends_with_the_hold),
        cmocka_unit_test(a_budget_that_is_used_up_is_a_limit),
        cmocka_unit_test(a_budget_smaller_than_a_block_holds_nothing),
        cmocka_unit_test(threads_share_one_budget),
        cmocka_unit_test(what_a_dead_child_held_is_given_back),
        cmocka_unit_test(accounts_of_the_dead_are_used_again),
        cmocka_unit_test(a_missing_spool_folder_is_an_io_error),
        cmocka_unit_test(a_full_disk_is_an_io_error_and_loses_nothing),
        cmocka_unit_test(sliding_in_small_pieces_keeps_the_file_small),
        cmocka_unit_test(sliding_in_large_pieces_keeps_the_file_small),
        cmocka_unit_test(what_is_held_can_be_looked_at),
        cmocka_unit_test(fifty_megabytes_through_one_of_memory),
    };
    test_threads_alone();
    return cmocka_run_group_tests(tests, make_spool, remove_spool);
}
