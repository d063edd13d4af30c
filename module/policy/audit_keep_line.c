/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/audit_keep_line.h"

#include <stdio.h>

#define DAY_S (24ull * 3600)
#define DAYS_MAX 36500u /* a hundred years */
#define SIZE_MAX_G (1ull << 20)
#define REMEDY "write: AuditKeep off, or what is kept as 400d, 200G or both, and shipped=FOLDER"

/* A number and one letter behind it. */
static bool number_with(struct slice word, uint64_t *n, char *unit)
{
    if (word.n < 2)
        return false;
    *unit = (char)(word.p[word.n - 1] | 0x20);
    return slice_to_u64(slice_sub(word, 0, word.n - 1), n);
}

bool audit_keep_age(struct slice word, uint64_t *seconds)
{
    uint64_t n;
    char unit;
    if (!number_with(word, &n, &unit) || unit != 'd' || n < 1 || n > DAYS_MAX)
        return false;
    *seconds = n * DAY_S;
    return true;
}

bool audit_keep_size(struct slice word, uint64_t *bytes)
{
    uint64_t n, most = SIZE_MAX_G << 30;
    char unit;
    if (!number_with(word, &n, &unit))
        return false;
    unsigned shift = unit == 'm' ? 20 : unit == 'g' ? 30 : unit == 't' ? 40 : 0;
    if (!shift || n < 1 || n > most >> shift)
        return false;
    *bytes = n << shift;
    return true;
}

/* "shipped=FOLDER", absolute, or "shipped=none". */
static bool read_shipped(struct config *c, struct slice word)
{
    if (!slice_starts_nocase(word, SLICE_OF("shipped=")))
        return false;
    struct slice path = slice_from(word, 8);
    if (path.n == 0 || path.n >= sizeof c->audit_keep_shipped ||
        (path.p[0] != '/' && !slice_eq_nocase(path, SLICE_OF("none"))))
        return false;
    snprintf(c->audit_keep_shipped, sizeof c->audit_keep_shipped, "%.*s", SLICE_FMT(path));
    return true;
}

static void clear(struct config *c)
{
    c->audit_keep_age_s = c->audit_keep_size = 0;
    c->audit_keep_shipped[0] = '\0';
}

enum optout_rc audit_keep_apply(void *target, int argc, const char *const *argv,
                                struct config_error *e)
{
    struct config *c = target;
    clear(c);
    if (argc == 1 && slice_eq_nocase(slice_cstr(argv[0]), SLICE_OF("off")))
        return OPTOUT_OK;
    for (int i = 0; i < argc; i++) {
        struct slice word = slice_cstr(argv[i]);
        uint64_t n;
        if (!c->audit_keep_age_s && audit_keep_age(word, &n))
            c->audit_keep_age_s = n;
        else if (!c->audit_keep_size && audit_keep_size(word, &n))
            c->audit_keep_size = n;
        else if (c->audit_keep_shipped[0] || !read_shipped(c, word)) {
            clear(c);
            return config_fail(e, REMEDY, "\"%.40s\" is no number of days (d), no size (M, G or T) and no "
                                          "shipped=FOLDER, or is there twice", argv[i]);
        }
    }
    if (c->audit_keep_age_s || c->audit_keep_size)
        return OPTOUT_OK;
    clear(c);
    return config_fail(e, REMEDY, "says neither how long nor how much is kept");
}

void audit_keep_print(const struct config *c, struct buf *out)
{
    if (!c->audit_keep_age_s && !c->audit_keep_size)
        return;
    buf_puts(out, "optout.AuditKeep");
    if (c->audit_keep_age_s)
        buf_printf(out, " %llud", (unsigned long long)(c->audit_keep_age_s / DAY_S));
    if (c->audit_keep_size)
        buf_printf(out, " %lluM", (unsigned long long)(c->audit_keep_size >> 20));
    if (c->audit_keep_shipped[0]) {
        buf_puts(out, " \"shipped=");
        for (const char *p = c->audit_keep_shipped; *p; p++)
            buf_printf(out, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
        buf_putc(out, '"');
    }
    buf_putc(out, '\n');
}
