/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_text.c - where sentences end, and what stands in quotation marks.
 *
 * After Unicode Standard Annex #29, with what it leaves to a language: abbreviations, numbers,
 * initials. Where in doubt two sentences stay one: a defeater then still sees what it defeats.
 * Limits: QUOTES_MAX quotations and SENTENCES_MAX sentences of a text; a sentence longer than
 * PHRASE_SENTENCE_MAX comes in parts that overlap by OVERLAP bytes. */
#include "standards/phrases_internal.h"

#include <utf8proc.h>

#define OVERLAP 512
#define CJK 0x2E80           /* from here on words are not parted by blanks */
#define QUOTED_WORDS 3       /* as many may be a term */
#define QUOTED_CJK 12        /* characters */
#define QUOTED_SAYING 5      /* blanks: "text and data mining" is a term yet */
#define ABBREVIATION_MAX 24  /* bytes */
#define SHORT_WORD 4         /* "Abs. 3", "No. 5" */

/* The character that ends at `at` > 0. */
static uint32_t char_before(const struct folded *f, size_t at)
{
    size_t len, i = at - 1;
    while (i && (f->p[i] & 0xC0) == 0x80)
        i--;
    return phrase_char(f->p, f->n, i, &len);
}

static uint32_t char_at(const struct folded *f, size_t at)
{
    size_t len;
    return at < f->n ? phrase_char(f->p, f->n, at, &len) : ' ';
}

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return ascii_is_alpha((uint8_t)c);
    utf8proc_category_t k = utf8proc_category((int32_t)c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

static bool is_case(uint32_t c, bool upper)
{
    if (c < 0x80)
        return upper ? c >= 'A' && c <= 'Z' : c >= 'a' && c <= 'z';
    utf8proc_category_t k = utf8proc_category((int32_t)c);
    return k == (upper ? UTF8PROC_CATEGORY_LU : UTF8PROC_CATEGORY_LL);
}

/* --- quotations --- */

/* A mark after a word and before a blank can only close, unless words are joined. */
static bool may_open(const struct folded *f, size_t i)
{
    uint32_t before = i ? char_before(f, i) : ' ';
    bool word = before < CJK && (is_letter(before) || (before >= '0' && before <= '9'));
    return !word;
}

static bool may_close(const struct folded *f, size_t i)
{
    uint32_t after = char_at(f, i + 1);
    return after >= CJK || !is_letter(after);
}

static struct range trimmed(const struct folded *f, struct range r)
{
    while (r.at < r.end && f->p[r.at] == ' ')
        r.at++;
    while (r.end > r.at && f->p[r.end - 1] == ' ')
        r.end--;
    return r;
}

/* Titles and whole sentences begin with a capital; what takes up the sentence around it does not. */
static bool goes_on(const struct folded *f, struct range r)
{
    size_t blanks = 0;
    r = trimmed(f, r);
    for (size_t at = r.at; at < r.end; at++)
        blanks += f->p[at] == ' ';
    return blanks >= QUOTED_SAYING && is_case(char_at(f, r.at), false);
}

/* More than a term or a title? */
static bool is_long(const struct folded *f, struct range r)
{
    size_t blanks = 0, joined = 0;
    r = trimmed(f, r);
    for (size_t at = r.at, len; at < r.end; at += len) {
        uint32_t c = phrase_char(f->p, f->n, at, &len);
        blanks += c == ' ';
        joined += c >= CJK;
    }
    return blanks >= QUOTED_WORDS || joined > QUOTED_CJK;
}

void quotes_find(const struct folded *f, struct quotes *q)
{
    size_t open = SIZE_MAX;
    q->n = 0;
    struct slice text = slice_of(f->p, f->n);
    for (size_t i = 0; q->n < QUOTES_MAX; i++) {
        i += slice_find(slice_from(text, i), '"');
        if (i >= f->n)
            break;
        if (open == SIZE_MAX || !may_close(f, i)) {
            open = may_open(f, i) ? i : open;
            continue;
        }
        struct range r = { (uint16_t)(open + 1), (uint16_t)i };
        q->is_long[q->n] = is_long(f, r);
        q->goes_on[q->n] = goes_on(f, r);
        q->v[q->n++] = r;
        open = SIZE_MAX;
    }
}

static const struct range *quote_at(const struct quotes *q, size_t i)
{
    for (size_t k = 0; k < q->n && q->v[k].at <= i; k++)
        if (i < q->v[k].end)
            return &q->v[k];
    return NULL;
}

/* --- where a sentence ends --- */

struct splitting {
    const struct phrases *phrases;
    const struct folded *f;
    const struct quotes *q;
    uint64_t languages;
    bool small_only; /* nobody wrote a capital */
    struct sentences *out;
    size_t begin; /* of the sentence that is open */
};

static bool is_closer(uint8_t c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']';
}

static bool is_stop(uint8_t c)
{
    return c == '.' || c == '!' || c == '?';
}

/* The word that ends at `end`, up to a blank or an opening mark. */
static struct slice word_before(const struct splitting *s, size_t end)
{
    size_t at = end;
    while (at > s->begin && end - at < ABBREVIATION_MAX && s->f->p[at - 1] != ' ' &&
           !strchr("(\"'[", s->f->p[at - 1]))
        at--;
    return slice_of(s->f->p + at, end - at);
}

static size_t digits_of(struct slice s)
{
    size_t n = 0;
    while (n < s.n && ascii_is_digit(s.p[n]))
        n++;
    return n;
}

/* "z.B", "e.g", "U.S", "J": letters with stops between, two at most. */
static bool is_initials(struct slice s)
{
    size_t run = 0, letters = 0, stops = 0;
    for (size_t at = 0, len; at < s.n; at += len) {
        uint32_t c = phrase_char(s.p, s.n, at, &len);
        if (c == '.') {
            stops++;
            run = 0;
            continue;
        }
        letters++;
        if (!is_letter(c) || c >= CJK || ++run > 2)
            return false;
    }
    return letters == 1 || (letters && stops);
}

static bool is_abbreviation(const struct splitting *s, struct slice word)
{
    uint8_t lower[2 * ABBREVIATION_MAX + 8];
    struct slice with = slice_of(word.p, word.n + 1);
    size_t n = phrase_lower(with, lower, sizeof lower);
    const struct word_entry *e = n ? word_find(&s->phrases->words, slice_of(lower, n)) : NULL;
    return e && (s->languages ? (e->abbreviation & s->languages) != 0 : e->abbreviation != 0);
}

/* Does the full stop at `i` end nothing, with `next` as the first character after it? */
static bool stop_is_inner(const struct splitting *s, size_t i, uint32_t next)
{
    struct slice word = word_before(s, i);
    if (word.n == 0)
        return false;
    if (digits_of(word) == word.n && word.n <= 2)
        return true;
    if (is_initials(word) || is_abbreviation(s, word))
        return true;
    bool number = (next >= '0' && next <= '9') || next == 0xA7;
    return number && word.n <= SHORT_WORD && digits_of(word) == 0;
}

/* The first character after blanks and marks that open. */
static uint32_t next_begin(const struct folded *f, size_t at)
{
    while (at < f->n && (f->p[at] == ' ' || strchr("\"'([-", f->p[at])))
        at++;
    uint32_t c = char_at(f, at);
    return c == 0xBF || c == 0xA1 ? char_at(f, at + 2) : c;
}

static bool goes_on_small(const struct splitting *s, uint32_t next)
{
    return is_case(next, false) && !s->small_only;
}

/* Where the sentence ends that a mark at `i` may end: after the mark and what closes; or 0. */
static size_t end_at_mark(const struct splitting *s, size_t i)
{
    const struct folded *f = s->f;
    size_t e = i + 1;
    while (e < f->n && is_stop(f->p[e]))
        e++;
    bool lone = e == i + 1 && f->p[i] == '.';
    while (e < f->n && is_closer(f->p[e]))
        e++;
    if (e < f->n && f->p[e] != ' ') {
        bool joined = char_at(f, e) >= CJK || (i && char_before(f, i) >= CJK);
        return joined ? e : 0;
    }
    if (e == f->n)
        return e;
    uint32_t next = next_begin(f, e);
    if (goes_on_small(s, next) || (lone && stop_is_inner(s, i, next)))
        return 0;
    return e;
}

/* 。 as such; the Greek question mark is a semicolon. */
static size_t end_at_other(const struct splitting *s, size_t i)
{
    const struct folded *f = s->f;
    if (f->p[i] == 0xE3 && i + 2 < f->n && f->p[i + 1] == 0x80 && f->p[i + 2] == 0x82) {
        size_t e = i + 3;
        while (e < f->n && is_closer(f->p[e]))
            e++;
        return e;
    }
    if (f->p[i] == ';' && i) {
        uint32_t before = char_before(f, i);
        bool greek = before >= 0x370 && before < 0x400;
        bool ends = i + 1 == f->n || (f->p[i + 1] == ' ' && is_case(next_begin(f, i + 1), true));
        return greek && ends ? i + 1 : 0;
    }
    return 0;
}

/* Bytes of a mark that parts the entries of a line, with blanks around it; or 0. */
static size_t separator_at(const struct folded *f, size_t i)
{
    size_t len;
    if (i == 0 || f->p[i - 1] != ' ')
        return 0;
    uint32_t c = phrase_char(f->p, f->n, i, &len);
    bool is = c == '|' || c == 0x2022 || c == 0x2023 || c == 0x25AA || c == 0x25A0 ||
              c == 0x25CF || c == 0x25E6 || c == 0xB7;
    return is && i + len < f->n && f->p[i + len] == ' ' ? len : 0;
}

static size_t sentence_end(const struct splitting *s, size_t i)
{
    uint8_t c = s->f->p[i];
    size_t end = is_stop(c) ? end_at_mark(s, i) : c == ';' || c == 0xE3 ? end_at_other(s, i) : 0;
    const struct range *quote = end ? quote_at(s->q, i) : NULL;
    return quote && end <= quote->end ? 0 : end;
}

/* --- sentences --- */

static bool is_question(const struct folded *f, struct range r)
{
    while (r.end > r.at && (is_closer(f->p[r.end - 1]) || f->p[r.end - 1] == '!'))
        r.end--;
    if (r.end == r.at)
        return false;
    uint8_t last = f->p[r.end - 1];
    if (last != ';' || r.end - r.at < 2)
        return last == '?';
    uint32_t before = char_before(f, r.end - 1u);
    return before >= 0x370 && before < 0x400;
}

static bool is_stopped(const struct folded *f, struct range r)
{
    while (r.end > r.at && is_closer(f->p[r.end - 1]))
        r.end--;
    if (r.end == r.at)
        return false;
    return is_stop(f->p[r.end - 1]) || char_before(f, r.end) == 0x3002;
}

/* Nothing but a quotation, its marks, and what ends it. */
static bool is_quoted(const struct folded *f, const struct quotes *q, struct range r)
{
    for (size_t k = 0; k < q->n; k++) {
        const struct range *v = &q->v[k];
        if (!q->is_long[k] || v->at != r.at + 1u)
            continue;
        size_t rest = v->end + 1u;
        while (rest < r.end && strchr(" .,;!?", f->p[rest]))
            rest++;
        return rest >= r.end;
    }
    return false;
}

/* Does part of it go on in a quotation? Where nobody writes capitals, that cannot be told. */
static bool is_quoting(const struct splitting *s, struct range r)
{
    for (size_t k = 0; k < s->q->n && !s->small_only; k++)
        if (s->q->goes_on[k] && s->q->v[k].at > r.at && s->q->v[k].end <= r.end)
            return true;
    return false;
}

static void emit(struct splitting *s, size_t at, size_t end)
{
    const struct folded *f = s->f;
    while (at < end && f->p[at] == ' ')
        at++;
    while (end > at && f->p[end - 1] == ' ')
        end--;
    if (at == end)
        return;
    struct sentence *v = &s->out->v[s->out->n++];
    v->r = (struct range){ (uint16_t)at, (uint16_t)end };
    v->question = is_question(f, v->r);
    v->stopped = is_stopped(f, v->r);
    v->quoted = is_quoted(f, s->q, v->r);
    v->quoting = !v->quoted && is_quoting(s, v->r);
}

size_t sentence_cut(const struct folded *f, size_t at, size_t least)
{
    size_t i = at;
    while (i > least && f->p[i] != ' ')
        i--;
    if (i > least)
        return i;
    while (at > least && (f->p[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* Parts of what is open up to `end`, as long as it is too long. */
static void emit_parts(struct splitting *s, size_t end)
{
    while (end - s->begin > PHRASE_SENTENCE_MAX && s->out->n < SENTENCES_MAX) {
        size_t cut = sentence_cut(s->f, s->begin + PHRASE_SENTENCE_MAX, s->begin + OVERLAP + 1);
        emit(s, s->begin, cut);
        s->begin = sentence_cut(s->f, cut - OVERLAP, s->begin + 1);
    }
}

static void close_sentence(struct splitting *s, size_t end, size_t next)
{
    emit_parts(s, end);
    if (s->out->n == SENTENCES_MAX)
        return;
    emit(s, s->begin, end);
    s->begin = next;
}

static bool has_capital(const struct folded *f)
{
    for (size_t at = 0, len; at < f->n; at += len)
        if (is_case(phrase_char(f->p, f->n, at, &len), true))
            return true;
    return false;
}

void sentences_split(const struct phrases *p, const struct folded *f, const struct quotes *q,
                     size_t from, uint64_t languages, bool last, struct sentences *out)
{
    struct splitting s = { .phrases = p, .f = f, .q = q, .languages = languages, .out = out,
                           .small_only = !has_capital(f), .begin = from };
    out->n = 0;
    for (size_t i = from; i < f->n && out->n < SENTENCES_MAX; i++) {
        size_t end = sentence_end(&s, i), separator = end ? 0 : separator_at(f, i);
        if (end) {
            close_sentence(&s, end, end);
            i = end - 1;
        } else if (separator) {
            close_sentence(&s, i, i + separator);
        }
    }
    emit_parts(&s, f->n);
    if (last && out->n < SENTENCES_MAX)
        close_sentence(&s, f->n, f->n);
    out->taken = s.begin;
}

void sentence_mask(const struct folded *f, const struct quotes *q, const struct sentence *s,
                   uint8_t *out)
{
    memcpy(out, f->p + s->r.at, (size_t)(s->r.end - s->r.at));
    for (size_t k = 0; k < q->n && !s->quoted; k++) {
        if (!q->is_long[k])
            continue;
        size_t at = q->v[k].at < s->r.at ? s->r.at : q->v[k].at;
        size_t end = q->v[k].end > s->r.end ? s->r.end : q->v[k].end;
        if (at < end)
            memset(out + at - s->r.at, ' ', end - at);
    }
}
