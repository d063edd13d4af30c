/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - one request and the head of its response.
 *
 * All slices are borrowed from whoever made the exchange. */
#ifndef OPTOUT_HTTP_EXCHANGE_H
#define OPTOUT_HTTP_EXCHANGE_H

#include "http/headers.h"

struct exchange {
    struct slice method; /* "GET"; empty when not known */
    struct slice url;    /* absolute URL as requested, query included; may be empty */
    unsigned minor;      /* of the client's HTTP/1.x; 1 when not known */
    int status;          /* of the response; 0 when there is none */
    struct headers request;
    struct headers response;
    bool has_body; /* a response body follows */
};

/* "HTTP/1.1 200 OK" -> status; false when it is not a status line. */
bool exchange_status_line(struct slice line, int *status);
/* "GET http://h/ HTTP/1.1" -> method, URL, minor version. */
bool exchange_request_line(struct slice line, struct slice *method, struct slice *url,
                           unsigned *minor);

/* How long the response may be taken for current, in seconds: max-age of its
 * Cache-Control (RFC 9111 section 5.2.2.1), -1 when it does not say. */
int64_t exchange_max_age(const struct exchange *x);

/* How long a response with these fields stays fresh from now on, in seconds
 * (RFC 9111 section 4.2): max-age, else Expires less Date, each less Age; 0 with
 * no-store, no-cache or a value that cannot be read; -1 when they do not say.
 * `now` in seconds since 1970 stands in for an absent Date. */
int64_t headers_freshness(const struct headers *h, int64_t now);

/* Content-Length of the response, or -1 when absent, malformed or
 * contradictory (RFC 9110 section 8.6). */
int64_t exchange_content_length(const struct exchange *x);

/* True when the answer speaks of a body that is not there (RFC 9110 sections 9.3.2,
 * 15.4.5): 304, and HEAD where GET would have sent one. An error or a redirect is only
 * itself. */
bool exchange_body_is_unseen(const struct exchange *x);

/* How many bytes a 206 says it carries (Content-Range: bytes 0-99/1234, RFC 9110
 * section 14.4), or -1: no single range, or not to be read. */
int64_t exchange_range_length(const struct exchange *x);

/* A 206 that does not carry all of what it is a part of. NULL: it has no fields. */
bool exchange_is_part(int status, const struct headers *response);

#endif
