/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/given_files.h"

#include "core/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AGENTS_FILE_MAX (4u << 20)

static bool is_preset(const char *path)
{
    const struct directive *d = directive_find(&daemon_directive_set, "Agents");
    return d && strcmp(path, d->preset) == 0;
}

enum optout_rc given_agents(const struct daemon_config *c, struct agents **agents,
                            struct buf *text, struct config_error *e)
{
    const char *path = c->agents_file, *why = NULL;
    unsigned line = 0;
    *agents = NULL;
    *e = (struct config_error){ .directive = "Agents" };
    buf_init(text, AGENTS_FILE_MAX);
    enum optout_rc rc = path[0] ? file_read(path, text) : OPTOUT_OK;
    if (rc == OPTOUT_E_IO && errno == ENOENT && is_preset(path))
        return OPTOUT_OK;
    if (rc != OPTOUT_OK)
        return config_fail(e, "check its name and permissions", "\"%.60s\" cannot be read (%s)",
                           path, strerror(rc == OPTOUT_E_LIMIT   ? EFBIG
                                          : rc == OPTOUT_E_NOMEM ? ENOMEM
                                                                 : errno));
    if (!text->n || agents_parse_text(buf_slice(text), agents, &line, &why) == OPTOUT_OK)
        return OPTOUT_OK;
    snprintf(e->file, sizeof e->file, "%s", path);
    e->line = line;
    return config_fail(e, "mend or remove the line", "%s", why ? why : "cannot be read");
}

static bool first_line(const char *path, char *line, int size, char *why, size_t why_size)
{
    FILE *f = fopen(path, "re");
    line[0] = '\0';
    bool good = f && (fgets(line, size, f) || !ferror(f));
    if (!good)
        snprintf(why, why_size, "\"%.60s\" cannot be read (%s)", path, strerror(errno));
    if (f)
        fclose(f);
    return good;
}

bool given_password(const char *path, char out[SHARE_PASSWORD_MAX], char *why, size_t why_size)
{
    char line[SHARE_PASSWORD_MAX + 2];
    bool good = first_line(path, line, sizeof line, why, why_size);
    size_t n = good ? strcspn(line, "\r\n") : 0;
    if (good && (n == 0 || n >= SHARE_PASSWORD_MAX)) {
        snprintf(why, why_size, "the first line of \"%.60s\" is %s", path,
                 n ? "too long for a password" : "empty");
        good = false;
    }
    if (good) {
        memcpy(out, line, n);
        out[n] = '\0';
    }
    explicit_bzero(line, sizeof line);
    return good;
}

static enum optout_rc check_readable(const struct directive *d, const void *target,
                                     struct config_error *e)
{
    char first[16], why[128];
    const char *path = directive_text(d, target);
    if (!path[0] || first_line(path, first, sizeof first, why, sizeof why))
        return OPTOUT_OK;
    return config_fail(e, "check its name and permissions", "%s", why);
}

static enum optout_rc check_share(const struct directive *d, const void *target,
                                  struct config_error *e)
{
    struct share_address address;
    char why[256] = "";
    const char *url = directive_text(d, target);
    bool good = !url[0] || share_url_read(url, &address, why, sizeof why);
    explicit_bzero(&address, sizeof address);
    if (good)
        return OPTOUT_OK;
    return config_fail(e, "write redis://HOST[:PORT], rediss://HOST or unix:/PATH", "%s", why);
}

static enum optout_rc check_password(const struct directive *d, const void *target,
                                     struct config_error *e)
{
    char password[SHARE_PASSWORD_MAX], why[256] = "";
    const char *path = directive_text(d, target);
    bool good = !path[0] || given_password(path, password, why, sizeof why);
    explicit_bzero(password, sizeof password);
    if (good)
        return OPTOUT_OK;
    return config_fail(e, "put the password alone there, readable by optoutd's user", "%s", why);
}

/* Unlike the others it tells the line of the file that is given. */
static enum optout_rc check_agents(const struct daemon_config *c, const char *path,
                                   struct config_errors *all)
{
    struct agents *agents;
    struct buf text;
    struct config_error e;
    if (config_errors_name(all, "Agents"))
        return OPTOUT_OK;
    enum optout_rc rc = given_agents(c, &agents, &text, &e);
    buf_free(&text);
    agents_free(agents);
    if (rc == OPTOUT_OK)
        return OPTOUT_OK;
    if (!e.file[0] && path)
        directives_locate(&daemon_directive_set, path, &e);
    config_errors_add(all, &e);
    return rc;
}

struct told {
    const char *path; /* of the configuration */
    struct config_errors *all;
};

static void tell_phrases(void *ctx, struct config_error *e)
{
    const struct told *t = ctx;
    if (!e->file[0] && t->path)
        directives_locate(&daemon_directive_set, t->path, e);
    config_errors_add(t->all, e);
}

enum optout_rc given_phrases(const struct daemon_config *c, const char *path,
                             struct phrase_folder *out, struct config_errors *all)
{
    struct told told = { path, all };
    return phrase_folder_load(out, c->site_terms ? c->phrases : "none", tell_phrases, &told);
}

static enum optout_rc check_phrases(const struct daemon_config *c, const char *path,
                                    struct config_errors *all)
{
    struct phrase_folder phrases;
    if (config_errors_name(all, "Phrases"))
        return OPTOUT_OK;
    enum optout_rc rc = given_phrases(c, path, &phrases, all);
    phrase_folder_free(&phrases);
    return rc;
}

enum optout_rc given_check(const struct daemon_config *c, const char *path,
                           struct config_errors *all)
{
    static const struct directive_check checks[] = {
        { "CaFile", NULL, check_readable },
        { "Share", NULL, check_share },
        { "SharePasswordFile", NULL, check_password },
        { "ShareCaFile", NULL, check_readable },
        { NULL, NULL, NULL },
    };
    enum optout_rc agents = check_agents(c, path, all);
    enum optout_rc phrases = check_phrases(c, path, all);
    enum optout_rc rc = directives_check(&daemon_directive_set, checks, c, path, all);
    return agents != OPTOUT_OK ? agents : phrases != OPTOUT_OK ? phrases : rc;
}
