/* SPDX-License-Identifier: Apache-2.0 */
/* html_text_tree.c - which elements are open around a character, as far as that tells where
 * blocks of text end and whose words they are (HTML standard sections 13.2.6.4.7 to 13.2.6.4.15,
 * 15.3).
 *
 * Elements that end because another begins do so as in a browser: p at a block, li at li, dd and
 * dt, cells and rows, options. An end tag closes the innermost element of its name that it can
 * see: not beyond a table or its cell. That of an inline element closes nothing else, so that
 * what is hidden, quoted or a sample ends no later than a browser has it end: words that are
 * taken for the site's own by mistake are looked at, others are not.
 *
 * Of inline elements only those are kept that make a difference, and all in a property.
 *
 * MAX: TEXT_OPEN_MAX open elements. What lies deeper is the site's own text, in paragraphs. */
#include "page/html_scan.h"
#include "page/html_text.h"

#define BIT(role) (1u << (role))
#define NONE SIZE_MAX
#define TABLE_SIDES (BIT(ROLE_TABLE) | BIT(ROLE_CELL) | BIT(ROLE_CAPTION))
/* What a list item ends in front of, when it is looked for from inside. */
#define ITEM_SIDES                                                                          \
    (TABLE_SIDES | BIT(ROLE_LIST) | BIT(ROLE_TERMS) | BIT(ROLE_QUOTED) | BIT(ROLE_SAMPLE) | \
     BIT(ROLE_SELECT) | BIT(ROLE_BUTTON) | BIT(ROLE_DIALOG))

static const struct text_place outside = { .kind = TEXT_PARAGRAPH, .voice = VOICE_OWN };

/* ---- the stack ---- */

static struct text_place place_at(const struct html_text *t, size_t n_open)
{
    return n_open && !t->beyond ? t->open[n_open - 1].place : outside;
}

/* Of an element with this role, in `p`. */
static struct text_place place_inside(struct text_place p, enum html_role role, bool hidden)
{
    enum text_voice voice = VOICE_OWN;
    if (role >= ROLE_BLOCK && p.skip == SKIP_LINE) {
        p.skip = SKIP_NOTHING;
        hidden = true;
    }
    switch (role) {
    case ROLE_TITLE:
        p.kind = TEXT_TITLE;
        break;
    case ROLE_UNSEEN:
    case ROLE_READING:
        p.skip = SKIP_ALL;
        break;
    case ROLE_HEADING:
        p.kind = TEXT_HEADING;
        break;
    case ROLE_LIST:
        p.depth = p.depth < UINT8_MAX ? (uint8_t)(p.depth + 1) : UINT8_MAX;
        p.kind = TEXT_PARAGRAPH;
        break;
    case ROLE_ITEM:
        p.depth = p.depth ? p.depth : 1;
        p.kind = TEXT_ITEM;
        break;
    case ROLE_TERM:
    case ROLE_DESCRIPTION:
    case ROLE_CELL:
        p.kind = TEXT_ROW;
        break;
    case ROLE_QUOTED:
        voice = VOICE_QUOTED;
        p.kind = TEXT_PARAGRAPH;
        break;
    case ROLE_SAMPLE:
        voice = VOICE_SAMPLE;
        break;
    case ROLE_SELECT:
    case ROLE_OPTION:
    case ROLE_BUTTON:
        voice = VOICE_FORM;
        p.kind = TEXT_PARAGRAPH;
        break;
    case ROLE_TERMS:
    case ROLE_TABLE:
    case ROLE_CAPTION:
        p.kind = TEXT_PARAGRAPH;
        break;
    default:
        break;
    }
    if (hidden && role < ROLE_BLOCK)
        p.skip = p.skip ? p.skip : SKIP_LINE;
    else if (hidden)
        p.voice = VOICE_HIDDEN;
    else if (p.voice == VOICE_OWN)
        p.voice = (uint8_t)voice;
    return p;
}

static void count(struct html_text *t, enum html_role role, bool opens)
{
    unsigned *n = role == ROLE_QUOTE ? &t->quotes : role == ROLE_CODE ? &t->codes : NULL;
    if (n)
        *n = opens ? *n + 1 : *n - 1;
    if (!opens)
        html_text_unquote(t);
}

static void pop_to(struct html_text *t, size_t n)
{
    while (t->n_open > n) {
        const struct text_open *o = &t->open[--t->n_open];
        if (o->property)
            html_property_end(t, o->property);
        count(t, (enum html_role)o->role, false);
    }
}

/* The innermost open element of one of these roles, not beyond one of `sides`. */
static size_t find_role(const struct html_text *t, uint32_t roles, uint32_t sides)
{
    for (size_t i = t->n_open; i-- > 0;) {
        if (roles & BIT(t->open[i].role))
            return i;
        if (sides & BIT(t->open[i].role))
            break;
    }
    return NONE;
}

static size_t find_name(const struct html_text *t, uint32_t hash, uint32_t sides)
{
    for (size_t i = t->n_open; i-- > 0;) {
        if (t->open[i].hash == hash)
            return i;
        if (sides & BIT(t->open[i].role))
            break;
    }
    return NONE;
}

static void close_role(struct html_text *t, uint32_t roles, uint32_t sides)
{
    size_t i = find_role(t, roles, sides);
    if (i != NONE)
        pop_to(t, i);
}

static void push(struct html *h, enum html_role role, bool hidden)
{
    struct html_text *t = h->text_reader;
    struct text_place p = place_at(t, t->n_open);
    bool fits = t->n_open < TEXT_OPEN_MAX && !t->beyond;
    uint8_t property = t->page ? html_property_begin(h, fits && !(h->o.xml && h->self_closing)) : 0;
    bool kept = role != ROLE_INLINE || hidden || p.skip || p.voice == VOICE_HIDDEN ||
                (fits && t->n_property); /* where a property's text ends */
    if (!kept || (h->o.xml && h->self_closing))
        return;
    if (!fits) {
        t->beyond++;
        return;
    }
    t->open[t->n_open++] = (struct text_open){
        .hash = h->name_hash,
        .role = (uint8_t)role,
        .hidden = hidden,
        .property = property,
        .place = place_inside(p, role, hidden),
    };
    count(t, role, true);
}

/* Takes one out of the middle. What is open in it stays so. */
static void take_out(struct html_text *t, size_t at)
{
    if (t->open[at].property)
        html_property_end(t, t->open[at].property);
    count(t, (enum html_role)t->open[at].role, false);
    t->n_open--;
    memmove(t->open + at, t->open + at + 1, (t->n_open - at) * sizeof t->open[0]);
    for (size_t i = at; i < t->n_open; i++)
        t->open[i].place = place_inside(place_at(t, i), (enum html_role)t->open[i].role,
                                        t->open[i].hidden);
}

/* ---- what is seen ---- */

/* A foreignObject holds HTML; the title and desc of an svg are text, but not shown. */
static bool is_seen(const struct html *h)
{
    if (h->templates || h->mode == MODE_HEAD_NOSCRIPT)
        return false;
    if (h->o.xml)
        return !h->xml_noscript && (!h->mute || h->text_reader->raw);
    return h->n_open == 0 || h->open[h->n_open - 1].tag == TAG_FOREIGN_OBJECT;
}

struct text_place html_text_place(const struct html *h)
{
    const struct html_text *t = h->text_reader;
    struct text_place p = place_at(t, t->n_open);
    /* XML that is no page has neither head nor body. */
    bool page = !h->o.xml || h->mode == MODE_BODY || p.kind == TEXT_TITLE;
    if (!page || !is_seen(h))
        p.skip = SKIP_ALL;
    return p;
}

/* "dde", "one", or a reference that may stand for a letter of these. */
bool html_text_may_hide(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    const __m128i lower = _mm_set1_epi8(0x20), d = _mm_set1_epi8('d'), e = _mm_set1_epi8('e'),
                  o = _mm_set1_epi8('o'), n = _mm_set1_epi8('n'), amp = _mm_set1_epi8('&'),
                  hash = _mm_set1_epi8('#');
    for (; end - p >= 18; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 2));
        __m128i ref = _mm_and_si128(_mm_cmpeq_epi8(v, amp), _mm_cmpeq_epi8(w, hash));
        v = _mm_or_si128(v, lower);
        w = _mm_or_si128(w, lower);
        __m128i dd = _mm_and_si128(_mm_cmpeq_epi8(v, d), _mm_cmpeq_epi8(w, d));
        __m128i on = _mm_and_si128(_mm_cmpeq_epi8(v, o), _mm_cmpeq_epi8(w, n));
        x = _mm_cmpeq_epi8(_mm_or_si128(x, lower), e);
        __m128i any = _mm_or_si128(ref, _mm_and_si128(_mm_or_si128(dd, on), x));
        if (_mm_movemask_epi8(any))
            return true;
    }
#endif
    for (; end - p >= 3; p++) {
        uint8_t a = p[0] | 0x20, b = p[1] | 0x20, c = p[2] | 0x20;
        if ((((a == 'd' && b == 'd') || (a == 'o' && b == 'n')) && c == 'e') ||
            (p[0] == '&' && p[1] == '#'))
            return true;
    }
    return false;
}

/* Whether a style says `name: value`, blanks aside. */
static bool style_says(struct slice style, struct slice name, struct slice value)
{
    for (size_t at; (at = slice_find_nocase(style, name)) < style.n;) {
        style = slice_trim_space(slice_from(style, at + name.n));
        if (slice_take(&style, ':') && slice_starts_nocase(slice_trim_space(style), value))
            return true;
    }
    return false;
}

static bool is_hidden(const struct html *h)
{
    struct slice style = html_attr(h, "style");
    return (h->role == ROLE_DIALOG && !html_has_attr(h, "open")) || html_has_attr(h, "hidden") ||
           style_says(style, SLICE_OF("display"), SLICE_OF("none")) ||
           style_says(style, SLICE_OF("visibility"), SLICE_OF("hidden"));
}

/* ---- where blocks end ---- */

static void join(struct html_text *t, enum text_joint how)
{
    if (t->n)
        t->joint = (uint8_t)how;
}

/* A block of this role begins or has ended. In a cell the first paragraph is what the cell
 * says; only when another follows are they paragraphs. */
static void boundary(struct html *h, enum html_role role)
{
    struct html_text *t = h->text_reader;
    bool soft = (role == ROLE_BLOCK || role == ROLE_PARAGRAPH) && !t->split &&
                place_at(t, t->n_open).kind == TEXT_ROW;
    if (!soft)
        html_text_flush(h);
    else if (t->joint == JOINT_NONE)
        join(t, JOINT_END);
}

static void line_break(struct html *h)
{
    struct html_text *t = h->text_reader;
    t->blank = true;
    if (t->n && ++t->breaks >= 2)
        boundary(h, ROLE_PARAGRAPH);
}

/* Begins a cell, or a description: joins what it belongs to. */
static void begin_cell(struct html *h, bool joins)
{
    struct html_text *t = h->text_reader;
    if (t->n && joins && !t->split && t->at.kind == TEXT_ROW)
        join(t, JOINT_CELL);
    else
        html_text_flush(h);
}

static void end_implied(struct html_text *t, enum html_role role)
{
    static const uint32_t p_stays = BIT(ROLE_GROUP) | BIT(ROLE_ROW) | BIT(ROLE_CELL) |
                                    BIT(ROLE_CAPTION) | BIT(ROLE_SELECT) | BIT(ROLE_OPTION) |
                                    BIT(ROLE_BUTTON);
    if (!(p_stays & BIT(role)))
        close_role(t, BIT(ROLE_SELECT), TABLE_SIDES); /* one without its end tag */
    close_role(t, BIT(ROLE_READING), ~(BIT(ROLE_BLOCK) - 1)); /* likewise */
    switch (role) {
    case ROLE_ITEM:
        close_role(t, BIT(ROLE_ITEM), ITEM_SIDES);
        break;
    case ROLE_TERM:
    case ROLE_DESCRIPTION:
        close_role(t, BIT(ROLE_TERM) | BIT(ROLE_DESCRIPTION), ITEM_SIDES);
        break;
    case ROLE_CELL:
        close_role(t, BIT(ROLE_CELL) | BIT(ROLE_CAPTION), BIT(ROLE_TABLE));
        break;
    case ROLE_ROW:
        close_role(t, BIT(ROLE_CELL) | BIT(ROLE_CAPTION), BIT(ROLE_TABLE));
        close_role(t, BIT(ROLE_ROW), BIT(ROLE_TABLE));
        break;
    case ROLE_GROUP:
    case ROLE_CAPTION:
        for (size_t i = find_role(t, BIT(ROLE_TABLE), 0); i != NONE && t->n_open > i + 1;)
            pop_to(t, i + 1);
        break;
    case ROLE_OPTION:
        close_role(t, BIT(ROLE_OPTION), TABLE_SIDES | BIT(ROLE_SELECT));
        break;
    case ROLE_BUTTON:
        close_role(t, BIT(ROLE_BUTTON), TABLE_SIDES);
        break;
    default:
        break;
    }
    if (!(p_stays & BIT(role)))
        close_role(t, BIT(ROLE_PARAGRAPH), TABLE_SIDES | BIT(ROLE_BUTTON));
    if (role == ROLE_HEADING && t->n_open && t->open[t->n_open - 1].role == ROLE_HEADING)
        pop_to(t, t->n_open - 1);
}

/* Whether the block at hand is a term, open or just closed. */
static bool waits_for_description(const struct html_text *t)
{
    size_t i = find_role(t, BIT(ROLE_TERM) | BIT(ROLE_DESCRIPTION), ITEM_SIDES);
    return i == NONE ? t->joint == JOINT_END : t->open[i].role == ROLE_TERM;
}

static void begin_block(struct html *h, enum html_role role)
{
    struct html_text *t = h->text_reader;
    bool term = role == ROLE_DESCRIPTION && waits_for_description(t);
    end_implied(t, role);
    switch (role) {
    case ROLE_CELL:
        begin_cell(h, true);
        break;
    case ROLE_DESCRIPTION:
        begin_cell(h, term);
        t->split = false;
        break;
    case ROLE_ROW:
    case ROLE_TERM:
        html_text_flush(h);
        t->split = false;
        break;
    default:
        boundary(h, role);
        break;
    }
}

static void end_block(struct html *h, enum html_role role)
{
    struct html_text *t = h->text_reader;
    switch (role) {
    case ROLE_TERM:
    case ROLE_CELL:
        if (t->joint == JOINT_NONE)
            join(t, JOINT_END);
        break;
    case ROLE_TABLE:
        html_text_flush(h);
        t->split = true; /* of a cell that it may stand in */
        break;
    default:
        boundary(h, role);
        break;
    }
}

/* ---- tags ---- */

static void begin_raw(struct html *h, enum html_role role)
{
    struct html_text *t = h->text_reader;
    if (role != ROLE_TITLE && role != ROLE_SAMPLE)
        return;
    html_text_flush(h);
    push(h, role, is_hidden(h));
    bool xmp = h->state == HTML_RAW && h->raw_n == 3;
    t->raw = xmp || h->state == HTML_PLAINTEXT ? RAW_PLAIN : RAW_REFS;
}

void html_text_start(struct html *h)
{
    struct html_text *t = h->text_reader;
    enum html_role role = (enum html_role)h->role;
    html_text_stop(h);
    bool raw = h->state == HTML_RAW || h->state == HTML_PLAINTEXT || h->mute;
    if (!is_seen(h) && !h->mute)
        return;
    if (role == ROLE_VOID && t->page)
        (void)html_property_begin(h, false);
    if (role == ROLE_BREAK) {
        if (t->n_property)
            html_property_blank(t, " ");
        line_break(h);
    } else if (raw) {
        begin_raw(h, role);
    } else if (role == ROLE_RULE) {
        close_role(t, BIT(ROLE_PARAGRAPH), TABLE_SIDES | BIT(ROLE_BUTTON));
        html_text_flush(h);
    } else if (role != ROLE_VOID && role != ROLE_ROOT) {
        if (role == ROLE_READING)
            close_role(t, BIT(ROLE_READING), TABLE_SIDES | BIT(ROLE_RUBY));
        if (role >= ROLE_BLOCK)
            begin_block(h, role);
        push(h, role, is_hidden(h));
    }
}

static uint32_t sides_of(enum html_role role)
{
    switch (role) {
    case ROLE_TABLE:
        return 0;
    case ROLE_GROUP:
    case ROLE_ROW:
    case ROLE_CELL:
    case ROLE_CAPTION:
        return BIT(ROLE_TABLE);
    case ROLE_ITEM:
        return TABLE_SIDES | BIT(ROLE_LIST);
    default:
        return TABLE_SIDES;
    }
}

static void end_open(struct html *h, enum html_role role)
{
    struct html_text *t = h->text_reader;
    uint32_t sides = sides_of(role);
    size_t i = role == ROLE_HEADING ? find_role(t, BIT(role), sides)
                                    : find_name(t, h->name_hash, sides);
    if (i == NONE) {
        if (role == ROLE_PARAGRAPH) /* a browser makes one that is empty */
            boundary(h, role);
        return;
    }
    if (role < ROLE_BLOCK && role != ROLE_RUBY) {
        take_out(t, i);
        return;
    }
    pop_to(t, i);
    if (role >= ROLE_BLOCK)
        end_block(h, role);
}

void html_text_end(struct html *h)
{
    struct html_text *t = h->text_reader;
    enum html_role role = (enum html_role)h->role;
    html_text_stop(h);
    if (!is_seen(h) || role == ROLE_VOID || role == ROLE_ROOT || role == ROLE_RULE)
        return;
    if (role == ROLE_BREAK) {
        line_break(h);
    } else if (t->beyond) {
        t->beyond -= role != ROLE_INLINE;
        if (role >= ROLE_BLOCK)
            html_text_flush(h);
    } else {
        end_open(h, role);
    }
}

void html_text_raw_end(struct html *h)
{
    struct html_text *t = h->text_reader;
    if (t->raw == RAW_NONE)
        return;
    html_text_stop(h);
    t->raw = RAW_NONE;
    if (t->beyond)
        t->beyond--;
    else
        pop_to(t, t->n_open - 1);
    html_text_flush(h);
}

void html_text_close(struct html_text *t)
{
    pop_to(t, 0);
}
