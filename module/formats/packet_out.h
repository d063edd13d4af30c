/* SPDX-License-Identifier: Apache-2.0 */
/* packet_out.h - one packet on its way from a format to the sink, for containers that hand it
 * on as it comes. How much of it is read the sink knows; its own length may be told here. */
#ifndef OPTOUT_FORMATS_PACKET_OUT_H
#define OPTOUT_FORMATS_PACKET_OUT_H

#include "core/packet.h"

struct packet_out {
    const struct packet_sink *sink;
    unsigned handle; /* 0: nobody wants it */
    bool open;       /* begun and not ended */
    bool limited;    /* it ended because no more of its kind is read */
    uint64_t left;   /* of its length; UINT64_MAX: not known */
};

void packet_out_begin(struct packet_out *o, const struct packet_sink *sink,
                      const struct packet *p);
/* False when no more of it is of use: it is over, or nobody wants it. Bytes behind its length
 * are dropped, and so are all once it has ended. */
bool packet_out_bytes(struct packet_out *o, struct slice bytes);
void packet_out_end(struct packet_out *o, enum packet_end how); /* fine when none is open */

/* A text for people that is in hand, UTF-8 or Latin-1, NULs at its end left out. */
void packet_out_text(const struct packet_sink *sink, const struct packet *p, struct slice text,
                     enum packet_end how);

#endif
