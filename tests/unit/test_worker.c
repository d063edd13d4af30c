/* SPDX-License-Identifier: Apache-2.0 */
/* The process that reads documents: it reads what one process would, may do nothing else, and
 * whatever becomes of it, each document is answered. */
#include "unit.h"

#include "core/clock.h"
#include "daemon/sandbox.h"
#include "daemon/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define READER_FD 3
#define OVER "the reader of documents ended over it"
#define DAMAGED "the reader of documents was damaged by it"
#define LATE "reading it takes too long"

#define ROBOTS "User-agent: *\nDisallow: /a\n"

/* Both processes see it. */
static struct seen {
    int reads, secret_fd;
} *seen;

/* ---- what a document does to its reader; the word is its first line ---- */

static void call_forbidden(struct slice word)
{
    static char *const nothing[] = { NULL };
    if (slice_eq(word, SLICE_OF("open")))
        (void)open("/etc/passwd", O_RDONLY);
    else if (slice_eq(word, SLICE_OF("socket")))
        (void)socket(AF_INET, SOCK_STREAM, 0);
    else if (slice_eq(word, SLICE_OF("execve")))
        (void)execve("/bin/true", nothing, nothing);
    else if (slice_eq(word, SLICE_OF("ptrace")))
        (void)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
    else if (slice_eq(word, SLICE_OF("fork")))
        (void)fork();
    else if (slice_eq(word, SLICE_OF("kill")))
        (void)syscall(SYS_kill, 1, 0);
    else if (slice_eq(word, SLICE_OF("stat")))
        (void)access("/etc/passwd", F_OK);
    else if (slice_eq(word, SLICE_OF("run")))
        (void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    else if (slice_eq(word, SLICE_OF("x32")))
        (void)syscall(0x40000000 | 39);
    else
        return;
    _exit(77); /* it was let */
}

static void say(const void *p, size_t n)
{
    (void)!write(READER_FD, p, n);
}

static void answer_wrong(const struct worker_job_head *h, struct slice word)
{
    static char rules[64] = "no rules at all";
    struct worker_answer_head a = { .serial = h->serial, .task = WORKER_SITE,
                                    .state = SITE_NONE };
    char why[] = "two\nlines";
    if (slice_eq(word, SLICE_OF("serial")))
        a.serial++;
    else if (slice_eq(word, SLICE_OF("state")))
        a.state = SITE_STATE_COUNT;
    else if (slice_eq(word, SLICE_OF("unknown")))
        a.state = SITE_NOT_ASKED;
    else if (slice_eq(word, SLICE_OF("task")))
        a.task = WORKER_TERMS;
    else if (slice_eq(word, SLICE_OF("huge")))
        a.n_payload = UINT32_MAX;
    else if (slice_eq(word, SLICE_OF("empty")))
        a.state = SITE_PUBLISHED;
    else if (slice_eq(word, SLICE_OF("rules")))
        a = (struct worker_answer_head){ h->serial, WORKER_SITE, SITE_PUBLISHED, 0, 0,
                                         sizeof rules };
    else if (slice_eq(word, SLICE_OF("why")))
        a.n_why = sizeof why - 1;
    else if (slice_eq(word, SLICE_OF("greeting")))
        a = (struct worker_answer_head){ .task = WORKER_HELLO, .state = 1 };
    else if (!slice_eq(word, SLICE_OF("twice")))
        return;
    struct slice tail = a.n_why ? slice_cstr(why)
                        : a.n_payload == sizeof rules ? slice_of(rules, sizeof rules)
                                                      : SLICE_EMPTY;
    uint8_t all[2 * sizeof a + sizeof rules];
    memcpy(all, &a, sizeof a);
    if (tail.n)
        memcpy(all + sizeof a, tail.p, tail.n);
    size_t n = sizeof a + tail.n;
    if (slice_eq(word, SLICE_OF("twice"))) {
        memcpy(all + n, &a, sizeof a);
        n += sizeof a;
    }
    say(all, n);
    for (;;)
        ; /* until it is killed */
}

/* Not into cmocka's handlers, where the filter does not stop them. */
static _Noreturn void die(void)
{
    if (sandbox_missing())
        (void)kill(getpid(), SIGKILL);
    __builtin_trap();
}

static void misbehave(const struct worker_job_head *h, const struct worker_job_text *text)
{
    struct slice word = slice_sub(text->body, 0, slice_find(text->body, '\n'));
    int reads = ++seen->reads;
    if (slice_eq(word, SLICE_OF("dies")) || (slice_eq(word, SLICE_OF("dies once")) && reads == 1))
        die();
    if (slice_eq(word, SLICE_OF("quits")))
        _exit(0);
    while (slice_eq(word, SLICE_OF("spins")))
        ;
    if (slice_eq(word, SLICE_OF("memory")) && malloc((size_t)4 << 30))
        _exit(77);
    if (slice_eq(word, SLICE_OF("descriptors")) && write(seen->secret_fd, "x", 1) == 1)
        _exit(77);
    if (slice_eq(word, SLICE_OF("stderr")))
        (void)!write(2, "a reader has no terminal\n", 25);
    call_forbidden(word);
    answer_wrong(h, word);
}

/* ---- asking ---- */

struct asking {
    struct loop *loop;
    struct worker *worker;
    bool gone;
};

struct answer {
    struct asking *asking;
    bool done;
    uint8_t state;
    uint32_t max_age_s;
    char why[SITE_WHY_MAX + 1];
    struct buf rules;
};

static void on_gone(void *ctx)
{
    struct asking *a = ctx;
    a->gone = true;
    loop_stop(a->loop);
}

static struct asking begin(unsigned deadline_ms)
{
    struct worker_setup setup = { .deadline_ms = deadline_ms, .before = misbehave };
    struct asking a = { .worker = worker_start(&setup), .loop = loop_new() };
    assert_non_null(a.worker);
    *seen = (struct seen){ .secret_fd = -1 };
    return a;
}

static void attach(struct asking *a)
{
    assert_true(worker_attach(a->worker, a->loop, on_gone, a));
}

static void end(struct asking *a)
{
    worker_free(a->worker);
    loop_free(a->loop);
}

static void on_answer(void *ctx, const struct site_body *b)
{
    struct answer *a = ctx;
    assert_false(a->done); /* once */
    a->done = true;
    a->state = b->state;
    a->max_age_s = b->max_age_s;
    snprintf(a->why, sizeof a->why, "%.*s", SLICE_FMT(b->why));
    assert_true(!b->rules.n || (uintptr_t)b->rules.p % 8 == 0);
    assert_int_equal(buf_append(&a->rules, b->rules.p, b->rules.n), OPTOUT_OK);
    loop_stop(a->asking->loop);
}

static void ask(struct asking *all, struct answer *a, enum site_kind kind, struct slice body)
{
    struct site_answer question = { .kind = kind, .status = 200, .body = body,
                                    .url = SLICE("https://example.com/file") };
    *a = (struct answer){ .asking = all };
    buf_init(&a->rules, COMPILED_MAX);
    assert_non_null(worker_read_site(all->worker, &question, on_answer, a));
    assert_false(a->done);
}

static void await(struct answer *a)
{
    while (!a->done)
        loop_run(a->asking->loop);
}

static enum site_state answered(struct asking *all, const char *text, const char *why)
{
    struct answer a;
    ask(all, &a, SITE_ROBOTS, slice_cstr(text));
    await(&a);
    assert_string_equal(a.why, why);
    assert_true((a.state == SITE_PUBLISHED) == (a.rules.n > 0));
    buf_free(&a.rules);
    return (enum site_state)a.state;
}

/* ---- it reads as one process would ---- */

static void compare(struct asking *all, enum site_kind kind, struct slice body)
{
    struct arena arena;
    struct site_body want;
    struct answer got;
    struct site_answer question = { .kind = kind, .status = 200, .body = body,
                                    .url = SLICE("https://example.com/file") };
    arena_init(&arena, 64u << 20, NULL, 0);
    assert_int_equal(document_read_body(&question, NULL, &arena, &want), OPTOUT_OK);
    ask(all, &got, kind, body);
    await(&got);
    assert_int_equal(got.state, want.state);
    assert_int_equal(got.max_age_s, want.max_age_s);
    assert_true(slice_eq(slice_cstr(got.why), want.why));
    assert_true(slice_eq(buf_slice(&got.rules), want.rules));
    buf_free(&got.rules);
    arena_reset(&arena);
}

static void documents_are_read_as_in_one_process(void **state)
{
    (void)state;
    static const char rsl[] =
        "<rsl xmlns=\"https://rslstandard.org/rsl\" max-age=\"3\"><content url=\"/\"><license>"
        "<prohibits type=\"usage\">train-ai</prohibits></license></content></rsl>";
    static const char *const bodies[] = {
        ROBOTS, "", "<!doctype html><p>not found", "{\"error\":1}", rsl, "\x1f\x8b\x08 cut",
        "[{\"location\":\"/\",\"tdm-reservation\":1}]",
        "User-agent: GPTBot\nDisallow: /\n# We reserve all rights.\n",
    };
    struct asking all = begin(0);
    struct worker_stat stat;
    size_t n = 0;
    attach(&all);
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        for (size_t i = 0; site_kind_is_file((enum site_kind)kind) &&
                           i < sizeof bodies / sizeof *bodies; i++, n++)
            compare(&all, (enum site_kind)kind, slice_cstr(bodies[i]));
    worker_stat(all.worker, &stat);
    assert_int_equal(stat.read, n);
    assert_int_equal(stat.died + stat.late + stat.waiting, 0);
    assert_true(stat.filtered == (sandbox_missing() == NULL));
    end(&all);
}

/* libxml2 asks the C library or ICU for charsets, which open files when they are first asked. */
static void charsets_of_the_web_open_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {
        "UTF-8", "utf8", "ISO-8859-1", "iso-8859-2", "windows-1250", "Windows-1251", "windows-1252",
        "ISO-8859-15", "koi8-r", "KOI8-U", "Shift_JIS", "EUC-JP", "ISO-2022-JP", "EUC-KR", "GBK",
        "GB2312", "gb18030", "Big5", "US-ASCII", "windows-1256", "macintosh", "no-such-charset",
    };
    struct asking all = begin(0);
    struct worker_stat stat;
    attach(&all);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"%s\"?><rsl xmlns="
                 "\"https://rslstandard.org/rsl\"><content url=\"/\"><license><permits type=\"usage\">"
                 "search</permits></license></content></rsl>", names[i]);
        compare(&all, SITE_LICENCE, slice_cstr(text));
        worker_stat(all.worker, &stat);
        if (stat.died)
            fail_msg("%s ends the reader", names[i]);
    }
    end(&all);
}

static void one_that_is_large_passes_in_pieces(void **state)
{
    (void)state;
    struct buf text;
    struct asking all = begin(0);
    buf_init(&text, ROBOTS_TXT_MAX);
    while (buf_printf(&text, "User-agent: bot%zu\nDisallow: /%zu\n", text.n, text.n) == OPTOUT_OK)
        ;
    attach(&all);
    compare(&all, SITE_ROBOTS, buf_slice(&text));
    buf_free(&text);
    end(&all);
}

static void many_wait_in_order(void **state)
{
    (void)state;
    enum { MANY = WORKER_DOCUMENTS + 500 }; /* so that the reader is replaced meanwhile */
    struct asking all = begin(0);
    struct answer *a = calloc(MANY, sizeof *a);
    struct worker_stat stat;
    attach(&all);
    assert_non_null(a);
    uint64_t since = clock_mono_us();
    for (size_t i = 0; i < MANY; i++)
        ask(&all, &a[i], SITE_ROBOTS, SLICE_OF(ROBOTS));
    for (size_t i = 0; i < MANY; i++) {
        await(&a[i]);
        assert_int_equal(a[i].state, SITE_PUBLISHED);
        assert_true(i + 1 == MANY || !a[MANY - 1].done);
        buf_free(&a[i].rules);
    }
    print_message("%.1f us for each of %d documents\n",
                  (double)(clock_mono_us() - since) / MANY, MANY);
    worker_stat(all.worker, &stat);
    assert_int_equal(stat.died, 0);
    assert_int_equal(stat.read, MANY);
    free(a);
    end(&all);
}

/* ---- what it may ---- */

static int signal_of(const char *word)
{
    static const struct sandbox_limits limits = { 256u << 20, 10 };
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!sandbox_enter(&limits))
            _exit(78);
        call_forbidden(slice_cstr(word));
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static const char *const forbidden[] = { "open", "socket", "execve", "ptrace", "fork", "kill",
                                         "stat", "run",
#ifdef __x86_64__
                                         "x32",
#endif
};

static void what_it_may_not_ends_it(void **state)
{
    (void)state;
    if (sandbox_missing())
        skip();
    assert_int_equal(signal_of("nothing"), 0);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (signal_of(forbidden[i]) != SIGSYS)
            fail_msg("%s: %d", forbidden[i], signal_of(forbidden[i]));
}

static void a_reader_that_does_it_is_replaced(void **state)
{
    (void)state;
    if (sandbox_missing())
        skip();
    struct asking all = begin(0);
    struct worker_stat stat;
    attach(&all);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        assert_int_equal(answered(&all, forbidden[i], OVER), SITE_UNPARSEABLE);
        assert_int_equal(answered(&all, ROBOTS, ""), SITE_PUBLISHED);
    }
    worker_stat(all.worker, &stat);
    assert_int_equal(stat.died, 2 * sizeof forbidden / sizeof *forbidden); /* each is tried twice */
    assert_int_equal(stat.unread, sizeof forbidden / sizeof *forbidden);
    end(&all);
}

static void it_has_one_descriptor_and_little_memory(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int high = fcntl(fd, F_DUPFD, 200);
    struct asking all = begin(0);
    assert_true(fd >= 0 && high >= 200);
    attach(&all);
    seen->secret_fd = high;
    assert_int_equal(answered(&all, "descriptors\n" ROBOTS, ""), SITE_PUBLISHED);
    assert_int_equal(answered(&all, "stderr\n" ROBOTS, ""), SITE_PUBLISHED);
    if (!sandbox_missing())
        assert_int_equal(answered(&all, "memory\n" ROBOTS, ""), SITE_PUBLISHED);
    end(&all);
    close(fd);
    close(high);
}

/* ---- what becomes of a document ---- */

static void one_that_was_killed_once_is_read(void **state)
{
    (void)state;
    struct asking all = begin(0);
    attach(&all);
    assert_int_equal(answered(&all, "dies once\n" ROBOTS, ""), SITE_PUBLISHED);
    assert_int_equal(seen->reads, 2);
    end(&all);
}

static void one_that_ends_its_readers_is_unparseable(void **state)
{
    (void)state;
    struct asking all = begin(0);
    struct answer before, bad, after;
    attach(&all);
    ask(&all, &before, SITE_ROBOTS, SLICE_OF(ROBOTS));
    ask(&all, &bad, SITE_ROBOTS, SLICE_OF("dies\n"));
    ask(&all, &after, SITE_ROBOTS, SLICE_OF(ROBOTS));
    await(&after);
    assert_int_equal(before.state, SITE_PUBLISHED);
    assert_int_equal(bad.state, SITE_UNPARSEABLE);
    assert_string_equal(bad.why, OVER);
    assert_int_equal(after.state, SITE_PUBLISHED);
    assert_int_equal(seen->reads, 4);
    assert_int_equal(answered(&all, "quits\n", OVER), SITE_UNPARSEABLE);
    buf_free(&before.rules);
    buf_free(&bad.rules);
    buf_free(&after.rules);
    end(&all);
}

static void one_that_takes_too_long_is_given_up(void **state)
{
    (void)state;
    struct asking all = begin(150);
    struct worker_stat stat;
    attach(&all);
    uint64_t since = clock_mono_us();
    assert_int_equal(answered(&all, "spins\n", LATE), SITE_UNPARSEABLE);
    uint64_t took = clock_mono_us() - since;
    assert_true(took >= 150000 && took < 5000000);
    assert_int_equal(answered(&all, ROBOTS, ""), SITE_PUBLISHED);
    worker_stat(all.worker, &stat);
    assert_int_equal(stat.late, 1);
    assert_int_equal(seen->reads, 2); /* not tried again */
    end(&all);
}

static void damaged_answers_are_refused(void **state)
{
    (void)state;
    static const char *const words[] = { "serial", "state", "unknown", "task", "huge", "empty",
                                         "rules", "why", "greeting", "twice" };
    struct asking all = begin(0);
    attach(&all);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_int_equal(answered(&all, words[i], DAMAGED), SITE_UNPARSEABLE);
        assert_int_equal(answered(&all, ROBOTS, ""), SITE_PUBLISHED);
    }
    end(&all);
}

static void nobody_who_left_is_answered(void **state)
{
    (void)state;
    struct asking all = begin(0);
    struct answer left = { .asking = &all };
    struct site_answer question = { .kind = SITE_ROBOTS, .status = 200, .body = SLICE("dies\n") };
    attach(&all);
    struct worker_job *running = worker_read_site(all.worker, &question, on_answer, &left);
    assert_non_null(running);
    while (!seen->reads) {
        struct answer other; /* the first is with the reader when the second is asked for */
        ask(&all, &other, SITE_ROBOTS, SLICE_OF(ROBOTS));
        worker_leave(running);
        await(&other);
        buf_free(&other.rules);
    }
    assert_false(left.done);
    end(&all);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    size_t n = 1u << 20, taken = 0;
    uint8_t *body = calloc(1, n);
    struct asking all = begin(0);
    struct answer last = { .asking = &all };
    struct site_answer question = { .kind = SITE_TRUST, .status = 200, .body = { body, n } };
    assert_non_null(body);
    attach(&all);
    buf_init(&last.rules, COMPILED_MAX);
    for (struct worker_job *j; (j = worker_read_site(all.worker, &question, on_answer, &last));
         taken++)
        worker_leave(j);
    assert_in_range(taken, 1, WORKER_WAITING_MAX / n);
    assert_false(worker_has_room(all.worker, n));
    assert_true(worker_has_room(all.worker, 0));
    struct worker_stat stat;
    worker_stat(all.worker, &stat);
    assert_int_equal(stat.waiting, taken);
    free(body);
    end(&all);
}

static void the_catalogue_in_force_is_used(void **state)
{
    (void)state;
    static const char robots[] = "User-agent: my-token\nDisallow: /\n";
    static const char catalogue[] = "my-token\topt-out-token\ttrain-ai\t-\thttps://example.com\n";
    struct asking all = begin(0);
    struct answer without, with, back;
    attach(&all);
    ask(&all, &without, SITE_ROBOTS, SLICE_OF(robots));
    await(&without);
    assert_true(worker_agents(all.worker, SLICE_OF(catalogue)));
    ask(&all, &with, SITE_ROBOTS, SLICE_OF(robots));
    await(&with);
    assert_int_equal(with.state, SITE_PUBLISHED);
    assert_false(slice_eq(buf_slice(&with.rules), buf_slice(&without.rules)));
    assert_true(worker_agents(all.worker, SLICE_EMPTY));
    ask(&all, &back, SITE_ROBOTS, SLICE_OF(robots));
    await(&back);
    assert_true(slice_eq(buf_slice(&back.rules), buf_slice(&without.rules)));
    buf_free(&without.rules);
    buf_free(&with.rules);
    buf_free(&back.rules);
    end(&all);
}

static void the_end_of_the_keeper_is_told(void **state)
{
    (void)state;
    struct asking all = begin(0);
    char path[64];
    int keeper = 0;
    attach(&all);
    assert_int_equal(answered(&all, ROBOTS, ""), SITE_PUBLISHED);
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    while (f && fscanf(f, "%d", &keeper) == 1)
        ; /* the newest child */
    if (f)
        fclose(f);
    if (!keeper)
        skip(); /* a kernel without it */
    assert_int_equal(kill(keeper, SIGKILL), 0);
    while (!all.gone)
        loop_run(all.loop);
    end(&all);
}

static int share_memory(void **state)
{
    (void)state;
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return seen == MAP_FAILED;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read_as_in_one_process),
        cmocka_unit_test(charsets_of_the_web_open_nothing),
        cmocka_unit_test(one_that_is_large_passes_in_pieces),
        cmocka_unit_test(many_wait_in_order),
        cmocka_unit_test(what_it_may_not_ends_it),
        cmocka_unit_test(a_reader_that_does_it_is_replaced),
        cmocka_unit_test(it_has_one_descriptor_and_little_memory),
        cmocka_unit_test(one_that_was_killed_once_is_read),
        cmocka_unit_test(one_that_ends_its_readers_is_unparseable),
        cmocka_unit_test(one_that_takes_too_long_is_given_up),
        cmocka_unit_test(damaged_answers_are_refused),
        cmocka_unit_test(nobody_who_left_is_answered),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(the_catalogue_in_force_is_used),
        cmocka_unit_test(the_end_of_the_keeper_is_told),
    };
    return cmocka_run_group_tests(tests, share_memory, NULL);
}
