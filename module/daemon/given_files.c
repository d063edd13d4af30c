/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/given_files.h"

#include "core/file.h"
#include "standards/agents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool given_read(const char *path, size_t max, struct buf *out)
{
    buf_init(out, max);
    enum optout_rc rc = file_read(path, out);
    if (rc == OPTOUT_OK)
        return true;
    int error = rc == OPTOUT_E_LIMIT ? EFBIG : rc == OPTOUT_E_NOMEM ? ENOMEM : errno;
    buf_free(out);
    errno = error;
    return false;
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

static void name(struct config_error *e, const char *directive)
{
    snprintf(e->directive, sizeof e->directive, "%s", directive);
}

static enum optout_rc check_agents(const struct daemon_config *c, struct config_error *e)
{
    struct daemon_config preset;
    struct agents *agents = NULL;
    struct buf text;
    unsigned line = 0;
    const char *path = c->agents_file, *why = NULL;
    name(e, "Agents");
    daemon_config_init(&preset);
    if (!path[0])
        return OPTOUT_OK;
    if (!given_read(path, AGENTS_FILE_MAX, &text)) {
        if (errno == ENOENT && strcmp(path, preset.agents_file) == 0)
            return OPTOUT_OK; /* the built-in ones are used alone */
        return config_fail(e, "check its name and permissions", "\"%.60s\" cannot be read (%s)",
                           path, strerror(errno));
    }
    bool good = !text.n || agents_parse_text(buf_slice(&text), &agents, &line, &why) == OPTOUT_OK;
    buf_free(&text);
    agents_free(agents);
    return good ? OPTOUT_OK
                : config_fail(e, "mend that line", "%.60s:%u: %s", path, line,
                              why ? why : "cannot be read");
}

static enum optout_rc check_readable(const char *directive, const char *path,
                                     struct config_error *e)
{
    char first[16], why[128];
    name(e, directive);
    if (!path[0] || first_line(path, first, sizeof first, why, sizeof why))
        return OPTOUT_OK;
    return config_fail(e, "check its name and permissions", "%s", why);
}

static enum optout_rc check_share(const struct daemon_config *c, struct config_error *e)
{
    struct share_address address;
    char password[SHARE_PASSWORD_MAX], why[256] = "";
    name(e, "Share");
    bool good = !c->share[0] || share_url_read(c->share, &address, why, sizeof why);
    explicit_bzero(&address, sizeof address);
    if (!good)
        return config_fail(e, "write redis://HOST[:PORT], rediss://HOST or unix:/PATH", "%s", why);
    name(e, "SharePasswordFile");
    good = !c->share_password_file[0] ||
           given_password(c->share_password_file, password, why, sizeof why);
    explicit_bzero(password, sizeof password);
    return good ? OPTOUT_OK : config_fail(e, "put the password alone there, readable by optoutd's "
                                             "user", "%s", why);
}

enum optout_rc given_check(const struct daemon_config *c, struct config_error *e)
{
    enum optout_rc rc = check_agents(c, e);
    if (rc == OPTOUT_OK)
        rc = check_readable("CaFile", c->ca_file, e);
    if (rc == OPTOUT_OK)
        rc = check_share(c, e);
    if (rc == OPTOUT_OK)
        rc = check_readable("ShareCaFile", c->share_ca_file, e);
    if (rc == OPTOUT_OK)
        e->directive[0] = '\0';
    return rc;
}
