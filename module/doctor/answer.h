/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - one answer of a server that need not be a friend: HTTP/1 (RFC 9112) or ICAP/1.0.
 *
 * Fed as the bytes come. Bounded: ANSWER_HEAD_MAX for the head, ANSWER_BODY_MAX for the body,
 * of which ANSWER_KEPT_MAX bytes are kept. */
#ifndef OPTOUT_DOCTOR_ANSWER_H
#define OPTOUT_DOCTOR_ANSWER_H

#include "core/buf.h"
#include "http/headers.h"

#define ANSWER_HEAD_MAX (64u << 10)
#define ANSWER_BODY_MAX (8u << 20)
#define ANSWER_KEPT_MAX (16u << 10)

struct answer {
    int status;             /* 0: the head has not come */
    struct headers headers; /* of `head`, once it has */
    struct buf head;
    struct buf body;        /* the first bytes */
    uint64_t body_n;        /* bytes of it in all, without their framing */
    bool whole;             /* it came to the end that it announced, or to that of the connection */

    /* internal */
    struct arena arena;
    bool no_body;           /* answers of HEAD, CONNECT and OPTIONS have none */
    uint8_t phase;
    uint64_t left;          /* bytes of the body or of the chunk */
    uint8_t line_n;         /* bytes of the line of a chunk's size */
    char line[32];
};

void answer_init(struct answer *a, bool no_body);
void answer_free(struct answer *a);

/* OPTOUT_MORE; OPTOUT_DONE when it is whole, what follows is not looked at; OPTOUT_E_SYNTAX,
 * OPTOUT_E_LIMIT, OPTOUT_E_NOMEM: then feed no more. Interim answers (1xx) are passed over,
 * but for 101, which is the last. */
enum optout_rc answer_feed(struct answer *a, struct slice bytes) OPTOUT_CHECKED;
/* The connection ended. OPTOUT_DONE, or OPTOUT_E_SYNTAX where more had to come. */
enum optout_rc answer_end(struct answer *a) OPTOUT_CHECKED;

/* The first field of that name, or an empty slice. */
struct slice answer_field(const struct answer *a, const char *name);

#endif
