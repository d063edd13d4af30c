/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - what origin and clients of a soak are told of each exchange: the rows and the
 * contents that wire.py packs, and the few calls that both programs need.
 *
 * Files are little-endian, as they lie in memory, and come from our own parent: they are not
 * checked beyond their sizes. What is mapped stays so to the end of the process; all of it may
 * be read by any thread. Errors that leave nothing to do end the process with status 1. */
#ifndef SOAK_EXCHANGE_H
#define SOAK_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEVER UINT32_MAX /* a place in a body that is never reached */

enum method { METHOD_GET, METHOD_HEAD, METHOD_RANGE, METHOD_CONDITIONAL };
enum framing { FRAMING_LENGTH, FRAMING_CHUNKED, FRAMING_CLOSE };
enum abort_by { ABORT_RST, ABORT_FIN };
enum garbage { GARBAGE_NONE, GARBAGE_BYTES, GARBAGE_HEAD, GARBAGE_LENGTHS, GARBAGE_CHUNK };
enum { CLIENT_OLD = 1, CLIENT_KEEPS = 2, CLIENT_ASKS_AGAIN = 4, FORBIDDEN = 8 };

/* One exchange, as Plan of plan.py has it. */
struct exchange {
    uint32_t number;
    uint16_t content;
    uint8_t method, framing;
    uint32_t first, last; /* of a range */
    uint32_t abort_at;    /* bytes of body, or NEVER */
    uint8_t abort_by, garbage, flags, host;
    uint32_t rate;        /* bytes per second; 0: as fast as it goes */
    uint32_t pause_at;    /* bytes of body, or NEVER */
    float pause, drip;    /* seconds; drip: that the head takes */
    uint32_t leave_after; /* bytes; 0: the client stays to the end */
};
_Static_assert(sizeof(struct exchange) == 44, "wire.py packs it");

struct bytes {
    const char *at;
    size_t n;
};

/* What an origin has under one name: `head` are whole lines, the ETag among them. */
struct content {
    struct bytes etag, head, body;
};

/* A file, mapped; `shared`: to be written into, else to be read only. */
struct bytes map_file(const char *path, bool shared);

/* Splits a mapped file of contents; `*n` is how many there are. */
const struct content *read_contents(struct bytes file, size_t *n);

/* The part of a content's body that an exchange asks for. */
struct bytes body_asked(const struct exchange *, const struct content *);

double now(void); /* seconds, monotonic */
void sleep_for(double seconds);

__attribute__((noreturn)) void fail(const char *what);

/* Ends this process with its parent, whatever ends that, and lets no broken pipe end it. */
void end_with_parent(void);

/* Starts a thread of `work` that nobody waits for, with a stack of 128 KiB. False: there is none. */
bool start_thread(void *(*work)(void *), void *argument);

#endif
