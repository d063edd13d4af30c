/* SPDX-License-Identifier: Apache-2.0 */
/* optout config: what the server would say of a configuration, and the table of
 * directives that it reads. */
#include "cli/cli.h"
#include "core/json.h"
#include "policy/config.h"

#include <getopt.h>
#include <stdlib.h>

#define HELP_COLUMNS 78 /* width that directives are explained in */

static const char help_text[] =
    "Usage: optout config check FILE\n"
    "  or:  optout config show FILE\n"
    "  or:  optout config directives [--json]\n"
    "check says whether the filter would start with FILE, a c-icap configuration or\n"
    "the srv_optout.conf that it includes. show prints every setting in effect, as\n"
    "FILE could write it. directives explains every directive.\n\n"
    "Options:\n"
    "      --json     directives: one JSON array of objects\n"
    "  -h, --help     show this help\n"
    "      --version  show the version\n\n"
    "Exit status: 0 good, 2 wrong configuration, usage or file error.\n";

bool cli_load_config(const char *path, struct config *c)
{
    struct config_error e = { .line = 0 };
    if (config_load(c, path, &e) == OPTOUT_OK)
        return true;
    struct buf text, safe;
    buf_init(&text, CLI_OUTPUT_MAX);
    buf_init(&safe, CLI_OUTPUT_MAX);
    config_error_print(&e, &text);
    visible_append(&safe, slice_trim_space(buf_slice(&text)), 0);
    buf_putc(&safe, '\n');
    cli_write_error(buf_slice(&safe));
    buf_free(&safe);
    buf_free(&text);
    return false;
}

static void print_check(const char *path, const struct config *c, struct buf *out)
{
    visible_append(out, slice_cstr(path), 0);
    buf_printf(out, ": %zu profile%s, ok\n", c->n_profiles, c->n_profiles == 1 ? "" : "s");
}

static int check_or_show(const char *path, bool show)
{
    int status = CLI_FAILED;
    struct config *c = malloc(sizeof *c);
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (!c) {
        cli_error("out of memory");
    } else if (cli_load_config(path, c)) {
        if (show)
            config_print(c, &out);
        else
            print_check(path, c, &out);
        if (cli_write(&out))
            status = CLI_CLEAR;
    }
    buf_free(&out);
    free(c);
    return status;
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

static int dispatch(const char *command, int argc, char **argv, bool json)
{
    if (argc == 0)
        return cli_misuse(command, "config: want check, show or directives");
    bool show = strcmp(argv[0], "show") == 0;
    if (strcmp(argv[0], "directives") == 0) {
        if (argc > 1)
            return cli_misuse(command, "config directives takes no argument, got '%s'", argv[1]);
        return print_directives(json);
    }
    if (!show && strcmp(argv[0], "check") != 0)
        return cli_misuse(command, "config: unknown command '%s'", argv[0]);
    if (json)
        return cli_misuse(command, "config %s: --json goes with directives only", argv[0]);
    if (argc != 2)
        return cli_misuse(command, "config %s: want one FILE", argv[0]);
    return check_or_show(argv[1], show);
}

int config_command(int argc, char **argv)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    bool json = false;
    int c;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case 'j': json = true; break;
        case 'h': return cli_write_text(help_text);
        case 'V': return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    return dispatch(argv[0], argc - optind, argv + optind, json);
}
