/* SPDX-License-Identifier: Apache-2.0 */
/* iim.c - IPTC-IIM 4.2, chapter 3 section 5 "Data set structure": 1C, record, data set,
 * length (15 bits, or that many bytes of length), value. */
#include "metadata/iim.h"

#include "formats/format.h"
#include "syntax/utf8.h"

#define MAX_LENGTH_BYTES 8 /* of an extended data set */
#define MAX_TEXTS 256      /* that are reported */

#define TAG_MARKER 0x1C

struct dataset {
    uint8_t record, number;
    struct slice value;
    bool cut; /* its length is beyond the end */
};

/* The texts for people that may say something about rights. */
static const struct {
    uint8_t record, number;
    const char *name;
} texts[] = {
    { 2, 40, "2:40" },   /* special instructions */
    { 2, 110, "2:110" }, /* credit */
    { 2, 115, "2:115" }, /* source */
    { 2, 116, "2:116" }, /* copyright notice */
    { 2, 120, "2:120" }, /* caption */
};

static const char *name_of(const struct dataset *d)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].record == d->record && texts[i].number == d->number)
            return texts[i].name;
    return NULL;
}

/* Takes the next one off the front; the slice does not begin with zeros. */
static bool next_dataset(struct slice *rest, struct dataset *d)
{
    struct slice s = *rest;
    if (s.n < 5 || s.p[0] != TAG_MARKER)
        return false;
    *d = (struct dataset){ .record = s.p[1], .number = s.p[2] };
    uint64_t n = be16(s.p + 3);
    s = slice_from(s, 5);
    if (n & 0x8000) {
        size_t bytes = (size_t)(n & 0x7FFF);
        if (bytes == 0 || bytes > MAX_LENGTH_BYTES || bytes > s.n)
            return false;
        n = 0;
        for (size_t i = 0; i < bytes; i++)
            n = n << 8 | s.p[i];
        s = slice_from(s, bytes);
    }
    d->cut = n > s.n;
    d->value = slice_sub(s, 0, d->cut ? s.n : (size_t)n);
    *rest = slice_from(s, d->value.n);
    return true;
}

static struct slice trim(struct slice s)
{
    while (s.n && (s.p[0] == 0 || ascii_is_space(s.p[0])))
        s = slice_from(s, 1);
    while (s.n && (s.p[s.n - 1] == 0 || ascii_is_space(s.p[s.n - 1])))
        s.n--;
    return s;
}

/* As UTF-8; memory is taken only for what is not. */
static enum optout_rc convert(struct arena *arena, struct property *p)
{
    struct slice s = trim(p->value);
    struct slice clipped = utf8_clip(s, PROPERTY_VALUE_MAX);
    p->cut |= clipped.n < s.n;
    p->value = clipped;
    if (utf8_is_valid(clipped))
        return OPTOUT_OK;
    size_t size = clipped.n < PROPERTY_VALUE_MAX / 2 ? 2 * clipped.n : PROPERTY_VALUE_MAX;
    uint8_t *room = arena_take(arena, size);
    if (!room)
        return OPTOUT_E_NOMEM;
    p->value = utf8_from_latin1(clipped, room, size);
    return OPTOUT_OK;
}

enum optout_rc iim_read(struct arena *arena, const struct property *base, struct slice datasets,
                        property_visit *visit, void *ctx)
{
    unsigned found = 0;
    struct slice rest = datasets;
    for (;;) {
        while (rest.n && rest.p[0] == 0) /* some writers pad with zeros */
            rest = slice_from(rest, 1);
        if (rest.n == 0)
            return OPTOUT_DONE;
        struct dataset d;
        if (!next_dataset(&rest, &d))
            return OPTOUT_E_SYNTAX;
        const char *name = name_of(&d);
        if (name) {
            if (found++ == MAX_TEXTS)
                return OPTOUT_E_LIMIT;
            struct property p = *base;
            p.ns = SLICE_EMPTY;
            p.name = slice_cstr(name);
            p.value = d.value;
            p.cut |= d.cut;
            enum optout_rc rc = convert(arena, &p);
            if (rc != OPTOUT_OK)
                return rc;
            visit(ctx, &p);
        }
        if (d.cut)
            return OPTOUT_E_SYNTAX;
    }
}
