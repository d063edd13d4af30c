/* SPDX-License-Identifier: Apache-2.0 */
/* probe_store.c - the store of site rules, and the age of the files that come with a version. */
#include "core/clock.h"
#include "doctor/doctor.h"
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

void probe_store(struct doctor *d)
{
    const char *dir = d->config ? d->config->site_store : NULL;
    char why[300] = "", rules[CONFIG_PATH_MAX + 32];
    struct store *s = NULL;
    if (!dir) {
        findings_unknown(d->findings, FOUND_SITE_STORE, "the filter's configuration cannot be read");
        findings_unknown(d->findings, FOUND_SITE_STORE_FULL, "the same");
        return;
    }
    if (!*dir) {
        findings_add(d->findings, FOUND_SITE_STORE, FINDING_WARNING, "SiteStore is not set",
                     "what sites say in robots.txt and other files is not known",
                     "write optout.SiteStore /var/lib/optout");
        return;
    }
    struct store_options o = { .dir = dir, .size_max = d->config->site_store_size,
                               .read_only = true };
    snprintf(rules, sizeof rules, "%s/rules/data.mdb", dir);
    enum optout_rc rc = store_open(&o, &s, why, sizeof why);
    int error = errno;
    if (rc == OPTOUT_OK) {
        look_at_store(d, s);
        store_close(s);
        return;
    }
    bool denied = error == EACCES || error == EPERM || error == EROFS;
    findings_unknown(d->findings, FOUND_SITE_STORE_FULL, "%s: %s", dir, why);
    if (access(rules, F_OK) != 0 && errno == ENOENT)
        findings_add(d->findings, FOUND_SITE_STORE, FINDING_NOTICE, "there is no store yet", NULL,
                     "nothing: it is made with the first request");
    else if (denied && geteuid() != 0)
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
