/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/packet_out.h"

#include "syntax/utf8.h"

void packet_out_begin(struct packet_out *o, const struct packet_sink *sink,
                      const struct packet *p)
{
    *o = (struct packet_out){ .sink = sink, .open = true, .left = UINT64_MAX };
    o->handle = sink->begin(sink->ctx, p);
}

void packet_out_end(struct packet_out *o, enum packet_end how)
{
    if (o->open && o->handle)
        o->sink->end(o->sink->ctx, o->handle, how);
    o->open = false;
}

bool packet_out_bytes(struct packet_out *o, struct slice bytes)
{
    if (!o->open || !o->handle)
        return false;
    bytes = slice_sub(bytes, 0, o->left < SIZE_MAX ? (size_t)o->left : SIZE_MAX);
    if (bytes.n && !o->sink->bytes(o->sink->ctx, o->handle, bytes)) {
        o->limited = true;
        o->open = false;
        return false;
    }
    if (o->left != UINT64_MAX)
        o->left -= bytes.n;
    if (o->left == 0)
        packet_out_end(o, PACKET_WHOLE);
    return o->open;
}

void packet_out_text(const struct packet_sink *sink, const struct packet *p, struct slice text,
                     enum packet_end how)
{
    uint8_t room[PACKET_TEXT_MAX];
    while (text.n && text.p[text.n - 1] == '\0')
        text.n--;
    if (text.n > PACKET_TEXT_MAX)
        how = PACKET_LIMIT;
    if (text.n)
        (void)packet_put(sink, p, utf8_from_latin1(text, room, sizeof room), how);
}
