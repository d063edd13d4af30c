/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/directive.h"

#include <stdio.h>
#include <stdlib.h>

const struct directive *directive_find(const struct directive_set *set, const char *name)
{
    for (const struct directive *d = set->table; d->name; d++)
        if (slice_eq_nocase(slice_cstr(name), slice_cstr(d->name)))
            return d;
    return NULL;
}

const char *directive_text(const struct directive *d, const void *target)
{
    return (const char *)target + d->offset;
}

enum optout_rc directive_number(const struct directive *d, struct slice text, uint64_t *out,
                                   struct config_error *e)
{
    uint64_t factor = 1, v;
    struct slice digits = text;
    if (d->kind == DIRECTIVE_SIZE && text.n) {
        static const char units[] = "kmg";
        const char *unit = strchr(units, ascii_lower(text.p[text.n - 1]));
        if (unit && *unit) {
            factor = 1ull << (10 * (unit - units + 1));
            digits.n--;
        }
    }
    if (!slice_to_u64(digits, &v) || v > UINT64_MAX / factor)
        return config_fail(e, d->kind == DIRECTIVE_SIZE ? "write digits and K, M or G, such as 16M"
                                                        : "write digits only",
                           "\"%.*s\" is no number", (int)(text.n > 40 ? 40 : text.n),
                           (const char *)text.p);
    v *= factor;
    if (v < d->min || v > d->max) {
        char remedy[128];
        snprintf(remedy, sizeof remedy, "use a value from %llu to %llu",
                 (unsigned long long)d->min, (unsigned long long)d->max);
        return config_fail(e, remedy, "%llu is out of range", (unsigned long long)v);
    }
    *out = v;
    return OPTOUT_OK;
}

/* As people write the arguments, or all words; an empty one cannot be written. */
static void list_words(const struct directive *d, char *to, size_t size)
{
    bool listed = strchr(d->args, '|') != NULL;
    const char *sep = "";
    size_t n = (size_t)snprintf(to, size, "use one of %s", listed ? d->args : "");
    for (unsigned i = 0; !listed && d->words[i] && n < size; i++) {
        if (!*d->words[i])
            continue;
        n += (size_t)snprintf(to + n, size - n, "%s%s", sep, d->words[i]);
        sep = "|";
    }
}

static enum optout_rc parse_word(const struct directive *d, struct slice text, uint8_t *out,
                                 struct config_error *e)
{
    for (unsigned i = 0; d->words[i]; i++) {
        if (text.n && slice_eq_nocase(text, slice_cstr(d->words[i]))) {
            *out = (uint8_t)i;
            return OPTOUT_OK;
        }
    }
    char remedy[sizeof e->remedy];
    list_words(d, remedy, sizeof remedy);
    return config_fail(e, remedy, "\"%.*s\" is not known", (int)(text.n > 40 ? 40 : text.n),
                       (const char *)text.p);
}

static enum optout_rc parse_text(const struct directive *d, struct slice text, char *out,
                                 struct config_error *e)
{
    if (text.n >= d->max)
        return config_fail(e, "shorten it", "longer than %llu bytes",
                           (unsigned long long)d->max - 1);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7F)
            return config_fail(e, "remove it", "holds a control character");
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return OPTOUT_OK;
}

static enum optout_rc apply_words(void *target, const struct directive *d, int argc,
                                  const char *const *argv, struct config_error *e)
{
    uint32_t set = 0;
    if (argc == 0) {
        char remedy[128];
        snprintf(remedy, sizeof remedy, "write: %s %s", d->name, d->args);
        return config_fail(e, remedy, "takes one argument or more");
    }
    for (int i = 0; i < argc; i++) {
        uint8_t bit = 0;
        enum optout_rc rc = parse_word(d, slice_cstr(argv[i]), &bit, e);
        if (rc != OPTOUT_OK)
            return rc;
        set |= 1u << bit;
    }
    *(uint32_t *)(void *)((uint8_t *)target + d->offset) = set;
    return OPTOUT_OK;
}

static enum optout_rc apply_plain(void *target, const struct directive *d, struct slice text,
                                  struct config_error *e)
{
    void *to = (uint8_t *)target + d->offset;
    uint64_t v = 0;
    enum optout_rc rc;
    switch (d->kind) {
    case DIRECTIVE_SIZE:
        return directive_number(d, text, to, e);
    case DIRECTIVE_NUMBER:
        rc = directive_number(d, text, &v, e);
        if (rc == OPTOUT_OK)
            *(uint32_t *)to = (uint32_t)v;
        return rc;
    case DIRECTIVE_WORD:
        return parse_word(d, text, to, e);
    case DIRECTIVE_SWITCH:
        if (!slice_eq_nocase(text, SLICE_OF("on")) && !slice_eq_nocase(text, SLICE_OF("off")))
            return config_fail(e, "write on or off", "\"%.*s\" is neither on nor off",
                               (int)(text.n > 40 ? 40 : text.n), (const char *)text.p);
        *(bool *)to = slice_eq_nocase(text, SLICE_OF("on"));
        return OPTOUT_OK;
    case DIRECTIVE_TEXT:
        return parse_text(d, text, to, e);
    default:
        return OPTOUT_E_UNSUP;
    }
}

enum optout_rc directives_apply(const struct directive_set *set, void *target, const char *name,
                                int argc, const char *const *argv, struct config_error *e)
{
    const struct directive *d = directive_find(set, name);
    snprintf(e->directive, sizeof e->directive, "%s", name);
    if (!d)
        return config_fail(e, set->see, "unknown directive");
    if (d->apply)
        return d->apply(target, argc, argv, e);
    if (d->kind == DIRECTIVE_WORDS)
        return apply_words(target, d, argc, argv, e);
    if (argc != 1) {
        char remedy[128];
        snprintf(remedy, sizeof remedy, "write: %s %s", d->name, d->args);
        return config_fail(e, remedy, "takes one argument, not %d", argc);
    }
    return apply_plain(target, d, slice_cstr(argv[0]), e);
}

void directives_preset(const struct directive_set *set, void *target)
{
    struct config_error e;
    char text[256];
    for (const struct directive *d = set->table; d->name; d++) {
        const char *word[16];
        int n = 0;
        if (d->kind == DIRECTIVE_OTHER)
            continue;
        snprintf(text, sizeof text, "%s", d->preset);
        word[n++] = text;
        for (char *p = text; d->kind == DIRECTIVE_WORDS && (p = strchr(p, ' ')) && n < 16;) {
            *p++ = '\0';
            word[n++] = p;
        }
        if (directives_apply(set, target, d->name, n, word, &e) != OPTOUT_OK)
            abort(); /* the table itself is wrong; a test tries each row */
    }
}

/* As directive_file.c reads it back. */
static void print_text(const char *text, struct buf *out)
{
    buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

void directive_print(const struct directive *d, const void *target, struct buf *out)
{
    const void *from = (const uint8_t *)target + d->offset;
    switch (d->kind) {
    case DIRECTIVE_SIZE: buf_printf(out, "%llu", *(const unsigned long long *)from); break;
    case DIRECTIVE_NUMBER: buf_printf(out, "%u", *(const uint32_t *)from); break;
    case DIRECTIVE_WORD: buf_puts(out, d->words[*(const uint8_t *)from]); break;
    case DIRECTIVE_SWITCH: buf_puts(out, *(const bool *)from ? "on" : "off"); break;
    case DIRECTIVE_TEXT: print_text(from, out); break;
    default: break;
    }
}
