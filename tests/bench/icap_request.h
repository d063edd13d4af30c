/* SPDX-License-Identifier: Apache-2.0 */
/* icap_request.h - ICAP requests as Squid 5.7 and 6.13 send them with adaptation_send_client_ip
 * on and adaptation_meta X-Squid-Xact: fields, their order, Preview and Allow follow what OPTIONS
 * said and how long the body is. Built once; a number is all that differs between two of them. */
#ifndef OPTOUT_ICAP_REQUEST_H
#define OPTOUT_ICAP_REQUEST_H

#include "icap_answer.h"

#define ICAP_FIELDS_MAX 8
#define ICAP_HEAD_MAX 8192           /* bytes of all heads of a request */
#define ICAP_BODY_MAX (64u << 20)    /* bytes */

/* What OPTIONS said. */
struct icap_service {
    long preview; /* -1: none is wanted */
    bool allow_204, allow_206, reqmod, respmod;
};

/* What is asked for; strings are borrowed. */
struct icap_page {
    const char *url, *type;
    const char *fields[ICAP_FIELDS_MAX]; /* "Name: value", of the HTTP response */
    size_t fields_n;
    const char *icap_field; /* one of the ICAP head, or NULL */
    char *body;
    size_t body_n;
};

/* One request, in the pieces in which it leaves. */
struct icap_request {
    char head[ICAP_HEAD_MAX]; /* of ICAP and HTTP */
    size_t head_n, number_at; /* where the digits of X-Squid-Xact stand */
    char *first;              /* preview, or the whole body if there is none to be had */
    size_t first_n;
    char *rest; /* behind 100 Continue */
    size_t rest_n;
    enum icap_kind kind; /* of answer that is expected */
};

/* Prints OPTIONS as Squid does. Returns its length; size is of `to`. */
size_t icap_options(char *to, size_t size, unsigned port, const char *service);

/* What the head of an answer to it says. False: it is no such answer. */
bool icap_service_read(struct icap_service *s, const char *head);

/* Builds the request for one vector. False: too long, or out of memory. The request is freed with
 * icap_request_free whatever came out. */
bool icap_request_build(struct icap_request *r, bool reqmod, unsigned port, const char *service,
                        const struct icap_service *s, const struct icap_page *page);
void icap_request_free(struct icap_request *r);

/* Gives the head a number of its own. */
void icap_request_number(char *head, size_t number_at, uint64_t number);

#endif
