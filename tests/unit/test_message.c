/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c - messages cut anywhere and with any numbers in them; the
 * filter's side against a daemon that is late, restarted, away or full. */
#include "unit.h"

#include "core/clock.h"
#include "site/message.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


static const struct message question = {
    .verb = MESSAGE_ASK,
    .n = 4,
    .field = { SLICE("https://example.com"), SLICE(""), SLICE("Bot/1.0"), SLICE("500") },
};

/* ---- framing ------------------------------------------------------------ */

static void a_message_is_read_as_printed(void **state)
{
    (void)state;
    struct buf out;
    struct message m = question, got;
    size_t used = 0;
    m.tag = 0x01020304;
    buf_init(&out, MESSAGE_MAX);
    assert_int_equal(message_print(&m, &out), OPTOUT_OK);
    size_t one = out.n;
    assert_memory_equal(out.p, "OPT1\1\4\0\0\0\0\0\x2d\1\2\3\4", 16);
    assert_int_equal(message_print(&m, &out), OPTOUT_OK);
    for (size_t n = 0; n < one; n++)
        assert_int_equal(message_read(slice_of(out.p, n), &got, &used), OPTOUT_MORE);
    for (size_t n = one; n <= out.n; n++) {
        assert_int_equal(message_read(slice_of(out.p, n), &got, &used), OPTOUT_OK);
        assert_int_equal(used, one);
        assert_int_equal(got.verb, MESSAGE_ASK);
        assert_int_equal(got.tag, m.tag);
        assert_int_equal(got.n, 4);
        for (size_t i = 0; i < 4; i++)
            assert_true(slice_eq(got.field[i], m.field[i]));
    }
    buf_free(&out);
}

static void hostile_numbers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        enum optout_rc rc;
    } rows[] = {
#define ROW(text, rc) { text, sizeof text - 1, rc }
        ROW("", OPTOUT_MORE),
        ROW("O", OPTOUT_MORE),
        ROW("G", OPTOUT_E_SYNTAX),
        ROW("OPT2", OPTOUT_E_SYNTAX),
        ROW("OPT1\0", OPTOUT_E_SYNTAX),
        ROW("OPT1\x0a", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\x09", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\1", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\1", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\xff\xff\xff\xff", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\0\x11\0\0", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\0\x10\xff\xf0\0\0\0\0", OPTOUT_MORE),
        ROW("OPT1\1\0\0\0\0\0\0\0\0\0\0\0", OPTOUT_OK),
        /* bytes beyond the fields, fields beyond the bytes */
        ROW("OPT1\1\0\0\0\0\0\0\1\0\0\0\0x", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\0\0\0\3\0\0\0\0abc", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\0\0\0\5\0\0\0\0\0\0\0\2a", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\0\0\0\5\0\0\0\0\xff\xff\xff\xff" "a", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\2\0\0\0\0\0\x08\0\0\0\0\0\0\0\4\0\0\0\0", OPTOUT_E_SYNTAX),
        ROW("OPT1\1\1\0\0\0\0\0\5\0\0\0\0\0\0\0\1a", OPTOUT_OK),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m;
        size_t used = 0;
        enum optout_rc rc = message_read(slice_of(rows[i].bytes, rows[i].n), &m, &used);
        if (rc != rows[i].rc)
            fail_msg("row %zu: got %d, want %d", i, (int)rc, (int)rows[i].rc);
    }
}

static void what_is_too_long_is_not_printed(void **state)
{
    (void)state;
    static uint8_t large[MESSAGE_MAX];
    struct buf out;
    struct message m = { .verb = MESSAGE_LEARN, .n = 2, .field = { SLICE_OF("a") } };
    buf_init(&out, 2 * MESSAGE_MAX);
    m.field[1] = slice_of(large, MESSAGE_MAX - MESSAGE_HEAD - 8);
    assert_int_equal(message_print(&m, &out), OPTOUT_E_LIMIT);
    m.field[1] = slice_of(large, SIZE_MAX / 2);
    assert_int_equal(message_print(&m, &out), OPTOUT_E_LIMIT);
    m.n = MESSAGE_FIELDS_MAX + 1;
    assert_int_equal(message_print(&m, &out), OPTOUT_E_LIMIT);
    assert_int_equal(out.n, 0);
    m.n = 2;
    m.field[1] = slice_of(large, 1u << 20);
    assert_int_equal(message_print(&m, &out), OPTOUT_OK);
    buf_free(&out);
}

/* ---- a small daemon ----------------------------------------------------- */

enum conduct {
    SAYS,      /* answers at once with `word` */
    LATE,      /* reads, answers when `held` ends */
    BYTEWISE,  /* answers byte by byte */
    GARBAGE,   /* answers with what is no message */
    HANGS_UP,  /* closes after one answer */
    MUTE       /* accepts and never reads */
};

struct daemon {
    char path[64];
    int listener;
    enum conduct conduct;
    const char *_Atomic word; /* changed while it serves */
    atomic_bool held;
    pthread_t thread;
    int stop[2];
    unsigned questions, connections;
    size_t bytes; /* of told messages */
};

static bool serve(struct daemon *d, int fd, const struct message *m)
{
    struct message answer = { .verb = MESSAGE_ANSWER, .tag = m->tag, .n = 2 };
    struct buf out;
    bool go_on = true;
    d->questions++;
    if (m->verb == MESSAGE_LEARN) {
        for (size_t i = 0; i < m->n; i++)
            d->bytes += m->field[i].n;
        return true;
    }
    answer.field[0] = slice_cstr(d->word);
    answer.field[1] = SLICE_OF("text");
    buf_init(&out, MESSAGE_MAX);
    if (message_print(&answer, &out) != OPTOUT_OK)
        abort();
    if (d->conduct == GARBAGE)
        out.p[0] = 'X';
    while (d->conduct == LATE && atomic_load(&d->held))
        usleep(1000);
    for (size_t i = 0; i < out.n;) {
        ssize_t n = send(fd, out.p + i, d->conduct == BYTEWISE ? 1 : out.n - i, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        i += (size_t)n;
        if (d->conduct == BYTEWISE)
            usleep(1000);
    }
    go_on = d->conduct != HANGS_UP;
    buf_free(&out);
    return go_on;
}

static void talk_to(struct daemon *d, int fd)
{
    struct buf in;
    buf_init(&in, 4 * MESSAGE_MAX);
    for (bool go_on = true; go_on;) {
        struct pollfd p[2] = { { fd, POLLIN, 0 }, { d->stop[0], POLLIN, 0 } };
        if (d->conduct == MUTE)
            p[0].fd = -1;
        if (poll(p, 2, -1) < 0 || p[1].revents)
            break;
        uint8_t *room = buf_room(&in, 65536);
        ssize_t n = room ? recv(fd, room, 65536, 0) : -1;
        if (n <= 0)
            break;
        in.n += (size_t)n;
        struct message m;
        size_t used;
        while (go_on && message_read(buf_slice(&in), &m, &used) == OPTOUT_OK) {
            go_on = serve(d, fd, &m);
            memmove(in.p, in.p + used, in.n - used);
            in.n -= used;
        }
    }
    buf_free(&in);
    close(fd);
}

static void *run(void *ctx)
{
    struct daemon *d = ctx;
    for (;;) {
        struct pollfd p[2] = { { d->listener, POLLIN, 0 }, { d->stop[0], POLLIN, 0 } };
        if (poll(p, 2, -1) < 0 || p[1].revents)
            return NULL;
        int fd = accept(d->listener, NULL, NULL);
        if (fd < 0)
            continue;
        d->connections++;
        talk_to(d, fd);
    }
}

static void begin(struct daemon *d, enum conduct conduct, const char *word)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    memset(d, 0, sizeof *d);
    snprintf(d->path, sizeof d->path, "/tmp/optout-message-%d.sock", (int)getpid());
    memcpy(to.sun_path, d->path, sizeof d->path);
    unlink(d->path);
    d->conduct = conduct;
    d->held = conduct == LATE;
    d->word = word;
    d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(d->listener, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(listen(d->listener, 4), 0);
    assert_int_equal(pipe(d->stop), 0);
    assert_int_equal(pthread_create(&d->thread, NULL, run, d), 0);
}

static void end(struct daemon *d)
{
    assert_int_equal(write(d->stop[1], "x", 1), 1);
    pthread_join(d->thread, NULL);
    close(d->listener);
    close(d->stop[0]);
    close(d->stop[1]);
    unlink(d->path);
}

static void words_are_understood(void **state)
{
    (void)state;
    static const struct {
        enum conduct conduct;
        const char *word;
        enum ask_result result;
    } rows[] = {
        { SAYS, "known", ASK_KNOWN },     { SAYS, "late", ASK_LATE },
        { SAYS, "refused", ASK_REFUSED }, { SAYS, "error", ASK_LATE },
        { SAYS, "", ASK_LATE },           { BYTEWISE, "known", ASK_KNOWN },
        { HANGS_UP, "known", ASK_KNOWN }, { GARBAGE, "known", ASK_AWAY },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct daemon d;
        begin(&d, rows[i].conduct, rows[i].word);
        for (int k = 0; k < 3; k++) {
            enum ask_result got = message_ask(d.path, &question, 2000);
            if (got != rows[i].result)
                fail_msg("row %zu, %d: got %d", i, k, (int)got);
        }
        end(&d);
        if (rows[i].conduct == SAYS)
            assert_int_equal(d.connections, 1);
    }
}

static void a_late_daemon_is_not_waited_for(void **state)
{
    (void)state;
    struct daemon d;
    begin(&d, LATE, "known");
    uint64_t start = clock_mono_us();
    assert_int_equal(message_ask(d.path, &question, 50), ASK_LATE);
    assert_true(clock_mono_us() - start >= 50000);
    /* The answer of before is not taken for that of the next question. */
    d.word = "refused";
    atomic_store(&d.held, false);
    assert_int_equal(message_ask(d.path, &question, 3000), ASK_REFUSED);
    end(&d);
}

static void a_daemon_that_is_away_or_comes_back(void **state)
{
    (void)state;
    struct daemon d;
    begin(&d, SAYS, "known");
    assert_int_equal(message_ask(d.path, &question, 500), ASK_KNOWN);
    end(&d);
    assert_int_equal(message_ask(d.path, &question, 500), ASK_AWAY);
    assert_false(message_tell(d.path, &question));
    assert_int_equal(message_ask("", &question, 500), ASK_AWAY);
    begin(&d, SAYS, "known");
    assert_int_equal(message_ask(d.path, &question, 500), ASK_KNOWN);
    char path[64];
    memcpy(path, d.path, sizeof path);
    end(&d);
    begin(&d, SAYS, "refused");
    assert_string_equal(path, d.path);
    assert_int_equal(message_ask(d.path, &question, 500), ASK_REFUSED);
    end(&d);
}

static void what_is_told_arrives(void **state)
{
    (void)state;
    static uint8_t body[512 << 10];
    struct daemon d;
    struct message m = { .verb = MESSAGE_LEARN, .n = 1, .field = { slice_of(body, sizeof body) } };
    begin(&d, SAYS, "known");
    unsigned told = 0;
    for (int i = 0; i < 20; i++)
        told += message_tell(d.path, &m);
    assert_true(told > 0);
    assert_int_equal(message_ask(d.path, &question, 2000), ASK_KNOWN);
    end(&d);
    assert_true(d.bytes >= told * sizeof body || d.connections > 1);
}

static void a_full_queue_takes_no_more(void **state)
{
    (void)state;
    static uint8_t body[512 << 10];
    struct daemon d;
    struct message m = { .verb = MESSAGE_LEARN, .n = 1, .field = { slice_of(body, sizeof body) } };
    begin(&d, MUTE, "known");
    assert_false(message_tell(d.path, &m));
    m.field[0].n = 1000;
    unsigned told = 0;
    while (told < 5000 && message_tell(d.path, &m))
        told++;
    assert_true(told < 5000);
    assert_int_equal(message_ask(d.path, &question, 20), ASK_LATE);
    end(&d);
}

static void a_call_brings_the_fields(void **state)
{
    (void)state;
    struct daemon d;
    struct message answer;
    struct buf storage;
    buf_init(&storage, MESSAGE_MAX);
    begin(&d, SAYS, "done");
    assert_int_equal(message_call(d.path, &question, 500, &answer, &storage), OPTOUT_OK);
    assert_int_equal(answer.n, 2);
    assert_slice(answer.field[0], "done");
    assert_slice(answer.field[1], "text");
    assert_true(answer.field[1].p > storage.p && answer.field[1].p < storage.p + storage.n);
    end(&d);
    assert_int_equal(message_call(d.path, &question, 500, &answer, &storage), OPTOUT_E_IO);
    buf_free(&storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_as_printed),
        cmocka_unit_test(hostile_numbers_are_refused),
        cmocka_unit_test(what_is_too_long_is_not_printed),
        cmocka_unit_test(words_are_understood),
        cmocka_unit_test(a_late_daemon_is_not_waited_for),
        cmocka_unit_test(a_daemon_that_is_away_or_comes_back),
        cmocka_unit_test(what_is_told_arrives),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(a_call_brings_the_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
