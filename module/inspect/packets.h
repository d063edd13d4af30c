/* SPDX-License-Identifier: Apache-2.0 */
/* packets.h - reads the packets that formats find: each kind by its own reader, what
 * they state by the standards, into the signals of the inspection.
 *
 * One per inspection. Memory is the inspection's arena and libraries' contexts, which are
 * freed at a packet's end, at the latest by packets_close. */
#ifndef OPTOUT_INSPECT_PACKETS_H
#define OPTOUT_INSPECT_PACKETS_H

#include "core/packet.h"
#include "core/signal.h"
#include "core/undecided.h"
#include "http/exchange.h"

#define PACKETS_MAX 256 /* of one body; more are limit-metadata */
#define PACKETS_LIMITED_MAX 8 /* of one body that were over a limit; then no more are taken, for
                                  each may have cost as much as a limit allows */

/* For people who look into packets (optout inspect --packets). */
struct packet_tap {
    void (*begin)(void *ctx, unsigned handle, const char *format, const struct packet *p);
    void (*bytes)(void *ctx, unsigned handle, struct slice bytes);
    void (*end)(void *ctx, unsigned handle, enum packet_end how);
    void *ctx;
};

struct packets;

/* Signals go to in->out, what could not be read to *undecided; both outlive it, as do arena,
 * exchange, words and tap (NULL: nobody looks). NULL when memory is used up. */
struct hook_input;
struct packets *packets_open(struct arena *arena, const struct hook_input *in,
                             const struct packet_tap *tap, undecided_set *undecided);
/* The sink to give to a format; `format` is its name. Valid as long as the packets are. */
const struct packet_sink *packets_sink(struct packets *p, const char *format);
/* All formats have ended: packets whose role nobody told are salvaged. */
void packets_close(struct packets *p);

#endif
