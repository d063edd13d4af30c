/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/folder.h"

#include "doctor/c_icap_conf.h"
#include "doctor/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOKUP_MAX 16384

static void take_user(struct user *u, const struct passwd *pw)
{
    u->known = true;
    u->uid = pw->pw_uid;
    u->gid = pw->pw_gid;
    snprintf(u->name, sizeof u->name, "%s", pw->pw_name);
    u->n_groups = USER_GROUPS_MAX;
    if (getgrouplist(pw->pw_name, pw->pw_gid, u->groups, &u->n_groups) < 0)
        u->n_groups = USER_GROUPS_MAX;
}

static bool owner_of_process(const char *pid_file, uid_t *uid)
{
    char path[64];
    struct process p;
    struct stat st;
    if (!process_of_file(pid_file, &p))
        return false;
    snprintf(path, sizeof path, "/proc/%ld", (long)p.pid);
    *uid = 0;
    bool found = stat(path, &st) == 0;
    if (found)
        *uid = st.st_uid;
    return found;
}

void user_of_c_icap(const struct c_icap_conf *c, struct user *u)
{
    char room[LOOKUP_MAX];
    struct passwd pw, *found = NULL;
    struct group gr, *its = NULL;
    const char *name = c ? c->user : "c-icap";
    uid_t uid;
    *u = (struct user){ .known = false };
    snprintf(u->name, sizeof u->name, "%s", *name ? name : "of c-icap, which does not run,");
    if (*name)
        (void)getpwnam_r(name, &pw, room, sizeof room, &found);
    else if (owner_of_process(c->pid_file, &uid))
        (void)getpwuid_r(uid, &pw, room, sizeof room, &found);
    if (!found)
        return;
    take_user(u, &pw);
    if (c && c->group[0] && getgrnam_r(c->group, &gr, room, sizeof room, &its) == 0 && its)
        u->gid = gr.gr_gid;
}

static bool is_in(const struct user *u, gid_t gid)
{
    for (int i = 0; i < u->n_groups; i++)
        if (u->groups[i] == gid)
            return true;
    return u->gid == gid;
}

bool user_may(const struct user *u, const struct stat *st, unsigned bits)
{
    unsigned mode = st->st_mode & 07u;
    if (u->uid == 0)
        return true;
    if (st->st_uid == u->uid)
        mode = st->st_mode >> 6 & 07u;
    else if (is_in(u, st->st_gid))
        mode = st->st_mode >> 3 & 07u;
    return (mode & bits) == bits;
}

/* ---- writing ---------------------------------------------------------------- */

/* 0, or errno. A disk may be full only when bytes are written. Calls that a child of a program
 * with threads may make, and no others. */
static int write_one(int dir)
{
    static const char name[] = ".optout-doctor", text[512] = "optout doctor";
    bool named = false;
    int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        (void)unlinkat(dir, name, 0); /* of one that was killed here */
        fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
        named = fd >= 0;
    }
    if (fd < 0)
        return errno;
    ssize_t n = write(fd, text, sizeof text);
    int error = n == (ssize_t)sizeof text ? 0 : n < 0 ? errno : ENOSPC;
    close(fd);
    if (named)
        unlinkat(dir, name, 0);
    return error;
}

static int try_here(const char *path)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno;
    int error = write_one(dir);
    close(dir);
    return error;
}

/* libc's own functions for this change all threads: the kernel's change one. */
static void become(const struct user *u)
{
    if (syscall(SYS_setgroups, (size_t)u->n_groups, u->groups) != 0 ||
        syscall(SYS_setresgid, u->gid, u->gid, u->gid) != 0 ||
        syscall(SYS_setresuid, u->uid, u->uid, u->uid) != 0)
        _exit(255);
}

static enum tried as_user(const char *path, const struct user *u)
{
    int how = 0;
    pid_t pid = fork();
    if (pid == 0) {
        become(u);
        _exit(try_here(path));
    }
    if (pid < 0 || waitpid(pid, &how, 0) != pid || !WIFEXITED(how) || WEXITSTATUS(how) == 255)
        return TRIED_UNKNOWN;
    errno = WEXITSTATUS(how);
    return errno == 0 ? TRIED_GOOD : TRIED_BAD;
}

enum tried folder_try(const char *path, const struct user *u)
{
    struct stat st;
    if (geteuid() == 0 && u->known)
        return as_user(path, u);
    if (u->known && u->uid == geteuid()) {
        errno = try_here(path);
        return errno == 0 ? TRIED_GOOD : TRIED_BAD;
    }
    /* What the mode forbids needs no trial. */
    bool seen = u->known && stat(path, &st) == 0;
    bool forbidden = seen && !user_may(u, &st, 3);
    errno = EACCES;
    return forbidden ? TRIED_BAD : TRIED_UNKNOWN;
}

/* ---- disks ------------------------------------------------------------------ */

enum keeping folder_keeps(const char *path, const char **name)
{
    static const struct {
        unsigned long type;
        const char *name;
        enum keeping keeps;
    } kinds[] = {
        { 0x01021994, "tmpfs", KEEPS_NOT },   { 0x858458f6, "ramfs", KEEPS_NOT },
        { 0x6969, "nfs", KEEPS_AFAR },        { 0xff534d42, "cifs", KEEPS_AFAR },
        { 0xfe534d42, "smb", KEEPS_AFAR },    { 0x517b, "smb", KEEPS_AFAR },
        { 0x65735546, "fuse", KEEPS_AFAR },   { 0x00c36400, "ceph", KEEPS_AFAR },
        { 0x01021997, "9p", KEEPS_AFAR },     { 0x0bd00bd0, "lustre", KEEPS_AFAR },
        { 0x5346414f, "afs", KEEPS_AFAR },    { 0x01161970, "gfs2", KEEPS_AFAR },
        { 0x7461636f, "ocfs2", KEEPS_AFAR },
    };
    struct statfs st;
    *name = "";
    if (statfs(path, &st) != 0)
        return KEEPS;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (((unsigned long)st.f_type & 0xffffffffu) == kinds[i].type) {
            *name = kinds[i].name;
            return kinds[i].keeps;
        }
    return KEEPS;
}

bool folder_room(const char *path, struct room *r)
{
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return false;
    *r = (struct room){ .bytes = (uint64_t)st.f_blocks * st.f_frsize,
                        .free = (uint64_t)st.f_bavail * st.f_frsize,
                        .files = st.f_files,
                        .free_files = st.f_favail };
    return true;
}

unsigned room_left(const struct room *r)
{
    uint64_t bytes = r->bytes ? r->free / (r->bytes / 1000 + 1) : 1000;
    uint64_t files = r->files ? r->free_files / (r->files / 1000 + 1) : 1000;
    uint64_t less = bytes < files ? bytes : files;
    return less > 1000 ? 1000 : (unsigned)less;
}
