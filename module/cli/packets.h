/* SPDX-License-Identifier: Apache-2.0 */
/* packets.h - shows the metadata packets of a file to people (inspect --packets). */
#ifndef OPTOUT_CLI_PACKETS_H
#define OPTOUT_CLI_PACKETS_H

#include "core/buf.h"
#include "inspect/packets.h"

#define PACKET_SHOWN_MAX (1u << 20) /* bytes shown of one packet */

/* What is known of the packets that are open. Start from packet_dump_init. */
struct packet_dump {
    struct packet_tap tap; /* to be given to the inspection */
    const char *file;      /* named in front of each packet */
    bool failed;           /* standard output or memory */
    struct {
        unsigned handle; /* 0: free */
        char head[256];  /* the line in front of it */
        uint64_t size;
        struct buf bytes;
    } open[PACKETS_OPEN_MAX];
};

void packet_dump_init(struct packet_dump *d, const char *file);

#endif
