/* SPDX-License-Identifier: Apache-2.0 */
/* html_raw.c - text in which only the element's own end tag counts: RCDATA,
 * RAWTEXT and script data with its escaped and double escaped states, HTML
 * standard sections 13.2.5.2 to 13.2.5.4 and 13.2.5.9 to 13.2.5.31.
 *
 * MAX: PAGE_SCRIPT_MAX bytes are kept of a script that is reported. */
#include "page/html_internal.h"
#include "page/html_look.h"
#include "page/html_text.h"

void html_raw_begin(struct html *h, struct slice name, bool script)
{
    h->raw_n = (uint8_t)(name.n < HTML_NAME_MAX ? name.n : HTML_NAME_MAX);
    for (size_t i = 0; i < h->raw_n; i++)
        h->raw_name[i] = (char)ascii_lower(name.p[i]);
    h->raw_script = script;
    h->raw_escaped = h->raw_doubled = h->raw_kept = h->raw_ended = false;
    h->raw_packet = h->raw_inner = h->raw_title = false;
    h->text_n = 0;
    h->state = HTML_RAW;
}

static void raw_keep(struct html *h, const uint8_t *p, size_t n)
{
    if (h->raw_packet) {
        html_packet_text(h, p, n);
        return;
    }
    if (h->text_n < PAGE_SCRIPT_MAX) {
        size_t left = PAGE_SCRIPT_MAX - h->text_n;
        memcpy(h->text + h->text_n, p, n < left ? n : left);
    }
    h->text_n += n;
}

static void title_keep(struct html *h, const uint8_t *p, size_t n)
{
    size_t left = HTML_TITLE_MAX - h->title_n;
    n = n < left ? n : left;
    memcpy(h->title + h->title_n, p, n);
    h->title_n = (uint16_t)(h->title_n + n);
}

struct slice html_title(const struct html *h, struct arena *a)
{
    struct slice raw = slice_of(h->title, h->title_n);
    raw = slice_sub(raw, 0, slice_find_nocase(raw, SLICE_OF("</title")));
    uint8_t *out = raw.n ? arena_take(a, HTML_TITLE_MAX) : NULL;
    size_t n = 0;
    if (out)
        (void)html_decode(raw, false, out, HTML_TITLE_MAX, &n);
    return slice_trim_space(slice_of(out, n));
}

static bool ends_word(uint8_t c)
{
    return ascii_is_space(c) || c == '/' || c == '>';
}

/* After "</": is it the end tag of the element whose text this is? */
static const uint8_t *end_name(struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && h->word_at < h->raw_n &&
           ascii_lower(*p) == (uint8_t)h->raw_name[h->word_at]) {
        h->word_at++;
        p++;
    }
    if (p == end)
        return p;
    if (h->word_at == h->raw_n && h->raw_n && ends_word(*p)) {
        h->raw_ended = true;
        html_raw_end_tag(h);
    } else {
        h->dashes = 0;
        h->state = h->raw_escaped ? HTML_ESCAPED : HTML_RAW;
    }
    return p;
}

/* After "<!--" in a script. */
static const uint8_t *escaped(struct html *h, const uint8_t *p, const uint8_t *end)
{
    for (; p < end; p++) {
        if (*p == '-') {
            h->dashes = h->dashes < 2 ? (uint8_t)(h->dashes + 1) : 2;
        } else if (*p == '<') {
            h->state = HTML_ESCAPED_LESS;
            return p + 1;
        } else if (*p == '>' && h->dashes == 2) {
            h->state = HTML_RAW;
            h->raw_escaped = h->raw_doubled = false;
            return p + 1;
        } else {
            h->dashes = 0;
        }
    }
    return p;
}

static const uint8_t *escaped_less(struct html *h, const uint8_t *p)
{
    h->word_at = 0;
    h->dashes = 0;
    if (!h->raw_doubled && ascii_is_alpha(*p)) {
        h->state = HTML_ESCAPED_WORD;
        return p;
    }
    h->state = HTML_ESCAPED;
    if (*p != '/')
        return p;
    h->state = h->raw_doubled ? HTML_ESCAPED_WORD : HTML_RAW_END_OPEN;
    return p + 1;
}

/* Reads a word in escaped text; "script" begins or ends the double escape. */
static const uint8_t *escaped_word(struct html *h, const uint8_t *p, const uint8_t *end)
{
    static const char word[] = "script";
    for (; p < end && ascii_is_alpha(*p); p++) {
        bool same = h->word_at < 6 && ascii_lower(*p) == (uint8_t)word[h->word_at];
        h->word_at = same ? (uint8_t)(h->word_at + 1) : 7;
    }
    if (p == end)
        return p;
    h->state = HTML_ESCAPED;
    if (!ends_word(*p))
        return p;
    if (h->word_at == 6)
        h->raw_doubled = !h->raw_doubled;
    return p + 1;
}

/* Past the next '<' that may begin an end tag, or an escape; NULL without one. */
static const uint8_t *past_less(const struct html *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && (p = memchr(p, '<', (size_t)(end - p)))) {
        p++;
        if (p == end || *p == '/' || (*p == '!' && h->raw_script))
            return p;
    }
    return NULL;
}

static const uint8_t *raw_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *less;
    switch (h->state) {
    case HTML_RAW:
        less = past_less(h, p, end);
        if (!less)
            return end;
        h->state = HTML_RAW_LESS;
        return less;
    case HTML_RAW_LESS:
        h->state = *p == '/' ? HTML_RAW_END_OPEN
                   : *p == '!' && h->raw_script ? HTML_RAW_BANG : HTML_RAW;
        return h->state == HTML_RAW ? p : p + 1;
    case HTML_RAW_END_OPEN:
        h->word_at = 0;
        h->dashes = 0;
        h->state = ascii_is_alpha(*p) ? HTML_RAW_END_NAME
                   : h->raw_escaped   ? HTML_ESCAPED : HTML_RAW;
        return p;
    case HTML_RAW_END_NAME:
        return end_name(h, p, end);
    case HTML_RAW_BANG:
        h->state = *p == '-' ? HTML_RAW_BANG_DASH : HTML_RAW;
        return *p == '-' ? p + 1 : p;
    case HTML_RAW_BANG_DASH:
        h->raw_escaped = *p == '-';
        h->dashes = 2;
        h->state = *p == '-' ? HTML_ESCAPED : HTML_RAW;
        return *p == '-' ? p + 1 : p;
    case HTML_ESCAPED:
        return escaped(h, p, end);
    case HTML_ESCAPED_LESS:
        return escaped_less(h, p);
    default:
        return escaped_word(h, p, end);
    }
}

const uint8_t *html_raw_step(struct html *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from = p;
    uint8_t before = h->state;
    p = raw_step(h, p, end);
    if (h->look && h->raw_n == 5 && h->raw_name[0] == 't') /* title */
        html_look_title(h, from, p, end);
    if (h->text_reader)
        html_text_raw(h, before, from, p);
    if (h->raw_title)
        title_keep(h, from, (size_t)(p - from));
    if (h->raw_kept)
        raw_keep(h, from, (size_t)(p - from));
    if (h->raw_inner)
        html_inner_text(h, from, p);
    return p;
}
