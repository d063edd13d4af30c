/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_builtin.c - the phrases of the source, for who configured none. */
#include "standards/phrases_builtin.h"
#include "standards/phrases_internal.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct phrases *builtin;

/* The build's own files are checked by the tests. */
static void no_fault(void *ctx, const struct phrase_fault *f)
{
    (void)ctx;
    (void)f;
}

static void make_builtin(void)
{
    if (phrases_compile_late(phrases_builtin_texts, phrases_builtin_count, no_fault, NULL,
                             &builtin) != OPTOUT_OK)
        builtin = NULL;
}

const struct phrases *phrases_builtin(void)
{
    pthread_once(&once, make_builtin);
    return builtin;
}
