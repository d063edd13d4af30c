/* SPDX-License-Identifier: Apache-2.0 */
/* audit_folder.h - the segments of files and folders, each with its reader. */
#ifndef OPTOUT_CLI_AUDIT_FOLDER_H
#define OPTOUT_CLI_AUDIT_FOLDER_H

#include "answers/segments.h"
#include "audit/reader.h"
#include "cli/audit_text.h"

struct audit_source {
    char *path; /* the reader's */
    struct segment_reader *reader; /* NULL: not yet opened, or read to its end */
    struct audit_said said;
    bool ended;
};

struct audit_folder {
    struct segment_list list;
    struct audit_source *sources; /* of list.file[i], as many */
    size_t n;
};

/* Adds what `path` names: a segment, or every segment of a folder that is not yet there.
 * False with errno. */
bool audit_folder_add(struct audit_folder *f, const char *path) OPTOUT_CHECKED;
/* Of the source with that number, under the names that it has once closed if it is gone.
 * OPTOUT_E_IO or OPTOUT_E_NOMEM with errno; ENOENT: it may come back. */
enum optout_rc audit_source_open(struct audit_folder *f, size_t at) OPTOUT_CHECKED;
void audit_source_end(struct audit_source *s);
void audit_folder_free(struct audit_folder *f);

#endif
