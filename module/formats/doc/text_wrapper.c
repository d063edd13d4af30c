/* SPDX-License-Identifier: Apache-2.0 */
/* text_wrapper.c - C2PA 2.4 section A.7: after U+FEFF each variation selector stands for a
 * byte: U+FE00 to U+FE0F for 0 to 15, U+E0100 to U+E01EF for 16 to 255. They spell
 * "C2PATXT", NUL, a version, the length in four bytes, the manifest store.
 *
 * Limits: WRAPPED_MAX. */
#include "formats/doc/text_internal.h"

static const uint8_t magic[9] = { 'C', '2', 'P', 'A', 'T', 'X', 'T', 0, 1 };

#define MAGIC 8 /* bytes that make it a wrapper; the version comes after */
#define HEADER 13

void text_wrapper_open(struct text *t)
{
    t->n_unit = 0;
    t->n_bytes = 0;
    t->open = false;
}

/* Whether the unit so far can be a selector's: EF B8 8x, F3 A0 84..87 xx. */
static bool unit_fits(const uint8_t *u, size_t n)
{
    if (u[0] == 0xef)
        return n == 1 || (u[1] == 0xb8 && (n == 2 || (u[2] & 0xf0) == 0x80));
    if (u[0] != 0xf3)
        return false;
    if (n >= 2 && u[1] != 0xa0)
        return false;
    if (n >= 3 && (u[2] < 0x84 || u[2] > 0x87))
        return false;
    return n < 4 || (u[2] < 0x87 ? (u[3] & 0xc0) == 0x80 : u[3] >= 0x80 && u[3] <= 0xaf);
}

static uint8_t unit_value(const uint8_t *u)
{
    if (u[0] == 0xef)
        return u[2] & 0x0f;
    return (uint8_t)(((u[2] - 0x84) << 6 | (u[3] & 0x3f)) + 16);
}

/* It ends without being whole: nothing was begun before the magic. */
static void give_up(struct text *t, enum packet_end how)
{
    if (t->n_bytes >= MAGIC && !t->open)
        text_begin_packet(t, PACKET_C2PA, "text wrapper", "");
    if (t->n_bytes >= MAGIC)
        text_end_packet(t, how);
    t->state = TEXT_SEARCH;
}

static void end_header(struct text *t)
{
    t->length = be32(t->header + 9);
    t->open = true;
    text_begin_packet(t, PACKET_C2PA, "text wrapper", "");
    if (t->length > WRAPPED_MAX || t->length == 0) {
        text_end_packet(t, t->length ? PACKET_LIMIT : PACKET_CORRUPT);
        t->state = TEXT_SEARCH;
    }
}

static void text_take(struct text *t, uint8_t byte)
{
    if (t->n_bytes < HEADER) {
        size_t i = (size_t)t->n_bytes;
        if (i < sizeof magic && byte != magic[i]) {
            give_up(t, PACKET_CORRUPT);
            return;
        }
        t->header[i] = byte;
        if (++t->n_bytes == HEADER)
            end_header(t);
        return;
    }
    t->decoded[t->n_decoded++] = byte;
    if (t->n_decoded == sizeof t->decoded)
        text_flush(t);
    if (++t->n_bytes - HEADER == t->length) {
        text_end_packet(t, PACKET_WHOLE);
        t->state = TEXT_SEARCH;
    }
}

const uint8_t *text_wrapper_step(struct text *t, const uint8_t *p, const uint8_t *end)
{
    for (; p < end && t->state == TEXT_WRAPPER; p++) {
        t->unit[t->n_unit++] = *p;
        if (!unit_fits(t->unit, t->n_unit)) {
            give_up(t, PACKET_CORRUPT);
            return p; /* it may begin something else */
        }
        if (t->n_unit < (t->unit[0] == 0xef ? 3 : 4))
            continue;
        t->n_unit = 0;
        text_take(t, unit_value(t->unit));
    }
    return p;
}

void text_wrapper_cut(struct text *t)
{
    give_up(t, PACKET_CUT);
}
