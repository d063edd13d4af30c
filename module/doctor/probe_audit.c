/* SPDX-License-Identifier: Apache-2.0 */
/* probe_audit.c - where records go: whether the filter can write there, whether it stays, and who
 * else touches it. */
#include "core/file.h"
#include "doctor/c_icap_conf.h"
#include "doctor/doctor.h"
#include "doctor/folder.h"
#include "doctor/logrotate.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#define LOGROTATE_FILE_MAX (1u << 20)
#define LOGROTATE_FILES_MAX 1000
#define FEW_PER_MILLE 100 /* free: a warning */
#define LAST_PER_MILLE 50 /* free: an error */

/* ---- the folder --------------------------------------------------------------- */

/* AuditDir is made when missing: then the folder above counts. */
static bool find_folder(const char *wanted, char *path, size_t size, struct stat *st)
{
    snprintf(path, size, "%s", wanted);
    if (stat(path, st) == 0)
        return true;
    if (errno != ENOENT)
        return false;
    char copy[CONFIG_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", wanted);
    snprintf(path, size, "%s", dirname(copy));
    return stat(path, st) == 0;
}

static void look_at_writing(struct doctor *d, const char *path, const struct stat *st,
                            const struct user *u)
{
    if (!S_ISDIR(st->st_mode)) {
        findings_found(d->findings, FOUND_AUDIT_FOLDER, "%s is no folder", path);
        return;
    }
    if (!u->known) {
        findings_unknown(d->findings, FOUND_AUDIT_FOLDER, "there is no user %s here", u->name);
        return;
    }
    switch (folder_try(path, u)) {
    case TRIED_GOOD:
        findings_ok(d->findings, FOUND_AUDIT_FOLDER, "%s can write to %s", u->name, path);
        break;
    case TRIED_BAD:
        findings_found(d->findings, FOUND_AUDIT_FOLDER,
                       "%s cannot write to %s: %s (owner %u, group %u, mode %04o)", u->name, path,
                       strerror(errno), st->st_uid, st->st_gid, st->st_mode & 07777u);
        break;
    case TRIED_UNKNOWN:
        findings_unknown(d->findings, FOUND_AUDIT_FOLDER,
                         "%s: only root, or %s, can try to write there", path, u->name);
        break;
    }
}

/* Records hold URLs: they are for the owner and his group. */
static void look_at_mode(struct doctor *d, const char *path, const struct stat *st)
{
    if (st->st_mode & 07u)
        findings_found(d->findings, FOUND_AUDIT_OPEN, "%s has the mode %04o", path,
                       st->st_mode & 07777u);
    else
        findings_ok(d->findings, FOUND_AUDIT_OPEN, "%s has the mode %04o", path,
                    st->st_mode & 07777u);
}

static void look_at_disk(struct doctor *d, const char *path)
{
    struct room r;
    char seen[CONFIG_PATH_MAX + 128];
    if (!folder_room(path, &r)) {
        findings_unknown(d->findings, FOUND_AUDIT_DISK, "%s: %s", path, strerror(errno));
        return;
    }
    unsigned left = room_left(&r);
    snprintf(seen, sizeof seen, "%s: %llu MiB and %llu files are free, %u.%u %%", path,
             (unsigned long long)(r.free >> 20), (unsigned long long)r.free_files, left / 10,
             left % 10);
    if (left >= FEW_PER_MILLE)
        findings_ok(d->findings, FOUND_AUDIT_DISK, "%s", seen);
    else
        findings_add(d->findings, FOUND_AUDIT_DISK,
                     left < LAST_PER_MILLE ? FINDING_ERROR : FINDING_WARNING, seen, NULL, NULL);
}

static void look_at_place(struct doctor *d, const char *path)
{
    const char *name;
    enum keeping k = folder_keeps(path, &name);
    if (k == KEEPS)
        findings_ok(d->findings, FOUND_AUDIT_PLACE, "%s", path);
    else
        findings_found(d->findings, FOUND_AUDIT_PLACE, "%s is on %s, %s", path, name,
                       k == KEEPS_NOT ? "which is memory" : "which is not a disk of this machine");
}

/* What is promised of a record, and what happens without one. */
static void look_at_promise(struct doctor *d)
{
    static const char *const sync[] = { "write: what the kernel holds goes with a power failure",
                                        "batch", "each" };
    const struct config *c = d->config;
    if (c->on_audit_failure == ACTION_PASS)
        findings_found(d->findings, FOUND_AUDIT_FAILURE_PASSES, "OnAuditFailure pass");
    else
        findings_ok(d->findings, FOUND_AUDIT_FAILURE_PASSES, "OnAuditFailure block, AuditSync %s",
                    c->audit_sync < 3 ? sync[c->audit_sync] : "?");
}

static void unknown_all(struct doctor *d, const enum finding_id *ids, size_t n, const char *why)
{
    for (size_t i = 0; i < n; i++)
        findings_unknown(d->findings, ids[i], "%s", why);
}

void probe_audit_folder(struct doctor *d)
{
    static const enum finding_id ids[] = { FOUND_AUDIT_FOLDER, FOUND_AUDIT_DISK, FOUND_AUDIT_PLACE,
                                           FOUND_AUDIT_OPEN, FOUND_AUDIT_FAILURE_PASSES };
    char path[CONFIG_PATH_MAX], why[2 * CONFIG_PATH_MAX];
    struct c_icap_conf conf;
    struct stat st;
    struct user u;
    if (!d->config) {
        unknown_all(d, ids, 5, "the filter's configuration cannot be read");
        return;
    }
    look_at_promise(d);
    if (!find_folder(d->config->audit_dir, path, sizeof path, &st)) {
        bool denied = errno == EACCES;
        snprintf(why, sizeof why, "%s: %s", d->config->audit_dir, strerror(errno));
        unknown_all(d, ids + (denied ? 0 : 1), denied ? 4 : 2, why);
        if (!denied)
            findings_found(d->findings, FOUND_AUDIT_FOLDER, "%s", why);
        return;
    }
    bool read = c_icap_conf_read(&conf, d->options->config, why, sizeof why);
    user_of_c_icap(read ? &conf : NULL, &u);
    look_at_writing(d, path, &st, &u);
    if (strcmp(path, d->config->audit_dir) == 0 && S_ISDIR(st.st_mode))
        look_at_mode(d, path, &st);
    else
        findings_ok(d->findings, FOUND_AUDIT_OPEN, "it will be made with the mode 0750");
    look_at_disk(d, path);
    look_at_place(d, path);
}

/* ---- logrotate ------------------------------------------------------------------ */

/* OPTOUT_DOCTOR_ROOT: the machine to look at is below this folder. */
static const char *root(void)
{
    const char *given = getenv("OPTOUT_DOCTOR_ROOT");
    return given ? given : "";
}

/* True when it takes a segment, under any of the names that segments have. */
static bool look_at_file(struct doctor *d, const char *path, bool *unread)
{
    static const char *const names[] = { "node-20260101T000000Z-1-1.jsonl",
                                         "node-20260101T000000Z-1-1.jsonl.open",
                                         "node-20260101T000000Z-1-1.jsonl.zst" };
    char segment[CONFIG_PATH_MAX + 64], pattern[LOGROTATE_PATTERN_MAX];
    unsigned line;
    bool found = false;
    struct buf text;
    buf_init(&text, LOGROTATE_FILE_MAX);
    if (file_read(path, &text) != OPTOUT_OK)
        *unread = true;
    for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++) {
        snprintf(segment, sizeof segment, "%s/%s", d->config->audit_dir, names[i]);
        found = logrotate_takes(buf_slice(&text), segment, pattern, &line);
    }
    if (found)
        findings_found(d->findings, FOUND_AUDIT_LOGROTATE, "%s:%u: %s", path, line, pattern);
    buf_free(&text);
    return found;
}

void probe_logrotate(struct doctor *d)
{
    char path[2 * CONFIG_PATH_MAX], folder[CONFIG_PATH_MAX];
    bool found = false, unread = false;
    size_t n = 0;
    if (!d->config) {
        findings_unknown(d->findings, FOUND_AUDIT_LOGROTATE,
                         "the filter's configuration cannot be read");
        return;
    }
    snprintf(path, sizeof path, "%.900s/etc/logrotate.conf", root());
    snprintf(folder, sizeof folder, "%.900s/etc/logrotate.d", root());
    struct stat st;
    if (stat(path, &st) == 0)
        found |= look_at_file(d, path, &unread);
    DIR *all = opendir(folder);
    unread |= !all && errno != ENOENT;
    for (struct dirent *e; all && n < LOGROTATE_FILES_MAX && (e = readdir(all)) != NULL; n++) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            found |= look_at_file(d, path, &unread);
    }
    if (all)
        closedir(all);
    if (!found && unread)
        findings_unknown(d->findings, FOUND_AUDIT_LOGROTATE, "%s cannot be read, or not all of it",
                         folder);
    else if (!found)
        findings_ok(d->findings, FOUND_AUDIT_LOGROTATE, "%s", folder);
}
