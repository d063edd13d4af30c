/* SPDX-License-Identifier: Apache-2.0 */
/* html_packet.c - a manifest store in the text of <script type="application/c2pa">, in
 * base64: C2PA 2.4 section A.9. It is handed on as it is decoded.
 *
 * MAX: HTML_PACKET_MAX bytes of text. */
#include "page/html_internal.h"

#define HTML_PACKET_MAX (12u << 20)

static unsigned begin(struct html *h)
{
    static const struct slice where = SLICE("script");
    struct packet p = {
        .kind = PACKET_C2PA,
        .role = PACKET_MAIN,
        .offset = h->script.offset,
        .where = where,
    };
    return h->o.packets->begin(h->o.packets->ctx, &p);
}

void html_packet_begin(struct html *h)
{
    h->raw_packet = true;
    h->packet_begun = h->packet_ended = false;
    h->packet = 0;
    h->base64 = (struct base64){ 0 };
    h->base64_n = 0;
}

static void html_packet_put(struct html *h, struct slice bytes)
{
    if (!h->packet_begun)
        h->packet = begin(h);
    h->packet_begun = true;
    if (h->packet && bytes.n)
        h->o.packets->bytes(h->o.packets->ctx, h->packet, bytes);
}

static void html_packet_finish(struct html *h, enum packet_end how)
{
    html_packet_put(h, SLICE_EMPTY);
    h->packet_ended = true;
    if (h->packet)
        h->o.packets->end(h->o.packets->ctx, h->packet, how);
}

void html_packet_text(struct html *h, const uint8_t *p, size_t n)
{
    struct slice in = slice_of(p, n);
    uint8_t out[1024];
    h->text_n += n;
    while (in.n && !h->base64.stopped && !h->packet_ended) {
        size_t before = in.n, k = base64_feed(&h->base64, &in, out, sizeof out);
        h->base64_n += before - in.n;
        if (k)
            html_packet_put(h, slice_of(out, k));
        if (h->base64_n > HTML_PACKET_MAX)
            html_packet_finish(h, PACKET_LIMIT);
    }
}

/* The end tag's own bytes were taken for text: they are where base64 has to stop. */
void html_packet_end(struct html *h, bool whole)
{
    uint8_t rest[2];
    size_t n = h->text_n - (h->raw_ended ? 2u + h->raw_n : 0);
    h->raw_packet = h->raw_kept = h->raw_ended = false;
    bool empty = h->base64.n == 0 && !h->packet_begun && h->base64_n == n;
    if (h->packet_ended || (empty && whole)) /* src in place of text: nothing is stated here */
        return;
    size_t k = base64_finish(&h->base64, rest);
    if (k)
        html_packet_put(h, slice_of(rest, k));
    if (whole)
        html_packet_finish(h, h->base64_n == n && base64_is_whole(&h->base64) ? PACKET_WHOLE
                                                                             : PACKET_CORRUPT);
    else
        html_packet_finish(h, PACKET_CUT);
}
