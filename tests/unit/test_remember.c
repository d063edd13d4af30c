/* SPDX-License-Identifier: Apache-2.0 */
/* test_remember.c - the memory of denials under many threads and processes, and what a
 * writer that died leaves behind. Built once more with ThreadSanitizer by test_threads.sh. */
#include "unit.h"

#include "verdict/remember.c"

#include <pthread.h>
#include <sys/wait.h>

#define THREADS 4
#define ROUNDS 20000
#define URLS 64 /* few, so that all meet in the same places */

static struct slice url_of(unsigned i, char text[32])
{
    snprintf(text, 32, "http://h/%u", i % URLS);
    return slice_cstr(text);
}

/* A denial whose parts belong together: a mixture is told. */
static struct past_verdict denial_of(unsigned i)
{
    struct past_verdict d = { .kind = (uint8_t)(i % 200), .until_ms = 1000000 + (int64_t)(i % 200),
                        .length = (int64_t)(i % 200) };
    memset(d.id, 'a' + (int)(i % 20), sizeof d.id - 1);
    d.id[0] = (char)(1 + i % 200);
    return d;
}

static bool is_one(const struct past_verdict *d)
{
    unsigned i = d->kind;
    for (size_t k = 1; k + 1 < sizeof d->id; k++)
        if (d->id[k] != (char)('a' + (int)(i % 20)))
            return false;
    return d->until_ms == 1000000 + (int64_t)i && d->length == (int64_t)i &&
           d->id[0] == (char)(1 + i);
}

static struct remembered *memory;
static atomic_uint mixed, found;

static void *hammer(void *ctx)
{
    unsigned seed = *(unsigned *)ctx;
    for (unsigned k = 0; k < ROUNDS; k++) {
        char text[32];
        unsigned i = (unsigned)rand_r(&seed) % 200;
        struct past_verdict d = denial_of(i), got;
        struct slice url = url_of((unsigned)rand_r(&seed), text);
        if (k % 2)
            remember_add(memory, "p", url, &d);
        else if (remember_find(memory, "p", url, 0, &got)) {
            atomic_fetch_add(&found, 1);
            if (!is_one(&got))
                atomic_fetch_add(&mixed, 1);
        }
    }
    return NULL;
}

static void many_threads_never_mix_two_denials(void **state)
{
    pthread_t thread[THREADS];
    unsigned seed[THREADS];
    (void)state;
    memory = remember_make();
    for (unsigned i = 0; i < THREADS; i++) {
        seed[i] = i + 1;
        assert_int_equal(pthread_create(&thread[i], NULL, hammer, &seed[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&mixed), 0);
    assert_true(atomic_load(&found) > 100);
    remember_free(memory);
}

/* ---- processes, over one table, as the server's children ----------------------- */

#define PROCESSES 2
#define PAGES 6000u   /* URLs that find room */
#define HOT 12u       /* more that share WAYS + 1 places: most calls, and they push each
                         other out while they are looked at */
#define CALLS 500000u /* of a process */

/* What was counted: in memory that the processes share. */
struct tally {
    atomic_uint found, torn, foreign;
    atomic_ullong seen[PAGES / 64 + 1]; /* which were found */
};

/* Every byte of it follows from the page and the time. */
static struct past_verdict verdict_of(unsigned page, int64_t until_ms)
{
    struct past_verdict d = { .until_ms = until_ms, .length = page };
    int mark = 1 + (int)((page * 31 + (uint64_t)until_ms * 7) % 255);
    d.kind = (uint8_t)mark;
    d.of_head = mark % 2;
    memset(d.id, mark, sizeof d.id - 1);
    d.evidence.n = EVIDENCE_KEPT;
    for (size_t i = 0; i < EVIDENCE_KEPT; i++) {
        struct evidence *e = &d.evidence.of[i];
        e->at = (uint64_t)until_ms;
        memset(e->agent, mark, sizeof e->agent);
        memset(e->raw, mark, sizeof e->raw);
        memset(e->url, mark, sizeof e->url);
    }
    return d;
}

static bool is_whole(const struct past_verdict *d)
{
    struct past_verdict want = verdict_of((unsigned)d->length, d->until_ms);
    bool same = d->kind == want.kind && d->of_head == want.of_head &&
                d->evidence.n == want.evidence.n && memcmp(d->id, want.id, sizeof d->id) == 0;
    for (size_t i = 0; i < EVIDENCE_KEPT; i++) {
        const struct evidence *e = &d->evidence.of[i], *w = &want.evidence.of[i];
        same = same && e->at == w->at && memcmp(e->agent, w->agent, sizeof e->agent) == 0 &&
               memcmp(e->raw, w->raw, sizeof e->raw) == 0 &&
               memcmp(e->url, w->url, sizeof e->url) == 0;
    }
    return same;
}

static void ask_for_page(struct tally *t, unsigned page, struct slice url)
{
    struct past_verdict got;
    if (!remember_find(memory, "p", url, 0, &got))
        return;
    atomic_fetch_add(&t->found, 1);
    if (page < PAGES)
        atomic_fetch_or(&t->seen[page / 64], 1ull << page % 64);
    if (got.length != page)
        atomic_fetch_add(&t->foreign, 1);
    else if (!is_whole(&got))
        atomic_fetch_add(&t->torn, 1);
}

static struct slice page_url(unsigned page, char text[32])
{
    snprintf(text, 32, "http://h/page/%u", page);
    return slice_cstr(text);
}

static unsigned hot[HOT];

static void find_hot_pages(void)
{
    uint8_t key[16];
    char text[32];
    size_t at, n = 0;
    for (unsigned page = PAGES; n < HOT; page++)
        if (make_key("p", page_url(page, text), key, &at) && at < 2)
            hot[n++] = page;
}

/* Writes and asks in turn, CALLS of both. */
static void write_and_ask(struct tally *t, unsigned seed)
{
    for (unsigned k = 0; k < CALLS; k++) {
        char text[32];
        unsigned any = (unsigned)rand_r(&seed), page = k / 2 % 4 ? hot[any % HOT] : any % PAGES;
        struct slice url = page_url(page, text);
        struct past_verdict d = verdict_of(page, 1 + rand_r(&seed) % 1000);
        if (k % 2)
            remember_add(memory, "p", url, &d);
        else
            ask_for_page(t, page, url);
    }
}

static unsigned pages_seen(struct tally *t)
{
    unsigned n = 0;
    for (size_t i = 0; i < sizeof t->seen / sizeof *t->seen; i++)
        n += (unsigned)__builtin_popcountll(atomic_load(&t->seen[i]));
    return n;
}

static void processes_read_whole_verdicts_of_their_own_page(void **state)
{
    pid_t child[PROCESSES];
    int status;
    (void)state;
    struct tally *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                           -1, 0);
    assert_ptr_not_equal(t, MAP_FAILED);
    memory = remember_make();
    assert_non_null(memory);
    find_hot_pages();
    for (unsigned i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            write_and_ask(t, i + 1);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(atomic_load(&t->torn), 0);
    assert_int_equal(atomic_load(&t->foreign), 0);
    assert_true(atomic_load(&t->found) > CALLS / 4);
    assert_true(pages_seen(t) > PAGES / 2);
    remember_free(memory);
    munmap(t, sizeof *t);
}

/* ---- writers that died ---------------------------------------------------------- */

static pid_t dead_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

/* All places as a writer that was killed leaves them. */
static void leave_odd(struct remembered *r, pid_t writer)
{
    for (size_t i = 0; i < ENTRIES; i++)
        atomic_store(&r->entry[i].state, (uint64_t)writer << 32 | 7);
}

static void a_place_survives_its_writer(void **state)
{
    struct past_verdict d = denial_of(3), got;
    char text[32];
    (void)state;
    struct remembered *r = remember_make();
    leave_odd(r, dead_process());
    for (unsigned i = 0; i < URLS; i++) {
        assert_false(remember_find(r, "p", url_of(i, text), 0, &got));
        remember_add(r, "p", url_of(i, text), &d);
        assert_true(remember_find(r, "p", url_of(i, text), 0, &got));
        assert_true(is_one(&got));
    }
    remember_free(r);
}

static void a_writer_that_lives_is_left_alone(void **state)
{
    struct past_verdict d = denial_of(3), got;
    (void)state;
    struct remembered *r = remember_make();
    leave_odd(r, getpid());
    remember_add(r, "p", SLICE_OF("http://h/"), &d);
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    leave_odd(r, getppid());
    remember_add(r, "p", SLICE_OF("http://h/"), &d);
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    remember_free(r);
}

static void the_last_denial_of_a_url_counts(void **state)
{
    struct past_verdict first = denial_of(1), last = denial_of(2), got;
    (void)state;
    struct remembered *r = remember_make();
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    remember_add(r, "p", SLICE_OF("http://h/"), &first);
    remember_add(r, "p", SLICE_OF("http://h/"), &last);
    assert_true(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    assert_int_equal(got.kind, 2);
    assert_false(remember_find(r, "q", SLICE_OF("http://h/"), 0, &got));
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), last.until_ms, &got));
    remember_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_denial_of_a_url_counts),
        cmocka_unit_test(many_threads_never_mix_two_denials),
        cmocka_unit_test(processes_read_whole_verdicts_of_their_own_page),
        cmocka_unit_test(a_place_survives_its_writer),
        cmocka_unit_test(a_writer_that_lives_is_left_alone),
    };
    test_threads_alone();
    return cmocka_run_group_tests_name("remember", tests, NULL, NULL);
}
