/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - the formats that core/format_list.h lists: which of them a body is. */
#include "formats/rows.h"

#include <stdarg.h>
#include <stdio.h>

#define ROW(name) &format_##name,
const struct format *const formats[] = { FORMAT_ROWS(ROW) NULL };
#undef ROW

size_t formats_sniff(struct slice head, const struct format *out[FORMATS_OPEN_MAX])
{
    size_t n = 0;
    for (size_t i = 0; formats[i]; i++) {
        if (!formats[i]->sniff || !formats[i]->sniff(head))
            continue;
        if (n < FORMATS_OPEN_MAX)
            out[n] = formats[i];
        n++;
    }
    return n;
}

/* `name` is in small letters, and may end in '*'. */
static bool is_of_type(struct slice type, const char *name)
{
    size_t n = 0;
    while (n < type.n && name[n] == (char)ascii_lower(type.p[n]) && name[n])
        n++;
    return name[n] == '*' || (name[n] == '\0' && n == type.n);
}

static bool has_type(const struct format *f, struct slice type)
{
    for (const char *const *t = f->types; *t; t++)
        if (is_of_type(type, *t))
            return true;
    return false;
}

const struct format *format_of_type(struct slice type)
{
    for (size_t i = 0; formats[i]; i++)
        if (has_type(formats[i], type))
            return formats[i];
    return NULL;
}

format_set format_bit(const struct format *f)
{
    for (size_t i = 0; formats[i]; i++)
        if (formats[i] == f)
            return (format_set)1 << i;
    return 0;
}

struct slice format_where(struct arena *a, const char *fmt, ...)
{
    char text[PACKET_WHERE_MAX + 1];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        return SLICE_EMPTY;
    return arena_copy(a, slice_cstr(text), PACKET_WHERE_MAX);
}
