/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/lead_way.h"

#include "syntax/json_scan.h"

const char *way_kind_name(enum way_kind k)
{
    static const char *const names[WAY_COUNT] = {
#define WAY_NAME(id, name) name,
        WAY_KINDS(WAY_NAME)
#undef WAY_NAME
    };
    return names[k];
}

static bool is_mail(struct slice url)
{
    return slice_starts_nocase(url, SLICE_OF("mailto:"));
}

static bool is_phone(struct slice url)
{
    return slice_starts_nocase(url, SLICE_OF("tel:"));
}

bool way_target_is_fine(struct slice url)
{
    if (url.n > WAY_TARGET_MAX)
        return false;
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] == 0x7F)
            return false;
    return is_mail(url) || is_phone(url) || slice_starts_nocase(url, SLICE_OF("https://")) ||
           slice_starts_nocase(url, SLICE_OF("http://"));
}

/* ---- what a URL is, by who says it ---- */

static const struct {
    struct slice standard;
    enum way_kind kind;
} by_standard[] = {
    { SLICE("tdmrep"), WAY_POLICY },      { SLICE("rsl"), WAY_SERVER },
    { SLICE("license-link"), WAY_PAGE },  { SLICE("plus"), WAY_POLICY },
    { SLICE("c2pa"), WAY_POLICY },        { SLICE("cawg"), WAY_POLICY },
    { SLICE("ai-txt"), WAY_TERMS },       { SLICE("peac"), WAY_OFFER },
    { SLICE("ai-license"), WAY_OFFER },   { SLICE("x-ai"), WAY_OFFER },
};

/* The RSL document that was read, rather than what it names. */
static bool is_document(const struct line_view *v, const struct statement_view *s)
{
    struct slice inner;
    if (slice_eq(s->note, SLICE_OF("RSL document not evaluated")) || slice_eq(s->raw, s->url))
        return true;
    for (size_t i = 0; i < v->sites; i++)
        if (json_is_text(json_member(line_view_bundle(v, i), SLICE_OF("licence")), &inner) &&
            slice_eq(inner, s->url))
            return true;
    return false;
}

static enum way_kind kind_of(const struct line_view *v, const struct statement_view *s)
{
    if (is_mail(s->url))
        return WAY_MAIL;
    if (is_phone(s->url))
        return WAY_PHONE;
    if (slice_eq(s->note, SLICE_OF("where a licence can be had")))
        return WAY_OFFER;
    if (slice_eq(s->note, SLICE_OF("where to ask for a licence")))
        return WAY_LICENSOR;
    if (slice_eq(s->standard, SLICE_OF("rsl")) && is_document(v, s))
        return WAY_DOCUMENT;
    for (size_t i = 0; i < sizeof by_standard / sizeof *by_standard; i++)
        if (slice_eq(s->standard, by_standard[i].standard))
            return by_standard[i].kind;
    return WAY_TERMS;
}

/* ---- prices ---- */

/* "USD 0.01", as crawler-price has it. */
static bool is_price(struct slice raw)
{
    size_t digits = 0, i = 4;
    if (raw.n < 5 || raw.n > 32 || raw.p[3] != ' ')
        return false;
    for (size_t k = 0; k < 3; k++)
        if (!ascii_is_alpha(raw.p[k]))
            return false;
    for (; i < raw.n; i++) {
        if (!ascii_is_digit(raw.p[i]) && raw.p[i] != '.')
            return false;
        digits += raw.p[i] != '.';
    }
    return digits > 0;
}

static bool asks_for_payment(const struct statement_view *s)
{
    return slice_eq(s->standard, SLICE_OF("access")) &&
           s->prefs.of[USAGE_ACQUIRE] == PREF_CONDITIONAL;
}

static bool has_controls(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == 0x7F)
            return true;
    return false;
}

/* ---- addresses in words ---- */

static bool is_of_local(uint8_t c)
{
    return ascii_is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

static bool is_of_domain(uint8_t c)
{
    return ascii_is_alnum(c) || c == '.' || c == '-';
}

/* The first address of mail in a text, as "mailto:…" in `room`; empty: there is none. */
static struct slice find_mail(struct slice text, char *room)
{
    static const char scheme[] = "mailto:";
    for (size_t at = 0; at < text.n; at++) {
        size_t from = at, to = at + 1, dot = 0;
        if (text.p[at] != '@')
            continue;
        while (from && is_of_local(text.p[from - 1]))
            from--;
        while (to < text.n && is_of_domain(text.p[to]))
            to++;
        while (to > at + 1 && !ascii_is_alnum(text.p[to - 1])) /* of the sentence */
            to--;
        for (size_t i = at + 2; i + 1 < to; i++)
            dot += text.p[i] == '.';
        size_t n = to - from;
        if (from == at || !dot || n + sizeof scheme > WAY_TARGET_MAX)
            continue;
        memcpy(room, scheme, sizeof scheme - 1);
        memcpy(room + sizeof scheme - 1, text.p + from, n);
        return slice_of(room, sizeof scheme - 1 + n);
    }
    return SLICE_EMPTY;
}

size_t lead_ways(const struct line_view *v, size_t i, char *room,
                 struct lead_way out[WAYS_OF_STATEMENT])
{
    const struct statement_view *s = &v->signal[i];
    size_t n = 0;
    if (s->url.n && way_target_is_fine(s->url))
        out[n++] = (struct lead_way){ kind_of(v, s), s->url };
    if (asks_for_payment(s) && !has_controls(s->raw))
        out[n++] = (struct lead_way){ is_price(s->raw) ? WAY_PRICE : WAY_PAYMENT, s->raw };
    if (slice_eq(s->standard, SLICE_OF("natural-language"))) {
        struct slice mail = find_mail(s->raw, room);
        if (mail.n)
            out[n++] = (struct lead_way){ WAY_MAIL, mail };
    }
    return n;
}
