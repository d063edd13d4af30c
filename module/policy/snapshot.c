/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/snapshot.h"

#include "core/file.h"
#include "core/hex.h"
#include "syntax/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Where a data file is wrong. */
struct wrong_row {
    unsigned line;
    const char *why;
};

static enum optout_rc read_agents(struct snapshot *s, struct slice text, struct wrong_row *w)
{
    return agents_parse_text(text, &s->agents, &w->line, &w->why);
}

static enum optout_rc read_clients(struct snapshot *s, struct slice text, struct wrong_row *w)
{
    return clients_parse_text(text, &s->clients, &w->line, &w->why);
}

static enum optout_rc read_terms(struct snapshot *s, struct slice text, struct wrong_row *w)
{
    return terms_pages_parse(text, &s->terms, &w->line, &w->why);
}

/* Every directive that names a data file, but Phrases, which may name many. */
static const struct data_kind {
    const char *directive;
    size_t path; /* in struct config: char[CONFIG_PATH_MAX] */
    enum optout_rc (*read)(struct snapshot *s, struct slice text, struct wrong_row *w);
} kinds[] = {
    { "Agents", offsetof(struct config, agents_file), read_agents },
    { "Clients", offsetof(struct config, clients_file), read_clients },
    { "TermsPages", offsetof(struct config, terms_file), read_terms },
};

_Static_assert(sizeof kinds / sizeof *kinds + 1 <= DATA_FILES_MAX, "room for every data file");

static enum optout_rc refuse_file(enum optout_rc rc, const char *path, struct config_error *e)
{
    if (rc == OPTOUT_E_IO)
        return config_fail(e, "check its name and permissions", "%.100s cannot be read: %s", path,
                           strerror(errno));
    return config_fail(e, "shorten it", "%.100s is too long", path);
}

static enum optout_rc refuse_row(const struct wrong_row *w, const char *path,
                                 struct config_error *e)
{
    snprintf(e->file, sizeof e->file, "%s", path);
    e->line = w->line;
    return config_fail(e, "mend or remove the line", "%s", w->why);
}

static enum optout_rc load_file(struct snapshot *s, const struct data_kind *k,
                                struct config_error *e)
{
    const char *path = (const char *)&s->config + k->path;
    struct wrong_row wrong = { 0, "" };
    if (!path[0])
        return OPTOUT_OK;
    struct data_file *f = &s->file[s->n_files++];
    f->path = k->path;
    buf_init(&f->text, DATA_FILE_SIZE_MAX);
    snprintf(e->directive, sizeof e->directive, "%s", k->directive);
    enum optout_rc rc = file_read(path, &f->text);
    if (rc != OPTOUT_OK)
        return refuse_file(rc, path, e);
    if (!digest_of(buf_slice(&f->text), f->sha256))
        return config_fail(e, "free some memory", "%.100s could not be hashed", path);
    rc = k->read(s, buf_slice(&f->text), &wrong);
    return rc == OPTOUT_OK ? OPTOUT_OK : refuse_row(&wrong, path, e);
}

/* Where what is wrong is told to. */
struct told {
    const char *path;
    struct config_errors *all;
};

static void tell_phrases(void *ctx, struct config_error *e)
{
    const struct told *t = ctx;
    if (!e->file[0] && t->path)
        config_locate(t->path, e);
    config_errors_add(t->all, e);
}

/* Their list stands for them in the digest. */
static enum optout_rc load_phrases(struct snapshot *s, const char *path, struct config_errors *all)
{
    struct told told = { path, all };
    enum optout_rc rc = phrase_folder_load(&s->phrases, s->config.phrases, tell_phrases, &told);
    if (rc != OPTOUT_OK || s->phrases.none)
        return rc;
    struct data_file *f = &s->file[s->n_files++];
    f->path = offsetof(struct config, phrases);
    buf_init(&f->text, DATA_FILE_SIZE_MAX);
    rc = buf_append(&f->text, s->phrases.list.p, s->phrases.list.n);
    if (rc == OPTOUT_OK && digest_of(buf_slice(&f->text), f->sha256))
        return OPTOUT_OK;
    struct config_error e = { .line = 0 };
    (void)config_fail(&e, "free some memory", "the phrase files could not be hashed");
    config_errors_add(all, &e);
    return OPTOUT_E_SYNTAX;
}

/* The digest is that of a configuration whose data files are named by what is in them. */
static enum optout_rc take_digest(struct snapshot *s, struct config_error *e)
{
    struct config *named = malloc(sizeof *named);
    if (!named)
        return config_fail(e, "free some memory", "out of memory");
    *named = s->config;
    for (size_t i = 0; i < s->n_files; i++) {
        char *to = (char *)named + s->file[i].path, hex[65] = "";
        hex_print(hex, s->file[i].sha256, sizeof s->file[i].sha256);
        snprintf(to, CONFIG_PATH_MAX, "sha256:%s", hex);
    }
    enum optout_rc rc = config_digest(named, &s->settings.text, s->settings.sha256, e);
    memcpy(s->config.hash, named->hash, sizeof s->config.hash);
    free(named);
    return rc;
}

/* The result of the first error. Each data file is looked at, whatever else is wrong. */
static enum optout_rc load(struct snapshot *s, const char *path, struct config_errors *all)
{
    struct config_error e = { .line = 0 };
    enum optout_rc rc = OPTOUT_OK;
    config_init(&s->config);
    if (path)
        rc = config_load(&s->config, path, all);
    else if ((rc = config_finish(&s->config, &e)) != OPTOUT_OK)
        config_errors_add(all, &e);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        e = (struct config_error){ .line = 0 };
        enum optout_rc file = load_file(s, &kinds[i], &e);
        if (file == OPTOUT_OK)
            continue;
        if (!e.file[0] && path)
            config_locate(path, &e);
        config_errors_add(all, &e);
        rc = rc == OPTOUT_OK ? file : rc;
    }
    enum optout_rc phrases = load_phrases(s, path, all);
    return rc == OPTOUT_OK ? phrases : rc;
}

enum optout_rc snapshot_load(struct snapshot *s, const char *path, struct config_errors *all)
{
    struct config_error e = { .line = 0 };
    memset(s, 0, sizeof *s);
    buf_init(&s->settings.text, CONFIG_TEXT_MAX);
    enum optout_rc rc = load(s, path, all);
    if (rc == OPTOUT_OK && (rc = take_digest(s, &e)) != OPTOUT_OK)
        config_errors_add(all, &e);
    if (rc != OPTOUT_OK)
        snapshot_free(s);
    return rc;
}

void snapshot_free(struct snapshot *s)
{
    for (size_t i = 0; i < s->n_files; i++)
        buf_free(&s->file[i].text);
    s->n_files = 0;
    buf_free(&s->settings.text);
    agents_free(s->agents);
    clients_free(s->clients);
    terms_pages_free(s->terms); /* points into its file */
    phrase_folder_free(&s->phrases);
    s->agents = NULL;
    s->clients = NULL;
}
