/* SPDX-License-Identifier: Apache-2.0 */
/* html.c - the driver of the HTML scanner, and the tokenizer outside of tags
 * and raw text: data, comments, markup declarations, CDATA (HTML standard
 * sections 13.2.5.1, 13.2.5.41 to 13.2.5.71), processing instructions and the
 * document type declaration of XML.
 *
 * MAX: memory is sizeof(struct html), and PAGE_SCRIPT_MAX once a script is to
 *      be reported. Limits of tags: html_internal.h. */
#include "page/charset_turn.h"
#include "page/html_internal.h"
#include "page/html_look.h"
#include "page/html_scan.h"
#include "page/html_text.h"
#include "page/html_watch.h"

static bool open_look(struct html *h)
{
    h->look = html_look_open(h->arena, &h->o);
    h->watch = arena_alloc(h->arena, sizeof *h->watch);
    return h->look && h->watch;
}

/* Looks for what makes the page's text worth reading in its attributes. */
static void watch(struct html *h, bool last)
{
    if (!h->look) /* it is read already */
        h->watch = NULL;
    else if (last ? html_watch_end(h->watch) : html_watch_run(h->watch, h->run.p, h->run.n))
        html_look_tell(h);
}

struct html *html_open(struct arena *arena, const struct html_options *o)
{
    struct html *h = arena_take(arena, sizeof *h);
    if (!h)
        return NULL;
    memset(h, 0, offsetof(struct html, tag)); /* the buffers hold what was put there */
    memset(&h->charset, 0, offsetof(struct charset, held));
    h->o = *o;
    h->arena = arena;
    charset_open(&h->charset, o->charset, o->xml);
    h->pure = o->initial_text_of.p != NULL;
    if (o->literals && o->candidate && !o->text && !open_look(h))
        return NULL;
    if (o->text && !(h->text_reader = html_text_open(arena, o)))
        return NULL;
    if (h->pure) {
        struct slice name = o->initial_text_of;
        h->mode = MODE_BODY;
        if (slice_eq(name, SLICE_OF("![CDATA[")))
            h->state = HTML_CDATA;
        else if (slice_eq(name, SLICE_OF("plaintext")))
            h->state = HTML_PLAINTEXT;
        else if (name.n)
            html_raw_begin(h, name, slice_eq(name, SLICE_OF("script")));
    }
    return h;
}

void html_report_images(struct html *h)
{
    h->images = true;
    if (h->inner)
        h->inner->images = true;
}

bool html_head_closed(const struct html *h)
{
    return h->mode == MODE_BODY;
}

bool html_has_entities(const struct html *h)
{
    return h->has_entities;
}

bool html_entities_hold_markup(const struct html *h)
{
    return h->entity_markup;
}

/* A character reference in a head: does it stand for a space or for text? */
static const uint8_t *text_ref_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && h->ref_n < HTML_ENTITY_NAME_MAX && (ascii_is_alnum(*p) || *p == '#'))
        h->ref[h->ref_n++] = *p++;
    if (p == end)
        return p;
    if (*p == ';')
        h->ref[h->ref_n++] = *p++;
    uint8_t text[HTML_ENTITY_NAME_MAX + 8];
    size_t n;
    bool known = html_decode(slice_of(h->ref, h->ref_n), false, text, sizeof text, &n);
    h->state = HTML_DATA;
    if (!known || slice_trim_space(slice_of(text, n)).n)
        html_tree_text(h);
    if (h->look)
        html_look_bytes(h, h->ref, h->ref_n, p);
    return p;
}

static const uint8_t *head_text(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && ascii_is_space(*p))
        p++;
    if (p == end || *p == '<')
        return p;
    if (*p == '&' && !h->text_reader) {
        h->state = HTML_TEXT_REF;
        h->ref[0] = '&';
        h->ref_n = 1;
        return p + 1;
    }
    html_tree_text(h);
    return p;
}

/* The next '<', or NULL; the text in front of it is looked at. */
static const uint8_t *find_less(struct html *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *less = html_find(p, end, '<');
    if (h->look)
        html_look_add(h, p, less ? less : end, end);
    return less;
}

static const uint8_t *data_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && h->state == HTML_DATA && !h->done) {
        if (html_tree_heeds_text(h)) {
            p = head_text(h, p, end);
            if (p == end || *p != '<' || h->state != HTML_DATA)
                continue;
        } else {
            const uint8_t *from = p;
            p = html_tree_calm(h) ? html_calm_run(h, p, end) : find_less(h, p, end);
            if (h->text_reader)
                html_text_chars(h, from, p ? p : end);
            if (!p || p == end)
                return end;
        }
        h->lt = p++;
        h->lt_known = false;
        h->state = HTML_TAG_OPEN;
        if (p < end)
            p = html_tag_open(h, p, end);
    }
    return p;
}

static const uint8_t *markup_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    static const char comment[] = "--", doctype[] = "doctype", cdata[] = "[CDATA[";
    if (!h->word) {
        h->word = *p == '-' ? comment : *p == '[' ? cdata : doctype;
        h->word_at = 0;
    }
    for (; p < end && h->word[h->word_at]; p++) {
        uint8_t c = h->word == doctype ? ascii_lower(*p) : *p;
        if (c != (uint8_t)h->word[h->word_at]) {
            h->state = HTML_BOGUS;
            return p;
        }
        h->word_at++;
    }
    if (h->word[h->word_at])
        return p;
    h->dashes = h->depth = h->quote = 0;
    h->state = HTML_BOGUS;
    if (h->word == comment)
        h->state = h->o.xml ? HTML_COMMENT : HTML_COMMENT_START;
    else if (h->word == cdata && html_tree_cdata(h))
        h->state = HTML_CDATA;
    else if (h->word == doctype && h->o.xml)
        h->state = HTML_XML_DOCTYPE;
    h->word_at = 0;
    return p;
}

static uint8_t comment_next(const struct html *h, uint8_t c)
{
    switch (h->state) {
    case HTML_COMMENT_START:
        return c == '-' ? HTML_COMMENT_START_DASH : c == '>' ? HTML_DATA : HTML_COMMENT;
    case HTML_COMMENT_START_DASH:
        return c == '-' ? HTML_COMMENT_END : c == '>' ? HTML_DATA : HTML_COMMENT;
    case HTML_COMMENT_DASH:
        return c == '-' ? HTML_COMMENT_END : HTML_COMMENT;
    case HTML_COMMENT_END:
        if (c == '!' && !h->o.xml)
            return HTML_COMMENT_BANG;
        return c == '-' ? HTML_COMMENT_END : c == '>' ? HTML_DATA : HTML_COMMENT;
    case HTML_COMMENT_BANG:
        return c == '-' ? HTML_COMMENT_DASH : c == '>' ? HTML_DATA : HTML_COMMENT;
    default:
        return c == '-' ? HTML_COMMENT_DASH : HTML_COMMENT;
    }
}

static const uint8_t *comment_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && h->state != HTML_DATA) {
        if (h->state == HTML_COMMENT) {
            p = memchr(p, '-', (size_t)(end - p));
            if (!p)
                return end;
        }
        h->state = comment_next(h, *p++);
    }
    return p;
}

/* Ends at `mark`, `count` times or more, then '>'. */
static const uint8_t *until_marked_gt(struct html *h, const uint8_t *p, const uint8_t *end,
                                      uint8_t mark, uint8_t count)
{
    for (; p < end; p++) {
        if (*p == '>' && h->dashes == count) {
            h->state = HTML_DATA;
            return p + 1;
        }
        if (*p == mark) {
            h->dashes = h->dashes < count ? (uint8_t)(h->dashes + 1) : count;
            continue;
        }
        h->dashes = 0;
        const uint8_t *next = memchr(p, mark, (size_t)(end - p));
        if (!next)
            return end;
        p = next - 1;
    }
    return p;
}

static const uint8_t *cdata_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from = p;
    p = until_marked_gt(h, p, end, ']', 2);
    if (h->text_reader)
        html_text_cdata(h, from, p);
    if (h->look && h->o.xml)
        html_look_now(h, from, p, end, h->state == HTML_DATA);
    return p;
}

enum entity_ref { REF_NONE, REF_AMP, REF_HASH, REF_HEX };

/* One byte of the literal of an entity: "<", or a reference that becomes one when the entity is
 * declared (XML 1.0 section 4.4), makes markup of it wherever it is used. */
static void entity_literal(struct html *h, uint8_t c)
{
    uint8_t low = ascii_lower(c);
    unsigned digit = ascii_is_digit(c) ? c - 48u : low >= 97 && low <= 102 ? low - 87u : 16;
    unsigned base = h->entity_ref == REF_HEX ? 16 : 10;
    if (c == '<')
        h->entity_markup = true;
    if (c == '&') {
        h->entity_ref = REF_AMP;
        h->entity_char = 0;
    } else if (h->entity_ref == REF_AMP && c == '#') {
        h->entity_ref = REF_HASH;
    } else if (h->entity_ref == REF_HASH && c == 'x' && h->entity_char == 0) {
        h->entity_ref = REF_HEX;
    } else if (h->entity_ref >= REF_HASH && digit < base) {
        h->entity_char = h->entity_char > 0xFFFF ? 0x10000 : h->entity_char * base + digit;
    } else {
        if (c == ';' && h->entity_ref >= REF_HASH && h->entity_char == '<')
            h->entity_markup = true;
        h->entity_ref = REF_NONE;
    }
}

static void entity_declaration(struct html *h, uint8_t c)
{
    static const char open[] = "<!ENTITY";
    h->entity_at = c == (uint8_t)open[h->entity_at] ? (uint8_t)(h->entity_at + 1) : c == '<';
    if (h->entity_at == sizeof open - 1) {
        h->entity_at = 0;
        h->in_entity = h->has_entities = true;
    } else if (c == '>') {
        h->in_entity = false;
    }
}

/* <!DOCTYPE … [ … ]> with quoted literals, and comments in the brackets. */
static const uint8_t *xml_doctype_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    static const char open[] = "<!--";
    for (; p < end; p++) {
        uint8_t c = *p;
        if (h->depth == 2) { /* in a comment */
            if (c == '>' && h->dashes == 2)
                h->depth = 1;
            h->dashes = c != '-' ? 0 : h->dashes < 2 ? (uint8_t)(h->dashes + 1) : 2;
            continue;
        }
        if (h->quote) {
            h->quote = c == h->quote ? 0 : h->quote;
            if (h->in_entity && h->quote)
                entity_literal(h, c);
            continue;
        }
        if (h->depth == 1)
            entity_declaration(h, c);
        h->word_at = c == (uint8_t)open[h->word_at] ? (uint8_t)(h->word_at + 1) : c == '<';
        if (h->word_at == 4) {
            h->word_at = h->dashes = 0;
            h->depth = h->depth == 1 ? 2 : h->depth;
        } else if (c == '"' || c == '\'') {
            h->quote = c;
        } else if (c == '[' || c == ']') {
            h->depth = c == '[';
        } else if (c == '>' && h->depth == 0) {
            h->state = HTML_DATA;
            return p + 1;
        }
    }
    return p;
}

static const uint8_t *html_walk(struct html *h, const uint8_t *p, const uint8_t *end)
{
    switch (h->state) {
    case HTML_DATA:
        return data_step(h, p, end);
    case HTML_TEXT_REF:
        return text_ref_step(h, p, end);
    case HTML_TAG_OPEN:
        return html_tag_open(h, p, end);
    case HTML_END_TAG_OPEN:
        return html_end_tag_open(h, p, end);
    case HTML_MARKUP:
        return markup_step(h, p, end);
    case HTML_BOGUS:
        p = memchr(p, '>', (size_t)(end - p));
        if (!p)
            return end;
        h->state = HTML_DATA;
        return p + 1;
    case HTML_CDATA:
        return cdata_step(h, p, end);
    case HTML_XML_PI:
        return until_marked_gt(h, p, end, '?', 1);
    case HTML_XML_DOCTYPE:
        return xml_doctype_step(h, p, end);
    case HTML_PLAINTEXT:
        if (h->text_reader)
            html_text_chars(h, p, end);
        return end;
    default:
        if (h->state >= HTML_RAW)
            return html_raw_step(h, p, end);
        if (h->state >= HTML_COMMENT_START)
            return comment_step(h, p, end);
        return html_tag_step(h, p, end);
    }
}

void html_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && !h->done) {
        if (h->look && !h->look->last && h->state == HTML_DATA)
            h->look->last = p;
        p = html_walk(h, p, end);
    }
    if (h->look)
        html_look_suspend(h, end);
    if (!h->done && h->state >= HTML_TAG_OPEN && h->state <= HTML_SELF_CLOSING)
        html_tag_suspend(h, end);
}

#define ESCAPES_WITHIN 4096 /* bytes, in which a page that has escape sequences has one */

/* ISO-2022-JP under another label: the text's reader tells. */
static void look_for_escapes(struct html *h)
{
    struct slice run = slice_of(h->run.p, h->run.n);
    run = slice_sub(run, 0, (size_t)(ESCAPES_WITHIN - h->run.at));
    if (slice_find(run, 0x1B) < run.n)
        html_look_tell(h);
}

static enum optout_rc scan(struct html *h, struct slice bytes)
{
    while (!h->done && charset_next(&h->charset, &bytes, &h->run)) {
        if (h->watch)
            watch(h, false);
        if (h->look && h->run.at < ESCAPES_WITHIN)
            look_for_escapes(h);
        html_step(h, h->run.p, h->run.p + h->run.n);
    }
    if (h->done)
        html_look_end(h);
    if (h->no_memory)
        return OPTOUT_E_NOMEM;
    return h->done ? OPTOUT_DONE : OPTOUT_MORE;
}

enum optout_rc html_feed(struct html *h, struct slice bytes)
{
    return scan(h, bytes);
}

enum optout_rc html_end(struct html *h)
{
    charset_end(&h->charset);
    enum optout_rc rc = scan(h, SLICE_EMPTY);
    if (h->raw_kept && !h->done)
        html_tree_script(h, false);
    if (h->watch)
        watch(h, true);
    html_look_end(h);
    if (h->text_reader && !h->done) {
        html_text_stop(h);
        html_text_flush(h);
        html_text_close(h->text_reader);
    }
    h->done = true;
    return rc < 0 ? rc : OPTOUT_DONE;
}

enum optout_rc html_text(struct arena *arena, struct slice page, const struct html_options *o)
{
    struct html_options told = *o;
    struct charset_turn turn;
    struct slice piece;
    if (told.code == CODE_NONE)
        told.code = charset_of_page(page, o->charset, o->xml);
    struct html *h = html_open(arena, &told);
    enum optout_rc rc = h ? OPTOUT_MORE : OPTOUT_E_NOMEM;
    charset_turn_open_page(&turn, arena, page, o->charset, o->xml, SLICE_EMPTY);
    turn.told = turn.told || (told.code != CODE_NONE && told.code != CODE_UTF8);
    turn.given = turn.told;
    charset_turn_end(&turn);
    for (bool knows = turn.told; rc == OPTOUT_MORE && charset_turn_next(&turn, &page, &piece);
         knows = turn.told) {
        if (turn.told && !knows)
            html_read_as(h, turn.kind, turn.code);
        rc = html_feed(h, piece);
    }
    return rc == OPTOUT_MORE ? html_end(h) : rc;
}
