/* SPDX-License-Identifier: Apache-2.0 */
#include "page/html_look.h"

#include "page/html_text.h"
#include "syntax/literals.h"
#include "syntax/utf8.h"

#define DECODED_MAX (LOOK_MAX * 6 / 5 + 16) /* "&nGt;" is six bytes */

struct html_look *html_look_open(struct arena *arena, const struct literals *literals,
                                 struct slice charset)
{
    struct html_look *k = arena_take(arena, sizeof *k);
    if (k) {
        memset(k, 0, offsetof(struct html_look, row));
        k->literals = literals;
        k->joints = literals_joints(literals);
        k->row[0] = ' ';
        k->is_utf8 = slice_eq_nocase(charset, SLICE_OF("utf-8"));
    }
    return k;
}

/* What stands for no letter, and for nothing that is not seen: at the '&'. */
static bool breaks_words(struct slice s)
{
    static const struct slice refs[] = {
        SLICE("&nbsp;"),  SLICE("&amp;"),   SLICE("&quot;"),  SLICE("&#39;"),   SLICE("&#039;"),
        SLICE("&lt;"),    SLICE("&gt;"),    SLICE("&raquo;"), SLICE("&laquo;"), SLICE("&#160;"),
        SLICE("&#8217;"), SLICE("&rsquo;"), SLICE("&ndash;"), SLICE("&mdash;"), SLICE("&copy;"),
        SLICE("&#8211;"), SLICE("&#x27;"),  SLICE("&ldquo;"), SLICE("&rdquo;"), SLICE("&#8220;"),
        SLICE("&#8221;"), SLICE("&middot;"), SLICE("&bull;"), SLICE("&hellip;"), SLICE("&#8230;"),
        SLICE("&apos;"),  SLICE("&times;"), SLICE("&lsquo;"), SLICE("&euro;"),  SLICE("&rarr;"),
    };
    for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++)
        if (s.n >= refs[i].n && s.p[1] == refs[i].p[1] && !memcmp(s.p, refs[i].p, refs[i].n))
            return true;
    return false;
}

/* The word, between blanks, that the '&' at `at` is part of is undone. Moves *at to its end. */
static bool word_holds_one(const struct html_look *k, struct slice row, size_t *at)
{
    uint8_t out[DECODED_MAX];
    size_t from = *at, n;
    while (from && row.p[from - 1] > ' ')
        from--;
    while (*at < row.n && row.p[*at] > ' ')
        ++*at;
    html_decode(slice_sub(row, from, *at - from), false, out, sizeof out, &n);
    return literals_find(k->literals, slice_of(out, n), 0) < n;
}

static bool refs_hold_one(const struct html_look *k, struct slice row)
{
    for (size_t at = 0; (at += slice_find(slice_from(row, at), '&')) < row.n;) {
        if (breaks_words(slice_from(row, at)))
            at++;
        else if (word_holds_one(k, row, &at))
            return true;
    }
    return false;
}

/* Literals are UTF-8. The row may begin, and end, in the middle of a character. */
static bool is_utf8(struct slice s)
{
    size_t n;
    for (size_t i = 0; i < 3 && s.n > 1 && (s.p[1] & 0xC0) == 0x80; i++)
        s = slice_from(s, 1);
    s = slice_from(s, 1);
    while (s.n) {
        size_t ascii = 0;
        while (ascii < s.n && s.p[ascii] < 0x80)
            ascii++;
        s = slice_from(s, ascii);
        n = s.n ? utf8_length(s) : 0;
        if (s.n > 3 && n == 0)
            return false;
        s = slice_from(s, n ? n : s.n);
    }
    return true;
}

static bool holds_one(const struct html_look *k)
{
    struct slice row = slice_of(k->row, k->n + 1);
    if (literals_find(k->literals, row, 0) < row.n || slice_find(row, 0) < row.n ||
        (!k->is_utf8 && !is_utf8(row)))
        return true;
    return refs_hold_one(k, row);
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
    if (holds_one(k)) {
        html_look_tell(h);
        return false;
    }
    size_t keep = k->n < LOOK_KEEP ? k->n : LOOK_KEEP;
    memmove(k->row + 1, k->row + 1 + k->n - keep, keep);
    k->n = keep;
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

void html_look_title(struct html *h, const uint8_t *p, const uint8_t *q, const uint8_t *end)
{
    struct html_look *k = h->look;
    bool ended = h->state < HTML_RAW;
    html_look_add(h, p, q, end, ended);
    if (ended)
        k->meeting = MEET_IN_A_LINE_END;
}

void html_look_tag(struct html *h, struct slice name)
{
    enum html_role role = html_role(name, true);
    if (role == ROLE_READING)
        html_look_tell(h);
    else
        take_role(h->look, role);
}

void html_look_suspend(struct html *h, const uint8_t *end)
{
    struct html_look *k = h->look;
    if (k->tagged)
        take_tags(k, k->last, end);
    k->last = NULL;
}

/* False when it is found out that nobody needs what follows. */
static bool join(struct html *h, const uint8_t *p, const uint8_t *q)
{
    struct html_look *k = h->look;
    if (!k->tagged || k->n == 0)
        return true;
    if (!html_look_may_join(k, p, q))
        return put(h, (const uint8_t *)" ", 1);
    take_tags(k, k->last, p);
    return k->meeting == MEET_AS_ONE || put(h, (const uint8_t *)" ", 1);
}

void html_look_more(struct html *h, const uint8_t *p, const uint8_t *q, bool tagged)
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

void html_look_bytes(struct html *h, const uint8_t *p, size_t n, const uint8_t *last)
{
    struct html_look *k = h->look;
    if (n)
        html_look_more(h, p, p + n, false);
    k->tagged = false;
    k->meeting = MEET_AS_ONE;
    k->last = last;
}

void html_look_end(struct html *h)
{
    if (h->look && holds_one(h->look))
        html_look_tell(h);
    h->look = NULL;
}
