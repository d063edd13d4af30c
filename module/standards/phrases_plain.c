/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_plain.c - text that is no page becomes blocks, as people write it: paragraphs between
 * empty lines, entries that begin with a mark, headings and quotations of Markdown. */
#include "standards/phrases_internal.h"

#define INDENT 2 /* blanks that make a list within a list */

struct line {
    struct slice text; /* without its mark and end */
    size_t at;         /* of text, in the whole */
    uint8_t kind, voice, depth;
    bool empty;
    bool marked; /* begins a block */
    bool fence;
};

static size_t digits_of(struct slice s)
{
    size_t n = 0;
    while (n < s.n && ascii_is_digit(s.p[n]))
        n++;
    return n;
}

/* Bytes of "- ", "* ", "• ", "1. ", "a) ", "(a) " in front; or 0. */
static size_t mark_of(struct slice s)
{
    static const char *const bullets[] = { "- ", "* ", "+ ", "\xE2\x80\xA2", "\xE2\x80\x93 ",
                                           "\xE2\x97\xA6", "\xE2\x96\xAA", "\xC2\xB7 " };
    for (size_t i = 0; i < sizeof bullets / sizeof *bullets; i++)
        if (slice_starts_nocase(s, slice_cstr(bullets[i])))
            return strlen(bullets[i]);
    size_t open = slice_begins(s, '(') ? 1 : 0, n = open + digits_of(slice_from(s, open));
    if (n == open && n < s.n && ascii_is_alpha(s.p[n]))
        n++;
    bool number = n > open && n < open + 4;
    if (!number || n + 1 >= s.n || s.p[n + 1] != ' ')
        return 0;
    bool letter = !ascii_is_digit(s.p[open]);
    return s.p[n] == ')' || (s.p[n] == '.' && !open && !letter) ? n + 2 : 0;
}

/* A line between line ends that begins so, and one at `at` with such a neighbour or with the end
 * of a sentence, are remarks of a program or of robots.txt; one alone heads what follows. */
static bool is_remark(struct slice whole, size_t at, size_t end)
{
    size_t before = at ? at - 1 : 0;
    while (before && whole.p[before - 1] != '\n')
        before--;
    struct slice s = slice_trim_space(slice_sub(whole, at, end - at));
    return (at && whole.p[before] == '#') || (end + 1 < whole.n && whole.p[end + 1] == '#') ||
           (s.n && strchr(".!?;,", s.p[s.n - 1]));
}

static struct line read_line(struct slice whole, size_t at, size_t end)
{
    struct line l = { .kind = TEXT_PARAGRAPH, .voice = VOICE_OWN, .at = at };
    while (l.at < end && (whole.p[l.at] == ' ' || whole.p[l.at] == '\t'))
        l.at++;
    size_t indent = l.at - at;
    struct slice s = slice_sub(whole, l.at, end - l.at);
    l.empty = slice_trim_space(s).n == 0;
    l.fence = slice_starts_nocase(s, SLICE_OF("```"));
    size_t mark = mark_of(s);
    if (mark) {
        l.kind = TEXT_ITEM;
        l.depth = (uint8_t)(1 + (indent / INDENT < TEXT_DEPTH_MAX ? indent / INDENT
                                                                  : TEXT_DEPTH_MAX - 1));
        l.marked = true;
    } else if (slice_begins(s, '>')) {
        l.voice = VOICE_QUOTED;
        mark = 1;
    } else if (slice_begins(s, '#')) {
        while (mark < s.n && s.p[mark] == '#')
            mark++;
        l.marked = !is_remark(whole, at, end);
        l.kind = l.marked ? TEXT_HEADING : TEXT_PARAGRAPH;
    }
    l.at += mark;
    l.text = slice_from(s, mark);
    return l;
}

struct paragraph {
    struct phrase_reader *r;
    uint64_t offset;
    struct text_block b;
    bool open;
    enum optout_rc rc;
};

static void close_block(struct paragraph *p)
{
    struct slice none = SLICE(" ");
    if (!p->open || p->rc != OPTOUT_MORE)
        return;
    p->b.text = none;
    p->b.goes_on = false;
    p->rc = phrase_reader_block(p->r, &p->b);
    p->open = false;
}

static void add_line(struct paragraph *p, const struct line *l)
{
    bool other = p->open && (l->voice != p->b.voice || p->b.kind == TEXT_HEADING);
    if (l->empty || l->marked || other)
        close_block(p);
    if (l->empty || p->rc != OPTOUT_MORE)
        return;
    if (!p->open)
        p->b = (struct text_block){ .offset = p->offset + l->at, .kind = l->kind,
                                    .voice = l->voice, .depth = l->depth };
    p->open = true;
    p->b.goes_on = true;
    p->b.text = l->text;
    if (l->text.n)
        p->rc = phrase_reader_block(p->r, &p->b);
    p->b.text = SLICE_OF(" ");
    if (p->rc == OPTOUT_MORE)
        p->rc = phrase_reader_block(p->r, &p->b);
}

enum optout_rc phrase_reader_plain(struct phrase_reader *r, struct slice text, uint64_t offset)
{
    struct paragraph p = { .r = r, .offset = offset, .rc = OPTOUT_MORE };
    bool fenced = false;
    for (size_t at = 0; at < text.n && p.rc == OPTOUT_MORE;) {
        size_t end = at + slice_find(slice_from(text, at), '\n');
        struct line l = read_line(text, at, end);
        if (l.fence) {
            close_block(&p);
            fenced = !fenced;
        } else if (!fenced) {
            add_line(&p, &l);
        }
        at = end + 1;
    }
    close_block(&p);
    return p.rc;
}
