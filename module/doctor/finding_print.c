/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/finding.h"

#include "syntax/json.h"
#include "syntax/visible.h"

/* As people read it, and in the order in which they should. */
static const struct {
    enum finding_state state;
    const char *name, *colour;
} groups[] = {
    { FINDING_ERROR, "error", "\033[1;31m" },
    { FINDING_WARNING, "warning", "\033[1;33m" },
    { FINDING_UNKNOWN, "unknown", "\033[1;35m" },
    { FINDING_NOTICE, "notice", "\033[1;34m" },
    { FINDING_OK, "ok", "\033[32m" },
};
#define GROUPS (sizeof groups / sizeof *groups)

static const char *state_name(enum finding_state state)
{
    for (size_t i = 0; i < GROUPS; i++)
        if (groups[i].state == state)
            return groups[i].name;
    return "unknown";
}

static bool is_fine(enum finding_state state)
{
    return state == FINDING_OK || state == FINDING_NOTICE;
}

static void print_line(struct buf *out, const char *label, const char *text)
{
    if (!*text)
        return;
    buf_printf(out, "    %-7s ", label);
    visible_append(out, slice_cstr(text), 0);
    buf_putc(out, '\n');
}

static void print_finding(const struct finding *f, size_t group, bool colour, struct buf *out)
{
    buf_printf(out, "%s%-8s%s%s", colour ? groups[group].colour : "", groups[group].name,
               colour ? "\033[0m" : "", f->kind->id);
    if (f->state == FINDING_OK) {
        if (*f->evidence) {
            buf_puts(out, ": ");
            visible_append(out, slice_cstr(f->evidence), 0);
        }
        buf_putc(out, '\n');
        return;
    }
    buf_printf(out, "%s%s\n", f->state == FINDING_UNKNOWN ? "" : ": ",
               f->state == FINDING_UNKNOWN ? ": could not be looked at" : f->kind->title);
    print_line(out, f->state == FINDING_UNKNOWN ? "why:" : "seen:", f->evidence);
    if (f->state != FINDING_UNKNOWN)
        print_line(out, "effect:", f->effect ? f->effect : f->kind->effect);
    if (f->state != FINDING_UNKNOWN || f->remedy)
        print_line(out, "remedy:", f->remedy ? f->remedy : f->kind->remedy);
}

void findings_print(const struct findings *f, const struct findings_style *style, struct buf *out)
{
    size_t count[FINDING_ERROR + 1] = { 0 };
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t i = 0; i < findings_count(f); i++) {
            const struct finding *one = findings_at(f, i);
            if (one->state != groups[g].state)
                continue;
            count[one->state]++;
            if (!style->quiet || !is_fine(one->state))
                print_finding(one, g, style->colour, out);
        }
    if (findings_lost(f))
        buf_printf(out, "error   %zu more findings could not be kept\n", findings_lost(f));
    if (!style->quiet)
        buf_printf(out, "%zu error%s, %zu warning%s, %zu not looked at, %zu fine\n",
                   count[FINDING_ERROR], count[FINDING_ERROR] == 1 ? "" : "s",
                   count[FINDING_WARNING], count[FINDING_WARNING] == 1 ? "" : "s",
                   count[FINDING_UNKNOWN], count[FINDING_OK]);
}

void findings_print_json(const struct findings *f, bool quiet, struct buf *out)
{
    for (size_t i = 0; i < findings_count(f); i++) {
        const struct finding *one = findings_at(f, i);
        if (quiet && is_fine(one->state))
            continue;
        struct json j = json_to(out);
        json_open(&j, NULL, '{');
        json_str(&j, "id", one->kind->id);
        json_str(&j, "severity", state_name(one->state));
        json_str(&j, "title", one->kind->title);
        json_str(&j, "evidence", one->evidence);
        json_str(&j, "effect", one->effect ? one->effect : one->kind->effect);
        json_str(&j, "remedy", one->remedy ? one->remedy : one->kind->remedy);
        json_str(&j, "section", one->kind->id);
        json_close(&j, '}');
        buf_putc(out, '\n');
    }
}
