/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define STAT_MAX 1024
#define LINE_MAX_BYTES 4608 /* of maps: a path of PATH_MAX and what stands before it */

/* When the machine began, by the wall clock. 0: not known. */
static time_t boot_time(void)
{
    char line[256];
    long long at = 0;
    FILE *f = fopen("/proc/stat", "re");
    while (f && !at && fgets(line, sizeof line, f))
        (void)sscanf(line, "btime %lld", &at);
    if (f)
        fclose(f);
    return (time_t)at;
}

/* PID (NAME) STATE PPID …, the 22nd is the start in ticks since boot. A name may hold
 * anything, so the last parenthesis counts. */
static bool read_stat(char *text, struct process *p)
{
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    char state;
    long long parent, ticks;
    if (!open || !close || close < open)
        return false;
    *close = '\0';
    snprintf(p->name, sizeof p->name, "%s", open + 1);
    if (sscanf(close + 1, " %c %lld %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
               "%lld", &state, &parent, &ticks) != 3)
        return false;
    p->parent = (pid_t)parent;
    long per_second = sysconf(_SC_CLK_TCK);
    p->started = boot_time() + (time_t)(ticks / (per_second > 0 ? per_second : 100));
    return state != 'Z' && state != 'X';
}

bool process_get(pid_t pid, struct process *p)
{
    char path[64], text[STAT_MAX];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    *p = (struct process){ .pid = pid };
    return read_stat(text, p);
}

bool process_of_file(const char *pid_file, struct process *p)
{
    long pid = 0;
    FILE *f = fopen(pid_file, "re");
    if (!f)
        return false;
    bool is_number = fscanf(f, "%ld", &pid) == 1 && pid > 0 && pid < 1 << 30;
    fclose(f);
    errno = ESRCH;
    return is_number && process_get((pid_t)pid, p);
}

size_t process_children(pid_t parent, struct process *list, size_t max)
{
    size_t n = 0;
    DIR *all = opendir("/proc");
    if (!all)
        return 0;
    for (struct dirent *e; n < max && (e = readdir(all)) != NULL;)
        n += isdigit((unsigned char)e->d_name[0]) &&
             process_get((pid_t)strtol(e->d_name, NULL, 10), &list[n]) && list[n].parent == parent;
    closedir(all);
    return n;
}

bool process_of_socket(const char *path, struct process *p)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    struct ucred who;
    socklen_t size = sizeof who;
    int n = snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool found = fd >= 0 && n > 0 && (size_t)n < sizeof to.sun_path &&
                 connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
                 getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
                 process_get(who.pid, p);
    if (fd >= 0)
        close(fd);
    return found;
}

/* ---- maps ------------------------------------------------------------------- */

/* ADDRESSES MODES OFFSET MAJOR:MINOR INODE PATH[ (deleted)] */
static enum mapped take_line(char *line, const char *name, char *path, size_t size)
{
    static const char deleted[] = " (deleted)";
    char modes[8];
    unsigned major_, minor_;
    unsigned long long inode;
    struct stat st;
    int at = 0;
    if (sscanf(line, "%*s %7s %*s %x:%x %llu %n", modes, &major_, &minor_, &inode, &at) < 4 || !at)
        return MAPPED_NOT;
    char *file = line + at;
    file[strcspn(file, "\n")] = '\0';
    size_t n = strlen(file);
    bool gone = n > sizeof deleted - 1 && strcmp(file + n - (sizeof deleted - 1), deleted) == 0;
    if (gone)
        file[n - (sizeof deleted - 1)] = '\0';
    const char *slash = strrchr(file, '/');
    if (!strchr(modes, 'x') || !slash || strncmp(slash + 1, name, strlen(name)) != 0)
        return MAPPED_NOT;
    snprintf(path, size, "%s", file);
    /* One that was renamed is there by its new name. */
    if (gone || strcmp(slash + 1, name) != 0 || stat(file, &st) != 0)
        return MAPPED_REPLACED;
    return st.st_ino == inode ? MAPPED : MAPPED_REPLACED;
}

enum mapped process_maps(pid_t pid, const char *name, char *path, size_t size)
{
    char file[64], line[LINE_MAX_BYTES];
    enum mapped found = MAPPED_NOT;
    snprintf(file, sizeof file, "/proc/%ld/maps", (long)pid);
    FILE *f = fopen(file, "re");
    if (!f)
        return MAPPED_UNKNOWN;
    while (found == MAPPED_NOT && fgets(line, sizeof line, f))
        found = take_line(line, name, path, size);
    /* It opens for everybody, and then reads as empty or fails. */
    int error = ferror(f) ? errno : 0;
    fclose(f);
    errno = error ? error : EACCES;
    return error ? MAPPED_UNKNOWN : found;
}

bool process_file_limit(pid_t pid, uint64_t *limit)
{
    char file[64], line[256];
    unsigned long long soft;
    bool found = false;
    snprintf(file, sizeof file, "/proc/%ld/limits", (long)pid);
    FILE *f = fopen(file, "re");
    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, "Max open files %llu", &soft) == 1;
    if (f)
        fclose(f);
    if (found)
        *limit = soft;
    return found;
}
