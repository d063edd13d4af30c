/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - a folder as somebody else sees it: who may write there, and what kind of disk it
 * is on. Any thread. */
#ifndef OPTOUT_DOCTOR_FOLDER_H
#define OPTOUT_DOCTOR_FOLDER_H

#include "core/slice.h"

#include <sys/stat.h>
#include <sys/types.h>

#define USER_GROUPS_MAX 64

struct user {
    char name[64];
    uid_t uid;
    gid_t gid, groups[USER_GROUPS_MAX];
    int n_groups;
    bool known;
};

struct c_icap_conf;
/* Who c-icap runs as: its User and Group, or without them who started it, when it runs. NULL:
 * Debian's c-icap. Not known, it has a name for people all the same. */
void user_of_c_icap(const struct c_icap_conf *c, struct user *u);
/* By owner, group and mode alone; root may everything. `bits`: 4 read, 2 write, 1 enter. */
bool user_may(const struct user *u, const struct stat *st, unsigned bits);

enum tried {
    TRIED_GOOD,
    TRIED_BAD,    /* errno says why */
    TRIED_UNKNOWN /* it would take root, or the user himself */
};
/* Whether this user can write a file in it, by writing one that has no name, or one that is
 * removed at once. As root in a process of its own that becomes that user. */
enum tried folder_try(const char *path, const struct user *u);

enum keeping {
    KEEPS,      /* a local disk, as far as is known */
    KEEPS_NOT,  /* memory */
    KEEPS_AFAR  /* another machine, or a program, keeps it */
};
/* `name`: of the kind of file system, for people. */
enum keeping folder_keeps(const char *path, const char **name);

struct room {
    uint64_t bytes, free;         /* free: for who is not root */
    uint64_t files, free_files;   /* files 0: there is no limit */
};
bool folder_room(const char *path, struct room *r);
/* Per mille of bytes, or of files if these are fewer, that are free. */
unsigned room_left(const struct room *r);

#endif
