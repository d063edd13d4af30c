/* SPDX-License-Identifier: Apache-2.0 */
/* probe_store.c - the store of site rules, and the age of the files that come with a version. */
#include "core/clock.h"
#include "doctor/c_icap_conf.h"
#include "doctor/doctor.h"
#include "doctor/folder.h"
#include "site/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLD_DAYS 400
#define FULL_PERCENT 97
#define DAY_S 86400
#define PHRASE_FILES_MAX 256

/* ---- the store ------------------------------------------------------------------------------ */

static void look_at_store(struct doctor *d, struct store *s)
{
    struct store_stat stat_;
    store_stat(s, &stat_);
    uint64_t max = d->config->site_store_size;
    unsigned percent = max ? (unsigned)(stat_.bytes_used * 100 / max) : 0;
    findings_ok(d->findings, FOUND_SITE_STORE, "%llu origins and licences",
                (unsigned long long)stat_.keys);
    if (percent >= FULL_PERCENT)
        findings_found(d->findings, FOUND_SITE_STORE_FULL, "%u %% of %llu MiB are used", percent,
                       (unsigned long long)(max >> 20));
    else
        findings_ok(d->findings, FOUND_SITE_STORE_FULL, "%u %% of %llu MiB are used", percent,
                    (unsigned long long)(max >> 20));
}

/* Root reads everything: whether the filter can is told by owners and modes. */
static bool is_open_to_filter(struct doctor *d, const char *dir)
{
    static const struct {
        const char *name;
        unsigned bits;
    } parts[] = { { "", 5 }, { "/rules", 5 }, { "/rules/data.mdb", 6 }, { "/rules/lock.mdb", 6 } };
    char path[CONFIG_PATH_MAX + 32], why[CONFIG_PATH_MAX + 256];
    struct c_icap_conf conf;
    struct stat st;
    struct user u;
    if (!c_icap_conf_read(&conf, d->options->config, why, sizeof why))
        return true;
    user_of_c_icap(&conf, &u);
    for (size_t i = 0; u.known && i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s%s", dir, parts[i].name);
        if (stat(path, &st) != 0 || user_may(&u, &st, parts[i].bits))
            continue;
        findings_found(d->findings, FOUND_SITE_STORE,
                       "%s may not use %s (owner %u, group %u, mode %04o)", u.name, path, st.st_uid,
                       st.st_gid, st.st_mode & 07777u);
        return false;
    }
    return true;
}

/* There is nothing to look at, which is told. What is opened must not be made by that. */
static bool is_missing(struct doctor *d, const char *dir)
{
    char data[CONFIG_PATH_MAX + 32], lock[CONFIG_PATH_MAX + 32];
    snprintf(data, sizeof data, "%s/rules/data.mdb", dir);
    snprintf(lock, sizeof lock, "%s/rules/lock.mdb", dir);
    if (access(data, F_OK) != 0 && errno == ENOENT) {
        findings_add(d->findings, FOUND_SITE_STORE, FINDING_NOTICE, "there is no store yet", NULL,
                     "nothing: it is made with the first request");
        return true;
    }
    if (access(lock, F_OK) != 0 && errno == ENOENT) {
        findings_unknown(d->findings, FOUND_SITE_STORE, "%s is gone: whoever writes next makes it",
                         lock);
        findings_unknown(d->findings, FOUND_SITE_STORE_FULL, "%s is gone", lock);
        return true;
    }
    return false;
}

void probe_store(struct doctor *d)
{
    const char *dir = d->config ? d->config->site_store : NULL;
    char why[300] = "";
    struct store *s = NULL;
    if (!dir) {
        findings_unknown(d->findings, FOUND_SITE_STORE, "the filter's configuration cannot be read");
        findings_unknown(d->findings, FOUND_SITE_STORE_FULL,
                         "the filter's configuration cannot be read");
        return;
    }
    if (!*dir) {
        findings_add(d->findings, FOUND_SITE_STORE, FINDING_WARNING, "SiteStore is not set",
                     "what sites say in robots.txt and other files is not known",
                     "write optout.SiteStore /var/lib/optout");
        return;
    }
    if (is_missing(d, dir) || !is_open_to_filter(d, dir))
        return;
    struct store_options o = { .dir = dir, .size_max = d->config->site_store_size,
                               .read_only = true };
    enum optout_rc rc = store_open(&o, &s, why, sizeof why);
    int error = errno;
    if (rc == OPTOUT_OK) {
        look_at_store(d, s);
        store_close(s);
        return;
    }
    bool denied = error == EACCES || error == EPERM || error == EROFS;
    findings_unknown(d->findings, FOUND_SITE_STORE_FULL, "%s: %s", dir, why);
    if (denied && geteuid() != 0)
        findings_unknown(d->findings, FOUND_SITE_STORE, "%s: %s", dir, why);
    else
        findings_found(d->findings, FOUND_SITE_STORE, "%s: %s", dir, why);
}

/* ---- ages ------------------------------------------------------------------------------------ */

static bool is_old(struct doctor *d, const char *path)
{
    struct stat st;
    if (!*path || stat(path, &st) != 0)
        return false; /* the configuration's own check tells */
    int64_t days = (clock_wall_ms() / 1000 - (int64_t)st.st_mtime) / DAY_S;
    if (days <= OLD_DAYS)
        return false;
    findings_found(d->findings, FOUND_CATALOGUE_OLD, "%s is %lld days old", path, (long long)days);
    return true;
}

static bool phrases_are_old(struct doctor *d, const char *path)
{
    char file[CONFIG_PATH_MAX + 260];
    bool any = false;
    DIR *all = *path == '/' ? opendir(path) : NULL;
    size_t n = 0;
    if (!all)
        return *path == '/' && is_old(d, path);
    for (struct dirent *e; n < PHRASE_FILES_MAX && (e = readdir(all)) != NULL; n++) {
        size_t k = strlen(e->d_name);
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (k > 4 && strcmp(e->d_name + k - 4, ".phr") == 0)
            any |= is_old(d, file);
    }
    closedir(all);
    return any;
}

void probe_catalogues(struct doctor *d)
{
    const struct config *c = d->config;
    if (!c) {
        findings_unknown(d->findings, FOUND_CATALOGUE_OLD,
                         "the filter's configuration cannot be read");
        return;
    }
    bool any = is_old(d, c->agents_file);
    any |= is_old(d, c->clients_file);
    any |= is_old(d, c->terms_file);
    any |= phrases_are_old(d, c->phrases);
    if (!any)
        findings_ok(d->findings, FOUND_CATALOGUE_OLD, "none is older than %d days", OLD_DAYS);
}
