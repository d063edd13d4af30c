/* SPDX-License-Identifier: Apache-2.0 */
/* segments.h - which segments files and folders have, each once, whatever it is called
 * meanwhile: being written, closed, or compressed.
 *
 * One thread at a time. Sorted by nothing but the order of adding; within a folder by name,
 * which is by node and time. */
#ifndef OPTOUT_ANSWERS_SEGMENTS_H
#define OPTOUT_ANSWERS_SEGMENTS_H

#include "core/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment_file {
    char *name; /* of the closed segment, with its folder */
    char *path; /* as it was found */
    uint64_t bytes; /* of the file when it was found */
};

struct segment_list {
    struct segment_file *file;
    size_t n, room;
    void *names; /* finds them */
};

/* Adds what `path` names: a segment, or every segment of a folder (not of folders in it)
 * that is not yet there. A file counts as a segment whatever its name is. One that is there
 * already and is called otherwise now gets its new path. False with errno. */
bool segment_list_add(struct segment_list *list, const char *path) OPTOUT_CHECKED;
/* Looks for one that is gone under the names that it has once closed; false with errno
 * ENOENT. */
bool segment_find_again(struct segment_file *f) OPTOUT_CHECKED;
/* For each segment the number of the one that the same process wrote next, by their names
 * (docs/audit-format.md); SIZE_MAX: there is none. To be freed; NULL: memory is used up, or the
 * list is empty. */
size_t *segment_list_next(const struct segment_list *list);
/* The list is empty then, and may be used again. */
void segment_list_free(struct segment_list *list);

#endif
