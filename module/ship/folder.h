/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - the segments of AuditDir by the names that they have once closed, and which of
 * them still have to be shipped.
 *
 * Memory: about 200 bytes for each segment that is there. */
#ifndef OPTOUT_SHIP_FOLDER_H
#define OPTOUT_SHIP_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum segment_fate { SEGMENT_WAITS, SEGMENT_IN_HAND, SEGMENT_SHIPPED };

struct segment {
    enum segment_fate fate;
    bool growing;     /* when it was last seen */
    uint64_t seen;    /* by which look */
    uint64_t size;    /* bytes of the file when it was last seen waiting */
    int64_t mtime;    /* seconds since 1970, of the same look */
    char name[];
};

struct folder {
    const char *path;  /* borrowed */
    const char *state; /* where positions are; borrowed */
    void *names;
    struct segment **waiting; /* by name, which is by time for each node */
    size_t n, room, next;
    struct timespec changed; /* of the last look, when there was one */
    uint64_t looks;
    uint64_t lost; /* segments that went away before they were shipped */
};

/* Looks for segments, but only where something has changed. False with errno. */
bool folder_look(struct folder *f);
/* The next that waits; one that grows when `growing`, else a closed one. In hand from now on.
 * NULL: there is none. */
struct segment *folder_take(struct folder *f, bool growing);
/* It waits again. */
void folder_put_back(struct folder *f, struct segment *s);
size_t folder_waiting(const struct folder *f);
/* Bytes of the segments that wait, and when the oldest of them was last written to (0: none). */
uint64_t folder_waiting_bytes(const struct folder *f, int64_t *oldest);
/* As it is called now; to be freed. NULL: gone, or memory is used up. */
char *folder_path_of(const struct folder *f, const struct segment *s);
void folder_free(struct folder *f);

#endif
