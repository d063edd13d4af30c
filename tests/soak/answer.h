/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - reads one answer of the proxy's after the other from a connection, and holds its
 * body against the one that is expected while it comes. It says exactly what came over the
 * wire: RFC 9112, read strictly, without trailers. One thread per `struct wire`. */
#ifndef SOAK_ANSWER_H
#define SOAK_ANSWER_H

#include "exchange.h"

#define WIRE_ROOM (128 << 10) /* the longest head; Squid sends none above 64 KiB */

/* What a client notices. wire.py has the words, in this order. */
enum answer_error {
    ANSWER_COMPLETE,
    ANSWER_TIMED_OUT,
    ANSWER_LEFT, /* the client left, as the plan says */
    ANSWER_CLOSED_EARLY,
    ANSWER_BROKE,
    ANSWER_LONG_HEAD,
    ANSWER_NO_STATUS_LINE,
    ANSWER_NO_HEADER_LINE,
    ANSWER_TWO_FRAMINGS,
    ANSWER_BAD_CHUNK_SIZE,
    ANSWER_TRAILERS,
    ANSWER_BAD_CHUNK_END,
};

struct wire {
    int fd;          /* -1: not connected */
    double deadline; /* of what is under way, as now() */
    size_t at, n;    /* what is buffered and unread: buffer[at..n) */
    char buffer[WIRE_ROOM];
};

struct answer {
    enum answer_error error;
    unsigned status; /* 0: no head came */
    bool has_etag;   /* so it is the origin's */
    bool closes;     /* "Connection: close" */
    bool extra;      /* bytes came behind the answer that nobody asked for */
    bool same;       /* what came of the body is a beginning of what is expected */
    uint64_t size;   /* bytes of body that came */
};

/* To be called after the request was sent. `head_only`: the request was HEAD. */
void answer_read(struct answer *, struct wire *, bool head_only, struct bytes expected);

/* The same for a client that leaves after `enough` bytes of body with its chunk lines, or when
 * for a second nothing more comes. */
void answer_look_in(struct answer *, struct wire *, size_t enough);

#endif
