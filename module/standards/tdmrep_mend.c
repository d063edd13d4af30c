/* SPDX-License-Identifier: Apache-2.0 */
/* tdmrep_mend.c - whether a text means to be TDMRep, and JSON with its usual slips mended.
 *
 * Linear. No limit of its own: SITE_FILE_MAX is the caller's. */
#include "standards/tdmrep_mend.h"

#include "core/hex.h"

/* The next character with its letters folded, "\u0041" being one; 0: it is no ASCII, or a
 * separator, which names are written with and without. */
static uint8_t next_letter(struct slice *s)
{
    uint8_t c = s->p[0];
    size_t n = 1;
    if (c == '\\' && s->n >= 6 && ascii_lower(s->p[1]) == 'u') {
        int value = 0;
        for (size_t i = 2; i < 6 && value >= 0; i++)
            value = hex_value(s->p[i]) < 0 ? -1 : value << 4 | hex_value(s->p[i]);
        c = value > 0 && value < 0x80 ? (uint8_t)value : 0;
        n = 6;
    }
    *s = slice_from(*s, n);
    return memchr("-_ :.", c, 5) ? 0 : ascii_lower(c);
}

/* Names as they look without separators. Quotes tell a member from the word. */
static const struct slice names[] = {
    SLICE("tdmres"), SLICE("tdmpol"), SLICE("\"location\""), SLICE("'location'"),
    SLICE("\"reservation\""), SLICE("'reservation'"),
};
#define NAMES (sizeof names / sizeof *names)

static bool has_name(struct slice text, size_t wanted)
{
    size_t seen[NAMES] = { 0 }; /* letters of each name that the text has just shown */
    while (text.n) {
        uint8_t c = next_letter(&text);
        if (c == 0)
            continue;
        for (size_t i = 0; i < wanted; i++) {
            if (c == names[i].p[seen[i]])
                seen[i]++;
            else
                seen[i] = c == names[i].p[0];
            if (seen[i] == names[i].n)
                return true;
        }
    }
    return false;
}

bool tdmrep_looks_like(struct slice text)
{
    return has_name(text, NAMES);
}

bool tdmrep_names_reservation(struct slice text)
{
    return has_name(text, 1);
}

/* Bytes of the comment at the front, its line end left; 0: there is none. */
static size_t comment(struct slice s)
{
    size_t n = 0;
    bool block = s.n > 1 && s.p[0] == '/' && s.p[1] == '*';
    if (!block && !slice_begins(s, '#') && !(s.n > 1 && s.p[0] == '/' && s.p[1] == '/'))
        return 0;
    if (!block) {
        while (n < s.n && s.p[n] != '\n' && s.p[n] != '\r')
            n++;
        return n;
    }
    for (n = 2; n + 1 < s.n && !(s.p[n] == '*' && s.p[n + 1] == '/');)
        n++;
    return n + 1 < s.n ? n + 2 : s.n;
}

struct slice tdmrep_mended(struct arena *a, struct slice text)
{
    uint8_t *out = arena_take(a, text.n + 1);
    size_t n = 0, comma = SIZE_MAX; /* where the last one is, if nothing followed it yet */
    bool quoted = false;
    if (!out)
        return SLICE_EMPTY;
    while (text.n) {
        uint8_t c = text.p[0];
        size_t skip = quoted ? 0 : comment(text);
        if (skip) {
            text = slice_from(text, skip);
            continue;
        }
        text = slice_from(text, 1);
        if (quoted && c == '\\' && text.n) {
            out[n++] = c;
            c = text.p[0];
            text = slice_from(text, 1);
        } else if (c == '"') {
            quoted = !quoted;
        }
        if (!quoted && (c == ']' || c == '}') && comma != SIZE_MAX)
            out[comma] = ' ';
        if (!quoted && c == ',')
            comma = n;
        else if (quoted || !ascii_is_space(c))
            comma = SIZE_MAX;
        out[n++] = c;
    }
    return slice_of(out, n);
}
