/* SPDX-License-Identifier: Apache-2.0 */
/* site_comments.c - comments of robots.txt and ai.txt.
 *
 * A text that explains Content-Signal is left alone: it comes with that line, which then
 * speaks for itself, or from a template without it, and reserves nothing.
 *
 * MAX_* limits: SITE_COMMENT_MAX, those of the phrase reader. Beyond them a rule says so. */
#include "standards/site_comments.h"

#include "standards/natural_language.h"
#include "standards/site_text.h"
#include "syntax/literals.h"
#include "syntax/utf8.h"

#define NOTE_WORDS "words for people in a comment"
#define NOTE_LIMIT "more words in comments than are looked at"

struct comments {
    struct site_rules *out;
    const struct phrases *phrases;
    struct phrase_reader *reader; /* opened at the first need */
    uint8_t *text; /* of the comments that follow each other, a line each; SITE_COMMENT_MAX */
    size_t n;
    uint32_t line;  /* of the first of them */
    uint32_t lines; /* how many there are */
    bool full;
};

static void add_rule(struct comments *c, const struct site_rule *what)
{
    struct site_rule rule = *what;
    rule.kind = RULE_WORDS;
    rule.confidence = CONF_WEAK;
    rule.group = RULE_GROUP_FILE;
    rule.pattern = SLICE_OF("");
    (void)site_rules_add(c->out, &rule); /* says overflow itself */
}

/* Each line of the file is one of the text. */
static uint32_t line_at(const struct comments *c, uint64_t offset)
{
    uint32_t line = c->line;
    for (size_t i = 0; i < c->n && i < offset; i++)
        line += c->text[i] == '\n';
    return line;
}

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    struct comments *c = ctx;
    char name[PHRASE_NAME_MAX];
    natural_name(hit, name);
    struct site_rule rule = {
        .property = (uint8_t)hit->grade,
        .prefs = natural_prefs(hit),
        .line = line_at(c, hit->offset),
        .raw = arena_copy(c->out->arena, utf8_clip(hit->text, SIGNAL_RAW_MAX), SIGNAL_RAW_MAX),
        .name = arena_copy(c->out->arena, slice_cstr(name), sizeof name),
        .note = NOTE_WORDS,
    };
    if (rule.raw.p && rule.name.p)
        add_rule(c, &rule);
    else
        c->out->overflow = true;
}

static bool explains_signals(struct slice text)
{
    return slice_find_nocase(text, SLICE_OF("content-signal")) < text.n ||
           slice_find_nocase(text, SLICE_OF("content signal")) < text.n;
}

static bool open_reader(struct comments *c)
{
    if (!c->reader)
        c->reader = phrase_reader_open(c->out->arena, c->phrases, on_hit, c);
    if (!c->reader)
        c->out->overflow = true;
    return c->reader != NULL;
}

/* The comments end here. */
static void flush(struct comments *c)
{
    struct slice text = slice_of(c->text, c->n);
    bool limited = c->full;
    if (literals_find(phrases_literals(c->phrases), text, 0) < text.n &&
        !explains_signals(text) && open_reader(c)) {
        enum optout_rc rc = phrase_reader_plain(c->reader, text, 0);
        enum optout_rc end = phrase_reader_end(c->reader);
        limited = limited || rc < 0 || end < 0;
    }
    if (limited)
        add_rule(c, &(struct site_rule){ .property = PHRASE_HINT, .line = c->line,
                                         .note = NOTE_LIMIT });
    c->n = 0;
    c->lines = 0;
    c->full = false;
}

/* What stands behind the mark; a line drawn with signs holds no words. */
static struct slice words_of(struct slice comment)
{
    struct slice s = slice_trim_space(comment);
    while (s.n && strchr("#-=*_+~|/", s.p[0]))
        s = slice_trim_space(slice_from(s, 1));
    return s;
}

static void add_line(struct comments *c, struct slice comment, uint32_t number)
{
    struct slice s = words_of(comment);
    if (c->lines == 0)
        c->line = number;
    c->lines++;
    if (c->n + s.n + 1 > SITE_COMMENT_MAX) {
        c->full = true;
        return;
    }
    if (s.n)
        memcpy(c->text + c->n, s.p, s.n);
    c->n += s.n;
    c->text[c->n++] = '\n';
}

/* A comment begins with `#`, at the front or behind a blank: a URL may hold one. */
static struct slice comment_of(struct slice line, bool *alone)
{
    size_t i = 0;
    struct slice said = slice_trim_space(line);
    *alone = slice_begins(said, '#');
    while (i < said.n && !(said.p[i] == '#' && (i == 0 || ascii_is_space(said.p[i - 1]))))
        i++;
    return slice_from(said, i);
}

static void read_lines(struct comments *c, struct slice text)
{
    for (uint32_t number = 1; text.n && !c->out->overflow; number++) {
        bool alone;
        struct slice comment = comment_of(site_text_line(&text), &alone);
        if (c->lines && !alone)
            flush(c);
        if (comment.n)
            add_line(c, comment, number);
        if (comment.n && !alone)
            flush(c);
    }
    if (c->lines)
        flush(c);
}

void site_comments_read(struct slice text, struct site_rules *out)
{
    struct comments c = { .out = out };
    if (slice_find(text, '#') == text.n)
        return;
    c.phrases = phrases_builtin();
    c.text = c.phrases ? arena_take(out->arena, SITE_COMMENT_MAX) : NULL;
    if (c.text)
        read_lines(&c, text);
    else
        out->overflow = true;
}
