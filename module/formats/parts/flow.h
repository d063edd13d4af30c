/* SPDX-License-Identifier: Apache-2.0 */
/* flow.h - one packet on its way from a format to the sink, kept to the length that is read
 * of its kind. For the formats whose containers are chunks. */
#ifndef OPTOUT_FORMATS_PARTS_FLOW_H
#define OPTOUT_FORMATS_PARTS_FLOW_H

#include "formats/format.h"
#include "syntax/utf8.h"

struct flow {
    const struct packet_sink *out;
    unsigned handle;
    uint64_t room; /* bytes that may follow */
    bool open;     /* begun and not ended */
};

static inline void flow_begin(struct flow *f, const struct packet *p)
{
    static const uint64_t most[PACKET_KIND_COUNT] = {
        [PACKET_XMP] = FORMAT_XMP_MAX, [PACKET_C2PA] = FORMAT_C2PA_MAX,
        [PACKET_IIM] = FORMAT_IIM_MAX, [PACKET_TEXT] = FORMAT_TEXT_MAX,
    };
    f->room = most[p->kind];
    f->handle = f->out->begin(f->out->ctx, p);
    f->open = true;
}

static inline void flow_end(struct flow *f, enum packet_end how)
{
    if (f->open && f->handle)
        f->out->end(f->out->ctx, f->handle, how);
    f->open = false;
}

/* Bytes beyond the limit end the packet; once it is ended bytes are dropped. */
static inline void flow_bytes(struct flow *f, struct slice s)
{
    bool over = s.n > f->room;
    struct slice taken = slice_sub(s, 0, over ? (size_t)f->room : s.n);
    if (!f->open)
        return;
    if (taken.n && f->handle)
        f->out->bytes(f->out->ctx, f->handle, taken);
    f->room -= taken.n;
    if (over)
        flow_end(f, PACKET_LIMIT);
}

/* A text for people that is in hand, UTF-8 or Latin-1, NULs at its end left out. */
static inline void flow_text(const struct packet_sink *out, const struct packet *p,
                             struct slice text, enum packet_end how)
{
    uint8_t room[FORMAT_TEXT_MAX];
    while (text.n && text.p[text.n - 1] == '\0')
        text.n--;
    if (text.n > FORMAT_TEXT_MAX)
        how = PACKET_LIMIT;
    if (text.n)
        (void)packet_put(out, p, utf8_from_latin1(text, room, sizeof room), how);
}

#endif
