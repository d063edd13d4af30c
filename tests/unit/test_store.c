/* SPDX-License-Identifier: Apache-2.0 */
/* test_store.c - the store of site rules: what was written is read, whatever
 * happens to its writer, its file or its folder. */
#include "unit.h"

#include "folder.h"

#include "guard_fixture.h"

#include "core/clock.h"
#include "syntax/digest.h"
#include "site/store.h"
#include "site/store_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL (4u << 20)

static struct store *open_with(uint64_t size, bool verify, bool read_only)
{
    struct store *s = NULL;
    char why[256] = "";
    struct store_options o = { .dir = dir, .size_max = size, .verify = verify,
                               .read_only = read_only };
    if (store_open(&o, &s, why, sizeof why) != OPTOUT_OK)
        fail_msg("store_open: %s", why);
    keep_store_guard();
    return s;
}

static struct store *open_store(void)
{
    return open_with(64u << 20, false, false);
}

/* Rules that can be told from any others: `n` bytes that follow from `mark`. */
static uint8_t rules_of_max[300000];

static struct slice rules_of(unsigned mark, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rules_of_max[i] = (uint8_t)(mark + i * 7);
    return slice_of(rules_of_max, n);
}

static struct site_document document(enum site_kind kind, unsigned mark, size_t n,
                                     int64_t expires_ms)
{
    return (struct site_document){
        .kind = (uint8_t)kind,
        .state = SITE_PUBLISHED,
        .status = 200,
        .fetched_ms = 1000,
        .expires_ms = expires_ms,
        .has_sha256 = true,
        .sha256 = { 1, 2, 3 },
        .url = SLICE_OF("https://example.com/robots.txt"),
        .agent = SLICE_OF("ExampleBot/1.0"),
        .etag = SLICE_OF("\"abc\""),
        .rules = rules_of(mark, n),
    };
}

struct seen {
    unsigned calls;
    bool asked, right, aligned;
    uint8_t state[SITE_KIND_COUNT];
    size_t rules_n;
    unsigned mark;
    char url[64];
};

static void visit(void *ctx, const struct store_value *value)
{
    struct seen *seen = ctx;
    seen->calls++;
    seen->asked = value->asked;
    for (size_t i = 0; i < SITE_KIND_COUNT; i++)
        seen->state[i] = value->d[i].state;
    struct slice r = value->d[SITE_ROBOTS].rules;
    seen->rules_n = r.n;
    seen->aligned = (uintptr_t)r.p % 8 == 0;
    seen->mark = r.n ? r.p[0] : 0;
    seen->right = true;
    for (size_t i = 0; i < r.n; i++)
        seen->right &= r.p[i] == (uint8_t)(seen->mark + i * 7);
    snprintf(seen->url, sizeof seen->url, "%.*s", SLICE_FMT(value->d[SITE_ROBOTS].url));
}

static bool read_key(struct store *s, const char *key, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    bool found = store_read(s, slice_cstr(key), visit, seen);
    assert_int_equal(seen->calls, found ? 1 : 0);
    if (found) {
        assert_true(seen->right);
        assert_true(seen->aligned);
    }
    return found;
}

static void write_key(struct store *s, const char *key, unsigned mark, size_t n, int64_t expires_ms)
{
    struct site_document d = document(SITE_ROBOTS, mark, n, expires_ms);
    assert_int_equal(store_write(s, slice_cstr(key), &d, 1, false), OPTOUT_OK);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    assert_false(read_key(s, "https://example.com", &seen));
    static const size_t sizes[] = { 0, 1, 7, 8, 100, 1500, 1900, 2000, 2100, 4096, 5000, 300000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_key(s, "https://example.com", (unsigned)i + 1, sizes[i], 5000);
        assert_true(read_key(s, "https://example.com", &seen));
        assert_int_equal(seen.rules_n, sizes[i]);
        assert_int_equal(seen.mark, sizes[i] ? i + 1 : 0);
        assert_string_equal(seen.url, "https://example.com/robots.txt");
        assert_false(seen.asked);
        assert_int_equal(seen.state[SITE_TDMREP], SITE_NOT_ASKED);
    }
    assert_false(read_key(s, "https://example.co", &seen));
    assert_false(store_read(s, SLICE_EMPTY, visit, &seen));
    store_close(s);
    s = open_with(64u << 20, true, false);
    assert_true(read_key(s, "https://example.com", &seen));
    store_close(s);
}

static void kinds_are_replaced_one_by_one(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    struct slice key = SLICE_OF("https://example.com");
    struct site_document d[2] = { document(SITE_ROBOTS, 1, 50, 5000),
                                  { .kind = SITE_TDMREP, .state = SITE_NONE, .expires_ms = 9 } };
    assert_int_equal(store_write(s, key, d, 2, true), OPTOUT_OK);
    struct site_document licence = { .kind = SITE_TRUST, .state = SITE_UNREACHABLE };
    assert_int_equal(store_write(s, key, &licence, 1, false), OPTOUT_OK);
    assert_true(read_key(s, "https://example.com", &seen));
    assert_true(seen.asked);
    assert_int_equal(seen.state[SITE_ROBOTS], SITE_PUBLISHED);
    assert_int_equal(seen.state[SITE_TDMREP], SITE_NONE);
    assert_int_equal(seen.state[SITE_TRUST], SITE_UNREACHABLE);
    assert_int_equal(seen.state[SITE_AI_TXT], SITE_NOT_ASKED);
    assert_int_equal(seen.rules_n, 50);
    store_close(s);
}

static void a_mark_goes_with_the_files_it_speaks_of(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    struct slice key = SLICE_OF("https://example.com");
    const uint32_t robots = 1u << SITE_ROBOTS, tdmrep = 1u << SITE_TDMREP;
    struct site_document d[2] = { document(SITE_ROBOTS, 1, 50, 5000),
                                  { .kind = SITE_TDMREP, .state = SITE_NONE, .expires_ms = 9 } };
    assert_int_equal(store_write_last(s, key, NULL, 0, robots), OPTOUT_MORE);
    assert_int_equal(store_write_last(s, key, NULL, 0, 0), OPTOUT_MORE); /* of nothing */
    assert_int_equal(store_write(s, key, NULL, 0, true), OPTOUT_OK);
    assert_false(read_key(s, "https://example.com", &seen) && seen.asked);
    assert_int_equal(store_write_last(s, key, &d[0], 1, robots | tdmrep), OPTOUT_MORE);
    assert_true(read_key(s, "https://example.com", &seen));
    assert_false(seen.asked);
    assert_int_equal(seen.state[SITE_ROBOTS], SITE_PUBLISHED); /* written all the same */
    assert_int_equal(store_write_last(s, key, &d[1], 1, robots | tdmrep), OPTOUT_OK);
    assert_true(read_key(s, "https://example.com", &seen));
    assert_true(seen.asked);
    assert_int_equal(store_forget(s, key), OPTOUT_OK);
    assert_int_equal(store_write_last(s, key, &d[1], 1, robots | tdmrep), OPTOUT_MORE);
    assert_true(read_key(s, "https://example.com", &seen));
    assert_false(seen.asked);
    store_close(s);
}

static void forgetting_takes_the_variants(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    static const char *const keys[] = { "https://a.example", "https://a.example\nbot",
                                        "https://a.example\nzbot", "https://a.example.org",
                                        "https://a.example:8443" };
    for (unsigned i = 0; i < 5; i++)
        write_key(s, keys[i], i, 10, 5000 + i);
    assert_int_equal(store_forget(s, slice_cstr(keys[0])), OPTOUT_OK);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(read_key(s, keys[i], &seen), i >= 3);
    assert_int_equal(store_forget(s, slice_cstr("https://absent.example")), OPTOUT_OK);
    struct store_stat st;
    store_stat(s, &st);
    assert_int_equal(st.keys, 2);
    store_close(s);
}

struct walked {
    unsigned n, most;
    char last[64];
    size_t long_n;
    bool ordered;
};

static bool each(void *ctx, const struct store_value *value)
{
    struct walked *w = ctx;
    char now[64];
    assert_int_equal(value->d[SITE_ROBOTS].state, SITE_PUBLISHED);
    if (value->key.n > 500)
        w->long_n = value->key.n;
    snprintf(now, sizeof now, "%.*s", SLICE_FMT(value->key));
    w->ordered &= value->key.n > 500 || strcmp(w->last, now) < 0;
    memcpy(w->last, now, sizeof now);
    return ++w->n < w->most;
}

static void ten_thousand_origins(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    char key[64];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "https://host-%05u.example", i);
        write_key(s, key, i, 40 + i % 900, 5000 + i);
    }
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "https://host-%05u.example", i);
        assert_true(read_key(s, key, &seen));
        assert_int_equal(seen.mark, i & 0xff);
        assert_int_equal(seen.rules_n, 40 + i % 900);
    }
    struct walked w = { .most = UINT32_MAX, .ordered = true };
    store_each(s, SLICE_EMPTY, each, &w);
    assert_int_equal(w.n, 10000);
    assert_true(w.ordered);
    w = (struct walked){ .most = 5, .ordered = true };
    store_each(s, SLICE_OF("https://host-09000.example"), each, &w);
    assert_int_equal(w.n, 5);
    assert_string_equal(w.last, "https://host-09005.example");
    store_close(s);
    store_close(open_with(64u << 20, true, true));
}

static void keys_that_are_too_long_for_lmdb(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    char a[2000], b[2000];
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    a[1999] = b[1999] = '\0';
    b[1998] = 'b';
    write_key(s, a, 1, 10, 5000);
    assert_true(read_key(s, a, &seen));
    assert_false(read_key(s, b, &seen));
    struct walked w = { .most = 9, .ordered = true };
    store_each(s, SLICE_EMPTY, each, &w);
    assert_int_equal(w.long_n, 1999);
    assert_int_equal(store_forget(s, slice_cstr(a)), OPTOUT_OK);
    assert_false(read_key(s, a, &seen));
    store_close(s);
}

static void a_full_store_drops_what_expires_first(void **state)
{
    (void)state;
    struct store *s = open_with(SMALL, false, false);
    struct seen seen;
    struct store_stat st;
    char key[64];
    /* Written in another order than they expire in. */
    for (unsigned i = 0; i < 4000; i++) {
        unsigned at = i * 1777 % 4000;
        snprintf(key, sizeof key, "https://host-%05u.example", at);
        write_key(s, key, at, 2500, 1000000 + at);
    }
    store_stat(s, &st);
    assert_true(st.evicted > 1000);
    assert_true(st.keys + st.evicted == 4000);
    assert_true(st.bytes_used <= st.bytes_max);
    assert_true(st.bytes_used > st.bytes_max / 2);
    unsigned kept_late = 0, kept_early = 0;
    for (unsigned at = 0; at < 4000; at++) {
        snprintf(key, sizeof key, "https://host-%05u.example", at);
        bool there = read_key(s, key, &seen);
        kept_late += there && at >= 2000;
        kept_early += there && at < 2000;
    }
    assert_int_equal(kept_late + kept_early, st.keys);
    assert_true(kept_late > 20 * kept_early);
    struct site_document big = document(SITE_ROBOTS, 1, 0, 1);
    big.rules = slice_of(key, SMALL / 2 + 1);
    assert_int_equal(store_write(s, SLICE_OF("https://big.example"), &big, 1, false),
                     OPTOUT_E_LIMIT);
    store_close(s);
    store_close(open_with(SMALL, true, false));
}

/* ---- processes ---------------------------------------------------------- */

/* Writes for ever: key i gets mark r in round r, all of it or nothing. */
static void write_for_ever(void)
{
    struct store *s = open_store();
    char key[64];
    for (unsigned round = 0;; round++) {
        snprintf(key, sizeof key, "https://host-%u.example", round % 50);
        struct site_document d = document(SITE_ROBOTS, round, 100 + round * 37 % 9000, 5000);
        if (store_write(s, slice_cstr(key), &d, 1, false) != OPTOUT_OK)
            _exit(1);
    }
}

static void a_writer_that_is_killed_leaves_it_whole(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct seen seen;
    char key[64];
    unsigned found = 0;
    for (unsigned i = 0; i < 60; i++) {
        int status;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_for_ever();
        usleep(3000 + i * 400);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        for (unsigned k = 0; k < 50; k++) {
            snprintf(key, sizeof key, "https://host-%u.example", k);
            found += read_key(s, key, &seen);
        }
        write_key(s, "https://mine.example", i, 3000, 5000);
        assert_true(read_key(s, "https://mine.example", &seen));
    }
    assert_true(found > 100);
    (void)store_tidy(s);
    struct store_stat st;
    store_stat(s, &st);
    assert_int_equal(st.set_aside, 0);
    store_close(s);
    s = open_with(64u << 20, true, false);
    store_stat(s, &st);
    assert_int_equal(st.set_aside, 0);
    store_close(s);
}

static void two_processes_see_each_other(void **state)
{
    (void)state;
    struct store *s;
    struct seen seen;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        s = open_store();
        for (int i = 0; i < 2000; i++) {
            memset(&seen, 0, sizeof seen);
            if (store_read(s, SLICE_OF("https://a.example"), visit, &seen)) {
                struct site_document d = document(SITE_ROBOTS, 9, 77, 1);
                if (!seen.right ||
                    store_write(s, SLICE_OF("https://b.example"), &d, 1, false) != OPTOUT_OK)
                    _exit(2);
                store_close(s);
                _exit(0);
            }
            usleep(1000);
        }
        _exit(1);
    }
    s = open_store();
    write_key(s, "https://a.example", 5, 2222, 5000);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(read_key(s, "https://b.example", &seen));
    assert_int_equal(seen.rules_n, 77);
    store_close(s);
}

/* ---- damage ------------------------------------------------------------- */

static void data_path(char *path, size_t size)
{
    snprintf(path, size, "%s/rules/data.mdb", dir);
}

static void fill(unsigned n)
{
    struct store *s = open_store();
    char key[64];
    for (unsigned i = 0; i < n; i++) {
        snprintf(key, sizeof key, "https://host-%u.example", i);
        write_key(s, key, i, 60 + i * 31 % 4000, 5000 + i);
    }
    store_close(s);
}

/* Opens with a walk, reads all; exits 0 when nothing wrong was handed out. */
static void read_damaged(unsigned n)
{
    struct store *s = open_with(64u << 20, true, false);
    struct seen seen;
    char key[64];
    for (unsigned i = 0; i < n; i++) {
        snprintf(key, sizeof key, "https://host-%u.example", i);
        memset(&seen, 0, sizeof seen);
        if (store_read(s, slice_cstr(key), visit, &seen) &&
            (!seen.right || seen.mark != (i & 0xff) || seen.rules_n != 60 + i * 31 % 4000))
            _exit(2);
    }
    struct site_document d = document(SITE_ROBOTS, 1, 100, 1);
    if (store_write(s, SLICE_OF("https://new.example"), &d, 1, false) != OPTOUT_OK ||
        !store_read(s, SLICE_OF("https://new.example"), visit, &seen))
        _exit(3);
    struct store_stat st;
    store_stat(s, &st);
    store_close(s);
    _exit(st.set_aside ? 10 : 0);
}

static int outcome(unsigned n)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        read_damaged(n);
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 10))
        fail_msg("reader ended with status 0x%x", (unsigned)status);
    return WEXITSTATUS(status);
}

static void damaged_octets_are_never_rules(void **state)
{
    (void)state;
    char path[128];
    unsigned set_aside = 0, random_state = 12345;
    data_path(path, sizeof path);
    fill(200);
    size_t n;
    uint8_t *whole = test_read_file(path, &n);
    for (unsigned round = 0; round < 60; round++) {
        clear_dir();
        assert_int_equal(mkdir(dir, 0700), 0);
        char rules[128];
        snprintf(rules, sizeof rules, "%s/rules", dir);
        assert_int_equal(mkdir(rules, 0700), 0);
        uint8_t *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, whole, n);
        for (unsigned i = 0; i < 1 + round / 4; i++) {
            random_state = random_state * 1103515245u + 12345u;
            size_t at = (size_t)(random_state >> 4) % n;
            /* heads of pages more often than chance has it */
            if (round % 3 == 1)
                at = at / 4096 * 4096 + at % 24;
            copy[at] ^= (uint8_t)(1 + random_state % 255);
        }
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, copy, n), (ssize_t)n);
        close(fd);
        free(copy);
        set_aside += outcome(200) == 10;
    }
    free(whole);
    assert_true(set_aside > 20);
}

#define KEPT_RULES 9000

static void count_marks(void *ctx, const struct store_value *value)
{
    struct slice rules = value->d[SITE_ROBOTS].rules;
    size_t *n = ctx;
    for (*n = 0; *n < rules.n && rules.p[*n] == 0xA7;)
        ++*n;
    assert_true(value->asked && rules.n == KEPT_RULES);
}

static void spoil_the_rules(const char *path)
{
    size_t n, at = 0;
    uint8_t marks[64], *whole = test_read_file(path, &n);
    memset(marks, 0xA7, sizeof marks);
    for (size_t i = 0; i + sizeof marks <= n; i++)
        if (!memcmp(whole + i, marks, sizeof marks))
            at = i;
    free(whole);
    assert_true(at > 0);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "spoilt", 6, (off_t)at), 6);
    close(fd);
}

/* What was verified stays what it was; whoever comes to it later verifies for himself. */
static void a_copy_outlives_its_value(void **state)
{
    (void)state;
    char path[128];
    size_t n = 0;
    uint8_t rules[KEPT_RULES];
    struct slice key = SLICE_OF("https://kept.example");
    memset(rules, 0xA7, sizeof rules);
    struct site_document d = { .kind = SITE_ROBOTS, .state = SITE_PUBLISHED, .status = 200,
                               .expires_ms = 4102444800000,
                               .rules = slice_of(rules, sizeof rules) };
    data_path(path, sizeof path);
    struct store *s = open_store();
    assert_int_equal(store_write(s, key, &d, 1, true), OPTOUT_OK);
    assert_true(store_read(s, key, count_marks, &n));
    assert_int_equal(n, KEPT_RULES);
    spoil_the_rules(path);
    assert_true(store_read(s, key, count_marks, &n));
    assert_int_equal(n, KEPT_RULES);
    store_close(s);
    s = open_store();
    assert_false(store_read(s, key, count_marks, &n));
    store_close(s);
}

/* In a process of its own: one key, written `times` times, last with rules of this mark. */
static void written_elsewhere(unsigned mark, unsigned times)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *s = open_store();
        for (unsigned i = 1; i <= times; i++) {
            struct site_document d = document(SITE_ROBOTS, mark + times - i, 500, 5000);
            if (store_write(s, SLICE_OF("https://a.example"), &d, 1, false) != OPTOUT_OK)
                _exit(1);
        }
        store_close(s);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void assert_read(struct store *s, unsigned mark)
{
    struct seen seen;
    for (int i = 0; i < 3; i++) {
        assert_true(read_key(s, "https://a.example", &seen));
        assert_int_equal(seen.mark, mark);
    }
}

/* Nothing of what is kept is used once somebody has written, not for a moment. */
static void what_others_write_is_read_at_once(void **state)
{
    (void)state;
    written_elsewhere(1, 1);
    struct store *s = open_store();
    for (unsigned mark = 1; mark < 60; mark++) {
        assert_read(s, mark);
        written_elsewhere(mark + 1, 1 + mark % 3);
    }
    struct site_document d = document(SITE_ROBOTS, 99, 500, 5000);
    assert_int_equal(store_write(s, SLICE_OF("https://a.example"), &d, 1, false), OPTOUT_OK);
    assert_read(s, 99);
    assert_int_equal(store_forget(s, SLICE_OF("https://a.example")), OPTOUT_OK);
    struct seen seen;
    assert_false(read_key(s, "https://a.example", &seen));
    store_close(s);
}

/* While nobody writes, the tree is not walked: it may lie in ruins. It is noticed in time. */
static void what_nobody_wrote_is_not_asked_for(void **state)
{
    (void)state;
    char path[128];
    struct stat st;
    struct seen seen;
    static const uint8_t ruins[4096];
    data_path(path, sizeof path);
    written_elsewhere(1, 1);
    struct store *s = open_store();
    usleep(120000);
    uint64_t begun = clock_mono_us();
    assert_read(s, 1); /* with a look at the file, the last for a tenth of a second */
    assert_int_equal(stat(path, &st), 0);
    int fd = open(path, O_WRONLY);
    for (off_t at = 2 * (off_t)sizeof ruins; at < st.st_size; at += (off_t)sizeof ruins)
        assert_int_equal(pwrite(fd, ruins, sizeof ruins, at), (ssize_t)sizeof ruins);
    close(fd);
    bool found = read_key(s, "https://a.example", &seen);
    if (clock_mono_us() - begun < 100000)
        assert_true(found && seen.mark == 1);
    usleep(120000);
    assert_false(read_key(s, "https://a.example", &seen));
    store_close(s);
}

/* Another store may have had as many transactions: nothing in the meta pages tells. */
static void a_store_of_the_same_looks_is_another(void **state)
{
    (void)state;
    char path[128], command[256];
    size_t n, m;
    data_path(path, sizeof path);
    written_elsewhere(7, 3);
    uint8_t *other = test_read_file(path, &n);
    clear_dir();
    written_elsewhere(5, 3);
    uint8_t *first = test_read_file(path, &m);
    assert_int_equal(n, m);
    assert_memory_equal(first + 16, other + 16, 136); /* the meta pages, without their heads */
    assert_memory_equal(first + 4096 + 16, other + 4096 + 16, 136);
    struct store *s = open_store();
    assert_read(s, 5);
    int fd = open(path, O_WRONLY); /* written over */
    assert_int_equal(pwrite(fd, other, n, 0), (ssize_t)n);
    close(fd);
    usleep(120000);
    assert_read(s, 7);
    snprintf(command, sizeof command, "rm -rf '%s/rules'", dir); /* begun anew */
    assert_int_equal(system(command), 0);
    written_elsewhere(3, 3);
    usleep(120000);
    assert_read(s, 3);
    store_close(s);
    free(other);
    free(first);
}

/* A copy whose key is its serial. */
static struct store_copy *copy_of(uint64_t serial, size_t room)
{
    struct store_copy *c = store_copy_new(room);
    assert_non_null(c);
    memcpy(c->p, &serial, sizeof serial);
    c->n = 5;
    c->value.serial = serial;
    c->value.key = slice_of(c->p, sizeof serial);
    return c;
}

static struct store_copy *find_copy(struct store_kept *k, uint64_t serial, size_t n)
{
    return store_kept_find(k, slice_of(&serial, sizeof serial), serial, n);
}

static void copies_are_bounded(void **state)
{
    (void)state;
    struct store_kept *k = test_calloc(1, sizeof *k);
    pthread_mutex_init(&k->lock, NULL);
    struct store_copy *held = NULL;
    size_t there = 0;
    for (uint64_t serial = 1; serial <= 100; serial++) {
        struct store_copy *c = copy_of(serial, STORE_KEPT_BYTES / 10 - sizeof *c);
        store_kept_put(k, c, 0);
        assert_true(k->bytes <= STORE_KEPT_BYTES);
        store_copy_drop(c);
        assert_null(find_copy(k, serial, 4));
        if (serial == 1)
            held = find_copy(k, 1, 5);
    }
    for (uint64_t serial = 1; serial <= 100; serial++) {
        struct store_copy *c = find_copy(k, serial, 5);
        there += c != NULL;
        store_copy_drop(c);
    }
    assert_int_equal(there, 10);
    assert_null(find_copy(k, 1, 5));
    assert_non_null(held);
    assert_int_equal(held->p[0], 1); /* whoever has it keeps it */
    store_copy_drop(held);
    struct store_copy *large = copy_of(107, STORE_KEPT_BYTES);
    store_kept_put(k, large, 0);
    assert_null(find_copy(k, 107, 5));
    store_copy_drop(large);
    store_kept_clear(k);
    assert_int_equal(k->bytes, 0);
    pthread_mutex_destroy(&k->lock);
    test_free(k);
}

static void a_file_that_is_cut_is_set_aside(void **state)
{
    (void)state;
    char path[128];
    static const long cuts[] = { 0, 1, 100, 4096, 4200, 8192, 9000, 20000, 100000 };
    data_path(path, sizeof path);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        fill(200);
        assert_int_equal(truncate(path, cuts[i]), 0);
        assert_int_equal(outcome(200), cuts[i] ? 10 : 0);
        clear_dir();
    }
    /* Without the walk as well. */
    fill(200);
    assert_int_equal(truncate(path, 100000), 0);
    struct store *s = open_store();
    struct store_stat st;
    store_stat(s, &st);
    assert_int_equal(st.set_aside, 1);
    store_close(s);
}

struct reading {
    struct store *s;
    atomic_bool stop;
    atomic_uint found, wrong;
};

static void *read_for_a_while(void *ctx)
{
    struct reading *r = ctx;
    struct seen seen;
    char key[64];
    for (unsigned i = 0; !atomic_load(&r->stop); i++) {
        snprintf(key, sizeof key, "https://host-%u.example", i % 200);
        memset(&seen, 0, sizeof seen);
        if (store_read(r->s, slice_cstr(key), visit, &seen)) {
            atomic_fetch_add(&r->found, 1);
            if (!seen.right || seen.mark != (i % 200 & 0xff))
                atomic_fetch_add(&r->wrong, 1);
        } else
            usleep(500);
    }
    return NULL;
}

#define PATIENCE_MS 30000 /* on a machine that does much else */

static bool wait_until(bool (*is_so)(void *ctx), void *ctx)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        if (is_so(ctx))
            return true;
        usleep(5000);
    }
    return false;
}

static bool have_found(void *ctx)
{
    struct reading *r = ctx;
    return atomic_load(&r->found) > 0;
}

static bool sees_the_new_one(void *ctx)
{
    struct reading *r = ctx;
    struct seen seen;
    return read_key(r->s, "https://host-7.example", &seen);
}

/* Whoever reads makes the folder anew while it is deleted: it is not empty then. */
static void remove_in_use(const char *what)
{
    char command[160];
    int tries = 0;
    snprintf(command, sizeof command, "rm -rf '%s%s' 2>/dev/null", dir, what);
    while (system(command) != 0)
        assert_true(++tries < 100);
}

/* Another process, before there are threads: what a child of those inherits it would not have
 * in life. Begins a new store, as the daemon would, once it is told to. */
static pid_t fork_beginner(int *tell)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (read(ends[0], &byte, 1) != 1)
            _exit(1);
        fill(200);
        _exit(0);
    }
    close(ends[0]);
    *tell = ends[1];
    return child;
}

static void delete_under_readers(const char *what)
{
    int status, tell;
    pid_t child = fork_beginner(&tell);
    struct reading r = { .s = open_store() };
    pthread_t threads[6];
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_for_a_while, &r), 0);
    assert_true(wait_until(have_found, &r));
    remove_in_use(what);
    assert_int_equal(write(tell, "x", 1), 1);
    close(tell);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct seen seen;
    bool there = wait_until(sees_the_new_one, &r);
    write_key(r.s, "https://new.example", 3, 30, 1);
    bool written = read_key(r.s, "https://new.example", &seen);
    atomic_store(&r.stop, true);
    for (size_t i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    assert_true(there);
    assert_true(written);
    assert_int_equal(atomic_load(&r.wrong), 0);
    store_close(r.s);
    /* What was written after the deletion is in the new file, not in the old. */
    struct store *s = open_with(64u << 20, true, true);
    assert_true(read_key(s, "https://new.example", &seen));
    store_close(s);
}

static void it_may_be_deleted_under_load(void **state)
{
    (void)state;
    static const char *const parts[] = { "/rules", "", "/rules/data.mdb" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        fill(200);
        delete_under_readers(parts[i]);
        clear_dir();
    }
}

/* The store grows, and its pages change, while somebody opens it: whoever takes that for damage
 * sets aside what is whole. */
static void opening_beside_a_writer_finds_no_damage(void **state)
{
    (void)state;
    struct store_stat st;
    uint64_t set_aside = 0;
    int status, opened = 0;
    fill(1);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fill(4000);
        _exit(0);
    }
    do {
        struct store *s = open_with(64u << 20, opened % 8 == 7, false);
        store_stat(s, &st);
        set_aside += st.set_aside;
        store_close(s);
        opened++;
    } while (waitpid(child, &status, WNOHANG) == 0);
    assert_int_equal(set_aside, 0);
    assert_int_equal(status, 0);
    assert_true(opened > 5);
}

/* LMDB reads the number of the newest transaction in its lock file: over another one than the
 * others have, a process would stay with what it saw last. So it goes when somebody deletes
 * the folder while a store is begun in it: the new lock file, and not the new data. */
static void a_lock_file_that_goes_is_noticed(void **state)
{
    (void)state;
    char path[128];
    struct seen seen;
    int status;
    fill(3);
    struct store *s = open_store();
    assert_true(read_key(s, "https://host-1.example", &seen));
    snprintf(path, sizeof path, "%s/rules/lock.mdb", dir);
    assert_int_equal(unlink(path), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fill(20);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    clock_advance(200);
    assert_true(read_key(s, "https://host-17.example", &seen));
    write_key(s, "https://mine.example", 3, 30, 1);
    store_close(s);
    s = open_with(64u << 20, true, false);
    assert_true(read_key(s, "https://host-17.example", &seen));
    assert_true(read_key(s, "https://mine.example", &seen));
    store_close(s);
}

static int lock_folder(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    return fd;
}

static void a_lock_that_was_deleted_is_none(void **state)
{
    (void)state;
    char path[128], data[128];
    int status, first = lock_folder();
    data_path(data, sizeof data);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(first);
        fill(3);
        _exit(0);
    }
    usleep(50000); /* it waits for the first one */
    snprintf(path, sizeof path, "%s/lock", dir);
    assert_int_equal(unlink(path), 0);
    int second = lock_folder();
    close(first);
    usleep(100000);
    assert_int_equal(access(data, F_OK), -1);
    close(second);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(data, F_OK), 0);
}

static void a_reader_without_a_store(void **state)
{
    (void)state;
    struct store *s = NULL;
    char why[256] = "";
    struct store_options o = { .dir = dir, .read_only = true };
    assert_int_equal(store_open(&o, &s, why, sizeof why), OPTOUT_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(why, dir));
    fill(3);
    s = open_with(0, false, true);
    struct seen seen;
    assert_true(read_key(s, "https://host-1.example", &seen));
    struct site_document d = document(SITE_ROBOTS, 1, 1, 1);
    assert_int_equal(store_write(s, SLICE_OF("https://x.example"), &d, 1, false), OPTOUT_E_IO);
    assert_int_equal(errno, EROFS);
    store_close(s);
}

static void originals_are_kept(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct slice body = SLICE_OF("User-agent: *\nDisallow: /\n");
    uint8_t sum[32] = { 0xab, 0xcd }, other[32] = { 0 };
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(store_original(s, sum, &out), OPTOUT_E_IO);
    assert_int_equal(store_keep_original(s, sum, body), OPTOUT_OK);
    assert_int_equal(store_keep_original(s, sum, SLICE_OF("never written")), OPTOUT_OK);
    assert_int_equal(store_original(s, sum, &out), OPTOUT_OK);
    assert_true(slice_eq(buf_slice(&out), body));
    assert_int_equal(store_original(s, other, &out), OPTOUT_E_IO);
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/originals/ab/abcd%060d", dir, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0137, 0);
    buf_free(&out);
    store_close(s);
}

static void keys(void **state)
{
    (void)state;
    struct arena a = test_arena();
    assert_slice(store_key_origin(&a, SLICE_OF("https://a.example"), SLICE_EMPTY),
                 "https://a.example");
    assert_slice(store_key_origin(&a, SLICE_OF("https://a.example"), SLICE_OF("bot")),
                 "https://a.example\nbot");
    assert_slice(store_key_licence(&a, SLICE_OF("https://a.example/l.xml")),
                 "rsl https://a.example/l.xml");
    arena_reset(&a);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(what_is_written_is_read),
        IN_DIR(kinds_are_replaced_one_by_one),
        IN_DIR(a_mark_goes_with_the_files_it_speaks_of),
        IN_DIR(forgetting_takes_the_variants),
        IN_DIR(ten_thousand_origins),
        IN_DIR(keys_that_are_too_long_for_lmdb),
        IN_DIR(a_full_store_drops_what_expires_first),
        IN_DIR(a_writer_that_is_killed_leaves_it_whole),
        IN_DIR(two_processes_see_each_other),
        IN_DIR(damaged_octets_are_never_rules),
        IN_DIR(a_copy_outlives_its_value),
        IN_DIR(what_others_write_is_read_at_once),
        IN_DIR(what_nobody_wrote_is_not_asked_for),
        IN_DIR(a_store_of_the_same_looks_is_another),
        cmocka_unit_test(copies_are_bounded),
        IN_DIR(a_file_that_is_cut_is_set_aside),
        IN_DIR(it_may_be_deleted_under_load),
        IN_DIR(opening_beside_a_writer_finds_no_damage),
        IN_DIR(a_lock_file_that_goes_is_noticed),
        IN_DIR(a_lock_that_was_deleted_is_none),
        IN_DIR(a_reader_without_a_store),
        IN_DIR(originals_are_kept),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
