/* SPDX-License-Identifier: Apache-2.0 */
/* origin.h - a web server of the doctor's own, for as long as it looks: http and https.
 *
 * What it answers is a table of cases (origin_cases.c); what it was asked is kept, that the
 * doctor can see what reached it and how. Bounded: ORIGIN_CONNECTIONS at a time, one
 * request each, ORIGIN_HEAD_MAX bytes of a head, ORIGIN_SEEN_MAX cases. */
#ifndef OPTOUT_DOCTOR_ORIGIN_H
#define OPTOUT_DOCTOR_ORIGIN_H

#include "core/buf.h"
#include "doctor/wire.h"

#define ORIGIN_PATH "/optout-doctor/"
/* robots.txt forbids what is below: the path is always the same, for rules are remembered. */
#define ORIGIN_FORBIDDEN ORIGIN_PATH "forbidden/"
#define ORIGIN_CONNECTIONS 64u
#define ORIGIN_HEAD_MAX (16u << 10)
#define ORIGIN_SEEN_MAX 128u
#define ORIGIN_TOKEN_MAX 32 /* bytes, with NUL */

struct origin_options {
    struct wire_place at;   /* https at the next port; port 0: any two */
    const char *name;       /* in URLs and the certificate; NULL: the address */
    const char *cert_file;  /* PEM, certificate and key; NULL: made now */
    uint64_t end_us;
};

struct origin;

/* NULL: *why says it, in a buffer of `why_size` bytes. */
struct origin *origin_open(const struct origin_options *o, char *why, size_t why_size);
void origin_close(struct origin *o); /* NULL is fine; ends what is under way */

/* Tells this run from others in paths and in the log. */
const char *origin_token(const struct origin *o);
/* "http://NAME:PORT" */
void origin_url(const struct origin *o, bool tls, struct buf *out);
struct wire_place origin_place(const struct origin *o, bool tls);
/* SHA-256 of the certificate. */
bool origin_certificate(const struct origin *o, uint8_t sha256[32]);

/* How often a case was asked for; the path behind the token, or "raw" for bytes that were
 * neither HTTP nor TLS. */
unsigned origin_count(struct origin *o, const char *what);
/* The head of the last of these requests, appended. */
void origin_seen(struct origin *o, const char *what, struct buf *head);

/* ---- origin_cases.c ---- */

/* The whole answer to a request for a case, in HTTP/1.1, that ends with the connection. */
void origin_answer(struct slice name, struct slice request_head, struct buf *out);
/* What is asked for in bytes that come whole and can carry no case: robots.txt and so on. */
bool origin_site_answer(struct slice path, struct buf *out);

#endif
