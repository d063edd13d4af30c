/* SPDX-License-Identifier: Apache-2.0 */
#include "page/charset_turn.h"

#include "syntax/utf8.h"

#define ESC 0x1B

void charset_turn_open(struct charset_turn *t, struct arena *arena, const struct charset_origin *o)
{
    *t = (struct charset_turn){ .arena = arena, .origin = *o, .code = CODE_UTF8 };
    t->strict = o->declared != CODE_NONE && o->declared != CODE_UTF8;
}

void charset_turn_open_page(struct charset_turn *t, struct arena *arena, struct slice head,
                            struct slice label, bool xml, struct slice tld)
{
    struct charset_origin o = { .declared = CODE_UTF8, .tld = tld };
    enum charset_kind kind;
    enum charset_code code;
    head = slice_sub(head, 0, CHARSET_PRESCAN_MAX);
    o.lang = charset_lang(head);
    if (label.n && charset_prescan(head, xml, &kind, &code) && kind == CHARSET_BYTES)
        o.declared = code;
    charset_turn_open(t, arena, &o);
    t->strict = false;
    if (head.n && memchr(head.p, 0, head.n)) /* UTF-16, which the reader sees itself */
        t->told = t->given = true;
}

void charset_turn_end(struct charset_turn *t)
{
    t->ended = true;
}

/* ---- where it turns ---- */

enum front { FRONT_WHOLE, FRONT_CUT, FRONT_TURN };

/* The character in front, or the bytes that follow an ESC. */
static enum front look_front(const struct charset_turn *t, struct slice s, size_t *n)
{
    uint8_t c = s.p[0];
    *n = 1;
    if (c == ESC)
        return s.n < 2 ? FRONT_CUT : s.p[1] == '$' || s.p[1] == '(' ? FRONT_TURN : FRONT_WHOLE;
    if (c < 0x80)
        return FRONT_WHOLE;
    *n = t->strict ? 0 : utf8_length(s);
    if (*n)
        return FRONT_WHOLE;
    size_t need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    bool cut = !t->strict && c >= 0xC2 && c <= 0xF4 && s.n < need;
    for (size_t i = 1; cut && i < s.n; i++)
        cut = (s.p[i] & 0xC0) == 0x80;
    return cut ? FRONT_CUT : FRONT_TURN;
}

/* Bytes in front that are handed on; what is behind them. */
static size_t look(const struct charset_turn *t, struct slice s, enum front *behind)
{
    const uint8_t *esc = s.n ? memchr(s.p, ESC, s.n) : NULL;
    size_t i = 0, n, plain = esc ? (size_t)(esc - s.p) : s.n;
    *behind = FRONT_WHOLE;
    while (i < s.n) {
        for (uint64_t v[4]; i + sizeof v <= plain; i += sizeof v) {
            memcpy(v, s.p + i, sizeof v);
            if ((v[0] | v[1] | v[2] | v[3]) & 0x8080808080808080u)
                break;
        }
        while (i < plain && s.p[i] < 0x80)
            i++;
        if (i == s.n)
            break;
        *behind = look_front(t, slice_from(s, i), &n);
        if (*behind != FRONT_WHOLE)
            break;
        i += n;
        if (i > plain) { /* that ESC begins nothing */
            esc = i < s.n ? memchr(s.p + i, ESC, s.n - i) : NULL;
            plain = esc ? (size_t)(esc - s.p) : s.n;
        }
    }
    return i;
}

/* ---- what it is ---- */

static void decide(struct charset_turn *t)
{
    struct slice s = slice_of(t->held, t->n_held);
    struct charset_sample sample;
    t->told = true;
    if (s.n >= 2 && s.p[0] + s.p[1] == 0xFE + 0xFF && (s.p[0] == 0xFE || s.p[0] == 0xFF))
        return; /* a byte order mark: handed over as UTF-8 */
    if (s.n && s.p[0] == ESC && charset_looks_2022(s)) {
        t->kind = CHARSET_ISO2022JP;
        t->code = CODE_EUCJP;
        return;
    }
    if (s.n == 0 || memchr(s.p, 0, s.n)) /* UTF-16 without one, or no text */
        return;
    memset(&sample, 0, offsetof(struct charset_sample, v));
    charset_sample(&sample, s);
    t->code = charset_guess(&sample, &t->origin, &t->untold);
}

static void hold(struct charset_turn *t, struct slice *in)
{
    if (!t->held && (t->held = arena_take(t->arena, TURN_HELD_MAX)) == NULL) {
        t->told = t->untold = true;
        return;
    }
    if (t->n_part)
        memcpy(t->held + t->n_held, t->part, t->n_part);
    t->n_held += t->n_part;
    t->n_part = 0;
    size_t room = TURN_HELD_MAX - t->n_held, n = in->n < room ? in->n : room;
    if (n)
        memcpy(t->held + t->n_held, in->p, n);
    t->n_held += n;
    *in = slice_from(*in, n);
    if (t->n_held == TURN_HELD_MAX || t->ended)
        decide(t);
}

/* ---- pieces ---- */

/* Goes on with what the last piece was cut in; true when something is handed on. */
static bool finish_part(struct charset_turn *t, struct slice *in, struct slice *out)
{
    size_t n;
    while (in->n && t->n_part < sizeof t->part) {
        t->part[t->n_part++] = in->p[0];
        *in = slice_from(*in, 1);
        enum front front = look_front(t, slice_of(t->part, t->n_part), &n);
        if (front == FRONT_CUT)
            continue;
        if (front == FRONT_TURN) {
            hold(t, in);
            return false;
        }
        bool again = n < t->n_part; /* an ESC, and a byte that may begin anything */
        memcpy(t->whole, t->part, n);
        *out = slice_of(t->whole, n);
        t->part[0] = t->part[t->n_part - 1];
        t->n_part = again;
        return true;
    }
    return false;
}

static bool take_held(struct charset_turn *t, struct slice *out)
{
    if (t->given)
        return false;
    t->given = true;
    *out = t->held ? slice_of(t->held, t->n_held) : slice_of(t->part, t->n_part);
    return out->n != 0;
}

static bool take_all(struct slice *in, struct slice *out)
{
    *out = *in;
    *in = SLICE_EMPTY;
    return out->n != 0;
}

bool charset_turn_next(struct charset_turn *t, struct slice *in, struct slice *out)
{
    enum front behind;
    size_t n;
    if (t->told)
        return take_held(t, out) || take_all(in, out);
    if (!t->held && t->n_part == 1 && look_front(t, slice_of(t->part, 1), &n) == FRONT_WHOLE) {
        t->whole[0] = t->part[0];
        t->n_part = 0;
        *out = slice_of(t->whole, 1);
        return true;
    }
    if (!t->held && t->n_part && finish_part(t, in, out))
        return true;
    if (!t->held && !t->n_part && !t->told) {
        n = look(t, *in, &behind);
        *out = slice_sub(*in, 0, n);
        *in = slice_from(*in, n);
        if (behind == FRONT_CUT) {
            memcpy(t->part, in->p, in->n);
            t->n_part = in->n;
            *in = SLICE_EMPTY;
        } else if (behind == FRONT_TURN && !out->n) { /* what is in front is read first, as UTF-8 */
            hold(t, in);
        }
        if (out->n)
            return true;
    }
    if (t->held || (t->ended && t->n_part))
        if (!t->told)
            hold(t, in);
    return t->told && (take_held(t, out) || take_all(in, out));
}
