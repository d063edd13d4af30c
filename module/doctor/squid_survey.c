/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/squid_survey.h"

#include "doctor/command.h"
#include "policy/config.h"

#include <stdio.h>
#include <stdlib.h>

#define VERSION_MS 2000u /* for squid -v */

/* What one process reads. */
struct reading {
    struct squid_lines *lines;
    struct squid_facts facts;
    struct {
        struct squid_place at;
        bool offends;
    } last[SQUID_CHECKS_MAX];
    size_t first; /* problems that earlier readings found */
};

struct squid_survey {
    struct reading *process[SQUID_PROCESSES_MAX]; /* [0] is the first worker */
    size_t n_processes;
    /* Warnings cannot push errors out, nor lines what the whole file is found to lack. */
    struct squid_problem problem[2 * SQUID_PROBLEMS_MAX + SQUID_CHECKS_MAX];
    size_t n, errors, warnings;
    char why[600];
    bool denied;
};

/* ---- what the whole file is judged by -------------------------------------- */

static void take_cache(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    squid_rules_add(&f->cache, NULL, at, args);
}

/* `deny CONNECT`, by the ACL of that name that Squid brings itself, and no more words. */
static bool denies_tunnels(struct slice args)
{
    struct slice word;
    return squid_word(&args, &word) && squid_word_is(word, "deny") && squid_word(&args, &word) &&
           slice_eq(word, SLICE_OF("CONNECT")) && !squid_word(&args, &word);
}

static void take_http_access(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    /* Squid's own pages open no way to others. */
    if (f->opened.line || (squid_first_is(args, "allow") && squid_has_word(args, "manager")))
        return;
    if (squid_first_is(args, "allow")) {
        f->opened = *at;
        return;
    }
    f->gateways_denied |= squid_denies_gateways(&f->groups, args);
    f->tunnels_denied |= denies_tunnels(args);
}

static void take_path(char path[SQUID_PATH_MAX], struct slice word)
{
    if (word.n < SQUID_PATH_MAX)
        snprintf(path, SQUID_PATH_MAX, "%.*s", SLICE_FMT(word));
}

static void take_tls(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    static const char *const certificate[] = { "tls-cert=", "cert=", NULL },
                             *const key[] = { "tls-key=", "key=", NULL };
    struct slice word;
    if (f->n_tls == SQUID_FILES_MAX)
        return;
    f->tls[f->n_tls].at = *at;
    while (squid_word(&args, &word)) {
        for (size_t i = 0; certificate[i]; i++)
            if (slice_starts_nocase(word, slice_cstr(certificate[i])))
                take_path(f->tls[f->n_tls].certificate, slice_from(word, strlen(certificate[i])));
        for (size_t i = 0; key[i]; i++)
            if (slice_starts_nocase(word, slice_cstr(key[i])))
                take_path(f->tls[f->n_tls].key, slice_from(word, strlen(key[i])));
    }
    f->n_tls += f->tls[f->n_tls].certificate[0] != '\0';
}

static void take_port(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    if (!squid_has_word(args, "ssl-bump"))
        return;
    if (!f->bump_port.line)
        f->bump_port = *at;
    take_tls(f, at, args);
}

/* The folder that the helper keeps certificates in. */
static void take_helper(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice word;
    (void)at;
    while (squid_word(&args, &word))
        if (squid_word_is(word, "-s") && squid_word(&args, &word))
            take_path(f->certificates, word);
}

static void take_acl(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    (void)at;
    squid_splices_take_acl(&f->splices, args);
}

static void take_bump(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice word, more = args;
    squid_splices_take_bump(&f->splices, at, args);
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

static void take_workers(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice word;
    uint64_t n;
    (void)at;
    if (squid_word(&args, &word) && slice_to_u64(word, &n))
        f->workers = n > 1000 ? 1000 : (unsigned)n;
}

/* "N [UNIT]", in seconds; seconds where there is no unit. */
static unsigned seconds_of(struct slice args)
{
    static const struct {
        const char *name;
        unsigned seconds;
    } units[] = { { "second", 1 }, { "minute", 60 }, { "hour", 3600 }, { "day", 86400 } };
    struct slice number, unit;
    uint64_t n, factor = 1;
    if (!squid_word(&args, &number) || !slice_to_u64(number, &n) || n > 1000000)
        return 0;
    if (squid_word(&args, &unit))
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (slice_starts_nocase(unit, slice_cstr(units[i].name)))
                factor = units[i].seconds;
    n *= factor;
    return n > 1000000000 ? 1000000000u : (unsigned)n;
}

static void take_delay_access(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice word;
    (void)at;
    if (squid_word(&args, &word) && squid_word(&args, &word) && squid_word_is(word, "allow") &&
        squid_first_is(args, "all"))
        f->resumes = true;
}

static void take_io_timeout(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    f->io_timeout = *at;
    f->io_timeout_s = seconds_of(args);
}

static void take_key_log(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    (void)args;
    f->key_log = *at;
}

/* SECTION,LEVEL words. */
static void take_debug(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    struct slice word;
    uint64_t level;
    f->debug = *at;
    f->debug_level = 0;
    while (squid_word(&args, &word))
        if (slice_to_u64(slice_from(word, slice_find(word, ',') + 1), &level) &&
            level > f->debug_level)
            f->debug_level = level > 9 ? 9 : (unsigned)level;
}

static void take_strip(struct squid_facts *f, const struct squid_place *at, struct slice args)
{
    f->strips = *at;
    f->keeps_queries = squid_first_is(args, "off");
}

static const struct {
    const char *directive;
    void (*take)(struct squid_facts *f, const struct squid_place *at, struct slice args);
} takers[] = {
    { "acl", take_acl },
    { "adaptation_meta", take_meta },
    { "cache", take_cache },
    { "debug_options", take_debug },
    { "delay_access", take_delay_access },
    { "http_access", take_http_access },
    { "http_port", take_port },
    { "https_port", take_port },
    { "icap_io_timeout", take_io_timeout },
    { "ssl_bump", take_bump },
    { "sslcrtd_program", take_helper },
    { "strip_query_terms", take_strip },
    { "tls_key_log", take_key_log },
    { "workers", take_workers },
};

/* ---- problems --------------------------------------------------------------- */

static bool is_known(const struct squid_survey *s, const struct squid_check *c,
                     const struct squid_place *at, const char *name)
{
    for (size_t i = 0; s->n_processes && i < s->n; i++) {
        const struct squid_problem *p = &s->problem[i];
        if (p->check == c && p->at.line == at->line &&
            (!at->line || strcmp(p->at.file, at->file) == 0) && !p->name == !name &&
            (!name || strcmp(p->name, name) == 0))
            return true;
    }
    return false;
}

/* What several processes meet is told once. */
static void add_problem(struct squid_survey *s, const struct squid_check *c,
                        const struct squid_place *at, const char *name)
{
    size_t *count = c->error ? &s->errors : &s->warnings;
    bool many = c->when == EACH_LINE || name;
    if (is_known(s, c, at, name))
        return;
    if ((!many || *count < SQUID_PROBLEMS_MAX) && s->n < sizeof s->problem / sizeof *s->problem)
        s->problem[s->n++] = (struct squid_problem){ *at, c, name };
    *count += 1;
}

static bool survey_line(struct squid_survey *s, struct reading *r, const struct squid_place *at,
                        struct slice text)
{
    struct slice name;
    if (!squid_word(&text, &name))
        return true;
    if (!squid_groups_take(&r->facts.groups, at, name, text)) {
        snprintf(s->why, sizeof s->why, "%s", r->facts.groups.why);
        return false;
    }
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (squid_word_is(name, takers[i].directive))
            takers[i].take(&r->facts, at, text);
    for (size_t i = 0; i < squid_checks_count; i++) {
        const struct squid_check *c = &squid_checks[i];
        if (c->when >= WHOLE || !squid_word_is(name, c->directive))
            continue;
        bool offends = c->line && c->line(text);
        if (c->when != EACH_LINE) {
            r->last[i].at = *at;
            r->last[i].offends = offends;
        } else if (offends) {
            add_problem(s, c, at, NULL);
        }
    }
    return true;
}

static void survey_groups(struct squid_survey *s, const struct reading *r,
                          const struct squid_check *c)
{
    const struct squid_groups *all = &r->facts.groups;
    struct squid_place at;
    for (size_t i = 0; c->when == EACH_GROUP && i < all->n; i++)
        if (c->group(&r->facts, &all->group[i], &at))
            add_problem(s, c, &at, all->group[i].name);
    for (size_t i = 0; c->when == EACH_MEMBER && i < all->n_members; i++)
        if (c->group(&r->facts, &all->group[all->member[i].service], &at))
            add_problem(s, c, &all->member[i].at, all->group[all->member[i].service].name);
}

/* What lines of this reading were found to do before the whole file was known, which may
 * excuse them. */
static void survey_excuse(struct squid_survey *s, const struct reading *r)
{
    size_t kept = r->first;
    for (size_t i = r->first; i < s->n; i++) {
        const struct squid_check *c = s->problem[i].check;
        struct squid_place at = { .line = 0 };
        if (c->when == EACH_LINE && c->whole && !c->whole(&r->facts, &at))
            *(c->error ? &s->errors : &s->warnings) -= 1;
        else
            s->problem[kept++] = s->problem[i];
    }
    s->n = kept;
}

static void survey_end(struct squid_survey *s, const struct reading *r)
{
    survey_excuse(s, r);
    for (size_t i = 0; i < squid_checks_count; i++) {
        const struct squid_check *c = &squid_checks[i];
        struct squid_place at = { .line = 0 };
        if (c->when > WHOLE)
            survey_groups(s, r, c);
        else if (c->when == WHOLE && c->whole(&r->facts, &at))
            add_problem(s, c, &at, NULL);
        else if (r->last[i].offends || (c->when == LAST_OR_NONE && !r->last[i].at.line))
            add_problem(s, c, &r->last[i].at, NULL);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct squid_problem *x = a, *y = b;
    if (x->at.order != y->at.order)
        return x->at.order < y->at.order ? -1 : 1;
    return (x->check > y->check) - (x->check < y->check);
}

/* ---- reading ---------------------------------------------------------------- */

static bool read_as(struct squid_survey *s, const char *path, const char *installed,
                    unsigned process)
{
    struct reading *r = calloc(1, sizeof *r);
    struct squid_place at;
    struct slice text;
    enum squid_got got = SQUID_FAILED;
    if (r)
        r->lines = squid_lines_open(path, process);
    if (!r || !r->lines) {
        free(r);
        snprintf(s->why, sizeof s->why, "out of memory");
        return false;
    }
    snprintf(r->facts.installed, sizeof r->facts.installed, "%s", installed);
    r->facts.workers = 1;
    r->first = s->n;
    bool good = true;
    while (good && (got = squid_lines_next(r->lines, &at, &text)) == SQUID_LINE)
        good = survey_line(s, r, &at, text);
    s->denied = got == SQUID_FAILED && squid_lines_denied(r->lines);
    if (got == SQUID_FAILED && !s->why[0])
        snprintf(s->why, sizeof s->why, "%s", squid_lines_why(r->lines));
    if (got == SQUID_END)
        survey_end(s, r);
    s->process[s->n_processes++] = r;
    return got == SQUID_END;
}

struct squid_survey *squid_survey_new(const char *path, const char *installed, bool *good)
{
    struct squid_survey *s = calloc(1, sizeof *s);
    *good = false;
    if (!s)
        return NULL;
    *good = read_as(s, path, installed, 0);
    unsigned workers = *good ? s->process[0]->facts.workers : 0;
    if (workers < 2)
        goto done;
    /* With workers nobody reads it as process 0 but the master, which handles nothing. */
    squid_survey_free(s);
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    for (unsigned i = 1; *good && i <= workers && i <= SQUID_PROCESSES_MAX; i++)
        *good = read_as(s, path, installed, i);
done:
    qsort(s->problem, s->n, sizeof *s->problem, by_place);
    return s;
}

void squid_survey_free(struct squid_survey *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_processes; i++) {
        squid_lines_close(s->process[i]->lines);
        free(s->process[i]);
    }
    free(s);
}

bool squid_survey_denied(const struct squid_survey *s)
{
    return s->denied;
}

const char *squid_survey_why(const struct squid_survey *s)
{
    return s->why;
}

size_t squid_survey_count(const struct squid_survey *s)
{
    return s->n;
}

const struct squid_problem *squid_survey_at(const struct squid_survey *s, size_t i)
{
    return i < s->n ? &s->problem[i] : NULL;
}

size_t squid_survey_errors(const struct squid_survey *s)
{
    return s->errors;
}

size_t squid_survey_warnings(const struct squid_survey *s)
{
    return s->warnings;
}

const struct squid_facts *squid_survey_facts(const struct squid_survey *s)
{
    return &s->process[0]->facts;
}

void squid_installed(char version[SQUID_VERSION_MAX])
{
    static const struct slice word = SLICE("Version ");
    const char *given = getenv("OPTOUT_SQUID_VERSION");
    char squid[COMMAND_PATH_MAX];
    const char *argv[] = { squid, "-v", NULL };
    struct buf out;
    int status;
    version[0] = '\0';
    if (given) {
        snprintf(version, SQUID_VERSION_MAX, "%s", given);
        return;
    }
    buf_init(&out, COMMAND_OUTPUT_MAX);
    if (command_find("squid", squid) &&
        command_run(argv, VERSION_MS, &out, &status) == COMMAND_ENDED) {
        struct slice line = slice_sub(buf_slice(&out), 0, slice_find(buf_slice(&out), '\n'));
        struct slice rest = slice_from(line, slice_find_nocase(line, word) + word.n);
        rest = slice_trim_space(slice_sub(rest, 0, slice_find(rest, ' ')));
        snprintf(version, SQUID_VERSION_MAX, "%.*s",
                 SLICE_FMT(slice_sub(rest, 0, SQUID_VERSION_MAX - 1)));
    }
    buf_free(&out);
}
