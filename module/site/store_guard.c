/* SPDX-License-Identifier: Apache-2.0 */
#include "site/store_guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define STACK (1u << 20) /* LMDB keeps its cursors there, each of some hundred bytes */

/* The signals that were blocked are those after a fault too. ThreadSanitizer runs handlers
 * with all blocked: what is built with it sets 1. */
#ifndef STORE_GUARD_MASK
#define STORE_GUARD_MASK 0
#endif

struct guard {
    sigjmp_buf at;
    struct guard *outer;
};

/* Looked at by the handler, which must not allocate: hence the model. */
static _Thread_local struct guard *volatile innermost
    __attribute__((tls_model("initial-exec")));

static const int faults[] = { SIGBUS, SIGSEGV };
enum { FAULTS = sizeof faults / sizeof *faults };
static struct sigaction before[FAULTS];

static void leave(void)
{
    struct guard *g = innermost;
    innermost = g->outer;
    siglongjmp(g->at, 1);
}

/* Not ours: as if this handler were not there. After a return the instruction
 * faults once more. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction *was = &before[number == faults[0] ? 0 : 1];
    if (was->sa_flags & SA_SIGINFO)
        was->sa_sigaction(number, info, context);
    else if (was->sa_handler == SIG_DFL || was->sa_handler == SIG_IGN)
        signal(number, SIG_DFL);
    else
        was->sa_handler(number);
}

/* A signal that somebody sent (si_code <= 0) is no fault. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    if (innermost && info->si_code > 0)
        leave();
    pass_on(number, info, context);
}

static void install(void)
{
    struct sigaction a = { .sa_sigaction = on_fault };
    /* The signal stays open: siglongjmp then needs no mask, nor sigsetjmp a system call. */
    a.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&a.sa_mask);
    for (size_t i = 0; i < FAULTS; i++)
        sigaction(faults[i], &a, &before[i]);
}

void store_guard_install(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}

void store_guard_assert(MDB_env *env, const char *text)
{
    (void)env;
    (void)text;
    if (innermost)
        leave();
}

int store_guarded(store_work *work, void *ctx)
{
    struct guard g;
    g.outer = innermost;
    if (sigsetjmp(g.at, STORE_GUARD_MASK) != 0)
        return STORE_FAULT;
    innermost = &g;
    int rc = work(ctx);
    innermost = g.outer;
    return rc;
}

struct threaded {
    store_work *work;
    void *ctx;
    int rc;
};

static void *run(void *ctx)
{
    struct threaded *t = ctx;
    t->rc = store_guarded(t->work, t->ctx);
    return NULL;
}

int store_guarded_thread(store_work *work, void *ctx)
{
    struct threaded t = { work, ctx, STORE_FAULT };
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    int failed = pthread_create(&thread, &attributes, run, &t);
    pthread_attr_destroy(&attributes);
    if (failed)
        return store_guarded(work, ctx);
    pthread_join(thread, NULL);
    return t.rc;
}
