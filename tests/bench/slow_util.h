/* SPDX-License-Identifier: Apache-2.0 */
/* slow_util.h - what the origin and the clients of slow downloads agree on.
 *
 * A path says what is to be sent, so that the origin keeps nothing of it:
 *
 *   /KIND/LENGTH/FIRST/PIECE/EVERY/NUMBER
 *
 * LENGTH bytes of body, FIRST of them at once, then PIECE bytes each EVERY milliseconds. Every
 * byte of a body is known to both ends by its offset. */
#ifndef SLOW_UTIL_H
#define SLOW_UTIL_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define SLOW_TICK_MS 20
#define SLOW_SECRET '~' /* a body that must not be delivered is made of it, and no page of ours has it */

enum slow_kind {
    SLOW_PAGE = 'p',   /* a page that says nothing of rights: its verdict is open to the end */
    SLOW_FILE = 'f',   /* a script: its head decides */
    SLOW_STREAM = 's', /* events: the first of them decide, and all pass through the filter */
    SLOW_DENIED = 'd', /* a page whose head reserves all */
    SLOW_LATE = 'l'    /* a page that says so in its last element */
};

struct slow_body {
    char kind;
    unsigned long length, first, piece, every;
};

__attribute__((noreturn, format(printf, 1, 2))) static inline void slow_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("slow: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

static inline uint64_t slow_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static inline bool slow_is_denied(char kind)
{
    return kind == SLOW_DENIED || kind == SLOW_LATE;
}

#define SLOW_HEAD "<!DOCTYPE html><title>A page</title>\n"
#define SLOW_WORDS "<p>Words of a page that say nothing of rights at all.\n"
#define SLOW_END "<meta name=\"robots\" content=\"noai\">\n"

/* The bytes from `offset` on. */
static inline void slow_fill(const struct slow_body *b, uint64_t offset, char *to, size_t n)
{
    static const size_t head = sizeof SLOW_HEAD - 1, words = sizeof SLOW_WORDS - 1, tail = sizeof SLOW_END - 1;
    for (size_t i = 0; i < n; i++, offset++) {
        if (offset < head)
            to[i] = SLOW_HEAD[offset];
        else if (b->kind == SLOW_LATE && b->length > head + tail && offset >= b->length - tail)
            to[i] = SLOW_END[offset - (b->length - tail)];
        else if (slow_is_denied(b->kind))
            to[i] = SLOW_SECRET;
        else
            to[i] = SLOW_WORDS[(offset - head) % words];
    }
}

/* As many files as this user may open. */
static inline void slow_open_many(void)
{
    struct rlimit most;
    if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
        most.rlim_cur = most.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &most);
    }
}

static inline unsigned long slow_number(const char *text, unsigned long most)
{
    char *end = NULL;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (errno || end == text || *end || n > most)
        slow_fail("%s: a number up to %lu is needed", text, most);
    return n;
}

#endif
