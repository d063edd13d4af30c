/* SPDX-License-Identifier: Apache-2.0 */
/* optout config squid: the lines of a squid.conf that let content pass
 * unfiltered, or keep the filter from working. */
#include "cli/cli.h"
#include "doctor/squid_survey.h"
#include "syntax/json.h"

static void print_text(const struct squid_survey *s, const char *path, struct buf *out)
{
    for (size_t i = 0; i < squid_survey_count(s); i++) {
        const struct squid_problem *f = squid_survey_at(s, i);
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
    size_t errors = squid_survey_errors(s), warnings = squid_survey_warnings(s);
    visible_append(out, slice_cstr(path), 0);
    buf_printf(out, ": %zu error%s, %zu warning%s\n", errors, errors == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
}

static void print_json(const struct squid_survey *s, const char *path, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '[');
    for (size_t i = 0; i < squid_survey_count(s); i++) {
        const struct squid_problem *f = squid_survey_at(s, i);
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

int config_squid(const char *path, bool json)
{
    char installed[SQUID_VERSION_MAX];
    bool good;
    int status = CLI_FAILED;
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    squid_installed(installed);
    struct squid_survey *s = squid_survey_new(path, installed, &good);
    if (!s)
        cli_error("out of memory");
    else if (!good)
        cli_error("%s", squid_survey_why(s));
    if (s && good) {
        size_t errors = squid_survey_errors(s), all = errors + squid_survey_warnings(s);
        (json ? print_json : print_text)(s, path, &out);
        if (all > squid_survey_count(s))
            cli_error("%zu more findings are not shown", all - squid_survey_count(s));
        if (cli_write(&out))
            status = errors ? CLI_FOUND : CLI_CLEAR;
    }
    buf_free(&out);
    squid_survey_free(s);
    return status;
}
