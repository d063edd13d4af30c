/* SPDX-License-Identifier: Apache-2.0 */
/* probe_processes.c - what runs of the filter: the program on disk or an older one, the
 * configuration of the file or an older one, with which limits. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/file.h"
#include "doctor/c_icap_conf.h"
#include "doctor/doctor.h"
#include "doctor/folder.h"
#include "doctor/process.h"
#include "policy/board.h"
#include "policy/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODULE "srv_optout.so"
#define MODULE_MAX (64u << 20)
#define VERSION_MARK "optout-module-version " /* service.c has it, for who reads the file */
#define BOARD_MAX (1u << 20)
#define DAEMON_FILES 4096u
#define SMALL_BYTES (64u << 20)
#define SLACK_S 3 /* both times are rounded, and clocks are set */
#define WHY_MAX (CONFIG_PATH_MAX + 256)

/* ---- replaced programs ---------------------------------------------------------- */

/* Without a look into the process: what was changed on disk after it began is not what it runs,
 * or at least not surely. */
static void compare_times(struct doctor *d, const struct process *p, const char *path)
{
    struct stat st;
    if (path[0] != '/' || stat(path, &st) != 0)
        findings_unknown(d->findings, FOUND_MODULE_REPLACED, "process %ld: only root can look",
                         (long)p->pid);
    else if (st.st_ctime > p->started + SLACK_S)
        findings_found(d->findings, FOUND_MODULE_REPLACED,
                       "process %ld (%s) is older than %s", (long)p->pid, p->name, path);
    else
        findings_ok(d->findings, FOUND_MODULE_REPLACED, "process %ld is younger than %s",
                    (long)p->pid, path);
}

static void look_at_program(struct doctor *d, const struct process *p, const char *name,
                            const char *on_disk)
{
    char path[CONFIG_PATH_MAX] = "";
    struct stat st;
    switch (process_maps(p->pid, name, path, sizeof path)) {
    case MAPPED:
        /* The same file, written over in place? */
        if (stat(path, &st) == 0 && st.st_mtime > p->started + SLACK_S)
            findings_found(d->findings, FOUND_MODULE_REPLACED,
                           "%s was written to since process %ld (%s) began", path, (long)p->pid,
                           p->name);
        else
            findings_ok(d->findings, FOUND_MODULE_REPLACED, "process %ld runs %s", (long)p->pid,
                        path);
        break;
    case MAPPED_REPLACED:
        findings_found(d->findings, FOUND_MODULE_REPLACED,
                       "process %ld (%s) runs a %s that is no more on disk", (long)p->pid, p->name,
                       path);
        break;
    case MAPPED_NOT:
        snprintf(path, sizeof path, "process %ld (%s) has not loaded %s", (long)p->pid, p->name,
                 name);
        findings_add(d->findings, FOUND_MODULE_REPLACED, FINDING_WARNING, path,
                     "it is another program, or runs with an older configuration", NULL);
        break;
    case MAPPED_UNKNOWN:
        compare_times(d, p, on_disk);
        break;
    }
}

/* ---- limits ---------------------------------------------------------------------- */

static void look_at_limit(struct doctor *d, const struct process *p, uint64_t needed)
{
    uint64_t limit;
    if (!process_file_limit(p->pid, &limit))
        findings_unknown(d->findings, FOUND_LIMITS_LOW, "/proc/%ld/limits cannot be read",
                         (long)p->pid);
    else if (limit < needed)
        findings_found(d->findings, FOUND_LIMITS_LOW,
                       "process %ld (%s) may open %llu files and may need %llu", (long)p->pid,
                       p->name, (unsigned long long)limit, (unsigned long long)needed);
    else
        findings_ok(d->findings, FOUND_LIMITS_LOW, "process %ld (%s) may open %llu files",
                    (long)p->pid, p->name, (unsigned long long)limit);
}

/* ---- configuration in force ---------------------------------------------------------- */

static bool is_alive(long pid)
{
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static void compare_line(struct doctor *d, const struct board_line *l, const char *hash,
                         size_t *same)
{
    if (!is_alive(l->pid))
        return;
    if (strcmp(l->configuration, hash) == 0) {
        *same += 1;
        return;
    }
    findings_found(d->findings, FOUND_CONFIGURATION_OLD,
                   "process %ld runs %.16s, the file is %.16s%s%s", l->pid, l->configuration, hash,
                   l->refused ? "; it was refused: " : "", l->refused ? l->why : "");
}

static void compare_board(struct doctor *d, const char *pipe, const char *hash)
{
    struct board_line l;
    struct buf text;
    size_t same = 0;
    buf_init(&text, BOARD_MAX);
    if (board_read(pipe, &text) != OPTOUT_OK) {
        findings_unknown(d->findings, FOUND_CONFIGURATION_OLD, "%s" BOARD_SUFFIX ": %s", pipe,
                         strerror(errno));
    } else {
        struct slice rest = buf_slice(&text);
        while (board_next(&rest, &l))
            compare_line(d, &l, hash, &same);
        if (same)
            findings_ok(d->findings, FOUND_CONFIGURATION_OLD, "%zu processes run %.16s", same,
                        hash);
    }
    buf_free(&text);
}

/* The digest is over data files too, so all of them are read. */
static void look_at_configuration(struct doctor *d, const char *pipe)
{
    struct config_error e = { .line = 0 };
    struct config_errors first = config_first_error(&e);
    struct snapshot *s = malloc(sizeof *s);
    if (s && snapshot_load(s, d->options->config, &first) == OPTOUT_OK) {
        compare_board(d, pipe, s->config.hash);
        snapshot_free(s);
    } else {
        findings_unknown(d->findings, FOUND_CONFIGURATION_OLD, "%s cannot be loaded: %s",
                         d->options->config, s ? e.reason : "memory is used up");
    }
    free(s);
}

/* ---- the module's version -------------------------------------------------------------- */

static void look_at_version(struct doctor *d, const char *path)
{
    static const struct slice mark = SLICE(VERSION_MARK);
    struct buf text;
    buf_init(&text, MODULE_MAX);
    if (path[0] != '/' || file_read(path, &text) != OPTOUT_OK) {
        findings_unknown(d->findings, FOUND_VERSIONS_DIFFER, "%s cannot be read",
                         path[0] ? path : MODULE);
        buf_free(&text);
        return;
    }
    const uint8_t *at = memmem(text.p, text.n, mark.p, mark.n);
    struct slice rest = at ? slice_from(buf_slice(&text), (size_t)(at - text.p) + mark.n)
                           : SLICE_EMPTY;
    struct slice version = slice_sub(rest, 0, slice_find(rest, '\0'));
    version = slice_sub(version, 0, 64);
    if (slice_eq(version, SLICE_OF(PACKAGE_VERSION)))
        findings_ok(d->findings, FOUND_VERSIONS_DIFFER, "module and tool are " PACKAGE_VERSION);
    else
        findings_found(d->findings, FOUND_VERSIONS_DIFFER, "%s is %.*s, the tool is %s", path,
                       SLICE_FMT(version.n ? version : SLICE_OF("of another time")),
                       PACKAGE_VERSION);
    buf_free(&text);
}

/* ---- the probe ------------------------------------------------------------------------- */

/* A number that was left behind and has gone to another program: c-icap takes that one for itself. */
static bool is_c_icap(struct doctor *d, const struct c_icap_conf *c, const struct process *p)
{
    char seen[CONFIG_PATH_MAX + 100];
    if (strncmp(p->name, "c-icap", 6) == 0)
        return true;
    snprintf(seen, sizeof seen, "%s names process %ld (%s)", c->pid_file, (long)p->pid, p->name);
    findings_add(d->findings, FOUND_ICAP_UNREACHABLE, FINDING_ERROR, seen,
                 "c-icap does not start: it says that it is running already",
                 "remove that file, then start c-icap");
    findings_unknown(d->findings, FOUND_MODULE_REPLACED, "%s: it is not c-icap", seen);
    findings_unknown(d->findings, FOUND_LIMITS_LOW, "%s: it is not c-icap", seen);
    return false;
}

static void look_at_c_icap(struct doctor *d, const struct c_icap_conf *c)
{
    struct process master, child[PROCESSES_MAX];
    if (!process_of_file(c->pid_file, &master)) {
        const char *why = errno == ESRCH ? "c-icap does not run" : strerror(errno);
        findings_unknown(d->findings, FOUND_MODULE_REPLACED, "%s: %s", c->pid_file, why);
        findings_unknown(d->findings, FOUND_LIMITS_LOW, "%s: %s", c->pid_file, why);
        return;
    }
    if (!is_c_icap(d, c, &master))
        return;
    look_at_program(d, &master, MODULE, c->filter_path);
    size_t n = process_children(master.pid, child, PROCESSES_MAX);
    for (size_t i = 0; i < n; i++)
        look_at_program(d, &child[i], MODULE, c->filter_path);
    /* A connection, the daemon, a file of a held body, and what is on its way out. */
    look_at_limit(d, n ? &child[0] : &master, c->threads_per_child * 8ull + 128);
}

static void look_at_daemon(struct doctor *d)
{
    struct process daemon;
    if (!process_of_socket(d->config->site_socket, &daemon))
        return; /* told as daemon-away */
    look_at_program(d, &daemon, "optoutd", "");
    look_at_limit(d, &daemon, DAEMON_FILES);
}

void probe_processes(struct doctor *d)
{
    static const enum finding_id ids[] = { FOUND_MODULE_REPLACED, FOUND_LIMITS_LOW,
                                           FOUND_CONFIGURATION_OLD, FOUND_VERSIONS_DIFFER };
    char why[WHY_MAX];
    struct c_icap_conf c;
    if (!c_icap_conf_read(&c, d->options->config, why, sizeof why)) {
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
            findings_unknown(d->findings, ids[i], "%s", why);
        return;
    }
    look_at_c_icap(d, &c);
    if (d->config && d->config->site_socket[0])
        look_at_daemon(d);
    look_at_configuration(d, c.pipe);
    look_at_version(d, c.filter_path);
}

/* ---- room for what does not last ---------------------------------------------------------- */

static void look_at_room(struct doctor *d, const char *path, const struct user *u)
{
    struct room r;
    if (!folder_room(path, &r)) {
        findings_found(d->findings, FOUND_TEMPORARY_FULL, "%s: %s", path, strerror(errno));
        return;
    }
    enum tried t = u->known ? folder_try(path, u) : TRIED_UNKNOWN;
    if (t == TRIED_BAD)
        findings_found(d->findings, FOUND_TEMPORARY_FULL, "%s cannot write to %s: %s", u->name, path,
                       strerror(errno));
    else if (r.free < SMALL_BYTES && room_left(&r) < 100)
        findings_found(d->findings, FOUND_TEMPORARY_FULL, "%s: %llu MiB are free", path,
                       (unsigned long long)(r.free >> 20));
    else
        findings_ok(d->findings, FOUND_TEMPORARY_FULL, "%s: %llu MiB are free", path,
                    (unsigned long long)(r.free >> 20));
}

void probe_room(struct doctor *d)
{
    char why[WHY_MAX];
    struct c_icap_conf c;
    struct user u;
    if (!c_icap_conf_read(&c, d->options->config, why, sizeof why)) {
        findings_unknown(d->findings, FOUND_TEMPORARY_FULL, "%s", why);
        return;
    }
    user_of_c_icap(&c, &u);
    look_at_room(d, "/dev/shm", &u);
    look_at_room(d, c.tmp_dir, &u);
    if (d->config && strcmp(d->config->spool_dir, c.tmp_dir) != 0)
        look_at_room(d, d->config->spool_dir, &u);
}
