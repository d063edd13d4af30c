/* SPDX-License-Identifier: Apache-2.0 */
/* optout phrases: phrase files checked, tested and explained. */
#include "cli/phrases.h"

#include "core/file.h"
#include "standards/phrases_builtin.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX (4u << 20)
#define FILES_ARENA_MAX (64u << 20)
#define PATH_LEN_MAX 4096

static const char help_text[] =
    "Usage: optout phrases check [PATH]...\n"
    "       optout phrases test [--passages FILE | --lines FILE]... [--lang CODE] [PATH]...\n"
    "       optout phrases explain [--lang CODE] --text TEXT [PATH]...\n"
    "Looks after phrase files, which say how reservations are put into words. PATH is\n"
    "such a file, or a folder of *.phr; without any, those that are built in.\n\n"
    "check    syntax; what is defined and not used; sizes\n"
    "test     the hit and miss lines of the files; then labelled passages, with precision\n"
    "         and recall for each language, what was missed and what was hit wrongly\n"
    "explain  the sentences of a text, what was found in them, and what came of it\n\n"
    "      --passages FILE  one JSON object a line: id, lang, label (reserve,\n"
    "                       not-reserve, ambiguous), text or html\n"
    "      --lines FILE     LANG.txt, one passage a line: '+ TEXT' reserves, '- TEXT' does\n"
    "                       not, '? TEXT' is ambiguous\n"
    "      --passages-only  not the lines of the phrase files\n"
    "      --precision X    of all passages: exit status 1 if it is less\n"
    "      --recall X       likewise\n"
    "      --lang CODE      passages, or phrase files, of one language alone\n"
    "      --text TEXT      for explain; '-' reads standard input\n"
    "  -q, --quiet          figures alone\n"
    "  -h, --help           show this help\n"
    "      --version        show the version\n\n"
    "Exit status: 0 all is well, 1 something was missed or hit wrongly, 2 usage or file\n"
    "error, a wrong phrase file among them.\n";

enum {
    OPT_PASSAGES = 256,
    OPT_LINES,
    OPT_ONLY,
    OPT_PRECISION,
    OPT_RECALL,
    OPT_LANG,
    OPT_TEXT,
    OPT_VERSION
};

static const struct option long_options[] = {
    { "passages", required_argument, NULL, OPT_PASSAGES },
    { "lines", required_argument, NULL, OPT_LINES },
    { "passages-only", no_argument, NULL, OPT_ONLY },
    { "precision", required_argument, NULL, OPT_PRECISION },
    { "recall", required_argument, NULL, OPT_RECALL },
    { "lang", required_argument, NULL, OPT_LANG },
    { "text", required_argument, NULL, OPT_TEXT },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

/* A share from 0 to 1. */
static bool take_share(double *share, int *status, const char *command)
{
    char *end;
    *share = strtod(optarg, &end);
    if (end != optarg && !*end && *share >= 0 && *share <= 1)
        return true;
    *status = cli_misuse(command, "'%s' is no share from 0 to 1", optarg);
    return false;
}

/* False ends the command with *status. */
static bool take_option(struct phrase_args *a, int c, const char *command, int *status)
{
    switch (c) {
    case OPT_PASSAGES:
    case OPT_LINES:
        if (a->n_passages == sizeof a->passages / sizeof *a->passages) {
            *status = cli_misuse(command, "more than %zu files of passages", a->n_passages);
            return false;
        }
        a->plain[a->n_passages] = c == OPT_LINES;
        a->passages[a->n_passages++] = optarg;
        return true;
    case OPT_ONLY: a->passages_only = true; return true;
    case OPT_PRECISION: return take_share(&a->precision, status, command);
    case OPT_RECALL: return take_share(&a->recall, status, command);
    case OPT_LANG: a->language = optarg; return true;
    case OPT_TEXT: a->text = optarg; return true;
    case 'q': a->quiet = true; return true;
    case 'h': *status = cli_write_text(help_text); return false;
    case OPT_VERSION: *status = cli_write_version(); return false;
    default: *status = cli_misuse_hint(command); return false;
    }
}

/* --- files --- */

static void on_fault(void *ctx, const struct phrase_fault *f)
{
    (void)ctx;
    char text[512];
    struct buf out;
    buf_init(&out, 8192);
    snprintf(text, sizeof text, "%s:%u: %s; %s", f->path, f->line, f->why, f->remedy);
    visible_append(&out, slice_cstr(text), 0);
    buf_putc(&out, '\n');
    cli_write_error(buf_slice(&out));
    buf_free(&out);
}

static bool add_file(struct phrase_files *f, const char *path)
{
    struct buf text;
    buf_init(&text, FILE_MAX);
    if (f->n == PHRASE_FILES_MAX) {
        cli_error("more than %d phrase files", PHRASE_FILES_MAX);
        return false;
    }
    enum optout_rc rc = file_read(path, &text);
    struct slice name = arena_copy(&f->arena, slice_of(path, strlen(path) + 1), PATH_LEN_MAX);
    struct slice copy = arena_copy(&f->arena, buf_slice(&text), FILE_MAX);
    buf_free(&text);
    if (rc != OPTOUT_OK) {
        cli_error("cannot read %s: %s", path,
                  rc == OPTOUT_E_IO ? strerror(errno) : "it is too long");
        return false;
    }
    if (!name.p || !copy.p) {
        cli_error("out of memory");
        return false;
    }
    f->file[f->n++] = (struct phrase_text){ (const char *)name.p, copy };
    return true;
}

static int is_phrase_file(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && e->d_name[0] != '.' && strcmp(e->d_name + n - 4, ".phr") == 0;
}

static bool add_folder(struct phrase_files *f, const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_phrase_file, alphasort);
    bool ok = n >= 0;
    if (n < 0)
        cli_error("cannot read %s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char name[PATH_LEN_MAX];
        int len = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        ok = ok && len > 0 && (size_t)len < sizeof name && add_file(f, name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

static bool add_path(struct phrase_files *f, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return add_folder(f, path);
    return add_file(f, path);
}

bool phrase_files_load(struct phrase_files *f, const struct phrase_args *a)
{
    *f = (struct phrase_files){ .n = 0 };
    arena_init(&f->arena, FILES_ARENA_MAX, NULL, 0);
    for (int i = 0; i < a->n_paths; i++)
        if (!add_path(f, a->path[i]))
            return false;
    if (a->n_paths == 0)
        for (size_t i = 0; i < phrases_builtin_count && f->n < PHRASE_FILES_MAX; i++)
            f->file[f->n++] = phrases_builtin_texts[i];
    enum optout_rc rc = phrases_compile(f->file, f->n, a->jit, on_fault, NULL, &f->phrases);
    if (rc == OPTOUT_E_NOMEM)
        cli_error("out of memory");
    return rc == OPTOUT_OK;
}

void phrase_files_free(struct phrase_files *f)
{
    phrases_free(f->phrases);
    arena_reset(&f->arena);
}

/* --- check --- */

static size_t check_used(const struct phrase_language *l, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_sets; i++) {
        if (l->set[i].used || l->set[i].usages)
            continue;
        buf_printf(out, "%s:%u: set '%.*s' is not used\n", l->path, l->set[i].line,
                   SLICE_FMT(l->set[i].name));
        n++;
    }
    return n;
}

static size_t check_literals(const struct phrases *p, size_t index, struct buf *out)
{
    const struct phrase_language *l = &p->language[index];
    size_t n = 0;
    for (size_t i = 0; i < l->n_rules; i++)
        for (const struct phrase_sample *s = l->rule[i].first_sample; s; s = s->next) {
            if (phrase_literal_owners(p, s->text) >> index & 1)
                continue;
            buf_printf(out, "%s:%u: no 'look-for' word stands in this line\n", l->path, s->line);
            n++;
        }
    return n;
}

int phrases_check(const struct phrase_files *f, struct buf *out)
{
    size_t n = 0, size = 0, jit = 0;
    for (size_t i = 0; i < f->phrases->n; i++) {
        const struct phrase_language *l = &f->phrases->language[i];
        n += check_used(l, out) + check_literals(f->phrases, i, out);
        buf_printf(out, "%s: %u sets, %u phrases and defeaters, %zu bytes compiled\n", l->path,
                   l->n_sets, l->n_rules, l->program_size + l->jit_size);
        size += l->program_size;
        jit += l->jit_size;
    }
    buf_printf(out, "%zu languages, %zu bytes compiled, %zu for this processor; %zu kept of files\n",
               f->phrases->n, size, jit, f->phrases->arena.used);
    return n ? CLI_FOUND : CLI_CLEAR;
}

/* --- command --- */

static int run(const char *verb, struct phrase_args *a, const char *command)
{
    struct phrase_files files;
    struct buf out;
    int status = CLI_FAILED;
    a->jit = strcmp(verb, "check") == 0; /* as the service would, to tell its size */
    bool explain = strcmp(verb, "explain") == 0;
    if (explain && !a->text)
        return cli_misuse(command, "explain needs --text");
    buf_init(&out, CLI_OUTPUT_MAX);
    if (phrase_files_load(&files, a)) {
        status = explain                       ? phrases_explain(&files, a, &out)
                 : strcmp(verb, "test") == 0 ? phrases_test(&files, a, &out)
                                               : phrases_check(&files, &out);
        if (!cli_write(&out))
            status = CLI_FAILED;
    }
    buf_free(&out);
    phrase_files_free(&files);
    return status;
}

int phrases_command(int argc, char **argv)
{
    struct phrase_args a = { .n_passages = 0 };
    int status = CLI_FAILED, c;
    while ((c = getopt_long(argc, argv, "hq", long_options, NULL)) != -1)
        if (!take_option(&a, c, argv[0], &status))
            return status;
    if (optind == argc)
        return cli_misuse(argv[0], "check, test or explain is missing");
    const char *verb = argv[optind++];
    if (strcmp(verb, "check") && strcmp(verb, "test") && strcmp(verb, "explain"))
        return cli_misuse(argv[0], "unknown word '%s'", verb);
    a.path = argv + optind;
    a.n_paths = argc - optind;
    return run(verb, &a, argv[0]);
}
