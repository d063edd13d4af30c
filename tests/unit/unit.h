/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - what every unit test includes: cmocka and slice assertions. */
#ifndef OPTOUT_TESTS_UNIT_H
#define OPTOUT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/rc.h"
#include "core/slice.h"

/* Compares a slice with a string; the failure shows both. */
#define assert_slice(s, expected)                                                           \
    do {                                                                                    \
        struct slice got_ = (s);                                                            \
        const char *want_ = (expected);                                                     \
        if (!slice_eq(got_, slice_cstr(want_)))                                             \
            fail_msg("got \"%.*s\", want \"%s\"", SLICE_FMT(got_), want_);                  \
    } while (0)

/* An arena for one test, big enough for anything a test parses. */
static inline struct arena test_arena(void)
{
    struct arena a;
    arena_init(&a, 64u << 20, NULL, 0);
    return a;
}

/* Built with ThreadSanitizer, a program runs what its threads do and no more: cases whose
 * names have "threads". It knows of one process, and is slow. */
static inline void test_threads_alone(void)
{
#if defined __has_feature
#if __has_feature(thread_sanitizer)
#define TEST_HAS_TSAN 1
#endif
#endif
#if defined __SANITIZE_THREAD__ || defined TEST_HAS_TSAN
    cmocka_set_test_filter("*threads*");
#endif
}

/* A whole file, or exits the test with its name; free the result. */
static inline uint8_t *test_read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    uint8_t *p = NULL;
    size_t size = 0, got = 0;
    do {
        if (got == size)
            p = realloc(p, size = size ? size * 2 : 65536);
        size_t k = fread(p + got, 1, size - got, f);
        if (k == 0)
            break;
        got += k;
    } while (1);
    fclose(f);
    *n = got;
    return p;
}

#endif
