/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c - segments handed to threads, parts handed back in order.
 *
 * Segments are given out in the order of the list, and one only when it is less than a
 * window ahead of what is merged: so the oldest unmerged one is always in some thread's
 * hands, or done, and nobody waits for ever. */
#include "answers/scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_NS 100000000L
#define WINDOW_MAX (SCAN_THREADS_MAX * (SCAN_AHEAD + 1))

enum state { FREE, RUNNING, FULL, DONE };

struct slot { /* of one segment, from its beginning to its merge */
    enum state state;
    void *part;                 /* NULL: none, it was skipped */
    struct segment_scan *scan;  /* while it is open, for the progress */
};

struct scan {
    struct segment_list *list;
    const struct scan_job *job;
    size_t *successor; /* of each segment; NULL: none is looked for */
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows; nothing else is taken inside */
    pthread_cond_t changed;
    struct slot slot[WINDOW_MAX];
    size_t window, next, merged; /* segments */
    uint64_t done; /* bytes of segments that are read */
    enum optout_rc rc;
};

/* One segment in its thread. */
struct work {
    struct scan *scan;
    struct slot *slot;
    size_t at; /* its number */
};

static void change_state(struct scan *s, struct slot *slot, enum state to)
{
    pthread_mutex_lock(&s->lock);
    slot->state = to;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void show_scan(struct scan *s, struct slot *slot, struct segment_scan *scan)
{
    pthread_mutex_lock(&s->lock);
    slot->scan = scan;
    pthread_mutex_unlock(&s->lock);
}

static void fail(struct scan *s, enum optout_rc rc)
{
    pthread_mutex_lock(&s->lock);
    s->rc = rc;
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* Until the part was merged. */
static void wait_for_turn(struct scan *s, struct slot *slot)
{
    pthread_mutex_lock(&s->lock);
    slot->state = FULL;
    pthread_cond_broadcast(&s->changed);
    while (slot->state == FULL && !atomic_load(&s->stop))
        pthread_cond_wait(&s->changed, &s->lock);
    slot->state = RUNNING;
    pthread_mutex_unlock(&s->lock);
}

static bool on_line(void *part, const struct scan_line *line)
{
    struct work *w = part;
    if (atomic_load_explicit(&w->scan->stop, memory_order_relaxed))
        return false;
    enum scan_next next = w->scan->job->line(w->slot->part, line);
    if (next == SCAN_FULL)
        wait_for_turn(w->scan, w->slot);
    return next != SCAN_ENOUGH;
}

/* Names do not change, whatever becomes of the files. */
static char *next_name(const void *where, unsigned n)
{
    const struct work *w = where;
    size_t at = w->scan->successor[w->at];
    while (at != SIZE_MAX && n--)
        at = w->scan->successor[at];
    return at == SIZE_MAX ? NULL : strdup(w->scan->list->file[at].name);
}

/* Damage to all of a segment. */
static void hand_unopened(struct work *w, const struct segment_file *file, int why)
{
    char text[128];
    const char *last = strrchr(file->name, '/');
    snprintf(text, sizeof text, "the segment cannot be opened: %s", strerror(why));
    struct scan_line line = { .kind = SCAN_DAMAGE, .damage = text,
                              .segment = slice_cstr(last ? last + 1 : file->name) };
    (void)on_line(w, &line);
}

static enum optout_rc open_segment(struct segment_file *file, struct segment_scan **scan)
{
    enum optout_rc rc = segment_scan_open(file->path, scan);
    if (rc == OPTOUT_E_IO && errno == ENOENT && segment_find_again(file))
        rc = segment_scan_open(file->path, scan); /* closed, or compressed, meanwhile */
    return rc;
}

static void read_segment(struct scan *s, struct slot *slot, size_t at)
{
    struct work w = { s, slot, at };
    struct segment_file *file = &s->list->file[at];
    struct scan_reader to = { .wants = s->job->wants, .line = on_line, .self = s->job->self,
                              .part = &w, .next = s->successor ? next_name : NULL, .where = &w };
    struct segment_scan *scan;
    enum optout_rc rc = open_segment(file, &scan);
    if (rc != OPTOUT_OK) {
        if (rc == OPTOUT_E_NOMEM)
            fail(s, rc);
        else
            hand_unopened(&w, file, errno);
        return;
    }
    show_scan(s, slot, scan);
    if (segment_scan_read(scan, &to, true) == OPTOUT_E_NOMEM)
        fail(s, OPTOUT_E_NOMEM);
    show_scan(s, slot, NULL);
    segment_scan_close(scan);
}

/* False: there is none. */
static bool take_segment(struct scan *s, size_t *at)
{
    pthread_mutex_lock(&s->lock);
    while (!atomic_load(&s->stop) && s->next < s->list->n && s->next >= s->merged + s->window)
        pthread_cond_wait(&s->changed, &s->lock);
    bool any = !atomic_load(&s->stop) && s->next < s->list->n;
    if (any) {
        *at = s->next++;
        s->slot[*at % s->window] = (struct slot){ .state = RUNNING };
    }
    pthread_mutex_unlock(&s->lock);
    return any;
}

static void *run_thread(void *arg)
{
    struct scan *s = arg;
    for (size_t at; take_segment(s, &at);) {
        struct slot *slot = &s->slot[at % s->window];
        struct segment_file *file = &s->list->file[at];
        if (!s->job->skips || !s->job->skips(s->job->self, file)) {
            slot->part = s->job->begin(s->job->self, file);
            if (slot->part)
                read_segment(s, slot, at);
            else
                fail(s, OPTOUT_E_NOMEM);
        }
        pthread_mutex_lock(&s->lock);
        s->done += file->bytes;
        pthread_mutex_unlock(&s->lock);
        change_state(s, slot, DONE);
    }
    return NULL;
}

/* ---- the caller's thread ---- */

static uint64_t bytes_of(const struct segment_list *list)
{
    uint64_t all = 0;
    for (size_t i = 0; i < list->n; i++)
        all += list->file[i].bytes;
    return all;
}

/* With the lock held, which is left meanwhile. */
static void tell_progress(struct scan *s, uint64_t all)
{
    uint64_t done = s->done;
    for (size_t i = 0; i < s->window; i++)
        if (s->slot[i].scan)
            done += segment_scan_bytes(s->slot[i].scan);
    pthread_mutex_unlock(&s->lock);
    if (s->job->progress)
        s->job->progress(s->job->self, done < all ? done : all, all);
    pthread_mutex_lock(&s->lock);
}

static void wait_a_while(struct scan *s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PROGRESS_NS;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* With the lock held, which is left meanwhile. */
static void merge_slot(struct scan *s, struct slot *slot)
{
    bool last = slot->state == DONE;
    void *part = slot->part;
    if (last)
        slot->part = NULL;
    pthread_mutex_unlock(&s->lock);
    bool more = !part || s->job->merge(s->job->self, part, last);
    pthread_mutex_lock(&s->lock);
    if (last)
        s->merged++;
    slot->state = last ? FREE : RUNNING;
    if (!more)
        atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->changed);
}

static void merge_all(struct scan *s)
{
    uint64_t all = bytes_of(s->list);
    int64_t told = 0;
    pthread_mutex_lock(&s->lock);
    while (s->merged < s->list->n && !atomic_load(&s->stop)) {
        struct slot *slot = &s->slot[s->merged % s->window];
        if (slot->state == DONE || slot->state == FULL)
            merge_slot(s, slot);
        else
            wait_a_while(s);
        if (now_ns() - told >= PROGRESS_NS) {
            told = now_ns();
            tell_progress(s, all);
        }
    }
    tell_progress(s, all);
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static unsigned count_threads(const struct scan_job *job, size_t segments)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = job->threads ? job->threads : cores > 0 ? (unsigned)cores : 1;
    if (n > SCAN_THREADS_MAX)
        n = SCAN_THREADS_MAX;
    return n > segments ? (unsigned)segments : n;
}

static bool scan_init(struct scan *s, unsigned threads)
{
    pthread_condattr_t clock;
    s->window = threads * (SCAN_AHEAD + 1);
    if (pthread_condattr_init(&clock) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&s->changed, &clock) == 0;
    pthread_condattr_destroy(&clock);
    if (ok && pthread_mutex_init(&s->lock, NULL) != 0) {
        pthread_cond_destroy(&s->changed);
        return false;
    }
    return ok;
}

static void run_threads(struct scan *s, unsigned wanted)
{
    pthread_t thread[SCAN_THREADS_MAX];
    unsigned n = 0;
    while (n < wanted && pthread_create(&thread[n], NULL, run_thread, s) == 0)
        n++;
    if (n == 0)
        fail(s, OPTOUT_E_NOMEM);
    merge_all(s);
    for (unsigned i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
}

enum optout_rc scan_segments(struct segment_list *list, const struct scan_job *job)
{
    unsigned threads = count_threads(job, list->n);
    struct scan *s = threads ? calloc(1, sizeof *s) : NULL;
    if (!threads)
        return OPTOUT_OK;
    if (!s)
        return OPTOUT_E_NOMEM;
    s->list = list;
    s->job = job;
    s->successor = job->alone ? NULL : segment_list_next(list);
    if ((!job->alone && !s->successor) || !scan_init(s, threads)) {
        free(s->successor);
        free(s);
        return OPTOUT_E_NOMEM;
    }
    run_threads(s, threads);
    for (size_t i = 0; i < s->window; i++)
        if (s->slot[i].part)
            job->drop(job->self, s->slot[i].part);
    enum optout_rc rc = s->rc;
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->successor);
    free(s);
    return rc;
}
