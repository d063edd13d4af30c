/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config.h"

#include "core/hex.h"
#include "policy/audit_keep_line.h"
#include "policy/hold_format_line.h"
#include "policy/profile_line.h"
#include "policy/site_file_line.h"
#include "syntax/digest.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

bool config_squid_waits(struct slice version)
{
    struct slice major = slice_sub(version, 0, slice_find(version, '.'));
    struct slice minor = slice_from(version, major.n + 1);
    size_t digits = 0;
    uint64_t first, second;
    while (digits < minor.n && ascii_is_digit(minor.p[digits]))
        digits++;
    if (!slice_to_u64(major, &first) || !slice_to_u64(slice_sub(minor, 0, digits), &second))
        return false;
    return first > 6 || (first == 6 && second >= 13);
}

static const char *const service_prefixes[] = { "optout", "srv_optout", NULL };

const struct directive_set service_directives = {
    directives, service_prefixes, "srv_optout.so",
    "see srv_optout.conf(5) or `optout config directives`"
};

void config_init(struct config *c)
{
    *c = (struct config){ .n_profiles = 1 };
    directives_preset(&service_directives, c);
    profile_init(&c->profile[0]);
    site_file_init(c);
    hold_format_init(c);
}

enum optout_rc config_apply(struct config *c, const char *name, int argc, const char *const *argv,
                            struct config_error *e)
{
    return directives_apply(&service_directives, c, name, argc, argv, e);
}

/* ---- what concerns more than one line, or more than text ---- */

static enum optout_rc check_url(const struct directive *d, const void *target,
                                struct config_error *e)
{
    const char *u = directive_text(d, target);
    if (*u && strncmp(u, "https://", 8) != 0 && strncmp(u, "http://", 7) != 0)
        return config_fail(e, "write an http or https URL", "is no URL");
    if (strpbrk(u, "<>\" "))
        return config_fail(e, "percent-encode it", "holds a character that no URL has");
    return OPTOUT_OK;
}

static enum optout_rc check_socket(const struct directive *d, const void *target,
                                   struct config_error *e)
{
    const struct config *c = target;
    if (*directive_text(d, c) && !c->site_store[0])
        return config_fail(e, "set SiteStore to the folder that optoutd uses",
                           "there is a daemon, and no store");
    return OPTOUT_OK;
}

static const struct directive_check checks[] = {
    { "Node", NULL, directive_names_node },
    { "BlockedBy", NULL, check_url },
    { "AuditDir", NULL, directive_is_absolute },
    { "SpoolDir", NULL, directive_is_absolute },
    { "SiteStore", NULL, directive_is_absolute_or_empty },
    { "SiteSocket", "SiteStore", check_socket },
    { NULL, NULL, NULL },
};

static enum optout_rc finish_file(struct config *c, const char *path, struct config_errors *all)
{
    node_preset(c->node, sizeof c->node);
    /* What is asked for beyond what the mode can do is what the mode can do. */
    if (c->hold_mode == HOLD_UNLOCKED && c->hold_max > UNLOCKED_HOLD_MAX)
        c->hold_max = UNLOCKED_HOLD_MAX;
    return directives_check(&service_directives, checks, c, path, all);
}

enum optout_rc config_finish(struct config *c, struct config_error *e)
{
    struct config_errors first = config_first_error(e);
    return finish_file(c, NULL, &first);
}

enum optout_rc config_load(struct config *c, const char *path, struct config_errors *all)
{
    config_init(c);
    enum optout_rc read = directives_read(&service_directives, c, path, all);
    enum optout_rc whole = finish_file(c, path, all);
    return read != OPTOUT_OK ? read : whole;
}

void config_locate(const char *path, struct config_error *e)
{
    directives_locate(&service_directives, path, e);
}

static enum optout_rc check_spool(const struct directive *d, const void *target,
                                  struct config_error *e)
{
    const char *path = directive_text(d, target);
    if (access(path, W_OK | X_OK) == 0)
        return OPTOUT_OK;
    return config_fail(e, "name a folder that c-icap's user may write to",
                       "\"%.60s\" cannot be written to (%s)", path, strerror(errno));
}

static enum optout_rc check_audit(const struct directive *d, const void *target,
                                  struct config_error *e)
{
    char path[CONFIG_PATH_MAX];
    snprintf(path, sizeof path, "%s", directive_text(d, target));
    if (access(path, F_OK) != 0 && errno == ENOENT && strrchr(path, '/') != path)
        *strrchr(path, '/') = '\0'; /* it will be made there */
    if (access(path, W_OK | X_OK) == 0)
        return OPTOUT_OK;
    return config_fail(e, "name a folder that c-icap's user may make and write to",
                       "\"%.60s\" cannot be written to (%s)", directive_text(d, target),
                       strerror(errno));
}

enum optout_rc config_check_folders(const struct config *c, struct config_error *e)
{
    static const struct directive_check folders[] = {
        { "SpoolDir", NULL, check_spool },
        { "AuditDir", NULL, check_audit },
        { NULL, NULL, NULL },
    };
    struct config_errors first = config_first_error(e);
    return directives_check(&service_directives, folders, c, NULL, &first);
}

enum optout_rc config_digest(struct config *c, struct buf *text, uint8_t sha256[32],
                             struct config_error *e)
{
    config_print(c, text);
    if (text->failed != OPTOUT_OK || !digest_of(buf_slice(text), sha256))
        return config_fail(e, "free some memory", "the configuration could not be hashed");
    hex_print(c->hash, sha256, 32);
    c->hash[64] = '\0';
    return OPTOUT_OK;
}

void config_print(const struct config *c, struct buf *out)
{
    for (size_t i = 0; i < c->n_profiles; i++) {
        buf_puts(out, "optout.Profile ");
        profile_line_print(&c->profile[i], out);
        buf_putc(out, '\n');
    }
    buf_printf(out, "optout.DefaultProfile %s\n", c->profile[c->default_profile].name);
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        if (!site_kind_is_file((enum site_kind)kind))
            continue;
        buf_puts(out, "optout.SiteFile ");
        site_file_line_print(c, (enum site_kind)kind, out);
        buf_putc(out, '\n');
    }
    hold_format_print(c, out);
    audit_keep_print(c, out);
    for (const struct directive *d = directives; d->name; d++) {
        if (d->kind == DIRECTIVE_OTHER)
            continue;
        buf_printf(out, "optout.%s ", d->name);
        directive_print(d, c, out);
        buf_putc(out, '\n');
    }
}

const struct profile *config_profile(const struct config *c, struct slice name)
{
    if (name.n == 0)
        return &c->profile[c->default_profile];
    for (size_t i = 0; i < c->n_profiles; i++)
        if (slice_eq_nocase(name, slice_cstr(c->profile[i].name)))
            return &c->profile[i];
    return NULL;
}
