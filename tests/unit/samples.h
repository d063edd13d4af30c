/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h - files of others, below the folder that OPTOUT_CORPUS names, by the ends of their
 * names. Without any the test skips, and says so. */
#ifndef OPTOUT_TESTS_SAMPLES_H
#define OPTOUT_TESTS_SAMPLES_H

#include "unit.h"

#include <ftw.h>

/* `bytes` are those of the whole file, never none; true when it is of the format. */
typedef bool sample_visit(const char *path, struct slice bytes);

static struct {
    const char *const *ends; /* NULL at the end */
    sample_visit *visit;
    unsigned files; /* of the format */
} samples;

static inline bool sample_is_named(const char *path)
{
    size_t n = strlen(path);
    for (const char *const *end = samples.ends; *end; end++)
        if (n > strlen(*end) && strcmp(path + n - strlen(*end), *end) == 0)
            return true;
    return false;
}

static inline int sample_found(const char *path, const struct stat *st, int type, struct FTW *w)
{
    (void)w;
    if (type != FTW_F || st->st_size == 0 || !sample_is_named(path))
        return 0;
    size_t n;
    uint8_t *bytes = test_read_file(path, &n);
    samples.files += samples.visit(path, slice_of(bytes, n));
    free(bytes);
    return 0;
}

/* Visits the files of these folders and of all below. Returns how many were of the format;
 * skips the test when there are none of `what`. */
static inline unsigned samples_visit(const char *what, const char *const *folders,
                                     const char *const *ends, sample_visit *visit)
{
    const char *root = getenv("OPTOUT_CORPUS");
    samples.ends = ends;
    samples.visit = visit;
    samples.files = 0;
    for (; root && *folders; folders++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", root, *folders);
        (void)nftw(path, sample_found, 8, FTW_PHYS);
    }
    if (samples.files == 0) {
        print_message("# SKIP no %s: OPTOUT_CORPUS is not set, or holds none\n", what);
        skip();
    }
    return samples.files;
}

#endif
