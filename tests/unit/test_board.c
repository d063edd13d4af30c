/* SPDX-License-Identifier: Apache-2.0 */
/* test_board.c - what processes say of their last command, and who may read it. */
#include "unit.h"

#include "policy/board.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], pipe_path[96], file_path[128];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/optout-board-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(pipe_path, sizeof pipe_path, "%s/ctl", dir);
    snprintf(file_path, sizeof file_path, "%s" BOARD_SUFFIX, pipe_path);
    return 0;
}

static int drop_dir(void **state)
{
    (void)state;
    unlink(file_path);
    return rmdir(dir);
}

static struct board_line line_of(long pid, const char *asked, const char *why)
{
    struct board_line l = { .pid = pid, .child = pid > 1, .command = BOARD_RELOAD,
                            .refused = why != NULL };
    snprintf(l.asked, sizeof l.asked, "%s", asked);
    snprintf(l.configuration, sizeof l.configuration, "%064ld", pid);
    snprintf(l.why, sizeof l.why, "%s", why ? why : "");
    return l;
}

static size_t read_all(struct board_line out[], size_t max)
{
    struct buf text;
    size_t n = 0;
    buf_init(&text, 1 << 20);
    assert_int_equal(board_read(pipe_path, &text), OPTOUT_OK);
    struct slice rest = buf_slice(&text);
    while (n < max && board_next(&rest, &out[n]))
        n++;
    buf_free(&text);
    return n;
}

static void what_is_said_is_read(void **state)
{
    struct board_line got[4], first = line_of(1, "me-1", NULL);
    struct board_line second = line_of(2, "me-1", "FILE:3: a\ttab and\na line end");
    (void)state;
    struct board *b = board_make(pipe_path);
    assert_int_equal(board_say(b, &first), OPTOUT_OK);
    assert_int_equal(board_say(b, &second), OPTOUT_OK);
    assert_int_equal(read_all(got, 4), 2);
    assert_false(got[0].child || got[0].refused);
    assert_true(got[1].child && got[1].refused);
    assert_int_equal(got[1].command, BOARD_RELOAD);
    assert_string_equal(got[0].asked, "me-1");
    assert_string_equal(got[0].configuration, first.configuration);
    assert_string_equal(got[0].why, "");
    assert_string_equal(got[1].why, "FILE:3: a tab and a line end");
    first = line_of(1, "me-2", NULL);
    assert_int_equal(board_say(b, &first), OPTOUT_OK);
    assert_int_equal(board_leave(b, 2), OPTOUT_OK);
    assert_int_equal(board_leave(b, 3), OPTOUT_OK);
    assert_int_equal(read_all(got, 4), 1);
    assert_string_equal(got[0].asked, "me-2");
    board_free(b);
}

static void an_older_service_does_not_speak_for_a_newer(void **state)
{
    struct board_line got[4], l = line_of(1, "old", NULL);
    (void)state;
    struct board *old = board_make(pipe_path);
    usleep(5000);
    struct board *fresh = board_make(pipe_path);
    assert_int_equal(board_say(old, &l), OPTOUT_OK);
    l = line_of(5, "new", NULL);
    assert_int_equal(board_say(fresh, &l), OPTOUT_OK);
    l = line_of(2, "old", NULL);
    assert_int_equal(board_say(old, &l), OPTOUT_OK);
    assert_int_equal(read_all(got, 4), 1);
    assert_string_equal(got[0].asked, "new");
    board_free(old);
    board_free(fresh);
}

static void many_processes_at_once(void **state)
{
    static struct board_line got[80];
    (void)state;
    struct board *b = board_make(pipe_path);
    for (long i = 1; i <= 60; i++) {
        if (fork() != 0)
            continue;
        struct board_line l = line_of(i, "all", i % 2 ? "no" : NULL);
        _exit(board_say(b, &l) == OPTOUT_OK ? 0 : 1);
    }
    for (int status, i = 0; i < 60; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(read_all(got, 80), 60);
    board_free(b);
}

struct speaker {
    struct board *board;
    long pid;
    enum optout_rc rc;
};

static void *speak_and_leave(void *ctx)
{
    struct speaker *s = ctx;
    struct board_line first = line_of(s->pid, "first", NULL), last = line_of(s->pid, "last", NULL);
    s->rc = board_say(s->board, &first);
    if (s->rc == OPTOUT_OK)
        s->rc = s->pid % 2 ? board_leave(s->board, (pid_t)s->pid) : board_say(s->board, &last);
    return NULL;
}

static void many_threads_at_once(void **state)
{
    struct board_line got[20];
    struct speaker s[16];
    pthread_t thread[16];
    (void)state;
    struct board *b = board_make(pipe_path);
    for (long i = 0; i < 16; i++) {
        s[i] = (struct speaker){ b, i + 1, OPTOUT_OK };
        assert_int_equal(pthread_create(&thread[i], NULL, speak_and_leave, &s[i]), 0);
    }
    for (size_t i = 0; i < 16; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(s[i].rc, OPTOUT_OK);
    }
    assert_int_equal(read_all(got, 20), 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(got[i].asked, "last");
    board_free(b);
}

static void links_and_locks_of_strangers_do_no_harm(void **state)
{
    struct board_line l = line_of(1, "me", NULL);
    char elsewhere[96];
    struct buf text;
    (void)state;
    struct board *b = board_make(pipe_path);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", dir);
    assert_int_equal(symlink(elsewhere, file_path), 0);
    assert_int_equal(board_say(b, &l), OPTOUT_E_IO);
    assert_int_equal(access(elsewhere, F_OK), -1);
    unlink(file_path);
    int fd = open(file_path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(board_say(b, &l), OPTOUT_E_IO); /* after a second, and not for ever */
    close(fd);
    assert_int_equal(board_say(b, &l), OPTOUT_OK);
    unlink(file_path);
    buf_init(&text, 4096);
    assert_int_equal(board_read(pipe_path, &text), OPTOUT_E_IO);
    buf_free(&text);
    board_free(b);
}

static void what_is_no_board_has_no_processes(void **state)
{
    static const char *const texts[] = { "", "\n\n", "1\tchild", "x\tchild\treload\tdone\ta\tb\tc",
                                         "0\tchild\treload\tdone\ta\tb\tc",
                                         "99999999999999999999\tchild\treload\tdone\ta\tb\tc" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice text = slice_cstr(texts[i]);
        struct board_line l;
        assert_false(board_next(&text, &l));
    }
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(what_is_said_is_read),
        IN_DIR(an_older_service_does_not_speak_for_a_newer),
        IN_DIR(many_processes_at_once),
        IN_DIR(many_threads_at_once),
        IN_DIR(links_and_locks_of_strangers_do_no_harm),
        cmocka_unit_test(what_is_no_board_has_no_processes),
    };
    return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
