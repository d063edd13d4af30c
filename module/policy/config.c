/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config.h"

#include "core/hex.h"
#include "policy/hold_format_line.h"
#include "policy/profile_line.h"
#include "policy/site_file_line.h"
#include "syntax/digest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum optout_rc config_fail(struct config_error *e, const char *remedy, const char *reason, ...)
{
    va_list ap;
    va_start(ap, reason);
    vsnprintf(e->reason, sizeof e->reason, reason, ap);
    va_end(ap);
    snprintf(e->remedy, sizeof e->remedy, "%s", remedy);
    return OPTOUT_E_SYNTAX;
}

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

enum optout_rc config_parse_number(const struct directive *d, struct slice text, uint64_t *out,
                                   struct config_error *e)
{
    uint64_t factor = 1, v;
    struct slice digits = text;
    if (d->kind == DIRECTIVE_SIZE && text.n) {
        static const char units[] = "kmg";
        const char *unit = strchr(units, ascii_lower(text.p[text.n - 1]));
        if (unit && *unit) {
            factor = 1ull << (10 * (unit - units + 1));
            digits.n--;
        }
    }
    if (!slice_to_u64(digits, &v) || v > UINT64_MAX / factor)
        return config_fail(e, d->kind == DIRECTIVE_SIZE ? "write digits and K, M or G, such as 16M"
                                                        : "write digits only",
                           "\"%.*s\" is no number", (int)(text.n > 40 ? 40 : text.n),
                           (const char *)text.p);
    v *= factor;
    if (v < d->min || v > d->max) {
        char remedy[128];
        snprintf(remedy, sizeof remedy, "use a value from %llu to %llu",
                 (unsigned long long)d->min, (unsigned long long)d->max);
        return config_fail(e, remedy, "%llu is out of range", (unsigned long long)v);
    }
    *out = v;
    return OPTOUT_OK;
}

static enum optout_rc parse_word(const struct directive *d, struct slice text, uint8_t *out,
                                 struct config_error *e)
{
    for (unsigned i = 0; d->words[i]; i++) {
        if (text.n && slice_eq_nocase(text, slice_cstr(d->words[i]))) {
            *out = (uint8_t)i;
            return OPTOUT_OK;
        }
    }
    char remedy[128];
    snprintf(remedy, sizeof remedy, "use one of %s", d->args);
    return config_fail(e, remedy, "\"%.*s\" is not known", (int)(text.n > 40 ? 40 : text.n),
                       (const char *)text.p);
}

static enum optout_rc parse_text(const struct directive *d, struct slice text, char *out,
                                 struct config_error *e)
{
    if (text.n >= d->max)
        return config_fail(e, "shorten it", "longer than %llu bytes",
                           (unsigned long long)d->max - 1);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7F)
            return config_fail(e, "remove it", "holds a control character");
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return OPTOUT_OK;
}

static enum optout_rc apply_words(void *target, const struct directive *d, int argc,
                                  const char *const *argv, struct config_error *e)
{
    uint32_t set = 0;
    if (argc == 0) {
        char remedy[128];
        snprintf(remedy, sizeof remedy, "write: %s %s", d->name, d->args);
        return config_fail(e, remedy, "takes one argument or more");
    }
    for (int i = 0; i < argc; i++) {
        uint8_t bit = 0;
        enum optout_rc rc = parse_word(d, slice_cstr(argv[i]), &bit, e);
        if (rc != OPTOUT_OK)
            return rc;
        set |= 1u << bit;
    }
    *(uint32_t *)(void *)((uint8_t *)target + d->offset) = set;
    return OPTOUT_OK;
}

static enum optout_rc apply_plain(void *target, const struct directive *d, struct slice text,
                                  struct config_error *e)
{
    void *to = (uint8_t *)target + d->offset;
    uint64_t v = 0;
    enum optout_rc rc;
    switch (d->kind) {
    case DIRECTIVE_SIZE:
        return config_parse_number(d, text, to, e);
    case DIRECTIVE_NUMBER:
        rc = config_parse_number(d, text, &v, e);
        if (rc == OPTOUT_OK)
            *(uint32_t *)to = (uint32_t)v;
        return rc;
    case DIRECTIVE_WORD:
        return parse_word(d, text, to, e);
    case DIRECTIVE_SWITCH:
        if (!slice_eq_nocase(text, SLICE_OF("on")) && !slice_eq_nocase(text, SLICE_OF("off")))
            return config_fail(e, "write on or off", "\"%.*s\" is neither on nor off",
                               (int)(text.n > 40 ? 40 : text.n), (const char *)text.p);
        *(bool *)to = slice_eq_nocase(text, SLICE_OF("on"));
        return OPTOUT_OK;
    case DIRECTIVE_TEXT:
        return parse_text(d, text, to, e);
    default:
        return OPTOUT_E_UNSUP;
    }
}

enum optout_rc directives_apply(const struct directive_set *set, void *target, const char *name,
                                int argc, const char *const *argv, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "%s", name);
    for (const struct directive *d = set->table; d->name; d++) {
        if (!slice_eq_nocase(slice_cstr(name), slice_cstr(d->name)))
            continue;
        if (d->apply)
            return d->apply(target, argc, argv, e);
        if (d->kind == DIRECTIVE_WORDS)
            return apply_words(target, d, argc, argv, e);
        if (argc != 1) {
            char remedy[128];
            snprintf(remedy, sizeof remedy, "write: %s %s", d->name, d->args);
            return config_fail(e, remedy, "takes one argument, not %d", argc);
        }
        return apply_plain(target, d, slice_cstr(argv[0]), e);
    }
    return config_fail(e, set->see, "unknown directive");
}

void directives_preset(const struct directive_set *set, void *target)
{
    struct config_error e;
    char text[256];
    for (const struct directive *d = set->table; d->name; d++) {
        const char *word[16];
        int n = 0;
        if (d->kind == DIRECTIVE_OTHER)
            continue;
        snprintf(text, sizeof text, "%s", d->preset);
        word[n++] = text;
        for (char *p = text; d->kind == DIRECTIVE_WORDS && (p = strchr(p, ' ')) && n < 16;) {
            *p++ = '\0';
            word[n++] = p;
        }
        if (directives_apply(set, target, d->name, n, word, &e) != OPTOUT_OK)
            abort(); /* the table itself is wrong; a test tries each row */
    }
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

static enum optout_rc check_urls(const struct config *c, struct config_error *e)
{
    const char *u = c->blocked_by;
    snprintf(e->directive, sizeof e->directive, "BlockedBy");
    if (*u && strncmp(u, "https://", 8) != 0 && strncmp(u, "http://", 7) != 0)
        return config_fail(e, "write an http or https URL", "is no URL");
    if (strpbrk(u, "<>\" "))
        return config_fail(e, "percent-encode it", "holds a character that no URL has");
    return OPTOUT_OK;
}

static enum optout_rc check_paths(const struct config *c, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "AuditDir");
    if (c->audit_dir[0] != '/')
        return config_fail(e, "write an absolute path", "\"%.60s\" is not absolute", c->audit_dir);
    snprintf(e->directive, sizeof e->directive, "SpoolDir");
    if (c->spool_dir[0] != '/')
        return config_fail(e, "write an absolute path", "\"%.60s\" is not absolute", c->spool_dir);
    snprintf(e->directive, sizeof e->directive, "SiteStore");
    if (c->site_store[0] && c->site_store[0] != '/')
        return config_fail(e, "write an absolute path", "\"%.60s\" is not absolute",
                           c->site_store);
    snprintf(e->directive, sizeof e->directive, "SiteSocket");
    if (c->site_socket[0] && !c->site_store[0])
        return config_fail(e, "set SiteStore to the folder that optoutd uses",
                           "there is a daemon, and no store");
    return OPTOUT_OK;
}

enum optout_rc config_check_folders(const struct config *c, struct config_error *e)
{
    char path[CONFIG_PATH_MAX];
    snprintf(e->directive, sizeof e->directive, "SpoolDir");
    if (access(c->spool_dir, W_OK | X_OK) != 0)
        return config_fail(e, "name a folder that c-icap's user may write to",
                           "\"%.60s\" cannot be written to (%s)", c->spool_dir, strerror(errno));
    snprintf(e->directive, sizeof e->directive, "AuditDir");
    snprintf(path, sizeof path, "%s", c->audit_dir);
    if (access(path, F_OK) != 0 && errno == ENOENT && strrchr(path, '/') != path)
        *strrchr(path, '/') = '\0'; /* it will be made there */
    if (access(path, W_OK | X_OK) != 0)
        return config_fail(e, "name a folder that c-icap's user may make and write to",
                           "\"%.60s\" cannot be written to (%s)", c->audit_dir, strerror(errno));
    return OPTOUT_OK;
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

enum optout_rc config_finish(struct config *c, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "Node");
    if (!c->node[0] && (gethostname(c->node, sizeof c->node - 1) != 0 || !c->node[0]))
        snprintf(c->node, sizeof c->node, "localhost");
    for (const char *p = c->node; *p; p++)
        if (!ascii_is_alnum((uint8_t)*p) && *p != '-' && *p != '.' && *p != '_')
            return config_fail(e, "use letters, digits, '-', '.' and '_'",
                               "\"%.60s\" cannot name a file", c->node);
    enum optout_rc rc = check_urls(c, e);
    if (rc == OPTOUT_OK)
        rc = check_paths(c, e);
    /* What is asked for beyond what the mode can do is what the mode can do. */
    if (c->hold_mode == HOLD_UNLOCKED && c->hold_max > UNLOCKED_HOLD_MAX)
        c->hold_max = UNLOCKED_HOLD_MAX;
    return rc;
}

/* As config_file.c reads it back. */
static void print_text(const char *text, struct buf *out)
{
    buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void print_value(const struct config *c, const struct directive *d, struct buf *out)
{
    const void *from = (const uint8_t *)c + d->offset;
    switch (d->kind) {
    case DIRECTIVE_SIZE: buf_printf(out, "%llu", *(const unsigned long long *)from); break;
    case DIRECTIVE_NUMBER: buf_printf(out, "%u", *(const uint32_t *)from); break;
    case DIRECTIVE_WORD: buf_puts(out, d->words[*(const uint8_t *)from]); break;
    case DIRECTIVE_SWITCH: buf_puts(out, *(const bool *)from ? "on" : "off"); break;
    case DIRECTIVE_TEXT: print_text(from, out); break;
    default: break;
    }
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
        buf_puts(out, "optout.SiteFile ");
        site_file_line_print(c, (enum site_kind)kind, out);
        buf_putc(out, '\n');
    }
    hold_format_print(c, out);
    for (const struct directive *d = directives; d->name; d++) {
        if (d->kind == DIRECTIVE_OTHER)
            continue;
        buf_printf(out, "optout.%s ", d->name);
        print_value(c, d, out);
        buf_putc(out, '\n');
    }
}

void config_error_print(const struct config_error *e, struct buf *out)
{
    if (e->file[0])
        buf_printf(out, "%s:", e->file);
    if (e->line)
        buf_printf(out, "%u:", e->line);
    if (e->file[0] || e->line)
        buf_putc(out, ' ');
    if (e->directive[0])
        buf_printf(out, "%s: ", e->directive);
    buf_printf(out, "%s; %s", e->reason, e->remedy);
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
