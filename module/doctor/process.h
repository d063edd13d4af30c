/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - what /proc tells of running programs. Any thread; nothing is kept. */
#ifndef OPTOUT_DOCTOR_PROCESS_H
#define OPTOUT_DOCTOR_PROCESS_H

#include "core/slice.h"

#include <sys/types.h>
#include <time.h>

#define PROCESSES_MAX 512

struct process {
    pid_t pid, parent;
    char name[32];
    time_t started; /* wall clock, to the second */
};

/* False when there is none, or it is dead already. */
bool process_get(pid_t pid, struct process *p);
/* The one whose number a PID file holds; false with errno (ESRCH: it does not run). */
bool process_of_file(const char *pid_file, struct process *p);
/* Those of that parent; how many were put into `list`. */
size_t process_children(pid_t parent, struct process *list, size_t max);
/* The one that listens on that local socket. */
bool process_of_socket(const char *path, struct process *p);

enum mapped {
    MAPPED_NOT,      /* it has no such file in its memory */
    MAPPED,          /* and it is the one on disk */
    MAPPED_REPLACED, /* another, or none, has its name on disk now */
    MAPPED_UNKNOWN   /* /proc is not for us to read; errno says why */
};
/* A file of that name (without folders) that the process executes from. `path` gets the whole
 * name, as the process found it. */
enum mapped process_maps(pid_t pid, const char *name, char *path, size_t size);

/* The soft limit of open files; false: not known. */
bool process_file_limit(pid_t pid, uint64_t *limit);

#endif
