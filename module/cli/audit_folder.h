/* SPDX-License-Identifier: Apache-2.0 */
/* audit_folder.h - the segments of files and folders, each once, whatever it is called
 * meanwhile. */
#ifndef OPTOUT_CLI_AUDIT_FOLDER_H
#define OPTOUT_CLI_AUDIT_FOLDER_H

#include "audit/reader.h"
#include "cli/audit_text.h"

struct audit_source {
    char *name; /* of the closed segment, with its folder */
    char *path; /* as it was found */
    struct segment_reader *reader; /* NULL: not yet opened, or read to its end */
    struct audit_said said;
    bool ended;
};

struct audit_folder {
    struct audit_source *sources; /* by name in each folder, which is by time */
    size_t n, room;
    void *names; /* finds them */
};

/* Adds what `path` names: a segment, or every segment of a folder that is not yet there.
 * False with errno. */
bool audit_folder_add(struct audit_folder *f, const char *path);
/* OPTOUT_E_IO or OPTOUT_E_NOMEM; errno ENOENT: it is called otherwise meanwhile. */
enum optout_rc audit_source_open(struct audit_source *s) OPTOUT_CHECKED;
/* By the names that it has once closed; false with errno ENOENT. */
bool audit_source_find_again(struct audit_source *s);
void audit_source_end(struct audit_source *s);
void audit_folder_free(struct audit_folder *f);

#endif
