/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config_fault.h"

#include <stdarg.h>
#include <stdio.h>

enum optout_rc config_fail(struct config_error *e, const char *remedy, const char *reason, ...)
{
    va_list ap;
    va_start(ap, reason);
    vsnprintf(e->reason, sizeof e->reason, reason, ap);
    va_end(ap);
    snprintf(e->remedy, sizeof e->remedy, "%s", remedy);
    return OPTOUT_E_SYNTAX;
}

struct config_errors config_first_error(struct config_error *e)
{
    return (struct config_errors){ .listed = e, .max = 1 };
}

size_t config_errors_listed(const struct config_errors *all)
{
    return all->n < all->max ? all->n : all->max;
}

static bool is_same(const struct config_error *a, const struct config_error *b)
{
    return a->line == b->line && strcmp(a->file, b->file) == 0 &&
           strcmp(a->directive, b->directive) == 0 && strcmp(a->reason, b->reason) == 0;
}

/* What concerns several lines is found last, and is told where its line stands. */
static size_t place_of(const struct config_errors *all, const struct config_error *e)
{
    size_t place = 0;
    while (place < all->n && (all->listed[place].line <= e->line ||
                              strcmp(all->listed[place].file, e->file) != 0))
        place++;
    return place;
}

void config_errors_add(struct config_errors *all, const struct config_error *e)
{
    size_t n = config_errors_listed(all);
    for (size_t i = 0; i < n; i++)
        if (is_same(&all->listed[i], e))
            return;
    if (n < all->max) {
        struct config_error *to = &all->listed[place_of(all, e)];
        memmove(to + 1, to, (size_t)(all->listed + n - to) * sizeof *to);
        *to = *e;
    }
    all->n++;
}

bool config_errors_name(const struct config_errors *all, const char *directive)
{
    for (size_t i = 0; i < config_errors_listed(all); i++)
        if (slice_eq_nocase(slice_cstr(all->listed[i].directive), slice_cstr(directive)))
            return true;
    return false;
}

void config_error_print(const struct config_error *e, struct buf *out)
{
    if (e->file[0])
        buf_printf(out, "%s:", e->file);
    if (e->line)
        buf_printf(out, "%u:", e->line);
    if (e->file[0] || e->line)
        buf_putc(out, ' ');
    if (e->directive[0])
        buf_printf(out, "%s: ", e->directive);
    buf_printf(out, "%s; %s", e->reason, e->remedy);
}
