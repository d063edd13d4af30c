/* SPDX-License-Identifier: Apache-2.0 */
/* slice.h - bytes that belong to somebody else.
 *
 * A slice never owns, is never NUL-terminated and may hold any byte. It lives
 * as long as the buffer it points into. All functions are pure: any thread may
 * call them. Character classes are ASCII whatever the locale. */
#ifndef OPTOUT_CORE_SLICE_H
#define OPTOUT_CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *p;
    size_t n; /* bytes */
};

/* A slice over a string literal, usable in static initialisers. */
#define SLICE(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define SLICE_OF(literal) ((struct slice)SLICE(literal))
#define SLICE_EMPTY ((struct slice){ NULL, 0 })
/* For printf("%.*s", SLICE_FMT(s)); the value must be below 2 GiB. */
#define SLICE_FMT(s) (int)(s).n, (const char *)(s).p

static inline struct slice slice_of(const void *p, size_t n)
{
    return (struct slice){ (const uint8_t *)p, n };
}

static inline struct slice slice_cstr(const char *s)
{
    return slice_of(s, s ? strlen(s) : 0);
}

static inline bool slice_empty(struct slice s)
{
    return s.n == 0;
}

/* The bytes from offset `from` on, at most `n` of them; clamped to `s`. */
static inline struct slice slice_sub(struct slice s, size_t from, size_t n)
{
    if (from >= s.n)
        return (struct slice){ s.p ? s.p + s.n : NULL, 0 };
    return (struct slice){ s.p + from, n < s.n - from ? n : s.n - from };
}

static inline struct slice slice_from(struct slice s, size_t from)
{
    return slice_sub(s, from, SIZE_MAX);
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* For the two below: s.n >= prefix.n. */
bool slice_folds_to(struct slice s, struct slice prefix);

/* Equal when ASCII letters are folded; other bytes must match exactly. The first byte
 * tells nearly all apart: letters of both cases differ in one bit. */
static inline bool slice_starts_nocase(struct slice s, struct slice prefix)
{
    if (prefix.n == 0 || s.n < prefix.n)
        return prefix.n == 0;
    return ((s.p[0] ^ prefix.p[0]) & ~0x20) == 0 && slice_folds_to(s, prefix);
}

static inline bool slice_eq_nocase(struct slice a, struct slice b)
{
    return a.n == b.n && slice_starts_nocase(a, b);
}

/* Offset of the first `byte`, or s.n when there is none. */
size_t slice_find(struct slice s, uint8_t byte);
/* Offset of the first occurrence of `what` with letters folded, or s.n. */
size_t slice_find_nocase(struct slice s, struct slice what);

/* Without SP and HTAB at both ends (OWS of RFC 9110 section 5.6.3). */
struct slice slice_trim_ows(struct slice s);
/* Without SP, HTAB, CR, LF and FF at both ends (HTML's ASCII whitespace). */
struct slice slice_trim_space(struct slice s);

static inline bool slice_begins(struct slice s, uint8_t byte)
{
    return s.n && s.p[0] == byte;
}

/* Takes `byte` off the front when it stands there. */
static inline bool slice_take(struct slice *s, uint8_t byte)
{
    if (!slice_begins(*s, byte))
        return false;
    s->p++;
    s->n--;
    return true;
}

/* Without a byte order mark of UTF-8. */
static inline struct slice slice_skip_bom(struct slice s)
{
    bool mark = s.n >= 3 && s.p[0] == 0xEF && s.p[1] == 0xBB && s.p[2] == 0xBF;
    return mark ? slice_of(s.p + 3, s.n - 3) : s;
}

/* Cuts the next piece that ends at `sep` off the front of `*rest`. Returns
 * false when `*rest` is exhausted; "a,,b" gives "a", "", "b". A slice whose p
 * is NULL is exhausted, so start with a non-NULL one. */
bool slice_split(struct slice *rest, uint8_t sep, struct slice *piece);

/* The next row of a data file, without its line end; empty lines and remarks ('#') are passed
 * over. `*line`, 0 at first, tells where it is; false at the end. */
bool slice_next_row(struct slice *rest, struct slice *row, unsigned *line);

/* Decimal digits only, no sign, no space; false when empty, other bytes are
 * met or the value exceeds UINT64_MAX. */
bool slice_to_u64(struct slice s, uint64_t *value);

static inline bool ascii_is_alpha(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

static inline bool ascii_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static inline bool ascii_is_alnum(uint8_t c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c);
}

static inline uint8_t ascii_lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c + 32) : c;
}

/* SP, HTAB, LF, FF, CR: HTML's ASCII whitespace. */
static inline bool ascii_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

#endif
