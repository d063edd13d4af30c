/* SPDX-License-Identifier: Apache-2.0 */
/* robots_txt_lines.c - bytes of a robots.txt to lines, lines to name and value.
 *
 * RFC 9309 section 2.2 and 2.5; tolerance as in Google's open-source parser: a
 * byte order mark or the front of one is skipped, CR ends a line, whitespace
 * may stand for the colon where a line has two words. Beyond that: UTF-16 and
 * NULs (site_text.h), the full-width colon, invisible characters in names.
 *
 * MAX_* limits: ROBOTS_TXT_MAX (the rest is dropped at a line's end, warned),
 * ROBOTS_LINE_MAX, ROBOTS_NAME_MAX (a longer name is no directive we know). */
#include "standards/robots_txt_lines.h"

#include "standards/site_text.h"

static const struct slice fullwidth_colon = SLICE("\xEF\xBC\x9A");

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

struct slice robots_trim(struct slice s)
{
    while (s.n && is_blank(s.p[0]))
        s = slice_from(s, 1);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Bytes of the invisible character at the front of `s`, or 0. */
static size_t invisible(struct slice s)
{
    if (s.n >= 2 && s.p[0] == 0xC2 && s.p[1] == 0xAD)
        return 2;
    if (s.n < 3)
        return 0;
    bool zero_width = s.p[0] == 0xE2 && s.p[1] == 0x80 && s.p[2] >= 0x8B && s.p[2] <= 0x8D;
    bool mark = s.p[0] == 0xEF && s.p[1] == 0xBB && s.p[2] == 0xBF;
    return zero_width || mark ? 3 : 0;
}

struct slice robots_visible(struct arena *a, struct slice s)
{
    size_t first = 0;
    while (first < s.n && !invisible(slice_from(s, first)))
        first++;
    if (first == s.n)
        return s;
    uint8_t *out = arena_take(a, s.n);
    size_t n = 0;
    if (!out)
        return SLICE_EMPTY;
    while (s.n) {
        size_t skip = invisible(s);
        if (!skip)
            out[n++] = s.p[0];
        s = slice_from(s, skip ? skip : 1);
    }
    return slice_of(out, n);
}

/* UTF-8's mark, or only its first bytes. */
static struct slice skip_mark(struct slice s)
{
    static const uint8_t mark[3] = { 0xEF, 0xBB, 0xBF };
    for (size_t i = 0; i < sizeof mark && slice_begins(s, mark[i]); i++)
        s = slice_from(s, 1);
    return s;
}

/* Whole lines only: the front of "Allow: /public" allows more than it says. */
static struct slice cut_at_line(struct slice s, size_t max)
{
    s = slice_sub(s, 0, max);
    while (s.n && s.p[s.n - 1] != '\n' && s.p[s.n - 1] != '\r')
        s.n--;
    return s;
}

enum optout_rc robots_text_open(struct slice text, struct site_rules *out,
                                struct robots_text *t)
{
    static const size_t twice = 2 * (size_t)ROBOTS_TXT_MAX; /* UTF-16 of the same text */
    *t = (struct robots_text){ .rest = slice_of("", 0) };
    if (text.n >= 2 && text.p[0] == 0x1F && text.p[1] == 0x8B)
        return OPTOUT_E_SYNTAX;
    bool longer = text.n > twice;
    text = slice_sub(text, 0, twice);
    size_t before = text.n;
    enum optout_rc rc = site_text_read(out->arena, &text, &t->odd);
    if (rc != OPTOUT_OK)
        return rc;
    longer = text.n > ROBOTS_TXT_MAX || (longer && text.n < before);
    if (longer) { /* what it was cut to must not look whole */
        text = cut_at_line(text, ROBOTS_TXT_MAX);
        site_rules_warn(out, SITE_WARN_CUT, 0, "longer than 512 KiB; the rest is not read");
    }
    if (t->odd)
        site_rules_warn(out, SITE_WARN_OTHER, 0, NOTE_ODD_TEXT);
    text = skip_mark(text);
    if (text.n)
        t->rest = text;
    return OPTOUT_OK;
}

/* Offset of what ends the name, and how long that is. */
static size_t name_end(struct slice s, size_t *separator)
{
    size_t colon = slice_find(s, ':');
    size_t wide = slice_find(slice_sub(s, 0, colon), fullwidth_colon.p[0]);
    if (wide < colon) /* few lines get here: other characters begin so too */
        wide = slice_find_nocase(slice_sub(s, 0, colon), fullwidth_colon);
    *separator = wide < colon ? fullwidth_colon.n : colon < s.n ? 1 : 0;
    return wide < colon ? wide : colon;
}

static void set_name(struct robots_line *line, struct slice name)
{
    size_t n = 0;
    name = robots_trim(name);
    while (name.n) {
        size_t skip = invisible(name);
        line->odd_name = line->odd_name || skip;
        if (!skip && n == sizeof line->name_buf)
            return;
        if (!skip)
            line->name_buf[n++] = (char)ascii_lower(name.p[0]);
        name = slice_from(name, skip ? skip : 1);
    }
    line->name = robots_trim(slice_of(line->name_buf, n));
}

/* Two words without a colon: the first may be a name. */
static void split_words(struct robots_line *line, struct slice said)
{
    size_t blank = 0;
    while (blank < said.n && !is_blank(said.p[blank]))
        blank++;
    struct slice value = robots_trim(slice_from(said, blank));
    for (size_t i = 0; i < value.n; i++)
        if (is_blank(value.p[i]))
            return;
    line->bare = value.n == 0;
    line->value = value;
    set_name(line, slice_sub(said, 0, blank));
}

bool robots_text_next(struct robots_text *t, struct robots_line *line)
{
    *line = (struct robots_line){ .number = t->lines + 1 };
    if (t->rest.n == 0)
        return false;
    struct slice text = site_text_line(&t->rest);
    t->lines++;
    line->cut = text.n > ROBOTS_LINE_MAX;
    text = slice_sub(text, 0, ROBOTS_LINE_MAX);
    line->whole = robots_trim(text);
    struct slice said = robots_trim(slice_sub(text, 0, slice_find(text, '#')));
    if (said.n == 0)
        return true;
    size_t separator, name = name_end(said, &separator);
    line->colon = separator != 0;
    line->odd_name = separator > 1;
    if (!separator) {
        split_words(line, said);
        return true;
    }
    line->value = robots_trim(slice_from(said, name + separator));
    set_name(line, slice_sub(said, 0, name));
    return true;
}
