/* SPDX-License-Identifier: Apache-2.0 */
/* optout config: what the server would say of a configuration, and the table of
 * directives that it reads. */
#include "cli/cli.h"
#include "syntax/json.h"
#include "policy/snapshot.h"

#include <unistd.h>
#include <stdlib.h>

#define HELP_COLUMNS 78 /* width that directives are explained in */

static const char help_text[] =
    "Usage: optout config check FILE\n"
    "  or:  optout config show FILE\n"
    "  or:  optout config digest FILE\n"
    "  or:  optout config directives [--json]\n"
    "  or:  optout config squid [--json] FILE\n"
    "check says whether the filter would start with FILE, a c-icap configuration or\n"
    "the srv_optout.conf that it includes, or else everything that is wrong with it. show\n"
    "prints every setting in effect, as FILE could write it. digest prints the digest that\n"
    "records name (config) and, after that line, the text whose SHA-256 it is: the\n"
    "settings, with the SHA-256 of each data file. directives explains every directive.\n"
    "squid names the lines of FILE, a squid.conf, that let content pass unfiltered or keep\n"
    "the filter from working.\n\n"
    "Options:\n"
    "      --json     directives, squid: one JSON array of objects\n"
    "  -h, --help     show this help\n"
    "      --version  show the version\n\n"
    "Exit status: 0 good, 1 squid: content can pass unfiltered, 2 wrong\n"
    "configuration, usage or file error.\n";

/* One line an error, as far as there is room. */
static void print_errors(const struct config_errors *all)
{
    struct buf text, safe;
    buf_init(&safe, CLI_OUTPUT_MAX);
    for (size_t i = 0; i < config_errors_listed(all); i++) {
        buf_init(&text, CLI_OUTPUT_MAX);
        config_error_print(&all->listed[i], &text);
        visible_append(&safe, slice_trim_space(buf_slice(&text)), 0);
        buf_putc(&safe, '\n');
        buf_free(&text);
    }
    if (all->n > all->max)
        buf_printf(&safe, "and %zu more\n", all->n - all->max);
    cli_write_error(buf_slice(&safe));
    buf_free(&safe);
}

struct snapshot *cli_load_config(const char *path)
{
    struct snapshot *s = malloc(sizeof *s);
    struct config_errors all = { .max = CONFIG_ERRORS_MAX };
    all.listed = calloc(all.max, sizeof *all.listed);
    bool good = false;
    if (!s || !all.listed)
        cli_error("out of memory");
    else if (!(good = snapshot_load(s, path, &all) == OPTOUT_OK))
        print_errors(&all);
    free(all.listed);
    if (good)
        return s;
    free(s);
    return NULL;
}

void cli_free_config(struct snapshot *s)
{
    if (s)
        snapshot_free(s);
    free(s);
}

static void print_check(const char *path, const struct snapshot *s, struct buf *out)
{
    size_t n = s->config.n_profiles;
    visible_append(out, slice_cstr(path), 0);
    buf_printf(out, ": %zu profile%s, ok\n", n, n == 1 ? "" : "s");
}

static void print_show(const char *path, const struct snapshot *s, struct buf *out)
{
    (void)path;
    config_print(&s->config, out);
}

/* The digest of a record, then the text that it is taken over: anybody can compute it. */
static void print_digest(const char *path, const struct snapshot *s, struct buf *out)
{
    (void)path;
    buf_printf(out, "# %s\n", s->config.hash);
    buf_append(out, s->settings.text.p, s->settings.text.n);
}

static int print_loaded(const char *path,
                        void (*print)(const char *, const struct snapshot *, struct buf *))
{
    struct snapshot *s = cli_load_config(path);
    if (!s)
        return CLI_FAILED;
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    print(path, s, &out);
    bool ok = cli_write(&out);
    buf_free(&out);
    cli_free_config(s);
    return ok ? CLI_CLEAR : CLI_FAILED;
}

static void directives_json(struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '[');
    for (const struct directive *d = directives; d->name; d++) {
        json_open(&j, NULL, '{');
        json_str(&j, "name", d->name);
        json_str(&j, "arguments", d->args);
        json_str(&j, "default", d->preset);
        json_str(&j, "help", d->help);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    buf_putc(out, '\n');
}

/* Words of `text` in lines of HELP_COLUMNS, each begun with four spaces. */
static void print_wrapped(struct buf *out, const char *text)
{
    struct slice rest = slice_cstr(text), word;
    size_t column = 0;
    while (slice_split(&rest, ' ', &word)) {
        size_t width = visible_columns(word);
        if (column && column + 1 + width > HELP_COLUMNS) {
            buf_putc(out, '\n');
            column = 0;
        }
        buf_puts(out, column ? " " : "    ");
        buf_append(out, word.p, word.n);
        column += width + (column ? 1 : 4);
    }
    buf_putc(out, '\n');
}

static void directives_text(struct buf *out)
{
    for (const struct directive *d = directives; d->name; d++) {
        buf_printf(out, "%s%s %s\n", d == directives ? "" : "\n", d->name, d->args);
        print_wrapped(out, d->help);
        buf_printf(out, "    Default: %s\n", *d->preset ? d->preset : "empty");
    }
}

static int print_directives(bool json)
{
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (json)
        directives_json(&out);
    else
        directives_text(&out);
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? CLI_CLEAR : CLI_FAILED;
}

static int run_check(const char *path, bool json)
{
    (void)json;
    return print_loaded(path, print_check);
}

static int run_show(const char *path, bool json)
{
    (void)json;
    return print_loaded(path, print_show);
}

static int run_digest(const char *path, bool json)
{
    (void)json;
    return print_loaded(path, print_digest);
}

static int run_directives(const char *path, bool json)
{
    (void)path;
    return print_directives(json);
}

static const struct {
    const char *name;
    bool file; /* wants one */
    bool json; /* knows --json */
    int (*run)(const char *path, bool json);
} actions[] = {
    { "check", true, false, run_check },
    { "show", true, false, run_show },
    { "digest", true, false, run_digest },
    { "directives", false, true, run_directives },
    { "squid", true, true, config_squid },
};

static int dispatch(const char *command, int argc, char **argv, bool json)
{
    if (argc == 0)
        return cli_misuse(command, "config: want check, show, digest, directives or squid");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        const char *name = actions[i].name;
        if (strcmp(argv[0], name) != 0)
            continue;
        if (json && !actions[i].json)
            return cli_misuse(command, "config %s: --json goes with directives and squid only",
                              name);
        if (!actions[i].file && argc > 1)
            return cli_misuse(command, "config %s takes no argument, got '%s'", name, argv[1]);
        if (actions[i].file && argc != 2)
            return cli_misuse(command, "config %s: want one FILE", name);
        return actions[i].run(actions[i].file ? argv[1] : NULL, json);
    }
    return cli_misuse(command, "config: unknown command '%s'", argv[0]);
}

int config_command(int argc, char **argv)
{
    bool json;
    int status;
    if (!cli_json_option(argc, argv, help_text, &json, &status))
        return status;
    return dispatch(argv[0], argc - optind, argv + optind, json);
}
