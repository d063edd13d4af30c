/* SPDX-License-Identifier: Apache-2.0 */
/* worker_child.c - the process that reads what strangers wrote.
 *
 * Limits: READER_MEMORY of addresses, READER_CPU_S of a reader's whole life; what one document may
 * take is bounded by its parser, and by the daemon's deadline. */
#include "daemon/worker_child.h"

#include "core/log.h"
#include "daemon/sandbox.h"
#include "daemon/worker_warm.h"
#include "verdict/terms.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READER_FD 3 /* as sandbox_close_all leaves it */
#define READER_MEMORY (1u << 30)
#define READER_CPU_S 300
#define DOCUMENT_ARENA (64u << 20)
#define KEEP_BUFFER (1u << 20)

struct reader {
    const struct worker_setup *setup;
    struct agents *agents; /* NULL: the built-in ones alone */
    struct buf in, out;
};

/* ---- bytes ---- */

static bool read_all(void *to, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t got = read(READER_FD, (uint8_t *)to + at, n - at);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        at += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool write_all(struct slice s)
{
    while (s.n) {
        ssize_t n = write(READER_FD, s.p, s.n);
        if (n < 0 && errno != EINTR)
            return false;
        s = slice_from(s, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static bool read_job(struct reader *r, struct worker_job_head *h, struct worker_job_text *text)
{
    buf_clear(&r->in);
    if (!read_all(h, sizeof *h))
        return false;
    size_t n = (size_t)h->n_url + h->n_head + h->n_body;
    uint8_t *room = buf_grow(&r->in, n);
    if (!room || !read_all(room, n))
        return false;
    struct slice all = slice_of(room, n);
    text->url = slice_sub(all, 0, h->n_url);
    text->head = slice_sub(all, h->n_url, h->n_head);
    text->body = slice_from(all, (size_t)h->n_url + h->n_head);
    return true;
}

/* ---- documents ---- */

static enum optout_rc read_site(struct reader *r, const struct worker_job_head *h,
                                const struct worker_job_text *text, struct arena *arena)
{
    static const char memory[] = "reading it takes more memory than it may";
    struct site_answer a = { .kind = (enum site_kind)h->kind, .url = text->url,
                             .body = text->body, .body_cut = h->body_cut != 0, .status = 200 };
    struct site_body body;
    enum optout_rc rc = document_read_body(&a, r->agents, arena, &body);
    if (rc != OPTOUT_OK) /* it has its bounds, so the document is what asks for too much */
        body = (struct site_body){ .state = SITE_UNPARSEABLE, .why = SLICE(memory) };
    return worker_site_print(h->serial, &body, &r->out);
}

/* The body is decoded, and its end was looked at. */
static void drop_framing(struct headers *h)
{
    static const char *const framing[] = { "content-encoding", "content-length",
                                           "transfer-encoding", "content-range" };
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        bool keep = true;
        for (size_t f = 0; f < sizeof framing / sizeof *framing; f++)
            keep = keep && !slice_eq_nocase(h->v[i].name, slice_cstr(framing[f]));
        if (keep)
            h->v[n++] = h->v[i];
    }
    h->n = n;
}

static enum optout_rc read_terms(struct reader *r, const struct worker_job_head *h,
                                 const struct worker_job_text *text, struct arena *arena)
{
    struct terms_page page;
    struct exchange x = { .method = SLICE("GET"), .url = text->url, .minor = 1, .has_body = true };
    if (h->status && headers_parse(&x.response, arena, text->head) == OPTOUT_OK)
        x.status = (int)h->status;
    drop_framing(&x.response);
    struct terms_reading reading = { &x, text->body, !h->body_cut, r->setup->phrases, h->now_ms };
    if (terms_read(arena, &reading, &page) != OPTOUT_OK)
        page = terms_unread(h->now_ms);
    page.url = SLICE_EMPTY;
    return worker_terms_print(h->serial, &page, &r->out);
}

static void take_agents(struct reader *r, struct slice text)
{
    struct agents *fresh = NULL;
    unsigned line;
    const char *why;
    if (text.n && agents_parse_text(text, &fresh, &line, &why) != OPTOUT_OK)
        _exit(1); /* the daemon has read the same text */
    agents_free(r->agents);
    r->agents = fresh;
}

/* False: the daemon is gone, or the answer cannot be printed. */
static bool read_one(struct reader *r)
{
    struct worker_job_head h;
    struct worker_job_text text;
    struct arena arena;
    if (!read_job(r, &h, &text))
        return false;
    if (h.task == WORKER_AGENTS) {
        take_agents(r, text.body);
        return true;
    }
    if (r->setup->before)
        r->setup->before(&h, &text);
    buf_clear(&r->out);
    arena_init(&arena, h.task == WORKER_TERMS ? JUDGE_ARENA : DOCUMENT_ARENA, NULL, 0);
    enum optout_rc rc = h.task == WORKER_TERMS ? read_terms(r, &h, &text, &arena)
                                               : read_site(r, &h, &text, &arena);
    arena_reset(&arena);
    bool good = rc == OPTOUT_OK && write_all(buf_slice(&r->out));
    if (r->in.size > KEEP_BUFFER)
        buf_free(&r->in);
    if (r->out.size > KEEP_BUFFER)
        buf_free(&r->out);
    return good;
}

static _Noreturn void read_documents(int fd, int parent, const struct worker_setup *setup)
{
    static const struct sandbox_limits limits = { READER_MEMORY, READER_CPU_S };
    struct reader r = { .setup = setup };
    prctl(PR_SET_NAME, "optoutd-reader");
    if (!sandbox_close_all(fd) || !sandbox_bind(parent))
        _exit(1);
    buf_init(&r.in, SITE_URL_MAX + WORKER_HEAD_MAX + WORKER_BODY_MAX);
    buf_init(&r.out, WORKER_ANSWER_MAX);
    errno = 0;
    bool filtered = sandbox_enter(&limits);
    struct worker_answer_head hello = { .task = WORKER_HELLO, .state = filtered,
                                        .max_age_s = filtered ? 0 : (uint32_t)errno };
    bool good = write_all(slice_of(&hello, sizeof hello));
    while (good)
        good = read_one(&r);
    _exit(0);
}

/* ---- the keeper ---- */

/* The socket of the next reader; -1: the daemon is gone. */
static int next_socket(int control)
{
    char byte;
    struct iovec part = { &byte, 1 };
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } with;
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = with.room,
                        .msg_controllen = sizeof with.room };
    ssize_t n;
    do
        n = recvmsg(control, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
    int fd = -1;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

static int end_reader(pid_t reader)
{
    int status = -1;
    if (reader <= 0)
        return -1;
    (void)kill(reader, SIGKILL);
    while (waitpid(reader, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* A stop of the whole unit is the daemon's to hear; the others end with it. */
static void ignore_signals(void)
{
    static const int of_daemon[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
    for (size_t i = 0; i < sizeof of_daemon / sizeof *of_daemon; i++)
        signal(of_daemon[i], SIG_IGN);
}

_Noreturn void worker_keep(int control, int parent, const struct worker_setup *setup)
{
    pid_t reader = 0;
    ignore_signals();
    log_close(); /* its descriptor may become another's */
    prctl(PR_SET_NAME, "optoutd-keeper");
    if (!sandbox_close_all(control) || !sandbox_bind(parent))
        _exit(1);
    worker_warm(setup->phrases);
    for (int fd; (fd = next_socket(READER_FD)) >= 0; close(fd)) {
        int status = end_reader(reader), self = (int)getpid();
        reader = fork();
        if (reader == 0)
            read_documents(fd, self, setup);
        if (send(READER_FD, &status, sizeof status, MSG_NOSIGNAL) != sizeof status)
            break;
    }
    (void)end_reader(reader);
    _exit(0);
}
