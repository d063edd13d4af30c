/* SPDX-License-Identifier: Apache-2.0 */
/* icap_answer.h - reads an ICAP answer (RFC 3507, and 206 as Squid and c-icap speak it) as it
 * arrives, and says whether it is the one that was to come.
 *
 * Shares no code with the filter. Memory is bounded: heads are kept, of a body only how long it
 * is and whether it is the one that was sent. */
#ifndef OPTOUT_ICAP_ANSWER_H
#define OPTOUT_ICAP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICAP_HEADS_MAX 16384 /* bytes of the ICAP head and all heads within it */

/* The answers that a measurement may expect, as its options name them. */
enum icap_kind {
    ICAP_PASS,     /* 204 */
    ICAP_SAME,     /* 200-body: a 200 whose body is the one that was sent */
    ICAP_ORIGINAL, /* 206-original: a head of the answer's own, the body by reference */
    ICAP_PAGE,     /* 206-page: an HTTP 451 with a body of its own */
    ICAP_PAGE_200, /* 200-page: the same in a 200 */
    ICAP_REQUEST,  /* 200-request: a 200 with the head of a request, as some give it for a 204 */
    ICAP_KINDS
};

/* NULL for what is none. */
const char *icap_kind_name(enum icap_kind kind);
/* ICAP_KINDS for a name that is none. */
enum icap_kind icap_kind_of(const char *name);

enum icap_progress {
    ICAP_MORE,
    ICAP_CONTINUE, /* 100: the rest of the body is asked for; reading goes on afterwards */
    ICAP_DONE,
    ICAP_BAD /* `why` says it; nothing may be read any more */
};

struct icap_answer {
    char heads[ICAP_HEADS_MAX + 1]; /* ends in NUL */
    size_t n;                       /* how much of it is there */
    size_t http_at;                 /* where the HTTP heads begin */
    size_t heads_end;               /* where they end; known once the ICAP head is read */
    unsigned state;
    int status;      /* of ICAP */
    int http_status; /* 0: no HTTP response came */
    char line[64];   /* the chunk's size, or a line that ends the body */
    size_t line_n;
    uint64_t chunk_left;
    uint64_t body;            /* bytes of it that came */
    bool same;                /* all of them are those that were sent */
    bool has_body, original;  /* original: use-original-body=0 came */
    bool closes;              /* the server said that it closes the connection */
    const char *why;
};

/* Makes it ready for the next answer. */
void icap_answer_begin(struct icap_answer *a);

/* Reads of n bytes what belongs to the answer and says in *taken how many these are. `sent` is
 * the body that the request carried, sent_n bytes. */
enum icap_progress icap_answer_read(struct icap_answer *a, const char *bytes, size_t n,
                                    size_t *taken, const char *sent, size_t sent_n);

/* NULL if the whole answer is what was expected, else what is wrong with it. `says`: what the
 * HTTP head of ICAP_ORIGINAL and of pages must hold, and that of ICAP_SAME must not; or NULL.
 * `sent_n` as above. */
const char *icap_answer_differs(const struct icap_answer *a, enum icap_kind kind,
                                const char *says, size_t sent_n);

/* The value of a field of the head that begins at `head`, up to the end of its line; NULL if it
 * is not there. Sets *n. The head ends with a blank line or with NUL. */
const char *icap_field(const char *head, const char *name, size_t *n);

#endif
