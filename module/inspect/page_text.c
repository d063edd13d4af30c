/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/page_text.h"

#include "page/charset_turn.h"

#define BLOCKS 5
#define BLOCK_SIZE(i) ((size_t)(8u << 10) << (i)) /* together PAGE_TEXT_KEPT */

struct page_text {
    struct arena *arena;
    struct html_options options;
    struct html *html; /* NULL: the page is kept */
    bool wanted;
    bool done; /* it ended, or memory did */
    bool asked; /* `declared` is known: what it declares to be written in */
    enum charset_code declared;
    struct slice tld;
    bool untold;
    bool turns; /* it is read as UTF-8 as long as it is that */
    bool turned;
    struct charset_turn turn;
    struct {
        uint8_t *p;
        size_t n;
    } kept[BLOCKS];
    size_t n_kept; /* blocks */
};

struct page_text *page_text_open(struct arena *arena, const struct html_options *o,
                                 struct slice tld)
{
    struct page_text *t = arena_alloc(arena, sizeof *t);
    if (!t)
        return NULL;
    t->arena = arena;
    t->options = *o;
    t->options.charset = arena_copy(arena, o->charset, SIZE_MAX);
    t->tld = arena_copy(arena, tld, SIZE_MAX);
    return (t->options.charset.p || !o->charset.n) && (t->tld.p || !tld.n) ? t : NULL;
}

void page_text_begin(struct page_text *t)
{
    t->wanted = true;
}

/* Takes from the front of *bytes; false when no more is kept. */
static bool keep(struct page_text *t, struct slice *bytes)
{
    while (bytes->n) {
        size_t i = t->n_kept ? t->n_kept - 1 : 0;
        if (t->n_kept == 0 || t->kept[i].n == BLOCK_SIZE(i)) {
            uint8_t *p = t->n_kept < BLOCKS ? arena_take(t->arena, BLOCK_SIZE(t->n_kept)) : NULL;
            if (!p)
                return false;
            i = t->n_kept++;
            t->kept[i].p = p;
        }
        size_t room = BLOCK_SIZE(i) - t->kept[i].n, n = bytes->n < room ? bytes->n : room;
        memcpy(t->kept[i].p + t->kept[i].n, bytes->p, n);
        t->kept[i].n += n;
        *bytes = slice_from(*bytes, n);
    }
    return true;
}

static enum optout_rc read_bytes(struct page_text *t, struct slice bytes)
{
    enum optout_rc rc = t->done ? OPTOUT_DONE : html_feed(t->html, bytes);
    t->done = rc != OPTOUT_MORE;
    return rc < 0 ? rc : OPTOUT_MORE;
}

static enum optout_rc read_on(struct page_text *t, struct slice bytes)
{
    enum optout_rc rc = OPTOUT_MORE;
    struct slice piece;
    if (!t->turns)
        return read_bytes(t, bytes);
    while (rc == OPTOUT_MORE && charset_turn_next(&t->turn, &bytes, &piece)) {
        if (t->turn.told && !t->turned) {
            html_read_as(t->html, t->turn.kind, t->turn.code);
            t->untold = t->untold || t->turn.untold;
            t->turned = true;
        }
        rc = read_bytes(t, piece);
    }
    return rc;
}

/* ---- what it is written in ---- */

/* Of the first bytes, if enough are kept or no more come. */
static void ask(struct page_text *t, bool all)
{
    struct slice head = slice_of(t->kept[0].p, t->n_kept ? t->kept[0].n : 0);
    enum charset_kind kind;
    if (t->asked || (head.n < CHARSET_PRESCAN_MAX && !all))
        return;
    t->asked = true;
    t->declared = charset_declared(head, t->options.charset, t->options.xml, &kind);
    if (kind == CHARSET_ISO2022JP)
        t->options.code = t->declared; /* as which it is handed over */
}

/* Else all that is kept is looked at, for the verdict must not depend on when it is asked. */
static bool is_known(const struct page_text *t)
{
    return t->asked && (t->declared == CODE_UTF8 || t->options.code != CODE_NONE);
}

static void guess(struct page_text *t)
{
    struct charset_sample sample;
    memset(&sample, 0, offsetof(struct charset_sample, v));
    for (size_t i = 0; i < t->n_kept; i++)
        charset_sample(&sample, slice_of(t->kept[i].p, t->kept[i].n));
    struct charset_origin o = { .declared = t->declared, .tld = t->tld };
    if (t->n_kept)
        o.lang = charset_lang(slice_sub(slice_of(t->kept[0].p, t->kept[0].n), 0, CHARSET_LANG_WITHIN));
    t->options.code = charset_guess(&sample, &o, &t->untold);
}

/* What is declared to be UTF-8, or looks like it, may turn out to be another. */
static void open_turn(struct page_text *t)
{
    struct slice head = slice_of(t->kept[0].p, t->n_kept ? t->kept[0].n : 0);
    t->turns = t->options.code == CODE_NONE || t->options.code == CODE_UTF8;
    if (t->turns)
        charset_turn_open_page(&t->turn, t->arena, head, t->options.charset, t->options.xml, t->tld);
}

/* ---- reading ---- */

/* What was kept is read. */
static enum optout_rc begin(struct page_text *t)
{
    enum optout_rc rc = OPTOUT_MORE;
    ask(t, true);
    if (!is_known(t))
        guess(t);
    open_turn(t);
    t->html = html_open(t->arena, &t->options);
    t->done = !t->html;
    for (size_t i = 0; t->html && i < t->n_kept && rc == OPTOUT_MORE; i++)
        rc = read_on(t, slice_of(t->kept[i].p, t->kept[i].n));
    return t->html ? rc : OPTOUT_E_NOMEM;
}

enum optout_rc page_text_feed(struct page_text *t, struct slice bytes)
{
    if (t->wanted)
        ask(t, false);
    if (!t->html && !t->done && ((t->wanted && is_known(t)) || !keep(t, &bytes))) {
        enum optout_rc rc = begin(t);
        if (rc != OPTOUT_MORE)
            return rc;
    }
    return t->html ? read_on(t, bytes) : OPTOUT_MORE;
}

enum optout_rc page_text_end(struct page_text *t)
{
    enum optout_rc rc = OPTOUT_DONE;
    if (t->wanted && !t->html && !t->done)
        rc = begin(t);
    if (rc < 0 || !t->html || t->done)
        return rc < 0 ? rc : OPTOUT_DONE;
    if (t->turns) {
        charset_turn_end(&t->turn);
        rc = read_on(t, SLICE_EMPTY);
    }
    if (rc < 0 || t->done)
        return rc < 0 ? rc : OPTOUT_DONE;
    t->done = true;
    return html_end(t->html);
}

enum charset_code page_text_code(const struct page_text *t)
{
    return t->turned ? t->turn.code : t->options.code;
}

bool page_text_is_untold(const struct page_text *t)
{
    return t->untold;
}
