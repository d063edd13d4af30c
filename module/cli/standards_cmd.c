/* SPDX-License-Identifier: Apache-2.0 */
/* optout standards: the table of standards, as the program holds it. */
#include "cli/cli.h"
#include "cli/table.h"
#include "syntax/json.h"
#include "standards/standard.h"

#include <unistd.h>

static const char help_text[] =
    "Usage: optout standards [--json]\n"
    "Lists the standards that are read: name, implemented version, where their\n"
    "statements are found, title, specification.\n\n"
    "Options:\n"
    "      --json     one JSON array of objects\n"
    "  -h, --help     show this help\n"
    "      --version  show the version\n";

static void print_json(struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '[');
    for (size_t i = 0; i < STD_COUNT; i++) {
        const struct standard *s = standards[i];
        json_open(&j, NULL, '{');
        json_str(&j, "name", s->name);
        json_str(&j, "title", s->title);
        json_str(&j, "version", s->version);
        json_str(&j, "reads", s->reads);
        json_open(&j, "fields", '[');
        for (const char *const *f = s->fields; f && *f; f++)
            json_str(&j, NULL, *f);
        json_close(&j, ']');
        json_str(&j, "spec", s->spec);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    buf_putc(out, '\n');
}

static bool print_table(struct buf *out)
{
    struct arena arena;
    struct table t;
    bool ok = true;
    arena_init(&arena, CLI_OUTPUT_MAX, NULL, 0);
    table_init(&t, &arena, 5);
    const char *const head[] = { "NAME", "VERSION", "READS", "TITLE", "SPECIFICATION" };
    ok = table_add_text(&t, head);
    for (size_t i = 0; i < STD_COUNT; i++) {
        const struct standard *s = standards[i];
        const char *const row[] = { s->name, s->version, s->reads, s->title, s->spec };
        ok = ok && table_add_text(&t, row);
    }
    table_print(&t, "", out);
    arena_reset(&arena);
    return ok;
}

int standards_command(int argc, char **argv)
{
    bool json;
    int status;
    if (!cli_json_option(argc, argv, help_text, &json, &status))
        return status;
    if (optind < argc)
        return cli_misuse(argv[0], "standards takes no argument, got '%s'", argv[optind]);
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
