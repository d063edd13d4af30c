/* SPDX-License-Identifier: Apache-2.0 */
/* The log at a journal of our own: a datagram socket that is bound where the log is told, and
 * standard error that is the stream which $JOURNAL_STREAM names. */
#include "unit.h"

#include "core/buf.h"
#include "core/journal.h"
#include "core/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX (2u << 20)

static char folder[64], path[96];
static int journal = -1;         /* what the journal reads messages from */
static int stream[2] = { -1, -1 }; /* the journal's end of standard error, and the other one */
static int real_stderr = -1;

static int bind_journal(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void name_stream(const struct stat *st)
{
    char text[64];
    snprintf(text, sizeof text, "%llu:%llu", (unsigned long long)st->st_dev,
             (unsigned long long)st->st_ino);
    setenv("JOURNAL_STREAM", text, 1);
}

static int begin(void **state)
{
    struct stat st;
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/optout-log-XXXXXX");
    if (!mkdtemp(folder) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/socket", folder);
    fcntl(stream[0], F_SETFL, O_NONBLOCK);
    journal = bind_journal();
    real_stderr = dup(STDERR_FILENO);
    dup2(stream[1], STDERR_FILENO);
    fstat(STDERR_FILENO, &st);
    name_stream(&st);
    log_verbose(false);
    log_open_at("test", path);
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_close();
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(stream[0]);
    close(stream[1]);
    close(journal);
    unlink(path);
    rmdir(folder);
    unsetenv("JOURNAL_STREAM");
    return 0;
}

/* ---- reading as the journal does ---- */

struct message {
    uint8_t *p;
    size_t n;
    bool by_file;
};

static bool read_message(struct message *m)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    m->p = malloc(MESSAGE_MAX);
    struct iovec to = { m->p, MESSAGE_MAX };
    struct msghdr h = { .msg_iov = &to, .msg_iovlen = 1, .msg_control = control.room,
                        .msg_controllen = sizeof control.room };
    ssize_t n = recvmsg(journal, &h, MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n >= 0 ? CMSG_FIRSTHDR(&h) : NULL;
    m->by_file = c && c->cmsg_type == SCM_RIGHTS;
    if (m->by_file) {
        int fd, want = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        assert_int_equal(n, 0);
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
        assert_int_equal(fcntl(fd, F_GET_SEALS) & want, want); /* else the journal refuses it */
        n = pread(fd, m->p, MESSAGE_MAX, 0);
        close(fd);
    }
    m->n = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

/* The value of the only field of that name; empty when there is none. */
static struct slice field(const struct message *m, const char *name)
{
    struct slice rest = slice_of(m->p, m->n), found = SLICE_EMPTY;
    unsigned times = 0;
    while (rest.n) {
        size_t line = slice_find(rest, '\n'), equals = slice_find(rest, '=');
        struct slice its_name, value;
        assert_true(line < rest.n);
        if (equals < line) {
            its_name = slice_sub(rest, 0, equals);
            value = slice_sub(rest, equals + 1, line - equals - 1);
            rest = slice_from(rest, line + 1);
        } else {
            uint64_t n = 0;
            its_name = slice_sub(rest, 0, line);
            assert_true(rest.n > line + 9);
            for (unsigned i = 0; i < 8; i++)
                n |= (uint64_t)rest.p[line + 1 + i] << (8 * i);
            assert_true(n < rest.n - line - 9);
            value = slice_sub(rest, line + 9, n);
            assert_int_equal(rest.p[line + 9 + n], '\n');
            rest = slice_from(rest, line + 10 + n);
        }
        if (slice_eq(its_name, slice_cstr(name))) {
            found = value;
            times++;
        }
    }
    assert_true(times <= 1);
    return found;
}

static struct slice on_stderr(char *room, size_t size)
{
    ssize_t n = read(stream[0], room, size);
    return slice_of(room, n < 0 ? 0 : (size_t)n);
}

/* ---- the tests ---- */

static void an_event_has_its_fields(void **state)
{
    struct message m;
    char room[256];
    (void)state;
    log_event_on(LOG_FORGOTTEN, SLICE_OF("https://a.example"), "forgotten: %s", "https://a.example");
    assert_true(read_message(&m));
    assert_slice(field(&m, "MESSAGE"), "forgotten: https://a.example");
    assert_slice(field(&m, "PRIORITY"), "5");
    assert_slice(field(&m, "SYSLOG_IDENTIFIER"), "test");
    assert_slice(field(&m, "MESSAGE_ID"), "95389f5827ee4d4fa4bba1369bf2ef7a");
    assert_slice(field(&m, "OPTOUT_EVENT"), "forgotten");
    assert_slice(field(&m, "OPTOUT_ORIGIN"), "https://a.example");
    assert_slice(field(&m, "OPTOUT_LOST"), "");
    free(m.p);
    assert_int_equal(on_stderr(room, sizeof room).n, 0); /* not twice */
}

static void a_note_has_no_id(void **state)
{
    struct message m;
    (void)state;
    log_note("by the way, %d", 7);
    assert_true(read_message(&m));
    assert_slice(field(&m, "MESSAGE"), "by the way, 7");
    assert_slice(field(&m, "MESSAGE_ID"), "");
    free(m.p);
}

/* A URL is chosen by others: it may make neither a line nor a field. */
static void hostile_bytes_make_no_field(void **state)
{
    static const char hostile[] = "http://a/\nPRIORITY=0\nMESSAGE_ID=00";
    struct message m;
    (void)state;
    log_event_on(LOG_STORE_NOT_WRITTEN, slice_cstr(hostile), "bad: %s\x1b[2J", hostile);
    assert_true(read_message(&m));
    assert_slice(field(&m, "MESSAGE"), "bad: http://a/?PRIORITY=0?MESSAGE_ID=00?[2J");
    assert_slice(field(&m, "PRIORITY"), "3");
    assert_slice(field(&m, "MESSAGE_ID"), "16fd60aefed84a29adc80a3fa8c74439");
    assert_slice(field(&m, "OPTOUT_URL"), hostile);
    free(m.p);
}

static void a_subject_is_bounded(void **state)
{
    struct message m;
    char *large = calloc(1, LOG_SUBJECT_MAX + 5);
    (void)state;
    memset(large, 'u', LOG_SUBJECT_MAX + 4);
    log_event_on(LOG_STORE_NOT_WRITTEN, slice_cstr(large), "large");
    assert_true(read_message(&m));
    assert_int_equal(field(&m, "OPTOUT_URL").n, LOG_SUBJECT_MAX);
    free(m.p);
    free(large);
}

static void what_is_too_large_goes_as_a_file(void **state)
{
    struct message m;
    size_t n = 1u << 20;
    char *large = malloc(n);
    (void)state;
    memset(large, 'x', n);
    large[5] = '\n';
    struct journal_field f[] = { { "MESSAGE", SLICE("large") }, { "OPTOUT_TEXT", slice_of(large, n) } };
    int fd = journal_socket();
    assert_true(journal_send(fd, path, f, 2));
    close(fd);
    assert_true(read_message(&m));
    assert_true(m.by_file);
    assert_slice(field(&m, "MESSAGE"), "large");
    assert_true(slice_eq(field(&m, "OPTOUT_TEXT"), slice_of(large, n)));
    free(m.p);
    free(large);
}

static void without_a_journal_it_is_said_on_standard_error(void **state)
{
    char room[256];
    (void)state;
    unlink(path);
    log_event(LOG_RUNS_AS_ROOT, "as %s", "root");
    assert_slice(on_stderr(room, sizeof room), "<4>as root\n"); /* read by the journal's stream */
}

/* A journal that does not read must not stop who serves. */
static void nothing_waits_and_what_was_lost_is_told(void **state)
{
    struct message m;
    char room[65536];
    unsigned long long lost = 0;
    bool told = false;
    (void)state;
    alarm(20); /* it would wait for ever */
    for (int i = 0; i < 20000; i++)
        log_event(LOG_STORE, "%s %d", "a line of the log that nobody reads, for the journal stands still", i);
    alarm(0);
    while (read_message(&m))
        free(m.p);
    free(m.p);
    while (on_stderr(room, sizeof room).n)
        ;
    log_event(LOG_STORE, "the first that is read again");
    assert_true(read_message(&m));
    struct slice n = field(&m, "OPTOUT_LOST");
    told = sscanf((const char *)n.p, "%llu", &lost) == 1;
    free(m.p);
    assert_true(told);
    assert_true(lost > 1000 && lost < 20000);
    log_event(LOG_STORE, "the next one");
    assert_true(read_message(&m));
    assert_slice(field(&m, "OPTOUT_LOST"), ""); /* once */
    free(m.p);
}

static void another_stream_is_not_the_journal(void **state)
{
    struct message m;
    struct stat st;
    char room[256];
    (void)state;
    fstat(STDERR_FILENO, &st);
    st.st_ino++;
    name_stream(&st);
    log_open_at("test", path);
    log_event(LOG_STARTED, "ready");
    assert_false(read_message(&m));
    free(m.p);
    struct slice line = on_stderr(room, sizeof room);
    assert_int_equal(line.n, 24 + 1 + 6);
    assert_slice(slice_from(line, 24), " ready\n");
    setenv("JOURNAL_STREAM", "what", 1);
    assert_false(journal_has(STDERR_FILENO));
    unsetenv("JOURNAL_STREAM");
    assert_false(journal_has(STDERR_FILENO));
}

static void details_are_for_v(void **state)
{
    struct message m;
    (void)state;
    log_event_on(LOG_SITE_FILE_READ, SLICE_OF("http://a/robots.txt"), "read");
    assert_false(read_message(&m));
    free(m.p);
    log_verbose(true);
    log_event_on(LOG_SITE_FILE_READ, SLICE_OF("http://a/robots.txt"), "read");
    assert_true(read_message(&m));
    assert_slice(field(&m, "PRIORITY"), "7");
    free(m.p);
}

static void who_has_a_log_besides_writes_to_the_journal_alone(void **state)
{
    struct message m;
    char room[256];
    (void)state;
    log_to_journal(LOG_AUDIT_FAILURE, SLICE_EMPTY, SLICE_OF("AUDIT\nFAILURE"));
    assert_true(read_message(&m));
    assert_slice(field(&m, "MESSAGE"), "AUDIT?FAILURE");
    assert_slice(field(&m, "PRIORITY"), "2");
    free(m.p);
    unlink(path);
    log_to_journal(LOG_AUDIT_FAILURE, SLICE_EMPTY, SLICE_OF("again"));
    assert_int_equal(on_stderr(room, sizeof room).n, 0);
}

/* ---- the table ---- */

static void ids_are_ids_and_differ(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOG_EVENT_KINDS; i++) {
        const struct log_event_row *a = log_event_row((enum log_event)i);
        assert_int_equal(strlen(a->id), 32);
        assert_int_equal(strspn(a->id, "0123456789abcdef"), 32);
        for (unsigned j = 0; j < i; j++) {
            const struct log_event_row *b = log_event_row((enum log_event)j);
            assert_string_not_equal(a->id, b->id);
            assert_string_not_equal(a->word, b->word);
        }
        for (const char *c = a->field; c && *c; c++)
            assert_true(isupper((unsigned char)*c) || *c == '_');
    }
}

static void the_guide_names_each_kind(void **state)
{
    static const char *const words[] = { "critical", "error", "warning", "notice", "info", "debug" };
    char name[512], row[160];
    static char guide[512 * 1024];
    unsigned rows = 0;
    (void)state;
    snprintf(name, sizeof name, "%s/docs/operator-guide.md", getenv("OPTOUT_SRCDIR"));
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    guide[fread(guide, 1, sizeof guide - 1, f)] = '\0';
    fclose(f);
    for (unsigned i = 0; i < LOG_EVENT_KINDS; i++) {
        const struct log_event_row *r = log_event_row((enum log_event)i);
        snprintf(row, sizeof row, "| `%s` | %s | %s%s%s | `%s` |", r->word,
                 words[r->priority - LOG_PRIORITY_CRITICAL], r->field ? "`" : "",
                 r->field ? r->field : "", r->field ? "`" : "", r->id);
        if (!strstr(guide, row))
            fail_msg("docs/operator-guide.md has no row: %s", row);
    }
    for (const char *at = guide; (at = strstr(at, "` |\n")); at++)
        rows += at - guide > 33 && at[-33] == '`' && strspn(at - 32, "0123456789abcdef") == 32;
    assert_int_equal(rows, LOG_EVENT_KINDS); /* and none that is gone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_has_its_fields, begin, end),
        cmocka_unit_test_setup_teardown(a_note_has_no_id, begin, end),
        cmocka_unit_test_setup_teardown(hostile_bytes_make_no_field, begin, end),
        cmocka_unit_test_setup_teardown(a_subject_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(what_is_too_large_goes_as_a_file, begin, end),
        cmocka_unit_test_setup_teardown(without_a_journal_it_is_said_on_standard_error, begin, end),
        cmocka_unit_test_setup_teardown(nothing_waits_and_what_was_lost_is_told, begin, end),
        cmocka_unit_test_setup_teardown(another_stream_is_not_the_journal, begin, end),
        cmocka_unit_test_setup_teardown(details_are_for_v, begin, end),
        cmocka_unit_test_setup_teardown(who_has_a_log_besides_writes_to_the_journal_alone, begin, end),
        cmocka_unit_test(ids_are_ids_and_differ),
        cmocka_unit_test(the_guide_names_each_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
