/* SPDX-License-Identifier: Apache-2.0 */
/* optout formats: the table of file formats, as the program holds it. */
#include "cli/cli.h"
#include "cli/table.h"
#include "syntax/json.h"
#include "formats/format.h"

#include <unistd.h>

static const char help_text[] =
    "Usage: optout formats [--json]\n"
    "Lists the file formats in which metadata is found: name, whether it may stand at\n"
    "the very end, title, what is read. HTML pages are read beside them.\n\n"
    "Options:\n"
    "      --json     one JSON array of objects\n"
    "  -h, --help     show this help\n"
    "      --version  show the version\n";

static void print_json(struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '[');
    for (size_t i = 0; formats[i]; i++) {
        const struct format *f = formats[i];
        json_open(&j, NULL, '{');
        json_str(&j, "name", f->name);
        json_str(&j, "title", f->title);
        json_str(&j, "reads", f->reads);
        json_bool(&j, "to_end", f->to_end);
        json_open(&j, "types", '[');
        for (const char *const *t = f->types; *t; t++)
            json_str(&j, NULL, *t);
        json_close(&j, ']');
        json_close(&j, '}');
    }
    json_close(&j, ']');
    buf_putc(out, '\n');
}

static bool print_table(struct buf *out)
{
    struct arena arena;
    struct table t;
    arena_init(&arena, CLI_OUTPUT_MAX, NULL, 0);
    table_init(&t, &arena, 4);
    const char *const head[] = { "NAME", "TO END", "TITLE", "READS" };
    bool ok = table_add_text(&t, head);
    for (size_t i = 0; formats[i]; i++) {
        const struct format *f = formats[i];
        const char *const row[] = { f->name, f->to_end ? "yes" : "no", f->title, f->reads };
        ok = ok && table_add_text(&t, row);
    }
    table_print(&t, "", out);
    arena_reset(&arena);
    return ok;
}

int formats_command(int argc, char **argv)
{
    bool json;
    int status;
    if (!cli_json_option(argc, argv, help_text, &json, &status))
        return status;
    if (optind < argc)
        return cli_misuse(argv[0], "formats takes no argument, got '%s'", argv[optind]);
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    bool ok = true;
    if (json)
        print_json(&out);
    else
        ok = print_table(&out);
    ok = cli_write(&out) && ok;
    buf_free(&out);
    return ok ? CLI_CLEAR : CLI_FAILED;
}
