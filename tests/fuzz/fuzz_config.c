/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - main.conf and, after a line "%%", other.conf, in a folder of
 * their own; each may include either. What loads must print as what loads again
 * with the same hash; what does not must say why, and what to do. */
#include "policy/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (64u << 10)
#define ERRORS_MAX 5

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "main.conf", "other.conf", "printed.conf" };
static char folder[256];

static void check(bool good)
{
    if (!good)
        abort();
}

static void path_of(const char *name, char path[300])
{
    snprintf(path, 300, "%s/%s", folder, name);
}

static void remove_folder(void)
{
    char path[300];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_of(names[i], path);
        unlink(path);
    }
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *tmp = getenv("TMPDIR");
    (void)argc;
    (void)argv;
    snprintf(folder, sizeof folder, "%.200s/fuzz-configXXXXXX", tmp && *tmp ? tmp : "/tmp");
    check(mkdtemp(folder) != NULL);
    return atexit(remove_folder);
}

static void write_file(const char *name, struct slice text)
{
    char path[300];
    path_of(name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0);
    check(write(fd, text.p, text.n) == (ssize_t)text.n);
    close(fd);
}

/* Include must not lead out of the folder, to devices and pipes: a slash is
 * kept only in lines that set a folder or URL. */
static void confine(uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        struct slice line = slice_of(p + at, n - at);
        line = slice_sub(line, 0, slice_find(line, '\n'));
        if (slice_find_nocase(line, SLICE_OF("dir")) == line.n &&
            slice_find_nocase(line, SLICE_OF("blockedby")) == line.n)
            for (size_t i = at; i < at + line.n; i++)
                p[i] = p[i] == '/' ? '_' : p[i];
        at += line.n + 1;
    }
}

static void check_error(const struct config_error *e)
{
    struct buf text;
    buf_init(&text, 4096);
    config_error_print(e, &text);
    check(e->reason[0] && e->remedy[0] && e->file[0]);
    check(text.failed == OPTOUT_OK && text.n);
    buf_free(&text);
}

/* The digest of what has been applied. */
static void digest(struct config *c)
{
    struct config_error e;
    struct buf text;
    uint8_t sha256[32];
    buf_init(&text, CONFIG_TEXT_MAX);
    check(config_digest(c, &text, sha256, &e) == OPTOUT_OK);
    buf_free(&text);
}

static void check_reads_back(struct config *c, struct config *again)
{
    struct config_error e;
    struct buf text;
    char path[300];
    buf_init(&text, 1u << 20);
    config_print(c, &text);
    check(text.failed == OPTOUT_OK);
    write_file("printed.conf", buf_slice(&text));
    path_of("printed.conf", path);
    struct config_errors first = config_first_error(&e);
    check(config_load(again, path, &first) == OPTOUT_OK && first.n == 0);
    digest(c);
    digest(again);
    check(strlen(c->hash) == 64 && strcmp(c->hash, again->hash) == 0);
    buf_free(&text);
}

static void check_config(const struct config *c)
{
    check(c->n_profiles >= 1 && c->n_profiles <= CONFIG_PROFILES_MAX);
    check(c->default_profile < c->n_profiles);
    check(c->preview_size >= 1024 && c->preview_size <= CONFIG_PREVIEW_MAX);
    check(c->on_audit_failure == ACTION_BLOCK || c->on_audit_failure == ACTION_PASS);
    check(c->node[0]);
    for (size_t i = 0; i < c->n_profiles; i++) {
        const struct profile *p = &c->profile[i];
        check(p->purpose && !(p->purpose & usage_bit(USAGE_ACQUIRE)));
        for (unsigned d = 0; d < DECISION_COUNT; d++)
            check(p->on[d] < ACTION_CUT);
        check(config_profile(c, slice_cstr(p->name)) == p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config c, again;
    static uint8_t text[FILE_MAX];
    static struct config_error room[ERRORS_MAX];
    struct config_errors wrong = { .listed = room, .max = ERRORS_MAX };
    char path[300];
    if (size > sizeof text)
        return 0;
    if (size)
        memcpy(text, data, size);
    confine(text, size);
    struct slice all = slice_of(text, size);
    size_t at = slice_find_nocase(all, SLICE_OF("\n%%\n"));
    write_file("main.conf", slice_sub(all, 0, at + 1));
    write_file("other.conf", slice_from(all, at + 4));
    path_of("main.conf", path);
    enum optout_rc rc = config_load(&c, path, &wrong);
    check((rc == OPTOUT_OK) == (wrong.n == 0));
    for (size_t i = 0; i < config_errors_listed(&wrong); i++)
        check_error(&room[i]);
    if (rc != OPTOUT_OK) {
        check(rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_IO);
        return 0;
    }
    check_config(&c);
    check_reads_back(&c, &again);
    return 0;
}
