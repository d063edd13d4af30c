/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_threads.c - the store under what the server's threads do with it at one time:
 * look up, list, count, write, forget and keep originals, while somebody takes the file away
 * or writes over it. Built once more with ThreadSanitizer by test_threads.sh. */
#include "unit.h"

#include "folder.h"

#include "guard_fixture.h"

#include "site/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define READERS 4
#define WRITERS 2
#define KEYS 24u
#define WRITES 60u /* of each writer */
#define RULES_MAX 6000

struct shared {
    struct store *s;
    atomic_uint writing;  /* writers that are not done yet */
    atomic_bool meddling; /* somebody outside of the threads is not */
    atomic_uint found, wrong, refused;
    _Atomic unsigned next;
};

static struct slice key_of(unsigned i, char text[40])
{
    snprintf(text, 40, "https://host-%u.example", i % KEYS);
    return slice_cstr(text);
}

/* Every byte follows from the first and the length. */
static struct slice rules_of(uint8_t mark, size_t n, uint8_t to[RULES_MAX])
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(mark + i * 7 + n);
    return slice_of(to, n);
}

static bool are_whole(struct slice rules)
{
    for (size_t i = 0; i < rules.n; i++)
        if (rules.p[i] != (uint8_t)(rules.p[0] + i * 7))
            return false;
    return true;
}

struct looked {
    bool whole;
};

static void look(void *ctx, const struct store_value *v)
{
    struct looked *l = ctx;
    const struct site_document *d = &v->d[SITE_ROBOTS];
    l->whole = d->state == SITE_PUBLISHED && are_whole(d->rules);
}

static bool look_at_each(void *ctx, const struct store_value *v)
{
    struct shared *h = ctx;
    if (v->key.n == 0 || !are_whole(v->d[SITE_ROBOTS].rules))
        atomic_fetch_add(&h->wrong, 1);
    return true;
}

static void *read_it(void *ctx)
{
    struct shared *h = ctx;
    struct store_stat st;
    char text[40];
    for (unsigned i = atomic_fetch_add(&h->next, 7); atomic_load(&h->writing) > 0; i++) {
        struct looked l = { false };
        if (store_read(h->s, key_of(i, text), look, &l)) {
            atomic_fetch_add(&h->found, 1);
            if (!l.whole)
                atomic_fetch_add(&h->wrong, 1);
        } else
            usleep(200);
        if (i % 50 == 0)
            store_each(h->s, SLICE_EMPTY, look_at_each, h);
        if (i % 50 == 25)
            store_stat(h->s, &st);
    }
    return NULL;
}

static enum optout_rc write_one(struct shared *h, unsigned i)
{
    uint8_t bytes[RULES_MAX], sum[32] = { (uint8_t)(i % 8) };
    char text[40];
    struct site_document d = {
        .kind = SITE_ROBOTS, .state = SITE_PUBLISHED, .expires_ms = 5000 + i,
        .rules = rules_of((uint8_t)i, 1 + i * 397 % RULES_MAX, bytes),
    };
    struct slice key = key_of(i, text);
    enum optout_rc rc = store_keep_original(h->s, sum, d.rules);
    if (rc == OPTOUT_OK)
        rc = store_write(h->s, key, &d, 1, i % 2);
    if (rc == OPTOUT_OK && i % 16 == 5)
        rc = store_forget(h->s, key);
    return rc;
}

static void *write_it(void *ctx)
{
    struct shared *h = ctx;
    unsigned i = atomic_fetch_add(&h->next, 5);
    for (unsigned n = 0; n < WRITES || atomic_load(&h->meddling); n++, i++)
        if (write_one(h, i) != OPTOUT_OK)
            atomic_fetch_add(&h->refused, 1);
    (void)store_tidy(h->s);
    atomic_fetch_sub(&h->writing, 1);
    return NULL;
}

static void begin_and_join(struct shared *h, void (*meanwhile)(void))
{
    pthread_t thread[READERS + WRITERS];
    struct store_options o = { .dir = dir, .size_max = 16u << 20 };
    char why[256] = "";
    if (store_open(&o, &h->s, why, sizeof why) != OPTOUT_OK)
        fail_msg("store_open: %s", why);
    keep_store_guard();
    atomic_store(&h->writing, WRITERS);
    atomic_store(&h->meddling, meanwhile != NULL);
    for (size_t i = 0; i < READERS + WRITERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, i < READERS ? read_it : write_it, h), 0);
    if (meanwhile)
        meanwhile();
    atomic_store(&h->meddling, false);
    for (size_t i = 0; i < READERS + WRITERS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&h->wrong), 0);
}

/* What is written now is found, by whatever thread. */
static void go_on(struct shared *h)
{
    struct looked l = { false };
    char text[40];
    assert_int_equal(write_one(h, 1), OPTOUT_OK);
    assert_true(store_read(h->s, key_of(1, text), look, &l));
    assert_true(l.whole);
    store_close(h->s);
}

static void threads_read_what_threads_write(void **state)
{
    static struct shared h;
    struct store_stat st;
    (void)state;
    begin_and_join(&h, NULL);
    assert_int_equal(atomic_load(&h.refused), 0);
    assert_true(atomic_load(&h.found) > 0);
    store_stat(h.s, &st);
    assert_int_equal(st.set_aside, 0);
    assert_true(st.keys > KEYS / 2);
    go_on(&h);
}

static void data_path(char path[96])
{
    snprintf(path, 96, "%s/rules/data.mdb", dir);
}

static void take_it_away(void)
{
    char path[96];
    data_path(path);
    for (int i = 0; i < 3; i++) {
        usleep(20000);
        unlink(path);
    }
}

static void threads_survive_that_the_file_goes(void **state)
{
    static struct shared h;
    (void)state;
    begin_and_join(&h, take_it_away);
    go_on(&h);
}

static void write_over(const char *path)
{
    static const uint8_t junk[65536] = { 0x55 };
    struct stat st;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return;
    for (off_t at = 0; at < st.st_size; at += (off_t)sizeof junk)
        if (pwrite(fd, junk, sizeof junk, at) < 0)
            break;
    close(fd);
}

/* LMDB takes what stands in the map at its word, and of junk it may make a page that it frees when a
 * writer gives up (mdb_txn_abort): once in sixty runs. AddressSanitizer ends the program then, so with it the file is only cut. */
#ifdef __SANITIZE_ADDRESS__
#define WRITES_OVER false
#else
#define WRITES_OVER true
#endif

static void damage_it(void)
{
    char path[96];
    data_path(path);
    for (int i = 0; i < 4; i++) {
        usleep(15000);
        if (WRITES_OVER && i % 2)
            write_over(path);
        else
            (void)!truncate(path, 8192);
    }
}

static void threads_survive_that_the_file_is_damaged(void **state)
{
    static struct shared h;
    struct store_stat st;
    (void)state;
    begin_and_join(&h, damage_it);
    store_stat(h.s, &st);
    assert_true(st.set_aside > 0);
    go_on(&h);
}

/* A file that changes under LMDB ends a call of it in the middle, and what that had taken for itself
 * is nobody's. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:liblmdb\n";
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(threads_read_what_threads_write),
        IN_DIR(threads_survive_that_the_file_goes),
        IN_DIR(threads_survive_that_the_file_is_damaged),
    };
    return cmocka_run_group_tests_name("store_threads", tests, NULL, NULL);
}
