/* SPDX-License-Identifier: Apache-2.0 */
/* audit_keep.h - what the parts of `optout audit keep` share: which closed segments a folder has, and what
 * one of them says. */
#ifndef OPTOUT_CLI_AUDIT_KEEP_H
#define OPTOUT_CLI_AUDIT_KEEP_H

#include "audit/removal.h"
#include "core/rc.h"

#include <stdbool.h>
#include <stddef.h>

struct kept_segment {
    char *path;       /* as it is called now */
    const char *name; /* in `path`: without folder; of the closed segment, name_n bytes */
    size_t name_n;
    char begun[21];   /* as its name has it: "20261124T150405.678Z" */
    uint64_t bytes;
    int64_t mtime_s;
    bool open;   /* it is still written, or waits for who closes it */
    bool newest; /* of the closed ones of its node */
    bool twice;  /* there is a compressed one beside it: somebody is about to replace it */
};

struct kept_folder {
    struct kept_segment *v; /* the oldest first */
    size_t n, room;
    uint64_t bytes;   /* of all files in it, whatever they are */
    size_t foreign;   /* segments whose names the filter did not make: left alone */
    bool has_positions; /* optout-ship keeps its positions beside the segments */
};

/* False with errno. To be freed even then. */
bool kept_folder_read(struct kept_folder *f, const char *folder) OPTOUT_CHECKED;
void kept_folder_free(struct kept_folder *f);

/* What stands in a closed segment, read to its end. */
struct survey {
    struct removal removal;  /* node, rule and limit are left to the caller */
    char first[33];          /* of the SHA-256 of its first line, as positions of optout-ship have it */
    uint64_t lines;
    const char *damage;      /* why it cannot be read to its end, or line by line; NULL: it can */
};
/* OPTOUT_E_IO with errno, OPTOUT_E_NOMEM. */
enum optout_rc survey_segment(const struct kept_segment *s, char name[256], struct survey *out) OPTOUT_CHECKED;

#endif
