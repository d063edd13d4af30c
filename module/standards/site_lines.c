/* SPDX-License-Identifier: Apache-2.0 */
/* site_lines.c - lines of ai.txt (https://spawning.ai/ai-txt,
 * draft-car-ai-txt-wellknown-00) and trust.txt
 * (draft-org-trust-relationship-protocol-00).
 *
 * MAX_* limits: SITE_FILE_MAX, SITE_LINE_MAX. */
#include "standards/site_lines.h"

#include "standards/site_text.h"

enum optout_rc site_lines_open(struct arena *a, struct slice text, struct site_lines *l)
{
    *l = (struct site_lines){ SLICE_EMPTY, 0, false, false };
    if (text.n > SITE_FILE_MAX)
        return OPTOUT_E_LIMIT;
    enum optout_rc rc = site_text_read(a, &text, &l->odd);
    if (rc != OPTOUT_OK)
        return rc;
    text = slice_skip_bom(text);
    struct slice front = slice_sub(slice_trim_space(text), 0, 1);
    l->other = front.n && memchr("<{[\"", front.p[0], 4) != NULL;
    l->rest = text;
    return OPTOUT_OK;
}

enum optout_rc site_lines_end(const struct site_lines *l, struct site_rules *out)
{
    if (l->odd)
        site_rules_doubt(out, NOTE_ODD_TEXT);
    if (!l->other)
        return OPTOUT_OK;
    site_rules_doubt(out, "behind something that is no line of the file");
    return site_rules_restrict(out) ? OPTOUT_OK : OPTOUT_E_UNSUP;
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
    struct slice s = site_text_line(&l->rest);
    line->number = ++l->number;
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
