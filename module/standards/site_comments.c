/* SPDX-License-Identifier: Apache-2.0 */
/* site_comments.c - comments of robots.txt and ai.txt.
 *
 * The text by which a hosting service explains Content-Signal is left alone: it comes with that
 * line, which then speaks for itself, or from a template without it, and reserves nothing.
 *
 * MAX_* limits: SITE_COMMENT_MAX, those of the phrase reader. Beyond them a rule says so. */
#include "standards/site_comments.h"

#include "standards/natural_language.h"
#include "standards/site_text.h"
#include "syntax/literals.h"
#include "syntax/utf8.h"

#define NOTE_WORDS "words for people in a comment"
#define NOTE_LIMIT "more words in comments than are looked at"

#define LINES_MAX (SITE_COMMENT_MAX / 2)

struct comments {
    struct site_rules *out;
    const struct phrases *phrases;
    uint8_t *text;  /* all that may say something, a line each, an empty one behind those that
                       follow each other; SITE_COMMENT_MAX */
    uint32_t *line; /* of each in the file; LINES_MAX */
    size_t n, n_lines;
    size_t begun, begun_lines; /* where those that follow each other begin */
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

static uint32_t line_at(const struct comments *c, uint64_t offset)
{
    size_t k = 0;
    for (size_t i = 0; i < c->n && i < offset; i++)
        k += c->text[i] == '\n';
    return c->line[k < c->n_lines ? k : c->n_lines - 1];
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

/* As one text, for what is spent on it has one bound. */
static void read_words(struct comments *c)
{
    bool limited = c->full;
    if (c->n) {
        struct phrase_reader *r = phrase_reader_open(c->out->arena, c->phrases, on_hit, c);
        if (!r) {
            c->out->overflow = true;
            return;
        }
        enum optout_rc rc = phrase_reader_plain(r, slice_of(c->text, c->n), 0);
        enum optout_rc end = phrase_reader_end(r);
        limited = limited || rc < 0 || end < 0;
    }
    if (limited)
        add_rule(c, &(struct site_rule){ .property = PHRASE_HINT, .note = NOTE_LIMIT,
                                         .line = c->n_lines ? c->line[c->n_lines - 1] : 1 });
}

/* The words of that template, in the forms of 2025 and 2026. */
static bool explains_signals(struct slice text)
{
    return slice_find_nocase(text, SLICE_OF("expressed via content signals")) < text.n ||
           slice_find_nocase(text, SLICE_OF("if a content-signal =")) < text.n;
}

static void put_line(struct comments *c, struct slice s, uint32_t number)
{
    if (c->full || c->n + s.n + 1 > SITE_COMMENT_MAX || c->n_lines == LINES_MAX) {
        c->full = true;
        return;
    }
    if (s.n)
        memcpy(c->text + c->n, s.p, s.n);
    c->n += s.n;
    c->text[c->n++] = '\n';
    c->line[c->n_lines++] = number;
}

/* The comments that follow each other end: they stay, if they may say something. */
static void end_comments(struct comments *c, uint32_t number)
{
    struct slice text = slice_of(c->text + c->begun, c->n - c->begun);
    if (text.n == 0)
        return;
    if (literals_find(phrases_literals(c->phrases), text, 0) < text.n && !explains_signals(text)) {
        put_line(c, SLICE_EMPTY, number);
    } else {
        c->n = c->begun;
        c->n_lines = c->begun_lines;
    }
    c->begun = c->n;
    c->begun_lines = c->n_lines;
}

/* What stands behind the mark; a line drawn with signs holds no words. */
static struct slice words_of(struct slice comment)
{
    struct slice s = slice_trim_space(comment);
    while (s.n && strchr("#-=*_+~|/", s.p[0]))
        s = slice_trim_space(slice_from(s, 1));
    return s;
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
    uint32_t number = 1;
    for (; text.n; number++) {
        bool alone;
        struct slice comment = comment_of(site_text_line(&text), &alone);
        if (!alone)
            end_comments(c, number);
        if (comment.n)
            put_line(c, words_of(comment), number);
        if (!alone)
            end_comments(c, number);
    }
    end_comments(c, number);
}

void site_comments_read(struct slice text, struct site_rules *out)
{
    struct comments c = { .out = out };
    if (slice_find(text, '#') == text.n)
        return;
    c.phrases = phrases_builtin();
    c.text = arena_take(out->arena, SITE_COMMENT_MAX);
    c.line = arena_array(out->arena, LINES_MAX, sizeof *c.line);
    if (!c.phrases || !c.text || !c.line) {
        out->overflow = true;
        return;
    }
    read_lines(&c, text);
    read_words(&c);
}
