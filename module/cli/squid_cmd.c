/* SPDX-License-Identifier: Apache-2.0 */
/* optout config squid: the lines of a squid.conf that let content pass
 * unfiltered, or keep the filter from working. */
#include "cli/cli.h"
#include "cli/squid_checks.h"
#include "policy/config.h"
#include "syntax/json.h"

#include <stdio.h>
#include <stdlib.h>

#define FINDINGS_MAX 1000 /* lines of each severity that are told; more are counted */

struct finding {
    struct squid_place at;
    const struct squid_check *check;
    const char *name; /* of the group; NULL: it is not about one */
};

struct survey {
    struct squid_facts facts;
    struct {
        struct squid_place at;
        bool offends;
    } last[SQUID_CHECKS_MAX];
    /* Warnings cannot push errors out, nor lines what the whole file is found to lack. */
    struct finding findings[2 * FINDINGS_MAX + SQUID_CHECKS_MAX];
    size_t n_findings, errors, warnings;
};

/* --- what the whole file is judged by -------------------------------------- */

static void take_cache(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    squid_rules_add(&f->cache, NULL, at, args);
}

static void take_http_access(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    if (f->opened.line)
        return;
    if (squid_first_is(args, "allow"))
        f->opened = *at;
    else
        f->gateways_denied |= squid_denies_gateways(&f->groups, args);
}

static void take_port(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    if (!f->bump_port.line && squid_has_word(args, "ssl-bump"))
        f->bump_port = *at;
}

static void take_bump(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice word, more = args;
    if (squid_first_is(args, "bump") || squid_first_is(args, "server-first") ||
        squid_first_is(args, "client-first")) {
        f->bumps = true;
        f->last_bump = *at;
        if (squid_word(&more, &word) && squid_word(&more, &word) && squid_word_is(word, "all"))
            f->bumps_all |= !squid_word(&more, &word);
    } else if (squid_first_is(args, "peek") && !f->late_peek.line && !f->bumps_all &&
               !squid_first_step(&f->groups, args)) {
        f->late_peek = *at;
    }
}

static void take_meta(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice name, value;
    if (!squid_word(&args, &name) || !slice_eq_nocase(name, SLICE_OF(SQUID_VERSION_FIELD)) ||
        !squid_word(&args, &value))
        return;
    if (value.n > 1 && value.p[0] == '"')
        value = slice_sub(value, 1, value.n - 2);
    f->claim = *at;
    f->claims_waiting = config_squid_waits(value);
}

static const struct {
    const char *directive;
    void (*take)(struct squid_facts *f, const struct squid_place *at, struct slice args);
} takers[] = {
    { "adaptation_meta", take_meta },
    { "cache", take_cache },
    { "http_access", take_http_access },
    { "http_port", take_port },
    { "https_port", take_port },
    { "ssl_bump", take_bump },
};

static void add_finding(struct survey *s, const struct squid_check *c, const struct squid_place *at,
                        const char *name)
{
    size_t *count = c->error ? &s->errors : &s->warnings;
    bool many = c->when == EACH_LINE || name;
    if (!many || *count < FINDINGS_MAX)
        s->findings[s->n_findings++] = (struct finding){ *at, c, name };
    *count += 1;
}

static bool survey_line(struct survey *s, const struct squid_place *at, struct slice text)
{
    struct slice name;
    if (!squid_word(&text, &name))
        return true;
    if (!squid_groups_take(&s->facts.groups, at, name, text))
        return false;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (squid_word_is(name, takers[i].directive))
            takers[i].take(&s->facts, at, text);
    for (size_t i = 0; i < squid_checks_count; i++) {
        const struct squid_check *c = &squid_checks[i];
        if (c->when >= WHOLE || !squid_word_is(name, c->directive))
            continue;
        bool offends = c->line && c->line(text);
        if (c->when != EACH_LINE) {
            s->last[i].at = *at;
            s->last[i].offends = offends;
        } else if (offends) {
            add_finding(s, c, at, NULL);
        }
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->at.order != y->at.order)
        return x->at.order < y->at.order ? -1 : 1;
    return (x->check > y->check) - (x->check < y->check);
}

static void survey_groups(struct survey *s, const struct squid_check *c)
{
    const struct squid_groups *all = &s->facts.groups;
    struct squid_place at;
    for (size_t i = 0; c->when == EACH_GROUP && i < all->n; i++)
        if (c->group(&s->facts, &all->group[i], &at))
            add_finding(s, c, &at, all->group[i].name);
    for (size_t i = 0; c->when == EACH_MEMBER && i < all->n_members; i++)
        if (c->group(&s->facts, &all->group[all->member[i].service], &at))
            add_finding(s, c, &all->member[i].at, all->group[all->member[i].service].name);
}

static void survey_end(struct survey *s)
{
    for (size_t i = 0; i < squid_checks_count; i++) {
        const struct squid_check *c = &squid_checks[i];
        struct squid_place at = { .line = 0 };
        if (c->when > WHOLE)
            survey_groups(s, c);
        else if (c->when == WHOLE && c->whole(&s->facts, &at))
            add_finding(s, c, &at, NULL);
        else if (s->last[i].offends || (c->when == LAST_OR_NONE && !s->last[i].at.line))
            add_finding(s, c, &s->last[i].at, NULL);
    }
    qsort(s->findings, s->n_findings, sizeof *s->findings, by_place);
}

static bool survey_file(struct survey *s, struct squid_lines *lines)
{
    struct squid_place at;
    struct slice text;
    enum squid_got got;
    while ((got = squid_lines_next(lines, &at, &text)) == SQUID_LINE)
        if (!survey_line(s, &at, text))
            return false;
    if (got == SQUID_END)
        survey_end(s);
    return got == SQUID_END;
}

/* --- output ---------------------------------------------------------------- */

static void print_text(const struct survey *s, const char *path, struct buf *out)
{
    for (size_t i = 0; i < s->n_findings; i++) {
        const struct finding *f = &s->findings[i];
        visible_append(out, slice_cstr(f->at.line ? f->at.file : path), 0);
        if (f->at.line)
            buf_printf(out, ":%u", f->at.line);
        buf_printf(out, ": %s: %s: ", f->check->error ? "error" : "warning",
                   f->check->directive);
        if (f->name) {
            visible_append(out, slice_cstr(f->name), 0);
            buf_puts(out, ": ");
        }
        buf_printf(out, "%s; %s\n", f->check->effect, f->check->remedy);
    }
    visible_append(out, slice_cstr(path), 0);
    buf_printf(out, ": %zu error%s, %zu warning%s\n", s->errors, s->errors == 1 ? "" : "s",
               s->warnings, s->warnings == 1 ? "" : "s");
}

static void print_json(const struct survey *s, const char *path, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '[');
    for (size_t i = 0; i < s->n_findings; i++) {
        const struct finding *f = &s->findings[i];
        json_open(&j, NULL, '{');
        json_str(&j, "file", f->at.line ? f->at.file : path);
        if (f->at.line)
            json_int(&j, "line", f->at.line);
        else
            json_nil(&j, "line");
        json_str(&j, "severity", f->check->error ? "error" : "warning");
        json_str(&j, "directive", f->check->directive);
        if (f->name)
            json_str(&j, "name", f->name);
        else
            json_nil(&j, "name");
        json_str(&j, "effect", f->check->effect);
        json_str(&j, "remedy", f->check->remedy);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    buf_putc(out, '\n');
}

/* "Squid Cache: Version 6.13" -> "6.13". For another machine's file the environment tells. */
static void find_installed(char version[SQUID_VERSION_MAX])
{
    static const char word[] = "Version ";
    const char *given = getenv("OPTOUT_SQUID_VERSION");
    char line[256] = "";
    version[0] = '\0';
    if (given) {
        snprintf(version, SQUID_VERSION_MAX, "%s", given);
        return;
    }
    FILE *f = popen("PATH=\"$PATH:/usr/sbin\" squid -v 2>/dev/null", "r");
    if (!f)
        return;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    pclose(f);
    const char *at = strstr(line, word);
    if (at)
        snprintf(version, SQUID_VERSION_MAX, "%.*s", (int)strcspn(at + sizeof word - 1, " \r\n"),
                 at + sizeof word - 1);
}

int config_squid(const char *path, bool json)
{
    int status = CLI_FAILED;
    struct survey *s = calloc(1, sizeof *s);
    struct squid_lines *lines = squid_lines_open(path);
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (!s)
        cli_error("out of memory");
    if (s)
        find_installed(s->facts.installed);
    if (s && lines && survey_file(s, lines)) {
        (json ? print_json : print_text)(s, path, &out);
        if (s->errors + s->warnings > s->n_findings)
            cli_error("%zu more findings are not shown",
                      s->errors + s->warnings - s->n_findings);
        if (cli_write(&out))
            status = s->errors ? CLI_FOUND : CLI_CLEAR;
    }
    buf_free(&out);
    squid_lines_close(lines);
    free(s);
    return status;
}
