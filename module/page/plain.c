/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c - lines become blocks. The beginning of a line, up to the blank behind its first word,
 * is kept until it is whole, for it tells what the line is.
 *
 * MAX: HEAD_MAX bytes of a line tell what it is; INDENTS_MAX lists in lists. */
#include "page/plain.h"

#include "page/charset_turn.h"
#include "page/html_text.h"

#define HEAD_MAX 40
#define INDENTS_MAX 8
#define HEADING_MAX 120

enum line_kind {
    LINE_EMPTY,
    LINE_TEXT,
    LINE_ITEM,
    LINE_HEADING,
    LINE_UNDERLINE, /* of a heading that was taken for a paragraph, or none */
    LINE_FENCE,
    LINE_CODE,
    LINE_ROW
};

struct plain {
    struct html *html; /* its text reader makes the blocks */
    struct charset_turn turn;
    bool turned;       /* the text reader knows what it is */
    bool markdown;
    bool in_line;   /* the beginning of the line has been read */
    bool row;       /* it is one of a table */
    bool one_line;  /* its block ends with it */
    bool literal;   /* marks in it mean nothing */
    bool skips;     /* the rest of it is not shown */
    uint8_t head[HEAD_MAX];
    size_t n_head;
    uint64_t head_at;
    bool head_utf16;
    uint8_t fence;   /* the character of the fence that is open, or 0 */
    size_t n_fence;
    uint8_t indent[INDENTS_MAX]; /* of the items around */
    size_t n_indents;
    uint8_t last;    /* byte of the line, as it was written */
    bool escaped;    /* behind a backslash */
    bool mark;       /* a '_' waits for what follows it */
    bool tick;       /* behind a '`' */
    bool bracket;    /* behind a ']' */
    bool in_target;  /* of a link */
    bool trail;      /* the next byte belongs to a character that has begun */
};

/* UTF-16 and ISO-2022-JP that are declared are read as that; the text does not turn. */
static void open_turn(struct plain *p, struct arena *arena, struct slice charset, struct slice tld)
{
    struct charset_origin origin = { .tld = tld };
    enum charset_kind kind = CHARSET_BYTES;
    enum charset_code code = CODE_NONE;
    bool labelled = charset_label(charset, &kind, &code);
    origin.declared = labelled ? code : CODE_NONE;
    charset_turn_open(&p->turn, arena, &origin);
    if (kind != CHARSET_BYTES) {
        p->turn.told = p->turn.given = true;
        p->turn.kind = kind;
        p->turn.code = code;
    }
}

struct plain *plain_open(struct arena *arena, bool markdown, struct slice charset, struct slice tld,
                         text_visit *visit, void *ctx)
{
    struct html_options o = {
        .charset = charset.n ? charset : SLICE_OF("utf-8"),
        .text = visit,
        .text_ctx = ctx,
    };
    struct plain *p = arena_alloc(arena, sizeof *p);
    if (!p || !(p->html = html_open(arena, &o)))
        return NULL;
    open_turn(p, arena, charset, tld);
    p->markdown = markdown;
    p->html->text_reader->raw = RAW_PLAIN;
    p->html->text_reader->n_open = 1; /* the place of a line */
    return p;
}

static struct html_text *text_of(struct plain *p)
{
    return p->html->text_reader;
}

static void flush(struct plain *p)
{
    html_text_stop(p->html);
    text_of(p)->codes = 0;
    html_text_flush(p->html);
}

static void set_place(struct plain *p, enum text_kind kind, enum text_voice voice)
{
    text_of(p)->open[0].place = (struct text_place){
        .kind = (uint8_t)kind,
        .voice = (uint8_t)voice,
        .depth = kind == TEXT_ITEM ? (uint8_t)(p->n_indents ? p->n_indents : 1) : 0,
    };
}

/* ---- what a line is ---- */

struct line {
    enum line_kind kind;
    size_t indent; /* columns */
    size_t marker; /* bytes of the head that are not shown */
    bool quoted;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static size_t skip_blanks(struct slice s, size_t at, size_t *columns)
{
    for (; at < s.n && is_blank(s.p[at]); at++)
        *columns += s.p[at] == '\t' ? 4 - *columns % 4 : 1;
    return at;
}

/* How often this character stands there if only blanks are between, else 0. */
static size_t run_and_blanks(struct slice s, uint8_t c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != c && !is_blank(s.p[i]))
            return 0;
        n += s.p[i] == c;
    }
    return n;
}

static bool is_rule(struct slice s, uint8_t c)
{
    return run_and_blanks(s, c) >= 2;
}

/* The bytes of an item's marker, with no blank, or 0. */
static size_t item_marker(struct slice s)
{
    size_t n = 0;
    if (s.n >= 3 && !memcmp(s.p, "\xE2\x80\xA2", 3))
        n = 3;
    else if (s.n && strchr("-*+", s.p[0]) && s.p[0])
        n = 1;
    else
        while (n < s.n && n < 9 && ascii_is_digit(s.p[n]))
            n++;
    if (n && ascii_is_digit(s.p[0]))
        n = n < s.n && (s.p[n] == '.' || s.p[n] == ')') ? n + 1 : 0;
    return n && (n == s.n || is_blank(s.p[n])) ? n : 0;
}

static size_t run_of(struct slice s, uint8_t c)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == c)
        n++;
    return n;
}

static bool is_fence(const struct plain *p, struct slice s)
{
    uint8_t c = p->fence ? p->fence : s.n ? s.p[0] : 0;
    size_t n = run_of(s, c);
    return (c == '`' || c == '~') && n >= (p->fence ? p->n_fence : 3);
}

static enum line_kind kind_of_markdown(struct slice s, struct line *l)
{
    size_t hashes = run_of(s, '#');
    if (hashes && hashes <= 6 && (hashes == s.n || is_blank(s.p[hashes]))) {
        l->marker += hashes;
        return LINE_HEADING;
    }
    return s.n && s.p[0] == '|' ? LINE_ROW : item_marker(s) ? LINE_ITEM : LINE_TEXT;
}

static struct line line_of(struct plain *p)
{
    const struct html_text *t = text_of(p);
    struct slice s = slice_of(p->head, p->n_head);
    struct line l = { .kind = LINE_TEXT };
    l.marker = skip_blanks(s, 0, &l.indent);
    while (p->markdown && !p->fence && l.indent < 4 && l.marker < s.n && s.p[l.marker] == '>') {
        l.quoted = true;
        l.indent = 0;
        l.marker = skip_blanks(s, l.marker + 1, &l.indent);
    }
    struct slice rest = slice_from(s, l.marker);
    if (rest.n == 0)
        l.kind = LINE_EMPTY;
    else if (p->markdown && (p->fence || l.indent < 4) && is_fence(p, rest))
        l.kind = LINE_FENCE;
    else if (p->fence)
        l.kind = LINE_CODE;
    else if (p->markdown && l.indent >= 4 && p->n_indents == 0 &&
             (!t->n || t->at.voice == VOICE_SAMPLE))
        l.kind = LINE_CODE;
    else if (is_rule(rest, '=') || is_rule(rest, '-') || (p->markdown && is_rule(rest, '*')))
        l.kind = LINE_UNDERLINE;
    else if (p->markdown)
        l.kind = kind_of_markdown(rest, &l);
    else if (item_marker(rest))
        l.kind = LINE_ITEM;
    if (l.kind == LINE_ITEM)
        l.marker += item_marker(rest);
    return l;
}

/* ---- what it does ---- */

static void begin_item(struct plain *p, size_t indent)
{
    uint8_t at = indent < UINT8_MAX ? (uint8_t)indent : UINT8_MAX;
    while (p->n_indents && p->indent[p->n_indents - 1] > at)
        p->n_indents--;
    bool deeper = p->n_indents == 0 || p->indent[p->n_indents - 1] < at;
    if (deeper && p->n_indents < INDENTS_MAX)
        p->indent[p->n_indents++] = at;
}

/* Goes on with the block at hand, or begins one. */
static void begin_text(struct plain *p, const struct line *l)
{
    struct html_text *t = text_of(p);
    enum text_voice voice = l->quoted ? VOICE_QUOTED : VOICE_OWN;
    if (t->n && t->at.voice != voice)
        flush(p);
    if (t->n)
        return;
    if (l->indent < 2)
        p->n_indents = 0;
    set_place(p, p->n_indents ? TEXT_ITEM : TEXT_PARAGRAPH, voice);
}

static void begin_fence(struct plain *p, struct slice s)
{
    flush(p);
    bool opens = !p->fence;
    p->n_fence = opens ? run_of(s, s.p[0]) : 0;
    p->fence = opens ? s.p[0] : 0;
}

/* A line under a paragraph makes a heading of it; in plain text it only ends it. A long one was
 * meant to stand over a rule. */
static void underline(struct plain *p)
{
    struct html_text *t = text_of(p);
    if (p->markdown && t->n && t->n <= HEADING_MAX && t->at.kind == TEXT_PARAGRAPH && t->at.voice == VOICE_OWN)
        t->at.kind = TEXT_HEADING;
    flush(p);
}

static void begin_line(struct plain *p, const struct line *l, struct slice rest)
{
    enum text_voice voice = l->quoted ? VOICE_QUOTED : VOICE_OWN;
    p->row = l->kind == LINE_ROW;
    p->one_line = l->kind == LINE_ROW || l->kind == LINE_HEADING;
    p->literal = !p->markdown || l->kind == LINE_CODE;
    p->in_target = p->bracket = p->mark = p->escaped = p->tick = false;
    p->skips = l->kind == LINE_FENCE;
    p->last = ' ';
    if (l->kind != LINE_TEXT && l->kind != LINE_CODE && l->kind != LINE_UNDERLINE)
        flush(p);
    switch (l->kind) {
    case LINE_TEXT:
        begin_text(p, l);
        break;
    case LINE_ITEM:
        begin_item(p, l->indent);
        set_place(p, TEXT_ITEM, voice);
        break;
    case LINE_HEADING:
        set_place(p, TEXT_HEADING, voice);
        break;
    case LINE_ROW:
        set_place(p, TEXT_ROW, voice);
        break;
    case LINE_CODE:
        if (text_of(p)->at.voice != VOICE_SAMPLE)
            flush(p);
        set_place(p, TEXT_PARAGRAPH, VOICE_SAMPLE);
        break;
    case LINE_FENCE:
        begin_fence(p, rest);
        break;
    case LINE_UNDERLINE:
        underline(p);
        break;
    default:
        break;
    }
}

/* ---- characters ---- */

static void show(struct plain *p, const uint8_t *from, const uint8_t *to)
{
    html_text_chars(p->html, from, to);
}

static void show_markdown(struct plain *p, const uint8_t *from, const uint8_t *to);

/* Bytes that do not lie in the run. */
static void show_kept(struct plain *p, struct charset_run kept, size_t from)
{
    struct charset_run run = p->html->run;
    p->html->run = kept;
    if (p->literal)
        show(p, kept.p + from, kept.p + kept.n);
    else
        show_markdown(p, kept.p + from, kept.p + kept.n);
    p->html->run = run; /* a character may go on in it */
}

static bool is_word(uint8_t c)
{
    return ascii_is_alnum(c) || c >= 0x80;
}

/* A '_' inside of a word is part of it; others are emphasis. */
static void end_mark(struct plain *p, uint8_t next)
{
    struct charset_run run = p->html->run;
    p->mark = false;
    if (!is_word(p->last) || !is_word(next))
        return;
    p->html->run = (struct charset_run){ .p = (const uint8_t *)"_", .n = 1 };
    show(p, p->html->run.p, p->html->run.p + 1);
    p->html->run = run;
}

static void take_tick(struct plain *p)
{
    struct html_text *t = text_of(p);
    html_text_stop(p->html);
    t->codes = !t->codes;
    html_text_unquote(t);
}

static bool is_mark(const struct plain *p, uint8_t c)
{
    return p->escaped || p->bracket || p->in_target || p->tick ||
           (c && strchr("\\()[]*`|_", c));
}

/* One byte of a line of Markdown that may mean something; true when it is shown. */
static bool take_mark(struct plain *p, uint8_t c)
{
    struct html_text *t = text_of(p);
    bool bracket = p->bracket, escaped = p->escaped, tick = p->tick;
    p->bracket = p->escaped = p->tick = false;
    if (p->in_target) {
        p->in_target = c != ')';
        return false;
    }
    if (c == '`' && !escaped) {
        p->tick = true;
        if (!tick)
            take_tick(p);
        return false;
    }
    if (escaped || t->codes)
        return true;
    switch (c) {
    case '\\':
        p->escaped = true;
        return false;
    case '(':
        p->in_target = bracket;
        return !bracket;
    case ']':
        p->bracket = true;
        return false;
    case '_':
        p->mark = true;
        return false;
    case '[':
    case '*':
        return false;
    case '|':
        if (p->row && t->n)
            t->joint = JOINT_CELL;
        return !p->row;
    default:
        return true;
    }
}

/* Whether it is the second byte of a character, which may look like a mark. */
static bool is_trail(struct plain *p, uint8_t c)
{
    const struct charset_table *table = p->html->run.utf16 ? NULL : text_of(p)->table;
    bool trail = p->trail;
    p->trail = table && !trail && c >= 0x80 && charset_leads(table, c);
    return trail;
}

static void show_markdown(struct plain *p, const uint8_t *from, const uint8_t *to)
{
    const uint8_t *shown = from;
    for (const uint8_t *q = from; q < to; q++) {
        if (is_trail(p, *q)) {
            p->last = 0x80;
            continue;
        }
        if (p->mark)
            end_mark(p, *q);
        if (is_mark(p, *q)) {
            show(p, shown, q);
            shown = q;
            if (!take_mark(p, *q)) {
                shown++;
                continue;
            }
        }
        p->last = *q;
    }
    show(p, shown, to);
}

/* ---- lines ---- */

/* A rule may become anything else with its next word. */
static bool head_is_whole(const struct plain *p)
{
    struct slice s = slice_of(p->head, p->n_head);
    if (s.n == HEAD_MAX)
        return true;
    if (!is_blank(s.p[s.n - 1]))
        return false;
    while (s.n && (is_blank(s.p[0]) || s.p[0] == '>'))
        s = slice_from(s, 1);
    uint8_t first = s.n ? s.p[0] : ' ';
    return first != ' ' && !(strchr("=-*", first) && run_and_blanks(s, first));
}

static void end_head(struct plain *p)
{
    struct line l = line_of(p);
    struct charset_run kept = {
        .p = p->head, .n = p->n_head, .at = p->head_at, .utf16 = p->head_utf16
    };
    begin_line(p, &l, slice_of(p->head + l.marker, p->n_head - l.marker));
    p->in_line = true;
    if (l.kind != LINE_FENCE && l.kind != LINE_EMPTY && l.kind != LINE_UNDERLINE)
        show_kept(p, kept, l.marker);
}

static void end_line(struct plain *p)
{
    if (!p->in_line)
        end_head(p);
    html_text_stop(p->html);
    text_of(p)->blank = true;
    if (p->one_line)
        flush(p);
    p->in_line = p->skips = p->trail = false;
    p->mark = false;
    p->n_head = 0;
}

static const uint8_t *take_head(struct plain *p, const uint8_t *q, const uint8_t *end)
{
    struct charset_run *run = &p->html->run;
    if (p->n_head == 0) {
        p->head_at = charset_offset(run, q);
        p->head_utf16 = run->utf16;
    }
    while (q < end && *q != '\n' && !p->in_line) {
        p->head[p->n_head++] = *q++;
        if (head_is_whole(p))
            end_head(p);
    }
    return q;
}

static void take_run(struct plain *p)
{
    const uint8_t *q = p->html->run.p, *end = q + p->html->run.n;
    while (q < end) {
        if (!p->in_line)
            q = take_head(p, q, end);
        const uint8_t *line = q < end ? memchr(q, '\n', (size_t)(end - q)) : NULL;
        const uint8_t *stop = line ? line : end;
        if (!p->skips && p->literal)
            show(p, q, stop);
        else if (!p->skips)
            show_markdown(p, q, stop);
        q = stop;
        if (line) {
            end_line(p);
            q++;
        }
    }
}

static void take_bytes(struct plain *p, struct slice bytes)
{
    while (charset_next(&p->html->charset, &bytes, &p->html->run))
        take_run(p);
}

void plain_feed(struct plain *p, struct slice bytes)
{
    struct slice piece;
    while (charset_turn_next(&p->turn, &bytes, &piece)) {
        if (p->turn.told && !p->turned) {
            html_read_as(p->html, p->turn.kind, p->turn.code);
            p->turned = true;
        }
        take_bytes(p, piece);
    }
}

void plain_end(struct plain *p)
{
    charset_turn_end(&p->turn);
    plain_feed(p, SLICE_EMPTY);
    charset_end(&p->html->charset);
    take_bytes(p, SLICE_EMPTY);
    end_line(p);
    flush(p);
}

bool plain_is_untold(const struct plain *p)
{
    return p->turn.untold;
}
