/* SPDX-License-Identifier: Apache-2.0 */
/* faults_fixture.h - the n-th call of what somebody does fails, for every n and every way to fail;
 * what he was told, and what is there afterwards, is looked at by himself (struct faulty). For unit
 * tests and, without cmocka, for the fuzz target of the disk. */
#ifndef OPTOUT_TESTS_FAULTS_FIXTURE_H
#define OPTOUT_TESTS_FAULTS_FIXTURE_H

#include "folder.h"
#include "wrapped_disk.h"

#include <stdatomic.h>

static atomic_ulong calls;          /* since the last fail_call() */
static atomic_ulong failing_call;   /* 0: none */
static atomic_ulong second_failure; /* one that fails too; 0: none */
static atomic_bool all_after;       /* all that come after it fail too */
static const char *_Atomic failed_call; /* the one that did, the first */
static atomic_bool counting;        /* what others do in between is none of them */

static inline void fail_call(unsigned long n, bool and_all_after)
{
    atomic_store(&calls, 0);
    atomic_store(&failing_call, n);
    atomic_store(&all_after, and_all_after);
    atomic_store(&failed_call, NULL);
    atomic_store(&counting, true);
}

static inline bool several_fail(void)
{
    return atomic_load(&all_after) || atomic_load(&second_failure);
}

static inline void fail_no_more(void)
{
    atomic_store(&counting, false);
    atomic_store(&failing_call, 0);
}

static bool transfer_fails(const char *name)
{
    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return false;
    unsigned long n = atomic_fetch_add(&calls, 1) + 1, failing = atomic_load(&failing_call);
    bool fails = failing && (n == failing || n == atomic_load(&second_failure) ||
                             (n > failing && atomic_load(&all_after)));
    if (fails && !atomic_load(&failed_call))
        atomic_store(&failed_call, name);
    return fails;
}

static bool call_fails(const char *name)
{
    return fault == FAULT_ERROR && transfer_fails(name);
}

/* Of a call, and how it failed; for messages. */
static inline const char *what_failed(void)
{
    static const char *const how[FAULT_KINDS] = { "failed", "was interrupted", "was short" };
    static char text[64];
    snprintf(text, sizeof text, "%s %s", failed_call ? failed_call : "nothing", how[fault]);
    return text;
}

/* Descriptors that this process has open: a failure must not leave one behind. */
static inline unsigned open_descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static inline void write_text(const char *name, struct slice text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0)
        fail_msg("cannot write %s", path);
}

/* Somebody who needs the disk. `prepare` makes what is there before, in an empty folder, and may be NULL;
 * `use` is during the failure, and says whether it was refused anything; `check` comes after it. */
struct faulty {
    const char *name;
    void (*prepare)(void);
    bool (*use)(void);
    void (*check)(void);
};

/* Once, with that call failing (0: none). */
static inline bool fail_once(const struct faulty *f, enum fault how, unsigned long n, bool and_all_after)
{
    clear_dir();
    if (mkdir(dir, 0700) != 0)
        fail_msg("cannot make %s", dir);
    if (f->prepare)
        f->prepare();
    unsigned descriptors = open_descriptors();
    fault = how;
    fail_call(n, and_all_after);
    bool refused = f->use();
    fail_no_more();
    if (open_descriptors() != descriptors)
        fail_msg("%s: %s: a descriptor is left open", f->name, what_failed());
    f->check();
    return refused;
}

/* Each call in turn. Of the places that can fail at least one in `one_in` refuses something: else the test
 * would be none. */
static inline void fail_each_call(const struct faulty *f, unsigned long places_min, unsigned long one_in)
{
    for (int how = 0; how < FAULT_KINDS; how++) {
        if (fail_once(f, (enum fault)how, 0, false))
            fail_msg("%s: refused, and nothing failed", f->name);
        unsigned long places = atomic_load(&calls), refused = 0;
        for (unsigned long n = 1; n <= places; n++)
            refused += fail_once(f, (enum fault)how, n, false);
        printf("# %s: %s: %lu places, %lu of them refuse something\n", f->name, what_failed(), places,
               refused);
        if (how == FAULT_ERROR && (places < places_min || refused < places / one_in))
            fail_msg("%s: %lu places, %lu refused", f->name, places, refused);
    }
}

#endif
