/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - the daemon's side: a queue of documents, one reader, its deadline and its end.
 *
 * DESIGN. The first job of the queue is the one that is being read, when there is a reader that has
 * said hello. Its bytes go out as the socket takes them, behind the catalogue of agents when the
 * reader does not have it. Whatever goes wrong with a reader ends in lose_reader: its socket is
 * closed, the job stays first and is counted, and a new reader is asked for, at once or, when
 * readers end one after another, after a pause that doubles. The keeper kills the old one before
 * it forks. */
#include "daemon/worker.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/sandbox.h"
#include "verdict/terms.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES 2          /* readers that one document may end */
#define PAUSE_FIRST_US 50000u
#define PAUSE_MAX_US 5000000u
#define PAUSE_FREE 3     /* readers that may end one after another before there is a pause */
#define READ_PIECE (64u << 10)
#define KEEP_BUFFER (1u << 20)
#define DAY_MS (86400 * 1000ll)

struct worker_job {
    struct worker_job *next;
    struct worker *worker;
    struct buf message; /* the head as well */
    enum worker_task task;
    uint32_t serial;
    unsigned ended; /* readers, while they read it */
    int64_t now_ms;
    worker_site_done *site; /* one of the two; both NULL: nobody waits */
    worker_terms_done *terms;
    void *ctx;
};

struct worker {
    struct loop *loop;
    void (*gone)(void *ctx);
    void *ctx;
    struct watch control, reader; /* fd -1: none */
    struct timer deadline, again, next;
    struct worker_job *first, **end; /* of the queue */
    size_t waiting_bytes;
    bool ready;      /* the reader has said hello */
    bool running;    /* the first job has begun to be sent */
    bool has_agents; /* the reader has the catalogue */
    bool outdated;   /* the first job is read with another catalogue */
    bool told_unfiltered;
    struct buf agents, out, in;
    size_t out_at;
    unsigned deadline_ms, documents, ended_in_row;
    pid_t keeper;
    uint32_t serial;
    struct worker_stat stat;
};

static void advance(struct worker *w);

/* ---- jobs ---- */

static struct worker_job *job_new(struct worker *w, enum worker_task task,
                                  struct worker_job_head *head,
                                  const struct worker_job_text *text)
{
    size_t n = sizeof *head + text->url.n + text->head.n + text->body.n;
    struct worker_job *job = w->waiting_bytes + n <= WORKER_WAITING_MAX ? calloc(1, sizeof *job)
                                                                        : NULL;
    if (!job)
        return NULL;
    *job = (struct worker_job){ .worker = w, .task = task, .serial = ++w->serial,
                                .now_ms = head->now_ms };
    if (!job->serial) /* 0 is the greeting's */
        job->serial = ++w->serial;
    head->serial = job->serial;
    head->task = task;
    buf_init(&job->message, n);
    if (worker_job_print(head, text, &job->message) != OPTOUT_OK ||
        !loop_timer(w->loop, &w->next, 0)) { /* never answered from within */
        buf_free(&job->message);
        free(job);
        return NULL;
    }
    w->waiting_bytes += n;
    w->stat.waiting++;
    *w->end = job;
    w->end = &job->next;
    return job;
}

bool worker_has_room(const struct worker *w, size_t n)
{
    return w->waiting_bytes + n + sizeof(struct worker_job_head) + SITE_URL_MAX <=
           WORKER_WAITING_MAX;
}

struct worker_job *worker_read_site(struct worker *w, const struct site_answer *a,
                                    worker_site_done *done, void *ctx)
{
    struct worker_job_head head = { .kind = a->kind, .body_cut = a->body_cut,
                                    .now_ms = a->now_ms };
    struct worker_job_text text = { .url = a->url, .body = a->body };
    struct worker_job *job = job_new(w, WORKER_SITE, &head, &text);
    if (job) {
        job->site = done;
        job->ctx = ctx;
    }
    return job;
}

struct worker_job *worker_read_terms(struct worker *w, const struct worker_terms *t,
                                     worker_terms_done *done, void *ctx)
{
    struct worker_job_head head = { .status = (uint32_t)t->status, .body_cut = !t->whole,
                                    .now_ms = t->now_ms };
    struct worker_job_text text = { .url = t->url, .head = t->head, .body = t->body };
    struct worker_job *job = job_new(w, WORKER_TERMS, &head, &text);
    if (job) {
        job->terms = done;
        job->ctx = ctx;
    }
    return job;
}

void worker_leave(struct worker_job *job)
{
    job->site = NULL;
    job->terms = NULL;
}

static void drop_first(struct worker *w)
{
    struct worker_job *job = w->first;
    w->first = job->next;
    if (!w->first)
        w->end = &w->first;
    w->waiting_bytes -= job->message.limit;
    w->stat.waiting--;
    w->running = w->outdated = false;
    loop_timer_stop(w->loop, &w->deadline);
    buf_free(&job->message);
    free(job);
}

/* The first job is over. Whoever waited may do anything but free the worker. */
static void finish(struct worker *w, const struct site_body *body, const struct terms_page *page)
{
    struct worker_job *job = w->first;
    worker_site_done *site = job->site;
    worker_terms_done *terms = job->terms;
    void *ctx = job->ctx;
    drop_first(w);
    if (site && body)
        site(ctx, body);
    else if (terms && page)
        terms(ctx, page);
}

static struct slice url_of(const struct worker_job *job)
{
    struct worker_job_head head;
    memcpy(&head, job->message.p, sizeof head);
    return slice_sub(buf_slice(&job->message), sizeof head, head.n_url);
}

/* What it says is not known, and that is said. */
static void give_up(struct worker *w, const char *why)
{
    int64_t now_ms = w->first->now_ms;
    struct slice url = url_of(w->first);
    log_event_on(LOG_DOCUMENT_GIVEN_UP, url, "given up: %.*s: %s", SLICE_FMT(url), why);
    struct site_body body = { .state = SITE_UNPARSEABLE, .why = slice_cstr(why) };
    struct terms_page page = terms_unread(now_ms);
    w->stat.unread++;
    finish(w, &body, &page);
}

/* ---- readers ---- */

static void stop_reader(struct worker *w)
{
    if (w->reader.fd >= 0) {
        loop_unwatch(w->loop, &w->reader);
        close(w->reader.fd);
    }
    w->reader.fd = -1;
    w->ready = w->running = w->outdated = w->has_agents = false;
    w->out_at = 0;
    buf_clear(&w->out);
    buf_clear(&w->in);
    loop_timer_stop(w->loop, &w->deadline);
}

static bool send_socket(int control, int fd)
{
    char byte = 'R';
    struct iovec part = { &byte, 1 };
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } with = { .room = { 0 } };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = with.room,
                        .msg_controllen = sizeof with.room };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(control, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

static void pause_then_ask(struct worker *w)
{
    uint64_t us = 0;
    if (w->ended_in_row > PAUSE_FREE) {
        us = PAUSE_FIRST_US;
        for (unsigned i = PAUSE_FREE + 1; i < w->ended_in_row && us < PAUSE_MAX_US; i++)
            us *= 2;
    }
    if (!loop_timer(w->loop, &w->again, us < PAUSE_MAX_US ? us : PAUSE_MAX_US))
        w->gone(w->ctx); /* no memory: nothing would be read any more */
}

static void ask_reader(void *ctx)
{
    struct worker *w = ctx;
    int pair[2];
    if (w->control.fd < 0 || w->reader.fd >= 0)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        w->ended_in_row++;
        pause_then_ask(w);
        return;
    }
    bool sent = send_socket(w->control.fd, pair[1]);
    close(pair[1]);
    w->reader.fd = pair[0];
    w->documents = 0;
    if (sent && loop_watch(w->loop, &w->reader, EPOLLIN) &&
        loop_timer(w->loop, &w->deadline, w->deadline_ms * 1000ull)) /* of its greeting */
        return;
    stop_reader(w);
    w->ended_in_row++;
    pause_then_ask(w);
}

/* The present one ended, or does what no reader does. The document that it read is asked for
 * again, but not for ever. */
static void lose_reader(struct worker *w, const char *what)
{
    bool was_reading = w->running;
    stop_reader(w);
    w->ended_in_row++;
    w->stat.died++;
    if (was_reading && ++w->first->ended >= TRIES)
        give_up(w, what);
    pause_then_ask(w);
}

/* Of a document, or of the greeting. */
static void on_deadline(void *ctx)
{
    struct worker *w = ctx;
    if (!w->running) {
        lose_reader(w, "");
        return;
    }
    stop_reader(w);
    w->ended_in_row++;
    w->stat.late++;
    give_up(w, "reading it takes too long");
    pause_then_ask(w);
}

/* ---- what goes out ---- */

/* False: the reader is gone; said by its end. */
static bool flush(struct worker *w)
{
    while (w->out_at < w->out.n) {
        ssize_t n = send(w->reader.fd, w->out.p + w->out_at, w->out.n - w->out_at,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return (errno == EAGAIN || errno == EWOULDBLOCK) &&
                   loop_watch(w->loop, &w->reader, EPOLLIN | EPOLLOUT);
        w->out_at += (size_t)n;
    }
    return loop_watch(w->loop, &w->reader, EPOLLIN);
}

static enum optout_rc print_out(struct worker *w)
{
    struct worker_job_head head = { .task = WORKER_AGENTS };
    struct worker_job_text text = { .body = buf_slice(&w->agents) };
    enum optout_rc rc = OPTOUT_OK;
    w->out_at = 0;
    if (w->out.size > KEEP_BUFFER)
        buf_free(&w->out);
    buf_clear(&w->out);
    if (!w->has_agents)
        rc = worker_job_print(&head, &text, &w->out);
    return rc == OPTOUT_OK ? buf_append(&w->out, w->first->message.p, w->first->message.n) : rc;
}

static void skip_unwanted(struct worker *w)
{
    while (w->first && !w->running && !w->first->site && !w->first->terms)
        drop_first(w);
}

static void advance(struct worker *w)
{
    skip_unwanted(w);
    if (w->running || !w->ready || !w->first)
        return;
    if (w->documents >= WORKER_DOCUMENTS) {
        stop_reader(w);
        ask_reader(w);
        return;
    }
    w->running = true;
    w->outdated = false;
    if (print_out(w) != OPTOUT_OK ||
        !loop_timer(w->loop, &w->deadline, w->deadline_ms * 1000ull)) {
        give_up(w, "out of memory");
        (void)loop_timer(w->loop, &w->next, 0);
        return;
    }
    w->has_agents = true;
    w->documents++;
    if (!flush(w))
        lose_reader(w, "the reader of documents ended over it");
}

static void on_next(void *ctx)
{
    advance(ctx);
}

/* ---- what comes back ---- */

static void take_hello(struct worker *w, const struct worker_answer *a)
{
    w->ready = true;
    loop_timer_stop(w->loop, &w->deadline);
    w->stat.filtered = a->filtered;
    if (a->filtered || w->told_unfiltered)
        return;
    w->told_unfiltered = true;
    const char *why = sandbox_missing();
    log_event(LOG_READER, "documents are read without a filter of system calls: %s",
             why ? why : strerror(a->why_not));
}

/* It may not say that a page holds for ever, or has been over since. */
static bool bound_terms(const struct worker_job *job, struct terms_page *p)
{
    int64_t life = p->expires_ms - job->now_ms;
    return p->fetched_ms == job->now_ms && life >= DAY_MS && life <= 30 * DAY_MS;
}

static bool answers_first(const struct worker *w, struct worker_answer *a)
{
    const struct worker_job *job = w->first;
    return w->running && a->serial == job->serial && a->task == job->task &&
           w->out_at == w->out.n && (job->task != WORKER_TERMS || bound_terms(job, &a->page));
}

/* Rules are looked at where they lie: eight bytes aligned. */
static void take_answer(struct worker *w, struct worker_answer *a)
{
    struct arena arena;
    bool good = true;
    if (w->outdated) { /* once more, with the catalogue that is in force */
        w->running = false;
        loop_timer_stop(w->loop, &w->deadline);
        return;
    }
    w->ended_in_row = 0;
    w->stat.read++;
    arena_init(&arena, COMPILED_MAX + READ_PIECE, NULL, 0);
    if (a->task == WORKER_SITE && a->body.rules.n) {
        a->body.rules = arena_copy(&arena, a->body.rules, COMPILED_MAX);
        good = a->body.rules.p != NULL;
    }
    if (good)
        finish(w, &a->body, &a->page);
    else
        give_up(w, "out of memory");
    arena_reset(&arena);
}

/* False: no reader of ours says this. */
static bool take_answers(struct worker *w)
{
    struct worker_answer a;
    size_t size;
    enum optout_rc rc = worker_answer_read(buf_slice(&w->in), &a, &size);
    if (rc == OPTOUT_MORE)
        return true;
    if (rc != OPTOUT_OK || w->in.n != size) /* it is asked one thing at a time */
        return false;
    if (a.task == WORKER_HELLO ? w->ready : !answers_first(w, &a))
        return false;
    if (a.task == WORKER_HELLO)
        take_hello(w, &a);
    else
        take_answer(w, &a);
    if (w->in.size > KEEP_BUFFER)
        buf_free(&w->in);
    buf_clear(&w->in);
    return true;
}

/* 1: there may be more; 0: not now; -1: it ended. */
static int read_some(struct worker *w)
{
    uint8_t *room = buf_room(&w->in, READ_PIECE);
    if (!room)
        return -1;
    ssize_t n = recv(w->reader.fd, room, READ_PIECE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    if (n <= 0)
        return -1;
    w->in.n += (size_t)n;
    return n == READ_PIECE;
}

static void on_reader(void *ctx, uint32_t events)
{
    struct worker *w = ctx;
    if ((events & EPOLLOUT) && !flush(w)) {
        lose_reader(w, "the reader of documents ended over it");
        return;
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    int more;
    while ((more = read_some(w)) == 1)
        ;
    if (more < 0) {
        lose_reader(w, "the reader of documents ended over it");
    } else if (!take_answers(w)) {
        log_event(LOG_READER, "the reader of documents says what it cannot mean: it is replaced");
        lose_reader(w, "the reader of documents was damaged by it");
    }
    advance(w);
}

/* ---- the keeper ---- */

/* How readers ended. Ours are killed by the keeper after they were given up: no news. */
static void tell_end(int status)
{
    if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
        (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
        return;
    if (WIFSIGNALED(status))
        log_event(LOG_READER, "a reader of documents ended by signal %d (%s)%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)),
                 WTERMSIG(status) == SIGSYS ? ": it tried what it may not" : "");
    else
        log_event(LOG_READER, "a reader of documents ended with status %d", WEXITSTATUS(status));
}

static void on_control(void *ctx, uint32_t events)
{
    struct worker *w = ctx;
    int status;
    ssize_t n;
    (void)events;
    while ((n = recv(w->control.fd, &status, sizeof status, MSG_DONTWAIT)) == sizeof status)
        tell_end(status);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    loop_unwatch(w->loop, &w->control);
    close(w->control.fd);
    w->control.fd = -1;
    stop_reader(w);
    loop_timer_stop(w->loop, &w->again);
    log_event(LOG_READER, "the keeper of the reader of documents has ended");
    w->gone(w->ctx);
}

/* ---- life ---- */

struct worker *worker_start(const struct worker_setup *setup)
{
    int pair[2], self = (int)getpid();
    struct worker *w = calloc(1, sizeof *w);
    if (!w || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        free(w);
        return NULL;
    }
    pid_t keeper = fork();
    if (keeper == 0)
        worker_keep(pair[1], self, setup);
    close(pair[1]);
    if (keeper < 0) {
        close(pair[0]);
        free(w);
        return NULL;
    }
    w->keeper = keeper;
    w->control = (struct watch){ .fd = pair[0], .ready = on_control, .ctx = w };
    w->reader = (struct watch){ .fd = -1, .ready = on_reader, .ctx = w };
    w->deadline = (struct timer){ .fire = on_deadline, .ctx = w };
    w->again = (struct timer){ .fire = ask_reader, .ctx = w };
    w->next = (struct timer){ .fire = on_next, .ctx = w };
    w->deadline_ms = setup->deadline_ms ? setup->deadline_ms : WORKER_DEADLINE_MS;
    w->end = &w->first;
    w->stat.filtered = true;
    buf_init(&w->agents, WORKER_BODY_MAX);
    buf_init(&w->in, WORKER_ANSWER_MAX + READ_PIECE);
    buf_init(&w->out, 2 * (sizeof(struct worker_job_head) + SITE_URL_MAX + WORKER_HEAD_MAX +
                           (size_t)WORKER_BODY_MAX));
    return w;
}

bool worker_attach(struct worker *w, struct loop *loop, void (*gone)(void *ctx), void *ctx)
{
    w->loop = loop;
    w->gone = gone;
    w->ctx = ctx;
    if (!loop_watch(loop, &w->control, EPOLLIN))
        return false;
    ask_reader(w);
    return true;
}

bool worker_agents(struct worker *w, struct slice text)
{
    struct buf fresh;
    buf_init(&fresh, WORKER_BODY_MAX);
    if (buf_append(&fresh, text.p, text.n) != OPTOUT_OK)
        return false;
    buf_free(&w->agents);
    w->agents = fresh;
    w->has_agents = false;
    w->outdated = w->running;
    return true;
}

void worker_stat(const struct worker *w, struct worker_stat *out)
{
    *out = w->stat;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    if (w->loop) {
        stop_reader(w);
        while (w->first)
            drop_first(w);
        loop_timer_stop(w->loop, &w->again);
        loop_timer_stop(w->loop, &w->next);
        loop_unwatch(w->loop, &w->control);
    }
    if (w->control.fd >= 0)
        close(w->control.fd);
    (void)kill(w->keeper, SIGKILL); /* the reader goes with it */
    while (waitpid(w->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    buf_free(&w->agents);
    buf_free(&w->out);
    buf_free(&w->in);
    free(w);
}
