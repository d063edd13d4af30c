/* SPDX-License-Identifier: Apache-2.0 */
#include "page/html_look.h"

#include "page/html_text.h"
#include "syntax/literals.h"
#include "syntax/utf8.h"

#define LOOK_PAST (LOOK_MOVE + 8) /* bytes behind what is looked at that may be read */
#define DECODED_MAX (LOOK_MAX * 6 / 5 + 16) /* "&nGt;" is six bytes */

struct html_look *html_look_open(struct arena *arena, const struct html_options *o)
{
    struct html_look *k = arena_take(arena, sizeof *k);
    if (k) {
        memset(k, 0, offsetof(struct html_look, row));
        k->literals = o->literals;
        k->joints = literals_joints(o->literals);
        k->worth = o->worth;
        k->worth_ctx = o->worth_ctx;
        k->row[0] = ' ';
        k->says_utf8 = slice_eq_nocase(o->charset, SLICE_OF("utf-8"));
        k->doubts = LOOK_DOUBTS;
    }
    return k;
}

/* Those that are met most often stand for nothing of a word. */
static bool is_usual(struct slice ref)
{
    static const char names[][8] = {
        "&nbsp;", "&amp;", "&quot;", "&raquo;", "&laquo;", "&#039;", "&#39;", "&copy;", "&rsquo;",
        "&ndash;", "&mdash;", "&ldquo;", "&rdquo;", "&middot;", "&bull;", "&gt;", "&lt;", "&apos;",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!memcmp(names[i], ref.p, ref.n))
            return true;
    return false;
}

/* Whether literals have nothing in them of the one character that the reference stands for. */
static bool is_harmless(const struct html_look *k, struct slice ref)
{
    uint8_t out[32];
    size_t n;
    if (is_usual(ref))
        return true;
    for (size_t i = 1; i + 1 < ref.n; i++)
        if (!ascii_is_alnum(ref.p[i]) && ref.p[i] != '#')
            return false;
    if (!html_decode(ref, false, out, sizeof out, &n) || n == 0 ||
        utf8_length(slice_of(out, n)) != n)
        return false;
    return !literals_may_have(k->literals, slice_of(out, n));
}

/* What the '&' at p begins is part of no literal. Bytes behind it may be read. */
static bool breaks_words(struct html_look *k, const uint8_t *p)
{
    uint64_t bytes = 0;
    size_t n = 1;
    if (!ascii_is_alnum(p[1]) && p[1] != '#')
        return true;
    while (n < sizeof bytes && p[n] != ';')
        n++;
    if (n == sizeof bytes)
        return false;
    memcpy(&bytes, p, n + 1);
    struct look_ref *r = &k->ref[bytes * 0x9E3779B97F4A7C15u >> 40 & (LOOK_REFS - 1)];
    if (r->bytes == 0)
        *r = (struct look_ref){ bytes, is_harmless(k, slice_of(p, n + 1)) };
    return r->bytes == bytes && r->harmless;
}

/* The word, between blanks, that the '&' at `at` is part of is undone. Moves *at to its end. */
static bool word_holds_one(const struct html_look *k, struct slice row, size_t *at)
{
    uint8_t out[DECODED_MAX + LOOK_PAST];
    size_t from = *at, n;
    while (from && row.p[from - 1] > ' ')
        from--;
    while (*at < row.n && row.p[*at] > ' ')
        ++*at;
    html_decode(slice_sub(row, from, *at - from), false, out, DECODED_MAX, &n);
    memset(out + n, 0, LOOK_PAST);
    return literals_within(k->literals, slice_of(out, n + LOOK_PAST), 0, n);
}

/* Literals are UTF-8. The row may begin, and end, in the middle of a character. `enough` characters
 * beyond ASCII are looked at; *left: so many more would have been. */
static bool is_utf8(struct slice s, size_t enough, size_t *left)
{
    size_t n;
    *left = enough;
    for (size_t i = 0; i < 3 && s.n > 1 && (s.p[1] & 0xC0) == 0x80; i++)
        s = slice_from(s, 1);
    s = slice_from(s, 1);
    while (s.n && *left) {
        size_t ascii = 0;
        for (uint64_t v[4]; ascii + sizeof v <= s.n; ascii += sizeof v) {
            memcpy(v, s.p + ascii, sizeof v);
            if ((v[0] | v[1] | v[2] | v[3]) & 0x8080808080808080u)
                break;
        }
        while (ascii < s.n && s.p[ascii] < 0x80)
            ascii++;
        s = slice_from(s, ascii);
        n = s.n ? utf8_length(s) : 0;
        if (s.n > 3 && n == 0)
            return false;
        s = slice_from(s, n ? n : s.n);
        --*left;
    }
    return true;
}

/* Whether the row holds what literals cannot be found in. */
static bool is_foreign(struct html_look *k, struct slice row)
{
    size_t left;
    if (!k->says_utf8)
        return !is_utf8(row, SIZE_MAX, &left);
    if (k->doubts == 0)
        return false;
    bool good = is_utf8(row, LOOK_SURE, &left);
    k->doubts = left ? (uint8_t)(k->doubts - 1) : 0;
    return !good;
}

/* What stands around literals from `at` on, the last at `end`, with its references undone. */
static bool is_worth(const struct html_look *k, struct slice row, size_t at, size_t end)
{
    uint8_t out[DECODED_MAX + LOOK_BEFORE + LOOK_AFTER];
    size_t from = at > LOOK_BEFORE ? at - LOOK_BEFORE : 0, n;
    struct slice around = slice_sub(row, from, end + LOOK_AFTER - from);
    if (!k->worth)
        return true;
    if (slice_find(around, '&') == around.n)
        return k->worth(k->worth_ctx, around);
    return !html_decode(around, false, out, sizeof out, &n) || k->worth(k->worth_ctx, slice_of(out, n));
}

/* Looks at literals, those near to each other together, as long as enough follows them, or nothing
 * more comes. */
static bool literal_is_worth_it(struct html_look *k, struct slice row, bool last)
{
    struct slice readable = slice_of(k->row, row.n + LOOK_PAST);
    size_t longest = literals_longest(k->literals); /* one that is cut at the end begins behind */
    size_t done = row.n > longest ? row.n - longest : 0;
    size_t enough = last || !k->worth ? row.n : row.n > LOOK_AFTER ? row.n - LOOK_AFTER : 0;
    size_t at = literals_find(k->literals, readable, k->done), end, next = at;
    while (at < enough) {
        for (end = next; next < enough && next - end <= LOOK_AFTER; ) {
            end = next;
            next = literals_find(k->literals, readable, next + 1);
        }
        if (is_worth(k, row, at, end))
            return true;
        at = next;
    }
    k->done = at < done ? at : done;
    return false;
}

static bool refs_hold_one(struct html_look *k, struct slice row, bool last)
{
    for (size_t at = 0; (at += slice_find(slice_from(row, at), '&')) < row.n;) {
        if (breaks_words(k, row.p + at))
            at++;
        else if (word_holds_one(k, row, &at) &&
                 ((!last && row.n - at < LOOK_AFTER) || is_worth(k, row, at, at)))
            return true;
    }
    return false;
}

/* `last`: nothing more comes. */
static bool holds_one(struct html_look *k, bool last)
{
    struct slice row = slice_of(k->row, k->n + 1);
    memset(k->row + row.n, 0, LOOK_PAST);
    return literal_is_worth_it(k, row, last) || slice_find(row, 0) < row.n ||
           is_foreign(k, row) || refs_hold_one(k, row, last);
}

void html_look_tell(struct html *h)
{
    h->look = NULL;
    h->o.candidate(h->o.candidate_ctx);
}

/* Makes room; false when it is found out that nobody needs it. */
static bool look_at_row(struct html *h)
{
    struct html_look *k = h->look;
    if (holds_one(k, false)) {
        html_look_tell(h);
        return false;
    }
    size_t whole = k->n, left = whole + 1 - k->done;
    size_t keep = left ? left + LOOK_BEFORE : LOOK_KEEP;
    keep = keep < LOOK_KEEP ? LOOK_KEEP : keep;
    keep = whole < keep ? whole : keep;
    memmove(k->row + 1, k->row + 1 + whole - keep, keep);
    k->n = keep;
    k->done = k->done > whole - keep ? k->done - (whole - keep) : 0;
    return true;
}

static bool put(struct html *h, const uint8_t *p, size_t n)
{
    while (n) {
        struct html_look *k = h->look;
        if (k->n >= LOOK_MAX && !look_at_row(h))
            return false;
        size_t room = LOOK_MAX - k->n, some = n < room ? n : room;
        memcpy(k->row + 1 + k->n, p, some);
        k->n += some;
        p += some;
        n -= some;
    }
    return true;
}

/* Past the comment at p, or to `end`. */
static const uint8_t *past_comment(const uint8_t *p, const uint8_t *end)
{
    while ((p = memchr(p, '>', (size_t)(end - p))))
        if (*p++ == '>' && p[-2] == '-' && p[-3] == '-')
            return p;
    return end;
}

static void take_role(struct html_look *k, enum html_role role)
{
    if (role >= ROLE_BLOCK || role == ROLE_BREAK || role == ROLE_RULE || role == ROLE_TITLE)
        k->meeting = MEET_IN_A_LINE_END;
}

/* The tags from p on. The name of one that is cut is told when it is whole. */
static void take_tags(struct html_look *k, const uint8_t *p, const uint8_t *end)
{
    while (p && p < end && k->meeting == MEET_AS_ONE &&
           (p = memchr(p, '<', (size_t)(end - p)))) {
        const uint8_t *name = ++p;
        if (end - p > 3 && !memcmp(p, "!--", 3)) {
            p = past_comment(p + 3, end);
            continue;
        }
        name += name < end && *name == '/';
        for (p = name; p < end && !ascii_is_space(*p) && *p != '/' && *p != '>'; p++)
            if (*p == ':')
                name = p + 1;
        if (p < end)
            take_role(k, html_role(slice_of(name, (size_t)(p - name)), true));
    }
}

void html_look_tag(struct html *h, struct slice name)
{
    enum html_role role = html_role(name, true);
    if (role == ROLE_READING)
        html_look_tell(h);
    else
        take_role(h->look, role);
}

/* How many bytes of white space stand at p, of the first 32. */
static inline size_t blanks_at(const uint8_t *p)
{
#ifdef __SSE2__
    const __m128i least = _mm_set1_epi8('!');
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
    unsigned ink = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(v, least), v));
    unsigned more = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(w, least), w));
    return (size_t)__builtin_ctzll(ink | (uint64_t)more << 16 | 1ull << 32);
#else
    size_t n = 0;
    while (n < 32 && p[n] < '!')
        n++;
    return n;
#endif
}

/* Whether tags between the row of n bytes and the text at p make a difference. */
static inline bool may_join(const struct html_look *k, size_t n, const uint8_t *p,
                            const uint8_t *q)
{
    const struct literals_joints *j = k->joints;
    uint8_t first = k->row[n - (n > 0)], last = k->row[n];
    bool alone = q - p < 2 || p[1] == '&';
    unsigned joint = literals_joint(alone ? 0 : first, last, *p);
    unsigned may = literals_has_joint(alone ? j->pair : j->before, joint);
    may |= !alone & literals_has_joint(j->after, literals_joint(last, *p, alone ? 0 : p[1]));
    return may | (last == ';') | (first == ';') | (*p == '&');
}

/* Whether the text at p tells how what stands in front of it is read. The reader leaves that out,
 * so that what stands around it is one word. */
static inline bool is_reading(const struct html *h, const uint8_t *p)
{
    return p - h->run.p >= 4 && p[-1] == '>' && p[-4] == '<' && (p[-3] | 0x20) == 'r' &&
           ((p[-2] | 0x20) == 't' || (p[-2] | 0x20) == 'p');
}

/* False when it is found out that nobody needs what follows. */
static bool join(struct html *h, const uint8_t *p, const uint8_t *q)
{
    struct html_look *k = h->look;
    if (!k->tagged || k->n == 0)
        return true;
    if (!may_join(k, k->n, p, q))
        return put(h, (const uint8_t *)" ", 1);
    take_tags(k, k->last, p);
    return k->meeting == MEET_AS_ONE || put(h, (const uint8_t *)" ", 1);
}

/* What is not easily put in. */
static void put_more(struct html *h, const uint8_t *p, const uint8_t *q, bool tagged)
{
    struct html_look *k = h->look;
    if (p == q) {
        k->tagged = k->tagged || tagged;
        return;
    }
    if (join(h, p, q))
        (void)put(h, p, (size_t)(q - p));
    k->tagged = tagged;
    k->meeting = MEET_AS_ONE;
    k->last = q;
}

/* Text from p to q that is long, or near the end of what may be read, or may be one word with
 * what stands in front of it. */
static void put_slowly(struct html *h, const uint8_t *p, const uint8_t *q, bool tagged)
{
    if (h->look->tagged && is_reading(h, p))
        html_look_tell(h);
    else
        put_more(h, p, q, tagged);
}

/* Two in three spans are white space: those go, and of others what they begin with. Both loops
 * are without branches, for what comes next is hard to guess. */
static size_t drop_blanks(struct html_look *k, const uint8_t *end)
{
    size_t n = 0;
    bool gap = false;
    const uint8_t *before = k->last;
    for (size_t i = 0; i < k->n_span; i++) {
        struct look_span s = k->span[i];
        size_t n_text = (size_t)(s.q - s.p), blanks = end - s.p < 32 ? 0 : blanks_at(s.p);
        blanks = blanks < n_text ? blanks : n_text;
        gap = gap | (blanks != 0);
        k->span[n] = (struct look_span){ s.p + blanks, s.q, gap, s.p != before };
        before = s.q;
        n += blanks < n_text;
        gap = gap & (blanks == n_text);
    }
    k->gap = gap;
    k->n_span = 0;
    return n;
}

/* Puts in the spans from *at on, as far as that is easy. */
static void put_easy_ones(struct html *h, size_t *at, size_t n_spans, const uint8_t *end)
{
    struct html_look *k = h->look;
    size_t n = k->n, i = *at;
    bool blank = k->row[n] == ' ', tagged = k->tagged;
    for (; i < n_spans && n <= LOOK_MAX - 2 * LOOK_MOVE - 2; i++) {
        struct look_span s = k->span[i];
        if (s.q - s.p > 2 * LOOK_MOVE || end - s.p < 2 * LOOK_MOVE)
            break;
        tagged = tagged | s.tagged;
        bool may = may_join(k, n, s.p, s.q);
        if (tagged & !s.gap & (may || is_reading(h, s.p)))
            break;
        bool gap = (tagged | s.gap) & !blank;
        uint8_t *to = k->row + n + 1;
        *to = ' ';
        memcpy(to + gap, s.p, 2 * LOOK_MOVE);
        n += gap + (size_t)(s.q - s.p);
        blank = s.q[-1] == ' ';
        tagged = false;
    }
    if (i > *at) {
        k->last = k->span[i - 1].q;
        k->meeting = MEET_AS_ONE;
        k->tagged = false;
    }
    k->n = n;
    *at = i;
}

void html_look_flush(struct html *h, const uint8_t *end)
{
    struct html_look *k = h->look;
    const uint8_t *last = k->n_span ? k->span[k->n_span - 1].q : k->last;
    size_t n = drop_blanks(k, end);
    for (size_t i = 0; i < n && h->look;) {
        put_easy_ones(h, &i, n, end);
        if (i == n)
            break;
        if (k->span[i].gap && !put(h, (const uint8_t *)" ", 1))
            return;
        k->tagged = k->tagged || k->span[i].tagged;
        put_slowly(h, k->span[i].p, k->span[i].q, false);
        i++;
    }
    if (h->look && k->gap && put(h, (const uint8_t *)" ", 1)) {
        k->tagged = false;
        k->meeting = MEET_AS_ONE;
    }
    k->last = last;
}

void html_look_now(struct html *h, const uint8_t *p, const uint8_t *q, const uint8_t *end,
                   bool tagged)
{
    html_look_flush(h, end);
    if (!h->look)
        return;
    h->look->tagged |= h->look->last && h->look->last != p;
    if (p != q)
        put_slowly(h, p, q, tagged);
    else
        h->look->tagged |= tagged;
}

void html_look_title(struct html *h, const uint8_t *p, const uint8_t *q, const uint8_t *end)
{
    struct html_look *k = h->look;
    bool ended = h->state < HTML_RAW;
    html_look_now(h, p, q, end, ended);
    if (ended && h->look)
        k->meeting = MEET_IN_A_LINE_END;
}

void html_look_bytes(struct html *h, const uint8_t *p, size_t n, const uint8_t *last)
{
    html_look_flush(h, last);
    struct html_look *k = h->look;
    if (!k)
        return;
    if (n)
        put_more(h, p, p + n, false);
    k->tagged = false;
    k->meeting = MEET_AS_ONE;
    k->last = last;
}

void html_look_suspend(struct html *h, const uint8_t *end)
{
    html_look_flush(h, end);
    struct html_look *k = h->look;
    if (!k)
        return;
    k->tagged = k->tagged || (k->last && k->last != end);
    if (k->tagged)
        take_tags(k, k->last, end);
    k->last = NULL;
}

void html_look_end(struct html *h)
{
    if (h->look && holds_one(h->look, true))
        html_look_tell(h);
    h->look = NULL;
}
