/* SPDX-License-Identifier: Apache-2.0 */
/* faults_journal.h - the log of a program at a journal that does not take everything: each message is with
 * the journal as a whole, or a line of standard error, or counted as lost; none is there twice, and nobody
 * waits. */
#ifndef OPTOUT_TESTS_FAULTS_JOURNAL_H
#define OPTOUT_TESTS_FAULTS_JOURNAL_H

#include "faults_fixture.h"

#include "core/journal.h"
#include "core/log.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define MESSAGES 4u
#define LONG_MESSAGE (600u << 10) /* more than a datagram takes */

WRAPPED(int, socket, (int domain, int type, int protocol), (domain, type, protocol),
        (errno = EMFILE, -1))
WRAPPED(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags),
        (errno = EAGAIN, -1))
WRAPPED(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags),
        (errno = EAGAIN, -1))
WRAPPED(int, memfd_create, (const char *name, unsigned flags), (name, flags), (errno = EMFILE, -1))
WRAPPED_TRANSFER(writev, (int fd, const struct iovec *v, int n), (fd, v, n), (fd, v, (n + 1) / 2), ENOSPC)

int __real_fcntl(int fd, int what, ...);
__attribute__((visibility("default"))) int __wrap_fcntl(int fd, int what, long value);
int __wrap_fcntl(int fd, int what, long value)
{
    return call_fails("fcntl") ? (errno = EPERM, -1) : __real_fcntl(fd, what, value);
}

static struct {
    unsigned times[MESSAGES], lost, longs;
    bool long_sent;
} heard;

/* ---- the other side ---- */

static void take_message(struct slice text)
{
    size_t at = slice_find_nocase(text, SLICE_OF("message number "));
    struct slice lost = slice_from(text, slice_find_nocase(text, SLICE_OF("OPTOUT_LOST=")));
    unsigned number = MESSAGES, n = 0;
    if (text.n > LONG_MESSAGE) { /* its name, the length, all of it and a line end */
        bool whole = slice_starts_nocase(text, SLICE_OF("MESSAGE\n")) && text.n == 8 + 8 + LONG_MESSAGE + 1;
        for (size_t i = 16; whole && i + 1 < text.n; i++)
            whole = text.p[i] == (i % 2 ? 'x' : '\n');
        if (!whole)
            fail_msg("%s: half of a long message", what_failed());
        heard.longs++;
        return;
    }
    if (lost.n && sscanf((const char *)lost.p, "OPTOUT_LOST=%u", &n) == 1)
        heard.lost += n;
    if (at == text.n || sscanf((const char *)text.p + at, "message number %u of all", &number) != 1)
        fail_msg("%s: a strange message: %.*s", what_failed(), SLICE_FMT(text));
    if (number < MESSAGES)
        heard.times[number]++;
}

static void hear_journal(int fd)
{
    static uint8_t room[LONG_MESSAGE + 4096];
    for (;;) {
        union {
            struct cmsghdr head;
            char room[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec to = { room, sizeof room - 1 };
        struct msghdr h = { .msg_iov = &to, .msg_iovlen = 1, .msg_control = control.room,
                            .msg_controllen = sizeof control.room };
        ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0)
            return;
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        if (c) {
            int file;
            memcpy(&file, CMSG_DATA(c), sizeof file);
            n = pread(file, room, sizeof room - 1, 0);
            close(file);
        }
        assert_true(n > 0);
        room[n] = 0;
        take_message(slice_of(room, (size_t)n));
    }
}

static void hear_stderr(int fd)
{
    char lines[16384];
    ssize_t n = recv(fd, lines, sizeof lines - 1, MSG_DONTWAIT);
    lines[n > 0 ? n : 0] = '\0';
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"))
        take_message(slice_cstr(line));
}

static int bind_journal(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = __real_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%.100s", path);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    return fd;
}

/* ---- one program ---- */

static void be_the_stream(int fd)
{
    struct stat st;
    char text[64];
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(__real_fstat(STDERR_FILENO, &st), 0);
    snprintf(text, sizeof text, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", text, 1);
}

static void send_long(const char *path)
{
    static uint8_t text[LONG_MESSAGE];
    struct journal_field f = { "MESSAGE", slice_of(text, sizeof text) };
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? 'x' : '\n';
    errno = 0;
    int fd = journal_socket();
    heard.long_sent = fd >= 0 && journal_send(fd, path, &f, 1);
    if (!heard.long_sent && errno == 0)
        fail_msg("journal_send fails without a reason, %s", what_failed());
    if (fd >= 0)
        close(fd);
}

static bool use_journal(void)
{
    char path[160];
    int stream[2], was = dup(STDERR_FILENO);
    memset(&heard, 0, sizeof heard);
    snprintf(path, sizeof path, "%s/journal", dir);
    int fd = bind_journal(path);
    assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) == 0);
    be_the_stream(stream[1]);
    log_open_at("test", path);
    for (unsigned i = 0; i < MESSAGES; i++)
        log_note("message number %u of all", i);
    send_long(path);
    atomic_store(&counting, false);
    log_note("message number %u of all", MESSAGES); /* it says how many nobody took */
    dup2(was, STDERR_FILENO);
    hear_journal(fd);
    hear_stderr(stream[0]);
    log_close();
    unsetenv("JOURNAL_STREAM");
    close(was);
    close(fd);
    close(stream[0]);
    close(stream[1]);
    return heard.lost || !heard.long_sent;
}

static void check_journal(void)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (heard.times[i] > 1)
            fail_msg("%s: message %u is there %u times", what_failed(), i, heard.times[i]);
        missing += !heard.times[i];
    }
    if (missing != heard.lost)
        fail_msg("%s: %u messages are missing, and %u counted as lost", what_failed(), missing, heard.lost);
    if (heard.longs != heard.long_sent)
        fail_msg("%s: the long message was %s and is there %u times", what_failed(),
                 heard.long_sent ? "taken" : "refused", heard.longs);
}

static const struct faulty faulty_journal = { "journal", NULL, use_journal, check_journal };

#endif
