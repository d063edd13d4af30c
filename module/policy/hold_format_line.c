/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/hold_format_line.h"

static const struct directive size_row = {
    .name = "HoldFormat", .kind = DIRECTIVE_SIZE, .min = 0, .max = 4ull << 30,
};

void hold_format_init(struct config *c)
{
    for (size_t i = 0; i < FORMATS_COUNT; i++)
        c->hold_format[i] = UINT64_MAX;
}

static bool find_format(struct slice name, size_t *at)
{
    for (size_t i = 0; i < FORMATS_COUNT; i++) {
        if (slice_eq_nocase(name, slice_cstr(format_names[i]))) {
            *at = i;
            return true;
        }
    }
    return false;
}

enum optout_rc hold_format_apply(void *target, int argc, const char *const *argv,
                                 struct config_error *e)
{
    struct config *c = target;
    size_t at;
    uint64_t n;
    if (argc == 1 && slice_eq_nocase(slice_cstr(argv[0]), SLICE_OF("none"))) {
        hold_format_init(c);
        return OPTOUT_OK;
    }
    if (argc != 2)
        return config_fail(e, "write: HoldFormat FORMAT BYTES[K|M|G]",
                           "takes a format and a size");
    if (!find_format(slice_cstr(argv[0]), &at))
        return config_fail(e, "name one that 'optout formats' lists",
                           "\"%.40s\" is no file format", argv[0]);
    enum optout_rc rc = directive_number(&size_row, slice_cstr(argv[1]), &n, e);
    if (rc == OPTOUT_OK)
        c->hold_format[at] = n;
    return rc;
}

void hold_format_print(const struct config *c, struct buf *out)
{
    for (size_t i = 0; i < FORMATS_COUNT; i++)
        if (c->hold_format[i] != UINT64_MAX)
            buf_printf(out, "optout.HoldFormat %s %llu\n", format_names[i],
                       (unsigned long long)c->hold_format[i]);
}

uint64_t hold_format_limit(const struct config *c, format_set formats)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < FORMATS_COUNT; i++)
        if ((formats >> i & 1) && c->hold_format[i] > largest)
            largest = c->hold_format[i];
    return formats ? largest : UINT64_MAX;
}
