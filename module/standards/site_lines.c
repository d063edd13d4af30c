/* SPDX-License-Identifier: Apache-2.0 */
/* site_lines.c - lines of ai.txt (https://spawning.ai/ai-txt,
 * draft-car-ai-txt-wellknown-00) and trust.txt
 * (draft-org-trust-relationship-protocol-00).
 *
 * MAX_* limits: SITE_FILE_MAX, SITE_LINE_MAX. */
#include "standards/site_lines.h"

enum optout_rc site_lines_open(struct slice text, struct site_lines *l)
{
    static const struct slice bom = SLICE("\xef\xbb\xbf");
    static const struct slice utf16[] = { SLICE("\xff\xfe"), SLICE("\xfe\xff") };
    *l = (struct site_lines){ SLICE_EMPTY, 0 };
    if (text.n > SITE_FILE_MAX)
        return OPTOUT_E_LIMIT;
    for (size_t i = 0; i < sizeof utf16 / sizeof *utf16; i++)
        if (slice_eq(slice_sub(text, 0, utf16[i].n), utf16[i]))
            return OPTOUT_E_SYNTAX;
    if (slice_eq(slice_sub(text, 0, bom.n), bom))
        text = slice_from(text, bom.n);
    if (slice_begins(slice_trim_space(text), '<'))
        return OPTOUT_E_SYNTAX;
    l->rest = text;
    return OPTOUT_OK;
}

static struct slice take_line(struct site_lines *l)
{
    size_t n = 0;
    while (n < l->rest.n && l->rest.p[n] != '\n' && l->rest.p[n] != '\r')
        n++;
    struct slice line = slice_sub(l->rest, 0, n);
    if (n + 1 < l->rest.n && l->rest.p[n] == '\r' && l->rest.p[n + 1] == '\n')
        n++;
    l->rest = slice_from(l->rest, n + 1);
    l->number++;
    return line;
}

static struct slice without_comment(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
            return slice_sub(s, 0, i);
    return s;
}

bool site_lines_next(struct site_lines *l, uint8_t separator, struct site_line *line)
{
    *line = (struct site_line){ .number = 0 };
    if (l->rest.n == 0)
        return false;
    struct slice s = take_line(l);
    line->number = l->number;
    line->cut = s.n > SITE_LINE_MAX;
    s = slice_sub(s, 0, SITE_LINE_MAX);
    line->indented = slice_begins(s, '\t') || (s.n > 1 && s.p[0] == ' ' && s.p[1] == ' ');
    line->whole = slice_sub(slice_trim_space(s), 0, SIGNAL_RAW_MAX);
    s = slice_trim_space(without_comment(s));
    line->blank = s.n == 0;
    size_t at = slice_find(s, separator);
    if (at < s.n) {
        line->name = slice_trim_space(slice_sub(s, 0, at));
        line->value = slice_trim_space(slice_from(s, at + 1));
    }
    return true;
}
