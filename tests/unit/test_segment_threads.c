/* SPDX-License-Identifier: Apache-2.0 */
/* test_segment_threads.c - the log of one process under its threads: lines are written,
 * counted and synced while segments rotate and are opened again. Every line that was
 * acknowledged is in it once, behind what it refers to. Built once more with ThreadSanitizer by test_threads.sh. */
#include "unit.h"

#include "folder.h"

#include "audit/segment.h"
#include "policy/config.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define WRITERS 5
#define LINES 200u /* of each writer */
#define REOPENINGS 15

struct shared {
    struct audit *a;
    atomic_uint writing, refused, next;
};

#define REFERRED 5 /* what lines refer to; line i to i % REFERRED */

static void print_reference(const struct reference *r, struct buf *out)
{
    char text[64];
    int n = snprintf(text, sizeof text, "{\"reference\":%u}\n", *(const unsigned *)r->what);
    (void)buf_append(out, text, (size_t)n);
}

static enum optout_rc append_line(struct audit *a, unsigned i)
{
    char line[64];
    int n = snprintf(line, sizeof line, "{\"line\":%u}\n", i);
    unsigned what = i % REFERRED;
    struct reference_list refs = { .of = { { .print = print_reference, .what = &what } }, .n = 1 };
    memset(refs.of[0].id, 'a' + (int)what, sizeof refs.of[0].id);
    return audit_append(a, slice_of(line, (size_t)n), &refs);
}

static void *write_lines(void *ctx)
{
    struct shared *h = ctx;
    unsigned me = atomic_fetch_add(&h->next, 1);
    for (unsigned i = 0; i < LINES; i++)
        if (append_line(h->a, me * LINES + i) != OPTOUT_OK)
            atomic_fetch_add(&h->refused, 1);
    atomic_fetch_sub(&h->writing, 1);
    return NULL;
}

/* As the commands of the operator and the counters do, in other threads. */
static void *reopen_and_count(void *ctx)
{
    struct shared *h = ctx;
    struct audit_counters c;
    for (int i = 0; i < REOPENINGS && atomic_load(&h->writing) > 0; i++) {
        if (audit_reopen(h->a) != OPTOUT_OK)
            atomic_fetch_add(&h->refused, 1);
        audit_count(h->a, &c);
        usleep(500);
    }
    return NULL;
}

static void count_line(const char *line, bool referred[REFERRED], uint8_t times[WRITERS * LINES])
{
    unsigned i = WRITERS * LINES;
    if (sscanf(line, "{\"reference\":%u}\n", &i) == 1) {
        assert_true(i < REFERRED);
        referred[i] = true;
        return;
    }
    assert_int_equal(sscanf(line, "{\"line\":%u}\n", &i), 1);
    assert_true(i < WRITERS * LINES);
    assert_true(referred[i % REFERRED]);
    times[i]++;
}

/* How often each line is in the files; another line than ours fails. */
static void count_lines(uint8_t times[WRITERS * LINES])
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[400], line[4096];
        bool referred[REFERRED] = { false };
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f))
            count_line(line, referred, times);
        fclose(f);
    }
    closedir(d);
}

static void log_with(enum audit_sync sync)
{
    static struct config c;
    struct shared h = { .writing = WRITERS };
    struct config_error e = { .reason = "" };
    struct audit_counters count;
    uint8_t times[WRITERS * LINES] = { 0 };
    pthread_t thread[WRITERS + 1];
    memset(&c, 0, sizeof c);
    snprintf(c.node, sizeof c.node, "node");
    snprintf(c.audit_dir, sizeof c.audit_dir, "%s", dir);
    c.audit_sync = (uint8_t)sync;
    c.audit_batch_ms = 1;
    c.audit_rotate_size = 2000;
    h.a = audit_open(&c, &e);
    if (!h.a)
        fail_msg("%s", e.reason);
    for (size_t i = 0; i <= WRITERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, i < WRITERS ? write_lines
                                                                     : reopen_and_count, &h), 0);
    for (size_t i = 0; i <= WRITERS; i++)
        pthread_join(thread[i], NULL);
    audit_count(h.a, &count);
    audit_close(h.a);
    assert_int_equal(h.refused, 0);
    assert_true(count.lines > WRITERS * LINES);
    assert_true(count.rotations > 1);
    count_lines(times);
    for (size_t i = 0; i < sizeof times; i++)
        assert_int_equal(times[i], 1);
}

static void lines_of_threads_are_there_once(void **state)
{
    (void)state;
    log_with(AUDIT_SYNC_WRITE);
}

static void lines_of_threads_are_synced_in_batches(void **state)
{
    (void)state;
    log_with(AUDIT_SYNC_BATCH);
}

static void lines_of_threads_are_synced_each(void **state)
{
    (void)state;
    log_with(AUDIT_SYNC_EACH);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(lines_of_threads_are_there_once),
        IN_DIR(lines_of_threads_are_synced_in_batches),
        IN_DIR(lines_of_threads_are_synced_each),
    };
    return cmocka_run_group_tests_name("segment_threads", tests, NULL, NULL);
}
